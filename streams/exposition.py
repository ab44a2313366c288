"""/metrics, /healthz and /readyz: what the ledgers say at the instant of a scrape.

Windows slide without events, and a partition that moved leaves no stale series, since every
number is computed when it is asked for. A municipality is shown once its ledger is ready, so a
restart can't page anyone on half-recovered numbers.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from streams import metrics as m
from streams.domain.catalogue import Catalogue, Municipality, targets_on
from streams.domain.evaluation import QueueReport, evaluate
from streams.domain.instants import SECOND
from streams.domain.phone.figures import ABANDON_EDGES, WAIT_EDGES, Figures, ServiceLevel
from streams.domain.phone.legs import Frame
from streams.domain.windows import NAMES, TODAY, day_of, window
from streams.worker_state import WorkerState


@dataclass(slots=True)
class _Sheet:
    """The families of one scrape, filled sample by sample."""

    plain: dict[str, GaugeMetricFamily | CounterMetricFamily] = field(default_factory=dict)
    histograms: dict[str, GaugeHistogramMetricFamily] = field(default_factory=dict)

    def add(self, metric: m.Metric, value: float | None, *labels: str) -> None:
        """Add a sample; no value, no sample."""
        if value is None:
            return
        family = self.plain.get(metric.name)
        if family is None:
            made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = made(m.PREFIX + metric.name, metric.help, labels=metric.labels)
            self.plain[metric.name] = family
        family.add_metric(labels, value)

    def add_histogram(
        self,
        metric: m.Metric,
        edges: Sequence[int],
        histogram: tuple[list[int], float],
        *labels: str,
    ) -> None:
        """Add a histogram: counts at or under each edge, then all; and the sum of the values."""
        family = self.histograms.get(metric.name)
        if family is None:
            family = GaugeHistogramMetricFamily(
                m.PREFIX + metric.name, metric.help, labels=metric.labels
            )
            self.histograms[metric.name] = family
        counts, total = histogram
        limits = [*(str(float(edge)) for edge in edges), "+Inf"]
        family.add_metric(labels, list(zip(limits, counts, strict=True)), total)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one scrape tells, copied at its instant: the figures may be taken in another thread."""

    now: int
    frames: tuple[tuple[Municipality, Frame], ...]
    process: _Sheet

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        sheet = _Sheet()
        for municipality, frame in self.frames:
            windows = [window(name, self.now, municipality.zone) for name in NAMES]
            for queue, report in evaluate(municipality, frame, self.now, windows).items():
                _queue(sheet, municipality.id, queue, report)
            _promises(sheet, municipality, self.now)
            sheet.add(m.EVALUATED_AT, self.now / SECOND, municipality.id)
            sheet.add(m.LEGS, len(frame.arrived), municipality.id)
        for part in (sheet, self.process):
            yield from part.plain.values()
            yield from part.histograms.values()

    def text(self) -> bytes:
        """Return the families as Prometheus reads them."""
        return generate_latest(self)


def snapshot(catalogue: Catalogue, state: WorkerState) -> Snapshot:
    """Copy what a scrape needs, on the worker's event loop.

    Only municipalities whose ledger is ready and follows the log are in it, and none if the group
    may have given our partitions to another worker.
    """
    ledgers = state.ledgers
    now = ledgers.clock()
    frames = []
    for partition, ledger in ledgers.owned().items():
        if state.shows(partition):
            ledger.prune(now)
            frames += [
                (catalogue.municipalities[name], ledger.legs_of(name).frame())
                for name in ledgers.municipalities(partition)
            ]
    return Snapshot(now, tuple(frames), _process(state))


def _process(state: WorkerState) -> _Sheet:
    sheet, tally = _Sheet(), state.ledgers.tally
    sheet.add(m.READY, float(state.is_ready()))
    for topic, partition in state.places():
        labels = (topic, str(partition))
        appended = state.ledgers.last_append(topic, partition)
        sheet.add(m.OWNED, 1, *labels)
        sheet.add(m.NEXT_OFFSET, state.ledgers.position(topic, partition), *labels)
        sheet.add(m.LAG, state.lag(topic, partition), *labels)
        sheet.add(m.LAST_APPEND, None if appended is None else appended / 1000, *labels)
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
    return sheet


def _queue(sheet: _Sheet, municipality: str, queue: str, report: QueueReport) -> None:
    labels = (municipality, queue)
    sheet.add(m.OPEN, float(report.now.is_open), *labels)
    sheet.add(m.WAITING, report.now.waiting, *labels)
    sheet.add(m.LONGEST_WAIT, report.now.longest_wait_seconds, *labels)
    for name, figures in report.figures.items():
        _window(sheet, figures, *labels, name)
    for name, levels in report.published.items():
        for target, level in levels.items():
            sheet.add(m.PUBLISHED_LEVEL, level.ratio, *labels, name, target)
            sheet.add(m.PUBLISHED_DECIDED, level.decided, *labels, name, target)
    if report.wait_histogram is not None:
        sheet.add_histogram(m.WAIT_TODAY, WAIT_EDGES, report.wait_histogram, *labels)
    if (today := report.figures.get(TODAY)) is not None:
        sheet.add_histogram(m.ABANDONED_TODAY, ABANDON_EDGES, today.abandoned_histogram, *labels)
        for target, level in today.service_levels.items():
            for formula, ratio in level.formulas.items():
                sheet.add(m.FORMULA, ratio, *labels, target, formula)


def _window(sheet: _Sheet, figures: Figures, *labels: str) -> None:
    sheet.add(m.ARRIVED, figures.arrived, *labels)
    sheet.add(m.OUTSIDE_HOURS, figures.outside_hours, *labels)
    for outcome, count in figures.counts.items():
        sheet.add(m.CALLS, count, *labels, outcome)
    sheet.add(m.LOST, figures.lost_ratio, *labels)
    sheet.add(m.LOST_HIGH, figures.lost_ratio_high, *labels)
    sheet.add(m.TALKS, figures.talk.count if figures.talk else 0, *labels)
    if figures.talk:
        sheet.add(m.TALK_MEAN, figures.talk.mean, *labels)
    if figures.waits:
        sheet.add(m.WAIT_MEAN, figures.waits.mean, *labels)
        sheet.add(m.WAIT_MAX, figures.waits.maximum, *labels)
        for percent, seconds in figures.waits.percentiles.items():
            sheet.add(m.WAIT_PERCENTILE, seconds, *labels, f"p{percent}")
    for target, level in figures.service_levels.items():
        _level(sheet, level, *labels, target)


def _level(sheet: _Sheet, level: ServiceLevel, *labels: str) -> None:
    sheet.add(m.SERVICE_LEVEL, level.ratio, *labels)
    low, high = level.interval or (None, None)
    sheet.add(m.SERVICE_LEVEL_LOW, low, *labels)
    sheet.add(m.SERVICE_LEVEL_HIGH, high, *labels)
    sheet.add(m.GOOD, level.good, *labels)
    sheet.add(m.DECIDED, level.decided, *labels)
    for reason, count in level.misses.items():
        sheet.add(m.MISSED, count, *labels, reason)


def _promises(sheet: _Sheet, municipality: Municipality, now: int) -> None:
    for queue in municipality.queues.values():
        for target in targets_on(queue, day_of(now, municipality.zone)):
            labels = (municipality.id, queue.id, target.id)
            sheet.add(m.GOAL, target.goal, *labels)
            sheet.add(m.LIMIT, target.limit_seconds, *labels)


def web_application(catalogue: Catalogue, state: WorkerState) -> web.Application:
    """Return the web application of a worker: three paths, all for machines."""

    async def metrics(_: web.Request) -> web.Response:
        # Copied here, computed in a thread: folding goes on meanwhile.
        body = await asyncio.to_thread(snapshot(catalogue, state).text)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def healthz(_: web.Request) -> web.Response:
        return _answer(state.health())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(state.readiness())

    application = web.Application()
    application.add_routes(
        [
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
        ]
    )
    return application


def _answer(problems: Mapping[str, str]) -> web.Response:
    status = 503 if problems else 200
    return web.json_response({"ok": not problems, **problems}, status=status)
