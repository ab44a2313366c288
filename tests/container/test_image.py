"""The Dockerfile is built and what comes of it run, as a cluster would run it. Minutes long.

There is no registry here: its base is made by debootstrap, of the same Debian. What such a base
does not show is the real one's own content; nor is any runtime's isolation, only what it is asked
for: no network, no capabilities, a root that can't be written to, user 10001.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dockerfiles import of, stages

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
STORE = Path(".stack/image").absolute()
BUILDAH = (
    "buildah", "--storage-driver", "vfs", "--root", f"{STORE}/store", "--runroot", f"{STORE}/run",
)  # fmt: skip
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
CONFINED = r"""
root=$1; shift
mount --bind "$root" "$root"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o uid=10001,gid=10001,mode=0750 tmpfs "$root/var/lib/svarsgrad"
mount -t tmpfs tmpfs "$root/mnt"
cp -r "$INPUTS/." "$root/mnt"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -o remount,bind,ro "$root"
ip link set lo up
exec chroot "$root" setpriv --reuid=10001 --regid=10001 --clear-groups --bounding-set=-all \
    --inh-caps=-all --no-new-privs env -i $ENVIRONMENT sh -euc "cd /var/lib/svarsgrad; $1"
"""
FILL = """
import sys; sys.path.append("/mnt")
from pathlib import Path
from archived import fill
from streams.archive import database, migrating
engine = database.engine_of(database.address("arkiv.db"))
migrating.upgrade(engine)
fill(engine, Path("dagar.jsonl").read_bytes().splitlines())
"""
WALL = """
import subprocess, time, urllib.request
wall = subprocess.Popen(["svarsgrad", "wall", "--catalogue", "/mnt/katalog.yaml"])
for _ in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8080/").read().decode())
        break
    except OSError:
        time.sleep(0.2)
wall.terminate()
"""


def done(*command: str | Path, **environment: str) -> str:
    said = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert said.returncode == 0, f"{said.stdout[-2000:]}{said.stderr[-4000:]}"
    return said.stdout.strip()


@pytest.fixture(scope="module")
def base() -> str:
    """Return the name of an image that stands for the Dockerfile's base."""
    missing = [its for its in ("debootstrap", "buildah", "unshare") if not shutil.which(its)]
    if missing or os.geteuid():
        pytest.fail(f"needs root, and: apt-get install {' '.join(missing)}")
    root = STORE / "debian"
    if not (root / "bin/sh").exists():
        places = done("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
        place = next(its for its in places.splitlines() if its.rstrip("/").endswith("/debian"))
        done("debootstrap", "--variant=minbase", "trixie", root, place)
    shutil.copy(CERTIFICATES, root / "usr/local/share/certificates.pem")
    made = done(*BUILDAH, "from", "scratch")
    done(*BUILDAH, "copy", "--quiet", made, f"{root}/", "/")
    done(*BUILDAH, "config", "--env", "PIP_CERT=/usr/local/share/certificates.pem", made)
    done(*BUILDAH, "commit", "--quiet", "--rm", made, "localhost/base")
    return "localhost/base"


@pytest.fixture(scope="module")
def root(base: str) -> Iterator[Path]:
    """Return the files of the image that the Dockerfile makes."""
    given = (
        "--isolation",
        "chroot",
        "--build-arg",
        f"BASE={base}",
        "--tag",
        "localhost/svarsgrad",
    )
    done(*BUILDAH, "build-using-dockerfile", "--no-cache", *given, ".")
    container = done(*BUILDAH, "from", "localhost/svarsgrad")
    yield Path(done(*BUILDAH, "mount", container))
    done(*BUILDAH, "rm", container)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    shutil.copy("examples/lulea.yaml", folder / "katalog.yaml")
    shutil.copy("tests/archived.py", folder)
    (folder / "fill.py").write_text(FILL, "utf-8")
    (folder / "wall.py").write_text(WALL, "utf-8")
    folder.chmod(0o755)
    return folder


def run(root: Path, inputs: Path, command: str) -> str:
    (environment,) = of("ENV", stages(Path("Dockerfile").read_text("utf-8"))[-1])
    namespaces = ("--mount", "--net", "--pid", "--fork", "--ipc", "--uts")
    confined = ("unshare", *namespaces, "sh", "-euc", CONFINED, "sh", root, command)
    return done(*confined, ENVIRONMENT=" ".join(environment.split()), INPUTS=str(inputs))


def test_it_has_no_more_rights_than_it_needs(root: Path, inputs: Path) -> None:
    told = run(root, inputs, "id -u; id -g; grep CapBnd /proc/self/status; ls /sys; touch /x || :")
    assert told.split()[:4] == ["10001", "10001", "CapBnd:", "0000000000000000"]
    assert not (root / "x").exists()


def test_nothing_that_builds_is_in_it_and_nothing_that_gives_more_rights(root: Path) -> None:
    programs = {its.name for its in (*root.glob("usr/bin/*"), *root.glob("opt/svarsgrad/bin/*"))}
    assert "svarsgrad" in programs
    assert not programs & {"pip", "pip3", "gcc", "cc", "make", "curl", "wget", "git"}
    assert done("find", root, "-xdev", "-type", "f", "-perm", "/6000") == ""
    assert not (root / "source").exists()


def test_commands_run_in_it(root: Path, inputs: Path) -> None:
    assert run(root, inputs, "svarsgrad --version") == "svarsgrad 0.1.0"
    assert "stämmer" in run(root, inputs, "svarsgrad check-catalogue /mnt/katalog.yaml")
    said = run(
        root,
        inputs,
        "svarsgrad simulate --with all --scale 0,05 --date 2025-02-03/2025-02-05 --to dagar.jsonl;"
        "svarsgrad replay dagar.jsonl --catalogue /mnt/katalog.yaml --at 2025-02-04T15:00;"
        "python /mnt/fill.py; svarsgrad report month 2025-02 --catalogue /mnt/katalog.yaml "
        "--database arkiv.db --to rapporter --format pdf; head -c 5 rapporter/*.pdf",
    )
    assert "Växeln" in said
    assert said.endswith("%PDF-")


def test_the_wall_is_served_in_it(root: Path, inputs: Path) -> None:
    assert '<html lang="sv"' in run(root, inputs, "python /mnt/wall.py")
