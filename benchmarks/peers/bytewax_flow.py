"""Bytewax: a state for each leg, kept in a recovery store on disk each ten seconds.

Settings: one worker in the process, batches of a thousand messages and a snapshot each ten
seconds, which are the defaults; keyed by leg, so that a snapshot has what has changed.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main

from benchmarks.peers.work import Call, Job, Leg, events_of, micros

EPOCH = timedelta(seconds=10)
Facts = dict[str, int]


def fold(facts: Facts | None, event: Call) -> tuple[Facts, Leg]:
    """Take an event down on its leg, and pass on what is known of it."""
    facts = facts or {}
    facts[event.what] = micros(event.time)
    return facts, (event.queue, facts["offered"], facts.get("answered"))


class _Table(StatelessSinkPartition[tuple[str, Leg]]):
    def __init__(self, legs: dict[str, Leg]) -> None:
        self._legs = legs

    def write_batch(self, items: list[tuple[str, Leg]]) -> None:
        self._legs.update(items)


class Table(DynamicSink[tuple[str, Leg]]):
    """The latest of each leg, for the figures at the end."""

    def __init__(self) -> None:
        self.legs: dict[str, Leg] = {}

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Table:  # noqa: ARG002
        """Return the sink of a worker."""
        return _Table(self.legs)


def main(job: Job) -> None:
    """Read the log to its end."""

    def read(message: Any) -> Iterable[tuple[str, Call]]:
        events = events_of(message.value)
        job.take(len(events))
        return [(f"{event.subject}|{event.queue}", event) for event in events]

    table = Table()
    flow = Dataflow("peer")
    messages = op.input("log", flow, KafkaSource([job.servers], [job.topic], tail=False))
    keyed = op.flat_map("read", messages, read)
    op.output("legs", op.stateful_map("fold", keyed, fold), table)  # type: ignore[arg-type]
    init_db_dir(job.directory, 1)
    cluster_main(flow, [], 0, epoch_interval=EPOCH, recovery_config=RecoveryConfig(job.directory))
    job.tell(table.legs.values())


if __name__ == "__main__":
    main(Job.from_arguments())
