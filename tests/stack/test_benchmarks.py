"""The benchmarks measure what they say, on any size of log."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.held import measured

ROOT = Path(__file__).parents[2]
CONTENDERS = {
    "svarsgrad", "plain aiokafka loop", "Kafka Streams (Java)", "Quix Streams", "Bytewax",
    "Faust as in its tutorial",
}  # fmt: skip


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def figures_of(directory: Path) -> dict[str, float]:
    """Return all figures of a run, by name."""
    (line,) = (directory / "runs.jsonl").read_text("utf-8").splitlines()
    parts = json.loads(line)["figures"].values()
    return {figure["name"]: figure["value"] for part in parts for figure in part}


def test_all_contenders_say_the_same_of_one_log(tmp_path: Path) -> None:
    given = ("--calls", "600", "--each", "60", "--to", str(tmp_path))
    run("benchmarks", "--only", "race", *given)
    figures = figures_of(tmp_path)
    assert {f"{name}, steady" for name in CONTENDERS} <= figures.keys()
    assert all(value > 0 for value in figures.values())
    (page,) = tmp_path.glob("*.md")
    assert page.with_suffix(".svg").exists()
    for name in CONTENDERS:
        assert f"| {name}, cold start | " in page.read_text("utf-8")


def test_what_is_measured_of_svarsgrad_alone_is_measured(tmp_path: Path) -> None:
    run(
        *("benchmarks", "--only", "crash", "--legs", "800", "--to", str(tmp_path)),
    )
    figures = figures_of(tmp_path)
    assert {"ready after kill -9", "scrape", "longest stall while scraped"} <= figures.keys()
    assert {"memory a leg, all in", "two workers against one"} <= figures.keys()


def test_what_is_held_is_weighed_and_timed() -> None:
    its = measured(300, 3)
    assert its.folding > 0
    assert its.copying > 0
    assert its.figures > 0
