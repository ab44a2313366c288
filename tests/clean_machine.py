"""A clean Debian with systemd as its first process, to install on as docs/install.md says.

A folder with a minimal Debian, booted by systemd-nspawn in namespaces of its own: its own
processes, users, services and network. Its loopback is not ours, and it reaches out as we do.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEBIAN = ROOT / ".stack" / "clean-debian.tar"
PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "slirp4netns": "slirp4netns",
}
"""What makes and runs the machine, with the Debian packages that have it."""
ALREADY_THERE = "systemd-sysv,dbus,ca-certificates,iproute2,procps,openssl"
"""What any Debian server has, beside what is essential."""
BOOT_SECONDS = 300.0
ALL = slice(None)
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
TRUSTED = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/resolv.conf")
"""How this machine reaches packages, and whom it trusts in that: told to the clean one."""


def blocks(page: Path) -> list[str]:
    """Return the commands that a document says are to be run: its blocks marked `sh`."""
    found = re.findall(
        r"^( *)```sh\n(.*?)^\1```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def require_programs() -> None:
    """Fail unless there is what makes a machine; and unless we may."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    assert not missing, f"apt-get install --no-install-recommends {' '.join(missing)}"
    assert os.geteuid() == 0, "a machine can be started by root alone"


def debian() -> Path:
    """Return a minimal Debian as an archive, made once."""
    if not DEBIAN.exists():
        half = DEBIAN.with_suffix(".half.tar")
        make = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={ALREADY_THERE}"]
        subprocess.run([*make, "bookworm", str(half)], check=True)
        half.rename(DEBIAN)
    return DEBIAN


@dataclass(slots=True)
class CleanMachine:
    """A machine in a folder; to be used by its context."""

    folder: Path
    name: str = field(default_factory=lambda: f"svarsgrad-ren-{os.getpid()}")
    """Its own, so that several may run beside each other."""
    booted: subprocess.Popen[bytes] | None = None
    leader: int = 0

    @property
    def root(self) -> Path:
        """Return where its files are."""
        return self.folder / "root"

    def make(self) -> None:
        """Lay out its files."""
        self.root.mkdir(parents=True)
        subprocess.run(["tar", "-xf", str(debian()), "-C", str(self.root)], check=True)
        for path in TRUSTED:
            if Path(path).exists():
                shutil.copyfile(path, self.root / path[1:])

    def boot(self) -> None:
        """Start it, and return when its system has started."""
        log = (self.folder / "console.log").open("ab")
        self.booted = subprocess.Popen(
            [
                "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
                f"--directory={self.root}", f"--machine={self.name}", "--resolv-conf=off",
                f"--network-namespace-path=/run/netns/{self.name}",
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        log.close()
        children = Path(f"/proc/{self.booted.pid}/task/{self.booted.pid}/children")
        wait_for(lambda: bool(children.read_text().split()), BOOT_SECONDS)
        self.leader = int(children.read_text().split()[0])
        wait_for(lambda: self.says("systemctl is-system-running") in _UP, BOOT_SECONDS)

    def shut_down(self) -> None:
        """Stop it as by its button, and return when it is off."""
        assert self.booted is not None
        self.run("systemctl --no-block poweroff")
        self.booted.wait(180)

    def run(self, script: str, seconds: float = 900.0) -> subprocess.CompletedProcess[str]:
        """Run a script there as root, with bash; what it says is in what is returned."""
        into = ["nsenter", f"--target={self.leader}", "--all", "--", "env", "-i"]
        told = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return subprocess.run(
            [*into, *told, "bash", "-c", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def says(self, script: str) -> str:
        """Return what a script says there."""
        return self.run(script).stdout.strip()

    def runs_as_written(self, page: Path, which: slice = ALL) -> None:
        """Run a document's commands, in one shell that ends at the first that fails."""
        folder = self.root / "root" / page.stem
        folder.mkdir(exist_ok=True)
        there, texts = f"/root/{page.stem}", blocks(page)[which]
        for number, text in enumerate(texts):
            (folder / f"{number}.sh").write_text(text, "utf-8")
        steps = [f"echo; echo '# {n}'; . {there}/{n}.sh < /dev/null" for n in range(len(texts))]
        ran = self.run("\n".join(["set -e; exec 2>&1", *steps]), 1800.0)
        (self.folder / f"{page.stem}.log").write_text(ran.stdout, "utf-8")
        assert ran.returncode == 0, ran.stdout[-4000:]


_UP = {"running", "degraded"}


@contextmanager
def clean_machine(folder: Path) -> Iterator[CleanMachine]:
    """Give a clean machine that has booted, and take it down whatever happens."""
    require_programs()
    machine = CleanMachine(folder)
    with ExitStack() as ends:
        ends.callback(shutil.rmtree, machine.root, ignore_errors=True)
        machine.make()
        subprocess.run(["ip", "netns", "add", machine.name], check=True)
        ends.callback(subprocess.run, ["ip", "netns", "delete", machine.name], check=False)
        out = subprocess.Popen(
            ["slirp4netns", "--configure", "--mtu=1400", "--disable-host-loopback",
             "--netns-type=path", f"/run/netns/{machine.name}", "tap0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ends.callback(_end, out)
        ends.callback(lambda: machine.booted and _end(machine.booted))
        machine.boot()
        yield machine


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started; systemd-nspawn takes its machine with it."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
        return
    process.kill()
    process.wait()


def wait_for(is_so: Callable[[], object], seconds: float) -> None:
    """Return when something is so. Fails if it isn't by then."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds:g} s"
        time.sleep(0.5)
