"""Numbers, shares and times as Swedes write them: decimal comma, 24 hours, no-break spaces."""

from typing import Final

NO_DATA: Final = "inga data"
_NBSP: Final = "\N{NO-BREAK SPACE}"


def percent(ratio: float | None, decimals: int = 1) -> str:
    """Return a ratio in [0, 1] as a share, ``"84,7 %"``; no value is ``"inga data"``."""
    if ratio is None:
        return NO_DATA
    return f"{100 * ratio:.{decimals}f}".replace(".", ",") + f"{_NBSP}%"


def seconds(value: float | None) -> str:
    """Return a duration: ``"12 s"`` under two minutes, else ``"5 min 03 s"``; none is ``"–"``."""
    if value is None:
        return "–"
    whole = round(value)
    if whole < 120:
        return f"{whole}{_NBSP}s"
    return f"{whole // 60}{_NBSP}min{_NBSP}{whole % 60:02d}{_NBSP}s"


def count(value: int) -> str:
    """Return a whole number with a no-break space between thousands: ``"1 234"``."""
    return f"{value:,}".replace(",", _NBSP)
