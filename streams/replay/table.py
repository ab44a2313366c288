"""Figures as tables for people, in Swedish: what became of the calls, and of the promises.

Two tables a municipality, so that both fit in 80 columns. In a narrower terminal the columns that
matter least give way; numbers are never cut, and the states shown always add up to the calls.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from streams.domain.catalogue import Catalogue, Municipality, ServiceTarget, targets_on
from streams.domain.instants import moment
from streams.domain.phone.figures import Figures
from streams.domain.report import Report, Spans
from streams.domain.swedish import clock, count, mean_seconds, percent, period, promise, span
from streams.domain.windows import TODAY, Window, day_of
from streams.replay import spans_of
from streams.replay.cells import (
    BROKEN,
    INDICATION_BELOW,
    KEPT,
    TOO_HIGH,
    WIDEST_NAME,
    Fitting,
    Prose,
)
from streams.replay.whole import (
    administrations,
    as_a_whole,
    contacts,
    shares,
    silent_sources,
    solved,
    staffing,
)
from streams.replay.written import deadlines, inboxes, is_written, overdue

NARROWEST_NAME: Final = 12
"""How wide the column of queues is where there is little room; then names are wrapped."""
_LIVE: Final = {
    "15m": "senaste 15 minuterna",
    "30m": "senaste 30 minuterna",
    "1h": "senaste timmen",
}
"""What rolling windows are called where now is the real one."""
_LEGEND: Final = (
    "Vidare: till partner eller annan kö. Förlorade: andelen som inte fick svar alls. "
    "p90: nio av tio besvarade väntade högst så länge. "
)
_SURE: Final = "Säkert inom: med 95\N{NO-BREAK SPACE}% säkerhet. "
_OTHERS: Final = "Övriga: lade på, gick vidare, ska ringas upp, eller stängt eller fullt."
_INDICATION: Final = f"* färre än {INDICATION_BELOW}: bara en indikation."


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the first table, and how its cells come of a queue's figures."""

    heading: str
    cell: Callable[[Figures], str]


def _of(heading: str, *states: str) -> Column:
    return Column(heading, lambda figures: count(sum(figures.counts[name] for name in states)))


def _p90(figures: Figures) -> str:
    if figures.waits is None:
        return "–"
    return f"{count(round(figures.waits.percentiles[90]))}\N{NO-BREAK SPACE}s"


_CALLS: Final = Column("Samtal", lambda figures: count(figures.arrived))
_ANSWERED: Final = _of("Besvarade", "answered")
_CALLBACK: Final = _of("Rings\nupp", "callback")
_WAITING: Final = _of("Väntar", "waiting")
_LOST: Final = Column("Förlorade", lambda figures: percent(figures.lost_in_all.ratio))
_P90: Final = Column("p90", _p90)
_STATES: Final = (
    _CALLS,
    _ANSWERED,
    _of("Lagt på", "abandoned"),
    _of("Vidare", "overflowed"),
    _CALLBACK,
    _of("Stängt/\nfullt", "refused", "closed"),
    _WAITING,
)
_FEWER_STATES: Final = (
    _CALLS,
    _ANSWERED,
    _of("Övriga", "abandoned", "overflowed", "callback", "refused", "closed"),
    _WAITING,
)
_CALLS_LAYOUTS: Final = ((*_STATES, _LOST, _P90), (*_STATES, _LOST), _STATES, _FEWER_STATES)
"""From the widest to the narrowest; in each, the states add up to the calls."""

Layout = TypeVar("Layout")
Side = Literal["left", "right"]
_PROMISES: Final[tuple[tuple[str, Side], ...]] = (
    ("Löfte", "left"),
    ("Utfall", "right"),
    ("", "left"),
    ("av", "right"),
    ("Säkert inom", "right"),
)
_PROMISE_LAYOUTS: Final = (_PROMISES, _PROMISES[:4], _PROMISES[:3])


def tables(
    catalogue: Catalogue,
    reports: Mapping[str, Report],
    name: str,
    asked: tuple[int, int] | None,
    now: int,
    *,
    clock_now: int,
) -> Group:
    """Return the reports over the window called ``name``, each municipality under its heading.

    ``clock_now`` is the real now: only what is true of its day is said to be today's. Print it
    with ``crop=False``.
    """
    written = {}
    for municipality in catalogue.municipalities.values():
        spans = spans_of(municipality, name, now, asked)
        beside = _written(municipality, reports[municipality.id], spans, now)
        if beside and spans.items[0] != spans.calls[0]:
            of = heading(municipality, spans.items[0], now, clock_now)
            beside = [Text(f"{of}: frågor, ärenden och enkäter", style="italic"), *beside]
        written[municipality.id] = beside
    some = any(written.values()) or any(has_calls(report, name) for report in reports.values())
    parts: list[RenderableType] = []
    for municipality in catalogue.municipalities.values():
        over = spans_of(municipality, name, now, asked).calls[0]
        title = heading(municipality, over, now, clock_now)
        report, beside = reports[municipality.id], written[municipality.id]
        if some and not beside and not has_calls(report, name):
            parts += [Text(f"{title}: inga uppgifter"), ""]
            continue
        parts.append(Text(title, style="italic"))
        if some and not has_calls(report, name):
            parts += ["Inga samtal.", "", *beside]
            continue
        figures = {queue: its.figures[name] for queue, its in report.phone.queues.items()}
        parts += [*_parts(municipality, figures, over), ""]
        told = contacts(report, name)
        parts += [*map(Prose, told), ""] if told else []
        parts += beside
    with_calls = not some or any(has_calls(report, name) for report in reports.values())
    with_due = with_calls or any(is_written(report) for report in reports.values())
    legend = f"{_LEGEND if with_calls else ''}{_SURE if with_due else ''}{_INDICATION}"
    return Group(*parts, Prose(legend, style="dim"))


def has_calls(report: Report, name: str) -> bool:
    """Say whether any call came in the window called ``name``, or was decided in it."""
    figures = [of_queue.figures[name] for of_queue in report.phone.queues.values()]
    return any(
        of_one.arrived
        or of_one.outside_hours
        or of_one.internal
        or any(level.decided for level in of_one.service_levels.values())
        for of_one in figures
    )


def _written(
    municipality: Municipality, report: Report, spans: Spans, now: int
) -> list[RenderableType]:
    """Return what there is beside calls: mailboxes and cases, and the municipality as a whole."""
    first, lately = spans.items[0], spans.items[:2][-1]
    when = "" if first is lately else ", sju dagar"
    tables = [
        administrations(municipality, report, first),
        as_a_whole(municipality, report, first),
    ]
    if is_written(report):
        of_inboxes = inboxes(municipality, report, first.name)
        tables = [of_inboxes, deadlines(municipality, report, lately, when), *tables]
    parts: list[RenderableType] = []
    for table in tables:
        if table is not None:
            parts += [table, ""]
    told = [
        *silent_sources(municipality, report, first.name, now),
        *staffing(municipality, report, first.name),
        *shares(report, first.name),
        *solved(report, first.name),
    ]
    for lines in (told, overdue(municipality, report)):
        if lines:
            parts += [*map(Prose, lines), ""]
    return parts


def heading(municipality: Municipality, over: Window, now: int, clock_now: int) -> str:
    """Return whose figures they are and of when: ``"Luleå 2026-03-10 till kl. 10.15"``."""
    zone = municipality.zone
    start, end, at = (moment(instant).astimezone(zone) for instant in (over.start, over.end, now))
    if over.name == TODAY:
        live = day_of(clock_now, zone) == end.date()
        day = f"i dag ({end.date()})" if live else f"{end.date()}"
        return f"{municipality.name} {day} till kl. {clock(end)}"
    if over.rolling:
        live = now == clock_now
        text = f"{_LIVE[over.name]} ({period(start, end)})" if live else period(start, end)
        return f"{municipality.name} {text}"
    late = f", som det var känt {at.date()} kl. {clock(at)}" if now > over.end else ""
    return f"{municipality.name} {period(start, end)}{late}"


def _parts(
    municipality: Municipality, figures: Mapping[str, Figures], over: Window
) -> list[RenderableType]:
    names = {id_: _name(municipality, id_) for id_ in figures}
    width = min(max(map(len, names.values())), WIDEST_NAME)
    parts: list[RenderableType] = [_calls(names, figures, width)]
    rows = _promise_rows(municipality, figures, over)
    if rows:
        parts += ["", _promises(names, rows, width)]
    outside = sum(of_one.outside_hours for of_one in figures.values())
    if outside:
        parts.append(f"{count(outside)} samtal utanför utlovad tid räknas inte med.")
    return parts


def _name(municipality: Municipality, queue: str) -> str:
    known = municipality.queues.get(queue)
    return known.name if known else queue


def _calls(names: Mapping[str, str], figures: Mapping[str, Figures], width: int) -> Fitting:
    has_callbacks = any(of_one.counts["callback"] for of_one in figures.values())
    drawn = []
    for layout, its_width in _with_widths(_CALLS_LAYOUTS, width):
        columns = [column for column in layout if has_callbacks or column is not _CALLBACK]
        table = _empty(its_width)
        for column in columns:
            table.add_column(column.heading, justify="right", no_wrap=True)
        for queue, of_one in figures.items():
            table.add_row(escape(names[queue]), *(column.cell(of_one) for column in columns))
        if layout is _FEWER_STATES:
            table.caption, table.caption_justify = _OTHERS, "left"
        drawn.append(table)
    return Fitting(drawn)


def _promises(
    names: Mapping[str, str], rows: Mapping[str, list[list[str]]], width: int
) -> Fitting:
    drawn = []
    for layout, its_width in _with_widths(_PROMISE_LAYOUTS, width):
        table = _empty(its_width)
        for title, side in layout:
            least = None if title else len(KEPT)
            table.add_column(title, justify=side, no_wrap=True, min_width=least)
        for queue, its_rows in rows.items():
            for number, row in enumerate(its_rows):
                table.add_row("" if number else escape(names[queue]), *row[: len(layout)])
        drawn.append(table)
    return Fitting(drawn)


def _with_widths(layouts: Sequence[Layout], width: int) -> list[tuple[Layout, int]]:
    """Return the layouts, each with how wide its names are; last with names that are wrapped."""
    return [*((layout, width) for layout in layouts), (layouts[-1], min(width, NARROWEST_NAME))]


def _empty(width: int) -> Table:
    """Return a table with but the column of names; both tables of a municipality line up."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("Kö", width=width, overflow="fold")
    return table


def _promise_rows(
    municipality: Municipality, figures: Mapping[str, Figures], over: Window
) -> dict[str, list[list[str]]]:
    """Return the rows of each queue that promises something on the window's last day."""
    last_day = day_of(over.end - 1, municipality.zone)
    rows = {}
    for queue, known in municipality.queues.items():
        targets = targets_on(known, last_day) if known.is_phone else []
        of_one = [_promise_row(target, figures[queue]) for target in targets]
        alike = Counter(said for said, *_ in of_one)
        for target, row in zip(targets, of_one, strict=True):
            if alike[row[0]] > 1:
                row[0] += f": {escape(target.name)}"
        if of_one:
            rows[queue] = of_one
    return rows


def _promise_row(target: ServiceTarget, figures: Figures) -> list[str]:
    said = promise(target.goal, target.limit_seconds)
    goal, limit = target.goal or 0, target.limit_seconds or 0  # none where not asked for
    match target.measure:
        case "answered_within":
            level = figures.service_levels[target.id]
            verdict = _verdict(level.ratio, level.decided, BROKEN, (level.ratio or 0) >= goal)
            interval = span(*(level.interval or (None, None)))
            return [said, percent(level.ratio), verdict, count(level.decided), interval]
        case "lost":
            lost = figures.lost_in_all
            verdict = _verdict(lost.ratio, lost.whole, TOO_HIGH, (lost.ratio or 0) <= goal)
            interval = span(*(lost.interval or (None, None)))
            said = f"{said} förlorade"
            return [said, percent(lost.ratio), verdict, count(lost.whole), interval]
        case "mean_wait":
            mean = figures.waits.mean if figures.waits else None
            number = figures.counts["answered"]
            said = f"svar {said}"
        case "mean_talk":
            mean = figures.talk.mean if figures.talk else None
            number = figures.talk.count if figures.talk else 0
            said = f"samtal {said}"
    verdict = _verdict(mean, number, TOO_HIGH, (mean or 0) <= limit)
    return [said, mean_seconds(mean), verdict, count(number), ""]


def _verdict(value: float | None, number: int, broken: str, is_kept: bool) -> str:
    if value is None:
        return ""
    mark = "*" if number < INDICATION_BELOW else ""
    return f"[green]{KEPT}[/]{mark}" if is_kept else f"[bold red]{broken}[/]{mark}"
