"""Events to Kafka: in order per municipality, once each, and never silently lost.

The client retries for as long as the delivery timeout allows; it is idempotent, so that a retry is
not a second copy. Kafka's key is the municipality, placed by murmur2 as Java does. Events at hand
together go as one message per topic and municipality (a JSON array), which readers fold several
times faster than as many messages; a single event goes alone and at once.

Source: docs/decisions/0002-event-format.md; the producer of kafka-python 3.
"""

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    ClusterAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
)

from producers.writing import WriteAsError, written_as_told
from streams.domain.event_types import topic_of
from streams.domain.events import Event, encode
from streams.kafka.refusals import refusal
from streams.kafka.security import PLAINTEXT, KafkaSecurity

MAX_EVENTS: Final = 500
"""Most events in one message …"""
MAX_BYTES: Final = 200_000
"""… and its size: well under the 1 MiB that brokers and readers take."""
MAX_WAITING_BYTES: Final = 32 * 1024 * 1024
"""The client itself has no limit: with more than this undelivered, publishing waits."""
LINGER_SECONDS: Final = 0.005
PATIENCE_SECONDS: Final = 10.0
TOPIC_SECONDS: Final = 3.0
DELIVERY_SECONDS: Final = 120.0
REQUEST_SECONDS: Final = 15.0


class PublishError(Exception):
    """Events could not be delivered; the text is one Swedish line that says what to do."""


class PublishRefusedError(PublishError):
    """Kafka answers, but refuses us or what we ask: trying again does not help."""


_Place = tuple[str, str]
"""A topic, and a municipality."""


@dataclass(frozen=True, slots=True)
class _Sent:
    future: Any
    events: int
    size: int


class Publisher:
    """Publishes events to a topic; leaving its ``with`` block flushes, or raises.

    ``topics`` are those of kinds of events (``routing.KINDS``) that go to another one. Raises
    :class:`PublishError` at once when no broker answers within ``patience_seconds`` or a topic is
    missing, :class:`PublishRefusedError` when Kafka refuses us. After a failed delivery every call
    raises it: go on with a new one, from the first event that was not delivered (ids make the
    copies harmless).
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        *,
        topics: Mapping[str, str] | None = None,
        security: KafkaSecurity = PLAINTEXT,
        linger_seconds: float = LINGER_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        delivery_seconds: float = DELIVERY_SECONDS,
    ) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.topic = topic
        self.topics = dict(topics or {})
        self.security = security
        self.delivery_seconds = delivery_seconds
        self.published = 0
        """Events published so far."""
        self.delivered = 0
        """Of these, how many from the first on are in the log for certain."""
        self._waiting: deque[_Sent] = deque()
        self._waiting_bytes = 0
        self._failure: PublishError | None = None
        try:
            self._written = written_as_told()
        except WriteAsError as error:
            raise PublishError(str(error)) from None
        with _client_is_quiet():
            self._producer = self._connected(linger_seconds, patience_seconds)

    def _connected(self, linger_seconds: float, patience_seconds: float) -> KafkaProducer:
        if refused := refusal(self.bootstrap_servers, self.security):
            raise PublishRefusedError(refused.why)
        try:
            producer = KafkaProducer(
                bootstrap_servers=self.bootstrap_servers.split(","),
                client_id="svarsgrad",
                acks="all",
                enable_idempotence=True,
                max_in_flight_requests_per_connection=5,
                compression_type="gzip",  # a tenth to send, keep, and sum up in pure Python
                linger_ms=round(linger_seconds * 1000),
                batch_size=2 * MAX_BYTES,
                delivery_timeout_ms=round(self.delivery_seconds * 1000),
                request_timeout_ms=round(
                    1000 * max(0.1, min(REQUEST_SECONDS, self.delivery_seconds - linger_seconds))
                ),
                reconnect_backoff_max_ms=1000,
                bootstrap_timeout_ms=round(patience_seconds * 1000),
                allow_auto_create_topics=False,
                **self.security.options(),
            )
        except (KafkaError, OSError, ValueError):
            self._tell_refusal()
            raise PublishError(
                f"ingen Kafka svarar på {self.bootstrap_servers}: starta den (svarsgrad stack), "
                "eller ange en annan adress med --kafka VÄRD:PORT"
            ) from None
        topic = self.topic
        try:
            producer.config["max_block_ms"] = round(TOPIC_SECONDS * 1000)
            for topic in self._all_topics():
                producer.partitions_for(topic)
            producer.config["max_block_ms"] = round(self.delivery_seconds * 1000)
        except AuthorizationError:
            _end(producer)
            raise self._not_allowed(topic) from None
        except (KafkaError, ValueError):
            _end(producer)
            self._tell_refusal()
            raise PublishError(
                f"Ämnet {topic} finns inte i Kafka på {self.bootstrap_servers}: skapa det "
                "med svarsgrad topics."
            ) from None
        return producer

    def _tell_refusal(self) -> None:
        """Raise why Kafka does not take us, now that something has failed, if it does not."""
        if refused := refusal(self.bootstrap_servers, self.security, has_failed=True):
            kind = PublishRefusedError if refused.is_certain else PublishError
            raise kind(refused.why) from None

    def _not_allowed(self, topic: str) -> PublishRefusedError:
        return PublishRefusedError(
            f"Kafka låter inte {self.security.who} skriva i {topic} (Write): ge den rätten "
            "(se docs/kafka-security.md)"
        )

    def publish(self, event: Event) -> None:
        """Send one event now, as a message of its own. Delivery is known later."""
        self._send(self._place(event), [encode(event, self._written)])

    def publish_many(self, events: Iterable[Event]) -> None:
        """Send events that are all at hand; those of a municipality and topic stay in their order.

        Order between them may change: nothing depends on it.
        """
        gathered: dict[_Place, list[bytes]] = {}
        sizes: dict[_Place, int] = {}
        for event in events:
            place, value = self._place(event), encode(event, self._written)
            values = gathered.setdefault(place, [])
            size = sizes.get(place, 0) + len(value) + 1
            if values and (len(values) == MAX_EVENTS or size >= MAX_BYTES):
                self._send(place, values)
                values = gathered[place] = []
                size = len(value) + 1
            values.append(value)
            sizes[place] = size
        for place, values in gathered.items():
            self._send(place, values)

    def wait(self, seconds: float) -> bool:
        """Return whether all events published so far are delivered, after waiting at most so long.

        Raises :class:`PublishError` if some never will be.
        """
        deadline = time.monotonic() + seconds
        while self._waiting:
            try:
                self._waiting[0].future.get(timeout=max(0.0, deadline - time.monotonic()))
            except KafkaTimeoutError:
                if not self._waiting[0].future.is_done:
                    return False
            except KafkaError:
                pass  # counted below, with all others that failed
            self._settle()
        return True

    def flush(self) -> None:
        """Return when all events published so far are delivered. Raises :class:`PublishError`."""
        if not self.wait(self.delivery_seconds + REQUEST_SECONDS):
            self._fail()

    def close(self) -> None:
        """Let go of the connection, without waiting for what is undelivered."""
        _end(self._producer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()

    def _place(self, event: Event) -> _Place:
        return self.topics.get(topic_of(event), self.topic), event.partitionkey

    def _all_topics(self) -> list[str]:
        return list(dict.fromkeys([self.topic, *self.topics.values()]))

    def _send(self, place: _Place, values: list[bytes]) -> None:
        if self._failure is not None:
            raise self._failure
        value = values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]"
        self.published += len(values)
        try:
            topic, municipality = place
            future = self._producer.send(topic, value, key=municipality.encode())
        except (KafkaError, ValueError) as error:
            self._fail(error)
        self._waiting.append(_Sent(future, len(values), len(value)))
        self._waiting_bytes += len(value)
        self._settle()
        while self._waiting_bytes > MAX_WAITING_BYTES:
            with suppress(KafkaError):
                self._waiting[0].future.get(timeout=self.delivery_seconds + REQUEST_SECONDS)
            self._settle(must=True)

    def _settle(self, *, must: bool = False) -> None:
        """Count off, from the first, what is delivered. Raises at one that is not and won't be."""
        while self._waiting and self._waiting[0].future.is_done:
            if self._waiting[0].future.failed():
                self._fail(self._waiting[0].future.exception)
            sent = self._waiting.popleft()
            self._waiting_bytes -= sent.size
            self.delivered += sent.events
            must = False
        if must:
            self._fail()

    def _fail(self, error: Exception | None = None) -> NoReturn:
        topics = ", ".join(self._all_topics())
        failed = self.published - self.delivered
        if _is_forbidden(error):
            self._failure = self._not_allowed(topics)
        else:
            self._failure = PublishError(
                f"{failed} händelser kom inte fram till {topics} på {self.bootstrap_servers}: "
                "se till att Kafka är i gång och starta om, så skickas de igen."
            )
        raise self._failure


def _is_forbidden(error: Exception | None) -> bool:
    """Say whether Kafka let us not write: who may write nothing gets no producer's id either."""
    wrapped = ClusterAuthorizationFailedError.__name__ in str(error)  # the client has it as text
    return wrapped or isinstance(error, AuthorizationError)


@contextmanager
def _client_is_quiet() -> Iterator[None]:
    """Keep the client from logging each failed attempt to connect: we say it once."""
    log = logging.getLogger("kafka")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _end(producer: KafkaProducer) -> None:
    """Close a producer whatever it has not delivered; its own close() gives up before it ends."""
    with _client_is_quiet():
        try:
            producer.close(timeout=0.5)
        except KafkaError:
            producer._sender.force_close()  # there is no public way
            with suppress(KafkaError):
                producer.close(timeout=2)
