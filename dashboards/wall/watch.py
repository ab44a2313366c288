"""Keeps the wall of one municipality new while somebody looks at it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from dashboards.wall.board import Known, Points, board, lines, open_span
from dashboards.wall.freshness import Freshness, seen
from dashboards.wall.prometheus import Prometheus, PrometheusError
from dashboards.wall.reading import Alert, Reading
from dashboards.wall.tiles import line_target, shown
from streams import metrics as m
from streams.domain.catalogue import Municipality
from streams.domain.instants import SECOND
from streams.logs import e, tell

LINES_SECONDS: Final = 60.0
"""How often the lines since opening are asked for, once there are any."""
SLOW_SECONDS: Final = 5.0
"""If asking takes longer, the wall says so meanwhile."""
LEAST_STEP: Final = 60
MOST_POINTS: Final = 150
"""Of a line: more than a tile has room for."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page is to show, as it is sent."""

    number: int = 0
    board: bytes = b""
    lines_number: int = 0
    lines: bytes = b""


class Watch:
    """Asks Prometheus of one municipality, again and again; who looks waits for what is new."""

    def __init__(
        self,
        municipality: Municipality,
        prometheus: Prometheus,
        *,
        every_seconds: float,
        stale_seconds: float,
        version: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.municipality = municipality
        self.shown = Shown()
        self._prometheus = prometheus
        self._every = every_seconds
        self._stale = stale_seconds
        self._version = version
        self._clock = clock
        self._changed = asyncio.Condition()
        self._reading = Reading({})
        self._alerts: list[Alert] = []
        self._alerts_at = clock()
        self._freshness: Freshness | None = None
        self._now = time.time()
        """Prometheus's clock when it was last asked; until it was, this machine's."""
        self._asked_at = clock()
        self._lines_at: float | None = None
        self._points: Points = {}
        self._is_away = False

    async def run(self) -> None:
        """Ask for as long as it is let to."""
        while True:
            began = self._clock()
            # What has been learnt is shown while the rest is asked for: Prometheus may be slow.
            asking = asyncio.create_task(self._ask())
            try:
                while not (await asyncio.wait({asking}, timeout=SLOW_SECONDS))[0]:
                    await self._publish("Prometheus svarar långsamt")
                await self._publish(asking.result())
            finally:
                asking.cancel()
            await asyncio.sleep(max(0.0, self._every - (self._clock() - began)))

    async def newer(self, number: int) -> Shown:
        """Return what there is to show, once it is newer than that."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.shown.number > number)
            return self.shown

    def now(self) -> int:
        """Return the instant now, by Prometheus's clock."""
        return round((self._now + self._clock() - self._asked_at) * SECOND)

    async def _ask(self) -> str:
        """Ask for all that is due; return what hindered it, in words."""
        said = ""
        for ask in (self._ask_figures, self._ask_alerts, self._ask_lines):
            try:
                await ask()
            except PrometheusError as error:
                said = said or str(error)
        if self._clock() - self._alerts_at > self._stale:
            self._alerts = []
        self._tell(said)
        return said

    def _tell(self, trouble: str) -> None:
        """Log when asking fails, and when it does no more."""
        its = self.municipality.id
        if trouble and not self._is_away:
            tell(log, e.PROMETHEUS_AWAY, trouble, municipality=its)
        elif self._is_away and not trouble:
            tell(log, e.PROMETHEUS_BACK, "Prometheus svarar igen", municipality=its)
        self._is_away = bool(trouble)

    async def _ask_figures(self) -> None:
        id_ = self.municipality.id
        reading, now = await self._prometheus.figures(id_)
        tick = self._clock()
        self._reading, self._now, self._asked_at = reading, now, tick
        at = reading.of(m.EVALUATED_AT, municipality=id_)
        self._freshness = seen(self._freshness, at, now, tick)

    async def _ask_alerts(self) -> None:
        self._alerts = await self._prometheus.alerts(self.municipality.id)
        self._alerts_at = self._clock()

    async def _ask_lines(self) -> None:
        tick = self._clock()
        is_due = self._lines_at is None or tick - self._lines_at >= LINES_SECONDS
        if is_due or not self._points:
            self._points = await self._lines()
            self._lines_at = tick

    async def _lines(self) -> Points:
        now = self.now()
        queues = shown(self.municipality, now)
        targets = {its.id: line_target(self.municipality, its, now) for its in queues}
        spans = [open_span(self.municipality, its, now) for its in queues if targets[its.id]]
        start = min((opens for opens, _ in spans), default=now)
        if start >= now:
            return {}
        step = max(LEAST_STEP, round((now - start) / SECOND / MOST_POINTS))
        found = await self._prometheus.lines(
            self.municipality.id, start / SECOND, now / SECOND, step
        )
        return {
            queue: points
            for (queue, target), points in found.items()
            if (its := targets.get(queue)) is not None and its.id == target
        }

    async def _publish(self, trouble: str) -> None:
        known = Known(self._reading, self._alerts, self._freshness)
        now, tick = self.now(), self._clock()
        drawn: dict[str, Any] = board(
            self.municipality, known, now, tick, stale_seconds=self._stale, trouble=trouble
        )
        of_lines = orjson.dumps(lines(self.municipality, self._points, now))
        async with self._changed:
            before = self.shown
            self.shown = Shown(
                before.number + 1,
                orjson.dumps({**drawn, "every": self._every, "version": self._version}),
                before.lines_number + (of_lines != before.lines),
                of_lines,
            )
            self._changed.notify_all()


class Watches:
    """The municipalities that somebody looks at; each is asked of until nobody does."""

    def __init__(self, make: Callable[[Municipality], Watch]) -> None:
        self._make = make
        self._watched: dict[str, _Watched] = {}

    @contextlib.contextmanager
    def looked_at(self, municipality: Municipality) -> Iterator[Watch]:
        """Give a municipality's watch for as long as somebody looks."""
        its = self._watched.get(municipality.id)
        if its is None or its.task.done():  # it ends by a mistake of ours alone
            watch = self._make(municipality)
            its = _Watched(watch, asyncio.create_task(watch.run()))
            its.task.add_done_callback(_told)
            self._watched[municipality.id] = its
        its.lookers += 1
        try:
            yield its.watch
        finally:
            its.lookers -= 1
            if not its.lookers:
                its.task.cancel()
                if self._watched.get(municipality.id) is its:
                    del self._watched[municipality.id]


@dataclass(slots=True)
class _Watched:
    watch: Watch
    task: asyncio.Task[None]
    lookers: int = 0


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        tell(log, e.WALL_ENDED, "a wall is no longer kept new", error=error)
