"""Answering on an address: from its first connection to the last answer that is due."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import Future
from typing import Final

from aiohttp import web

from streams.addresses import NOT_SERVED
from streams.domain.swedish import reason
from streams.endpoints import ListenError
from streams.endpoints.door import Door, Page
from streams.endpoints.handshake import Hallway
from streams.endpoints.security import ListenSecurity
from streams.logs import e, tell

END_SECONDS: Final = 2.0
"""For so long an answer that is being given when the process ends is waited for."""
LOOK_SECONDS: Final = 1.0
"""How often it is looked whether a certificate or a token has changed."""

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def answering(
    pages: Mapping[str, Page],
    address: tuple[str, int],
    security: ListenSecurity,
    option: str = "--listen",
) -> AsyncIterator[None]:
    """Answer through a door for as long as the context lasts. Raises as :func:`serving`."""
    runner = web.ServerRunner(Door(pages, security.bearer), shutdown_timeout=END_SECONDS)
    async with serving(runner, address, security, option):
        yield


@contextlib.asynccontextmanager
async def serving(
    runner: web.BaseRunner,
    address: tuple[str, int],
    security: ListenSecurity,
    option: str = "--listen",
) -> AsyncIterator[None]:
    """Serve on an address, a host and a port, which was told by an option.

    Raises :class:`ListenError` if that can't be.
    """
    host, port = address
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101 # it has been set up
    hallway = None if (its := security.certificate) is None else Hallway(server, its)
    try:
        try:
            listening = await asyncio.get_running_loop().create_server(
                server if hallway is None else hallway.entrance, host, port
            )
        except OSError as error:
            why = NOT_SERVED.get(error.errno) or reason(error)
            raise ListenError(
                f"kan inte lyssna på {host}:{port} ({why}): ange en annan adress med {option}"
            ) from None
        looking = asyncio.create_task(_look(security))
        try:
            yield
        finally:
            looking.cancel()
            listening.close()
            if hallway is not None:
                hallway.close()
    finally:
        await runner.cleanup()


async def _look(security: ListenSecurity) -> None:
    """Read again what changes; what can't be used is told, and changes nothing."""
    watched = security.watched()
    while watched:
        await asyncio.sleep(LOOK_SECONDS)
        for one in watched:
            try:
                if one.look():
                    tell(log, e.RELOADED, f"Läste {one.files[0]} på nytt.", file=one.files[0])
            except ListenError as error:
                told = f"Det som gällde förut gäller fortfarande: {error}"
                tell(log, e.RELOAD_FAILED, told, file=one.files[0])


@contextlib.contextmanager
def answering_beside(
    pages: Mapping[str, Page], address: tuple[str, int], security: ListenSecurity
) -> Iterator[None]:
    """Answer from a thread of its own, for a process without an event loop.

    Raises :class:`ListenError` if that can't be.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def answer() -> None:
        stop = asyncio.Event()
        async with answering(pages, address, security):
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(answer())
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="endpoints", daemon=True)
    thread.start()
    loop, stop = started.result()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
