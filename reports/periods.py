"""The periods that are reported on: a month, a year, or a year so far (delår)."""

import re
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Final, Literal

from streams.domain.deadlines import FIRST_YEAR, LAST_YEAR
from streams.domain.swedish import MONTHS
from streams.domain.windows import Window, day_of, midnight

Kind = Literal["month", "year", "part"]
ASKED: Final = "asked"
"""What the window of the whole period is called among figures."""
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEAR: Final = re.compile(r"[0-9]{4}")


class PeriodError(ValueError):
    """Such a period can't be reported on; whoever asked for it must act. One line."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole months of one year, ``[first, after)``."""

    first: date
    after: date
    kind: Kind

    @property
    def name(self) -> str:
        """Return what it is called in file names: ``2025-03``, ``2025``, ``2025-01--2025-08``."""
        match self.kind:
            case "month":
                return f"{self.first:%Y-%m}"
            case "year":
                return f"{self.first.year}"
            case "part":
                return f"{self.first:%Y-%m}--{self.months[-1].name}"

    @property
    def said(self) -> str:
        """Return what it is called in a sentence: ``mars 2025``, ``januari–augusti 2025``."""
        year, first = self.first.year, MONTHS[self.first.month - 1]
        if self.kind == "year":
            return f"{year}"
        last = MONTHS[self.months[-1].first.month - 1]
        return f"{first} {year}" if first == last else f"{first}–{last} {year}"

    @property
    def months(self) -> list["Period"]:
        """Return its months in order."""
        found, first = [], self.first
        while first < self.after:
            found.append(Period(first, _next_month(first), "month"))
            first = found[-1].after
        return found

    @property
    def before(self) -> "Period | None":
        """Return the period before it: last month or last year; None of a part of a year."""
        match self.kind:
            case "month":
                last = self.first.month == 1
                year, number = self.first.year - last, 12 if last else self.first.month - 1
                return Period(date(year, number, 1), self.first, "month")
            case "year":
                return self.year_before
            case "part":
                return None

    @property
    def year_before(self) -> "Period":
        """Return the same period of the year before."""
        first, after = (at.replace(year=at.year - 1, day=1) for at in (self.first, self.after))
        return Period(first, after, self.kind)

    @property
    def rest_of_year(self) -> list["Period"]:
        """Return the months of the year that come after it."""
        end = date(self.first.year + 1, 1, 1)
        return Period(self.after, end, "part").months if self.after < end else []

    def window(self, zone: tzinfo, name: str = ASKED) -> Window:
        """Return its stretch of time in a zone."""
        return Window(name, midnight(self.first, zone), midnight(self.after, zone), rolling=False)


def _next_month(first: date) -> date:
    year, last = divmod(first.month, 12)
    return date(first.year + year, last + 1, 1)


def month(text: str) -> Period:
    """Return the month that ``2025-03`` is. Raises :class:`PeriodError`."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise PeriodError(f"{text!r} är ingen månad: skriv som 2025-03")
    first = date(_known(int(found[1])), int(found[2]), 1)
    return Period(first, _next_month(first), "month")


def year(text: str) -> Period:
    """Return the year that ``2025`` is. Raises :class:`PeriodError`."""
    if _YEAR.fullmatch(text) is None:
        raise PeriodError(f"{text!r} är inget år: skriv som 2025")
    number = _known(int(text))
    return Period(date(number, 1, 1), date(number + 1, 1, 1), "year")


def part(through: str) -> Period:
    """Return the year up to and with the month ``2025-08``. Raises :class:`PeriodError`."""
    last = month(through)
    if last.first.month == 12:
        raise PeriodError(f"{through} ger hela året: svarsgrad report year {last.first.year}")
    return Period(last.first.replace(month=1), last.after, "part")


def month_or_year(text: str) -> Period:
    """Return the month or the year that a text is. Raises :class:`PeriodError`."""
    if _YEAR.fullmatch(text):
        return year(text)
    if _MONTH.fullmatch(text):
        return month(text)
    raise PeriodError(f"{text!r} är varken månad eller år: skriv som 2025-03 eller 2025")


def _known(number: int) -> int:
    if not FIRST_YEAR <= number < LAST_YEAR:
        raise PeriodError(f"{number} kan inte räknas: helgerna är kända {FIRST_YEAR}–{LAST_YEAR}")
    return number


def require_past(period: Period, now: int, zone: tzinfo, *, of_reports: bool = True) -> None:
    """See that a period has ended: figures of half of one are of something else.

    Raises :class:`PeriodError`, which says what can be had instead.
    """
    today = day_of(now, zone)
    if period.after <= today:
        return
    if period.first > today:
        raise PeriodError(f"{period.said} har inte börjat: välj en period som är slut")
    said = f"{period.said} är inte slut förrän {period.after}"
    if period.kind == "month" or today.month == 1 or not of_reports:
        raise PeriodError(f"{said}: vänta till dess, eller välj en period som är slut")
    so_far = f"{today.year}-{today.month - 1:02}"
    raise PeriodError(f"{said}: gör en delårsrapport, svarsgrad report delar --through {so_far}")
