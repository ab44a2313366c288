"""``svarsgrad follow-queue-log``: an exchange's queue_log, as it grows, to events in Kafka."""

import logging
import time
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from producers import options, state_file
from producers.following import Stopping, UndeliveredError, sink_to, stopped_by_signals
from producers.only_one import HeldError
from producers.pseudonym import CallerHash, KeyFileError, Keys, hashed_callers, no_caller
from producers.publisher import PublishError
from producers.queue_log import bookmark
from producers.queue_log.as_told import ZONE, Reading
from producers.queue_log.bookmark import Bookmark
from producers.queue_log.follower import Tally, follow
from producers.queue_log.open_legs import OpenLegs
from producers.queue_log.tail import Tail, TailError
from producers.queue_log.translator import Translator
from producers.sinks import Sink, SinkError
from producers.state_file import StateError, held
from producers.vitals import Pulse, Turning, shown
from streams.catalogue_file import fingerprint
from streams.domain.swedish import count
from streams.endpoints import ListenError
from streams.endpoints import security as listen_security
from streams.kafka.security import HELP
from streams.logs import e, tell, tell_remark, tell_start
from streams.logs.long_running import LongRunning

GZIP: Final = b"\x1f\x8b"
_IN_CATALOGUE: Final = ("zone", "maps", "callback_keys", "exchange")
"""Options that say what the catalogue says of a source."""
log = logging.getLogger(__name__)


@click.command(
    "follow-queue-log",
    cls=LongRunning,
    short_help="Skicka det en Asterisk-växel loggar till Kafka.",
    epilog=f"{listen_security.HELP}\n\n{HELP}",
)
@click.argument("file", type=click.Path(path_type=Path, readable=False), metavar="FIL")
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path, readable=False),
    metavar="FIL",
    help="Katalogen, som säger hur växelns logg läses. Utan den gäller flaggorna nedan.",
)
@click.option("--source", metavar="ID", help="Växelns id bland katalogens sources.")
@click.option(
    "--municipality",
    metavar="ID",
    help="Kommunens id, t.ex. lulea; behövs utan katalog, och där katalogen har flera.",
)
@click.option("--once", "is_once", is_flag=True, help="Läs till filens slut och sluta.")
@options.to
@options.kafka
@options.topics("samtalen går till NAMN.calls, bemanningen till NAMN.presence.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, readable=False),
    metavar="FIL",
    help="Var läget sparas. Förval: .svarsgrad-NAMN.state bredvid loggen; med --to sparas inget "
    "läge om det inte anges.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, readable=False),
    metavar="FIL",
    help="Kommunens nycklar för pseudonymer; skapas om den saknas. Utan den lämnas numren bort.",
)
@options.listen
@click.option(
    "--zone",
    default=ZONE,
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
@click.pass_context
def command(  # noqa: PLR0917 # click gives each option by name
    ctx: click.Context,
    file: Path,
    catalogue: Path | None,
    source: str | None,
    municipality: str | None,
    is_once: bool,
    to: str | None,
    kafka: str,
    topics: str,
    state: Path | None,
    key_file: Path | None,
    listen: str | None,
    zone: str,
    maps: tuple[str, ...],
    callback_keys: tuple[str, ...],
    exchange: str,
) -> None:
    """Följ en Asterisk-växels queue_log och skicka händelserna till Kafka.

    Läsningen fortsätter där den slutade, även om loggen har roterats eller packats (gzip) under
    tiden. Telefonnummer lämnar aldrig datorn: bara pseudonymer gör det, och bara med --key-file.

    \b
    svarsgrad follow-queue-log /var/log/asterisk/queue_log \\
        --catalogue examples/lulea.yaml --source vaxel-pbx --key-file nycklar
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    if catalogue is not None and source is not None:
        _require_untold(ctx, catalogue)
        reading = Reading.of_catalogue(catalogue, municipality, source)
    elif catalogue is not None or source is not None:
        raise click.UsageError("--catalogue och --source hör ihop: ange båda, eller ingen.")
    elif municipality is None:
        raise click.UsageError("ange --catalogue och --source, eller --municipality.")
    else:
        reading = Reading.of_options(municipality, zone, exchange, maps, callback_keys)
    if state is None and to is None:
        state = file.parent / f".svarsgrad-{file.name}.state"
    kinds = {kind: f"{topics}.{kind}" for kind in ("calls", "presence")}
    tally = Tally(municipality=reading.municipality, source=reading.source or file.name)
    try:
        translator = reading.translator(_callers(key_file, reading.zone))
        with (
            held(state),
            shown(tally, listen),
            closing(_tail(file, state, translator, is_once=is_once)) as tail,
            closing(sink_to(to, kafka, kinds, is_continued=state is not None)) as sink,
            stopped_by_signals() as stopping,
        ):
            pulse = None
            if reading.source is not None and not is_once:
                pulse = Pulse(reading.municipality, reading.source, time.monotonic)
            if not is_once:
                tell_start(
                    "follow-queue-log",
                    file=file,
                    catalogue=catalogue,
                    catalogue_sha256=catalogue and fingerprint(catalogue),
                    municipality=reading.municipality,
                    source=reading.source,
                    state=state,
                    listen=listen,
                    topics=topics,
                    **({"to": to} if to else {"kafka": kafka}),
                )
            _run(
                *(tail, translator, sink, state),
                tally=tally,
                pulse=pulse,
                is_once=is_once,
                stopping=Turning(stopping, tally),
            )
    except (
        HeldError, KeyFileError, ListenError, PublishError, SinkError, StateError, TailError,
        UndeliveredError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None


def _require_untold(ctx: click.Context, catalogue: Path) -> None:
    for option in ctx.command.params:
        told = option.name and ctx.get_parameter_source(option.name)
        if option.name in _IN_CATALOGUE and told is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{option.opts[0]} går inte ihop med --catalogue: skriv det i {catalogue}."
            )


def _tail(file: Path, state: Path | None, translator: Translator, *, is_once: bool) -> Tail:
    """Return what reads the log from where its bookmark is, and tell what was known there.

    Without one a log that is followed is read with all that is left of it: who answers now may
    have come before it was rotated, and after a lost bookmark nobody knows what had been read.
    """
    found = bookmark.load(state, translator.source) if state is not None else None
    if found is None:
        return Tail(file, is_whole=not is_once)
    translator.legs = OpenLegs(found.legs)
    translator.staffing.memory = found.staffing
    return Tail(file, found.position)


def _run(
    tail: Tail,
    translator: Translator,
    sink: Sink,
    state: Path | None,
    *,
    tally: Tally,
    pulse: Pulse | None,
    is_once: bool,
    stopping: Stopping,
) -> None:
    def save(mark: Bookmark) -> None:
        if state is not None:
            state_file.save(state, mark)

    if not is_once:
        waits = "" if tail.path.exists() else ", som inte finns ännu"
        tell(log, e.FOLLOWING, f"Följer {tail.path}{waits}. Avsluta med Ctrl-C.")
    follow(
        *(tail, translator, sink, save),
        is_once=is_once,
        stopping=stopping,
        tally=tally,
        pulse=pulse,
    )
    if is_once and not tail.is_open:
        raise TailError(f"{tail.path} finns inte: ange växelns queue_log.")
    if is_once and tally.senseless == tally.read > 0:
        raise TailError(_no_queue_log(tail.path, tally.read))
    tell(
        log,
        e.SUMMARY,
        _summary(tally, tail.unread_bytes),
        read=tally.read,
        events=tally.events,
        unusable=tally.faults.total(),
    )


def _no_queue_log(path: Path, lines: int) -> str:
    with path.open("rb") as file:
        if file.read(len(GZIP)) == GZIP and path.suffix != ".gz":
            return f"{path} är packad: packa upp den (gunzip), eller ge den ett namn på .gz."
    return (
        f"{path} är ingen queue_log: ingen av {count(lines)} rader går att läsa. Ange växelns "
        "queue_log."
    )


def _summary(tally: Tally, unread_bytes: int) -> str:
    said = [
        f"Lästa rader: {count(tally.read)}. Händelser: {count(tally.events)}.",
        *tally.said(),
    ]
    if tally.repaired:
        repaired = count(tally.repaired)
        said.append(f"Rader utan användbar väntetid, där loggens klocka fick duga: {repaired}.")
    if unread_bytes:
        said.append("Sista raden är inte färdigskriven och väntar.")
    return " ".join(said)


def _callers(key_file: Path | None, zone: tzinfo) -> CallerHash:
    if key_file is None:
        tell_remark(
            "Ingen nyckelfil (--key-file): numren lämnas bort, så återuppringningar syns inte."
        )
        return no_caller
    return hashed_callers(Keys(key_file), zone, lambda: datetime.now(zone))
