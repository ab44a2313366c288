"""Connections that are not encrypted yet: so many at a time, and for so long.

asyncio's own server tells of a connection when its handshake is done: of those that say nothing it
would take more than the process may have files.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, Protocol

from streams.endpoints.certificate import Certificate

HANDSHAKE_SECONDS: Final = 10.0
GOODBYE_SECONDS: Final = 2.0
"""How long a client may take to say goodbye, as TLS does, after its answer."""
MOST_HANDSHAKES: Final = 200
"""At a time."""


class Hall(Protocol):
    """Where connections are counted while they are encrypted, and lead to."""

    def __call__(self) -> asyncio.Protocol:
        """Return what handles a connection that is encrypted."""

    def let_in(self, handler: "Handshake", transport: asyncio.Transport) -> None:
        """Count a connection; another one, or it, makes room if there are too many."""

    def forget(self, handler: "Handshake") -> None:
        """Count it no more."""


class Handshake(asyncio.Protocol):
    """A connection before it is encrypted."""

    def __init__(self, hall: Hall, context: ssl.SSLContext) -> None:
        self._hall = hall
        self._context = context
        self._came = bytearray()
        """What was said before there was anybody to hear it."""
        self._is_lost = False
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 # of a server of TCP
        transport.pause_reading()  # what comes is for TLS to read
        self._task = asyncio.get_running_loop().create_task(self._encrypt(transport))
        self._hall.let_in(self, transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came with the end of the handshake."""
        self._came += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is too late."""
        del exc
        self._is_lost = True

    async def _encrypt(self, transport: asyncio.Transport) -> None:
        try:
            encrypted = await asyncio.get_running_loop().start_tls(
                transport,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=GOODBYE_SECONDS,
            )
        except OSError:  # it was no TLS, or nothing, or it was cut
            return
        finally:
            self._hall.forget(self)
        if encrypted is None or self._is_lost:
            return
        connection = self._hall()
        encrypted.set_protocol(connection)
        connection.connection_made(encrypted)
        if self._came:
            connection.data_received(bytes(self._came))


class Hallway:
    """A hall before a server that does not count these itself: the oldest makes room."""

    def __init__(self, server: Callable[[], asyncio.Protocol], certificate: Certificate) -> None:
        self._server = server
        self._certificate = certificate
        self._within: dict[Handshake, asyncio.Transport] = {}
        """The oldest first."""

    def __call__(self) -> asyncio.Protocol:
        """Return what handles a connection that is encrypted: the server's."""
        return self._server()

    def entrance(self) -> Handshake:
        """Return what handles a new connection."""
        return Handshake(self, self._certificate.context)

    def let_in(self, handler: Handshake, transport: asyncio.Transport) -> None:
        """Count a connection; the oldest makes room if there are too many."""
        self._within[handler] = transport
        if len(self._within) > MOST_HANDSHAKES:
            self._within.pop(next(iter(self._within))).abort()

    def forget(self, handler: Handshake) -> None:
        """Count it no more."""
        self._within.pop(handler, None)

    def close(self) -> None:
        """Cut all that have not come further."""
        for transport in self._within.values():
            transport.abort()
        self._within.clear()
