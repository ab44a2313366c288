"""Preparing a machine: what is missing is installed, or told of all at once with one command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stack import prepare
from stack.errors import StackError
from stack.programs import (
    JAVA,
    PROGRAMS,
    TEST_PIECES,
    VENV_PACKAGE,
    java_major,
    missing_packages,
)

PACKAGES = sorted({program.package for program in PROGRAMS})


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where no program is found but those put in this directory."""
    home = tmp_path / "bin"
    home.mkdir()
    monkeypatch.setenv("PATH", str(home))
    return home


def put(home: Path, name: str, script: str = "exit 0") -> None:
    program = home / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def put_java(home: Path, version: str) -> None:
    put(home, "java", f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")


def put_all(home: Path) -> None:
    put_java(home, "17.0.15")
    for name in ("mvn", "prometheus", "promtool", "alertmanager", "amtool"):
        put(home, name)


def test_the_list_of_packages_has_what_the_programs_come_from() -> None:
    lines = prepare.POM.with_name("system-packages.txt").read_text().splitlines()
    listed = [line.split("#")[0].strip() for line in lines if not line.startswith("#")]
    packages = {piece.package for piece in TEST_PIECES}
    assert sorted(listed) == sorted([*packages, VENV_PACKAGE])
    assert all(" # " in line for line in lines if not line.startswith("#"))


def test_all_missing_packages_are_told_at_once_with_the_one_command(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prepare, "_root_prefix", lambda: None)
    put(bare, "apt-get", "exit 1")
    assert prepare.main([str(bare / "lib")]) == 1
    names = " ".join(PACKAGES)
    assert capsys.readouterr().err == (
        f"Fel: Systempaket saknas: {', '.join(PACKAGES)}. "
        f"Kör: sudo apt-get install --no-install-recommends {names}\n"
    )


def test_only_what_is_missing_is_installed(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "_root_prefix", list)
    put_all(bare)
    (bare / "amtool").unlink()
    calls = tmp_path / "calls"
    put(bare, "env", 'shift; exec "$@"')
    put(
        bare, "apt-get", f'echo "$@" >> {calls}; echo > {bare}/amtool; /bin/chmod +x {bare}/amtool'
    )
    prepare.install_packages()
    assert calls.read_text().splitlines() == [
        "-q update",
        "install --no-install-recommends prometheus-alertmanager -q -y",
    ]


def test_a_failed_installation_says_what_apt_said(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "_root_prefix", list)
    put(bare, "env", 'shift; exec "$@"')
    put(bare, "apt-get", "echo 'E: Unable to locate package maven' >&2; echo more; exit 100")
    with pytest.raises(StackError, match=r"misslyckades: E: Unable to locate package maven$"):
        prepare.install_packages()


def test_alertmanager_is_found_by_either_name(bare: Path) -> None:
    put_all(bare)
    assert missing_packages(PROGRAMS) == []
    (bare / "alertmanager").rename(bare / "prometheus-alertmanager")
    assert missing_packages(PROGRAMS) == []


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [("1.8.0_392", False), ("11.0.24", False), ("17.0.15", True), ("21", True), ("25-ea", True)],
)
def test_a_java_older_than_17_counts_as_missing(bare: Path, version: str, is_enough: bool) -> None:
    put_java(bare, version)
    assert (JAVA.find() is not None) is is_enough


def test_a_java_that_does_not_run_counts_as_missing(bare: Path) -> None:
    put(bare, "java", "echo 'no JVM here' >&2; exit 1")
    assert JAVA.find() is None
    assert java_major("no JVM here") is None


def test_the_jars_are_complete_only_whole_and_for_this_pom(tmp_path: Path) -> None:
    assert not prepare.is_complete(tmp_path)
    (tmp_path / "kafka_2.13.jar").touch()
    stamp = {"pom": prepare._digest(prepare.POM), "jars": ["kafka_2.13.jar"]}
    (tmp_path / prepare.STAMP).write_text(json.dumps(stamp))
    assert prepare.is_complete(tmp_path)
    (tmp_path / prepare.STAMP).write_text(json.dumps({**stamp, "pom": "of another release"}))
    assert not prepare.is_complete(tmp_path)
    (tmp_path / prepare.STAMP).write_text(json.dumps(stamp))
    (tmp_path / "kafka_2.13.jar").unlink()
    assert not prepare.is_complete(tmp_path)


def test_a_broken_download_says_why_and_is_not_taken_for_complete(
    bare: Path, tmp_path: Path
) -> None:
    put(bare, "mvn", "echo '[ERROR] Could not resolve kafka'; echo '[ERROR] help'; exit 1")
    lib = tmp_path / "lib"
    with pytest.raises(StackError, match=r"misslyckades: \[ERROR\] Could not resolve kafka$"):
        prepare.fetch_jars(lib)
    assert not prepare.is_complete(lib)


def test_preparing_needs_only_the_standard_library() -> None:
    code = "import sys, stack.prepare; print(*{name.split('.')[0] for name in sys.modules})"
    said = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=Path(prepare.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = {"stack", "__main__", "sitecustomize"}
    assert set(said.stdout.split()) - ours <= set(sys.stdlib_module_names)


def test_page_checks_are_fetched_once_for_each_lock_file(bare: Path, tmp_path: Path) -> None:
    put(bare, "npm", 'echo "$@" >> "$NPM_CALLS"')
    calls, checks = tmp_path / "calls", tmp_path / "page-checks"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPM_CALLS", str(calls))
        prepare.fetch_page_checks(checks)
        prepare.fetch_page_checks(checks)
        assert calls.read_text().count("ci --ignore-scripts") == 1
        (checks / prepare.STAMP).write_text("of another lock file")
        prepare.fetch_page_checks(checks)
        assert calls.read_text().count("ci --ignore-scripts") == 2


def test_page_checks_that_can_not_be_fetched_are_not_taken_for_complete(
    bare: Path, tmp_path: Path
) -> None:
    put(bare, "npm", "echo 'npm error integrity checksum failed' >&2; exit 1")
    for _ in range(2):
        with pytest.raises(StackError, match="integrity checksum failed"):
            prepare.fetch_page_checks(tmp_path / "page-checks")


def test_no_lock_file_names_where_packages_come_from() -> None:
    assert "resolved" not in (prepare.PAGE_CHECKS / "package-lock.json").read_text()
