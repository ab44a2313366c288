"""A log as a test has it, and an archive that it is written to."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Engine, delete

from streams.archive import schema
from streams.archive.writing import BEFORE_ALL, Unwritten, begin, positions
from streams.domain.books import Books
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import TOPICS, Envelope, topic_of
from streams.domain.events import encode
from streams.domain.ledger import Ledger, Tally
from streams.ledgers import Batch

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
TOPIC_NAMES = {f"t.{topic}": topic for topic in TOPICS}


class Stored(NamedTuple):
    """A record of a log."""

    offset: int
    timestamp: int
    value: bytes | None


def fill(
    engine: Engine, lines: Sequence[bytes], municipality: str = "lulea", topic: str = "allt"
) -> None:
    """Write events of all kinds, as lines of JSON, as one log."""
    place = (topic, 0)
    with engine.begin() as connection:
        begin(connection, place, 0)
    for start in range(0, len(lines), 20_000):
        records = [
            Stored(n, 1 << 50, line) for n, line in enumerate(lines[start : start + 20_000], start)
        ]
        unwritten = Unwritten({municipality: MUNICIPALITY.zone}, 1, {})
        unwritten.fold(Batch(*place, 0, start, start + len(records), records))
        unwritten.write(engine)


def emptied(engine: Engine) -> Engine:
    with engine.begin() as connection:
        for table in schema.metadata.tables.values():
            connection.execute(delete(table))
    return engine


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


def batch_of(topic: str, events: Sequence[Envelope], start: int = 0) -> Batch:
    """Events as a batch of a topic's only partition."""
    records = [Stored(n, 1 << 50, value(event)) for n, event in enumerate(events, start)]
    return Batch(topic, 0, 0, start, start + len(records), records)


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
            unwritten = Unwritten(ZONES, 1, TOPIC_NAMES)
            unwritten.fold(batch_of(name, its[start : start + size], start))
            unwritten.write(engine)
        with engine.connect() as connection:
            assert positions(connection)[name, 0].next_offset == len(its)
