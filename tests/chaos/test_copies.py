"""Events that come again, late, in any order and from wrong clocks: each counts once, or is told.

A producer is retried, killed in the middle of a batch, and an hour wrong; what is in the log in
the end gives the same books and figures as each event once, in order.
"""

import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from answers import hold_against_replay, until_settled
from busy import MUNICIPALITIES, PARTITIONS, happenings
from exported import differences, exported_of
from kafka import KafkaConsumer, TopicPartition
from msgspec.structs import replace
from reliability import Figures
from workers import Site, crew, resume, suspend, wait_until

from producers import publisher as publishing
from stack.broker import Broker
from stack.demo import zone_where_it_is
from stack.own import Command
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.event_types import TOPICS, Kind
from streams.domain.events import Event, decode, encode
from streams.domain.instants import SECOND
from streams.domain.ledger import SKEW_COUNTED, SKEW_REFUSED
from streams.replay import Log, fold

COPIES = 3
SHUFFLED = timedelta(hours=1)
LATE = timedelta(days=1)
MUNICIPALITY = "k0"


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    timestamp: int
    value: bytes


def once_in_order(events: Iterable[Event]) -> Log:
    """Return a log that has each event once, in order of time."""
    now = int(time.time() * 1000)
    values = [encode(event) for event in sorted(events, key=lambda event: event.time)]
    return Log("once", [Record(at, now, value) for at, value in enumerate(values)])


# Copies.


def a_day(rng: random.Random, number: int) -> list[Event]:
    """Return events of all kinds, evenly spread over the last 24 hours."""
    begins, step = datetime.now(UTC) - timedelta(hours=24), timedelta(hours=24) / number
    steps = itertools.count()
    return list(
        itertools.islice(happenings(rng, clock=lambda: begins + next(steps) * step), number)
    )


def shuffled(rng: random.Random, events: Iterable[Event]) -> list[Event]:
    """Return each event three times, shuffled within an hour, and some copies a day late."""

    def comes_at(event: Event) -> datetime:
        return event.time + rng.random() * SHUFFLED + LATE * (rng.random() < 0.05)

    copies = [(comes_at(event), event) for event in events for _ in range(COPIES)]
    return [event for _, event in sorted(copies, key=lambda copy: copy[0])]


@pytest.mark.parametrize("number", [3_000, pytest.param(100_000, marks=pytest.mark.long)])
@pytest.mark.timeout(900)
def test_three_copies_shuffled_and_late_give_the_figures_of_each_once_in_order(
    site: Site, rng: random.Random, figures: Figures, number: int
) -> None:
    events = a_day(rng, number)
    copies = iter(shuffled(rng, events))
    worker = site.worker("worker")
    with crew(worker):
        with site.publisher() as publisher:
            while some := list(itertools.islice(copies, rng.randint(1, 400))):
                publisher.publish_many(some)
        (settled,) = until_settled(site, worker, within_seconds=120)
        last = settled.scrape
    logs = site.logs()
    values = [raw for log in logs for record in log.records for raw in read(record.value)]
    assert len(values) == COPIES * number
    assert {str(value["type"]).split(".")[2] for value in values} == set(Kind)
    assert {value["id"] for value in values} == {event.id for event in events}

    (instant,) = {last.value(m.EVALUATED_AT, municipality=name) for name in MUNICIPALITIES}
    at = round((instant or 0) * SECOND)
    once, _ = fold(site.catalogue, [once_in_order(events)], at)
    thrice, _ = fold(site.catalogue, logs, at)
    for name in MUNICIPALITIES:
        assert thrice[name].facts() == once[name].facts()
        expected = exported_of(site.catalogue.municipalities[name], once[name], at)
        assert differences(last.business(name), expected) == []
    hold_against_replay(site, None, [settled], figures)


def read(value: bytes | None) -> list[dict[str, object]]:
    found = json.loads(value or b"[]")
    return found if isinstance(found, list) else [found]


# A producer that is retried.


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of our own, to pause."""
    with Broker(tmp_path / "own-kafka", *free_ports(2)) as running:
        yield running


def test_what_a_client_sends_again_to_a_broker_that_was_paused_is_in_the_log_once(
    own_broker: Broker, tmp_path: Path, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "REQUEST_SECONDS", 1.0)
    site = Site(own_broker.bootstrap_servers, "retried", tmp_path).make_topics()
    some = happenings(rng)
    sent = 0
    with site.publisher(delivery_seconds=60.0) as publisher:
        for _ in range(3):
            publisher.publish_many(list(itertools.islice(some, 500)))
            publisher.flush()
            suspend(own_broker)
            try:
                publisher.publish_many(list(itertools.islice(some, 500)))
                assert not publisher.wait(3)
            finally:
                resume(own_broker)
            publisher.flush()
            sent += 1_000
        told = publisher._producer.metrics()["producer-metrics"]
    assert told["record-retry-rate"] > 0, "it was sent again"
    ids = [event["id"] for log in site.logs() for r in log.records for event in read(r.value)]
    assert sorted(ids) == sorted(f"e{n + 1}" for n in range(sent))


# A producer that is killed.


def in_topics(site: Site) -> int:
    """Return how many records the topics have."""
    consumer = KafkaConsumer(bootstrap_servers=site.kafka)
    try:
        places = [
            TopicPartition(site.topic(kind), partition)
            for kind in TOPICS
            for partition in range(PARTITIONS)
        ]
        return sum(consumer.end_offsets(places).values())
    finally:
        consumer.close()


def kill_again_and_again(
    site: Site, make: Callable[[int], Command], rng: random.Random, times: int
) -> int:
    """Start a producer and kill it when some of what it has to say is in the log, so many times.

    Return how often it was killed before it was done.
    """
    killed = 0
    for number in range(times):
        command, had = make(number), in_topics(site)
        command.launch()
        try:
            wait_until(lambda had=had: in_topics(site) > had, 30, "something is in the log")
            time.sleep(rng.uniform(0, 0.3))
            killed += command.pid is not None
        finally:
            command.kill()
    return killed


def run(directory: Path, *arguments: str) -> None:
    """Run a command to its end."""
    command = Command("svarsgrad", directory, *arguments)
    command.launch()
    try:
        wait_until(lambda: command.pid is None, 60, "it ends")
    finally:
        command.kill()


def events_in(file: Path) -> dict[str, Event]:
    events = [decode(line) for line in file.read_bytes().splitlines()]
    return {event.id: event for event in events}  # type: ignore[misc]


def hold_against_lines(site: Site, file: Path, figures: Figures) -> None:
    """Assert that the topics have each event of a file, and no other."""
    expected = events_in(file)
    logs = site.logs()
    ids = Counter(str(e["id"]) for log in logs for r in log.records for e in read(r.value))
    assert ids.keys() == expected.keys()
    at = int(time.time() * SECOND)
    once, _ = fold(site.catalogue, [once_in_order(expected.values())], at)
    found, refused = fold(site.catalogue, logs, at)
    assert refused == []
    assert found[MUNICIPALITY].facts() == once[MUNICIPALITY].facts()
    assert once[MUNICIPALITY].facts()
    figures.events = ids.total()
    again = ids.total() - len(ids)
    figures.beside = f"every fact is that of the source's file; {again:,} events came again"


def of_today(*more: str) -> tuple[str, ...]:
    """Return what to simulate: a whole day that has just been, at one municipality."""
    zone = zone_where_it_is(timedelta(hours=20), datetime.now(UTC))
    return (
        *("simulate", "--live", "--every-day", "--seed", "7", "--zone", zone),
        *("--municipality", f"{MUNICIPALITY}=3", *more),
    )


def test_a_follower_that_is_killed_in_mid_batch_leaves_nothing_out(
    site: Site, rng: random.Random, figures: Figures, tmp_path: Path
) -> None:
    log, lines = tmp_path / "queue_log", tmp_path / "lines"
    run(tmp_path / "simulate", *of_today("--queue-log", str(log)))
    follow = ("follow-queue-log", str(log), "--municipality", MUNICIPALITY)
    run(tmp_path / "to-lines", *follow, "--once", "--to", str(lines))
    whole = log.read_bytes()
    log.write_bytes(b"")
    to_kafka = (*follow, "--kafka", site.kafka, "--topics", site.topics)
    at = 0

    def written_on(number: int) -> Command:
        nonlocal at
        at = (number + 1) * len(whole) // 4  # somewhere within a line
        with log.open("ab") as file:
            file.write(whole[file.tell() : at])
        return Command("Följaren", tmp_path / f"follow{number}", *to_kafka)

    figures.faults = kill_again_and_again(site, written_on, rng, 3)
    with log.open("ab") as file:
        file.write(whole[at:])
    run(tmp_path / "last", *to_kafka, "--once")
    hold_against_lines(site, lines, figures)


@pytest.mark.long
def test_a_simulated_exchange_that_is_killed_and_started_again_says_the_same(
    site: Site, rng: random.Random, figures: Figures, tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    day = of_today()
    run(tmp_path / "to-lines", *day, "--to", str(lines))
    to_kafka = (*day, "--kafka", site.kafka, "--topics", site.topics)

    def again(number: int) -> Command:
        return Command("Växeln", tmp_path / f"exchange{number}", *to_kafka)

    figures.faults = kill_again_and_again(site, again, rng, 3)
    run(tmp_path / "last", *to_kafka)
    hold_against_lines(site, lines, figures)
    assert figures.faults > 0, "it was killed before it was done"


# A producer with a wrong clock.


def test_a_clock_an_hour_ahead_is_refused_one_behind_is_believed_and_both_are_counted(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    clocks = {
        "right": timedelta(),
        "behind": timedelta(hours=-1),
        "a little ahead": timedelta(minutes=10),
        "ahead": timedelta(hours=1),
    }
    assert SKEW_COUNTED < clocks["a little ahead"].total_seconds() * SECOND < SKEW_REFUSED
    worker = site.worker("worker")
    sent = 400
    with crew(worker):
        for at, (name, wrong) in enumerate(clocks.items()):
            some = happenings(
                rng,
                MUNICIPALITIES[2 * at : 2 * at + 2],
                clock=lambda wrong=wrong: datetime.now(UTC) + wrong,
            )
            site.publish([replace(e, id=f"{name} {e.id}") for e in itertools.islice(some, sent)])
        (settled,) = until_settled(site, worker)
        last = settled.scrape
    assert last.value(m.EVENTS, "_total", result="folded") == 3 * sent
    assert last.value(m.EVENTS, "_total", result="rejected") == sent
    assert last.value(m.REJECTED, "_total", reason="from_the_future") == sent
    assert last.value(m.SKEWED, "_total") == sent
    for at, name in enumerate(clocks):
        arrived = {
            window: sum(
                value
                for (metric, labels), value in last.samples.items()
                if metric == m.PREFIX + m.ARRIVED.name
                and ("window", window) in labels
                and any(("municipality", its) in labels for its in MUNICIPALITIES[2 * at :][:2])
            )
            for window in ("15m", "today")
        }
        assert (arrived["15m"] > 0) == (name == "right")
    hold_against_replay(site, None, [settled], figures)
    figures.faults = 3
