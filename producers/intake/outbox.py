"""What is on its way to Kafka: many requests share a message, and each knows when it is safe.

Of each topic and municipality one message is on its way at a time; what comes meanwhile waits and
goes together. So a single event goes at once, and the more there is to do the more is done at a
time. What one request says of one kind is never divided.

There is a bound on what waits, and on for how long. When Kafka doesn't take what it is given,
what waits behind it fails too, and new ones are turned away at once until it does: a sender that
is told so comes again, and what it sends is the same events.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from producers.intake.limits import (
    DELIVERY_SECONDS,
    MAX_EVENTS,
    MAX_HELD_BYTES,
    SHARED_BYTES,
    STALLED_SECONDS,
)

Place = tuple[str, str]
"""A topic, and a municipality."""
Send = Callable[[str, str, bytes], Awaitable[None]]
"""Puts a value with a municipality as its key into a topic, and returns when it is there for
certain; raises whatever it likes."""


class UndeliveredError(Exception):
    """Kafka does not take events now. Some of those given may come into the log all the same."""


@dataclass(slots=True, eq=False)
class _Message:
    values: list[bytes]
    size: int
    since: float
    done: asyncio.Future[bool]

    def has_room(self, values: list[bytes], size: int) -> bool:
        return len(self.values) + len(values) <= MAX_EVENTS and self.size + size <= SHARED_BYTES

    def value(self) -> bytes:
        return self.values[0] if len(self.values) == 1 else b"[" + b",".join(self.values) + b"]"


class Outbox:
    """Gives events to Kafka by ``send``. All of it happens on one event loop."""

    def __init__(self, send: Send, failed: Callable[[Exception], None]) -> None:
        """``failed`` is told why a message was not delivered."""
        self._send = send
        self._failed = failed
        self._waiting: dict[Place, deque[_Message]] = {}
        self._sending: dict[_Message, asyncio.Task[None]] = {}
        self._busy: set[Place] = set()
        self._clock = asyncio.get_running_loop().time
        self.held_bytes = 0
        """Of what is not acknowledged yet."""
        self.acknowledged_at: float | None = None
        """When Kafka last took something, by the loop's clock."""
        self.is_failing = False
        """Whether what was given last was not taken."""

    @property
    def is_stalled(self) -> bool:
        """Whether something has waited for Kafka for so long that no more is taken."""
        oldest = next(iter(self._sending), None)
        return oldest is not None and self._clock() - oldest.since > STALLED_SECONDS

    async def deliver(self, parts: dict[Place, list[bytes]]) -> None:
        """Return when all of these are in the log. Raises :class:`UndeliveredError`."""
        size = sum(len(value) + 1 for values in parts.values() for value in values)
        if self.is_stalled or self.held_bytes + size > MAX_HELD_BYTES:
            raise UndeliveredError
        for done in [self._put(place, values) for place, values in parts.items()]:
            if not await asyncio.shield(done):  # others may wait for the same
                raise UndeliveredError

    async def close(self, patience: float) -> None:
        """Wait for what is on its way, for so many seconds, and give up the rest."""
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=patience)
        for task in [*self._sending.values()]:
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)

    def _put(self, place: Place, values: list[bytes]) -> asyncio.Future[bool]:
        size = sum(map(len, values)) + len(values) + 1
        waiting = self._waiting.setdefault(place, deque())
        if not waiting or not waiting[-1].has_room(values, size):
            done = asyncio.get_running_loop().create_future()
            waiting.append(_Message([], 0, self._clock(), done))
        message = waiting[-1]
        message.values += values
        message.size += size
        self.held_bytes += size
        self._go_on(place)
        return message.done

    def _go_on(self, place: Place) -> None:
        """Send a place's next message if none is on its way: two at a time are no faster."""
        waiting = self._waiting[place]
        if waiting and place not in self._busy:
            message = waiting.popleft()
            self._busy.add(place)
            self._sending[message] = asyncio.create_task(self._deliver(place, message))

    async def _deliver(self, place: Place, message: _Message) -> None:
        is_safe = False
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self._send(*place, message.value())
            is_safe = True
            self.acknowledged_at = self._clock()
        except Exception as error:  # whatever it is, those who wait must be told
            self._failed(error)
        finally:
            del self._sending[message]
            self._busy.discard(place)
            self._settle(message, is_safe=is_safe)
            self.is_failing = not is_safe
            waiting = self._waiting[place]
            while waiting and not is_safe:  # it would only wait as long for the same
                self._settle(waiting.popleft(), is_safe=False)
            self._go_on(place)

    def _settle(self, message: _Message, *, is_safe: bool) -> None:
        self.held_bytes -= message.size
        if not message.done.done():  # as when who waited for it was cancelled
            message.done.set_result(is_safe)
