"""``svarsgrad follow-queue-log``: an exchange's queue_log, as it grows, to events in Kafka.

A chunk of lines is read, translated, sent, and known to be delivered before the place in the log
is written down. So whatever stops the follower, the next one reads on at a place before which
nothing is missing; what it sends again has the same ids.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from producers import bookmark
from producers.bookmark import Bookmark, BookmarkError
from producers.open_legs import OpenLegs
from producers.publisher import Publisher, PublishError
from producers.pseudonym import KeyFileError, Keys, pseudonym
from producers.queue_log import CallerHash, Translator, no_caller
from producers.queue_log_line import LineError
from producers.sinks import KafkaSink, LineSink, Sink, SinkError, open_lines
from producers.tail import Chunk, Tail, TailError
from streams.domain.events import CallEvent
from streams.domain.instants import moment

POLL_SECONDS: Final = 0.1
SAVE_SECONDS: Final = 1.0
"""How often the place is written down while there is much to read."""
REPORT_SECONDS: Final = 60.0
"""How often lines that can't be used are logged."""
PARTING_SECONDS: Final = 5.0
"""How long delivery is waited for when asked to stop."""

log = logging.getLogger(__name__)


class UndeliveredError(Exception):
    """Asked to stop while events were on their way; they will be sent again."""


class Stopping(Protocol):
    """Tells when to stop: a ``threading.Event``."""

    def is_set(self) -> bool:
        """Return whether it is time."""

    def wait(self, timeout: float) -> bool:
        """Sleep until it is time, or ``timeout`` seconds."""


@dataclass(slots=True)
class Tally:
    """What came of the lines. Counts and places only: never anything of a line."""

    lines: int = 0
    events: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    """How many lines had which fault (``producers.queue_log_line.FAULTS``)."""
    first_fault: tuple[str, int] | None = None
    """File and byte of the first line with a fault."""

    @property
    def unusable(self) -> int:
        """How many lines could not be used."""
        return sum(self.faults.values())

    def count_fault(self, fault: str, name: str, offset: int) -> None:
        """Count a line that can't be used."""
        self.faults[fault] = self.faults.get(fault, 0) + 1
        self.first_fault = self.first_fault or (name, offset)


def translated(chunk: Chunk, translator: Translator, tally: Tally) -> list[CallEvent]:
    """Return the events of a chunk's lines; those that can't be used are counted."""
    events: list[CallEvent] = []
    if chunk.is_torn:
        tally.count_fault("malformed", chunk.name, 0)
    for offset, raw in chunk.lines:
        try:
            events += translator.translate(raw)
        except LineError as error:
            tally.count_fault(error.fault, chunk.name, offset)
    tally.lines += len(chunk.lines)
    tally.events += len(events)
    return events


def follow(
    tail: Tail,
    translator: Translator,
    sink: Sink,
    save: Callable[[Bookmark], None],
    *,
    is_once: bool,
    stopping: Stopping,
    tally: Tally,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Read and send until told to stop; with ``is_once``, until the end of the log.

    ``save`` gets a bookmark only after everything before it is delivered. What the parts raise
    passes through; :class:`UndeliveredError` if told to stop and delivery takes too long.
    """
    unsaved: Bookmark | None = None
    saved_at = reported_at = clock()
    reported = 0
    while not stopping.is_set():
        chunk = tail.read()
        if chunk is not None:
            sink.send(translated(chunk, translator, tally))
            _await_delivery(sink, stopping, clock)
            unsaved = Bookmark(
                source=translator.source,
                position=chunk.position,
                legs=translator.legs.listed(),
            )
        if unsaved and (chunk is None or clock() - saved_at >= SAVE_SECONDS):
            save(unsaved)
            unsaved, saved_at = None, clock()
        if tally.unusable > reported and (
            reported == 0 or clock() - reported_at >= REPORT_SECONDS
        ):
            _report(tally)
            reported, reported_at = tally.unusable, clock()
        if chunk is None:
            if is_once:
                break
            stopping.wait(POLL_SECONDS)
    if unsaved:
        save(unsaved)
    if tally.unusable > reported:
        _report(tally)


def _await_delivery(sink: Sink, stopping: Stopping, clock: Callable[[], float]) -> None:
    asked_at: float | None = None
    while not sink.wait(0.2):
        if stopping.is_set():
            asked_at = asked_at or clock()
            if clock() - asked_at > PARTING_SECONDS:
                raise UndeliveredError


def _report(tally: Tally) -> None:
    name, offset = tally.first_fault or ("", 0)
    log.warning(
        "%d of %d lines can't be used (%s); the first is at byte %d of %s",
        tally.unusable,
        tally.lines,
        ", ".join(f"{fault}: {count}" for fault, count in sorted(tally.faults.items())),
        offset,
        name,
    )


def hashed_callers(keys: Keys, zone: ZoneInfo, now: Callable[[], datetime]) -> CallerHash:
    """Return what hashes a caller under the key of the local date it called on."""

    def caller(number: str, at: int) -> str | None:
        if not number:
            return None
        day = moment(at).astimezone(zone).date()
        key = keys.key(day, now().astimezone(zone).date())
        return None if key is None else pseudonym(number, key)

    return caller


@click.command("follow-queue-log")
@click.argument("file", type=click.Path(path_type=Path), metavar="FIL")
@click.option(
    "--municipality", required=True, metavar="ID", help="Kommunens id i katalogen, t.ex. lulea."
)
@click.option("--once", "is_once", is_flag=True, help="Läs till filens slut och sluta.")
@click.option(
    "--to",
    metavar="FIL",
    help="Skriv händelserna som JSON-rader till FIL (- är standard ut) i stället för till Kafka.",
)
@click.option(
    "--kafka",
    default="127.0.0.1:9092",
    envvar="SVARSGRAD_KAFKA",
    show_default=True,
    show_envvar=True,
    metavar="VÄRD:PORT",
    help="Kafkas adress.",
)
@click.option("--topic", default="svarsgrad.calls", show_default=True, help="Ämnet i Kafka.")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Var läget sparas. Förval: .svarsgrad-NAMN.state bredvid loggen; med --to sparas inget "
    "läge om det inte anges.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Kommunens nycklar för pseudonymer; skapas om den saknas. Utan den lämnas numren bort.",
)
@click.option(
    "--zone",
    default="Europe/Stockholm",
    show_default=True,
    metavar="ZON",
    help="Tidszonen som avgör vilken dags nyckel ett samtal får.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="ASTERISK=ID",
    help="Växelns namn på en kö och köns id i katalogen; kan ges flera gånger.",
)
@click.option(
    "--callback-key",
    "callback_keys",
    multiple=True,
    metavar="KNAPP",
    help="Knapp som betyder ”ring upp mig”; kan ges flera gånger.",
)
@click.option(
    "--exchange",
    default="",
    metavar="NAMN",
    help="Skiljer flera växlar i samma kommun åt, om deras samtals-id kan krocka.",
)
def command(  # noqa: PLR0917 # click gives each option by name
    file: Path,
    municipality: str,
    is_once: bool,  # noqa: FBT001
    to: str | None,
    kafka: str,
    topic: str,
    state: Path | None,
    key_file: Path | None,
    zone: str,
    maps: tuple[str, ...],
    callback_keys: tuple[str, ...],
    exchange: str,
) -> None:
    """Följ en Asterisk-växels queue_log och skicka händelserna till Kafka.

    Läsningen fortsätter där den slutade, även om loggen har roterats under tiden. Telefonnummer
    lämnar aldrig datorn: bara pseudonymer gör det, och bara med --key-file.
    """
    if state is None and to is None:
        state = file.parent / f".svarsgrad-{file.name}.state"
    try:
        translator = Translator(
            municipality=_named(municipality, "--municipality"),
            exchange=exchange,
            queues=_queues(maps),
            callback_keys=frozenset(callback_keys),
            caller=_callers(key_file, _zone(zone)),
        )
        found = None if state is None else bookmark.load(state, translator.source)
        if found is not None:
            translator.legs = OpenLegs(found.legs)
        if is_once and found is None and not file.exists():
            raise TailError(f"{file} finns inte: ange växelns queue_log.")
        with (
            closing(Tail(file, found.position if found else None)) as tail,
            closing(_sink(to, kafka, topic, is_continued=state is not None)) as sink,
            _stopped_by_signals() as stopping,
        ):
            _run(tail, translator, sink, state, is_once=is_once, stopping=stopping)
    except (BookmarkError, KeyFileError, PublishError, SinkError, TailError) as error:
        raise click.ClickException(str(error)) from None
    except UndeliveredError:
        raise click.ClickException(
            "De senaste händelserna hann inte levereras: de skickas vid nästa start."
        ) from None


def _run(
    tail: Tail,
    translator: Translator,
    sink: Sink,
    state: Path | None,
    *,
    is_once: bool,
    stopping: threading.Event,
) -> None:
    tally = Tally()

    def save(mark: Bookmark) -> None:
        if state is not None:
            bookmark.save(state, mark)

    if not is_once:
        waits = "" if tail.path.exists() else ", som inte finns ännu"
        click.echo(f"Följer {tail.path}{waits}. Avsluta med Ctrl-C.", err=True)
    follow(tail, translator, sink, save, is_once=is_once, stopping=stopping, tally=tally)
    click.echo(_summary(tally, tail.unread_bytes), err=True)


def _summary(tally: Tally, unread_bytes: int) -> str:
    text = f"{tally.lines} rader lästa, {tally.events} händelser skickade."
    if tally.first_fault is not None:
        name, offset = tally.first_fault
        text += (
            f" {tally.unusable} rader kunde inte användas, den första vid byte {offset} i {name}."
        )
    if unread_bytes:
        text += " Sista raden är inte färdigskriven och väntar."
    return text


def _sink(to: str | None, kafka: str, topic: str, *, is_continued: bool) -> Sink:
    if to is None:
        return KafkaSink(Publisher(kafka, topic))
    if to == "-":
        return LineSink(sys.stdout.buffer, "standard ut")
    return open_lines(Path(to), is_continued=is_continued)


def _named(name: str, option: str) -> str:
    if not 1 <= len(name.strip()) <= 200:
        raise click.ClickException(f"{option} är tomt eller för långt: ange ett id ur katalogen.")
    return name.strip()


def _queues(maps: tuple[str, ...]) -> dict[str, str]:
    queues: dict[str, str] = {}
    for text in maps:
        asterisk, _, queue = (part.strip() for part in text.partition("="))
        if not asterisk or not queue or queues.get(asterisk, queue) != queue:
            raise click.ClickException(
                f"--map {text} går inte att använda: skriv växelns namn på kön = köns id, en gång "
                "för varje kö."
            )
        queues[asterisk] = queue
    return queues


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.ClickException(
            f"--zone {name} är ingen tidszon: skriv till exempel Europe/Stockholm."
        ) from None


def _callers(key_file: Path | None, zone: ZoneInfo) -> CallerHash:
    if key_file is None:
        log.warning("no key file: callers' numbers are left out, so repeat callers can't be seen")
        return no_caller
    keys = Keys(key_file)
    now = datetime.now(zone)
    keys.key(now.date(), now.date())  # a file that can't be used is said at once
    return hashed_callers(keys, zone, lambda: datetime.now(zone))


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set; a second one stops at once, as usual."""
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
