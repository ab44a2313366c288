"""Times as files have them, in a zone and without it said, as instants.

In autumn the clock shows an hour twice. A time in it is the first of the two, unless that is
before what the row has already said (a call isn't answered before it arrived): then the second. In
spring an hour is not shown: a time in it is a fault. A time with an offset from UTC is what it
says.

A workbook may have a date as a number: days since the end of 1899, of which the fraction is the
time of day. It has room for a thousandth of a second, and is rounded to that.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from streams.domain.instants import HOUR, MINUTE, SECOND, micros

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100

_SERIAL: Final = re.compile(r"\d{1,6}(?:\.\d+)?", re.ASCII)
_SERIAL_START: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock's
_SERIALS: Final = (32_874, 73_415)
"""1990 and 2101 as a workbook counts days."""
_PATTERNS: Final = {
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<short>\d\d)",
    "%m": r"(?P<month>\d\d?)",
    "%d": r"(?P<day>\d\d?)",
    "%H": r"(?P<hour>\d\d?)",
    "%M": r"(?P<minute>\d\d)",
    "%S": r"(?P<second>\d\d)(?:[.,](?P<part>\d{1,6})\d*)?",
    "%f": r"(?P<part>\d{1,6})",
    "%z": r"(?P<offset>[Zz]|[+-]\d\d:?\d\d)",
}
_ISO: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[T ](?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,6})\d*)?)?\s?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


class TimeError(ValueError):
    """No time, or none that the clock has shown. ``fault`` is a kind of fault of a row."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class LocalTimes:
    """Reads times in one zone: ISO 8601, and as ``formats`` have it (codes as of strftime)."""

    def __init__(
        self, zone: tzinfo, formats: tuple[str, ...] = (), *, has_serials: bool = False
    ) -> None:
        self._zone = zone
        self._patterns = [_ISO, *map(_pattern, formats)]
        self._has_serials = has_serials
        self._hours: dict[tuple[int, int, int, int], tuple[int, ...]] = {}

    def instant(self, text: str, not_before: int | None = None) -> int:
        """Return the instant of a text. Raises :class:`TimeError`."""
        for pattern in self._patterns:
            if match := pattern.fullmatch(text):
                return self._matched(match.groupdict(), not_before)
        if self._has_serials and _SERIAL.fullmatch(text):
            days = float(text)
            if _SERIALS[0] <= days < _SERIALS[1]:
                at = _SERIAL_START + timedelta(milliseconds=round(days * 86_400_000))
                return self._on_wall(
                    (at.year, at.month, at.day, at.hour),
                    at.minute * MINUTE + at.second * SECOND + at.microsecond,
                    not_before,
                )
        raise TimeError("impossible_time")

    def _matched(self, parts: dict[str, str | None], not_before: int | None) -> int:
        year = int(parts.get("year") or f"20{parts['short']}")
        hour = (year, int(parts["month"] or 0), int(parts["day"] or 0), int(parts["hour"] or 0))
        minute, second = int(parts["minute"] or 0), int(parts.get("second") or 0)
        if minute > 59 or second > 59 or not FIRST_YEAR <= year <= LAST_YEAR:
            raise TimeError("impossible_time")
        part = (parts.get("part") or "").ljust(6, "0") if parts.get("part") else "0"
        after = minute * MINUTE + second * SECOND + int(part)
        offset = parts.get("offset")
        if offset:
            return _on_utc(hour) + after - _offset(offset)
        return self._on_wall(hour, after, not_before)

    def _on_wall(self, hour: tuple[int, int, int, int], after: int, not_before: int | None) -> int:
        """Return the instant so long after a wall clock's hour began."""
        starts = self._hours.get(hour)
        if starts is None:
            starts = self._hours[hour] = self._starts(hour)
        if len(starts) == 1:
            return starts[0] + after
        return self._at_a_turn(hour, after, not_before)

    def _starts(self, hour: tuple[int, int, int, int]) -> tuple[int, ...]:
        """Return when an hour begins, if it is like others; nothing if the clock is turned in it.

        It is if every quarter of it is as far from UTC, whichever of two it is.
        """
        begins = _datetime(hour)
        offsets = {
            (begins + timedelta(minutes=minute)).replace(tzinfo=self._zone, fold=fold).utcoffset()
            for minute in (0, 15, 30, 45, 59)
            for fold in (0, 1)
        }
        return (micros(begins.replace(tzinfo=self._zone)),) if len(offsets) == 1 else ()

    def _at_a_turn(
        self, hour: tuple[int, int, int, int], after: int, not_before: int | None
    ) -> int:
        at = _datetime(hour) + timedelta(microseconds=after)
        both = [at.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1)]
        shown = [
            micros(one)
            for one in both
            if one.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None, fold=0) == at
        ]
        if not shown:
            raise TimeError("skipped_time")
        first, last = min(shown), max(shown)
        return first if not_before is None or first >= not_before else last


def joined(day: str, clock: str) -> str:
    """Return a date and a time of day that stand in two cells as one text, as one cell has it."""
    day = day.removesuffix(" 00:00:00")
    if _SERIAL.fullmatch(day) and _SERIAL.fullmatch(clock):
        return str(float(day) + float(clock))
    if _SERIAL.fullmatch(day):
        day = str(_SERIAL_START.date() + timedelta(days=int(float(day))))
    return f"{day} {clock}"


def day_of(instant: int, zone: tzinfo) -> date:
    """Return the local date of an instant."""
    return datetime.fromtimestamp(instant // SECOND, zone).date()


def _pattern(text: str) -> re.Pattern[str]:
    codes = _PATTERNS if "%f" not in text else {**_PATTERNS, "%S": r"(?P<second>\d\d)"}
    made = [
        codes.get(part) or (r"\s+" if part.isspace() else re.escape(part))
        for part in re.split(r"(%.|\s+)", text)
    ]
    return re.compile("".join(made), re.ASCII)


def _datetime(hour: tuple[int, int, int, int]) -> datetime:
    try:
        return datetime(*hour)  # noqa: DTZ001 - a wall clock's
    except ValueError:
        raise TimeError("impossible_time") from None


def _on_utc(hour: tuple[int, int, int, int]) -> int:
    return micros(_datetime(hour).replace(tzinfo=UTC))


def _offset(text: str) -> int:
    if text in {"Z", "z"}:
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise TimeError("impossible_time")
    return (hours * HOUR + minutes * MINUTE) * (-1 if text[0] == "-" else 1)
