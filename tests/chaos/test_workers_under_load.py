"""Workers and brokers that are killed, started again and stopped under a steady load.

Every answer that any worker gave meanwhile must be what replay says, up to its own offsets and at
its own instant; and in the end all of the log is in it.
"""

import asyncio
import contextlib
import threading
import time
from pathlib import Path

import pytest
from exported import Scrape, faults
from workers import (
    MUNICIPALITIES,
    PARTITIONS,
    SESSION_SECONDS,
    Observer,
    exports_all,
    is_ready,
    load,
    make_topic,
    make_worker,
    offsets,
    wait_until,
    written,
)

from stack.broker import Broker
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.catalogue import Catalogue, load_catalogue
from streams.ledgers import partition_of
from streams.replay.topic_log import read_topic


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path)


@pytest.fixture
def loaded(file: Path) -> Catalogue:
    return load_catalogue(file.read_bytes(), file.name)


def test_killed_started_and_stopped_under_load_workers_never_tell_a_wrong_figure(
    broker: Broker, file: Path, loaded: Catalogue
) -> None:
    topic = make_topic(broker, "worker.faults")
    first, second = (make_worker(broker, topic, file, name) for name in ("first", "second"))
    with contextlib.ExitStack() as running:
        running.callback(first.stop)
        running.callback(second.stop)
        first.launch()
        second.launch()
        first.wait_ready()
        second.wait_ready()
        with load(broker, topic, per_second=300), Observer([first, second]) as observer:
            time.sleep(2)
            first.kill()
            taken = wait_until(lambda: exports_all(second), 20, "the other has all after a kill")
            assert taken < SESSION_SECONDS + 4
            first.start()
            wait_until(
                lambda: len(Scrape.of_worker(first.port).municipalities()) > 0, 10, "a part"
            )
            time.sleep(2)
            stopping = threading.Thread(target=second.stop)
            stopping.start()
            taken = wait_until(lambda: exports_all(first), 10, "the other has all after a stop")
            stopping.join()
            assert taken < 4, "a worker that is stopped leaves the group at once"
            second.start()
            wait_until(
                lambda: len(Scrape.of_worker(second.port).municipalities()) > 0, 10, "again"
            )
            time.sleep(1)

        def settled() -> bool:
            scrapes = [Scrape.of_worker(w.port) for w in (first, second)]
            lags = [lag for scrape in scrapes for lag in scrape.by_partition(m.LAG).values()]
            return len(lags) == PARTITIONS and not any(lags)

        wait_until(settled, 10, "no lag")
        time.sleep(1.5)  # the commit that follows
        last = [Scrape.of_worker(worker.port) for worker in (first, second)]

    logs = read_topic(broker.bootstrap_servers, topic)
    assert sum(len(list(log.records)) for log in logs) > 3_000
    for scrape in (*observer.answers, *last):
        assert faults(scrape, loaded, logs) == []
        if scrape.value(m.READY):
            assert scrape.municipalities() == {
                name
                for name in MUNICIPALITIES
                if partition_of(name, PARTITIONS) in scrape.by_partition(m.OWNED)
            }
    assert len(observer.answers) > 30

    assert [scrape.value(m.READY) for scrape in last] == [1, 1]
    owned = [scrape.municipalities() for scrape in last]
    assert owned[0] | owned[1] == set(MUNICIPALITIES)
    assert owned[0] & owned[1] == set()
    ends, committed = asyncio.run(offsets(broker, topic, topic))
    assert last[0].by_partition(m.NEXT_OFFSET) | last[1].by_partition(m.NEXT_OFFSET) == ends
    assert committed == ends


def test_a_worker_ends_though_the_broker_is_away(
    tmp_path_factory: pytest.TempPathFactory, file: Path
) -> None:
    port, controller_port = free_ports(2)
    with Broker(tmp_path_factory.mktemp("away"), port, controller_port) as broker:
        topic = make_topic(broker, "worker.away")
        worker = make_worker(broker, topic, file, "away")
        worker.start()
        broker.kill()
        try:
            wait_until(lambda: not is_ready(worker), SESSION_SECONDS + 3, "not ready")
            assert Scrape.of_worker(worker.port).municipalities() == set()
            worker.stop(within_seconds=14)
            assert worker._process is not None
            assert worker._process.returncode == 0
        finally:
            worker.kill()
