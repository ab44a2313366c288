"""A year's calls are imported in a minute, and what they take does not grow with their number."""

import os
import subprocess
import sys
from pathlib import Path

from imported import whole_catalogue, write_list

ROWS = (10_000, 50_000)
LEAST_A_SECOND = 7_500
"""450,000 rows in a minute."""
MOST_BYTES_A_ROW = 700
"""What tells equal rows apart: the rows themselves are not held."""


def imported(tmp_path: Path, rows: int) -> tuple[float, int]:
    """Return how many seconds of a processor an import took, and the most bytes of memory."""
    write_list(tmp_path / "samtal.csv", rows)
    (tmp_path / "katalog.yaml").write_text(whole_catalogue(), "utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "streams", "import-calls", tmp_path / "samtal.csv", "--catalogue",
         tmp_path / "katalog.yaml", "--to", tmp_path / "samtal.jsonl"],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stderr is not None
    said = running.stderr.read().decode()
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    running.stderr.close()
    assert running.returncode == 0, said
    assert len(said.splitlines()) == 2, said
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def test_a_year_of_calls_takes_less_than_a_minute_and_is_not_held_in_memory(
    tmp_path: Path,
) -> None:
    (_, few), (seconds, many) = (imported(tmp_path, rows) for rows in ROWS)
    assert ROWS[1] / seconds > LEAST_A_SECOND
    assert (many - few) / (ROWS[1] - ROWS[0]) < MOST_BYTES_A_ROW
