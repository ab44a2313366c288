"""/metrics, /healthz and /readyz: what the ledgers say at the instant of a scrape.

Windows slide without events, and a partition that moved leaves no stale series, since every
number is computed when it is asked for. A municipality is shown once its ledger is ready, so a
restart can't page anyone on half-recovered numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from streams import metrics as m
from streams.domain.catalogue import Catalogue, Municipality, targets_on
from streams.domain.evaluation import QueueReport, evaluate
from streams.domain.instants import SECOND
from streams.domain.service_level import WAIT_EDGES, Figures, ServiceLevel
from streams.domain.windows import NAMES, day_of, window
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
        self, metric: m.Metric, counts: list[int], total: float, *labels: str
    ) -> None:
        """Add a histogram: counts at or under each of ``WAIT_EDGES``, then all."""
        family = self.histograms.get(metric.name)
        if family is None:
            family = GaugeHistogramMetricFamily(
                m.PREFIX + metric.name, metric.help, labels=metric.labels
            )
            self.histograms[metric.name] = family
        edges = [*(str(float(edge)) for edge in WAIT_EDGES), "+Inf"]
        family.add_metric(labels, list(zip(edges, counts, strict=True)), total)


@dataclass(slots=True, eq=False)
class LedgerCollector(Collector):
    """Collects the figures of every ready municipality, and the state of the worker."""

    catalogue: Catalogue
    state: WorkerState

    def collect(self) -> Iterator[Metric]:
        """Yield all families, as of now."""
        sheet = _Sheet()
        if self.state.is_member():
            self._business(sheet)
        self._process(sheet)
        yield from sheet.plain.values()
        yield from sheet.histograms.values()

    def _business(self, sheet: _Sheet) -> None:
        ledgers = self.state.ledgers
        now = ledgers.clock()
        for partition, ledger in ledgers.owned().items():
            if not ledgers.is_ready(partition):
                continue
            ledger.prune(now)
            for name in ledgers.municipalities(partition):
                legs = ledger.legs_of(name)
                municipality = self.catalogue.municipalities[name]
                windows = [window(length, now, municipality.zone) for length in NAMES]
                for queue, report in evaluate(municipality, legs, now, windows).items():
                    _queue(sheet, name, queue, report)
                _promises(sheet, municipality, now)
                sheet.add(m.EVALUATED_AT, now / SECOND, name)
                sheet.add(m.LEGS, len(legs), name)

    def _process(self, sheet: _Sheet) -> None:
        state, tally = self.state, self.state.ledgers.tally
        sheet.add(m.READY, float(state.is_ready()))
        for topic, partition in state.places():
            labels = (topic, str(partition))
            position = state.ledgers.position(topic, partition)
            appended = state.ledgers.last_append(topic, partition)
            sheet.add(m.OWNED, 1, *labels)
            sheet.add(m.NEXT_OFFSET, position, *labels)
            sheet.add(m.LAG, state.lag(topic, partition), *labels)
            sheet.add(m.LAST_APPEND, None if appended is None else appended / 1000, *labels)
        rejected = sum(tally.rejected.values())
        for result, count in (
            ("folded", tally.folded),
            ("skipped", tally.skipped),
            ("expired", tally.expired),
            ("rejected", rejected),
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


def _queue(sheet: _Sheet, municipality: str, queue: str, report: QueueReport) -> None:
    labels = (municipality, queue)
    sheet.add(m.WAITING, report.now.waiting, *labels)
    sheet.add(m.LONGEST_WAIT, report.now.longest_wait_seconds, *labels)
    for name, figures in report.figures.items():
        _window(sheet, figures, *labels, name)
    if report.wait_histogram is not None:
        counts, total = report.wait_histogram
        sheet.add_histogram(m.WAIT_TODAY, counts, total, *labels)


def _window(sheet: _Sheet, figures: Figures, *labels: str) -> None:
    sheet.add(m.ARRIVED, figures.arrived, *labels)
    for outcome, count in figures.counts.items():
        sheet.add(m.CALLS, count, *labels, outcome)
    sheet.add(m.LOST, figures.lost_ratio, *labels)
    sheet.add(m.LOST_HIGH, figures.lost_ratio_high, *labels)
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


def web_application(collector: LedgerCollector) -> web.Application:
    """Return the web application of a worker: three paths, all for machines."""
    registry = CollectorRegistry()
    registry.register(collector)
    state = collector.state

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

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
