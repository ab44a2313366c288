"""What people type for numbers, zones, dates and municipalities, as what it means.

The options that producers have in common are here too. Each other function raises
:class:`click.ClickException`, in one line that says what would be right.
"""

from collections.abc import Callable
from datetime import date, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from streams import options
from streams.domain.event_types import TOPICS

ALL_KINDS: Final = "all"
FASTEST: Final = 1_000_000
"""Most times real time: a year in half a minute."""

kafka: Final = options.kafka
"""Where the events go, of a producer that always has a Kafka unless it writes a file."""
to: Final = click.option(
    "--to",
    metavar="FIL",
    help="Skriv händelserna som JSON-rader till FIL (- är standard ut) i stället för till Kafka.",
)
"""Where else they go."""


def topics(goes_to: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option of how the topics' names begin; its help ends with what goes where."""
    return options.topics_named("topics", goes_to)


listen: Final = click.option(
    "--listen",
    metavar="VÄRD:PORT",
    help="Adress för /metrics, /healthz och /readyz, t.ex. 127.0.0.1:9109; annars ingenstans.",
)
"""Where a producer answers Prometheus and probes; nowhere unless told."""


class Number(click.FloatRange):
    """A number with a decimal comma, or a point."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; a usage error for what isn't one in the range."""
        text = value.replace(",", ".") if isinstance(value, str) else value
        number: float = super().convert(text, param, ctx)
        return number


def zone(text: str) -> tzinfo:
    """Return the time zone of a name, or of a fixed offset like +03:30."""
    try:
        if text[:1] not in ("+", "-"):
            return ZoneInfo(text)
        hours, minutes = text[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if text[0] == "-" else offset)
    except (ValueError, KeyError, OSError):
        raise click.ClickException(
            f"{text} är ingen tidszon: ange t.ex. Europe/Stockholm eller +03:30."
        ) from None


def dates(text: str) -> list[date]:
    """Return the one date, or those of FROM/TO, of which TO is not one."""
    start, slash, end = text.partition("/")
    try:
        first = date.fromisoformat(start)
        last = date.fromisoformat(end) if slash else first + timedelta(days=1)
    except (ValueError, OverflowError):
        raise click.ClickException(
            f"{text} är inget datum: ange t.ex. 2026-03-02 eller 2026-03-02/2026-03-07."
        ) from None
    if last <= first:
        raise click.ClickException(f"{text} har inga dagar: datumet efter / räknas inte med.")
    return [first + timedelta(days=n) for n in range((last - first).days)]


def one_date(text: str) -> date:
    """Return a date."""
    return dates(text.partition("/")[0])[0]


def kinds(text: str) -> frozenset[str]:
    """Return the kinds of events in a list of them; all of them for ``all``."""
    named = [word.strip() for word in text.split(",")]
    unknown = [word for word in named if word not in (*TOPICS, ALL_KINDS)]
    if unknown:
        raise click.ClickException(
            f"{unknown[0]!r} är inget slag av händelser: "
            f"ange {', '.join(TOPICS)} eller {ALL_KINDS}."
        )
    return frozenset(TOPICS if ALL_KINDS in named else named)


def speed(number: float) -> float:
    """Return a speed beside real time's, which must be one that a clock can have."""
    if not 0 <= number <= FASTEST:
        raise click.ClickException(f"{number} är ingen fart: ange ett tal från 0 till 1000000.")
    return number


def sized(text: str) -> tuple[str, float]:
    """Return the municipality and its size beside Luleå's, of ``boden`` or ``boden=0,3``."""
    name, equals, size = text.partition("=")
    try:
        return name, float(size.replace(",", ".")) if equals else 1.0
    except ValueError:
        raise click.ClickException(
            f"{size} är ingen storlek: ange t.ex. {name}=0,3 för en som är 0,3 gånger Luleå."
        ) from None
