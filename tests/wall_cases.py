"""A municipality for the wall, and figures of it as Prometheus would have them from a worker."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client.exposition import generate_latest

from dashboards.wall.reading import Reading
from streams import metrics as m
from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.percentiles import wilson
from streams.exposition.sheet import Sheet

ODD: Final = '<b>Bygg</b> & "miljö"'
"""The name of a queue that is markup, where it is not text."""
_HEAD: Final = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: "@ZONE@"
    office_hours: alltid
    hours:
      dagtid: {week: {mon-sun: "08:00-17:00"}}
      alltid: {week: {mon-sun: "00:00-24:00"}}
    teams: {kundcenter: {name: Kundcenter}, teknik: {name: Teknik}}
    targets:
      svar-15s: {name: Svar, measure: answered_within, limit_seconds: 15, goal: 0.9, @SINCE@}
      svar-5min: {name: Svar, measure: answered_within, limit_seconds: 300, goal: 0.9, @SINCE@}
      forlorade: {name: Förlorade, measure: lost, goal: 0.1, @SINCE@}
      svarstid: {name: Svarstid, measure: mean_wait, limit_seconds: 50, @SINCE@}
      epost: {name: E-post, measure: question_answered_within, limit: 2wd, goal: 1.0, @SINCE@}
      klart: {name: Klart, measure: resolved_within, limit: 3wd, goal: 0.9, @SINCE@}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: kundcenter, promised_hours: dagtid,
        targets: [svarstid, svar-15s]}
      kundtjanst: {name: Kundtjänst teknik, kind: customer_centre, team: teknik,
        promised_hours: dagtid, targets: [svar-5min, forlorade]}
      bygg: {name: '@ODD@', kind: customer_centre, team: teknik, promised_hours: dagtid,
        targets: [svar-5min]}
      inkorg: {name: E-post teknik, kind: mailbox, team: teknik, targets: [epost]}
      arenden: {name: Ärenden, kind: cases, team: kundcenter, targets: [klart]}
      utan-lofte: {name: Utan löfte, kind: customer_centre, team: teknik}
      kalix: {name: Kalix Tele24, kind: partner}
"""
_MORE: Final = """\
      ko-{n}: {{name: Kundtjänst {n}, kind: customer_centre, team: teknik,
        promised_hours: dagtid, targets: [svar-5min]}}
"""


def catalogue_text(zone: str = "+01:00", more: int = 0) -> str:
    """Return the catalogue, in a zone, and with so many more queues."""
    text = _HEAD.replace("@ZONE@", zone).replace("@ODD@", ODD)
    text = text.replace("@SINCE@", "valid_from: 2014-01-01, source: x")
    return text + "".join(_MORE.format(n=n) for n in range(1, more + 1))


def municipality(more: int = 0) -> Municipality:
    """Return the municipality of that catalogue."""
    return load_catalogue(catalogue_text(more=more), "k").municipalities["lulea"]


@dataclass(slots=True)
class Figures:
    """Figures of the municipality; each can be set, or be absent."""

    values: dict[tuple[m.Metric, tuple[str, ...]], float] = field(default_factory=dict)

    def set(self, metric: m.Metric, value: float | None, **labels: str) -> None:
        """Set a figure; None for none."""
        key = metric, tuple({"municipality": "lulea", **labels}[name] for name in metric.labels)
        self.values.pop(key, None)
        if value is not None:
            self.values[key] = value

    def calls(
        self, queue: str, target: str, good: int, decided: int, **others: float | None
    ) -> None:
        """Set what a telephone queue has come to today, and lately."""
        now: dict[str, Any] = {"open": 1, "waiting": 2, "longest": 42.0, **others}
        self.set(m.OPEN, now["open"], queue=queue)
        self.set(m.WAITING, now["waiting"], queue=queue)
        self.set(m.LONGEST_WAIT, now["longest"] if now["waiting"] else None, queue=queue)
        self.set(m.STAFFED, 3, queue=queue)
        self.set(m.PEOPLE_NEEDED, 4, queue=queue)
        self.set(m.BEST, now.get("best", 0.953), queue=queue, target=target)
        self.set(m.NEEDED, now.get("needed", 0.884), queue=queue, target=target)
        self.set(m.WAIT_MEAN, now.get("mean", 31.4), queue=queue, window="today")
        self.set(m.CALLS, decided, queue=queue, window="today", outcome="answered")
        share = m.Share(m.SERVICE_LEVEL, m.SERVICE_LEVEL_LOW, m.SERVICE_LEVEL_HIGH, m.DECIDED)
        for window in ("today", "30m"):
            self._share(share, good, decided, queue=queue, window=window, target=target)
        self._share(
            m.LOST, round(now.get("lost", 0.05) * decided), decided, queue=queue, window="today"
        )

    def items(self, queue: str, target: str, good: int, decided: int, overdue: int = 0) -> None:
        """Set how a mailbox or an inbox of cases stands."""
        labels = {"queue": queue, "target": target}
        if queue == "arenden":
            share = m.CASES_IN_TIME
            for state, count in (("open", 17), ("due_soon", 4), ("overdue", overdue)):
                self.set(m.CASES_PENDING, count, **labels, state=state)
            self.set(m.CASES_LONGEST_OVERDUE, 7300 if overdue else None, **labels)
        else:
            share = m.QUESTIONS_IN_TIME
            self.set(m.QUESTIONS_PROMISED_OPEN, 17, **labels)
            self.set(m.QUESTIONS_DUE_SOON, 4, **labels)
            self.set(m.QUESTIONS_OVERDUE, overdue, **labels)
            self.set(m.QUESTIONS_LONGEST_OVERDUE, 7300 if overdue else None, **labels)
            self.set(m.QUESTIONS_OLDEST, 90_000, queue=queue)
        self._share(share, good, decided, window="today", **labels)

    def _share(self, metrics: m.Share, good: int, of: int, **labels: str) -> None:
        span = wilson(good, of) or (None, None)
        values = (good / of if of else None, *span, of)
        for metric, value in zip(metrics, values, strict=True):
            self.set(metric, value, **{k: v for k, v in labels.items() if k in metric.labels})

    def reading(self) -> Reading:
        """Return them as Prometheus answers."""
        return Reading.of_samples(
            (
                {"__name__": m.PREFIX + metric.name, **dict(zip(metric.labels, of, strict=True))},
                value,
            )
            for (metric, of), value in self.values.items()
        )

    def text(self) -> bytes:
        """Return them as a worker exports them."""
        sheet = Sheet()
        for (metric, labels), value in self.values.items():
            sheet.add(metric, value, *labels)
        return generate_latest(sheet)


def ordinary() -> Figures:
    """Return figures with a queue in each state that an open queue has."""
    figures = Figures()
    figures.calls("vaxel", "svar-15s", 1180, 1412)
    figures.calls("kundtjanst", "svar-5min", 970, 1000, waiting=0)
    figures.calls("bygg", "svar-5min", 18, 20)
    figures.items("inkorg", "epost", 10, 10)
    figures.items("arenden", "klart", 0, 0)
    return figures


@dataclass(slots=True)
class Feed:
    """A worker's /metrics with figures that a test sets."""

    figures: Figures
    is_up: bool = True
    stands_still: bool = False
    ahead_seconds: float = 0.0
    """How far ahead its clock is."""
    port: int = 0
    _at: float = 0.0

    def text(self) -> bytes:
        """Return what it exports now."""
        if not self.stands_still:
            self._at = time.time() + self.ahead_seconds
        self.figures.set(m.EVALUATED_AT, self._at)
        return self.figures.text()


@contextmanager
def served(feed: Feed) -> Iterator[Feed]:
    """Serve a feed on loopback for as long as it lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not feed.is_up:
                self.send_error(503)
                return
            body = feed.text()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have gone, on a busy machine
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feed.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
