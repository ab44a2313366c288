"""How long something took, as files have it: ``75``, ``1:15``, ``00:01:15``."""

import re
from decimal import Decimal
from typing import Final

from streams.domain.instants import SECOND

DAY_SECONDS: Final = 86_400
USUAL: Final = ("seconds", "mm:ss", "hh:mm:ss")
"""How it may be written where the catalogue doesn't say; each can be told from the others."""

_NUMBER: Final = re.compile(r"(-?)(\d{1,9}(?:[.,]\d{1,12})?)(?:\s?s(?:ek)?\.?)?", re.ASCII)
_TWO: Final = re.compile(r"(-?)(\d{1,6}):([0-5]\d(?:[.,]\d{1,6})?)", re.ASCII)
_THREE: Final = re.compile(r"(-?)(\d{1,4}):([0-5]?\d):([0-5]\d(?:[.,]\d{1,6})?)", re.ASCII)
_UNITS: Final = {
    "seconds": Decimal(1),
    "milliseconds": Decimal("0.001"),
    "days": Decimal(DAY_SECONDS),
}


def duration(text: str, shapes: tuple[str, ...] = USUAL) -> int | None:
    """Return a duration in microseconds, below zero too; None for what isn't written as one."""
    if match := _NUMBER.fullmatch(text):
        unit = next((_UNITS[shape] for shape in shapes if shape in _UNITS), None)
        return None if unit is None else _signed(match[1], _decimal(match[2]) * unit)
    if (match := _THREE.fullmatch(text)) and "hh:mm:ss" in shapes:
        seconds = int(match[2]) * 3600 + int(match[3]) * 60 + _decimal(match[4])
        return _signed(match[1], seconds)
    if (match := _TWO.fullmatch(text)) and "mm:ss" in shapes:
        return _signed(match[1], int(match[2]) * 60 + _decimal(match[3]))
    return None


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _signed(sign: str, seconds: Decimal) -> int:
    return round(seconds * SECOND) * (-1 if sign else 1)
