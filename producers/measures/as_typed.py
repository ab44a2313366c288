"""What people type of a measured figure, as what it means: value, day, number asked, document.

Each function raises :class:`click.UsageError`, in one line that says what would be right.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

import click

from streams.domain.catalogue import ServiceTarget
from streams.domain.event_types import MAX_TEXT
from streams.domain.measures import MOST_ASKED, must_be_share
from streams.domain.swedish import count

FIRST_DAY: Final = date(1990, 1, 1)
"""No figure that is told of is older: an earlier day is a slip, and nothing is ever taken back."""
_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,12}(?:[.,][0-9]{1,12})?)(%|procent)?", re.IGNORECASE)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class NegativeTold(click.Command):
    """A command that says how a negative number is typed, where it looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; a usage error for a negative number that isn't behind two dashes."""
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            if not name[1:2].isdigit():
                raise
            number = next((text for text in typed if text.startswith(name)), name)
            shown = f'"{number}"' if " " in number else number
            raise click.UsageError(
                f"{number} ser ut som en flagga: skriv ett negativt VÄRDE sist, efter två "
                f"streck, som -- {shown}",
                ctx,
            ) from None


class Count(click.IntRange):
    """A whole number, which may be written with spaces between thousands."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number; a usage error for what isn't one in the range."""
        text = "".join(value.split()) if isinstance(value, str) else value
        number: int = super().convert(text, param, ctx)
        return number


def value(text: str, versions: Iterable[ServiceTarget]) -> float:
    """Return the number of ``89,3``, and of ``64 %`` the share 0.64.

    It must be a share if any version of the promise is of one.
    """
    match = _NUMBER.fullmatch("".join(text.split()))
    if not text.strip():
        raise click.UsageError('VÄRDE är tomt: skriv ett tal som 89,3, eller "64 %"')
    if match is None:
        raise click.UsageError(f'{text} är inget värde: skriv ett tal som 89,3, eller "64 %"')
    number = Decimal(match[1].replace(",", "."))
    if match[2]:
        number /= 100
    if any(must_be_share(version) for version in versions) and not 0 <= number <= 1:
        is_percent = not match[2] and 1 < number <= 100
        right = f'skriv "{match[1]} %" om det är procent' if is_percent else "skriv 0 till 100 %"
        raise click.UsageError(f"{text} är ingen andel, och det är vad löftet gäller: {right}")
    return float(number) + 0.0  # a zero has no sign


def day(text: str, today: date) -> date:
    """Return the day of ``2014-11-01``, which must have come."""
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise click.UsageError(f"--on {text} är ingen dag: skriv år-månad-dag, som 2014-11-01")
    if found > today:
        raise click.UsageError(f"--on {found} har inte varit än: ange dagen som värdet gäller")
    if found < FIRST_DAY:
        raise click.UsageError(f"--on {found} är före {FIRST_DAY.year}: rätta året")
    return found


def asked(number: int | None) -> int | None:
    """Return how many were asked, which can't be more than there are people to ask."""
    if number is not None and number > MOST_ASKED:
        raise click.UsageError(f"--n: {count(number)} är för många; skriv hur många som svarade")
    return number


def document(text: str) -> str:
    """Return where the value stands, on one line."""
    found = " ".join(text.split())
    if not 1 <= len(found) <= MAX_TEXT:
        raise click.UsageError(f"--document: skriv var värdet står, med högst {MAX_TEXT} tecken")
    return found
