"""An import that is stopped says so, leaves whole lines, and no reader behind it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from imported import whole_catalogue, write_list

ROWS = 40_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_interrupted_says_that_it_can_be_run_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    write_list(tmp_path / "samtal.csv", ROWS)
    (tmp_path / "katalog.yaml").write_text(whole_catalogue(), "utf-8")
    events = tmp_path / "samtal.jsonl"
    with subprocess.Popen(
        [sys.executable, "-m", "streams", "import-calls", tmp_path / "samtal.csv", "--catalogue",
         tmp_path / "katalog.yaml", "--to", events],
        stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        deadline = time.monotonic() + 20
        while not (events.exists() and events.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(number)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert said == "Avbruten: kör igen, så kommer resten; inget räknas två gånger.\n"
    raw = events.read_bytes()
    assert raw.endswith(b"}\n")
    assert 0 < raw.count(b"\n") < 3 * ROWS
