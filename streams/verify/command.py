"""``svarsgrad verify``: holds running workers against a fold of their topics. For every night."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner

from streams import options
from streams.asking import WORKER, Asker, AskingError, asker_as_told, described, url_as_typed
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.domain.swedish import listed, reason
from streams.kafka import security as kafka_security
from streams.kafka.administration import administered, partition_count
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import TopicError, event_topics
from streams.ledgers import system_clock
from streams.replay import Log
from streams.replay.topic_log import PastEndError, read_topic
from streams.verify import Answers, Comparison, compare, reach, unread
from streams.verify.asking import UnansweredError, ask
from streams.verify.members import UnknownNameError, each_address
from streams.verify.oracle import Oracle
from streams.verify.telling import differences, grouped, obstacles, summary
from streams.verify.textfile import write

Tell = Callable[[str], None]


_HELP: Final = f"""\b
Miljövariabler för frågor till räknarna:
{described(WORKER)}

{kafka_security.HELP}"""


@click.command("verify", epilog=_HELP)
@options.workers(required=True)
@click.option(
    "--each-address",
    "is_for_each",
    is_flag=True,
    help="Namnet i --worker har alla räknares adresser (i Kubernetes en headless service): fråga "
    "varje.",
)
@options.catalogue
@options.topics
@options.kafka
@click.option(
    "--metrics-file",
    metavar="FIL",
    type=click.Path(path_type=Path),
    help="Skriv också hur det gick som mätvärden, för node_exporters textfile: en fil som "
    "slutar på .prom.",
)
def command(  # noqa: PLR0917 - click calls it by name
    workers: tuple[str, ...],
    is_for_each: bool,
    catalogue: Path,
    prefix: str,
    kafka: str,
    metrics_file: Path | None,
) -> None:
    """Kontrollera att räknarna visar det som ämnena säger.

    Varje siffra på /metrics, och vad varje bok rymmer enligt /ledgers, jämförs med en egen
    räkning av ämnena, fram till där räknaren hade läst och som det var då. Ämnena läses i sin
    helhet till minnet. Slutar med 0 om allt stämmer, och annars med 1.
    """
    asked = _addresses(workers)
    if is_for_each:
        asked = _each(asked)
    if metrics_file is not None and not metrics_file.absolute().parent.is_dir():
        raise click.UsageError(f"--metrics-file {metrics_file}: mappen finns inte; skapa den")
    asker = asker_as_told(WORKER, asked)
    began = system_clock()
    try:
        with _telling() as tell:
            loaded = read_catalogue(catalogue)
            topics = [*event_topics(prefix)]
            security = kafka_security.security_as_told()
            partitions = _partitions(kafka, topics, security)
            answers, unanswered = _ask(asked, asker, topics, partitions, tell)
            logs = _read(kafka, reach(answers, topics, partitions), tell, security)
            found = compare(Oracle(loaded, logs), answers, lambda name: tell(f"Jämför {name}"))
    except (CatalogueError, TopicError) as error:
        raise click.ClickException(str(error)) from None
    unsure = obstacles(loaded, answers)
    lines = [*differences(found), *unanswered, *grouped(unsure)]
    for line in lines:
        click.echo(line)
    click.echo(summary(found, is_whole=not (unanswered or unsure)))
    if metrics_file is not None:
        _write(metrics_file, found, len(unsure), len(unanswered), began)
    if lines:
        raise click.exceptions.Exit(1)


def _addresses(workers: Sequence[str]) -> list[str]:
    """Return the addresses, without what they may end with; a usage error for what is none."""
    found = []
    for text in workers:
        address = text.rstrip("/")
        try:
            parts = url_as_typed(address, WORKER)
        except AskingError as error:
            raise click.UsageError(f"--worker {error}") from None
        if parts is None or not parts.port or parts.query or parts.fragment:
            raise click.UsageError(
                f"--worker {text}: skriv http://värd:port, till exempel http://127.0.0.1:9101"
            )
        if address in found:
            raise click.UsageError(f"--worker {text} står två gånger: ange varje räknare en gång")
        found.append(address)
    return found


def _each(addresses: Sequence[str]) -> list[str]:
    """Return each address that the names in some addresses have."""
    found = []
    for address in addresses:
        try:
            found += each_address(address)
        except UnknownNameError as error:
            raise click.ClickException(
                f"--worker {address} har inga adresser ({error}): se om räknarna är i gång"
            ) from None
    return found


@contextlib.contextmanager
def _telling() -> Iterator[Tell]:
    """Give what tells, on a terminal alone, what is being done: each as soon as it begins."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with Live(console=console, transient=True) as live:
        yield lambda text: live.update(Spinner("dots", f"{escape(text)} …"), refresh=True)


def _partitions(kafka: str, topics: list[str], security: KafkaSecurity) -> int:
    with administered(kafka, security) as admin:
        return partition_count(admin, topics)


def _ask(
    workers: Sequence[str], asker: Asker, topics: Sequence[str], partitions: int, tell: Tell
) -> tuple[list[Answers], list[str]]:
    """Return what the workers answered, and a line for each that did not.

    A ``click.ClickException`` if none did.
    """
    answers, unanswered = [], []
    for worker in workers:
        tell(f"Frågar {worker}")
        try:
            answer = ask(worker, asker)
            missing = unread(answer, topics, partitions)
            if missing:
                raise UnansweredError(
                    f"{worker} läser inte {listed(missing)}: ange --topics som räknaren har det"
                )
            answers.append(answer)
        except UnansweredError as error:
            unanswered.append(str(error))
    if not answers:
        raise click.ClickException("; ".join(unanswered))
    return answers, unanswered


def _read(
    kafka: str, until: Mapping[str, Mapping[int, int]], tell: Tell, security: KafkaSecurity
) -> list[Log]:
    logs = []
    for topic, offsets in until.items():
        tell(f"Läser {topic}")
        try:
            logs += read_topic(kafka, topic, offsets, security)
        except PastEndError as error:
            raise TopicError(
                f"räknarna har läst {topic} till {error.offset} men där slutar det vid "
                f"{error.end}: ange deras --kafka, eller se om ämnet har gjorts om"
            ) from None
    return logs


def _write(path: Path, found: Comparison, missing: int, unanswered: int, began: int) -> None:
    try:
        write(
            path,
            found,
            missing=missing,
            unanswered=unanswered,
            began=began,
            ended=system_clock(),
        )
    except OSError as error:
        raise click.ClickException(
            f"{path} kan inte skrivas ({reason(error)}); se över rättigheterna"
        ) from None
