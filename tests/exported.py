"""What workers export, and what replay says that they must."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Self

import msgspec
from phone_reports import as_data, report, report_contacts

from stack.loopback import request
from streams import metrics as m
from streams.domain.catalogue import Catalogue, targets_on
from streams.domain.instants import moment
from streams.domain.phone.figures import ABANDON_EDGES, WAIT_EDGES, Share
from streams.domain.windows import NAMES
from streams.exposition.ledgers import Statement
from streams.figures.phone import contacts_as_data, coverage_as_data
from streams.replay import Log, fold, whole_report
from streams.verify import books_in, oracle
from streams.verify import scrape as scrapes
from streams.verify.oracle import exported_of
from streams.verify.scrape import Series, series

PERCENTILES = ("p50", "p80", "p90", "p95", "p99")
OUTCOMES = ("answered", "abandoned", "overflowed", "refused", "closed", "callback", "waiting")
MISSES = (
    "answered_late", "abandoned_early", "abandoned_late",
    "overflowed", "refused", "closed", "callback", "waiting",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scrape(scrapes.Scrape):
    """All samples of one answer of one worker."""

    statement: Statement | None = None
    """What it said of its ledgers after that, if it was asked."""

    @classmethod
    def of_worker(cls, port: int, within_seconds: float = 10) -> Self:
        """Ask a worker. An OSError if it does not answer."""
        return cls.of(asked(port, within_seconds).decode())

    def by_partition(self, metric: m.Metric) -> dict[int, float]:
        """Return a metric's values by partition, of the topic of calls."""
        found = self.by_place(metric).items()
        return {partition: value for (topic, partition), value in found if topic.endswith("calls")}


def asked(port: int, within_seconds: float = 10) -> bytes:
    """Ask a worker for its metrics. An OSError if it does not answer."""
    status, text = request(port, "GET", "/metrics", timeout_seconds=within_seconds)
    if status != HTTPStatus.OK:
        raise OSError(f"status {status}")
    return text


def statement_of(port: int) -> Statement:
    """Ask a worker of its ledgers too, again while it is busy. An OSError if it doesn't answer."""
    deadline = time.monotonic() + 30
    while True:
        status, body = request(port, "GET", "/ledgers", timeout_seconds=30)
        if status == HTTPStatus.OK:
            return msgspec.json.decode(body, type=Statement)
        if status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            raise OSError(f"status {status}")
        time.sleep(0.2)


def faults(scrape: Scrape, catalogue: Catalogue, logs: Iterable[Log]) -> list[str]:
    """Return what a scrape says otherwise than replay, up to its offsets and at its instant.

    ``logs`` are those of all partitions of some topics, whole; others hold nothing.
    """
    names = scrape.municipalities()
    if not names:
        return []
    at = scrape.at()
    nexts = {f"{topic}-{p}": at for (topic, p), at in scrape.by_place(m.NEXT_OFFSET).items()}
    read = [
        replace(log, records=[r for r in log.records if r.offset < nexts.get(log.name, 0)])
        for log in logs
    ]
    expected = whole_of(catalogue, names, read, at)
    told = expected_of(catalogue, names, read, at)
    assert of_phone(expected) == told
    exported = {key: value for name in names for key, value in scrape.business(name).items()}
    return differences(exported, expected)


class Oracle(oracle.Oracle):
    """Replay of logs that are whole, for the offsets and the instant of any answer."""

    def faults(self, scrape: Scrape) -> list[str]:
        """Return what a scrape says otherwise than replay, at its offsets and its instant.

        With a statement on the ledgers each leg is compared, and each other thing that is held.
        """
        names = scrape.municipalities()
        found = {key: value for name in names for key, value in scrape.business(name).items()}
        faults = differences(found, self.figures(scrape))
        if scrape.statement is not None:
            faults += differences(books_in(scrape.statement), self.held(scrape.statement))
        return faults


def differences(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> list[str]:
    """Return where two sets of samples, or of books, differ, a line each."""
    return sorted(
        f"{key}: {found.get(key)}, not {expected.get(key)}"
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    )


def whole_of(
    catalogue: Catalogue, names: set[str], logs: Iterable[Log], at: int
) -> dict[Series, float]:
    """Return what is exported of these municipalities when replay has read the logs."""
    books, _ = fold(catalogue, logs, at)
    found: dict[Series, float] = {}
    for name in names:
        found |= exported_of(catalogue.municipalities[name], books[name], at)
    return found


def of_phone(samples: Mapping[Series, float]) -> dict[Series, float]:
    """Return those of the samples that are about the telephone."""
    names = {m.PREFIX + metric.name for metric in m.PHONE}
    return {
        key: value
        for key, value in samples.items()
        if re.sub("_(bucket|gcount|gsum)$", "", key[0]) in names
    }


def expected_of(
    catalogue: Catalogue, names: set[str], logs: Iterable[Log], at: int
) -> dict[Series, float]:
    """Return what must be exported of their telephones when the logs have been read."""
    legs, _ = fold(catalogue, logs, at)
    reports = {name: report(catalogue, legs, at, name, None) for name in NAMES}
    wholes = whole_report(catalogue, legs, at, "today", None)
    contacts = {name: report_contacts(catalogue, legs, at, name, None) for name in NAMES}
    expected: dict[Series, float] = {}
    for name in names:
        expected |= of_all_windows(name, reports)
        for window, of_all in contacts.items():
            expected |= of_contacts(name, window, contacts_as_data(of_all[name]))
        expected |= of_coverage(name, coverage_as_data(wholes[name].phone.coverage["today"]))
        whole = catalogue.municipalities[name]
        for queue in whole.queues.values():
            for target in targets_on(queue, moment(at).astimezone(whole.zone).date()):
                labels = {"municipality": name, "queue": queue.id, "target": target.id}
                if target.goal is not None:
                    expected[series(m.GOAL, **labels)] = target.goal
                if target.limit_seconds is not None:
                    expected[series(m.LIMIT, **labels)] = target.limit_seconds
    return expected


def of_coverage(municipality: str, data: dict[str, Any]) -> Iterator[tuple[Series, float]]:
    """Yield the series of how much of each promise is measured today."""
    for target, its in data.items():
        labels = {"municipality": municipality, "target": target}
        yield series(m.PROMISE_NUMBERS, **labels), its["numbers"]
        yield series(m.PROMISE_NUMBERS_REPORTING, **labels), its["numbers_reporting"]


def of_all_windows(
    municipality: str, by_window: Mapping[str, dict[Any, Any]]
) -> Iterator[tuple[Series, float]]:
    """Yield the series that replay's reports, by window, say a worker must export."""
    for name, reports in by_window.items():
        data = as_data(reports, name).get(municipality, {})
        for queue, figures in data.items():
            labels = {"municipality": municipality, "queue": queue, "window": name}
            yield from of_window(labels, figures)
            whole = reports[municipality, queue]
            for target, level in figures["published_service_levels"].items():
                its = {**level, "n": level["decided"]}
                yield from of_share(m.PUBLISHED, its, target=target, **labels)
            if name == "today":
                yield from of_now(municipality, queue, figures["now"])
                yield from of_histograms({"municipality": municipality, "queue": queue}, whole)
                for target, share in whole.latest.items():
                    yield from of_latest(share, municipality, queue, target)
                yield from of_comparison({"municipality": municipality, "queue": queue}, figures)


def of_latest(share: Share, *labels: str) -> Iterator[tuple[Series, float]]:
    """Yield the series of today's few calls that were decided last."""
    of = dict(zip(m.LATEST.labels, labels, strict=True))
    yield series(m.LATEST_DECIDED, **of), share.whole
    if share.ratio is not None:
        yield series(m.LATEST, **of), share.ratio


def of_share(
    metrics: m.Share, share: Mapping[str, float | None], **labels: str
) -> Iterator[tuple[Series, float]]:
    """Yield the four series of a ratio; but one if it is of none."""
    for metric, key in zip(metrics, ("ratio", "wilson_low", "wilson_high", "n"), strict=True):
        value = share[key]
        if value is not None:
            yield series(metric, **labels), value


def of_contacts(
    municipality: str, name: str, data: dict[str, Any]
) -> Iterator[tuple[Series, float]]:
    """Yield the series of a municipality's contacts in a window."""
    labels = {"municipality": municipality, "window": name}
    for outcome in ("answered", "lost", "unknown", "waiting"):
        yield series(m.CONTACTS, outcome=outcome, **labels), data["outcomes"][outcome]
    yield series(m.CONTACTS_OUTSIDE, **labels), data["outside_hours"]
    yield series(m.CONTACTS_INTERNAL, **labels), data["internal"]
    yield series(m.CONTACTS_AT_CENTRE, **labels), data["at_centre"]
    yield series(m.CONTACTS_HELPED, **labels), data["helped"]
    yield from of_share(m.CONTACT_LOST, data["lost"], **labels)
    waits = data["wait_seconds"]
    optional = [
        (series(m.CONTACT_LEGS, **labels), data["legs_per_contact"]),
        (series(m.CONTACT_LOST_HIGH, **labels), data["lost_high"]["ratio"]),
        (series(m.CONTACT_WAIT_MEAN, **labels), waits["mean"]),
        (series(m.CONTACT_WAIT_MAX, **labels), waits["max"]),
        *(
            (series(m.CONTACT_WAIT_PERCENTILE, percentile=percent, **labels), waits[percent])
            for percent in PERCENTILES
        ),
    ]
    yield from ((key, value) for key, value in optional if value is not None)
    if name == "today":
        yield from of_kkik_and_callers({"municipality": municipality}, data)


def of_kkik_and_callers(
    labels: dict[str, str], data: dict[str, Any]
) -> Iterator[tuple[Series, float]]:
    """Yield the series of today's contacts that are there for comparison."""
    kkik, callers = data["kkik"], data["callers"]
    for answer in ("within_1_min", "within_2_min", "later", "not_answered", "waiting"):
        yield from of_share(m.KKIK, kkik["contacts"][answer], answer=answer, **labels)
    yield series(m.KKIK_UNDECIDED, **labels), kkik["undecided"]
    for outcome in ("answered", "cut", "pending", "unseen"):
        yield series(m.KKIK_TRANSFERS, outcome=outcome, **labels), kkik["transfers"][outcome]
    yield from of_share(m.KKIK_AFTER_TRANSFER, kkik["after_transfer"], **labels)
    yield series(m.CALLERS, **labels), callers["callers"]
    yield series(m.CALLERS_CONTACTS, **labels), callers["contacts"]
    yield series(m.CALLERS_WAITING, **labels), callers["waiting"]
    if callers["mean_calls_until_answer"] is not None:
        yield series(m.CALLS_UNTIL_ANSWER, **labels), callers["mean_calls_until_answer"]
    yield from of_share(m.GOT_THROUGH, callers["got_through"], **labels)


def of_comparison(
    labels: dict[str, str], figures: dict[str, Any]
) -> Iterator[tuple[Series, float]]:
    """Yield the series of a queue today that are there for comparison."""
    for target, level in figures["service_levels"].items():
        for formula in ("of_answered", "less_early_abandons", "early_abandons_kept", "left"):
            of, share = (
                {**labels, "target": target, "formula": formula},
                level["formulas"][formula],
            )
            yield series(m.FORMULA_OF, **of), share["n"]
            if share["ratio"] is not None:
                yield series(m.FORMULA, **of), share["ratio"]
    for target, found in figures["if_overflow"].items():
        for after in ("as_is", "5", "10", "15", "20", "40"):
            of = {**labels, "target": target, "after": after}
            yield series(m.IF_OVERFLOW, **of), found["ratios"][after]
        yield series(m.IF_OVERFLOW_OF, target=target, **labels), found["decided"]
    others = figures["without_incidents"]
    if others is not None:
        for outcome in OUTCOMES:
            yield series(m.WITHOUT_CALLS, outcome=outcome, **labels), others[outcome]
        yield from of_share(m.WITHOUT_LOST, others["lost"], **labels)
        for target, level in others["service_levels"].items():
            yield from of_share(m.WITHOUT_LEVEL, level, target=target, **labels)


def of_window(labels: dict[str, str], figures: dict[str, Any]) -> Iterator[tuple[Series, float]]:
    """Yield the series of a queue in a window."""
    yield series(m.ARRIVED, **labels), figures["arrived"]
    yield series(m.OUTSIDE_HOURS, **labels), figures["outside_hours"]
    yield series(m.INTERNAL, **labels), figures["internal"]
    for outcome in OUTCOMES:
        yield series(m.CALLS, outcome=outcome, **labels), figures[outcome]
    optional = [
        (series(m.LOST_HIGH, **labels), figures["lost_high"]["ratio"]),
        (series(m.WAIT_MEAN, **labels), figures["wait_seconds"]["mean"]),
        (series(m.WAIT_MAX, **labels), figures["wait_seconds"]["max"]),
    ]
    for percent in PERCENTILES:
        value = figures["wait_seconds"][percent]
        optional.append((series(m.WAIT_PERCENTILE, percentile=percent, **labels), value))
        value = figures["wait_or_never_seconds"][percent]
        optional.append((series(m.WAIT_OR_NEVER, percentile=percent, **labels), value))
    for by in ("own", "partner", "lost", "unknown"):
        yield series(m.ENDED, by=by, **labels), figures["ended"][by]
    yield from of_share(m.LOST, figures["lost"], **labels)
    yield from of_share(m.ANSWERED_IN_ALL, figures["answered_in_all"], **labels)
    for outcome in ("answered", "lost", "unknown", "unseen"):
        yield series(m.TRANSFERS, outcome=outcome, **labels), figures["transfers"][outcome]
    callbacks = figures["callbacks"]
    yield series(m.CALLBACKS_REACHED, **labels), callbacks["reached"]
    if callbacks["kept"] is not None:
        yield from of_share(m.CALLBACKS_KEPT, callbacks["kept"], **labels)
    yield series(m.TALKS, **labels), figures["talk_seconds"]["n"]
    optional.append((series(m.TALK_MEAN, **labels), figures["talk_seconds"]["mean"]))
    for target, level in figures["service_levels"].items():
        of = {**labels, "target": target}
        yield series(m.GOOD, **of), level["good"]
        yield series(m.DECIDED, **of), level["decided"]
        for reason in MISSES:
            yield series(m.MISSED, reason=reason, **of), level["missed"][reason]
        optional += [
            (series(m.SERVICE_LEVEL, **of), level["ratio"]),
            (series(m.SERVICE_LEVEL_LOW, **of), level["wilson_low"]),
            (series(m.SERVICE_LEVEL_HIGH, **of), level["wilson_high"]),
        ]
    yield from ((key, value) for key, value in optional if value is not None)


def of_now(municipality: str, queue: str, now: dict[str, Any]) -> Iterator[tuple[Series, float]]:
    """Yield the series of a queue at this instant."""
    labels = {"municipality": municipality, "queue": queue}
    yield series(m.OPEN, **labels), now["is_open"]
    yield series(m.INCIDENT, **labels), now["has_incident"]
    yield series(m.WAITING, **labels), now["waiting"]
    if now["longest_wait_seconds"] is not None:
        yield series(m.LONGEST_WAIT, **labels), now["longest_wait_seconds"]


def of_histograms(labels: dict[str, str], whole: Any) -> Iterator[tuple[Series, float]]:
    """Yield the series of today's histograms of a queue."""
    counts, total = whole.wait_histogram
    edges = [*(f"{edge}.0" for edge in WAIT_EDGES), "+Inf"]
    for edge, number in zip(edges, counts, strict=True):
        yield series(m.WAIT_TODAY, "_bucket", le=edge, **labels), number
    yield series(m.WAIT_TODAY, "_gcount", **labels), counts[-1]
    yield series(m.WAIT_TODAY, "_gsum", **labels), total
    counts, total = whole.figures["today"].abandoned_histogram
    edges = [*(f"{edge}.0" for edge in ABANDON_EDGES), "+Inf"]
    for edge, number in zip(edges, counts, strict=True):
        yield series(m.ABANDONED_TODAY, "_bucket", le=edge, **labels), number
    yield series(m.ABANDONED_TODAY, "_gcount", **labels), counts[-1]
    yield series(m.ABANDONED_TODAY, "_gsum", **labels), total
