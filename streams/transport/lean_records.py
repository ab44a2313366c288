"""Records as aiokafka's compiled parts read them, without the eleven fields of what it hands out.

To make one of those was a fifth of all that an event took. Of a record its offset, its time and
its value are asked, which are the same (docs/decisions/0027).
"""

from collections import OrderedDict
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import FetchResult


class _Fetched(OrderedDict[Any, Any]):
    """What has been fetched of each partition and not been asked for yet."""

    def __setitem__(self, place: Any, result: Any) -> None:
        if type(result) is FetchResult:
            result._partition_records._consumer_record = _as_it_is
        super().__setitem__(place, result)


def _as_it_is(_: Any, record: Any) -> Any:
    return record


def hand_out_lean(consumer: AIOKafkaConsumer) -> None:
    """Let a consumer that has just been started hand out records as they are read."""
    fetcher = consumer._fetcher
    fetcher._records = _Fetched(fetcher._records)
