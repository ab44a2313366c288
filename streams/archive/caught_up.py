"""Whether the archive has all that its topics say: what it lacks would else be stated away."""

import asyncio

from aiokafka.errors import KafkaError
from sqlalchemy import Engine

from streams.archive.logs import look
from streams.archive.writing import Place, Position, positions
from streams.domain.swedish import counted
from streams.kafka.administration import administered, require_readable
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import TopicError


class NotCaughtUpError(RuntimeError):
    """The archive lacks something, or it can't be told. The message is one line."""


def require_caught_up(
    engine: Engine, kafka: str, security: KafkaSecurity, topics: frozenset[str]
) -> None:
    """Raise :class:`NotCaughtUpError` unless the archive has all that some topics say now."""
    with engine.connect() as connection:
        known: dict[Place, Position | None] = {
            place: its for place, its in positions(connection).items() if place[0] in topics
        }
    if {topic for topic, _ in known} != topics:
        raise NotCaughtUpError(
            "arkivet har inte läst ämnena än: starta svarsgrad archive, och vänta tills det är "
            "redo"
        )
    try:
        with administered(kafka, security) as admin:
            require_readable(admin, sorted(topics))
        logs = asyncio.run(look(kafka, security, known))
    except TopicError as error:
        raise NotCaughtUpError(str(error)) from None
    except (KafkaError, OSError, TimeoutError) as error:
        raise NotCaughtUpError(
            f"Kafka på {kafka} slutade svara ({type(error).__name__}): försök igen"
        ) from None
    behind = sum(max(0, logs[place].end - its.next_offset) for place, its in known.items() if its)
    if behind:
        raise NotCaughtUpError(
            f"arkivet ligger {counted(behind, 'post', 'poster')} efter ämnena: vänta tills "
            "svarsgrad archive är ikapp"
        )
