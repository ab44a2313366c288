"""The wheel alone, without the source beside it, does what each of its rooms is for."""

import os
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from stack.ports import free_ports

PACKAGES = ("streams", "producers", "dashboards", "alerts", "reports", "doctor", "stack")
FILL = """
import sys
from pathlib import Path
sys.path.append(sys.argv[3])
from archived import fill
from streams.archive import database, migrating
engine = database.engine_of(database.address(sys.argv[2]))
migrating.upgrade(engine)
fill(engine, Path(sys.argv[1]).read_bytes().splitlines())
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hjul")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--wheel-dir", folder, "."],
        check=True, timeout=240,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment with the wheel, and our dependencies as they are."""
    folder = tmp_path_factory.mktemp("ren")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    # Other environments' own .pth files are not read: the editable svarsgrad stays away.
    (packages / "beroenden.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet",
         "--no-deps", "--no-index", "--force-reinstall", wheel],
        check=True, timeout=240,
    )  # fmt: skip
    return folder / "bin"


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("katalog") / "katalog.yaml"
    file.write_text(Path("examples/lulea.yaml").read_text("utf-8"), "utf-8")
    return file


def run(folder: Path, *command: str | Path) -> str:
    """Run a command in a folder where there is no source; return what it said."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_that_is_kept_is_in_the_wheel(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files", *PACKAGES], capture_output=True, check=True)
    kept = set(listed.stdout.decode().split())
    inside = {its for its in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in its}
    assert inside == kept


def test_the_wheel_is_imported_and_not_the_source(installed: Path, tmp_path: Path) -> None:
    told = run(tmp_path, installed / "python", "-c", "import streams; print(streams.__file__)")
    assert told.startswith(str(installed.parent))


def test_a_day_is_made_counted_archived_and_reported(
    installed: Path, catalogue: Path, tmp_path: Path
) -> None:
    """Of streams, producers and reports: migrations and templates are there."""
    svarsgrad = installed / "svarsgrad"
    given = ("--with", "all", "--scale", "0,05", "--date", "2025-02-04")
    run(tmp_path, svarsgrad, "simulate", *given, "--to", "dagar.jsonl")
    at = ("--at", "2025-02-04T15:00")
    assert "Växeln" in run(
        tmp_path, svarsgrad, "replay", "dagar.jsonl", "--catalogue", catalogue, *at
    )
    tests = Path(__file__).parents[1]
    run(tmp_path, installed / "python", "-c", FILL, "dagar.jsonl", "arkiv.db", tests)
    told = ("2025-02", "--catalogue", catalogue, "--database", "arkiv.db", "--to", "rapporter")
    run(tmp_path, svarsgrad, "report", "month", *told, "--brief", "--format", "pdf")
    (made,) = (tmp_path / "rapporter").iterdir()
    assert made.read_bytes().startswith(b"%PDF-")


def test_rules_and_boards_are_made(installed: Path, catalogue: Path, tmp_path: Path) -> None:
    """Of alerts and dashboards: the words of messages, and the boards, are there."""
    svarsgrad = installed / "svarsgrad"
    assert "stämmer" in run(tmp_path, svarsgrad, "check-catalogue", catalogue)
    run(tmp_path, svarsgrad, "rules", "render", "--catalogue", catalogue, "--to", "larm")
    run(tmp_path, svarsgrad, "dashboards", "render", "--to", "tavlor")
    for name in ("svarsgrad.tmpl", "svarsgrad-rules.yml"):
        assert (tmp_path / "larm" / name).read_bytes() == Path("examples/lulea", name).read_bytes()
    for board in Path("dashboards/grafana/boards").iterdir():
        assert (tmp_path / "tavlor" / board.name).read_bytes() == board.read_bytes()


def test_the_wall_has_its_page(installed: Path, catalogue: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    started = [installed / "svarsgrad", "wall", "--catalogue", catalogue]
    environment = {**os.environ, "HOME": str(tmp_path)}
    with subprocess.Popen(
        [*started, "--listen", f"127.0.0.1:{port}"], cwd=tmp_path, env=environment
    ) as wall:
        try:
            page = Path("dashboards/wall/page/wall.js").read_bytes()
            assert fetched(f"http://127.0.0.1:{port}/wall.js") == page
        finally:
            wall.terminate()
            wall.wait(20)


def fetched(url: str) -> bytes:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
