"""What Kafka must let a worker do: looked at before it starts."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import Final

from streams.kafka.administration import (
    administered,
    lacked,
    members_called,
    partition_count,
    put_out,
    require_append_time,
    require_group,
    require_readable,
)
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import GRANT, TopicError, event_topics
from streams.worker.settings import Settings

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_NETWORK: Final = Path("/proc/self/ns/net")


def client_name(listen: str) -> str:
    """Return what a worker calls itself in Kafka: as no other does that is alive.

    By its address, and the machine, its start and the network that the address is one process's
    in. Where those are not known, a name that comes but once.
    """
    try:
        place = f"{_BOOT.read_text('ascii')} {_NETWORK.stat().st_ino} {listen}"
    except OSError:
        place = token_hex()
    return f"svarsgrad-{blake2b(place.encode(), digest_size=8).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Admission:
    """What Kafka says before a worker starts."""

    partitions: int
    """How many each topic has."""
    remarks: list[str]
    predecessors: list[str]
    """Members of the group that answer where this worker is to answer."""


def admitted(settings: Settings, security: KafkaSecurity) -> Admission:
    """Ask Kafka whether a worker may do what it must.

    Raises :class:`~streams.kafka.topics.TopicError` if the topics are not as they must be, and
    :class:`~streams.kafka.topics.RefusedError` if Kafka does not let the worker read them in its
    group.
    """
    topics = [*event_topics(settings.topics)]
    with administered(settings.kafka, security) as admin:
        partitions = partition_count(admin, [*topics, settings.rejected])
        require_readable(admin, topics)
        require_group(admin, settings.group)
        for topic in topics:
            require_append_time(admin, topic)
        # No reason not to start: figures matter more, and what is rejected can wait.
        remarks = [
            f"{name} får inte skrivas (Write), så det som avvisas väntar i räknaren: {GRANT}"
            for name in lacked(admin, [settings.rejected], "WRITE")
        ]
        predecessors = members_called(admin, settings.group, client_name(settings.listen))
        return Admission(partitions, remarks, predecessors)


def take_over(settings: Settings, security: KafkaSecurity, predecessors: Iterable[str]) -> None:
    """Put a worker out of the group that answered where this one answers now.

    Its process has ended, since its address was free; but if it was killed, the group would wait
    for it until its session is over. Where this fails it does.
    """
    with contextlib.suppress(TopicError), administered(settings.kafka, security) as admin:
        put_out(admin, settings.group, predecessors)
