"""The process: doors, Kafka and files, from its start until it is told to stop."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from producers.intake.brokers import Brokers
from producers.intake.callers import CallerHash
from producers.intake.door import Door
from producers.intake.endpoints import Endpoints
from producers.intake.grants import GrantsError, read_grants
from producers.intake.limits import BACKLOG, DELIVERY_SECONDS, STOP_SECONDS
from producers.intake.measured import Measured
from producers.intake.openapi import description
from producers.intake.outbox import Outbox
from producers.intake.sources import Senders
from streams.addresses import NOT_SERVED
from streams.domain.catalogue import Catalogue
from streams.domain.swedish import counted, reason
from streams.endpoints import ListenError
from streams.endpoints.certificate import Certificate
from streams.endpoints.security import OPEN, ListenSecurity
from streams.endpoints.serving import answering
from streams.endpoints.watched import Watched
from streams.kafka.security import KafkaSecurity
from streams.logs import e, tell
from streams.stopping import stop_signal

TICK_SECONDS: Final = 1.0
Address = tuple[str, int]
_FORBIDDEN: Final = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
log = logging.getLogger(__name__)


class IntakeError(Exception):
    """It can't start; the text is one Swedish line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What it is started with."""

    catalogue: Catalogue
    tokens: Path
    identity_key: bytes
    caller: CallerHash
    kafka: str
    topics: Mapping[str, str]
    """Kind of events → name of its topic."""
    security: KafkaSecurity
    listen: Address
    certificate: Certificate | None = None
    """None where it is spoken to in the clear."""
    metrics: Address | None = None
    metrics_security: ListenSecurity = OPEN


async def run(settings: Settings, started: Callable[[], None]) -> None:
    """Serve until told to stop; then give the answers that are due. ``started`` is called before.

    Raises :class:`IntakeError`, :class:`~producers.intake.grants.GrantsError` and
    :class:`~streams.endpoints.ListenError` if it can't start.
    """
    senders = Senders(settings.identity_key, settings.caller)
    watched = _watched(settings, senders)
    brokers = Brokers(settings.kafka, sorted(set(settings.topics.values())), settings.security)
    troubles = _Troubles(senders, settings.security.who)
    outbox = Outbox(brokers.send, troubles.failed)
    endpoints = Endpoints(senders, outbox, settings.topics, brokers.are_there, description())
    async with contextlib.AsyncExitStack() as running:
        running.push_async_callback(brokers.stop)
        try:
            await brokers.start()
        except KafkaError:
            raise IntakeError(
                f"ingen Kafka svarar på {settings.kafka}: starta den, eller ange en annan adress "
                "med --kafka VÄRD:PORT"
            ) from None
        measured = Measured(
            senders=senders,
            connections=lambda: len(door),
            held_bytes=lambda: outbox.held_bytes + endpoints.reading_bytes,
        )
        endpoints.registry.register(measured)
        door = Door(endpoints.answer, measured.count)
        running.push_async_callback(outbox.close, DELIVERY_SECONDS)
        if settings.metrics is not None:
            its = settings.metrics, settings.metrics_security, "--metrics"
            await running.enter_async_context(answering(endpoints.own(), *its))
        await running.enter_async_context(_open(door, settings.listen, settings.certificate))
        started()
        tell(log, e.SERVING, _greeting(settings, senders), address=_address(settings))
        stop = stop_signal()
        with _reload_signal(watched):
            while not stop.is_set():
                door.cut_the_late()
                _look(watched)
                troubles.look(outbox)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), TICK_SECONDS)
        endpoints.is_closing = True


@contextlib.asynccontextmanager
async def _open(
    door: Door, address: Address, certificate: Certificate | None
) -> AsyncIterator[None]:
    """Let in through a door, until the context ends and the answers due have been given."""
    host, port = address
    opened = door if certificate is None else door.encrypted(certificate)
    try:
        server = await asyncio.get_running_loop().create_server(
            opened, host, port, backlog=BACKLOG
        )
    except OSError as error:
        why = NOT_SERVED.get(error.errno) or reason(error)
        raise IntakeError(
            f"kan inte lyssna på {host}:{port} ({why}): ange en annan adress med --listen"
        ) from None
    try:
        yield
    finally:
        server.close()
        await door.close(STOP_SECONDS)


class _Troubles:
    """Says when Kafka stops taking events, why, and when it takes them again."""

    def __init__(self, senders: Senders, who: str) -> None:
        self._senders = senders
        self._who = who
        self._why: str | None = None
        self._is_told = False

    def failed(self, error: Exception) -> None:
        """Take why a message was not delivered."""
        self._why = type(error).__name__
        if isinstance(error, _FORBIDDEN):
            self._why = f"{self._who} får inte skriva i ämnet (Write), se docs/kafka-security.md"
        elif isinstance(error, TimeoutError):
            self._why = "inget svar"

    def look(self, outbox: Outbox) -> None:
        """Say what has changed since the last look."""
        is_failing = outbox.is_failing or outbox.is_stalled
        if is_failing and not self._is_told:
            why = f" ({self._why})" if outbox.is_failing else ""
            told = f"Kafka tar inte emot{why}: de som skickar får 503 och försöker igen."
            tell(log, e.KAFKA_AWAY, told)
        elif self._is_told and not is_failing:
            tell(log, e.KAFKA_BACK, "Kafka tar emot igen.")
        self._is_told = is_failing
        self._senders.wait(for_kafka=is_failing)


def _watched(settings: Settings, senders: Senders) -> list[Watched]:
    """Return the files to look at; that of tokens has been read. Raises what reading it does."""

    def tokens() -> None:
        senders.renew(read_grants(settings.tokens, settings.catalogue))

    def tokens_again() -> None:
        tokens()
        told = f"Läste {settings.tokens} på nytt: {_count(senders)}."
        tell(log, e.RELOADED, told, file=settings.tokens)

    watched = [Watched((settings.tokens,), tokens_again)]
    tokens()
    if (its := settings.certificate) is not None:

        def certificate_again() -> None:
            its.renew()
            tell(log, e.RELOADED, f"Läste {its.cert} på nytt.", file=its.cert)

        its.watched.reload = certificate_again
        watched.append(its.watched)
    return watched


def _look(watched: list[Watched], *, must: bool = False) -> None:
    """Read again what has changed; what can't be used is told, and changes nothing."""
    for one in watched:
        try:
            one.look(must=must)
        except (GrantsError, ListenError) as error:
            told = f"Det som gällde förut gäller fortfarande: {error}"
            tell(log, e.RELOAD_FAILED, told, file=one.files[0])


def _greeting(settings: Settings, senders: Senders) -> str:
    return f"Tar emot på {_address(settings)}: {_count(senders)}. Avsluta med Ctrl-C."


def _address(settings: Settings) -> str:
    host, port = settings.listen
    scheme = "https" if settings.certificate else "http"
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}/events"


def _count(senders: Senders) -> str:
    sources = {grant.key for grant in senders.grants}
    return (
        f"{counted(len(senders.grants), 'token', 'token')} "
        f"för {counted(len(sources), 'källa', 'källor')}"
    )


@contextlib.contextmanager
def _reload_signal(watched: list[Watched]) -> Iterator[None]:
    """Read the files again at SIGHUP, changed or not."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: _look(watched, must=True))
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
