"""The benchmarks measure what they say, on any size of log."""

import re
import subprocess
import sys
from pathlib import Path

FIGURES = (
    *("plain aiokafka loop", "cold start", "start to ready", "steady state"),
    *("freshness p50", "freshness p99", "scrape", "resident memory", "memory per leg"),
)

OF_A_MILLION = (
    *("fold", "evaluation", "fold and evaluation", "peak of memory"),
    *("evaluation beside 0 more", "evaluation beside 100 more", "evaluation beside 180 more"),
)


def test_the_benchmark_of_a_large_ledger_runs_to_its_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.million", "--legs", "200", "--queues", "3"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for figure in OF_A_MILLION:
        assert re.search(rf"^{figure} · [\d.,]+ ", done.stdout, re.MULTILINE), done.stdout


def test_every_benchmark_runs_to_its_figure() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--calls", "600", "--rate", "200", "--seconds", "1"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for figure in FIGURES:
        assert re.search(rf"^{figure} · [\d.,]+ ", done.stdout, re.MULTILINE), done.stdout
