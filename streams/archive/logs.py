"""Looks at the logs that the archive reads: where they begin and end, and if they are known."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from streams.archive.writing import Place, Position
from streams.kafka.security import KafkaSecurity
from streams.ledgers import Mark

STALL_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Log:
    """A partition's log as it is now."""

    begin: int
    end: int
    is_known: bool
    """Whether the record that the archive read last is there; also if it may have left the log."""

    def start(self, position: Position | None) -> int:
        """Return where to read on; a log that is another is read from its beginning.

        What is read twice changes nothing.
        """
        if position is None or not self.is_known or position.next_offset > self.end:
            return self.begin
        return max(position.next_offset, self.begin)


async def look(
    bootstrap_servers: str, security: KafkaSecurity, positions: Mapping[Place, Position | None]
) -> dict[Place, Log]:
    """Return the logs of some partitions, given where the archive stands in each.

    Raises what aiokafka raises, and TimeoutError.
    """
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="none",
        request_timeout_ms=int(STALL_SECONDS * 1000),
        **security.options(),
    )
    try:
        await reader.start()
        places = [TopicPartition(*place) for place in positions]
        reader.assign(places)
        begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
        marks = {
            tp: its.mark
            for tp, its in zip(places, positions.values(), strict=True)
            if its is not None
            and its.mark is not None
            and begins[tp] <= its.mark.offset < ends[tp]
        }
        there = await _marks_at(reader, marks)
        return {
            (tp.topic, tp.partition): Log(begins[tp], ends[tp], there.get(tp) == marks.get(tp))
            for tp in places
        }
    finally:
        await reader.stop()


async def _marks_at(
    reader: AIOKafkaConsumer, marks: Mapping[TopicPartition, Mark]
) -> dict[TopicPartition, Mark]:
    """Return the marks of the records that stand where some marks do."""
    found: dict[TopicPartition, Mark] = {}
    reader.pause(*(tp for tp in reader.assignment() if tp not in marks))
    for tp, mark in marks.items():
        reader.seek(tp, mark.offset)
    deadline = time.monotonic() + STALL_SECONDS
    while missing := [
        tp for tp, mark in marks.items() if await reader.position(tp) <= mark.offset
    ]:
        if time.monotonic() > deadline:
            raise TimeoutError
        fetched = await reader.getmany(*missing, timeout_ms=200, max_records=1)
        found |= {tp: Mark.of(records[0]) for tp, records in fetched.items() if records}
    return found
