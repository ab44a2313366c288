"""What parts of a report owe each other: which channels report, and what is a share of what."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams.domain.catalogue import load_catalogue
from streams.domain.channels import Share
from streams.domain.events import Event, encode
from streams.domain.instants import micros
from streams.domain.report import Report, frames_of, live_spans, report_of
from streams.events_page import example
from streams.replay import Log, fold
from streams.replay.event_files import Line

CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: UTC
    office_hours: kontor
    channels: [phone, email, e_service, chat]
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
    teams: {alla: {name: Alla}}
    sources:
      pbx: {name: Växeln, queues: [vaxel]}
      post: {name: E-post, queues: [epost]}
    promises: [losta, andel]
    queues:
      vaxel: {name: Växeln, kind: customer_centre, team: alla}
      epost: {name: E-post, kind: mailbox}
      arenden: {name: Ärenden, kind: cases}
    targets:
      losta: {name: Lösta, measure: solved_in_centre, goal: 0.5,
        valid_from: 2014-01-01, source: Prov}
      andel: {name: Andel, measure: channel_share, channels: [e_service, chat], goal: 0.5,
        valid_from: 2014-01-01, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "k.yaml")
SUNDAY = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


def event(kind: str, subject: str, at: datetime, **data: object) -> Event:
    """An event like the example of its type, but for what is given of its data."""
    like = example(f"se.svarsgrad.{kind}.v1")
    began = {
        key: at for key in ("received_at", "opened_at", "arrived_at") if hasattr(like.data, key)
    }
    changed = msgspec.structs.replace(like.data, **began | data)
    made: Event = msgspec.structs.replace(
        like, id=f"{subject}/{kind}/{at}", subject=subject, time=at, data=changed
    )
    return made


def report(events: Iterable[Event], now: datetime = SUNDAY) -> Report:
    lines = [Line(number, encode(its)) for number, its in enumerate(events)]
    books, refused = fold(LULEA, [Log("-", lines)], micros(now))
    assert refused == []
    lulea = LULEA.municipalities["lulea"]
    spans = live_spans(lulea, micros(now))
    return report_of(lulea, frames_of(lulea, books["lulea"], micros(now), spans))


def written(at: datetime) -> list[Event]:
    return [
        event("email.received", "q1", at, queue="epost", channel="email"),
        event("email.received", "q2", at, queue="okand", channel="email"),
        event("email.received", "q3", at, queue="epost", channel="e_service"),
        event("case.opened", "c1", at, queue="arenden", channel="chat"),
        event("case.contacted", "c1", at + timedelta(minutes=5), channel="chat", opened_at=at),
        event("case.opened", "c2", at, queue="arenden", channel="phone"),
    ]


def test_what_each_channel_counts_is_what_was_told_of_it() -> None:
    at = SUNDAY - timedelta(hours=2)
    calls = [event("call.offered", f"k{n}", at, queue="vaxel") for n in range(3)]
    channels = report([*written(at), *calls]).channels["today"]
    whole = 3 + 2 + 1 + 2  # the call that a case is about is a contact by telephone, not a second
    assert channels.shares == {
        "phone": Share(3, whole),
        "email": Share(2, whole),
        "e_service": Share(1, whole),
        "chat": Share(2, whole),
    }
    assert channels.promised["andel"].share == Share(3, whole)
    assert channels.promised["andel"].is_kept is False


@pytest.mark.parametrize(
    ("source", "ago", "is_heard"),
    [
        ("pbx", timedelta(minutes=1), True),
        ("pbx", timedelta(hours=12), True),
        ("pbx", timedelta(hours=12, microseconds=1), False),
        ("post", timedelta(minutes=1), False),
    ],
)
def test_a_telephone_that_was_alive_and_had_no_calls_counts_none_and_is_not_silent(
    source: str, ago: timedelta, is_heard: bool
) -> None:
    alive = event("presence.heartbeat", source, SUNDAY - ago)
    found = report([*written(SUNDAY - timedelta(hours=2)), alive])
    channels = found.channels["today"]
    assert ("phone" in channels.reporting, channels.silent) == (
        (True, ()) if is_heard else (False, ("phone",))
    )
    assert channels.promised["andel"].is_kept is (True if is_heard else None)


def test_where_no_case_is_known_nothing_solved_is_no_result() -> None:
    at = SUNDAY - timedelta(hours=2)
    asked = [event("email.received", "q1", at, queue="epost", channel="email")]
    its = report(asked).cases.solved["losta"]["today"]
    assert (its.ratio, its.whole, set(its.silent)) == (
        None,
        0,
        {"phone", "email", "e_service", "chat"},
    )
    opened = event("case.opened", "c1", at, queue="arenden", channel="chat")
    assert report([*asked, opened]).cases.solved["losta"]["today"].ratio == 0
