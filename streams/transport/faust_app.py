"""Faust, with nothing on but reading in a group: no web, tables, leader topics or commits."""

from typing import Any, Final, Protocol

import faust
from faust.tables.manager import TableManager

from streams.kafka.security import PLAINTEXT, KafkaSecurity

BUFFERED_BATCHES: Final = 8
MAX_POLL_RECORDS: Final = 5_000
FETCH_BYTES: Final = 4 << 20


class Member(Protocol):
    """What is told of a member of a group."""

    @property
    def kafka(self) -> str:
        """Return Kafka's addresses, with commas between."""

    @property
    def group(self) -> str:
        """Return the name of the group."""

    @property
    def session_seconds(self) -> float:
        """Return for how long a silent member keeps its partitions."""


class DisklessApp(faust.App):
    """A Faust app that makes no directories: there is nothing to keep on a disk."""

    def _create_directories(self) -> None:
        pass


class NoTables(TableManager):
    """Faust's own waits a second for tables to be declared before the group is joined."""

    async def on_start(self) -> None:
        """Begin at once: there are none."""
        await self._update_channels()
        await self.recovery.start()


def faust_app(
    settings: Member,
    partitions: int,
    security: KafkaSecurity = PLAINTEXT,
    client: str = "svarsgrad",
) -> Any:
    """Return a Faust app without web, tables, leader topics or commits of its own."""
    session = settings.session_seconds
    heartbeat = session / 4
    return DisklessApp(
        settings.group,
        broker=[f"kafka://{address.strip()}" for address in settings.kafka.split(",")],
        broker_credentials=_credentials(security),
        broker_client_id=client,
        store="memory://",
        TableManager=NoTables,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=partitions,
        stream_buffer_maxsize=BUFFERED_BATCHES,
        stream_wait_empty=False,
        table_standby_replicas=0,  # with standbys, Faust's assignor leaves a new worker idle
        broker_max_poll_records=MAX_POLL_RECORDS,
        broker_max_poll_interval=3600.0,  # that we fetch is the watchdog's to see to
        broker_request_timeout=max(30.0, 2 * session),
        broker_session_timeout=session,
        broker_heartbeat_interval=heartbeat,
        # No heartbeats are sent while the group waits for a member that does not rejoin. If it
        # waited past the session, the others would take themselves for lost and show nothing.
        broker_rebalance_timeout=session - heartbeat,
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_metadata_max_age_ms=10_000,
    )


def _credentials(security: KafkaSecurity) -> Any:
    """Return Faust's word for how a client connects; None is plaintext."""
    if security.has_user:
        return faust.SASLCredentials(
            username=security.user,
            password=security.password,
            mechanism=security.mechanism,
            ssl_context=security.context,
        )
    return None if security.context is None else faust.SSLCredentials(security.context)
