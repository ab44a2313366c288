"""Workers as processes on a real broker: how they end, and what they say."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from busy import happenings
from kafka import KafkaConsumer
from workers import Site, wait_until

SESSION_SECONDS = 120.0
"""For so long the group would wait for one that was killed."""


def test_a_worker_that_is_stopped_while_it_fills_its_ledgers_ends_at_once(site: Site) -> None:
    site.publish(list(itertools.islice(happenings(random.Random(2)), 1_000)))
    worker = site.worker("stopped", FILLS_SLOWLY)
    worker.launch()
    try:
        wait_until(lambda: "filling partitions" in worker.console.read_text(), 20, "filling")
        worker.stop(within_seconds=8)
        assert worker._process is not None
        assert worker._process.returncode == 0
        assert "ready:" not in worker.console.read_text()
    finally:
        worker.kill()


def test_a_group_that_refuses_the_worker_ends_it(site: Site) -> None:
    worker = site.worker("refused")
    # Another program in the group, which shares out partitions by a rule we don't have.
    other = KafkaConsumer(site.topic("calls"), group_id=site.topics, bootstrap_servers=site.kafka)
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


def test_a_worker_that_was_killed_is_followed_on_its_address_at_once(site: Site) -> None:
    worker = site.worker("killed", SESSION_SECONDS=str(SESSION_SECONDS)).start()
    worker.kill()
    began = time.monotonic()
    worker.start()
    try:
        assert time.monotonic() - began < SESSION_SECONDS / 2, "the group waited for the dead one"
    finally:
        worker.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_worker_that_hangs_in_leaving(
    site: Site, number: signal.Signals
) -> None:
    worker = site.worker("twice", HANGS_IN_LEAVING).start()
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


FILLS_SLOWLY = """
read = Recovery._read

async def slowly(self, *given):
    await asyncio.sleep(60)
    return await read(self, *given)

Recovery._read = slowly
"""
HANGS_IN_LEAVING = """
async def hang(self, code):
    await asyncio.sleep(60)

Worker._leave_in_order = hang
STOP_SECONDS = 60
"""


def test_a_worker_without_the_compiled_parts_says_so_in_one_line(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", "worker", "--catalogue", str(site.file),
         "--kafka", site.kafka],
        env={**os.environ, "NO_CYTHON": "1", "SVARSGRAD_TOPICS": site.topics},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Fel: fel bibliotek (faust.streams är inte kompilerad; "
        "faust.transport.conductor är inte kompilerad): installera det som "
        "requirements.txt pekar ut (pip install --require-hashes -r requirements.txt)"
    )
