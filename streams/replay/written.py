"""Mailboxes and case inboxes as tables for people: what came, what is late, what was promised."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.markup import escape

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import moment
from streams.domain.kept import Kept
from streams.domain.questions.figures import Received
from streams.domain.report import Report
from streams.domain.swedish import (
    clock,
    count,
    counted,
    deadline,
    listed,
    percent,
    share,
    span,
)
from streams.domain.windows import Window, day_of
from streams.replay.cells import Fitting, Row, fitting, name_of, verdict

_OVERDUE: Final = {"resolved_within": "vara klart", "feedback_within": "ha fått besked"}
"""Measure → what should have been."""


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


def inboxes(municipality: Municipality, report: Report, name: str) -> Fitting | None:
    """Return what came to each mailbox and case inbox in a window; None if nothing is there."""
    rows = [*_mailboxes(municipality, report, name), *_cases(municipality, report, name)]
    if not rows:
        return None
    headings = ("Inkorg", "Inkom", "Klara", "Öppna", "I dag", "Försenade")
    return fitting(headings, rows, fewer=[(1, 2)])


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
) -> Fitting | None:
    """Return how promises with a due time were kept in a window; None if none is made.

    ``when`` is what is said of the window in the heading.
    """
    promise = f"Löfte{when}"
    kept = [
        (queue, target, promised.kept[over.name])
        for part in (report.questions.mailboxes, report.cases.queues)
        for queue, its in part.items()
        for target, promised in its.promises.items()
    ]
    if not kept:
        return None
    targets = [(queue, _target(municipality, id_, over)) for queue, id_, _ in kept]
    alike = Counter((queue, _limit(target)) for queue, target in targets)
    rows = []
    for (queue, target), (*_, its) in zip(targets, kept, strict=True):
        said = _limit(target)
        named = f": {target.name}" if alike[queue, said] > 1 else ""
        rows.append(
            (
                name_of(municipality, queue),
                escape(f"{said}{named}"),
                *_outcome(its, target.goal),
            )
        )
    for id_, pooled in report.questions.promises.items():
        coverage = pooled.coverage
        several = sum(one == id_ for _, one, _ in kept) > 1
        if coverage is None or not (several or coverage.mailboxes > coverage.reporting):
            continue
        target, its = _target(municipality, id_, over), pooled.promised.kept[over.name]
        # What the silent ones would say is not known: the promise is not judged.
        goal = target.goal if coverage.reporting == coverage.mailboxes else None
        covers = f"{coverage.reporting} av {coverage.mailboxes} brevlådor"
        rows.append((f"Tillsammans: {covers}", escape(_limit(target)), *_outcome(its, goal)))
    headings = ("Inkorg", promise, "I tid", "", "av", "Säkert inom")
    return fitting(headings, rows, left=(promise, ""), fewer=[(5,), (4, 5)], wrapped=1)


def _outcome(its: Kept, goal: float | None) -> Row:
    return (
        percent(its.ratio),
        verdict(its.ratio, goal, its.decided),
        count(its.decided),
        span(*(its.interval or (None, None))),
    )


def overdue(municipality: Municipality, report: Report, most: int = 10) -> list[str]:
    """Return how many promises on cases are overdue, and a line for each, the earliest due first.

    A case that is late by two promises has a line for each.
    """
    late, zone = report.cases.overdue, municipality.zone
    if not late:
        return []
    how_many = counted(len(late), "löfte om ett ärende är", "löften om ärenden är")
    lines = [
        f"{how_many} {'försenat' if len(late) == 1 else 'försenade'}"
        f"{'; de äldsta' if len(late) > most else ''}:"
    ]
    for one in late[:most]:
        due = moment(one.due).astimezone(zone)
        has = municipality.administrations.get(one.administration)
        told = f"; ska meddelas: {listed(list(one.tells))}" if one.tells else ""
        what = _OVERDUE[_target_of(municipality, one.target).measure]
        lines.append(
            f"Ärende {one.case} skulle {what} {due.date()} kl. {clock(due)} "
            f"({has.name if has else one.administration}){told}."
        )
    if len(late) > most:
        lines.append(f"… och {counted(len(late) - most, 'löfte', 'löften')} till.")
    return lines


def _target_of(municipality: Municipality, id_: str) -> ServiceTarget:
    return municipality.targets[id_][-1]


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
