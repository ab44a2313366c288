"""The figures of people at work, and those that others measured, as plain data."""

from typing import Any

from streams.domain.instants import SECOND, moment
from streams.domain.measures import Measured, MeasureReport
from streams.domain.presence.figures import Opening, PresenceReport, QueueStaffing, Standing


def as_data(report: PresenceReport) -> dict[str, Any]:
    """Return a municipality's people and sources as plain data; no value is None."""
    low, high = report.kept_interval or (None, None)
    return {
        "queues": {queue: _queue(staffing) for queue, staffing in report.queues.items()},
        "calls_per_staffed_hour": report.calls_per_hour,
        "administrations": {
            administration: {"standing": str(its.standing), "opening": _opening(its.opening)}
            for administration, its in report.administrations.items()
        },
        "open_as_promised": {
            **{str(standing): report.standing(standing) for standing in Standing},
            "asked": report.asked,
            "ratio": report.kept_ratio,
            "wilson_low": low,
            "wilson_high": high,
            "promises": {
                promise: {"goal": goal, "kept": report.keeps(promise)}
                for promise, goal in report.goals.items()
            },
        },
        "seconds_since_heartbeat": dict(report.seconds_since_heartbeat),
        "silent_sources": {queue: list(silent) for queue, silent in report.silent.items()},
    }


def _queue(staffing: QueueStaffing) -> dict[str, Any]:
    time = staffing.person_time
    return {
        "people": staffing.people,
        "opening": _opening(staffing.opening),
        "staffed_person_seconds": None if time is None else time / SECOND,
        "most_people": staffing.most_people,
        "arrived": staffing.arrived,
        "calls_per_staffed_hour": staffing.calls_per_hour,
    }


def _opening(opening: Opening | None) -> dict[str, Any] | None:
    if opening is None:
        return None
    return {
        "staffed_seconds": opening.staffed / SECOND,
        "promised_seconds": opening.promised / SECOND,
        "ratio": opening.ratio,
    }


def measures_as_data(report: MeasureReport) -> dict[str, Any]:
    """Return what others measured as plain data: every day's value, the latest one last."""
    return {
        "measures": {
            promise: {
                "is_promised": figures.is_promised,
                "values": [_measured(measured) for measured in figures.history],
            }
            for promise, figures in report.figures.items()
        },
        "unknown": report.unknown,
    }


def _measured(measured: Measured) -> dict[str, Any]:
    low, high = measured.interval or (None, None)
    return {
        "on": measured.on.isoformat(),
        "value": measured.value,
        "n": measured.n,
        "document": measured.document,
        "recorded_at": moment(measured.recorded_at).isoformat(),
        "is_share": measured.is_share,
        "is_indication": measured.is_indication,
        "wilson_low": low,
        "wilson_high": high,
        "goal": measured.goal,
        "kept": measured.kept,
    }
