"""What is kept without a limit costs no more each when there are very many of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from busy import busy_catalogue
from msgspec.structs import replace

from streams.domain.catalogue import load_catalogue
from streams.domain.events import encode
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.report import frames_of, live_spans, report_of
from streams.events_page import example

FEW, MANY = 3_000, 12_000
(K0,) = load_catalogue(busy_catalogue(["k0"]).encode(), "k0").municipalities.values()
NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    timestamp: int
    value: bytes


def event(what: str, number: int, subject: str | None = None, **stated: Any) -> bytes:
    """Return an event that is another one for each number, soon after what it is about began."""
    like = example(f"se.svarsgrad.{what}.v1")
    began = ("arrived_at", "received_at", "opened_at")
    changed = {key: BEGAN for key in began if hasattr(like.data, key)} | stated
    made = replace(
        like,
        id=f"e{number}",
        subject=subject or f"s{number}",
        time=BEGAN + timedelta(milliseconds=number),
        partitionkey="k0",
        data=replace(like.data, **changed),
    )
    return encode(made)


def leg(number: int) -> bytes:
    return event("call.offered", number, "c", arrived_at=BEGAN + timedelta(milliseconds=number))


KINDS: dict[str, Callable[[int], bytes]] = {
    "unknown queues": lambda n: event("call.offered", n, queue=f"q{n}"),
    "legs of a contact": leg,
    "unknown mailboxes": lambda n: event("email.received", n, queue=f"q{n}"),
    "mailboxes of a question": lambda n: event("email.followed_up", n, "s", queue=f"q{n}"),
    "what is said of a question": lambda n: event("email.followed_up", n, "s", queue="epost"),
    "what is said of a case": lambda n: event("case.reopened", n, "s", queue="arenden"),
    "administrations": lambda n: event(
        "case.handed_over", n, "s", queue="arenden", administration=f"a{n}"
    ),
    "questions of a survey": lambda n: event("survey.answered", n, question=f"q{n}"),
    "staffed queues": lambda n: event("presence.staffed", n, f"q{n}", queue=f"q{n}"),
    "sources of heartbeats": lambda n: event("presence.heartbeat", n),
    "measures": lambda n: event("measure.recorded", n, measure=f"m{n}"),
    "values of a measure": lambda n: event("measure.recorded", n, measure="webb"),
}


def cost(make: Callable[[int], bytes], number: int) -> float:
    """Return the seconds of processor that folding so many takes, and taking the figures."""
    records = [Record(n, micros(NOW) // 1000, make(n)) for n in range(number)]
    ledger = Ledger(zones={"k0": K0.zone}, now=micros(NOW))
    began = time.process_time()
    for at in range(0, number, 1_000):
        assert ledger.fold("any", records[at : at + 1_000]) == []
    now = micros(NOW)
    report_of(K0, frames_of(K0, ledger.books_of("k0"), now, live_spans(K0, now)))
    assert ledger.tally.folded == number
    return time.process_time() - began


@pytest.mark.parametrize("kind", KINDS)
def test_very_many_of_anything_cost_no_more_each_than_few(kind: str) -> None:
    few = min(cost(KINDS[kind], FEW) for _ in range(2))
    assert cost(KINDS[kind], MANY) < 2.5 * few * MANY / FEW + 0.3
