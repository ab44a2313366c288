"""A worker under measurement: started, asked, stopped."""

import os
import signal
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.workload import MUNICIPALITIES, QUEUES
from stack.own import Worker
from stack.ports import free_ports

SESSION_SECONDS = "60"
"""So that a worker that is stopped while its log is written keeps its partitions."""


def catalogue(municipalities: tuple[str, ...] = MUNICIPALITIES) -> str:
    """Return a catalogue with two promises for every queue."""
    promise = "measure: answered_within, goal: 0.90, valid_from: 2014-01-01, source: Mätning"
    targets = "".join(
        f"      svar-{seconds}: {{name: Svar, limit_seconds: {seconds}, {promise}}}\n"
        for seconds in (15, 300)
    )
    queues = "".join(
        f"      {queue}: {{name: {queue}, kind: customer_centre, team: alla, "
        "targets: [svar-15, svar-300]}\n"
        for queue in QUEUES
    )
    return "version: 1\nmunicipalities:\n" + "".join(
        f"  {name}:\n    name: {name}\n    zone: Etc/UTC\n    teams: {{alla: {{name: Alla}}}}\n"
        f"    targets:\n{targets}    queues:\n{queues}"
        for name in municipalities
    )


@dataclass(slots=True)
class Measured:
    """A worker and what it answers."""

    worker: Worker
    group: str

    @classmethod
    def launch(
        cls, directory: Path, servers: str, topic: str, municipalities: tuple[str, ...]
    ) -> Self:
        """Launch a worker with a group of its own; it is not ready yet."""
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / "catalogue.yaml"
        file.write_text(catalogue(municipalities), encoding="utf-8")
        (port,) = free_ports(1)
        group = f"bench-{time.time_ns()}"
        worker = Worker(
            directory,
            port,
            servers,
            file,
            environment={
                "SVARSGRAD_GROUP": group,
                "SVARSGRAD_TOPICS": topic.removesuffix(".calls"),
                "SVARSGRAD_SESSION_SECONDS": SESSION_SECONDS,
            },
        )
        worker.launch()
        return cls(worker, group)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop()

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; 0 while nobody answers."""
        url = f"http://127.0.0.1:{self.worker.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def folded(self) -> int:
        """Return how many events the worker has folded."""
        _, body = self.get("/metrics")
        line = 'svarsgrad_events_total{result="folded"} '
        return int(float(body.partition(line)[2].partition("\n")[0] or 0))

    def resident_bytes(self) -> int:
        """Return the worker's resident memory."""
        status = Path(f"/proc/{self.worker.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def pause(self) -> None:
        """Stop the process where it is."""
        os.kill(self.worker.pid or 0, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.worker.pid or 0, signal.SIGCONT)
