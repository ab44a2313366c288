"""The wall's web server: a page, what it needs, and a stream of what it shows. It only reads."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from dashboards.wall.prometheus import TIMEOUT_SECONDS, Prometheus
from dashboards.wall.watch import Shown, Watch, Watches
from streams.asking import PROMETHEUS, Asker
from streams.domain.catalogue import Catalogue, Municipality
from streams.secrets_file import is_same

MOST_SCREENS: Final = 1000
"""At a time; more are told to come back."""
SENDING_SECONDS: Final = 20.0
"""A screen that takes longer to receive what was sent is let go; it comes back by itself."""
BACK_MS: Final = 2000
"""After so long a screen that has lost its stream comes back."""
COOKIE: Final = "svarsgrad-vagg"
KEY: Final = "nyckel"
_PAGE: Final = {
    "index.html": "text/html",
    "wall.css": "text/css",
    "wall.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
    "Server": "svarsgrad",
}


@dataclass(frozen=True, slots=True)
class Served:
    """What the wall is served by."""

    catalogue: Catalogue
    prometheus: str
    """Where Prometheus is."""
    every_seconds: float = 5.0
    """How often it is asked."""
    stale_seconds: float = 90.0
    """Older figures are not shown."""
    asker: Asker = field(default_factory=lambda: Asker(PROMETHEUS))
    """How it is asked."""
    token: str | None = field(default=None, repr=False)
    """What a screen must know; None where all may see."""


class Wall:
    """The wall's answers."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._files = {
            name: files("dashboards.wall").joinpath("page", name).read_bytes() for name in _PAGE
        }
        digest = hashlib.sha256(b"".join(self._files.values())).hexdigest()
        self.version = digest[:12]
        """Of the page: one that shows another loads itself anew."""
        self._screens = 0
        self._watches: Watches | None = None

    def application(self) -> web.Application:
        """Return what serves it."""
        application = web.Application(middlewares=[self._guarded], client_max_size=0)
        application.on_response_prepare.append(_with_headers)
        application.cleanup_ctx.append(self._asking)
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/events", self._events, allow_head=False),
                web.get("/healthz", self._healthz),
                web.get("/municipalities", self._municipalities),
                *(web.get(f"/{name}", self._file(name)) for name in _PAGE if name != "index.html"),
            ]
        )
        return application

    async def _asking(self, application: web.Application) -> AsyncIterator[None]:
        del application
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            prometheus = Prometheus(session, self._served.prometheus, self._served.asker)

            def watch(municipality: Municipality) -> Watch:
                return Watch(
                    municipality,
                    prometheus,
                    every_seconds=self._served.every_seconds,
                    stale_seconds=self._served.stale_seconds,
                    version=self.version,
                )

            self._watches = Watches(watch)
            yield

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let in who knows the token; one that is in the address moves into a cookie."""
        token = self._served.token
        if token is None or request.path == "/healthz":
            return await handler(request)
        told = request.query.get(KEY)
        if told is not None and is_same(told, token):
            others = [(name, value) for name, value in request.query.items() if name != KEY]
            answer = web.Response(status=HTTPStatus.SEE_OTHER)
            answer.headers["Location"] = str(URL(".").with_query(others))
            answer.set_cookie(
                COOKIE, _known(token), httponly=True, samesite="Lax", max_age=400 * 86400,
                secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
            )  # fmt: skip
            return answer
        if is_same(request.cookies.get(COOKIE, ""), _known(token)):
            return await handler(request)
        text = f"Väggen är låst: öppna den en gång med ?{KEY}= och nyckeln sist i adressen.\n"
        return web.Response(status=HTTPStatus.UNAUTHORIZED, text=text)

    async def _index(self, request: web.Request) -> web.Response:
        del request
        page = self._files["index.html"].replace(b"@VERSION@", self.version.encode())
        return web.Response(body=page, content_type="text/html", charset="utf-8")

    def _file(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            del request
            return web.Response(body=self._files[name], content_type=_PAGE[name], charset="utf-8")

        return answer

    async def _healthz(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"ok": True, "screens": self._screens})

    async def _municipalities(self, request: web.Request) -> web.Response:
        del request
        its = self._served.catalogue.municipalities.values()
        return web.json_response([{"id": one.id, "name": one.name} for one in its])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        municipality = self._asked_for(request)
        if municipality is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="?kommun= saknas\n")
        if self._screens >= MOST_SCREENS or self._watches is None:
            headers = {"Retry-After": "60"}
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
        answer = web.StreamResponse()
        answer.content_type, answer.charset = "text/event-stream", "utf-8"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Accel-Buffering"] = "no"  # a proxy would keep what it is to pass on
        self._screens += 1
        try:
            with self._watches.looked_at(municipality) as watch:
                await answer.prepare(request)
                await self._stream(request, answer, watch)
        except (ConnectionError, TimeoutError):
            pass  # the screen has gone, or gets nothing: it comes back by itself
        finally:
            self._screens -= 1
        return answer

    async def _stream(
        self, request: web.Request, answer: web.StreamResponse, watch: Watch
    ) -> None:
        await answer.write(f"retry: {BACK_MS}\n\n".encode())
        sent = Shown()
        # Asking may take its time, thrice; a watch that is silent for longer has ended.
        silent_seconds = self._served.every_seconds + 4 * TIMEOUT_SECONDS
        while True:
            async with asyncio.timeout(silent_seconds):
                shown = await watch.newer(sent.number)
            parts = []
            if shown.lines_number != sent.lines_number:
                parts.append(b"event: lines\ndata: " + shown.lines + b"\n\n")
            parts.append(b"event: board\ndata: " + shown.board + b"\n\n")
            try:
                async with asyncio.timeout(SENDING_SECONDS):
                    await answer.write(b"".join(parts))
            except TimeoutError:
                # Closing waits for what is unsent: a screen that takes nothing would stay.
                if (transport := request.transport) is not None:
                    transport.abort()
                return
            sent = shown

    def _asked_for(self, request: web.Request) -> Municipality | None:
        """Return the municipality that is asked for, or the only one."""
        municipalities: Mapping[str, Municipality] = self._served.catalogue.municipalities
        told = request.query.get("kommun")
        if told is None and len(municipalities) == 1:
            return next(iter(municipalities.values()))
        return municipalities.get(told or "")


async def _with_headers(request: web.Request, answer: web.StreamResponse) -> None:
    del request
    for name, value in _HEADERS.items():
        if name != "Cache-Control" or name not in answer.headers:
            answer.headers[name] = value


def _known(token: str) -> str:
    """Return what a screen keeps that knows the token: it is not the token itself."""
    return hmac.digest(token.encode(), COOKIE.encode(), "sha256").hex()
