"""What the Dockerfile promises: a pinned base, hashes, no tools in what runs, no root."""

import re
import subprocess
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from dockerfiles import instructions, of, stages

from reports.formats.pdf import PACKAGES

TEXT = Path("Dockerfile").read_text("utf-8")
ALL = instructions(TEXT)
STAGES = stages(TEXT)
LAST = STAGES[-1]
PROJECT = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))


def commands(among: list[str]) -> list[str]:
    return [its.strip() for run in among for its in run.split("&&")]


def test_each_stage_is_of_one_base_known_by_its_digest() -> None:
    (base,) = (its for its in of("ARG", ALL) if its.startswith("BASE="))
    assert re.fullmatch(r"BASE=docker\.io/library/debian:trixie-slim@sha256:[0-9a-f]{64}", base)
    assert {its.split()[0] for its in of("FROM", ALL)} == {"${BASE}"}


def test_whatever_is_installed_by_pip_has_a_hash_or_is_ours() -> None:
    installs = [
        its for its in commands(of("RUN", ALL)) if re.search(r"pip .*(install|wheel)", its)
    ]
    assert len(installs) == 4
    for its in installs:
        assert "--require-hashes" in its or "--no-index" in its


def test_the_last_stage_has_what_runs_and_nothing_that_builds() -> None:
    (installed,) = (its for its in commands(of("RUN", LAST)) if "apt-get install" in its)
    packages = set(installed.split("--no-install-recommends")[1].split())
    needed = set(re.split(r", | och ", PACKAGES))
    assert packages == needed | {"ca-certificates", "fonts-liberation", "python3"}
    assert not any("pip" in its for its in of("RUN", LAST))
    assert "--without-pip /opt/svarsgrad" in TEXT


def test_it_runs_as_nobody_in_particular_and_nothing_in_it_gives_more_rights() -> None:
    assert of("USER", LAST) == ["10001:10001"]
    after = LAST[[its.word for its in LAST].index("USER") :]
    assert {its.word for its in after} == {"USER", "ENTRYPOINT", "CMD"}
    assert "find / -xdev -type f -perm /6000 -exec chmod a-s {} +" in commands(of("RUN", LAST))


def test_the_command_is_svarsgrad_and_its_labels_are_the_projects() -> None:
    assert of("ENTRYPOINT", LAST) == ['["/opt/svarsgrad/bin/svarsgrad"]']
    (labels,) = of("LABEL", LAST)
    assert f'version="{PROJECT["project"]["version"]}"' in labels
    assert f'licenses="{PROJECT["project"]["license"]}"' in labels


def test_nothing_is_fetched_by_other_means_and_nothing_secret_is_told_to_the_builder() -> None:
    assert of("ADD", ALL) == []
    assert re.findall(r"\b(curl|wget|git)\b", TEXT) == []
    names = " ".join([*of("ARG", ALL), *of("ENV", ALL)])
    assert re.findall(r"(?i)pass|secret|token|key", names) == []


def copied() -> list[str]:
    return [
        name
        for its in of("COPY", ALL)
        if not its.startswith("--from=")
        for name in its.split()[:-1]
    ]


def test_all_that_is_copied_goes_to_the_builder_and_the_whole_wheel_does() -> None:
    ignored = Path(".dockerignore").read_text("utf-8").split("\n")
    let = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored
    assert set(copied()) == set(let)
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(let)


@pytest.mark.parametrize("name", [".env", "arkiv.db", "losenord", ".git", ".stack", "tests"])
def test_what_a_working_copy_may_hold_beside_stays_there(name: str) -> None:
    ignored = Path(".dockerignore").read_text("utf-8").split("\n")
    assert not any(fnmatchcase(name, line[1:]) for line in ignored if line.startswith("!"))


def test_all_that_is_copied_is_kept_in_git() -> None:
    for name in copied():
        said = subprocess.run(
            ["git", "ls-files", name], capture_output=True, text=True, check=True
        )
        assert said.stdout
