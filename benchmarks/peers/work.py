"""The work that every contender does, and how it tells what came of it.

Facts are kept of each leg: when it arrived, was answered, ended. At the end of the log each queue
has, over the legs that arrived in the 30 minutes before ``at``: how many, the share answered
within 15 seconds, and the exact 90th percentile of their waits (nearest rank).

Contenders in Python are ``python -m benchmarks.peers.NAME SERVERS TOPIC EVENTS AT DIRECTORY``;
each prints one line of JSON when it is done, and times are of the clock that all processes share.
"""

import math
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec

MINUTE: Final = 60_000_000
WINDOW: Final = 30 * MINUTE
LIMIT: Final = 15_000_000
PARTITIONS: Final = 8

Leg = tuple[str, int, int | None]
"""Queue (``municipality/queue``), arrival and answer, in microseconds since 1970."""
Answer = tuple[int, float, float]
"""Legs, share answered in time, 90th percentile of waits in seconds."""


class CallData(msgspec.Struct):
    """What is said of a leg."""

    queue: str
    arrived_at: datetime


class Call(msgspec.Struct):
    """An event about a call, checked as it is read."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    partitionkey: str
    data: CallData

    @property
    def what(self) -> str:
        """Return what happened: ``offered``, ``answered``, ``completed``."""
        return self.type.split(".")[3]

    @property
    def queue(self) -> str:
        """Return the queue, among all municipalities."""
        return f"{self.partitionkey}/{self.data.queue}"


_one = msgspec.json.Decoder(Call)
_many = msgspec.json.Decoder(list[Call])


def events_of(value: bytes) -> Sequence[Call]:
    """Return the events of a message. Raises :class:`msgspec.ValidationError`."""
    return _many.decode(value) if value.startswith(b"[") else (_one.decode(value),)


def micros(moment: datetime) -> int:
    """Return an instant in microseconds since 1970, exactly: a timestamp is a float."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def answers_of(legs: Iterable[Leg], at: int) -> dict[str, Answer]:
    """Return what is to be told of each queue."""
    waits: dict[str, list[float]] = {}
    for queue, arrived, answered in legs:
        if at - WINDOW <= arrived < at:
            wait = math.inf if answered is None else answered - arrived
            waits.setdefault(queue, []).append(wait)
    return {queue: _answer(sorted(its)) for queue, its in sorted(waits.items())}


def _answer(waits: list[float]) -> Answer:
    in_time = sum(wait <= LIMIT for wait in waits)
    return len(waits), in_time / len(waits), waits[math.ceil(0.9 * len(waits)) - 1] / 1_000_000


@dataclass(slots=True)
class Job:
    """What a contender is told, and when it got on with it."""

    servers: str
    topic: str
    events: int
    at: int
    directory: Path
    began: float = 0.0
    seen: int = 0

    @classmethod
    def from_arguments(cls) -> Self:
        """Return what stands on the command line."""
        servers, topic, events, at, directory = sys.argv[1:]
        return cls(servers, topic, int(events), int(at), Path(directory))

    def take(self, events: int) -> None:
        """Take note that so many events more are done; the first starts the clock."""
        if not self.seen:
            self.began = time.monotonic()
        self.seen += events

    @property
    def is_done(self) -> bool:
        """Say whether all of the log has been read."""
        return self.seen >= self.events

    def tell(self, legs: Iterable[Leg]) -> None:
        """Print what came of it."""
        answers = answers_of(legs, self.at)
        told = {"began": self.began, "done": time.monotonic(), "answers": answers}
        print(msgspec.json.encode(told).decode(), flush=True)
