"""What the stack and reports are made of: names, Debian packages, where they are."""

import ctypes
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stack.errors import StackError

JAVA_AT_LEAST = 17  # Kafka 4's broker needs it


FONTS = Path("/usr/share/fonts")


class Piece(Protocol):
    """Something that a Debian package brings."""

    @property
    def package(self) -> str:
        """Return the package that brings it."""

    def find(self) -> object | None:
        """Return where it is; None when it is missing."""


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library, by the name that it is loaded by."""

    name: str
    package: str

    def find(self) -> object | None:
        """Return it; None if it can't be loaded."""
        try:
            return ctypes.CDLL(self.name)
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class Font:
    """A font, by the name of its file."""

    name: str
    package: str

    def find(self) -> Path | None:
        """Return its file; None if no folder of fonts has it."""
        return next(FONTS.rglob(self.name), None)


@dataclass(frozen=True, slots=True)
class Program:
    """A program by the names it can have, and the Debian package that brings it."""

    names: tuple[str, ...]
    package: str

    def find(self) -> Path | None:
        """Return where it is, by the first name found; None when it is missing or too old."""
        for name in self.names:
            for found in filter(None, (shutil.which(name), *_outside_path(name))):
                if _is_usable(name, found):
                    return Path(found)
        return None

    def require(self) -> Path:
        """Return where it is. StackError when it is missing, or too old."""
        if (found := self.find()) is None:
            version = f" (version {JAVA_AT_LEAST} eller senare)" if self is JAVA else ""
            raise StackError(f"{self.names[0]}{version} saknas. Kör: make setup")
        return found


JAVA = Program(("java",), "default-jre-headless")
MAVEN = Program(("mvn",), "maven")
PROMETHEUS = Program(("prometheus",), "prometheus")
PROMTOOL = Program(("promtool",), "prometheus")
ALERTMANAGER = Program(("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager")
AMTOOL = Program(("amtool",), "prometheus-alertmanager")
PROGRAMS = (JAVA, MAVEN, PROMETHEUS, PROMTOOL, ALERTMANAGER, AMTOOL)
PRINTING = (
    Library("libpango-1.0.so.0", "libpango-1.0-0"),
    Library("libpangoft2-1.0.so.0", "libpangoft2-1.0-0"),
    Library("libharfbuzz-subset.so.0", "libharfbuzz-subset0"),
    Font("LiberationSans-Regular.ttf", "fonts-liberation"),
)
"""What reports are printed with."""
CHROMIUM = Program(("chromium", "chromium-browser"), "chromium")
NPM = Program(("npm",), "npm")
POSTGRES = Program(("postgres",), "postgresql")
INITDB = Program(("initdb",), "postgresql")
DOVECOT = Program(("dovecot", "/usr/sbin/dovecot"), "dovecot-imapd")
PIECES = (*PROGRAMS, *PRINTING)
JQ = Program(("jq",), "jq")
"""What the runbooks take events apart with."""
TEST_PIECES = (*PIECES, CHROMIUM, NPM, POSTGRES, INITDB, DOVECOT, JQ)
"""What the tests need beside: a browser, what fetches the check of its pages, a database, mail."""
GRAFANA = Program(("grafana", "grafana-server"), "grafana")
"""Used where there is one; nothing that we install brings it."""
VENV_PACKAGE = "python3-venv"


def missing_packages(pieces: Iterable[Piece] = PIECES) -> list[str]:
    """Return the Debian packages of which something, or Python's venv support, is missing."""
    missing = {piece.package for piece in pieces if piece.find() is None}
    if importlib.util.find_spec("ensurepip") is None:  # Debian's Python comes without it
        missing.add(VENV_PACKAGE)
    return sorted(missing)


def java_version(java: Path) -> str:
    """Return what `java -version` says, on one line; empty when it can't be run."""
    try:
        said = subprocess.run(  # noqa: S603 # a program we found ourselves
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return " ".join(said.stderr.split())


def java_major(version: str) -> int | None:
    """Return the feature release in such a line (17 in `version "17.0.15"`); None without."""
    match = re.search(r'version "(?:1\.)?(\d+)', version)
    return int(match[1]) if match else None


def _outside_path(name: str) -> list[str]:
    """Return where Debian puts PostgreSQL's programs, each version's; the newest first."""
    return sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), reverse=True)


def _is_usable(name: str, found: str) -> bool:
    if name != "java":
        return True
    major = java_major(java_version(Path(found)))
    return major is not None and major >= JAVA_AT_LEAST
