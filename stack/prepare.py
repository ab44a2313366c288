"""Make this machine ready for the local stack: system packages and the broker's jars.

Run as `python -m stack.prepare`, and with `--for-tests` for what the tests need too. It needs only
the standard library, so that it can run first.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from stack.broker import ARCHIVE, Broker, default_lib
from stack.errors import StackError
from stack.ports import free_ports
from stack.programs import (
    JAVA,
    MAVEN,
    NPM,
    PIECES,
    TEST_PIECES,
    Piece,
    java_version,
    missing_packages,
)

POM = Path(__file__).with_name("pom.xml")
PDF_CHECKS = Path(__file__).with_name("pdf-checks")
"""What Maven fetches for the tests of reports as PDF."""
KAFKA_TOOLS = Path(__file__).with_name("kafka-tools")
"""What Maven fetches for the tests of what the documents say of Kafka's own tools."""
PAGE_CHECKS = Path(__file__).with_name("page-checks")
"""What npm fetches for the tests of pages."""
STAMP = "complete.json"
FOR_TESTS = "--for-tests"
FETCH_SECONDS = 900
INSTALL_SECONDS = 1800
# Debian starts a service when it is installed, and at boot, on every interface. A masked unit is
# never started; the programs themselves are not touched.
_UNITS = {
    "prometheus": "prometheus.service",
    "prometheus-alertmanager": "prometheus-alertmanager.service",
    "postgresql": "postgresql.service",
    "dovecot-imapd": "dovecot.service",
}


def say(text: str) -> None:
    """Show one line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def prepare(lib: Path, *, for_tests: bool = False) -> None:
    """Install what is missing, and lay the broker's jars in `lib`. StackError if that fails.

    With `for_tests` also what only they need; page checks are laid beside the jars.
    """
    install_packages(TEST_PIECES if for_tests else PIECES)
    lib.parent.mkdir(parents=True, exist_ok=True)
    with _alone(lib.parent / "prepare.lock"):
        fetch_jars(lib)
        archive_classes(lib)
        if for_tests:
            fetch_page_checks(lib.parent / PAGE_CHECKS.name)
            fetch_jars(lib.parent / PDF_CHECKS.name, PDF_CHECKS / POM.name, "Kontroller av PDF")
            fetch_jars(lib.parent / KAFKA_TOOLS.name, KAFKA_TOOLS / POM.name, "Kafkas verktyg")
    say("Stacken är redo.")


def install_packages(pieces: Sequence[Piece] = PIECES) -> None:
    """Install the missing system packages, or say how. StackError names them all at once."""
    missing = missing_packages(pieces)
    if not missing:
        say("Systempaket: alla finns.")
        return
    by_hand = f"apt-get install --no-install-recommends {' '.join(missing)}"
    become_root = _root_prefix()
    if become_root is None or shutil.which("apt-get") is None:
        raise StackError(f"Systempaket saknas: {', '.join(missing)}. Kör: sudo {by_hand}")
    say(f"Systempaket: installerar {', '.join(missing)} …")
    as_root = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive"]
    # A stale or partly unreachable list is no reason to give up: the installation tells.
    with contextlib.suppress(StackError):
        _run([*as_root, "apt-get", "-q", "update"], INSTALL_SECONDS)
    units = [unit for package, unit in _UNITS.items() if package in missing]
    if units and Path("/run/systemd/system").exists():
        _run([*as_root, "systemctl", "mask", *units], 60)
    _run([*as_root, *by_hand.split(), "-q", "-y"], INSTALL_SECONDS)
    if still := missing_packages(pieces):
        raise StackError(
            f"Installerat, men det som behövs ur {', '.join(still)} hittas ändå inte: "
            f"det är för gammalt, eller ligger utanför PATH."
        )
    say("Systempaket: klart.")


def fetch_jars(lib: Path, pom: Path = POM, what: str = "Kafka") -> None:
    """Lay the jars that a pom.xml names in `lib`, whole or not at all, unless they are there."""
    if is_complete(lib, pom):
        say(f"{what}: jar-filerna finns i {lib}.")
        return
    say(f"{what}: hämtar jar-filer med Maven …")
    half = lib.with_name(f"{lib.name}.half")
    for stale in (half, lib):
        if stale.exists():
            shutil.rmtree(stale)
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    maven = [str(MAVEN.require()), "-q", "-B", "-f", str(pom)]
    _run([*maven, *goal, f"-DoutputDirectory={half}"], FETCH_SECONDS)
    jars = sorted(jar.name for jar in half.glob("*.jar"))
    (half / STAMP).write_text(json.dumps({"pom": _digest(pom), "jars": jars}))
    half.rename(lib)
    say(f"{what}: {len(jars)} jar-filer i {lib}.")


def fetch_page_checks(directory: Path) -> None:
    """Lay what the lock file of npm names in a directory, unless it is there."""
    lock = (PAGE_CHECKS / "package-lock.json").read_bytes()
    stamp = directory / STAMP
    with contextlib.suppress(OSError):
        if stamp.read_bytes() == lock:
            return
    say("Kontroller av sidor: hämtar axe-core med npm …")
    if directory.exists():
        shutil.rmtree(directory)
    shutil.copytree(PAGE_CHECKS, directory)
    npm = [str(NPM.require()), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    _run([*npm, "--prefix", str(directory)], FETCH_SECONDS)
    stamp.write_bytes(lock)


def is_complete(lib: Path, pom: Path = POM) -> bool:
    """Say whether `lib` has every jar that a pom.xml asks for, as it now is."""
    try:
        stamp = json.loads((lib / STAMP).read_text())
        return stamp["pom"] == _digest(pom) and all(
            (lib / jar).is_file() for jar in [*stamp["jars"], STAMP]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def archive_classes(lib: Path) -> None:
    """Start a broker once and keep its classes as the JVM wants them: each start takes half.

    Without the archive all works, only slower, so a JVM that can't make one is no error.
    """
    made_by = lib / f"{ARCHIVE}.json"
    java = java_version(JAVA.require())
    wanted = json.dumps({"pom": _digest(POM), "java": java, "lib": str(lib)})
    with contextlib.suppress(OSError):
        if made_by.read_text() == wanted:
            return
    say("Kafka: startar en gång på prov, för snabbare starter sedan …")
    for stale in (made_by, lib / ARCHIVE):
        stale.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="svarsgrad-prepare-") as directory:
        archive = Path(directory) / ARCHIVE
        port, controller_port = free_ports(2)
        home = Path(directory) / "kafka"
        keep = (f"-XX:ArchiveClassesAtExit={archive}", "-Xlog:disable")
        try:
            with Broker(home, port, controller_port, lib, jvm_options=keep) as broker:
                broker.stop(within_seconds=60)  # it writes the archive as it ends
        except StackError as error:
            raise StackError(f"Provstarten av Kafka misslyckades. {error}") from error
        if archive.exists():
            half = lib / f"{ARCHIVE}.half"
            shutil.copyfile(archive, half)
            half.rename(lib / ARCHIVE)
    made_by.write_text(wanted)
    say("Kafka: provstarten gick bra.")


def _run(command: Sequence[str], timeout_seconds: float) -> None:
    try:
        said = subprocess.run(  # noqa: S603 # our own commands
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"{' '.join(command)} blev inte klart i tid.") from None
    if said.returncode != 0:
        lines = [line.strip() for line in (said.stdout + said.stderr).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("[ERROR]", "E:"))]
        reason = (errors or lines[-1:] or ["inget skäl angavs"])[0]
        raise StackError(f"{' '.join(command)} misslyckades: {reason}")


def _root_prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if (sudo := shutil.which("sudo")) is None:
        return None
    allowed = subprocess.run(  # noqa: S603 # asks, with -n, without a prompt
        [sudo, "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    return [sudo, "-n"] if allowed.returncode == 0 else None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str]) -> int:
    """Prepare for the stack, with the jars in the directory given; return the exit code."""
    for_tests = FOR_TESTS in arguments
    given = [one for one in arguments if one != FOR_TESTS]
    try:
        prepare(Path(given[0]).absolute() if given else default_lib(), for_tests=for_tests)
    except StackError as error:
        sys.stderr.write(f"Fel: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
