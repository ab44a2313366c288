"""What is answered at each address: ``/events``, ``/alive`` and what is asked about ourselves."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from aiohttp import StreamReader, web
from prometheus_client import CollectorRegistry

from producers.intake import problems
from producers.intake.binding import (
    ACCEPTED,
    TooManyError,
    UnsupportedError,
    events_of,
    head_of,
)
from producers.intake.grants import granted
from producers.intake.limits import BODY_SECONDS, MAX_BODY_BYTES, MAX_HELD_BYTES
from producers.intake.outbox import Outbox, Place, UndeliveredError
from producers.intake.problems import problem
from producers.intake.screening import Fault, Written
from producers.intake.sources import UNREADABLE, Sender, Senders
from producers.pseudonym import KeyFileError
from producers.writing import written_as_told
from streams.domain.event_types import topic_of
from streams.domain.events import Event, EventError, encode
from streams.endpoints import door
from streams.logs import e, tell

Page = Callable[[web.BaseRequest], Awaitable[web.Response]]
BEARER: Final = "bearer "
RECENT_SECONDS: Final = 5.0
"""When Kafka has taken something so lately, it is not asked whether it is there."""
_NO_STORE: Final = {"Cache-Control": "no-store"}
_NO_LENGTH: Final = -1
log = logging.getLogger(__name__)


class _AnsweredError(Exception):
    """A request is answered before it has been read; the answer ends its connection."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        answer.force_close()
        self.answer = answer


@dataclass(slots=True)
class Endpoints:
    """The answers. All happens on one event loop."""

    senders: Senders
    outbox: Outbox
    topics: Mapping[str, str]
    """Kind of events → name of its topic."""
    kafka_is_there: Callable[[], Awaitable[bool]]
    description: bytes
    """What ``/openapi.json`` says."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    """Of what ``/metrics`` shows."""
    is_closing: bool = False
    reading_bytes: int = 0
    """Of bodies that have not come whole yet."""
    _said: str = ""
    _looking: asyncio.Task[bool] | None = None
    _pages: dict[str, dict[str, Page]] = field(init=False)

    def __post_init__(self) -> None:
        self._pages = {
            "/events": {"POST": self._events},
            "/alive": {"GET": self._alive},
            "/openapi.json": {"GET": self._openapi},
            "/healthz": {"GET": self._healthz},
            "/readyz": {"GET": self._readyz},
        }

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Return the answer to systems that push."""
        path = request.raw_path.partition("?")[0]
        methods = self._pages.get(path)
        if methods is None:
            answer = problem(404)
        elif (page := methods.get("GET" if request.method == "HEAD" else request.method)) is None:
            allowed = ", ".join((*methods, "HEAD") if "GET" in methods else methods)
            answer = problem(405, headers={"Allow": allowed})
        else:
            try:
                answer = await page(request)
            except _AnsweredError as answered:
                answer = answered.answer
        answer.headers["Server"] = "svarsgrad"
        return answer

    def own(self) -> dict[str, door.Page]:
        """Return what answers those who watch over us, by path."""
        return {
            "/metrics": door.metrics_page(self.registry),
            "/healthz": self._health,
            "/readyz": self._readiness,
        }

    async def _events(self, request: web.BaseRequest) -> web.Response:
        sender = self._sender(request)
        sender.vitals.read += 1
        try:
            headers = [(name.lower(), text) for name, text in request.headers.items()]
            head = head_of(request.headers.get("Content-Type", ""), headers)
            if request.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise UnsupportedError
        except UnsupportedError:
            raise _AnsweredError(problem(415, headers={"Accept-Post": ACCEPTED})) from None
        is_batch = head.mode == "batched"
        body = await self._body(request)
        try:
            raws = events_of(head, body)
        except EventError as error:
            fault = Fault(0, error.reason, error.path)
            sender.vitals.faults[UNREADABLE] += 1
            return problems.faulty([fault], is_batch=False)
        except TooManyError:
            return problem(413)
        if wait := sender.bucket.take(max(0, len(raws) - 1)):  # the first was let in with the body
            sender.bucket.put_back(1)  # or it could be the one that is missing each time
            return problems.too_fast(wait)
        return await self._taken(sender, raws, is_batch=is_batch)

    async def _taken(
        self, sender: Sender, raws: Sequence[bytes], *, is_batch: bool
    ) -> web.Response:
        now = time.time_ns() // 1000
        try:
            events, faults = sender.screen.screened(raws, now)
        except KeyFileError as error:
            if self._said != str(error):  # not at each request
                self._said = str(error)
                tell(log, e.KEY_FILE_FAILED, self._said)
            return problems.unavailable()
        if faults:
            sender.count_faults(faults)
            return problems.faulty(faults, is_batch=is_batch)
        try:
            await self.outbox.deliver(self._parts([*events, *_written(sender.heartbeat(now))]))
        except UndeliveredError:
            return problems.unavailable()
        sender.count_delivered(event for event, _ in events)
        return web.Response(
            status=202, body=b'{"accepted": %d}' % len(events), content_type="application/json"
        )

    async def _alive(self, request: web.BaseRequest) -> web.Response:
        sender = self._sender(request)
        if beats := sender.heartbeat(time.time_ns() // 1000):
            try:
                await self.outbox.deliver(self._parts(_written(beats)))
            except UndeliveredError:
                return problems.unavailable()
        return _json({"heartbeats": sender.grant.is_watched})

    def _parts(self, events: list[Written]) -> dict[Place, list[bytes]]:
        parts: dict[Place, list[bytes]] = {}
        for event, value in events:
            place = self.topics[topic_of(event)], event.partitionkey
            parts.setdefault(place, []).append(value)
        return parts

    def _sender(self, request: web.BaseRequest) -> Sender:
        """Return who asks, if that may be; else the request is answered."""
        told = request.headers.get("Authorization", "")
        now = time.time()
        grant = None
        if told[: len(BEARER)].lower() == BEARER:
            grant = granted(told[len(BEARER) :].strip(), self.senders.grants, now)
        if grant is None:
            raise _AnsweredError(problems.unauthorised())
        sender = self.senders.of(grant)
        sender.vitals.checked_at = now
        if wait := sender.bucket.take(1):
            raise _AnsweredError(problems.too_fast(wait))
        return sender

    async def _body(self, request: web.BaseRequest) -> bytes:
        """Return what is in a request, if that may be; else the request is answered."""
        length = _NO_LENGTH if (told := request.content_length) is None else told
        if length == _NO_LENGTH and not request.body_exists:
            raise _AnsweredError(problem(411))
        if length > MAX_BODY_BYTES:
            raise _AnsweredError(problem(413))
        if self.outbox.is_stalled:
            raise _AnsweredError(problems.unavailable())
        content = request.content
        if content.is_eof() and length != _NO_LENGTH:
            return content.read_nowait(-1)
        if expected := request.headers.get("Expect"):
            if expected.lower() != "100-continue":
                raise _AnsweredError(problem(417))
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return await self._rest(content)

    async def _rest(self, content: StreamReader) -> bytes:
        """Return a body that is on its way."""
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while chunk := await content.readany():
                    body += chunk
                    self.reading_bytes += len(chunk)
                    if len(body) > MAX_BODY_BYTES:
                        raise _AnsweredError(problem(413))
                    if self.reading_bytes + self.outbox.held_bytes > MAX_HELD_BYTES:
                        raise _AnsweredError(problems.unavailable())
        except TimeoutError:
            raise _AnsweredError(problem(408)) from None
        except (web.RequestPayloadError, ValueError):
            raise _AnsweredError(problem(400)) from None
        finally:
            self.reading_bytes -= len(body)
        return bytes(body)

    async def _openapi(self, request: web.BaseRequest) -> web.Response:
        del request
        return web.Response(body=self.description, content_type="application/json")

    async def _healthz(self, request: web.BaseRequest) -> web.Response:
        del request
        return await self._health()

    async def _readyz(self, request: web.BaseRequest) -> web.Response:
        del request
        return await self._readiness()

    async def _health(self) -> web.Response:
        return _json({"ok": True})

    async def _readiness(self) -> web.Response:
        if self.is_closing or self.outbox.is_stalled or not await self._kafka_takes():
            return problems.unavailable()
        return _json({"ok": True})

    async def _kafka_takes(self) -> bool:
        """Say whether Kafka has taken something lately, or answers; all who ask share one look."""
        at = self.outbox.acknowledged_at
        if at is not None and asyncio.get_running_loop().time() - at < RECENT_SECONDS:
            return True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self.kafka_is_there())
        return await asyncio.shield(self._looking)


def _written(events: list[Event]) -> list[Written]:
    versions = written_as_told()
    return [Written(event, encode(event, versions)) for event in events]


def _json(said: Mapping[str, object]) -> web.Response:
    return web.Response(
        body=orjson.dumps(said), content_type="application/json", headers=_NO_STORE
    )
