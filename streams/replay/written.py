"""Mailboxes and case inboxes as tables for people: what came, what is late, what was promised."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import moment
from streams.domain.questions.figures import Received
from streams.domain.report import Report
from streams.domain.swedish import clock, count, deadline, listed, percent, share, span
from streams.domain.windows import Window, day_of
from streams.replay.cells import Row, name_of, table_of, verdict


def is_written(report: Report) -> bool:
    """Say whether there is any question or case to tell of."""
    return (
        any(mailbox.has_any for mailbox in report.questions.mailboxes.values())
        or any(opened.opened for opened in report.cases.opened.values())
        or any(
            its.has_any
            for queue in report.cases.queues.values()
            for its in queue.promises.values()
        )
    )


def inboxes(municipality: Municipality, report: Report, name: str) -> Table | None:
    """Return what came to each mailbox and case inbox in a window; None if nothing is there."""
    rows = [*_mailboxes(municipality, report, name), *_cases(municipality, report, name)]
    if not rows:
        return None
    table = table_of("Brevlåda", "Inkom", "Klara", "Öppna", "I dag", "Försenade")
    for row in rows:
        table.add_row(*row)
    return table


def _mailboxes(municipality: Municipality, report: Report, name: str) -> Iterator[Row]:
    for queue, mailbox in report.questions.mailboxes.items():
        received: Received = mailbox.received[name]
        states = received.states
        pending = [promised.pending for promised in mailbox.promises.values()]
        yield (
            name_of(municipality, queue),
            count(received.received),
            count(received.received - states["open"]),
            count(sum(mailbox.open.channels.values())),
            count(max((p.due_soon for p in pending), default=0)),
            count(max((p.overdue for p in pending), default=0)),
        )


def _cases(municipality: Municipality, report: Report, name: str) -> Iterator[Row]:
    for queue, its in report.cases.queues.items():
        opened, pending = its.opened[name], [one.pending for one in its.promises.values()]
        yield (
            name_of(municipality, queue),
            count(opened.opened),
            count(sum(opened.resolved_by.values())),
            count(its.open),
            count(max((p.due_soon for p in pending), default=0)) if pending else "–",
            count(max((p.overdue for p in pending), default=0)) if pending else "–",
        )


def deadlines(
    municipality: Municipality, report: Report, over: Window, when: str = ""
) -> Table | None:
    """Return how promises with a due time were kept in a window; None if none is made.

    ``when`` is what is said of the window in the heading.
    """
    promise = f"Löfte{when}"
    table = table_of("Brevlåda", promise, "I tid", "", "av", "Säkert inom", left=(promise, ""))
    kept = [
        (queue, target, promised.kept[over.name])
        for part in (report.questions.mailboxes, report.cases.queues)
        for queue, its in part.items()
        for target, promised in its.promises.items()
    ]
    for queue, id_, its in kept:
        target = _target(municipality, id_, over)
        table.add_row(
            name_of(municipality, queue),
            escape(_limit(target)),
            percent(its.ratio),
            verdict(its.ratio, target.goal),
            count(its.decided),
            span(*(its.interval or (None, None))),
        )
    return table if kept else None


def overdue(municipality: Municipality, report: Report, most: int = 10) -> list[str]:
    """Return a line for each overdue case, the earliest due first, and one for those left out."""
    zone = municipality.zone
    lines = []
    for one in report.cases.overdue[:most]:
        due = moment(one.due).astimezone(zone)
        has = municipality.administrations.get(one.administration)
        told = f"; {listed(list(one.tells))} larmas" if one.tells else ""
        lines.append(
            f"Ärende {one.case} skulle vara klart {due.date()} kl. {clock(due)} "
            f"({has.name if has else one.administration}){told}."
        )
    if len(report.cases.overdue) > most:
        lines.append(f"… och {count(len(report.cases.overdue) - most)} till.")
    return lines


def _target(municipality: Municipality, id_: str, over: Window) -> ServiceTarget:
    """Return the version of a promise that held on the window's last day, or the last one."""
    versions = municipality.targets[id_]
    day = day_of(over.end - 1, municipality.zone)
    return next((version for version in versions if version.is_valid_on(day)), versions[-1])


def _limit(target: ServiceTarget) -> str:
    goal = "" if target.goal is None else f"{share(target.goal)} "
    limit = target.limit
    within = "" if limit is None else f"inom {deadline(limit.count, limit.unit)}"
    what = {"feedback_within": "besked ", "resolved_within": "klart "}.get(target.measure, "")
    return f"{goal}{what}{within}"
