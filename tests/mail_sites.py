"""An account on a real server of mail, its catalogue, and followers of it as processes."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.testing import CliRunner
from dovecot import PASSWORD, Dovecot
from imap_tools import MailBox
from mailbox_history import CATALOGUE, FOLDERS
from secured import Authority

from streams.__main__ import commands

ROOT = Path(__file__).parents[1]
_numbers = itertools.count()
QUICK = """\
import sys
if "follow-mailbox" in sys.argv:
    import producers.mailbox.follower as follower
    import producers.mailbox.imap as imap
    import producers.vitals as vitals
    follower.Follower.__init__.__kwdefaults__["round_seconds"] = 0.5
    follower.FIRST_RETRY_SECONDS, follower.LAST_RETRY_SECONDS = 0.2, 0.5
    follower.SECRET_SECONDS = 0.2
    imap.ImapSource.__init__.__kwdefaults__["timeout_seconds"] = 2.0
    vitals.HEARTBEAT_SECONDS = 0.5
"""
"""What a process that begins with it has shorter waits by."""


@dataclass
class Site:
    """An account of its own on a server, and a catalogue that names it."""

    server: Dovecot
    authority: Authority
    directory: Path
    user: str
    more: str = ""
    port: int = 0
    _boxes: list[MailBox] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.password.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self.password.chmod(0o600)
        self.key.write_text(f"{'1f' * 32}\n")
        self.key.chmod(0o600)
        self.write()
        box = self.box()
        for name in FOLDERS:
            if name != "INBOX":
                box.folder.create(name)

    @property
    def password(self) -> Path:
        return self.directory / "losenord"

    @property
    def key(self) -> Path:
        return self.directory / "nyckel"

    @property
    def catalogue(self) -> Path:
        return self.directory / "katalog.yaml"

    @property
    def state(self) -> Path:
        return self.directory / "laget"

    def write(self, **changes: str) -> None:
        """Write the catalogue; changes are of lines of its mailbox, None takes one away."""
        lines = {
            "user": self.user,
            "password_file": str(self.password),
            "ca_file": str(self.authority.file),
            **changes,
        }
        user = lines.pop("user")
        port = int(lines.pop("port", str(self.server.tls)))
        more = "\n          ".join(f"{key}: {value}" for key, value in lines.items() if value)
        text = CATALOGUE.format(port=port, more=more)
        text = text.replace("user: kundtjanst", f"user: {user}")
        self.catalogue.write_text(text, encoding="utf-8")

    def box(self) -> MailBox:
        """Return a client of whoever works with the mail."""
        box = self.server.box(self.user)
        self._boxes.append(box)
        return box

    def arguments(self, *more: str, command: str = "follow-mailbox") -> list[str]:
        its = [sys.executable, "-m", "streams", command, "--source", "epost"]
        its += ["--catalogue", str(self.catalogue)]
        if command == "follow-mailbox":
            its += ["--state", str(self.state), "--key-file", str(self.key)]
        return [*its, *more]

    def run(
        self, *more: str, command: str = "follow-mailbox", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; in a process of its own if its environment differs."""
        arguments = self.arguments(*more, command=command)
        if not environment:
            return _here(arguments[3:])
        return subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )

    def once(self) -> list[str]:
        """Read all there is, and return the events as lines."""
        done = self.run("--once", "--to", "-")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def python_path(self, begins_with: str) -> str:
        """Return where Python finds what a process is to begin with, and us."""
        where = self.directory / f"borjan{next(_numbers)}"
        where.mkdir()
        (where / "sitecustomize.py").write_text(begins_with)
        return f"{where}:{ROOT}"

    def start(self, *more: str, begins_with: str = QUICK, to_kafka: bool = False) -> "Running":
        """Start a follower that writes its events to a file, unless they go to Kafka."""
        target = self.directory / "ut.jsonl"
        said = self.directory / f"sagt{next(_numbers)}"
        with said.open("wb") as file:
            process = subprocess.Popen(
                self.arguments(*([] if to_kafka else ["--to", str(target)]), *more),
                stderr=file,
                cwd=self.directory,
                env={
                    **os.environ,
                    "PYTHONPATH": self.python_path(begins_with),
                    "SVARSGRAD_LOG_FORMAT": "json",
                },
            )
        return Running(process, target, said)

    def close(self) -> None:
        for box in self._boxes:
            with contextlib.suppress(OSError):
                box.client.shutdown()


@dataclass
class Running:
    """A follower as a process."""

    process: subprocess.Popen[bytes]
    target: Path
    log: Path

    @property
    def events(self) -> list[str]:
        lines = self.target.read_text().splitlines() if self.target.exists() else []
        return [line for line in lines if "heartbeat" not in line]

    @property
    def beats(self) -> int:
        return self.target.read_text().count("heartbeat") if self.target.exists() else 0

    @property
    def said(self) -> list[str]:
        """The messages of its log, but for that it began and ended."""
        lines = map(json.loads, self.log.read_text("utf-8").splitlines())
        return [its["message"] for its in lines if its["event"] not in ("started", "stopped")]

    def says(self, text: str, within: float = 20) -> None:
        until(lambda: any(text in line for line in self.said), within, lambda: self.said)

    def has(self, number: int, within: float = 20) -> None:
        until(lambda: len(self.events) >= number, within, lambda: (self.events, self.said))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(15)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def _here(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which takes a tenth of the time."""
    done = CliRunner().invoke(commands, arguments, standalone_mode=False)
    code, error = 0, done.exception
    said = done.stderr
    if isinstance(error, click.ClickException):
        code, said = error.exit_code, f"{said}Fel: {error.format_message()}\n"
    elif error is not None:
        raise error
    return subprocess.CompletedProcess(arguments, code, done.stdout, said)


def until(is_so: Callable[[], bool], within: float, what: Callable[[], object]) -> None:
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)
