"""The watchdog ends its own process, so each case is a process."""

import json
import subprocess
import sys
import time

import pytest

from streams.transport.watchdog import EXIT_CODE

PROCESS = """
import asyncio, sys, time
from streams.logs.stderr import formatter, logged_to_stderr
from streams.transport.watchdog import Watchdog

async def main():
    began = time.monotonic()
    problems = lambda: {HEALTH}
    task = asyncio.create_task(Watchdog(problems, 1.0).watch())
    {DOES}
    task.cancel()

with logged_to_stderr(formatter("json", of_journal=False)):
    asyncio.run(main())
"""


def run(does: str, health: str = "{}") -> tuple[int, str, float]:
    """Return exit code, standard error, and the seconds since the watch began."""
    program = PROCESS.replace("{HEALTH}", health).replace("{DOES}", does)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stderr, time.monotonic() - began


def test_a_blocked_event_loop_ends_the_process_and_shows_where_it_stood() -> None:
    code, said, took = run("await asyncio.sleep(0.1); time.sleep(20)")
    assert code == EXIT_CODE == 75
    line = json.loads(said)
    assert (line["level"], line["event"]) == ("critical", "stuck")
    assert "the event loop has stood still for 1 s" in line["message"]
    assert line["exception"].startswith("Thread MainThread:")
    assert 'File "<string>", line 10, in main' in line["exception"]
    assert took < 10


@pytest.mark.parametrize(
    ("health", "why"),
    [
        ("{'stuck': 'lag \"x\"'} if time.monotonic() - began > 0.5 else {}", 'stuck: lag "x"'),
        ("1 / 0", "its health can't be told: ZeroDivisionError('division by zero')"),
    ],
)
def test_a_worker_that_is_not_well_ends_the_process_and_says_why(health: str, why: str) -> None:
    code, said, _ = run("await asyncio.sleep(20)", health)
    assert code == EXIT_CODE
    assert json.loads(said)["message"] == f"ending the process: {why}"


def test_a_healthy_process_lives_and_a_watchdog_that_is_called_off_lets_it_be() -> None:
    code, said, _ = run(
        "await asyncio.sleep(1.5); task.cancel(); await asyncio.sleep(0); time.sleep(1.5)"
    )
    assert (code, said) == (0, "")
