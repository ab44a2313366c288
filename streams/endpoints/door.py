"""The door to endpoints: whoever knocks, and however, the process goes on with its work.

A connection is for one request, and has a bounded time for it. When there are as many as there may
be, the one that has kept its request to itself for longest makes room: a client that is prompt is
let in, however many are slow. What a client sent stands in no answer and no log. Where there is a
token, those who don't know it are told whether the process is well, and nothing else.

The limits stand in docs/limits.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from streams.endpoints.bearer import Bearer
from streams.logs import e, tell

CONNECTION_SECONDS: Final = 20.0
"""From a connection's beginning to the end of its answer; Prometheus itself waits for 10 s."""
MOST_CONNECTIONS: Final = 400
"""At a time: fewer than a process may have files open, and more than come at one time."""
MOST_METRICS: Final = 20
"""Connections at a time that are given the metrics, which may be large; more are told to wait."""
MOST_LINE_BYTES: Final = 8_190
"""Of a request's first line, and of each header."""
MOST_HEADERS: Final = 64
LINGER_SECONDS: Final = 1.0
"""How long a body that nobody asked for is read, so that its sender can read the answer."""

FOR_ALL: Final = frozenset({"/healthz", "/readyz"})
"""What probes ask, which know no token."""

_OPTIONS: Final[dict[str, Any]] = {
    "access_log": None,
    "max_line_size": MOST_LINE_BYTES,
    "max_field_size": MOST_LINE_BYTES,
    "max_headers": MOST_HEADERS,
    "lingering_time": LINGER_SECONDS,
    "auto_decompress": False,
}

Page = Callable[[], Awaitable[web.Response]]

log = logging.getLogger(__name__)


class _Connection(web.RequestHandler):
    """A connection that says nothing of what was wrong with a request but that it was."""

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 # stands in no answer
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 # quotes it
    ) -> web.StreamResponse:
        """Return an answer without a word of the request; only what is our fault is logged."""
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            tell(log, e.ENDPOINT_FAILED, "an endpoint failed", error=exc)
        return _plain(status)


class Door(web.Server):
    """Serves pages by their paths, to GET and HEAD, and to who knows the token if there is one.

    It is made on a running event loop.
    """

    def __init__(self, pages: Mapping[str, Page], bearer: Bearer | None = None) -> None:
        super().__init__(self._answer)
        self._pages = pages
        self._bearer = bearer
        self._deadlines: dict[Any, asyncio.TimerHandle] = {}
        """By connection: all there are."""
        self._silent: dict[Any, asyncio.Transport] = {}
        """Those that have sent no whole request yet, the oldest first."""
        self._given_metrics: set[Any] = set()

    def __call__(self) -> web.RequestHandler:
        """Return what handles a new connection."""
        return _Connection(self, loop=self._loop, **_OPTIONS)

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Give a connection its time; another one, or it, makes room if there are too many."""
        super().connection_made(handler, transport)
        self._silent[handler] = transport
        self._deadlines[handler] = self._loop.call_later(CONNECTION_SECONDS, transport.abort)
        if len(self._deadlines) > MOST_CONNECTIONS:
            self._silent.pop(next(iter(self._silent))).abort()

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Let go of a connection."""
        super().connection_lost(handler, exc)
        self._deadlines.pop(handler).cancel()
        self._silent.pop(handler, None)
        self._given_metrics.discard(handler)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        if connection not in self._deadlines:
            # It was cut in the instant in which its request came.
            return _plain(HTTPStatus.SERVICE_UNAVAILABLE)
        self._silent.pop(connection, None)
        page = self._pages.get(request.path)
        if page is None:
            return _plain(HTTPStatus.NOT_FOUND)
        if request.method not in {"GET", "HEAD"}:
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, Allow="GET, HEAD")
        if not self._may_know(request):
            return _plain(HTTPStatus.UNAUTHORIZED, **{"WWW-Authenticate": "Bearer"})
        if request.path == "/metrics":
            if len(self._given_metrics) >= MOST_METRICS:
                return _plain(HTTPStatus.SERVICE_UNAVAILABLE)
            self._given_metrics.add(connection)
        answer = await page()
        answer.force_close()
        return answer

    def _may_know(self, request: web.BaseRequest) -> bool:
        if self._bearer is None or request.path in FOR_ALL:
            return True
        return self._bearer.is_told(request.headers.get("Authorization", ""))


def _plain(status: int, **headers: str) -> web.Response:
    answer = web.Response(status=status, text=HTTPStatus(status).phrase + "\n", headers=headers)
    answer.force_close()
    return answer


def metrics_page(collector: Collector) -> Page:
    """Return what answers Prometheus with what is collected."""

    async def metrics() -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(collector), headers=headers)

    return metrics


def told(problems: Mapping[str, str]) -> web.Response:
    """Return the answer to a probe: what is wrong, by what it is wrong with; nothing is well."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    return web.json_response({"ok": not problems, **problems}, status=status)
