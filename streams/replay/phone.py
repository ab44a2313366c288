"""The figures of telephone queues as plain data."""

from collections.abc import Mapping
from typing import Any

from streams.domain.evaluation import QueueReport
from streams.domain.phone.figures import ABANDON_EDGES, PERCENTILES


def as_data(
    reports: Mapping[tuple[str, str], QueueReport], name: str
) -> dict[str, dict[str, Any]]:
    """Return the reports as plain data: municipality → queue → figures; no value is None."""
    data: dict[str, dict[str, Any]] = {}
    for (municipality, queue), of_queue in reports.items():
        figures = of_queue.figures[name]
        waits = figures.waits
        data.setdefault(municipality, {})[queue] = {
            "arrived": figures.arrived,
            "outside_hours": figures.outside_hours,
            **figures.counts,
            "wait_seconds": {
                "mean": waits.mean if waits else None,
                **{f"p{p}": waits.percentiles[p] if waits else None for p in PERCENTILES},
                "max": waits.maximum if waits else None,
            },
            "talk_seconds": {
                "mean": figures.talk.mean if figures.talk else None,
                "n": figures.talk.count if figures.talk else 0,
            },
            "abandoned_within": dict(
                zip(
                    (*(str(edge) for edge in ABANDON_EDGES), "all"),
                    figures.abandoned_histogram[0],
                    strict=True,
                )
            ),
            "lost_ratio": figures.lost_ratio,
            "lost_ratio_high": figures.lost_ratio_high,
            "service_levels": {
                target: {
                    "good": level.good,
                    "decided": level.decided,
                    "ratio": level.ratio,
                    "wilson_low": level.interval[0] if level.interval else None,
                    "wilson_high": level.interval[1] if level.interval else None,
                    "formulas": level.formulas,
                }
                for target, level in figures.service_levels.items()
            },
            "published_service_levels": {
                target: {"good": level.good, "decided": level.decided, "ratio": level.ratio}
                for target, level in of_queue.published.get(name, {}).items()
            },
        }
    return data
