"""The example of CronJobs runs commands that there are, with options that they take.

The timers of a host are held by tests/install.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from streams.__main__ import commands

FOLDER = Path("examples/schedules")


def jobs() -> Iterator[tuple[str, list[str]]]:
    """Yield the command of each CronJob."""
    for job in yaml.safe_load_all((FOLDER / "cronjobs.yaml").read_text(encoding="utf-8")):
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        yield job["metadata"]["name"], container["command"]


SCHEDULED = [*jobs()]


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


def test_each_runs_with_the_least_rights() -> None:
    for job in yaml.safe_load_all((FOLDER / "cronjobs.yaml").read_text(encoding="utf-8")):
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
