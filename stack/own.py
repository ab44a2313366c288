"""Our own commands as services: a worker, a follower, a simulated exchange."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from stack.loopback import answers_ok
from stack.process import Service

ENV: Final = "/usr/bin/env"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Command(Service):
    """A subcommand of ``svarsgrad`` as a child process. It is ready as ``ready`` says."""

    def __init__(
        self,
        name: str,
        directory: Path,
        *arguments: str,
        ports: dict[str, int] | None = None,
        ready: Callable[[], bool] = lambda: True,
        environment: Mapping[str, str] = NOTHING,
    ) -> None:
        super().__init__(directory, ports or {})
        self.name = name  # type: ignore[misc] # of this one, not of the class
        self._arguments = arguments
        self._ready = ready
        self._environment = environment

    def prepare(self) -> None:
        """Do nothing: it is told everything on its command line."""

    def command(self) -> list[str]:
        """Return this Python, running the subcommand."""
        given = [f"{name}={value}" for name, value in self._environment.items()]
        return [ENV, *given, sys.executable, "-m", "streams", *self._arguments]

    def is_ready(self) -> bool:
        """Say whether it is of use yet."""
        return self._ready()


class Worker(Command):
    """A worker; ready when all its ledgers are."""

    def __init__(
        self,
        directory: Path,
        port: int,
        kafka: str,
        catalogue: Path,
        environment: Mapping[str, str] = NOTHING,
    ) -> None:
        super().__init__(
            "Räknaren",
            directory,
            "worker",
            *("--listen", f"127.0.0.1:{port}", "--kafka", kafka),
            *("--catalogue", str(catalogue.absolute())),
            ports={"--listen": port},
            ready=lambda: answers_ok(port, "/readyz"),
            environment=environment,
        )
        self.port = port

    @property
    def url(self) -> str:
        """Return where its metrics are."""
        return f"http://127.0.0.1:{self.port}/metrics"
