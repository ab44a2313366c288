"""/metrics, /ledgers, /healthz and /readyz: what the ledgers say at the instant of a scrape.

Windows slide without events, and a partition that moved leaves no stale series, since every
number is computed when it is asked for. A municipality is shown once its ledger is ready, so a
restart can't page anyone on half-recovered numbers.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric

from streams import metrics as m
from streams.domain.catalogue import Catalogue, Municipality
from streams.domain.instants import SECOND
from streams.domain.report import Frames, frames_of, live_spans, report_of
from streams.endpoints.door import Page, told
from streams.exposition import cases, names, outlook, phone, presence, questions
from streams.exposition.ledgers import CopiedLedgers
from streams.exposition.sheet import Sheet
from streams.exposition.text import Writer
from streams.release import release
from streams.worker.state import WorkerState

REST: Final = 4.0
"""How many times as long as it took to look through the ledgers they are not looked through again:
a fifth of a processor at most goes to that."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one scrape tells as of its instant: the figures may be taken in another thread.

    It is copied partition by partition, each at once with the offsets that its figures are of.
    """

    now: int
    frames: Sequence[tuple[Municipality, Frames]]
    process: Sheet
    partitions: Sequence[int] = ()
    """Those whose figures are in it."""

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        for sheet in (self._figures(), self.process):
            yield from sheet.collect()

    def text(self, writer: Writer | None = None) -> bytes:
        """Return the families as Prometheus reads them; a writer of earlier scrapes is faster."""
        writer = writer or Writer()
        writer.begin()
        return self._figures().text(writer) + self.process.text(writer)

    def _figures(self) -> Sheet:
        sheet = Sheet()
        for municipality, frames in self.frames:
            _municipality(sheet, municipality, frames)
        return sheet


async def snapshot(catalogue: Catalogue, state: WorkerState) -> Snapshot:
    """Copy what a scrape needs, on the worker's event loop, a partition at a time.

    Nothing is folded while one is copied: its figures are what the log says before the offsets
    that are told of it. Between two it is: a scrape keeps nothing waiting for longer than the
    largest partition takes. Only municipalities whose ledger is ready and follows the log are in
    it, and none if the group may have given our partitions to another worker.
    """
    now = state.ledgers.clock()
    frames: list[tuple[Municipality, Frames]] = []
    process, partitions = Sheet(), []
    for partition in sorted(state.assigned or ()):
        if state.shows(partition):
            frames += _copied(catalogue, state, partition, now)
            partitions.append(partition)
        if partition in (state.assigned or ()):  # still: others may have got it meanwhile
            _add_places(process, state, partition)
        await asyncio.sleep(0)
    # What was not shown when its turn came may be by now; ready is who shows all there is.
    is_ready = state.is_ready() and state.assigned == frozenset(partitions)
    process.add(m.READY, float(is_ready))
    _add_process(process, state)
    return Snapshot(now, frames, process, partitions)


def _copied(
    catalogue: Catalogue, state: WorkerState, partition: int, now: int
) -> Iterator[tuple[Municipality, Frames]]:
    """Copy what there is to say of a partition's municipalities."""
    ledger = state.ledgers.owned()[partition]
    ledger.prune(now)
    for name in state.ledgers.municipalities(partition):
        municipality = catalogue.municipalities[name]
        spans = live_spans(municipality, now)
        yield municipality, frames_of(municipality, ledger.books_of(name), now, spans)


def _municipality(sheet: Sheet, municipality: Municipality, frames: Frames) -> None:
    report, id_ = report_of(municipality, frames), municipality.id
    for queue, of_queue in report.phone.queues.items():
        phone.add_queue(sheet, id_, queue, of_queue)
    phone.add_contacts(sheet, id_, report.phone.contacts)
    phone.add_coverage(sheet, id_, report.phone.coverage)
    phone.add_promises(sheet, municipality, frames.now)
    for queue, of_today in report.outlook.items():
        outlook.add(sheet, of_today, frames.now, id_, queue)
    questions.add(sheet, municipality, report.questions)
    cases.add(sheet, id_, report.cases)
    cases.add_surveys(sheet, id_, report.surveys)
    for name, channels in report.channels.items():
        cases.add_channels(sheet, id_, name, channels)
    cases.add_promises(sheet, municipality, frames.now)
    for of_window in report.presence.values():  # one: today
        presence.add(sheet, id_, of_window)
    presence.add_measures(sheet, municipality, report.measures)
    names.add(sheet, municipality, frames.now)
    sheet.add(m.EVALUATED_AT, frames.now / SECOND, id_)
    for book, size in frames.sizes.items():
        sheet.add(m.HELD, size, id_, book)


def _add_places(sheet: Sheet, state: WorkerState, partition: int) -> None:
    for topic in state.topics:
        labels = (topic, str(partition))
        appended = state.ledgers.last_append(topic, partition)
        sheet.add(m.OWNED, 1, *labels)
        sheet.add(m.NEXT_OFFSET, state.ledgers.position(topic, partition), *labels)
        sheet.add(m.LAG, state.lag(topic, partition), *labels)
        sheet.add(m.LAST_APPEND, None if appended is None else appended / 1000, *labels)


def _add_process(sheet: Sheet, state: WorkerState) -> None:
    tally = state.ledgers.tally
    sheet.add(m.BUILD, 1, release())
    for result, count in (
        ("folded", tally.folded),
        ("skipped", tally.skipped),
        ("expired", tally.expired),
        ("rejected", sum(tally.rejected.values())),
    ):
        sheet.add(m.EVENTS, count, result)
    for reason, count in tally.rejected.items():
        sheet.add(m.REJECTED, count, reason)
    sheet.add(m.REJECTED_PENDING, len(state.rejected))
    sheet.add(m.SKEWED, tally.skewed)
    sheet.add(m.RECOVERIES, state.recovery.recovered)
    sheet.add(m.RECOVERED, state.recovery.records)
    sheet.add(m.COMMIT_FAILURES, state.commit_failures)
    for fate, count in state.ledgers.batches.items():
        sheet.add(m.BATCHES, count, fate)


def endpoints(catalogue: Catalogue, state: WorkerState) -> dict[str, Page]:
    """Return a worker's endpoints, what answers each path: all for machines."""
    computing: asyncio.Task[tuple[Snapshot, bytes]] | None = None
    one_at_a_time = asyncio.Lock()
    rested_at = 0.0
    writer = Writer()

    async def computed() -> tuple[Snapshot, bytes]:
        # Copied here, computed in a thread: folding goes on meanwhile.
        copied = await snapshot(catalogue, state)
        return copied, await asyncio.to_thread(copied.text, writer)

    async def metrics() -> web.Response:
        # Whoever asks while one is computed gets the same.
        nonlocal computing
        while True:
            if computing is None or computing.done():
                computing = asyncio.create_task(computed())
            copied, body = await asyncio.shield(computing)
            # This process may have been paused, and others show what was ours: then once more.
            if all(map(state.shows, copied.partitions)):
                return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def ledgers() -> web.Response:
        # To look through all there is takes long: a flood of requests must not slow the folding.
        nonlocal rested_at
        began = state.clock()
        if one_at_a_time.locked() or began < rested_at:
            busy = told({"busy": "such a request was answered just now: ask again"})
            busy.headers["Retry-After"] = str(math.ceil(max(1.0, rested_at - began)))
            return busy
        async with one_at_a_time:
            body = await asyncio.to_thread(CopiedLedgers.of(state).text)
        ended = state.clock()
        rested_at = ended + REST * (ended - began)
        return web.Response(body=body, content_type="application/json")

    async def healthz() -> web.Response:
        return told(state.health())

    async def readyz() -> web.Response:
        return told(state.readiness())

    return {"/metrics": metrics, "/ledgers": ledgers, "/healthz": healthz, "/readyz": readyz}
