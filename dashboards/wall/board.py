"""The whole wall of a municipality, as the page draws it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.wall.freshness import Freshness
from dashboards.wall.reading import Alert, Reading
from dashboards.wall.standing import WORDS, State
from dashboards.wall.tiles import TIERS, line_target, shown, tile
from streams.domain.catalogue import Municipality, Queue
from streams.domain.instants import HOUR, SECOND, moment
from streams.domain.swedish import MONTHS, WEEKDAYS
from streams.domain.windows import day_of, midnight

Points = Mapping[str, Sequence[tuple[float, float]]]
"""Queue → its line since opening: instants (Unix time) and shares in [0, 1]."""
NO_FIGURES: Final = "Räknaren syns inte i Prometheus"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a municipality when its wall is drawn."""

    reading: Reading
    alerts: Sequence[Alert]
    freshness: Freshness | None
    """None where Prometheus has no figures."""


def board(
    municipality: Municipality,
    known: Known,
    now: int,
    tick: float,
    *,
    stale_seconds: float,
    trouble: str = "",
) -> dict[str, Any]:
    """Return the wall at an instant (by Prometheus's clock), and a tick of our own (seconds).

    ``trouble`` is what hinders asking, in words. Figures older than ``stale_seconds`` are not
    shown.
    """
    fresh = known.freshness
    missing = fresh.fault(tick, stale_seconds) if fresh else (trouble or NO_FIGURES)
    tiles = [
        tile(municipality, queue, known.reading, known.alerts, now, missing)
        for queue in shown(municipality, now)
    ]
    local = moment(now).astimezone(municipality.zone)
    counts = Counter(its.state for its in tiles)
    return {
        "municipality": {"id": municipality.id, "name": municipality.name},
        "at": now // 1000,
        "day": f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}",
        "clock": f"{local:%H.%M}",
        "age": round(fresh.age(tick), 1) if fresh else None,
        "stale": stale_seconds,
        "trouble": trouble or missing,
        "counts": [
            {"state": state, "word": WORDS[state], "count": counts[state]}
            for state in State
            if counts[state]
        ],
        "alerts": [_told(municipality, its) for its in known.alerts if its.tier in TIERS],
        "tiles": [its.as_data() for its in tiles],
    }


def lines(municipality: Municipality, points: Points, now: int) -> dict[str, Any]:
    """Return each queue's line since opening, and the goal it is drawn against; in thousandths."""
    found: dict[str, Any] = {}
    for queue in shown(municipality, now):
        opens, closes = open_span(municipality, queue, now)
        target = line_target(municipality, queue, now)
        found[queue.id] = {
            "goal": None if target is None else round(1000 * (target.goal or 0)),
            "points": list(_placed(points.get(queue.id, ()), opens / SECOND, closes / SECOND)),
        }
    return found


def open_span(municipality: Municipality, queue: Queue, now: int) -> tuple[int, int]:
    """Return from when to when a queue's line goes: today's opening and closing, or all day."""
    day = day_of(now, municipality.zone)
    spans = queue.promised.spans_of(day) if queue.promised else ()
    start = midnight(day, municipality.zone)
    return (spans[0][0], spans[-1][1]) if spans else (start, start + 24 * HOUR)


def _placed(
    points: Sequence[tuple[float, float]], opens: float, closes: float
) -> Iterator[tuple[int, int]]:
    for at, share in points:
        if opens <= at <= closes:
            yield round(1000 * (at - opens) / (closes - opens)), round(1000 * share)


def _told(municipality: Municipality, its: Alert) -> dict[str, str]:
    queue = municipality.queues.get(its.queue or "")
    return {"word": TIERS[its.tier], "queue": queue.name if queue else "", "text": its.text}
