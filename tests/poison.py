"""Bad input: fuzzed messages, and what stands in them, which is found nowhere else."""

import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from busy import PARTITIONS, happenings
from msgspec.structs import replace

from streams.domain.event_types import TOPICS, topic_of
from streams.domain.events import encode
from streams.ledgers import partition_of

PERSON = "08-465 004 17 test@example.org Kalastavej"
"""Stands in every bad message."""
TELLING = ("08-465", "465 004", "004 17", "0846500417", "test@example", "example.org", "alastav")


def traces_of(text: str) -> list[str]:
    """Return what of it stands in a text."""
    return [word for word in TELLING if word in text]


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    partition: int
    value: bytes | None
    key: bytes | None
    headers: list[tuple[str, bytes]]


def good(rng: random.Random) -> Iterator[Message]:
    """Yield messages of one event each, of all kinds, about a person."""
    for event in happenings(rng):
        told = event
        if not event.type.startswith("se.svarsgrad.presence"):
            told = replace(event, subject=f"{PERSON} {event.subject}")
        name = event.partitionkey
        partition = partition_of(name, PARTITIONS)
        yield Message(topic_of(event), partition, encode(told), name.encode(), [])


def flipped(rng: random.Random, value: bytes) -> bytes:
    changed = bytearray(value)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncated(rng: random.Random, value: bytes) -> bytes:
    return value[: rng.randrange(len(value))]


def doubled(rng: random.Random, value: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(value)) for _ in range(2))
    return value[:end] + value[start:end] + value[end:]


def spliced(rng: random.Random, value: bytes) -> bytes:
    other = encode(next(happenings(rng)))
    return value[: rng.randrange(len(value))] + other[rng.randrange(len(other)) :]


def with_other_value(rng: random.Random, value: bytes) -> bytes:
    """Put another value in the place of one that is there."""
    event = json.loads(value)
    inside = event if rng.random() < 0.6 or not event["data"] else event["data"]
    key = rng.choice([key for key in inside if key != "data"])
    inside[key] = "\0"
    other = rng.choice(
        [
            *(b"1" * 400, b"-1e400", b"1e-400", b"1e5", b"0", b"-0", b"3.0", b"007", b"1."),
            *(b"NaN", b"Infinity", b"null", b"true", b"[]", b"{}", b'""', b'" "', b"2"),
            *(
                b'"\\ud800"',
                b'"a\\ud800b"',
                b'"\xed\xa0\x80"',
                b'"\\u0000"',
                b'"a\x01"',
                b'"\xff"',
            ),
            *(
                b'"' + b"a" * 200 + b'"',
                b'"' + b"a" * 201 + b'"',
                b'"' + "å".encode() * 200 + b'"',
            ),
            *(
                b'"2026-02-30T10:00:00Z"',
                b'"2026-01-01T24:00:00Z"',
                b'"0001-01-01T00:00:00+23:59"',
            ),
            *(b'"9999-12-31T23:59:59.9999999-23:59"', b'"2014-06-01 10:00:00.5+0200"', b'"0"'),
            *(b'"' + PERSON.encode() + b'"', b'"spam"', b'"visit"', b'"k0"', b'"k1"', b'"k2"'),
        ]
    )
    return (
        json.dumps(event, ensure_ascii=False)
        .replace('"\\u0000"', "\0")
        .encode()
        .replace(b"\0", other)
    )


def with_spare(rng: random.Random, value: bytes) -> bytes:
    """Add an attribute that nobody knows, which may be anything, or one that is there already."""
    depth = rng.choice([1, 5, 299, 300, 301, 900, 20_000])
    spare = rng.choice(
        [
            b"[" * depth + b"]" * depth,
            b'{"a":' * depth + b"1" + b"}" * depth,
            b'"' + b"[" * depth + b'"',
            *(
                b'"\xed\xa0\x80"',
                b"NaN",
                b"1e999",
                b"0" * 9,
                b"9" * 400,
                b'"\\ud83d\\ude00"',
                b'{"a":1,"a":2}',
            ),
            PERSON.encode(),
            json.dumps(PERSON).encode(),
        ]
    )
    key = rng.choice([b"spare", b"spare", b"spare", b"id", b"data", b"subject"])
    return value[:-1] + b',"' + key + b'":' + spare + b"}"


def of_another_type(rng: random.Random, value: bytes) -> bytes:
    event = json.loads(value)
    event["type"] = rng.choice(
        [
            *("call.offered.v1", "call.offered.v2", "email.dismissed.v1", "case.resolved.v1"),
            *("presence.staffed.v1", "survey.answered.v1", "measure.recorded.v1"),
        ]
    )
    event["type"] = f"se.svarsgrad.{event['type']}"
    return json.dumps(event).encode()


def at_another_time(rng: random.Random, value: bytes) -> bytes:
    event = json.loads(value)
    at = {"time": event, **dict.fromkeys(event["data"], event["data"])}
    times = [key for key in at if key == "time" or key.endswith("_at")]
    key = rng.choice(times)
    moved = datetime.now(UTC).timestamp() + rng.choice([-40_000_000, -300_000, -4_000, 600, 1_200])
    at[key][key] = datetime.fromtimestamp(moved, UTC).isoformat()
    return json.dumps(event).encode()


def in_white(rng: random.Random, value: bytes) -> bytes:
    before, after = (rng.choice([b"", b" \t\r\n", b"\n", b"\xef\xbb\xbf", b"\0"]) for _ in "ab")
    return before + value + after


def noise(rng: random.Random, value: bytes) -> bytes:
    del value
    return rng.choice(
        [
            *(b"", b" ", b"{}", b"[]", b"[1]", b"7", b"null", PERSON.encode()),
            rng.randbytes(rng.randrange(1, 400)),
            "".join(rng.choices(string.printable, k=60)).encode(),
        ]
    )


def in_utf_16(rng: random.Random, value: bytes) -> bytes:
    return value.decode().encode(rng.choice(["utf-16", "utf-16-le", "utf-32"]))


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(flipped, flipped, truncated, doubled, spliced, with_other_value, with_other_value),
    *(with_spare, of_another_type, at_another_time, in_white, noise, in_utf_16),
)


def poison(rng: random.Random) -> Iterator[Message]:
    """Yield good messages and bad ones, in right places and wrong ones."""
    others = good(rng)
    while True:
        message = next(others)
        value = message.value or b""
        dice = rng.random()
        partition, key = message.partition, message.key
        if dice < 0.45:
            value = rng.choice(MUTATIONS)(rng, value)
        elif dice < 0.55:
            partition = rng.randrange(PARTITIONS)  # as another partitioner would have it
        elif dice < 0.65:
            value = array(rng, others)
        topic = message.topic if rng.random() < 0.97 else rng.choice(list(TOPICS))
        yield Message(
            topic,
            partition,
            value if (has_value := rng.random() > 0.02) else None,
            None if has_value and rng.random() < 0.1 else key,
            [("caller", PERSON.encode())] if rng.random() < 0.1 else [],
        )


def array(rng: random.Random, others: Iterator[Message]) -> bytes:
    """Return good and bad events in one message; they may be of several kinds and places."""
    bad = (b"7", b"null", b"{}", b'"' + PERSON.encode() + b'"', b'{"id":"\xff"}', b"[[]]")
    found = [
        rng.choice(bad) if rng.random() < 0.3 else next(others).value or b""
        for _ in range(rng.randrange(1, 12))
    ]
    return b"[" + rng.choice([b",", b" ,\n", b",\t"]).join(found) + rng.choice([b"]"] * 9 + [b""])
