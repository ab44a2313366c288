"""When calls come and how they then do, by weekday and hour: a map and its table."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from reports.document import Cell, Kind, Part, Picture, Table
from reports.evidence import Evidence
from reports.figures import INDICATION_BELOW
from reports.formats import pictures
from reports.outcomes import Promise
from streams.domain.catalogue import Queue
from streams.domain.phone.patterns import HOURS
from streams.domain.swedish import WEEKDAYS
from streams.domain.working_time import WHOLE_DAY

WIDEST: Final = 12
"""So many hours of a day stand side by side."""


def weeks(evidence: Evidence, queues: list[Queue], promises: list[Promise]) -> Iterator[Part]:
    """Yield how many calls come in each hour of the week, and how large a share is in time."""
    for queue in queues:
        tally = evidence.patterns[queue.id].by_hour
        arrived = dict(_cells(tally.arrived.tolist()))
        opened = _times_open(evidence, queue)
        means = {
            cell: number / opened[cell]
            for cell, number in arrived.items()
            if number and opened.get(cell)
        }
        if not means:
            continue
        yield Picture(
            f"bild-vecka-{queue.id}",
            f"{queue.name}: samtal i medel per timme (mörkare: fler)",
            f"Karta över veckans timmar. {_peak(means, 'Flest samtal')}.",
            pictures.week_map(means, *_reach(means)),
        )
        yield _week_table(
            f"vecka-{queue.id}", f"{queue.name}: samtal i medel per timme, i siffror", means
        )
        for promise in promises:
            target = promise.target
            if target.id not in tally.decided or promise.whole.is_part:
                continue
            decided = dict(_cells(tally.decided[target.id].tolist()))
            in_time = dict(_cells(tally.in_time[target.id].tolist()))
            shares = {cell: in_time[cell] / of for cell, of in decided.items() if of}
            enough = {cell: shares[cell] for cell in shares if decided[cell] >= INDICATION_BELOW}
            if not shares:
                continue
            told = (
                _peak(enough, "Lägst andel i tid", is_least=True)
                if enough
                else ("I ingen timme är samtalen så många att andelen är mer än en indikation")
            )
            yield Picture(
                f"bild-vecka-{queue.id}-{target.id}",
                f"{queue.name}: andel i tid, % ({target.name}; mörkare: lägre)",
                f"Karta över veckans timmar. {told}.",
                pictures.week_map(shares, *_reach(shares), goal=target.goal, is_share=True),
            )
            yield _week_table(
                f"vecka-{queue.id}-{target.id}",
                f"{queue.name}: andel i tid ({target.name}), i siffror",
                shares,
                decided,
            )


def _times_open(evidence: Evidence, queue: Queue) -> dict[tuple[int, int], int]:
    """Return how many times each hour of the week was promised, since the queue's first call."""
    found: Counter[tuple[int, int]] = Counter()
    begins = evidence.complete_from.get(queue.id, evidence.period.first)
    day = max(evidence.period.first, begins)
    while day < evidence.period.after:
        segments = WHOLE_DAY if queue.promised is None else queue.promised.segments(day)
        hours = {
            hour for opens, closes in segments for hour in range(opens // 60, -(-closes // 60))
        }
        found.update((day.weekday(), hour) for hour in hours)
        day += timedelta(days=1)
    return dict(found)


def _cells(counts: list[int]) -> Iterator[tuple[tuple[int, int], int]]:
    for place, number in enumerate(counts):
        yield (place // HOURS, place % HOURS), number


def _reach(cells: Mapping[tuple[int, int], float]) -> tuple[list[tuple[int, str]], list[int]]:
    """Return the days and hours of the week that there are, the hours in one stretch."""
    days = [(day, WEEKDAYS[day]) for day in sorted({day for day, _ in cells})]
    hours = [hour for _, hour in cells]
    return days, list(range(min(hours), max(hours) + 1))


def _peak(cells: Mapping[tuple[int, int], float], said: str, *, is_least: bool = False) -> str:
    day, hour = (min if is_least else max)(sorted(cells), key=lambda cell: cells[cell])
    return f"{said}: {WEEKDAYS[day]} {hour:02}–{hour + 1:02}"


def _week_table(
    id_: str,
    title: str,
    cells: Mapping[tuple[int, int], float],
    decided: Mapping[tuple[int, int], int] | None = None,
) -> Table:
    """Return the hours of a week; of a long day they are rows, so that they fit on paper.

    ``decided`` is what shares are of; without it the cells are numbers of calls.
    """
    days, hours = _reach(cells)

    def cell(day: int, hour: int) -> Cell:
        few = decided is not None and 0 < decided.get((day, hour), 0) < INDICATION_BELOW
        kind: Kind = "one" if decided is None else "share"
        return Cell(cells.get((day, hour)), kind, missing="–", is_indication=few)

    named = [f"{hour:02}–{hour + 1:02}" for hour in hours]
    if len(hours) > WIDEST:
        return Table(
            id_,
            title,
            ("Timme", *(name[0].upper() + name[1:] for _, name in days)),
            tuple(
                (Cell(name), *(cell(day, hour) for day, _ in days))
                for name, hour in zip(named, hours, strict=True)
            ),
        )
    return Table(
        id_,
        title,
        ("Dag", *named),
        tuple(
            (Cell(name[0].upper() + name[1:]), *(cell(day, hour) for hour in hours))
            for day, name in days
        ),
    )
