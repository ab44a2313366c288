"""``svarsgrad follow-queue-log``: an exchange's queue_log, as it grows, to events in Kafka."""

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from producers import options
from producers.pseudonym import KeyFileError, Keys
from producers.publisher import Publisher, PublishError
from producers.queue_log import bookmark
from producers.queue_log.bookmark import Bookmark, BookmarkError
from producers.queue_log.follower import Tally, UndeliveredError, follow, hashed_callers, unusable
from producers.queue_log.open_legs import OpenLegs
from producers.queue_log.tail import Tail, TailError
from producers.queue_log.translator import CallerHash, Translator, no_caller
from producers.sinks import KafkaSink, LineSink, Sink, SinkError, open_lines
from streams.domain.catalogue.fields import SLUG
from streams.domain.event_types import MAX_TEXT
from streams.domain.swedish import count
from streams.kafka.security import HELP, security_as_told


@click.command(
    "follow-queue-log",
    short_help="Skicka det en Asterisk-växel loggar till Kafka.",
    epilog=HELP,
)
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
@options.kafka
@options.topics("samtalen går till NAMN.calls, bemanningen till NAMN.presence.")
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
    is_once: bool,
    to: str | None,
    kafka: str,
    topics: str,
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
        translator = _translator(
            municipality,
            exchange,
            _queues(maps),
            callback_keys,
            _callers(key_file, _zone(zone)),
        )
        found = None
        if state is not None:
            bookmark.require_writable(state)
            found = bookmark.load(state, translator.source)
        if found is not None:
            translator.legs = OpenLegs(found.legs)
            translator.staffing.memory = found.staffing
        with (
            closing(Tail(file, found.position if found else None)) as tail,
            closing(_sink(to, kafka, topics, is_continued=state is not None)) as sink,
            _stopped_by_signals() as stopping,
        ):
            _run(tail, translator, sink, state, is_once=is_once, stopping=stopping)
    except (BookmarkError, KeyFileError, PublishError, SinkError, TailError) as error:
        raise click.ClickException(str(error)) from None
    except UndeliveredError:
        raise click.ClickException(
            "De senaste händelserna hann inte levereras: de skickas vid nästa start."
        ) from None


GZIP: Final = b"\x1f\x8b"


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
    follow(tail, translator, sink, save, is_once=is_once, stopping=stopping, tally=tally, say=_say)
    if is_once and not tail.is_open:
        raise TailError(f"{tail.path} finns inte: ange växelns queue_log.")
    if is_once and tally.unusable == tally.lines > 0:
        raise TailError(_no_queue_log(tail.path, tally.lines))
    _say(_summary(tally, tail.unread_bytes))


def _say(text: str) -> None:
    click.echo(text, err=True)


def _no_queue_log(path: Path, lines: int) -> str:
    with path.open("rb") as file:
        if file.read(len(GZIP)) == GZIP:
            return f"{path} är packad: packa upp den först (gunzip)."
    return (
        f"{path} är ingen queue_log: ingen av {count(lines)} rader går att läsa. Ange växelns "
        "queue_log."
    )


def _summary(tally: Tally, unread_bytes: int) -> str:
    said = [
        f"Lästa rader: {count(tally.lines)}. Händelser: {count(tally.events)}.",
        unusable(tally),
    ]
    if tally.repaired:
        repaired = count(tally.repaired)
        said.append(f"Rader utan användbar väntetid, där loggens klocka fick duga: {repaired}.")
    if unread_bytes:
        said.append("Sista raden är inte färdigskriven och väntar.")
    return " ".join(filter(None, said))


def _sink(to: str | None, kafka: str, prefix: str, *, is_continued: bool) -> Sink:
    if to is None:
        security = security_as_told()
        topics = {kind: f"{prefix}.{kind}" for kind in ("calls", "presence")}
        return KafkaSink(
            lambda seconds: Publisher(
                kafka, topics["calls"], topics=topics, security=security, patience_seconds=seconds
            )
        )
    if to == "-":
        return LineSink(sys.stdout.buffer, "standard ut", is_ours=False)
    return open_lines(Path(to), is_continued=is_continued)


def _translator(
    municipality: str,
    exchange: str,
    queues: dict[str, str],
    keys: tuple[str, ...],
    caller: CallerHash,
) -> Translator:
    if not re.fullmatch(SLUG, municipality):
        raise click.ClickException(
            f"--municipality {municipality} är inget id: skriv det som i katalogen, med a–z, 0–9 "
            "och bindestreck."
        )
    translator = Translator(
        municipality=municipality,
        exchange=exchange,
        queues=queues,
        callback_keys=frozenset(keys),
        caller=caller,
    )
    if len(translator.source) > MAX_TEXT:
        raise click.ClickException("--exchange är för långt: skriv ett kort namn.")
    return translator


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
        _say("Ingen nyckelfil (--key-file): numren lämnas bort, så återuppringningar syns inte.")
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
