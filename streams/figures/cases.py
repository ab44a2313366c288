"""The figures of cases, of the survey and of channels as plain data."""

from typing import Any

from streams.domain.cases.figures import CasesReport, Opened, Overdue, PromiseReport
from streams.domain.channels import ChannelsReport
from streams.domain.instants import moment
from streams.domain.kept import PERCENTILES, Kept, Pending, Promised
from streams.domain.surveys import SurveysReport


def as_data(report: CasesReport, name: str) -> dict[str, Any]:
    """Return the report on a municipality's cases over the window of a name; no value is None."""
    return {
        "queues": {
            queue: {
                "open": of_queue.open,
                "promises": {id_: _promised(its, name) for id_, its in of_queue.promises.items()},
                "opened": _opened(of_queue.opened[name]),
            }
            for queue, of_queue in report.queues.items()
        },
        "promises": {id_: _promise(its, name) for id_, its in report.promises.items()},
        "opened": _opened(report.opened[name]),
        "contacts": dict(report.contacts[name]),
        "solved_in_centre": {
            target: {
                "solved": of_window[name].solved,
                "n": of_window[name].whole,
                "ratio": of_window[name].ratio,
                **_wilson(of_window[name].interval),
                "registered": of_window[name].registered,
                "answered": of_window[name].answered,
                "registered_ratio": of_window[name].registered_ratio,
                "silent": list(of_window[name].silent),
                "is_judged": of_window[name].is_judged,
            }
            for target, of_window in report.solved.items()
            if name in of_window
        },
        "solved_by_channel": {
            channel: {
                "solved": its.solved,
                "n": its.whole,
                "ratio": its.ratio,
                **_wilson(its.interval),
            }
            for channel, its in report.solved_by_channel[name].items()
        },
        "overdue": [_overdue(its) for its in report.overdue],
    }


def surveys_as_data(report: SurveysReport, name: str) -> dict[str, Any]:
    """Return what the survey says over the window of a name: promise → figures."""
    return {
        target: {
            "satisfied": of_window[name].satisfied,
            "n": of_window[name].answers,
            "replies": of_window[name].replies,
            "ratio": of_window[name].ratio,
            **_wilson(of_window[name].interval),
        }
        for target, of_window in report.satisfied.items()
        if name in of_window
    }


def channels_as_data(report: ChannelsReport) -> dict[str, Any]:
    """Return shares of contacts by channel, and how promises of them are kept."""
    return {
        "shares": {
            channel: {
                "contacts": share.contacts,
                "n": share.whole,
                "ratio": share.ratio,
                **_wilson(share.interval),
            }
            for channel, share in report.shares.items()
        },
        "reporting": list(report.reporting),
        "silent": list(report.silent),
        "promised": {
            target: {
                "contacts": its.share.contacts if its.share else None,
                "n": its.share.whole if its.share else None,
                "ratio": its.share.ratio if its.share else None,
                **_wilson(its.share.interval if its.share else None),
                "goal": its.goal,
                "earlier": its.earlier.value if its.earlier else None,
                "earlier_on": its.earlier.on.isoformat() if its.earlier else None,
                "is_kept": its.is_kept,
            }
            for target, its in report.promised.items()
        },
    }


def _promise(report: PromiseReport, name: str) -> dict[str, Any]:
    return {
        **_promised(report.promised, name),
        "pending_at": {at: _pending(its) for at, its in report.pending_at.items()},
        "kept_at": {at: _kept(its) for at, its in report.kept_at[name].items()},
    }


def _promised(promised: Promised, name: str) -> dict[str, Any]:
    return {"pending": _pending(promised.pending), "kept": _kept(promised.kept[name])}


def _pending(pending: Pending) -> dict[str, Any]:
    return {
        "open": pending.open,
        "due_soon": pending.due_soon,
        "overdue": pending.overdue,
        "longest_overdue_seconds": pending.longest_overdue_seconds,
        "last_overdue_seconds": pending.last_overdue_seconds,
        "undated": pending.undated,
    }


def _kept(kept: Kept) -> dict[str, Any]:
    late = kept.late
    return {
        **kept.verdicts,
        "n": kept.decided,
        "ratio": kept.ratio,
        **_wilson(kept.interval),
        "late_seconds": {
            "n": late.count if late else 0,
            "mean": late.mean if late else None,
            **{f"p{p}": late.percentiles[p] if late else None for p in PERCENTILES},
            "max": late.maximum if late else None,
        },
        "undated": kept.undated,
    }


def _opened(opened: Opened) -> dict[str, Any]:
    return {
        "opened": opened.opened,
        "by_channel": dict(opened.by_channel),
        "handed_over": opened.handed_over,
        "handed_over_to": dict(opened.handed_over_to),
        "resolved_by": dict(opened.resolved_by),
        "solved_in_centre": opened.solved_in_centre,
        "decided": opened.decided,
        "solved_at_first_contact": {
            "solved": opened.solved_at_first_contact,
            "n": opened.decided,
            "ratio": opened.first_contact_ratio,
            **_wilson(opened.first_contact_interval),
        },
        "reopened": opened.reopened,
        "contacts": opened.contacts,
        "contacts_per_case": opened.contacts_per_case,
    }


def _overdue(its: Overdue) -> dict[str, Any]:
    return {
        "case": its.case,
        "queue": its.queue,
        "target": its.target,
        "administration": its.administration,
        "due": moment(its.due).isoformat(),
        "since": moment(its.since).isoformat(),
        "tells": list(its.tells),
    }


def _wilson(interval: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {"wilson_low": low, "wilson_high": high}
