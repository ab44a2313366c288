"""What the archive holds equals a fold of the log, in whatever order and parts it was written."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any, NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from strategies import logs
from strategies_cases import case_logs, survey_events
from strategies_presence import measure_events, presences
from strategies_questions import question_logs

from streams.archive import schema
from streams.archive.reading import books_of
from streams.archive.writing import BEFORE_ALL, Unwritten, begin, positions
from streams.domain.books import Books
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import TOPICS, Envelope, topic_of
from streams.domain.events import encode
from streams.domain.ledger import Ledger, Tally
from streams.ledgers import Batch

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone(timedelta(hours=1)))
MUNICIPALITY = load_catalogue(
    """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: alltid
    hours: {alltid: {week: {mon-sun: "00:00-24:00"}}}
    teams: {vaxel: {name: Växeln}}
    queues: {vaxel: {name: Växeln, kind: switchboard, team: vaxel}}
""",
    "k",
).municipalities["lulea"]
ZONES = {"lulea": MUNICIPALITY.zone}


class Stored(NamedTuple):
    """A record of a log."""

    offset: int
    timestamp: int
    value: bytes | None


def emptied(engine: Engine) -> Engine:
    with engine.begin() as connection:
        for table in schema.metadata.tables.values():
            connection.execute(delete(table))
    return engine


@st.composite
def all_events(draw: st.DrawFn) -> list[Envelope]:
    """Events of every kind, in any order, some of them again."""
    around = NOON.astimezone(UTC)
    parts: tuple[Sequence[Any], ...] = (
        draw(logs(NOON, most=10)),
        draw(question_logs(TODAY, most=6)),
        draw(case_logs(around, most=5)),
        draw(st.lists(survey_events(around), max_size=5)),
        draw(presences(around)),
        draw(st.lists(measure_events(around), max_size=4)),
    )
    events = [event for part in parts for event in part]
    Random(draw(st.integers(0, 2**32))).shuffle(events)
    again = draw(st.integers(0, 8))
    return events + events[:again]


def value(event: Envelope) -> bytes:
    try:
        return encode(event)  # type: ignore[arg-type]
    except TypeError:  # a whole number that is too large for whoever writes by the rules
        return json.dumps(msgspec.to_builtins(event)).encode()


def folded(events: Sequence[Envelope]) -> Books:
    ledger = Ledger(zones=ZONES, now=BEFORE_ALL, tally=Tally())
    records = [Stored(n, 1 << 50, value(event)) for n, event in enumerate(events)]
    ledger.fold("any", records)
    return ledger.books_of("lulea")


def but_heartbeats(books: Books) -> dict[Any, Any]:
    return {
        key: value for key, value in books.facts().items() if key[:2] != ("presence", "heartbeat")
    }


def write(engine: Engine, events: Sequence[Envelope], parts: int) -> None:
    """Write events to their topics, and the topics into the archive in so many parts."""
    topics = {f"t.{topic}": topic for topic in TOPICS}
    of_topic = {
        name: [e for e in events if topic_of(e) == topic] for name, topic in topics.items()
    }
    for name, its in of_topic.items():
        with engine.begin() as connection:
            begin(connection, (name, 0), 0)
        size = max(1, -(-len(its) // parts))
        for start in range(0, len(its), size):
            unwritten = Unwritten(ZONES, 1, topics, Tally())
            records = [
                Stored(n, 1 << 50, value(event))
                for n, event in enumerate(its[start : start + size], start)
            ]
            unwritten.fold(Batch(name, 0, 0, start, start + len(records), records))
            unwritten.write(engine)
        with engine.connect() as connection:
            assert positions(connection)[name, 0].next_offset == len(its)


@settings(max_examples=25)
@given(all_events(), st.integers(1, 5))
def test_what_is_written_in_any_parts_is_what_a_fold_of_all_holds(
    engine: Engine, events: list[Envelope], parts: int
) -> None:
    write(emptied(engine), events, parts)
    with engine.connect() as connection:
        assert but_heartbeats(books_of(connection, MUNICIPALITY)) == but_heartbeats(folded(events))


@settings(max_examples=25)
@given(all_events(), all_events())
def test_books_take_what_others_knew_as_if_they_had_heard_it(
    one: list[Envelope], other: list[Envelope]
) -> None:
    books = folded(one)
    for name, facts in folded(other).copied_facts().items():
        for identity, known in facts:
            books.named[name].take(identity, known)
    assert books.facts() == folded(one + other).facts()
