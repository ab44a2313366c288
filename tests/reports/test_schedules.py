"""The examples of schedules run commands that there are, with options that they take."""

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streams.__main__ import commands

FOLDER = Path("examples/schedules")


def units() -> Iterator[tuple[str, list[str]]]:
    """Yield the command of each service."""
    for file in sorted(FOLDER.glob("*.service")):
        text = re.sub(r"\\\n\s*", " ", file.read_text(encoding="utf-8"))
        unit = configparser.RawConfigParser(strict=False, allow_no_value=True)
        unit.optionxform = str  # type: ignore[assignment,method-assign] # names have capitals
        unit.read_string(text)
        yield file.name, shlex.split(unit["Service"]["ExecStart"])


SCHEDULED = [*units()]


def unwrapped(command: list[str]) -> list[str]:
    """Return what a shell is told to run, after the name of the program."""
    if command[0] in {"sh", "/bin/sh"}:
        inner = re.sub(r'"\$\(date.*?\)"', "2025-03", command[2]).removeprefix("exec ")
        command = shlex.split(inner)
    assert Path(command[0]).name == "svarsgrad"
    return command[1:]


@pytest.mark.parametrize(("name", "command"), SCHEDULED, ids=[name for name, _ in SCHEDULED])
def test_each_runs_a_command_with_options_that_it_takes(name: str, command: list[str]) -> None:
    del name
    rest, its = unwrapped(command), commands
    context = click.Context(its, info_name="svarsgrad")
    found: click.Command = its
    while isinstance(found, click.Group):
        inner = found.get_command(context, rest[0])
        assert inner is not None, rest[0]
        found, rest = inner, rest[1:]
    found.make_context("svarsgrad", rest, parent=context)


def test_each_unit_has_its_timer() -> None:
    services = {file.stem for file in FOLDER.glob("*.service")}
    assert services == {file.stem for file in FOLDER.glob("*.timer")}
    for file in FOLDER.glob("*.timer"):
        text = file.read_text(encoding="utf-8")
        assert "Europe/Stockholm" in text
        assert "Persistent=true" in text


def test_each_runs_with_the_least_rights() -> None:
    for file in FOLDER.glob("*.service"):
        text = file.read_text(encoding="utf-8")
        for line in ("User=svarsgrad", "ProtectSystem=strict", "NoNewPrivileges=yes"):
            assert line in text, file.name
