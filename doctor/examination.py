"""An examination: what was seen of everything becomes findings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from alerts.rule import Group
from alerts.rules import groups_of
from doctor.finding import Finding, Verdict, as_said, in_order, untried
from doctor.judging import alertmanager as of_alertmanager
from doctor.judging import catalogue as of_catalogue
from doctor.judging import database as of_database
from doctor.judging import kafka as of_kafka
from doctor.judging import machine as of_machine
from doctor.judging import prometheus as of_prometheus
from doctor.judging import tasks as of_tasks
from doctor.judging import workers as of_workers
from doctor.probing import Observed, Told, observe
from doctor.seen import (
    AlertmanagerSeen,
    ClockSeen,
    Failed,
    KafkaSeen,
    Place,
    PrometheusSeen,
    TopicSeen,
    WorkerSeen,
)
from streams.catalogue_file import read_catalogue
from streams.check_catalogue import summary
from streams.domain.catalogue import Catalogue, CatalogueError
from streams.kafka.security import KafkaSecurity, KafkaSecurityError
from streams.kafka.topics import event_topics


def examine(told: Told, environ: Mapping[str, str]) -> list[Finding]:
    """Return all that is found, causes before what comes of them."""
    catalogue = _catalogue(told.catalogue)
    groups = groups_of(catalogue) if isinstance(catalogue, Catalogue) else []
    security, remarks = _security(environ)
    seen = observe(told, environ, security, of_prometheus.expressions(groups))
    return in_order([*remarks, *_judge(told, seen, catalogue, groups)])


def _catalogue(file: Path) -> Catalogue | str:
    """Return the catalogue, or in one line why there is none."""
    try:
        return read_catalogue(file)
    except CatalogueError as error:
        return str(error)
    except click.ClickException as error:
        return error.format_message()


def _security(environ: Mapping[str, str]) -> tuple[KafkaSecurity | Failed, list[Finding]]:
    """Return how we are known to Kafka, and what is to be remarked of it."""
    try:
        security = KafkaSecurity.from_environment(environ)
    except KafkaSecurityError as error:
        return Failed(str(error)), []
    return security, [as_said("kafka", line, Verdict.SOON) for line in security.remarks]


def _judge(
    told: Told, seen: Observed, catalogue: Catalogue | str, groups: Sequence[Group]
) -> Iterator[Finding]:
    now = datetime.now(UTC)
    yield from _of_machine(seen, now.timestamp())
    yield from _of_kafka(told, seen, now.timestamp())
    yield from _of_workers(told, seen)
    yield from _of_database(told, seen, now.timestamp())
    yield from of_tasks.judge_copies(seen.copies, now.timestamp())
    yield from _of_prometheus(told, seen, groups)
    yield from _of_alertmanager(told, seen)
    if isinstance(catalogue, str):
        yield from of_catalogue.judge_unusable(catalogue)
        return
    first = next(iter(catalogue.municipalities.values()))
    today = now.astimezone(first.zone).date()
    yield from of_catalogue.judge_catalogue(
        catalogue, str(told.catalogue), summary(catalogue), today
    )
    partitions = _partitions(told, seen)
    yield from of_workers.judge_worker_catalogue(
        seen.workers, catalogue, shows_all=of_workers.shows_all(seen.workers, partitions)
    )
    yield from of_workers.judge_sources(seen.workers, catalogue)
    is_told = any(its.alerts for its in catalogue.municipalities.values())
    if not is_told:
        yield untried("rules", "katalogen säger inte vem som ska larmas")
    elif isinstance(seen.prometheus, PrometheusSeen):
        yield from of_prometheus.judge_rules(seen.prometheus, groups)
    if isinstance(seen.alertmanager, AlertmanagerSeen) and is_told:
        yield from of_alertmanager.judge_receivers(seen.alertmanager, catalogue, today)


def _of_machine(seen: Observed, now: float) -> Iterator[Finding]:
    if isinstance(seen.machine, Failed):
        yield as_said("disk", seen.machine.line)
        return
    yield from of_machine.judge_machine(seen.machine)
    newest = of_kafka.newest(seen.kafka) if isinstance(seen.kafka, KafkaSeen) else None
    yield from of_machine.judge_clocks(seen.machine.is_synced, _clocks(seen), newest, now)


def _clocks(seen: Observed) -> list[ClockSeen]:
    answers = [*seen.workers, seen.prometheus, seen.alertmanager]
    return [
        its.clock
        for its in answers
        if isinstance(its, WorkerSeen | PrometheusSeen | AlertmanagerSeen) and its.clock
    ]


def _of_kafka(told: Told, seen: Observed, now: float) -> Iterator[Finding]:
    if isinstance(seen.kafka, Failed):
        yield from of_kafka.judge_no_kafka(seen.kafka)
        return
    yield from of_kafka.judge_kafka(seen.kafka, told.kafka, now)
    yield of_kafka.judge_group(
        "group", told.group, seen.kafka.groups[told.group], command="worker"
    )
    if seen.database is None and not _has_archive(told, seen):
        yield untried("archive-group", f"ingen är med i {told.archive_group}, om den finns")
        return
    yield of_kafka.judge_group(
        "archive-group",
        told.archive_group,
        seen.kafka.groups[told.archive_group],
        command="archive",
    )


def _has_archive(told: Told, seen: Observed) -> bool:
    """Say whether an archive runs, as far as Kafka tells."""
    if isinstance(seen.kafka, Failed):
        return False
    group = seen.kafka.groups[told.archive_group]
    return isinstance(group, Failed) or group.members > 0


def _of_workers(told: Told, seen: Observed) -> Iterator[Finding]:
    others = seen.prometheus.workers if isinstance(seen.prometheus, PrometheusSeen) else 0
    if not told.are_workers_named and isinstance(seen.workers[0], Failed) and others:
        yield untried(
            "workers",
            f"ingen räknare på {told.workers[0]}, men Prometheus hämtar från {others}: ange dem "
            "med --worker",
        )
    else:
        yield from of_workers.judge_workers(seen.workers)
    yield _partitions(told, seen)


def _partitions(told: Told, seen: Observed) -> Finding:
    places, members = None, None
    if isinstance(seen.kafka, KafkaSeen):
        group = seen.kafka.groups[told.group]
        members = None if isinstance(group, Failed) else group.members
        places = _places(told, seen.kafka)
    return of_workers.judge_partitions(seen.workers, places, members)


def _places(told: Told, seen: KafkaSeen) -> frozenset[Place] | None:
    """Return all partitions of events; None if any topic can't be seen."""
    topics = {name: seen.topics[name] for name in event_topics(told.topics)}
    if any(isinstance(its, Failed) for its in topics.values()):
        return None
    return frozenset(
        (name, number)
        for name, its in topics.items()
        if isinstance(its, TopicSeen)
        for number in range(its.partitions)
    )


def _of_database(told: Told, seen: Observed, now: float) -> Iterator[Finding]:
    if seen.database is None:
        yield untried("database", f"{told.database} finns inte här: ange arkivet med --database")
        return
    ends = None
    if isinstance(seen.kafka, KafkaSeen):
        ends = {
            (name, number): end
            for name in event_topics(told.topics)
            if isinstance(its := seen.kafka.topics[name], TopicSeen)
            for number, end in its.ends.items()
        }
    yield from of_database.judge_database(seen.database, ends, now)


def _of_prometheus(told: Told, seen: Observed, groups: Sequence[Group]) -> Iterator[Finding]:
    if isinstance(seen.prometheus, Failed):
        yield from of_prometheus.judge_no_prometheus(seen.prometheus)
        return
    answering = sum(isinstance(its, WorkerSeen) for its in seen.workers)
    yield from of_prometheus.judge_prometheus(
        seen.prometheus, told.prometheus, groups, answering, archives=_has_archive(told, seen)
    )
    yield from of_tasks.judge_tasks(seen.prometheus.tasks, is_host=seen.copies is not None)


def _of_alertmanager(told: Told, seen: Observed) -> Iterator[Finding]:
    if seen.alertmanager is None or told.alertmanager is None:
        yield untried("alertmanager", "ange var den är med --alertmanager")
        return
    yield from of_alertmanager.judge_alertmanager(seen.alertmanager, told.alertmanager)
