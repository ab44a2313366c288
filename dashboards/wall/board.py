"""The whole wall of a municipality, as the page draws it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from dashboards.wall.freshness import Freshness
from dashboards.wall.reading import Alert, Reading
from dashboards.wall.standing import COUNTED
from dashboards.wall.tiles import line_target, shown, tile
from dashboards.words import TIERS
from streams.domain.catalogue import Municipality, Queue
from streams.domain.instants import SECOND, moment
from streams.domain.swedish import MONTHS, WEEKDAYS
from streams.domain.windows import day_of, midnight

Points = Mapping[str, Sequence[tuple[float, float]]]
"""Queue → its line since opening: instants (Unix time) and shares in [0, 1]."""
LEAST_GAP: Final = 25
"""In thousandths of a day's opening."""
NO_FIGURES: Final = "Inga siffror kommer in: säg till driften att räknaren inte syns i Prometheus"


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
    today = day_of(now, municipality.zone)
    if fresh and day_of(round(fresh.evaluated_at * SECOND), municipality.zone) != today:
        missing = missing or "Siffrorna är från en annan dag"
    tiles = [
        tile(municipality, queue, known.reading, known.alerts, now, missing)
        for queue in shown(municipality, now)
    ]
    local = moment(now).astimezone(municipality.zone)
    return {
        "municipality": {"id": municipality.id, "name": municipality.name},
        "at": now // 1000,
        "day": f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}",
        "clock": f"{local:%H.%M}",
        "age": round(fresh.age(tick), 1) if fresh else None,
        "stale": stale_seconds,
        "trouble": trouble or missing,
        "counted": {state.value: words for state, words in COUNTED.items()},
        "alerts": [
            _told(municipality, its)
            for its in sorted(known.alerts, key=_urgency)
            if its.tier in TIERS
        ],
        "tiles": [its.as_data() for its in tiles],
    }


def lines(municipality: Municipality, points: Points, now: int) -> dict[str, Any]:
    """Return each queue's line since opening, and the goal it is drawn against; in thousandths."""
    found: dict[str, Any] = {}
    for queue in shown(municipality, now):
        opens, closes = open_span(municipality, queue, now)
        target, its = line_target(municipality, queue, now), points.get(queue.id, ())
        found[queue.id] = {
            "goal": None if target is None else round(1000 * (target.goal or 0)),
            "points": list(_placed(its, opens / SECOND, closes / SECOND)),
            "gap": _gap(its, (closes - opens) / SECOND),
        }
    return found


def open_span(municipality: Municipality, queue: Queue, now: int) -> tuple[int, int]:
    """Return from when to when a queue's line goes: today's opening and closing, or all day."""
    day = day_of(now, municipality.zone)
    spans = queue.promised.spans_of(day) if queue.promised else ()
    if spans:
        return spans[0][0], spans[-1][1]
    after = day + timedelta(days=1)
    return midnight(day, municipality.zone), midnight(after, municipality.zone)


def _gap(points: Sequence[tuple[float, float]], span: float) -> int:
    """Return how far apart points are where a line is broken: they come as often as they do."""
    step = min((later - at for (at, _), (later, _) in itertools.pairwise(points)), default=0.0)
    return max(LEAST_GAP, round(1000 * 2.5 * step / span))


def _placed(
    points: Sequence[tuple[float, float]], opens: float, closes: float
) -> Iterator[tuple[int, int]]:
    for at, share in points:
        if opens <= at <= closes:
            yield round(1000 * (at - opens) / (closes - opens)), round(1000 * share)


def _urgency(its: Alert) -> int:
    return list(TIERS).index(its.tier) if its.tier in TIERS else len(TIERS)


def _told(municipality: Municipality, its: Alert) -> dict[str, str]:
    queue = municipality.queues.get(its.queue or "")
    return {"word": TIERS[its.tier], "queue": queue.id if queue else "", "text": its.text}
