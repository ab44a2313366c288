"""faust-streaming as its tutorial has it: a Record, a table, a hopping window.

Settings: the tutorial's own, with tables in memory and their changelogs in Kafka, as they are by
default. An array of events is no Record: it is read as JSON, and each of it made one.
"""

import os
from datetime import datetime, timedelta
from typing import Any

import faust
from mode.utils.logging import setup_logging

from benchmarks.peers.work import PARTITIONS, Job, micros

WINDOW = timedelta(minutes=30)
STEP = timedelta(minutes=5)


class CallData(faust.Record, coerce=True):
    """What is said of a leg."""

    queue: str
    arrived_at: datetime


class Call(faust.Record, coerce=True, validation=True):
    """An event about a call."""

    id: str
    type: str
    subject: str
    time: datetime
    partitionkey: str
    data: CallData


def app_of(job: Job) -> faust.App:
    """Return the app that folds the log, and ends the process when it has."""
    app = faust.App(
        f"faust-{os.getpid()}",
        broker=f"kafka://{job.servers}",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        datadir=str(job.directory),
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    calls = app.topic(job.topic, value_serializer="json", key_type=bytes)
    legs: Any = app.Table("legs", default=dict, partitions=PARTITIONS)
    answered: Any = app.Table("answered", default=int, partitions=PARTITIONS).hopping(
        WINDOW, STEP, expires=WINDOW
    )

    @app.agent(calls)
    async def fold(stream: Any) -> None:
        async for value in stream:
            events = value if isinstance(value, list) else [value]
            for raw in events:
                event = Call.from_data(raw)
                what, queue = event.type.split(".")[3], f"{event.partitionkey}/{event.data.queue}"
                key = f"{event.subject}|{queue}"
                legs[key] = {**legs[key], what: micros(event.time)}
                if what == "answered":
                    answered[queue] += 1
            job.take(len(events))
            if job.is_done:
                facts = (
                    (key.partition("|")[2], leg["offered"], leg.get("answered"))
                    for key, leg in legs.items()
                )
                job.tell(facts)
                os._exit(0)

    return app


if __name__ == "__main__":
    setup_logging(loglevel="ERROR")
    job = Job.from_arguments()
    faust.Worker(app_of(job), loglevel="ERROR").execute_from_commandline()
