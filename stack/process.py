"""A service of the stack as a child process: launched, waited for, stopped, never left behind.

A child runs in a session of its own, so that Ctrl-C in the terminal reaches only us, who stop the
services in order. It is on a leash (leash.py), so that it dies even when we are killed with -9.
The kernel ties the leash to the *thread* that made the child, so one thread makes them all.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import ClassVar, Self

from stack import leash
from stack.errors import StackError
from stack.ports import require_free

START_SECONDS = 60.0  # a broker with a large log to recover, on a busy machine
STOP_SECONDS = 15.0
POLL_SECONDS = 0.03
# These make a JVM read further options, for one to open a JMX port on every interface.
_NOT_INHERITED = frozenset({"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})


class Service(ABC):
    """One child process: subclasses say how it is prepared, run, and known to be ready."""

    name: ClassVar[str]

    def __init__(self, directory: Path, ports: dict[str, int]) -> None:
        """`directory` holds all it writes; `ports` are those it listens on, by their setting."""
        self.directory = directory.absolute()
        self._ports = ports
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Write what it reads at start. StackError when something it needs is missing."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the program, as an absolute path, and its arguments."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Say whether it answers; called again and again, so it must be quick."""

    @property
    def console(self) -> Path:
        """Return the file that has its standard output and error since its last start."""
        return self.directory / "console.log"

    @property
    def logs(self) -> tuple[Path, ...]:
        """Return where to look for why it died, the likeliest place last."""
        return (self.console,)

    @property
    def pid(self) -> int | None:
        """Return its process id; None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def launch(self) -> None:
        """Start it without waiting. StackError when a port is taken or something is missing."""
        if self.pid is not None:
            raise StackError(f"{self.name} är redan i gång.")
        for setting, port in self._ports.items():
            require_free(port, self.name, setting)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.prepare()
        self._process = _spawner.spawn(self.command(), self.directory, self.console)

    def wait_ready(self, within_seconds: float = START_SECONDS) -> None:
        """Return when it answers. StackError when it dies first, or is not ready in time."""
        deadline = time.monotonic() + within_seconds
        while not self.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.name} svarade inte inom {within_seconds:.0f} sekunder. {self._why()}"
                )
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._process is not None:
                    self._process.wait(POLL_SECONDS)
        self.check()

    def check(self) -> None:
        """StackError, with the reason it gave, when it does not run."""
        if self.pid is None:
            code = "" if self._process is None else f" (kod {self._process.returncode})"
            raise StackError(f"{self.name} har avslutats{code}. {self._why()}")

    def start(self) -> Self:
        """Launch it and wait until it answers; stopped again when that fails."""
        try:
            self.launch()
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self, within_seconds: float = STOP_SECONDS) -> None:
        """Ask it to end (SIGTERM); kill it when it has not within the time, or we are stopped."""
        if self._process is None:
            return
        try:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(within_seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _why(self) -> str:
        for log in reversed(self.logs):
            if reason := last_error(_end_of(log)):
                return f"Sista felet i {log}: {reason}"
        return f"Se {self.console}."


def last_error(text: str) -> str:
    """Return the last line that speaks of an error, else the last line; empty without any."""
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith(("at ", "... "))]
    errors = [line for line in said if "error" in line.lower() or "exception" in line.lower()]
    return (errors or said or [""])[-1][:500]


def _end_of(log: Path) -> str:
    with contextlib.suppress(FileNotFoundError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 65_536))
        return file.read().decode(errors="replace")
    return ""


class _Spawner:
    """The one thread that makes children; it lives as long as this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[tuple[Future[subprocess.Popen[bytes]], list[str], Path, Path]]
        self._jobs = SimpleQueue()
        self._thread: threading.Thread | None = None

    def spawn(self, command: list[str], directory: Path, console: Path) -> subprocess.Popen[bytes]:
        """Return the child, which runs `command` in `directory`, on the leash."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():  # not yet, or we are a fork
                self._thread = threading.Thread(target=self._work, name="stack", daemon=True)
                self._thread.start()
        made: Future[subprocess.Popen[bytes]] = Future()
        self._jobs.put((made, command, directory, console))
        return made.result()

    def _work(self) -> None:
        while True:
            made, command, directory, console = self._jobs.get()
            try:
                made.set_result(_leashed(command, directory, console))
            except BaseException as error:  # raised where it was asked for
                made.set_exception(error)


def _leashed(command: list[str], directory: Path, console: Path) -> subprocess.Popen[bytes]:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in _NOT_INHERITED and not key.startswith("SVARSGRAD_")
    }
    with console.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 # our own programs
            [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command],
            cwd=directory,
            env={**inherited, "LC_ALL": "C.UTF-8"},  # or a JVM can't open a path with an å
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


_spawner = _Spawner()
