"""``svarsgrad follow-mailbox``: the mailboxes of a source, as they fill, to events in Kafka."""

import logging
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from producers import options, state_file
from producers.following import UndeliveredError, sink_to, stopped_by_signals
from producers.mailbox import remembered
from producers.mailbox.chosen import Chosen, choose, remarks, source_option
from producers.mailbox.follower import Follower
from producers.mailbox.keyed import key_in
from producers.mailbox.logins import secrets_now
from producers.mailbox.memory import Memory
from producers.mailbox.remembered import State
from producers.mailbox.source import SourceError
from producers.mailbox.teller import Tally, Teller, watched
from producers.only_one import HeldError
from producers.pseudonym import KeyFileError
from producers.publisher import PublishError
from producers.sinks import SinkError
from producers.state_file import StateError, held
from producers.vitals import Turning, Vitals, shown
from streams import options as common
from streams.catalogue_file import fingerprint
from streams.domain.swedish import count, counted
from streams.endpoints import ListenError
from streams.endpoints import security as listen_security
from streams.kafka.security import HELP
from streams.ledgers import system_clock
from streams.logs import e, tell, tell_remark, tell_start
from streams.logs.long_running import LongRunning

TOPICS = ("emails", "presence")
log = logging.getLogger(__name__)


@click.command(
    "follow-mailbox",
    cls=LongRunning,
    short_help="Skicka det som händer i brevlådor till Kafka.",
    epilog=f"{listen_security.HELP}\n\n{HELP}",
)
@common.catalogue
@source_option
@common.municipality
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Var läget sparas. Förval: svarsgrad-KOMMUN-KÄLLA.state; med --to sparas inget läge om "
    "det inte anges.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Kommunens nyckel för allt som kopplas ihop; görs första gången, ska sedan vara kvar. "
    "Förval: svarsgrad-KOMMUN-epost.key.",
)
@options.kafka
@options.topics("frågorna går till NAMN.emails, livstecknen till NAMN.presence.")
@options.to
@click.option("--once", "is_once", is_flag=True, help="Läs allt som finns och sluta.")
@options.listen
def command(  # noqa: PLR0917 # click gives each option by name
    catalogue: Path,
    source: str,
    municipality: str | None,
    state: Path | None,
    key_file: Path | None,
    kafka: str,
    topics: str,
    to: str | None,
    is_once: bool,
    listen: str | None,
) -> None:
    """Följ brevlådorna hos en källa och skicka händelserna till Kafka.

    Bara sidhuvuden läses, och inget brev märks som läst. Adresser, ämnesrader och nummer lämnar
    aldrig datorn. Första gången läses de senaste 90 dagarna; sedan fortsätter läsningen där den
    slutade.
    """
    chosen = choose(catalogue, source, municipality)
    named = chosen.municipality.id
    if state is None and to is None:
        state = Path(f"svarsgrad-{named}-{source}.state")
    for remark in remarks(chosen):
        tell_remark(f"{remark}.")
    vitals = Vitals(municipality=named, source=source)
    kinds = {kind: f"{topics}.{kind}" for kind in TOPICS}
    try:
        with (
            held(state),
            shown(vitals, listen),
            closing(chosen.connect()) as mailboxes,
            stopped_by_signals() as told_to_stop,
        ):
            stopping = Turning(told_to_stop, vitals)
            teller = _teller(chosen, state, key_file or Path(f"svarsgrad-{named}-epost.key"))
            with closing(sink_to(to, kafka, kinds, is_continued=state is not None)) as sink:
                follower = Follower(
                    *(mailboxes, teller, sink, partial(_save, state, teller)),
                    vitals=vitals,
                    secrets=partial(secrets_now, chosen.mailbox.accounts.values()),
                    now=system_clock,
                )
                if is_once:
                    follower.once(stopping)
                else:
                    tell_start(
                        "follow-mailbox",
                        catalogue=catalogue,
                        catalogue_sha256=fingerprint(catalogue),
                        municipality=named,
                        source=source,
                        state=state,
                        listen=listen,
                        topics=topics,
                        **({"to": to} if to else {"kafka": kafka}),
                    )
                    tell(log, e.FOLLOWING, _begins(chosen))
                    follower.follow(stopping)
                _tell_summary(teller.tally)
    except (
        HeldError, KeyFileError, ListenError, PublishError, SinkError, SourceError, StateError,
        UndeliveredError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None


def _teller(chosen: Chosen, state: Path | None, key_file: Path) -> Teller:
    """Return what tells events, with what it remembers, and a key that is made if it has to be."""
    has_begun = state is not None and state.exists()
    is_new = not key_file.exists()
    keyed = key_in(key_file, may_make=not has_begun)
    if is_new:
        told = f"Gjorde nyckelfilen {key_file}: säkerhetskopiera den. Utan den räknas allt om."
        tell(log, e.KEY_MADE, told, file=key_file)
    its = (chosen.municipality.id, chosen.source)
    memory = remembered.load(state, *its, keyed.fingerprint) if state is not None else None
    return Teller(*its, chosen.mailbox, keyed, memory or Memory())


def _save(state: Path | None, teller: Teller, memory: Memory) -> None:
    if state is not None:
        its = State(
            municipality=teller.municipality,
            source=teller.source,
            key=teller.keyed.fingerprint,
            memory=memory,
        )
        state_file.save(state, its)


def _tell_summary(tally: Tally) -> None:
    tell(
        log,
        e.SUMMARY,
        summary(tally),
        read=tally.messages,
        events=tally.events,
        unusable=tally.faults.total(),
    )


def _begins(chosen: Chosen) -> str:
    number = len(watched(chosen.mailbox))
    folders = counted(number, "mapp", "mappar")
    return f"Följer {folders} hos källan {chosen.source}. Avsluta med Ctrl-C."


def summary(tally: Tally) -> str:
    """Return what came of what was read, in counts."""
    said = [
        f"Lästa meddelanden: {count(tally.messages)}. Händelser: {count(tally.events)}.",
        f"Inga frågor: {count(left)} (automatiska, utskick, interna, äldre än 90 dagar)."
        if (left := tally.left_out.total())
        else "",
        f"Frågor som låg avslutade redan före första läsningen, och inte räknas: {count(unknown)}."
        if (unknown := tally.faults["unknown_end"])
        else "",
        f"Meddelanden från framtiden, som fick tiden då de lästes: {count(ahead)}. Rätta "
        "e-postserverns klocka."
        if (ahead := tally.odd["from_the_future"])
        else "",
    ]
    return " ".join(filter(None, said))
