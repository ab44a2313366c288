"""Lean records are those of aiokafka: the same offsets, times and values, in the same order."""

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import ConsumerRecord, TopicPartition

from streams.transport.lean_records import hand_out_lean

PLACE = TopicPartition("svarsgrad.calls", 3)
VALUES = [b"{}", b"[1,2]", None, b"", "växel".encode()]


def fetched(compression: int) -> FetchResult:
    """Return what a fetch brings: a batch, from its second record on."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=compression, is_transactional=0, producer_id=-1,
        producer_epoch=-1, base_sequence=-1, batch_size=10_000,
    )  # fmt: skip
    for offset, value in enumerate(VALUES):
        builder.append(offset, 1_700_000_000_000 + offset, b"lulea", value, [("id", b"x")])
    records = PartitionRecords(
        PLACE, MemoryRecords(bytes(builder.build())), None, 1, None, None,
        check_crcs=True, isolation_level=READ_COMMITTED,
    )  # fmt: skip
    state = SimpleNamespace(
        has_valid_position=True, position=1, paused=False, consumed_to=lambda _: None
    )
    assignment: Any = SimpleNamespace(active=True, state_value=lambda _: state)
    return FetchResult(PLACE, assignment=assignment, partition_records=records, backoff=0)


@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
def test_they_are_those_of_aiokafka(compression: int) -> None:
    theirs = fetched(compression).getall()
    consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records=OrderedDict()))
    hand_out_lean(consumer)
    consumer._fetcher._records[PLACE] = fetched(compression)
    ours = consumer._fetcher._records[PLACE].getall()
    assert [(r.offset, r.timestamp, r.value) for r in ours] == [
        (r.offset, r.timestamp, r.value) for r in theirs
    ]
    assert [r.value for r in ours] == VALUES[1:]
    assert all(type(r) is ConsumerRecord for r in theirs)
    assert not any(type(r) is ConsumerRecord for r in ours)


def test_what_had_been_fetched_and_what_is_no_result_is_kept() -> None:
    error = object()
    consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records=OrderedDict({PLACE: error})))
    hand_out_lean(consumer)
    assert dict(consumer._fetcher._records) == {PLACE: error}
