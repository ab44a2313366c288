"""``python -m benchmarks.profiled NAME``: flame graphs of a worker, in docs/profiles.

py-spy looks at a worker from outside a hundred times a second: while it starts on a log of 600,000
events, and then while it is scraped again and again. ``--tree`` has another checkout do it.
"""

import signal
import sys
import tempfile
import time
from pathlib import Path
from subprocess import DEVNULL, Popen

import click

from benchmarks.race import PYTHON, ROOT
from benchmarks.running import Measured, topic
from benchmarks.workload import MUNICIPALITIES, produce
from stack.local import start_stack

PROFILES = ROOT / "docs" / "profiles"
RATE = "100"


@click.command()
@click.argument("name")
@click.option("--tree", type=click.Path(path_type=Path), default=ROOT, help="Whose worker.")
@click.option("--calls", default=200_000, show_default=True)
@click.option("--seconds", default=15, show_default=True, help="How long it is scraped.")
def main(name: str, tree: Path, calls: int, seconds: int) -> None:
    """Draw where a worker's time goes."""
    PROFILES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as where, start_stack() as stack:
        servers = stack.broker.bootstrap_servers
        with topic(servers, "profiled.calls"):
            produce(servers, "profiled.calls", calls)
            measured = Measured.launch(
                Path(where), servers, "profiled.calls", MUNICIPALITIES, tree=tree
            )
            with measured:
                while not measured.get("/healthz")[0]:  # before that it is no Python to look at
                    time.sleep(0.01)
                with _watched(measured, PROFILES / f"{name}-cold-start.svg", seconds=60) as watch:
                    measured.worker.wait_ready()
                    watch.send_signal(signal.SIGINT)  # it writes what it has
                with _watched(measured, PROFILES / f"{name}-scrapes.svg", seconds):
                    ends = time.monotonic() + seconds
                    while time.monotonic() < ends:
                        measured.get("/metrics")
    for what in ("cold-start", "scrapes"):
        _without_paths(PROFILES / f"{name}-{what}.svg")


def _without_paths(picture: Path) -> None:
    """Take out where this checkout is: the picture's title is the command that made it."""
    text = picture.read_text(encoding="utf-8")
    picture.write_text(text.replace(f"{ROOT}/", ""), encoding="utf-8")


def _watched(measured: Measured, to: Path, seconds: int) -> Popen[bytes]:
    """Return a watch on a worker; at its end it is waited for."""
    command = [str(PYTHON.with_name("py-spy")), "record", "--nonblocking", "--rate", RATE]
    told = ["--duration", str(seconds), "--output", str(to), "--pid", str(measured.worker.pid)]
    return Popen([*command, *told], stdout=DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
