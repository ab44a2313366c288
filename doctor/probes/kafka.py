"""Looks at Kafka, its topics and the groups that read them. It needs Describe, and no more.

When a topic was last written to is asked of its index, so nothing is read.
"""

import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorNotAvailableError, GroupAuthorizationFailedError, KafkaError

from doctor.seen import Failed, GroupSeen, KafkaSeen, TopicSeen
from streams.addresses import read_address
from streams.asking import unanswered
from streams.kafka.administration import administered, faults
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import GRANT, RefusedError, Topic, TopicError, rejected_topic, wanted

COPIES: Final = 3
"""So many copies a topic has, where there are so many nodes."""
CONNECT_SECONDS: Final = 4.0
CATCH_UP_SECONDS: Final = 4.0
"""What was in the log is read, and told to have been, within this, by whoever is well."""
TRIES: Final = 6
UNMADE: Final = 8
"""A number of partitions, where no topic has any."""
_Offsets = Mapping[TopicPartition, int]


def see_kafka(
    security: KafkaSecurity, kafka: str, prefix: str, groups: Sequence[str]
) -> KafkaSeen | Failed:
    """Return what can be seen of Kafka, of the topics of an installation, and of some groups."""
    if (why := why_away(kafka)) is not None:
        return Failed(
            f"ingen Kafka svarar på {kafka} ({why}): starta den, eller ange en annan adress med "
            "--kafka"
        )
    try:
        with administered(kafka, security) as admin:
            return _see(admin, prefix, groups)
    except TopicError as error:
        return Failed(str(error))


def why_away(kafka: str) -> str | None:
    """Return in words why no server can be connected to; None if one can, or one is no address.

    A client tries for much longer: one may be about to start.
    """
    found = [read_address(text) for text in kafka.split(",")]
    servers = [its for its in found if its is not None]
    if len(servers) < len(found):
        return None
    why = None
    for server in servers:
        try:
            with socket.create_connection(server, CONNECT_SECONDS):
                return None
        except OSError as error:
            why, _ = unanswered(error, "", "")
    return why


def _see(admin: KafkaAdminClient, prefix: str, groups: Sequence[str]) -> KafkaSeen:
    nodes = sum(not its.get("is_fenced") for its in admin.describe_cluster()["brokers"])
    names = [topic.name for topic in wanted(prefix)]
    described = {its["name"]: its for its in admin.describe_topics(names)}
    topics = {
        topic.name: _topic(admin, topic, described[topic.name])
        for topic in wanted(prefix, _partitions(described), min(COPIES, nodes))
    }
    places = {
        TopicPartition(name, number): end
        for name, its in topics.items()
        if isinstance(its, TopicSeen) and name != rejected_topic(prefix)
        for number, end in its.ends.items()
    }
    return KafkaSeen(nodes, topics, {group: _group(admin, group, places) for group in groups})


def _partitions(described: Mapping[str, Any]) -> int:
    """Return how many partitions most of the topics have."""
    counts = Counter(len(its["partitions"]) for its in described.values() if not its["error_code"])
    return counts.most_common(1)[0][0] if counts else UNMADE


def _topic(admin: KafkaAdminClient, topic: Topic, described: Any) -> TopicSeen | Failed:
    try:
        lines = faults(admin, [topic])
    except RefusedError as error:
        lines = [str(error)]
    if described["error_code"]:
        return Failed(lines[0] if lines else f"{topic.name} har just gjorts: försök igen")
    its = {one["partition_index"]: one for one in described["partitions"]}
    led = [number for number, one in its.items() if one["leader_id"] >= 0]
    places = [TopicPartition(topic.name, number) for number in led]
    ends = _offsets(admin, places, OffsetSpec.LATEST)
    return TopicSeen(
        partitions=len(its),
        faults=lines,
        headless=[number for number in its if number not in led],
        behind=[
            number
            for number, one in its.items()
            if len(one["isr_nodes"]) < len(one["replica_nodes"])
        ],
        copies=min(len(one["replica_nodes"]) for one in its.values()),
        ends={place.partition: end for place, end in ends.items()},
        newest_ms=_newest(admin, places),
    )


def _offsets(
    admin: KafkaAdminClient, places: Sequence[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    if not places:
        return {}
    told = admin.list_partition_offsets(dict.fromkeys(places, spec))
    return {place: its.offset for place, its in told.items()}


def _newest(admin: KafkaAdminClient, places: Sequence[TopicPartition]) -> int | None:
    """Return when something was last appended, in milliseconds; None if nothing ever was."""
    if not places:
        return None
    told = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.MAX_TIMESTAMP))
    return max((its.timestamp for its in told.values() if its.offset >= 0), default=None)


def _group(admin: KafkaAdminClient, group: str, ends: _Offsets) -> GroupSeen | Failed:
    try:
        members = _members(admin, group)
        lag = _lag(admin, group, ends)
        if lag and members:
            time.sleep(CATCH_UP_SECONDS)
            lag = _lag(admin, group, ends)
        return GroupSeen(members, lag)
    except GroupAuthorizationFailedError:
        user = admin.config.get("sasl_plain_username")
        who = f"användaren {user}" if user else "oss"
        return Failed(f"Kafka låter inte {who} se gruppen {group} (Describe): {GRANT}")
    except KafkaError as error:
        return Failed(
            f"gruppen {group} går inte att se ({type(error).__name__}): försök igen om en minut"
        )


def _members(admin: KafkaAdminClient, group: str) -> int:
    """Return how many are in a group; on a new cluster it takes a moment until that is known."""
    for _ in range(TRIES):
        try:
            return len(admin.describe_groups([group])[group]["members"])
        except CoordinatorNotAvailableError:
            time.sleep(1)
    return len(admin.describe_groups([group])[group]["members"])


def _lag(admin: KafkaAdminClient, group: str, ends: _Offsets) -> int:
    """Return how much of what stands before some ends the group has not read."""
    told = admin.list_group_offsets({group: list(ends)})[group] if ends else {}
    read = {place: its.offset for place, its in told.items() if its.offset >= 0}
    unread = [place for place in ends if place not in read]
    read |= _offsets(admin, unread, OffsetSpec.EARLIEST)
    return sum(max(0, end - read[place]) for place, end in ends.items())
