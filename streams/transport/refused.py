"""Says why Kafka takes a process no more: the clients try again for ever, and don't tell."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from streams.kafka.refusals import refused_by
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import GRANT, RefusedError

REFUSED_SECONDS: Final = 5.0
"""So often it is looked for, while a process is not ready."""


async def look_for_refusal(
    kafka: str,
    security: KafkaSecurity,
    is_ready: Callable[[], bool],
    fail: Callable[[Exception], Awaitable[None]],
) -> None:
    """End a process when Kafka takes it no more: only a new one reads its files anew."""
    while True:
        await asyncio.sleep(REFUSED_SECONDS)
        if not is_ready():
            refused = await refused_by(kafka, security)
            if refused is not None:
                await fail(RefusedError(refused.why))
                return


def why_refused(error: BaseException | None, security: KafkaSecurity) -> str | None:
    """Return in one line what Kafka doesn't let us, and what to do; None of any other error."""
    match error:
        case TopicAuthorizationFailedError():
            it = f"läsa {getattr(error.args[0], 'topic', error.args[0])} (Read)"
        case GroupAuthorizationFailedError():
            it = f"vara med i gruppen {error.args[0]} (Read)"
        case RefusedError():
            return str(error)
        case _:
            return None
    return f"Kafka låter inte {security.who} {it}: {GRANT}"
