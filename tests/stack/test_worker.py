"""Workers as processes on a real broker: how they end, and what they say."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kafka import KafkaConsumer
from workers import calls, make_topic, make_worker, wait_until, written

from producers.publisher import Publisher
from stack.broker import Broker


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path)


def test_a_worker_that_is_stopped_while_it_fills_its_ledgers_ends_at_once(
    broker: Broker, file: Path
) -> None:
    topic = make_topic(broker, "worker.stopped")
    with Publisher(broker.bootstrap_servers, topic) as publisher:
        events = calls(seed=2)
        for _ in range(60_000):
            publisher.publish(next(events))
    worker = make_worker(broker, topic, file, "stopped")
    worker.launch()
    try:
        wait_until(lambda: "filling partitions" in worker.console.read_text(), 20, "filling")
        worker.stop(within_seconds=8)
        assert worker._process is not None
        assert worker._process.returncode == 0
        assert "ready:" not in worker.console.read_text()
    finally:
        worker.kill()


def test_a_group_that_refuses_the_worker_ends_it(broker: Broker, file: Path) -> None:
    topic = make_topic(broker, "worker.refused")
    worker = make_worker(broker, topic, file, "refused")
    # Another program in the group, which shares out partitions by a rule we don't have.
    other = KafkaConsumer(topic, group_id=topic, bootstrap_servers=broker.bootstrap_servers)
    try:
        wait_until(lambda: bool(other.poll(200) or other.assignment()), 20, "the other's share")
        worker.launch()
        wait_until(lambda: worker.pid is None, 20, "the end of a worker that can't join")
        assert worker._process is not None
        assert worker._process.returncode == 1
        assert "InconsistentGroupProtocol" in worker.console.read_text()
    finally:
        other.close()
        worker.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_worker_that_hangs_in_leaving(
    broker: Broker, file: Path, number: signal.Signals, tmp_path: Path
) -> None:
    topic = make_topic(broker, f"worker.twice.{number}")
    (tmp_path / "sitecustomize.py").write_text(HANGS_IN_LEAVING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
        worker = make_worker(broker, topic, file, "twice")
        worker.start()
    try:
        os.kill(worker.pid or 0, number)
        wait_until(lambda: "leaving the group" in worker.console.read_text(), 5, "leaving")
        time.sleep(0.5)
        assert worker.pid is not None
        os.kill(worker.pid, number)
        wait_until(lambda: worker.pid is None, 2, "the end")
        assert worker._process is not None
        assert worker._process.returncode == -number
    finally:
        worker.kill()


HANGS_IN_LEAVING = """
import asyncio, importlib.abc, importlib.machinery, sys

class Sabotage(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "streams.app":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            async def hang(self, code):
                await asyncio.sleep(60)
            module.Worker._leave_in_order = hang
            module.STOP_SECONDS = 60
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Sabotage())
"""


def test_a_worker_without_the_compiled_parts_says_so_in_one_line(
    broker: Broker, file: Path
) -> None:
    topic = make_topic(broker, "worker.slow")
    done = subprocess.run(
        [sys.executable, "-m", "streams", "worker", "--catalogue", str(file),
         "--kafka", broker.bootstrap_servers],
        env={**os.environ, "NO_CYTHON": "1", "SVARSGRAD_TOPICS": topic.removesuffix(".calls")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Fel: fel bibliotek (faust.streams är inte kompilerad; "
        "faust.transport.conductor är inte kompilerad): kör make setup"
    )
