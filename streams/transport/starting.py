"""What a process of ours needs before it reads: its libraries, and an address to answer on."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from streams.addresses import NOT_SERVED
from streams.domain.swedish import reason
from streams.transport import pins

END_SECONDS: Final = 2.0
"""For so long an answer that is being given when the process ends is waited for."""


class StartError(RuntimeError):
    """The process can't start; the operator must act. The message is one line."""


def require_libraries() -> None:
    """Raise :class:`StartError` unless the libraries are those that the transport is made for."""
    if faults := pins.faults():
        raise StartError(f"fel bibliotek ({'; '.join(faults)}): kör make setup")


@contextlib.asynccontextmanager
async def serving(runner: web.BaseRunner, listen: tuple[str, int]) -> AsyncIterator[None]:
    """Answer on an address, a host and a port. Raises :class:`StartError` if that can't be."""
    host, port = listen
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = NOT_SERVED.get(error.errno) or reason(error)
            raise StartError(
                f"kan inte lyssna på {host}:{port} ({why}): ange en annan adress med --listen"
            ) from None
        yield
    finally:
        await runner.cleanup()
