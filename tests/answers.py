"""What workers answer while something is done to them, held against replay and each other."""

import asyncio
import contextlib
import itertools
import random
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import orjson
from busy import PARTITIONS
from exported import Oracle, Scrape, asked, statement_of
from reliability import Figures
from workers import ALL, SESSION_SECONDS, Load, Site, crew, offsets, wait_until

from stack.own import Worker
from streams import metrics as m
from streams.exposition.ledgers import Statement
from streams.ledgers import partition_of

STALE_SECONDS = 3.0
"""So much older than the question no answer may be."""
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said of itself at an instant."""

    worker: str
    packed: bytes
    """All that it said: unpacked and read when it is needed, since there are very many."""
    names: frozenset[str]
    """The municipalities that it showed."""
    is_ready: bool
    owned: frozenset[int]
    reached: Mapping[Place, float]
    """The next offsets of its partitions."""
    asked_at: float
    """When it was asked, in seconds since 1970."""
    at: float
    """When it was so, likewise: of figures by the worker's own clock."""
    process: int | None = None
    """Which it was: it may have been started anew."""
    statement: Statement | None = None
    """What it said of its ledgers after that, if it was asked."""

    def __str__(self) -> str:
        return f"{self.worker} ({self.process}) at {self.at:.2f}"

    @classmethod
    def of(cls, worker: str, text: bytes, asked_at: float, process: int | None = None) -> Self:
        """Return what a worker has just said."""
        scrape = Scrape.of(text.decode())
        evaluated = {at for name in ALL if (at := scrape.value(m.EVALUATED_AT, municipality=name))}
        return cls(
            worker,
            zlib.compress(text, 1),
            frozenset(scrape.municipalities()),
            bool(scrape.value(m.READY)),
            frozenset(scrape.by_partition(m.OWNED)),
            scrape.by_place(m.NEXT_OFFSET),
            asked_at,
            max(evaluated, default=time.time()),
            process,
        )

    @property
    def scrape(self) -> Scrape:
        """Read all that it said."""
        return replace(Scrape.of(zlib.decompress(self.packed).decode()), statement=self.statement)


def answer_of(worker: Worker, within_seconds: float = 10) -> Answer:
    """Ask a worker. An OSError if it does not answer."""
    process, asked_at = worker.pid, time.time()
    text = asked(worker.port, within_seconds)
    return Answer.of(worker.directory.name, text, asked_at, process)


@dataclass
class Observer:
    """Asks the workers again and again, from another thread, and keeps what they answer."""

    workers: Mapping[str, Worker]
    every_seconds: float = 0.25
    answers: list[Answer] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # A thread for each: one that is paused must not keep us from the others.
        self._threads = [
            threading.Thread(target=self._observe, args=(worker,))
            for worker in self.workers.values()
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.answers.sort(key=lambda answer: answer.at)

    def _observe(self, worker: Worker) -> None:
        while not self._ended.wait(self.every_seconds):
            with contextlib.suppress(OSError):
                self.answers.append(answer_of(worker, within_seconds=3))


@contextlib.contextmanager
def under_load(
    site: Site,
    workers: Mapping[str, Worker],
    rng: random.Random,
    per_second: float,
    *,
    asked_every: float = 0.25,
    **load: float,
) -> Iterator[tuple[Load, Observer]]:
    """Start workers, publish at a steady rate, and ask them again and again, all of the block."""
    with (
        crew(*workers.values()),
        Load(site, per_second, rng, **load) as its,
        Observer(workers, asked_every) as observer,
    ):
        yield its, observer


def until_settled(site: Site, *workers: Worker, within_seconds: float = 30) -> list[Answer]:
    """Return what workers say, and hold, when they have read all there is and show all of it."""
    found: list[Answer] = []
    lacking: list[str] = []

    def is_settled() -> bool:
        try:
            found[:] = [answer_of(worker) for worker in workers]
        except OSError as error:
            lacking[:] = [f"{type(error).__name__}: {error}"]
            return False
        ends, _ = asyncio.run(offsets(site))
        at = reached(*found)
        lacking[:] = [
            f"{place} at {at.get(place)} of {end}"
            for place, end in ends.items()
            if at.get(place) != end
        ]
        shown = sorted(name for answer in found for name in answer.names)
        if shown != sorted(ALL):
            lacking.append(f"shown: {', '.join(shown)}")
        return not lacking

    wait_until(is_settled, within_seconds, lambda: f"all is read, and shown by one: {lacking}")
    settled = [
        replace(answer, statement=statement_of(worker.port))
        for worker, answer in zip(workers, found, strict=True)
    ]
    for answer in settled:
        assert answer.statement is not None
        stated = {n for its in answer.statement.partitions.values() for n in its.municipalities}
        assert stated == answer.names
    return settled


def reached(*answers: Answer) -> dict[Place, float]:
    """Return the next offsets of all partitions that some workers have."""
    return {place: at for answer in answers for place, at in answer.reached.items()}


def hold_against_replay(
    site: Site, load: Load | None, answers: Sequence[Answer], figures: Figures, most: int = 150
) -> None:
    """Assert that answers were right, figure by figure, and that nothing published is missing.

    Those of workers that had settled are all held, leg by leg: all that is in their ledgers is
    right. Of others, more than ``most``, those are taken first that are the first after a change
    of who shows what; evenly spread, both.
    """
    logs = site.logs()
    ids = [id_ for log in logs for record in log.records for id_ in ids_in(record.value or b"")]
    figures.events = len(ids)
    if load is not None:
        assert {f"e{n + 1}" for n in range(load.published)} <= set(ids)
    oracle = Oracle(site.catalogue, logs)
    picked = chosen(answers, most)
    assert picked
    figures.answers += len(picked)
    figures.held += sum(
        book.size
        for answer in picked
        if answer.statement is not None
        for its in answer.statement.partitions.values()
        for books in its.municipalities.values()
        for book in books.values()
    )
    found = [
        f"{answer.worker} at {answer.at:.1f}: {fault}"
        for answer in picked
        for fault in oracle.faults(answer.scrape)
    ]
    assert found == []
    assert not_as_the_group_says(answers) == []
    assert stale(answers) == []
    assert double_owners(answers) == []


def ids_in(value: bytes) -> list[str]:
    """Return the ids of the events of a message."""
    read = orjson.loads(value)
    return [event["id"] for event in (read if isinstance(read, list) else [read])]


def chosen(answers: Sequence[Answer], most: int) -> list[Answer]:
    """Return all that have a statement, and so many others at most that show anything."""
    last: dict[str, frozenset[str]] = {}
    settled, changes, others = [], [], []
    for answer in answers:
        is_change = last.get(answer.worker) != answer.names
        last[answer.worker] = answer.names
        if answer.statement is not None:
            settled.append(answer)
        elif answer.names:
            (changes if is_change else others).append(answer)
    changes = spread(changes, most)
    others = spread(others, most - len(changes))
    return sorted([*changes, *others, *settled], key=lambda answer: answer.at)


def spread(some: Sequence[Answer], most: int) -> list[Answer]:
    """Return so many of some at most, evenly spread."""
    if len(some) <= most:
        return [*some]
    return [some[n * len(some) // most] for n in range(most)]


def not_as_the_group_says(answers: Sequence[Answer]) -> list[str]:
    """Return where a ready worker shows less, or more, than the partitions that are its own."""
    return [
        str(answer)
        for answer in answers
        if answer.is_ready
        and answer.names != {n for n in ALL if partition_of(n, PARTITIONS) in answer.owned}
    ]


def stale(answers: Sequence[Answer]) -> list[str]:
    """Return where figures were of long before they were asked for."""
    return [
        f"{answer}, but asked at {answer.asked_at:.2f}"
        for answer in answers
        if answer.names and answer.at < answer.asked_at - STALE_SECONDS
    ]


def double_owners(answers: Sequence[Answer]) -> list[str]:
    """Return where a municipality was shown by a worker between two answers of another.

    Both of these showed it, and came too soon after each other for the group to have put that
    worker out and taken it in again.
    """
    found = []
    for worker in {answer.worker for answer in answers}:
        its = [answer for answer in answers if answer.worker == worker]
        others = [answer for answer in answers if answer.worker != worker]
        for before, after in itertools.pairwise(its):
            if after.at - before.at < SESSION_SECONDS and before.process == after.process:
                names = before.names & after.names
                found += [
                    f"{other}, but {before} and {after}"
                    for other in others
                    if before.at < other.at < after.at and names & other.names
                ]
    return found


def regressions(answers: Sequence[Answer]) -> list[str]:
    """Return where what was shown of a partition had been read less far than before."""
    furthest: dict[Place, float] = {}
    found = []
    for answer in answers:
        partitions = {partition_of(name, PARTITIONS) for name in answer.names}
        for place, offset in answer.reached.items():
            if place[1] in partitions:
                if offset < furthest.get(place, 0):
                    found.append(f"{answer}: {place} is at {offset}")
                furthest[place] = max(offset, furthest.get(place, 0))
    return found
