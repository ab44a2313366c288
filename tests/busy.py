"""Busy municipalities, for tests under load: their catalogue, and all that happens in them now.

Most of it are calls; questions, cases, answers to the survey, people at work and typed values are
among it, so that every topic has its share.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache

from msgspec.structs import replace

from streams.domain.events import Event
from streams.events_page import example
from streams.ledgers import partition_of

PARTITIONS = 4
MUNICIPALITIES = tuple(
    name
    for partition in range(PARTITIONS)
    for name in [
        n for n in (f"k{i}" for i in range(40)) if partition_of(n, PARTITIONS) == partition
    ][:2]
)
"""Two of each partition."""
CATALOGUE = """
  {0}:
    name: {1}
    zone: "{2}"
    office_hours: alltid
    channels: [phone, email, visit]
    hours: {{alltid: {{week: {{mon-sun: "00:00-24:00"}}, holidays: open}}}}
    teams: {{alla: {{name: Alla}}}}
    administrations:
      teknik: {{name: Teknik, guideline_hours: alltid}}
    sources:
      vaxelns: {{name: Växelns, queues: [vaxel, teknik]}}
    promises: [losta, nojda, oppet, andel, webb]
    queues:
      vaxel: {{name: Växeln, kind: switchboard, team: alla, targets: [svar-15s, lost],
        callback_within_seconds: 30}}
      teknik: {{name: Teknik, kind: customer_centre, team: alla, administration: teknik,
        promised_hours: alltid, targets: [svar-5min, lost]}}
      epost: {{name: E-post, kind: mailbox, targets: [svar-2wd]}}
      arenden: {{name: Ärenden, kind: cases, targets: [klart-3d, feedback-3d]}}
    targets:
      svar-15s: {{name: A, measure: answered_within, limit_seconds: 15, goal: 0.9, {3}}}
      svar-5min: {{name: B, measure: answered_within, limit_seconds: 300, goal: 0.9, {3}}}
      lost: {{name: C, measure: lost, goal: 0.1, {3}}}
      svar-2wd: {{name: D, measure: question_answered_within, limit: 2wd, goal: 1.0, {3}}}
      klart-3d: {{name: E, measure: resolved_within, limit: 3d, tells: [chef], {3}}}
      feedback-3d: {{name: F, measure: feedback_within, limit: 3d, {3}}}
      losta: {{name: G, measure: solved_in_centre, goal: 0.7, {3}}}
      nojda: {{name: H, measure: satisfied, questions: [bemotande], goal: 0.7, {3}}}
      oppet: {{name: I, measure: open_as_promised, goal: 1.0, {3}}}
      andel: {{name: J, measure: channel_share, channels: [visit], {3}}}
      webb: {{name: K, measure: external, goal: 0.1, better: lower, {3}}}
"""
SINCE = "valid_from: 2014-01-01, source: Prov"

STORIES: dict[str, tuple[str, ...]] = {
    "call.offered": (
        *("call.answered",) * 6,
        *("call.abandoned", "call.overflowed", "call.callback_requested"),
    ),
    "call.answered": ("call.completed", "call.completed", "call.transferred"),
    "call.callback_requested": ("call.callback_answered",),
    "email.received": ("email.answered", "email.auto_replied", "email.forwarded"),
    "email.auto_replied": ("email.answered", "email.answered_otherwise"),
    "email.answered": ("email.followed_up", "email.reopened", "email.dismissed"),
    "case.opened": ("case.handed_over", "case.resolved", "case.contacted"),
    "case.handed_over": ("case.feedback",),
    "case.resolved": ("case.reopened",),
}
"""What can follow on what."""
BEGINNINGS = (
    *("call.offered",) * 16,
    *("call.refused", "call.closed", "email.received", "email.received", "case.opened"),
    *("survey.answered", "presence.staffed", "presence.heartbeat", "measure.recorded"),
)
INBOX = {"call": ("vaxel", "teknik"), "email": ("epost",), "case": ("arenden",)}
BEGAN = ("arrived_at", "received_at", "opened_at")
MOST_OPEN = 2_000

_example = cache(example)


def busy_catalogue(names: Sequence[str] = MUNICIPALITIES, zone: str = "Etc/UTC") -> str:
    """Return a catalogue of municipalities with all channels, which never close."""
    parts = [CATALOGUE.format(name, name.title(), zone, SINCE) for name in names]
    return "version: 1\nmunicipalities:" + "".join(parts)


def now() -> datetime:
    return datetime.now(UTC)


def happenings(
    rng: random.Random,
    names: Sequence[str] = MUNICIPALITIES,
    clock: Callable[[], datetime] = now,
) -> Iterator[Event]:
    """Yield what happens as it happens, for ever: beginnings, and what follows on some of them."""
    open_: list[Event] = []
    number = 0
    while True:
        number += 1
        at = clock()
        if open_ and (rng.random() < 0.5 or len(open_) > MOST_OPEN):
            last = open_.pop(rng.randrange(len(open_)))
            what = rng.choice(STORIES[_short(last)])
            event = _follows(what, last, at)
        else:
            event = _begins(rng, rng.choice(BEGINNINGS), rng.choice(names), number, at)
        yield replace(event, id=f"e{number}")
        if _short(event) in STORIES and rng.random() < 0.9:
            open_.append(event)


def _short(event: Event) -> str:
    return event.type.removeprefix("se.svarsgrad.").removesuffix(".v1")


def _begins(rng: random.Random, what: str, municipality: str, number: int, at: datetime) -> Event:
    like = _example(f"se.svarsgrad.{what}.v1")
    kind = what.partition(".")[0]
    changed = {name: at for name in BEGAN if hasattr(like.data, name)}
    subject = f"{kind}-{number}"
    if kind in INBOX:
        changed["queue"] = rng.choice(INBOX[kind])
    match what:
        case "call.offered":
            changed["caller"] = f"f{rng.randrange(5_000):015x}"
        case "survey.answered":
            changed["grade"] = rng.randint(1, 5)
        case "presence.staffed":
            subject = changed["queue"] = rng.choice(INBOX["call"])
            changed["people"] = rng.randint(0, 9)
        case "presence.heartbeat":
            subject = "vaxelns"
        case "measure.recorded":
            changed |= {"measure": "webb", "value": rng.random(), "on": at.date()}
    data = replace(like.data, **changed)
    return replace(like, subject=subject, time=at, partitionkey=municipality, data=data)


def _follows(what: str, last: Event, at: datetime) -> Event:
    like = _example(f"se.svarsgrad.{what}.v1")
    kept = {
        name: getattr(last.data, name) for name in (*BEGAN, "queue") if hasattr(last.data, name)
    }
    data = replace(like.data, **kept)
    return replace(like, subject=last.subject, time=at, partitionkey=last.partitionkey, data=data)
