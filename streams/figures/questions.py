"""The figures of questions by e-mail and e-service as plain data."""

from dataclasses import asdict
from typing import Any

from streams.domain.kept import PERCENTILES, Kept, Promised, Spread
from streams.domain.questions.figures import MailboxReport, QuestionsReport, Received


def as_data(report: QuestionsReport) -> dict[str, Any]:
    """Return the report as plain data, by mailbox and by promise; no value is None."""
    return {
        "mailboxes": {queue: _mailbox(of_queue) for queue, of_queue in report.mailboxes.items()},
        "promises": {
            promise: {
                **_promised(of_promise.promised),
                "coverage": None
                if of_promise.coverage is None
                else {
                    "mailboxes": of_promise.coverage.mailboxes,
                    "mailboxes_reporting": of_promise.coverage.reporting,
                    "silent": dict(of_promise.coverage.silent),
                },
            }
            for promise, of_promise in report.promises.items()
        },
    }


def _mailbox(report: MailboxReport) -> dict[str, Any]:
    return {
        "open": dict(report.open.channels),
        "oldest_seconds": report.open.oldest_seconds,
        "reporting": report.is_reporting,
        "windows": {name: _received(received) for name, received in report.received.items()},
        "promises": {name: _promised(promised) for name, promised in report.promises.items()},
    }


def _received(received: Received) -> dict[str, Any]:
    return {
        "received": dict(received.channels),
        "states": dict(received.states),
        "auto_replied": received.auto_replied,
        "forwarded": received.forwarded,
        "reopened": received.reopened,
        "followed_up": received.followed_up,
        "begun_by_follow_up": received.begun_by_follow_up,
        "junk": dict(received.junk),
        "answer_seconds": _spread(received.answer_time),
    }


def _promised(promised: Promised) -> dict[str, Any]:
    return {
        "now": asdict(promised.pending),
        "windows": {name: _kept(kept) for name, kept in promised.kept.items()},
    }


def _kept(kept: Kept) -> dict[str, Any]:
    low, high = kept.interval or (None, None)
    return {
        "due": dict(kept.verdicts),
        "decided": kept.decided,
        "in_time_ratio": kept.ratio,
        "in_time_wilson_low_ratio": low,
        "in_time_wilson_high_ratio": high,
        "no_answer_needed_ratio": kept.not_judged_ratio,
        "late_seconds": _spread(kept.late),
        "undated": kept.undated,
    }


def _spread(spread: Spread | None) -> dict[str, Any]:
    return {
        "n": spread.count if spread else 0,
        "mean": spread.mean if spread else None,
        **{f"p{p}": spread.percentiles[p] if spread else None for p in PERCENTILES},
        "max": spread.maximum if spread else None,
    }
