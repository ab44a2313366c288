"""What Kafka must let a worker do: looked at before it starts."""

from streams.kafka.administration import (
    administered,
    lacked,
    partition_count,
    require_append_time,
    require_group,
    require_readable,
)
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import GRANT, event_topics
from streams.worker.settings import Settings


def admitted(settings: Settings, security: KafkaSecurity) -> tuple[int, list[str]]:
    """Return how many partitions the topics have, and what is to be remarked, a line each.

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
        return partitions, [
            f"{name} får inte skrivas (Write), så det som avvisas väntar i räknaren: {GRANT}"
            for name in lacked(admin, [settings.rejected], "WRITE")
        ]
