"""Our own commands as services: a worker, a follower, a simulated exchange."""

import sys
from collections.abc import Callable
from pathlib import Path

from stack.loopback import answers_ok
from stack.process import Service


class Command(Service):
    """A subcommand of ``svarsgrad`` as a child process. It is ready as ``ready`` says."""

    def __init__(
        self,
        name: str,
        directory: Path,
        *arguments: str,
        ports: dict[str, int] | None = None,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(directory, ports or {})
        self.name = name  # type: ignore[misc] # of this one, not of the class
        self._arguments = arguments
        self._ready = ready

    def prepare(self) -> None:
        """Do nothing: it is told everything on its command line."""

    def command(self) -> list[str]:
        """Return this Python, running the subcommand."""
        return [sys.executable, "-m", "streams", *self._arguments]

    def is_ready(self) -> bool:
        """Say whether it is of use yet."""
        return self._ready()


class Worker(Command):
    """A worker; ready when all its ledgers are."""

    def __init__(self, directory: Path, port: int, kafka: str, catalogue: Path) -> None:
        super().__init__(
            "Räknaren",
            directory,
            "worker",
            *("--listen", f"127.0.0.1:{port}", "--kafka", kafka),
            *("--catalogue", str(catalogue.absolute())),
            ports={"--listen": port},
            ready=lambda: answers_ok(port, "/readyz"),
        )
        self.port = port

    @property
    def url(self) -> str:
        """Return where its metrics are."""
        return f"http://127.0.0.1:{self.port}/metrics"
