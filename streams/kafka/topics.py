"""The topics svarsgrad needs, and what they must be like.

All topics of one installation have the same number of partitions, so that Faust's assignor gives
the same numbers of all topics to the same worker. Partitions are never added later: a key would
move to another one.
"""

from dataclasses import dataclass
from typing import Final

from streams.domain.event_types import TOPICS

DAY_MS: Final = 86_400_000
FOR_EVER: Final = -1
TIMESTAMP_TYPE: Final = "message.timestamp.type"
APPEND_TIME: Final = "LogAppendTime"
"""Records have the broker's times, not their senders'."""


class TopicError(RuntimeError):
    """The topics are not as they must be, or can't be reached; the operator must act.

    The message is one line per fault.
    """


class RefusedError(TopicError):
    """Kafka answers, but does not take us, or not what we ask: trying again does not help."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be."""

    name: str
    partitions: int
    replication: int
    retention_days: int | None
    """None for ever."""
    cleanup: str

    @property
    def retention_ms(self) -> int:
        """Return for how long it keeps its records, as Kafka has it: -1 is for ever."""
        return FOR_EVER if self.retention_days is None else self.retention_days * DAY_MS

    @property
    def config(self) -> dict[str, str]:
        """Return the settings that matter, as Kafka names them."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            TIMESTAMP_TYPE: APPEND_TIME,
            "min.insync.replicas": str(max(1, self.replication - 1)),
        }


RETENTION_DAYS: Final[dict[str, int | None]] = {
    "calls": 90,
    "emails": 420,
    "cases": 420,
    "presence": 90,
    "measures": None,
}
"""For how long each topic keeps its events: longer than they are needed; None for ever."""
GRANT: Final = "ge den rätten (se docs/kafka-security.md)"
"""What to do about a right that is lacked."""
REJECTED: Final = "rejected"
REJECTED_DAYS: Final = 30


def event_topics(prefix: str) -> dict[str, str]:
    """Return the topics that are read by their names, with which of ``TOPICS`` each is."""
    return {f"{prefix}.{key}": key for key in TOPICS}


def rejected_topic(prefix: str) -> str:
    """Return the name of the topic for what can't be used."""
    return f"{prefix}.{REJECTED}"


def wanted(prefix: str = "svarsgrad", partitions: int = 8, replication: int = 3) -> list[Topic]:
    """Return the topics of an installation."""
    return [
        *(
            Topic(name, partitions, replication, RETENTION_DAYS[key], "delete")
            for name, key in event_topics(prefix).items()
        ),
        Topic(rejected_topic(prefix), partitions, replication, REJECTED_DAYS, "compact,delete"),
    ]
