"""Quix Streams: a state in RocksDB with a changelog in Kafka, at least once.

Settings: checkpoints each five seconds and the other defaults, which the documentation leaves for
throughput; no log. A municipality is the key, as the log has it, so that nothing is repartitioned.
The window is read from what went through: a state can't be listed.
"""

import os
from typing import Any

from quixstreams import Application, State

from benchmarks.peers.work import Call, Job, Leg, events_of, micros


def main(job: Job) -> None:
    """Read the log to its end."""
    app = Application(
        broker_address=job.servers,
        consumer_group=f"quix-{os.getpid()}",
        auto_offset_reset="earliest",
        state_dir=job.directory,
        use_changelog_topics=True,
        loglevel=None,
    )
    legs: dict[str, Leg] = {}

    def fold(event: Call, state: State) -> None:
        key = f"{event.subject}|{event.queue}"
        leg: dict[str, int] = state.get(key) or {}
        leg[event.what] = micros(event.time)
        state.set(key, leg)
        if "offered" in leg:
            legs[key] = event.queue, leg["offered"], leg.get("answered")

    def read(value: bytes) -> Any:
        events = events_of(value)
        job.take(len(events))
        return events

    calls = app.topic(job.topic, value_deserializer="bytes", key_deserializer="bytes")
    app.dataframe(calls).apply(read, expand=True).update(fold, stateful=True)
    app.run(count=job.events, collect=False)
    job.tell(legs.values())


if __name__ == "__main__":
    main(Job.from_arguments())
