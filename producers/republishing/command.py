"""``svarsgrad republish``: event files to Kafka, with original times, moved to today, or paced."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import click
from rich.console import Console
from rich.progress import track

from producers import options
from producers.pacing import clock_at_speed, paced
from producers.publisher import Publisher, PublishError
from producers.republishing.moving import moved
from streams.domain.event_types import FORMS, TOPICS
from streams.domain.events import Event, EventError, decode
from streams.domain.instants import micros, moment
from streams.domain.swedish import clock as clock_time
from streams.domain.swedish import count, counted
from streams.domain.why_rejected import why_rejected
from streams.domain.windows import day_of, midnight
from streams.kafka.security import HELP, security_as_told
from streams.ledgers import Clock, system_clock
from streams.replay.event_files import EventFileError, Line, lines_of

Shift = Literal["today", "now"]
Sent = Counter[str]
"""Municipality → how many events were sent."""

MICROSECOND: Final = timedelta(microseconds=1)
GATHERED: Final = 5_000
"""So many events go at once, when there is no pace."""
NAMED: Final = 5
"""How many lines that can't be used are said by number."""
NEWER: Final = "av en typ som den här versionen inte känner"


@dataclass(slots=True)
class Contents:
    """What is in the files."""

    events: int = 0
    first: int | None = None
    """The earliest instant at which an event was told."""
    last: int | None = None
    faults: list[tuple[str, str]] = field(default_factory=list)
    """Where a line is that can't be used, and why; of the first ones."""
    unusable: int = 0


@click.command("republish", short_help="Skicka händelsefiler till Kafka på nytt.", epilog=HELP)
@click.argument(
    "files",
    metavar="FIL …",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
)
@click.option(
    "--shift",
    type=click.Choice(["today", "now"]),
    help="today: den sista dagen blir i dag, med samma klockslag, och det som inte har hänt än "
    "väntar på sin tid. now: den första händelsen sker nu, och resten i sin takt.",
)
@click.option(
    "--speed",
    type=options.Number(min=0, min_open=True, max=options.FASTEST),
    metavar="GÅNGER",
    help="Skicka så många gånger fortare än det hände, med tiderna som de var. Utan den: allt på "
    "en gång.",
)
@click.option(
    "--zone",
    default="Europe/Stockholm",
    show_default=True,
    metavar="ZON",
    help="Tidszonen som säger vad i dag är.",
)
@options.kafka
@options.topics("varje slag går till sitt, som NAMN.calls.")
def command(  # noqa: PLR0917 # click gives each option by name
    files: tuple[Path, ...],
    shift: Shift | None,
    speed: float | None,
    zone: str,
    kafka: str,
    topics: str,
) -> None:
    """Skicka händelser ur filer till Kafka: JSON-rader, också packade (.gz).

    Utan --shift har händelserna samma id som förut: det som redan är i Kafka räknas inte igen. Med
    --shift blir de nya händelser, med samma väntetider och avstånd som de gamla.

    \b
    svarsgrad republish dag.jsonl.gz --shift today
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    sent: Sent = Counter()
    if shift is not None and speed is not None:
        raise click.UsageError("--shift går i verklig takt: ange den, eller --speed.")
    try:
        contents = _looked_through(files)
        _tell(contents)
        by = _shift(contents, shift, zone)
        kinds = {kind: f"{topics}.{kind}" for kind in TOPICS}
        with Publisher(
            kafka, kinds["calls"], topics=kinds, security=security_as_told()
        ) as publisher:
            events = _moved(_events(files), by)
            if shift is not None:
                _tell_what_waits(contents, by, zone)
            _send(events, contents.events, _clock(contents, shift, speed), publisher, sent)
    except (EventFileError, PublishError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo(_stopped(sent, shift), err=True)
        raise click.Abort from None
    click.echo(_said(sent, by), err=True)


def _looked_through(files: tuple[Path, ...]) -> Contents:
    if files.count(Path("-")):
        raise click.UsageError("standard in går inte att läsa två gånger: ange en fil.")
    contents = Contents()
    for path in files:
        for line in lines_of(path):
            event = _event(line)
            if isinstance(event, str):
                contents.unusable += 1
                if len(contents.faults) < NAMED:
                    contents.faults.append((f"{path}:{line.offset + 1}", event))
                continue
            at = _told_at(event)
            contents.events += 1
            contents.first = at if contents.first is None else min(at, contents.first)
            contents.last = at if contents.last is None else max(at, contents.last)
    return contents


def _event(line: Line) -> Event | str:
    """Return the event in a line, or why there is none that can be sent."""
    try:
        event = decode(line.value)
    except EventError as error:
        return why_rejected(error.reason, error.path)
    return event if event.type in FORMS else NEWER  # type: ignore[return-value] # FORMS has no other


def _told_at(event: Event) -> int:
    """Return when an event was told: what is told again has the time of what it is about."""
    again = getattr(event.data, "restated_at", None)
    return micros(again or event.time)


def _tell(contents: Contents) -> None:
    for where, why in contents.faults:
        click.echo(f"{where}: {why}", err=True)
    if contents.unusable:
        lines = counted(contents.unusable, "rad", "rader")
        click.echo(f"{lines} går inte att använda och skickas inte.", err=True)
    if not contents.events:
        raise click.ClickException("Där finns inga händelser att skicka.")


def _shift(contents: Contents, shift: Shift | None, zone: str) -> timedelta:
    now = system_clock()
    if shift is None or contents.first is None or contents.last is None:
        return timedelta(0)
    if shift == "now":
        return timedelta(microseconds=now - contents.first)
    where = options.zone(zone)
    its_day, today = day_of(contents.last, where), day_of(now, where)
    return timedelta(microseconds=midnight(today, where) - midnight(its_day, where))


def _events(files: tuple[Path, ...]) -> Iterator[Event]:
    for path in files:
        for line in lines_of(path):
            event = _event(line)
            if not isinstance(event, str):
                yield event


def _moved(events: Iterable[Event], by: timedelta) -> Iterator[Event]:
    return (moved(event, by) for event in events) if by else iter(events)


def _clock(contents: Contents, shift: Shift | None, speed: float | None) -> Clock | None:
    """Return the clock that lets events through when their time has come; None: all at once."""
    if shift is not None:
        return system_clock
    if speed is None or contents.first is None:
        return None
    return clock_at_speed(contents.first, speed, time.monotonic)


def _tell_what_waits(contents: Contents, by: timedelta, zone: str) -> None:
    if contents.last is None or (ends := contents.last + by // MICROSECOND) <= system_clock():
        return
    at = moment(ends).astimezone(options.zone(zone))
    click.echo(
        f"Det som inte har hänt än skickas när det händer, till {at.date()} kl. {clock_time(at)}. "
        "Ctrl-C avslutar.",
        err=True,
    )


def _send(
    events: Iterator[Event], total: int, clock: Clock | None, publisher: Publisher, sent: Sent
) -> None:
    """Publish events, those that are at hand together, and count those of each kommun."""
    gathered: list[Event] = []

    def flush() -> None:
        publisher.publish_many(gathered)
        sent.update(event.partitionkey for event in gathered)
        gathered.clear()

    def rest(seconds: float) -> None:
        flush()
        time.sleep(seconds)

    if clock is not None:
        events = paced(events, _told_at, clock, rest)
    console = Console(stderr=True)
    for event in track(
        events,
        description="Skickar",
        total=total,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ):
        gathered.append(event)
        if len(gathered) >= GATHERED:
            flush()
    flush()


def _said(sent: Sent, by: timedelta) -> str:
    whose = ", ".join(f"{name} {count(number)}" for name, number in sorted(sent.items()))
    later = f", flyttade {_days(by)}" if by else ""
    return f"Skickade händelser: {count(sent.total())} ({whose}){later}."


def _stopped(sent: Sent, shift: Shift | None) -> str:
    again = (
        "Med --shift now en gång till blir det nya händelser, som räknas för sig."
        if shift == "now"
        else "Kör igen, så kommer resten; inget räknas två gånger."
    )
    return f"Avbruten efter {counted(sent.total(), 'händelse', 'händelser')}. {again}"


def _days(by: timedelta) -> str:
    way = "framåt" if by > timedelta(0) else "bakåt"
    days, rest = divmod(abs(by), timedelta(days=1))
    hours = round(rest / timedelta(hours=1))
    told = [counted(days, "dag", "dagar")] * bool(days) + [f"{hours} tim"] * bool(hours)
    return f"{' och '.join(told) or 'mindre än en timme'} {way}"
