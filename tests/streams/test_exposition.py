"""/metrics and /ledgers tell what replay tells, whatever has happened; no data is no sample."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestClient
from catalogues import catalogue
from exported import Scrape, expected_of, of_phone, series
from hypothesis import given, settings
from strategies import NOON, logs

from streams import metrics as m
from streams.domain.books import Books
from streams.domain.catalogue import Catalogue, Incident, load_catalogue
from streams.domain.digests import digest
from streams.domain.events import CallData, CallEvent, encode
from streams.domain.instants import SECOND, micros, moment
from streams.domain.phone.legs import Legs
from streams.domain.report import frames_of, live_spans
from streams.endpoints.door import Door, Page
from streams.exposition import Snapshot, endpoints, snapshot
from streams.exposition.ledgers import CopiedLedgers, Held, Statement
from streams.exposition.sheet import Sheet
from streams.exposition.text import Writer
from streams.ledgers import Batch, Ledgers
from streams.replay import Log, fold
from streams.worker.state import WorkerState

NOW = micros(NOON)
PLAIN = load_catalogue(
    catalogue(["lulea"], "Europe/Stockholm").replace(
        "{name: vaxel, ",
        "{name: vaxel, overflow_to: kalix-tele24, overflow_after_seconds: 40, "
        "callback_within_seconds: 600, ",
    ),
    "test.yaml",
)
INCIDENT = Incident(name="Avbrott", begins=NOW - 1000 * SECOND, ends=NOW + 1, queues=("vaxel",))
LULEA = replace(PLAIN.municipalities["lulea"], incidents=(INCIDENT,))
LOADED = replace(PLAIN, municipalities={"lulea": LULEA})


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    value: bytes


def scraped(events: Sequence[CallEvent]) -> tuple[Scrape, list[Log]]:
    """A scrape at noon of a worker that has folded these events."""
    records = [Record(n, micros(e.time) // 1000, encode(e)) for n, e in enumerate(events)]
    log = [Log("file", records)]
    legs, _ = fold(LOADED, log, NOW)
    return told_of(LOADED, legs["lulea"]), log


def told_of(catalogue: Catalogue, books: Books) -> Scrape:
    """A scrape at noon of a worker that has these books of the one municipality there is."""
    (municipality,) = catalogue.municipalities.values()
    frames = frames_of(municipality, books, NOW, live_spans(municipality, NOW))
    return Scrape.of(Snapshot(NOW, ((municipality, frames),), Sheet()).text().decode())


@settings(max_examples=40)
@given(logs(NOON))
def test_every_sample_is_one_that_replay_has_and_the_other_way_round(
    events: Sequence[CallEvent],
) -> None:
    scrape, log = scraped(events)
    assert of_phone(scrape.business("lulea")) == expected_of(LOADED, {"lulea"}, log, NOW)


def test_a_queue_without_calls_has_counts_and_promises_but_no_ratio_and_no_wait() -> None:
    scrape, _ = scraped([])
    queue = {"municipality": "lulea", "queue": "vaxel"}
    today = {**queue, "window": "today"}
    assert scrape.value(m.ARRIVED, **today) == 0
    assert scrape.value(m.WAITING, **queue) == 0
    assert scrape.value(m.GOAL, target="svar-15s", **queue) == 0.9
    assert scrape.value(m.DECIDED, target="svar-15s", **today) == 0
    for metric, labels in (
        (m.SERVICE_LEVEL, {"target": "svar-15s", **today}),
        (m.SERVICE_LEVEL_LOW, {"target": "svar-15s", **today}),
        (m.LOST.ratio, today),
        (m.LOST.low, today),
        (m.LOST.high, today),
        (m.LOST_HIGH, today),
        (m.WAIT_MEAN, today),
        (m.WAIT_PERCENTILE, {"percentile": "p90", **today}),
        (m.LONGEST_WAIT, queue),
        (m.LIMIT, {"target": "lost", **queue}),
    ):
        assert series(metric, **labels) not in scrape.samples


def test_the_instant_of_the_figures_is_told_to_the_microsecond() -> None:
    scrape, _ = scraped([])
    told = scrape.value(m.EVALUATED_AT, municipality="lulea")
    assert told is not None
    assert round(told * SECOND) == NOW


class Parts:
    """What a worker's state asks, apart from its ledgers."""

    moved_at = None
    records = recovered = 0

    def __len__(self) -> int:
        return 0


def state_with_a_call(at: int, heard: float | None = 0.0) -> WorkerState:
    """A worker that has folded one call, which arrived at that instant."""
    ledgers = Ledgers({"lulea": LOADED.municipalities["lulea"].zone}, 1, clock=lambda: at)
    parts: Any = Parts()
    state = WorkerState(
        ledgers, parts, parts, ("calls",), 60, last_heartbeat=lambda: heard, clock=lambda: 0.0
    )
    state.assigned = frozenset({0})
    assert ledgers.mark_ready(0, ledgers.open(0, {"calls": 0}))
    when = moment(at)
    event = CallEvent(
        id="1", source="/test", type="se.svarsgrad.call.offered.v1", subject="c1", time=when,
        partitionkey="lulea", data=CallData(queue="vaxel", arrived_at=when),
    )  # fmt: skip
    record = Record(0, at // 1_000 + 500, encode(event))
    ledgers.fold(Batch("calls", 0, ledgers.epoch(0), 0, 1, [record]))
    return state


def told(state: WorkerState) -> Scrape:
    return Scrape.of(asyncio.run(snapshot(LOADED, state)).text().decode())


def test_a_worker_that_is_no_member_shows_no_figures_and_its_own_state_all_the_same() -> None:
    assert told(state_with_a_call(NOW)).municipalities() == {"lulea"}
    scrape = told(state_with_a_call(NOW, heard=None))
    assert scrape.municipalities() == set()
    assert scrape.value(m.READY) == 0
    assert scrape.by_partition(m.NEXT_OFFSET) == {0: 1}


async def test_figures_that_were_ours_when_they_were_computed_and_no_more_are_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that is paused while it computes them comes back to a world that has moved on."""
    heard: list[float | None] = [0.0]
    state = state_with_a_call(NOW)
    state.last_heartbeat = lambda: heard[0]
    text = Snapshot.text

    def paused(self: Snapshot, writer: Writer) -> bytes:
        heard[0] = None
        return text(self, writer)

    monkeypatch.setattr(Snapshot, "text", paused)
    async with TestClient(Served(endpoints(LOADED, state))) as client:
        scrape = Scrape.of(await (await client.get("/metrics")).text())
    assert scrape.business("lulea") == {}
    assert scrape.value(m.READY) == 0


async def test_who_is_ready_shows_all_that_is_theirs_though_it_is_copied_piece_by_piece() -> None:
    state = state_with_a_call(NOW)
    assert Scrape.of((await snapshot(LOADED, state)).text().decode()).value(m.READY) == 1
    heard: list[float | None] = [None]
    state.last_heartbeat = lambda: heard[0]
    copying = asyncio.create_task(snapshot(LOADED, state))
    await asyncio.sleep(0)  # its only partition has been passed over
    heard[0] = 0.0
    scrape = Scrape.of((await copying).text().decode())
    assert state.is_ready()
    assert scrape.municipalities() == set()
    assert scrape.value(m.READY) == 0


def test_append_times_are_in_seconds() -> None:
    assert told(state_with_a_call(NOW)).by_partition(m.LAST_APPEND) == {0: NOW / SECOND + 0.5}


def test_a_scrape_after_midnight_holds_no_legs_of_the_day_before_yesterday() -> None:
    state = state_with_a_call(NOW)
    assert told(state).value(m.HELD, municipality="lulea", book="calls") == 1
    later = NOW + 2 * 24 * 3600 * SECOND
    state.ledgers.clock = lambda: later
    assert told(state).value(m.HELD, municipality="lulea", book="calls") == 0


def stated(state: WorkerState) -> Statement:
    return msgspec.json.decode(CopiedLedgers.of(state).text(), type=Statement)


def test_the_statement_on_the_ledgers_has_what_replay_holds_and_where_it_has_read_to() -> None:
    found = stated(state_with_a_call(NOW))
    assert micros(found.at) == NOW
    assert found.partitions.keys() == {0}
    assert found.partitions[0].next_offsets == {"calls": 1}
    legs = Legs(NOW)
    legs.state("se.svarsgrad.call.offered.v1", "c1", "vaxel", NOW, NOW)
    held = found.partitions[0].municipalities["lulea"]
    assert held.keys() == Books(NOW, LULEA.zone).named.keys()
    assert held.pop("calls") == Held(1, digest(legs.copied_facts()))
    assert set(held.values()) == {Held(0, "0" * 32)}


def test_the_statement_on_the_ledgers_is_of_what_may_be_shown_alone() -> None:
    assert stated(state_with_a_call(NOW, heard=None)).partitions == {}


def test_the_statement_on_the_ledgers_holds_nothing_within_the_horizon_of_days_ago() -> None:
    state = state_with_a_call(NOW)
    state.ledgers.clock = lambda: NOW + 2 * 24 * 3600 * SECOND
    assert stated(state).partitions[0].municipalities["lulea"]["calls"].size == 0


def test_what_is_folded_while_a_statement_is_made_is_not_in_it() -> None:
    state = state_with_a_call(NOW)
    before = stated(state)
    copied = CopiedLedgers.of(state)
    legs = state.ledgers.owned()[0].books["lulea"].calls
    legs.state("se.svarsgrad.call.answered.v1", "c1", "vaxel", NOW, NOW + 1)
    assert msgspec.json.decode(copied.text(), type=Statement) == before
    assert stated(state) != before


class Served(BaseTestServer):
    """The endpoints on a port of loopback."""

    def __init__(self, pages: dict[str, Page]) -> None:
        super().__init__()
        self.pages = pages

    async def _make_runner(self, **_: object) -> web.ServerRunner:
        return web.ServerRunner(Door(self.pages))


async def test_of_many_who_ask_for_the_ledgers_at_once_not_all_are_answered() -> None:
    state = state_with_a_call(NOW)
    legs = state.ledgers.owned()[0].books["lulea"].calls
    for number in range(20_000):
        legs.state("se.svarsgrad.call.offered.v1", f"c{number}", "vaxel", NOW, NOW)
    async with TestClient(Served(endpoints(LOADED, state))) as client:
        answers = await asyncio.gather(*(client.get("/ledgers") for _ in range(10)))
        statuses = [answer.status for answer in answers]
        assert set(statuses) == {200, 503}
        refused = answers[statuses.index(503)]
        assert refused.headers["Retry-After"] == "1"
        assert "busy" in await refused.json()
        again = await client.get("/ledgers")
        assert again.status == 200
        assert again.content_type == "application/json"
        statement = msgspec.json.decode(await again.read(), type=Statement)
    assert statement.partitions[0].municipalities["lulea"]["calls"].size == 20_000


async def test_the_ledgers_are_not_looked_through_again_before_four_times_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, now = state_with_a_call(NOW), [10.0]
    state.clock = lambda: now[0]
    text = CopiedLedgers.text

    def slow(self: CopiedLedgers) -> bytes:
        now[0] += 2
        return text(self)

    monkeypatch.setattr(CopiedLedgers, "text", slow)
    answers = []
    async with TestClient(Served(endpoints(LOADED, state))) as client:
        for at in (10.0, 12.1, 19.9, 20.0):
            now[0] = at
            answer = await client.get("/ledgers")
            answers.append((answer.status, answer.headers.get("Retry-After")))
    assert answers == [(200, None), (503, "8"), (503, "1"), (200, None)]


def test_only_the_promises_of_today_are_told() -> None:
    text = catalogue(["lulea"], "Europe/Stockholm").replace(
        "measure: lost, goal: 0.10,", "measure: lost, goal: 0.10, valid_to: 2018-01-26,"
    )
    loaded = load_catalogue(text, "k.yaml")
    scrape = told_of(loaded, fold(loaded, [], NOW)[0]["lulea"])
    targets = {
        dict(labels)["target"] for name, labels in scrape.samples if name.endswith("_goal_ratio")
    }
    assert targets == {"svar-15s", "svar-5min"}
