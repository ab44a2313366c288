"""Questions, cases and what a municipality promises as a whole, as tables for people."""

from collections.abc import Iterator
from typing import Final

from rich import box
from rich.markup import escape
from rich.table import Table

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, ServiceTarget
from streams.domain.instants import moment
from streams.domain.presence.figures import Standing
from streams.domain.questions.figures import Received
from streams.domain.report import Report
from streams.domain.swedish import (
    NO_DATA,
    clock,
    count,
    deadline,
    decimal,
    listed,
    percent,
    share,
    span,
)
from streams.domain.windows import Window, day_of

KEPT: Final = "✓ hålls"
BROKEN: Final = "✗ under"
TOO_HIGH: Final = "✗ över"
WIDEST_PROMISE: Final = 46
"""So that the table fits in 80 columns; longer names are wrapped."""
Row = tuple[str, ...]
CHANNELS_IN_SWEDISH: Final = {
    "phone": "telefon",
    "email": "e-post",
    "e_service": "e-tjänst",
    "chat": "chatt",
    "social": "sociala medier",
    "visit": "besök",
    "post": "brev",
}


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
    table = _table("Brevlåda", "Inkom", "Klara", "Öppna", "I dag", "Försenade")
    for row in rows:
        table.add_row(*row)
    return table


def _mailboxes(municipality: Municipality, report: Report, name: str) -> Iterator[Row]:
    for queue, mailbox in report.questions.mailboxes.items():
        received: Received = mailbox.received[name]
        states = received.states
        pending = [promised.pending for promised in mailbox.promises.values()]
        yield (
            _name(municipality, queue),
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
            _name(municipality, queue),
            count(opened.opened),
            count(sum(opened.resolved_by.values())),
            count(its.open),
            count(max((p.due_soon for p in pending), default=0)) if pending else "–",
            count(max((p.overdue for p in pending), default=0)) if pending else "–",
        )


def deadlines(municipality: Municipality, report: Report, over: Window) -> Table | None:
    """Return how promises with a due time were kept in a window; None if none is made."""
    table = _table("Brevlåda", "Löfte", "I tid", "", "av", "Säkert inom", left=("Löfte", ""))
    kept = [
        (queue, target, promised.kept[over.name])
        for part in (report.questions.mailboxes, report.cases.queues)
        for queue, its in part.items()
        for target, promised in its.promises.items()
    ]
    for queue, id_, its in kept:
        target = _target(municipality, id_, over)
        table.add_row(
            _name(municipality, queue),
            escape(_limit(target)),
            percent(its.ratio),
            _verdict(its.ratio, target.goal),
            count(its.decided),
            span(*(its.interval or (None, None))),
        )
    return table if kept else None


def as_a_whole(municipality: Municipality, report: Report, over: Window) -> Table | None:
    """Return how what the municipality promises as a whole stands; None if it promises nothing."""
    day = day_of(over.end - 1, municipality.zone)
    promised = [target for target in municipality.promises if target.is_valid_on(day)]
    if not promised:
        return None
    table = _table("Kommunen lovar", "Mål", "Utfall", "", "av", left=("",))
    table.columns[0].max_width = WIDEST_PROMISE
    for target in promised:
        value, verdict, number, remark = _whole(municipality, report, target, over.name)
        goal = "" if target.goal is None else share(target.goal)
        table.add_row(escape(target.name), goal, value, verdict, number)
        if remark:
            table.add_row(f"  [dim]{escape(remark)}[/]", "", "", "", "")
    return table


def _whole(
    municipality: Municipality, report: Report, target: ServiceTarget, name: str
) -> tuple[str, str, str, str]:
    """Return value, verdict, number and a remark."""
    match target.measure:
        case "solved_in_centre":
            solved = report.cases.solved.get(target.id, {}).get(name)
            if solved is not None:
                silent = [CHANNELS_IN_SWEDISH[channel] for channel in solved.silent]
                remark = f"rapporterar inte: {listed(silent)}" if silent else ""
                return _ratio(solved.ratio, target.goal, solved.whole, remark)
        case "satisfied":
            its = report.surveys.satisfied.get(target.id, {}).get(name)
            if its is not None:
                return _ratio(its.ratio, target.goal, its.answers, "")
        case "open_as_promised":
            presence = report.presence.get(name)
            if presence is not None:
                silent = [
                    municipality.administrations[id_].name
                    for id_ in presence.standing(Standing.UNREPORTED)
                ]
                remark = f"rapporterar inte: {listed(silent)}" if silent else ""
                return _ratio(presence.kept_ratio, target.goal, presence.asked, remark)
        case "channel_share":
            channels = report.channels.get(name)
            found = channels.promised.get(target.id) if channels else None
            if found is not None and found.share is not None:
                earlier = found.earlier
                remark = f"{earlier.on.year}: {percent(earlier.value)}" if earlier else ""
                its_share = found.share
                verdict = _kept(found.is_kept)
                return percent(its_share.ratio), verdict, count(its_share.whole), remark
        case "external":
            figures = report.measures.figures.get(target.id)
            latest = figures.latest if figures else None
            if latest is not None:
                value = percent(latest.value) if latest.is_share else decimal(latest.value)
                number = "" if latest.n is None else count(latest.n)
                broken = BROKEN if target.better == "higher" else TOO_HIGH
                verdict = _kept(latest.kept, broken)
                return value, verdict, number, f"{latest.on}, {latest.document}"
        case _:
            pass
    return NO_DATA, "", "", ""


def _ratio(
    ratio: float | None, goal: float | None, number: int, remark: str
) -> tuple[str, str, str, str]:
    return percent(ratio), _verdict(ratio, goal), count(number), remark


def _verdict(ratio: float | None, goal: float | None) -> str:
    return "" if ratio is None or goal is None else _kept(ratio >= goal)


def _kept(is_kept: bool | None, broken: str = BROKEN) -> str:
    if is_kept is None:
        return ""
    return f"[green]{KEPT}[/]" if is_kept else f"[bold red]{broken}[/]"


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


def _table(first: str, *others: str, left: tuple[str, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    return table


def _name(municipality: Municipality, queue: str) -> str:
    known = municipality.queues.get(queue)
    return escape(known.name if known else UNKNOWN_QUEUE)


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
