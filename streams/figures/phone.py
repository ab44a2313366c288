"""The figures of telephone queues, and of a municipality's contacts, as plain data."""

from collections.abc import Mapping
from typing import Any

from streams.domain.phone.contacts import ContactFigures
from streams.domain.phone.coverage import Coverage
from streams.domain.phone.evaluation import QueueReport
from streams.domain.phone.figures import (
    ABANDON_EDGES,
    PERCENTILES,
    Callbacks,
    ServiceLevel,
    Share,
    Waits,
)
from streams.domain.phone.overflow import WhatIf


def queue_as_data(of_queue: QueueReport, name: str) -> dict[str, Any]:
    """Return a queue's figures in a window, and this instant, as plain data; no value is None."""
    figures = of_queue.figures[name]
    others = of_queue.without_incidents.get(name)
    return {
        "now": {
            "waiting": of_queue.now.waiting,
            "longest_wait_seconds": of_queue.now.longest_wait_seconds,
            "is_open": of_queue.now.is_open,
            "has_incident": of_queue.now.has_incident,
        },
        "arrived": figures.arrived,
        "outside_hours": figures.outside_hours,
        "internal": figures.internal,
        **figures.counts,
        "wait_seconds": _waits(figures.waits),
        "wait_or_never_seconds": {
            f"p{percent}": seconds for percent, seconds in figures.waits_or_never.items()
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
        "lost": _share(figures.lost_in_all),
        "lost_high": _share(figures.lost_high),
        "ended": figures.saved_by,
        "answered_in_all": _share(figures.answered_in_all),
        "transfers": figures.transfers,
        "callbacks": _callbacks(figures.callbacks),
        "service_levels": _levels(figures.service_levels),
        "latest": {target: _share(share) for target, share in of_queue.latest.items()},
        "published_service_levels": _levels(of_queue.published.get(name, {})),
        "without_incidents": None
        if others is None
        else {
            **others.counts,
            "lost": _share(others.lost_in_all),
            "service_levels": {
                target: _share(Share(level.good, level.decided))
                for target, level in others.service_levels.items()
            },
        },
        "if_overflow": {
            target: _what_if(found) for target, found in of_queue.what_if.get(name, {}).items()
        },
    }


def contacts_as_data(figures: ContactFigures) -> dict[str, Any]:
    """Return the figures of a municipality's contacts as plain data; no value is None."""
    kkik, callers = figures.kkik, figures.callers
    return {
        "contacts": figures.contacts,
        "outside_hours": figures.outside_hours,
        "internal": figures.internal,
        "outcomes": figures.counts,
        "at_centre": figures.at_centre,
        "at_centre_answered": figures.at_centre_answered,
        "legs": figures.legs,
        "legs_per_contact": figures.legs_per_contact,
        "wait_seconds": _waits(figures.waits),
        "helped": figures.helped,
        "lost": _share(figures.lost),
        "lost_high": _share(figures.lost_high),
        "kkik": {
            "contacts": {name: _share(share) for name, share in kkik.shares.items()},
            "undecided": kkik.undecided,
            "transfers": kkik.transfers,
            "after_transfer": _share(kkik.after_transfer),
        },
        "callers": {
            "contacts": callers.contacts,
            "callers": callers.callers,
            "waiting": callers.waiting,
            "mean_calls_until_answer": callers.mean_calls,
            "got_through": _share(callers.got_through),
        },
    }


def coverage_as_data(by_promise: Mapping[str, Coverage]) -> dict[str, Any]:
    """Return how much of each promise is measured as plain data."""
    return {
        promise: {
            "numbers": coverage.numbers,
            "numbers_reporting": coverage.reporting,
            "silent": dict(coverage.silent),
        }
        for promise, coverage in by_promise.items()
    }


def _waits(waits: Waits | None) -> dict[str, float | None]:
    return {
        "mean": waits.mean if waits else None,
        **{f"p{p}": waits.percentiles[p] if waits else None for p in PERCENTILES},
        "max": waits.maximum if waits else None,
    }


def _levels(levels: Mapping[str, ServiceLevel]) -> dict[str, dict[str, Any]]:
    data = {}
    for target, level in levels.items():
        low, high = level.interval or (None, None)
        data[target] = {
            "good": level.good,
            "decided": level.decided,
            "ratio": level.ratio,
            "wilson_low": low,
            "wilson_high": high,
            "missed": level.misses,
            "formulas": {name: _share(share) for name, share in level.formulas.items()},
        }
    return data


def _share(share: Share) -> dict[str, float | None]:
    low, high = share.interval or (None, None)
    return {
        "count": share.part,
        "n": share.whole,
        "ratio": share.ratio,
        "wilson_low": low,
        "wilson_high": high,
    }


def _callbacks(callbacks: Callbacks) -> dict[str, Any]:
    return {
        "asked": callbacks.asked,
        "reached": callbacks.reached,
        "kept": None if callbacks.kept is None else _share(callbacks.kept),
    }


def _what_if(found: WhatIf) -> dict[str, Any]:
    return {"decided": found.decided, "overflowed": found.overflowed, "ratios": found.ratios}
