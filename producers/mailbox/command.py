"""``svarsgrad follow-mailbox``: the mailboxes of a source, as they fill, to events in Kafka."""

from contextlib import ExitStack, closing
from pathlib import Path

import click

from producers import options
from producers.following import UndeliveredError, sink_to, stopped_by_signals
from producers.mailbox import state_file
from producers.mailbox.chosen import Chosen, choose, remarks
from producers.mailbox.follower import Follower
from producers.mailbox.keyed import KeyFileError, read_key
from producers.mailbox.logins import secrets_now
from producers.mailbox.memory import Memory
from producers.mailbox.source import SourceError
from producers.mailbox.state_file import State, StateError
from producers.mailbox.teller import Tally, Teller, watched
from producers.publisher import PublishError
from producers.sinks import SinkError
from producers.vitals import ListenError, Vitals, shown
from streams import options as common
from streams.domain.swedish import count, counted
from streams.kafka.security import HELP
from streams.ledgers import system_clock

TOPICS = ("emails", "presence")


@click.command(
    "follow-mailbox",
    short_help="Skicka det som händer i brevlådor till Kafka.",
    epilog=HELP,
)
@common.catalogue
@click.option(
    "--source", required=True, metavar="ID", help="Källans id i katalogen; den ska ha mailbox."
)
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
@click.option(
    "--to",
    metavar="FIL",
    help="Skriv händelserna som JSON-rader till FIL (- är standard ut) i stället för till Kafka.",
)
@click.option("--once", "is_once", is_flag=True, help="Läs allt som finns och sluta.")
@click.option(
    "--listen", metavar="VÄRD:PORT", help="Visa källans mått där, på /metrics, för Prometheus."
)
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
        _say(f"{remark}.")
    try:
        with ExitStack() as stack:
            if state is not None:
                stack.enter_context(state_file.alone(state))
            is_begun = state is not None and state.exists()
            key = read_key(key_file or Path(f"svarsgrad-{named}-epost.key"), may_make=not is_begun)
            memory = (
                state_file.load(state, named, source, key.fingerprint)
                if state is not None
                else None
            )
            teller = Teller(named, source, chosen.mailbox, key, memory or Memory())
            vitals = Vitals(municipality=named, source=source)
            stack.enter_context(shown(vitals, listen))
            mailboxes = stack.enter_context(closing(chosen.connect()))
            kinds = {kind: f"{topics}.{kind}" for kind in TOPICS}
            sink = stack.enter_context(
                closing(sink_to(to, kafka, kinds, is_continued=state is not None))
            )
            stopping = stack.enter_context(stopped_by_signals())

            def save(remembered: Memory) -> None:
                if state is not None:
                    state_file.save(
                        state,
                        State(
                            municipality=named,
                            source=source,
                            key=key.fingerprint,
                            memory=remembered,
                        ),
                    )

            accounts = list(chosen.mailbox.accounts.values())
            follower = Follower(
                mailboxes,
                teller,
                sink,
                save,
                vitals=vitals,
                secrets=lambda: secrets_now(accounts),
                say=_say,
                now=system_clock,
            )
            if is_once:
                follower.once(stopping)
            else:
                _say(_begins(chosen))
                follower.follow(stopping)
            _say(summary(teller.tally))
    except (
        KeyFileError, ListenError, PublishError, SinkError, SourceError, StateError,
        UndeliveredError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None


def _say(text: str) -> None:
    click.echo(text, err=True)


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
    ]
    return " ".join(filter(None, said))
