"""The door: connections that are kept alive, each with a bounded time for everything it does.

A connection has so long to its first request, so long from one answer to the next request, and so
long for a request and its answer; then it is cut. When there are as many as there may be, the one
that has been idle for longest makes room. What a client sent stands in no answer and no log.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from producers.intake.limits import (
    FIRST_SECONDS,
    IDLE_SECONDS,
    MOST_CONNECTIONS,
    MOST_HEADERS,
    MOST_LINE_BYTES,
    REQUEST_SECONDS,
)
from producers.intake.problems import problem, unavailable
from streams.endpoints.certificate import Certificate
from streams.endpoints.handshake import Handshake
from streams.logs import e, tell

Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]
LINGER_SECONDS: Final = 1.0
"""How long a body that nobody asked for is read, so that its sender can read the answer."""
END_SECONDS: Final = 0.5
"""How long an answer that has been made may take to be written, at the end."""
_OPTIONS: Final[dict[str, Any]] = {
    "access_log": None,
    "keepalive_timeout": 2 * IDLE_SECONDS,  # ours, which is shorter, counts
    "max_line_size": MOST_LINE_BYTES,
    "max_field_size": MOST_LINE_BYTES,
    "max_headers": MOST_HEADERS,
    "lingering_time": LINGER_SECONDS,
    "read_bufsize": 65_536,
    "auto_decompress": False,
}

log = logging.getLogger(__name__)


class _Connection(web.RequestHandler):
    """A connection that says nothing of what was wrong with a request but that it was."""

    def data_received(self, data: bytes) -> None:
        """Take what comes."""
        super().data_received(data)
        if self._current_request is not None:
            self.end_if_broken(self._current_request)

    def end_if_broken(self, request: web.BaseRequest) -> None:
        """End a body that something follows before it is whole: it is broken, and never will be.

        The parser has only noted it as the next request's fault, and the body would be waited for.
        """
        if self._messages and not request.content.is_eof():
            request.content.set_exception(web.RequestPayloadError())

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 # stands in no answer
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 # quotes it
    ) -> web.StreamResponse:
        """Return an answer without a word of the request; only what is our fault is logged."""
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            why = type(exc).__name__
            told = f"a request could not be answered: {why}"
            tell(log, e.REQUEST_FAILED, told, reason=why)
        answer = problem(status)
        answer.force_close()
        if isinstance(self._manager, Door):
            self._manager.answered(status)
        return answer


class Door(web.Server):
    """Serves whatever ``answer`` answers. It is made on a running event loop."""

    def __init__(self, answer: Answer, answered: Callable[[int], None]) -> None:
        """``answered`` is told the status of each answer."""
        super().__init__(self._answered_in_time)
        self._answer = answer
        self.answered = answered
        self.is_closing = False
        self._transports: dict[Any, asyncio.Transport] = {}
        self._deadlines: dict[Any, float] = {}
        """By connection: when it is cut."""
        self._quiet = asyncio.Event()
        """Set when no request waits for its answer, and no more come."""
        self._idle: dict[Any, None] = {}
        """Those that have no request now, the one that has been so for longest first."""

    def __len__(self) -> int:
        return len(self._deadlines)

    def __call__(self) -> web.RequestHandler:
        """Return what handles a new connection."""
        return _Connection(self, loop=self._loop, **_OPTIONS)

    def encrypted(self, certificate: Certificate) -> Callable[[], asyncio.Protocol]:
        """Return what handles a new connection that is to be encrypted."""
        return lambda: Handshake(self, certificate.context)

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Take a connection that can ask."""
        super().connection_made(handler, transport)
        self.let_in(handler, transport)

    def let_in(self, handler: Any, transport: asyncio.Transport) -> None:
        """Give a connection its time; another one, or it, makes room if there are too many."""
        self._transports[handler] = transport
        self._deadlines[handler] = self._loop.time() + FIRST_SECONDS
        self._idle[handler] = None
        if len(self._deadlines) > MOST_CONNECTIONS:
            self._cut(next(iter(self._idle)))

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Let go of a connection."""
        super().connection_lost(handler, exc)
        self.forget(handler)

    def cut_the_late(self) -> None:
        """Cut each connection whose time has passed. To be called every now and then."""
        now = self._loop.time()
        for handler in [one for one, deadline in self._deadlines.items() if deadline < now]:
            self._cut(handler)

    async def close(self, patience: float) -> None:
        """Let those that have a request have its answer, within so many seconds; no more."""
        self.is_closing = True
        for handler in [*self._idle]:
            self._transports[handler].close()
        self._tell_quiet()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._quiet.wait()
        await self.shutdown(END_SECONDS)

    def _tell_quiet(self) -> None:
        if self.is_closing and len(self._idle) == len(self._deadlines):
            self._quiet.set()

    def _cut(self, handler: Any) -> None:
        transport = self._transports[handler]
        self.forget(handler)
        transport.abort()

    def forget(self, handler: Any) -> None:
        """Count a connection no more."""
        self._transports.pop(handler, None)
        self._deadlines.pop(handler, None)
        self._idle.pop(handler, None)
        self._tell_quiet()

    async def _answered_in_time(self, request: web.BaseRequest) -> web.Response:
        connection: Any = request.protocol
        if connection not in self._deadlines:  # cut in the instant in which its request came
            answer = unavailable()
            answer.force_close()
            return answer
        self._idle.pop(connection, None)
        self._deadlines[connection] = self._loop.time() + REQUEST_SECONDS
        connection.end_if_broken(request)  # as when all of it came at once
        try:
            answer = await self._answer(request)
        finally:
            if connection in self._deadlines:
                self._deadlines[connection] = self._loop.time() + IDLE_SECONDS
                self._idle[connection] = None
            self._tell_quiet()
        if self.is_closing:
            answer.force_close()
        self.answered(answer.status)
        return answer
