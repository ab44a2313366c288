"""The command line: every subcommand loads, speaks Swedish, and errs in one line."""

import re
import subprocess
import sys

import click
import pytest

from streams.__main__ import COMMANDS, commands
from streams.swedish_click import WORDS, translated

ENGLISH = re.compile(
    r"(?<![-\w])"
    r"(the|usage|options|commands|show this|default|required|env var|integer|text|path|file)\b",
    re.IGNORECASE,
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_every_subcommand_is_swedish(name: str) -> None:
    context = click.Context(commands, info_name="svarsgrad")
    command = commands.get_command(context, name)
    assert command is not None
    text = command.get_help(click.Context(command, info_name=name, parent=context))
    assert "Användning: svarsgrad" in text
    assert ENGLISH.findall(text) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rakna"], "Det finns inget kommando 'rakna' (hjälp: svarsgrad --help)"),
        (["replay"], "Flagga saknas: '--catalogue' (hjälp: svarsgrad replay --help)"),
        (["check-catalogue"], "Argument saknas: 'FIL' (hjälp: svarsgrad check-catalogue --help)"),
        (["worker", "--x"], "Det finns ingen flagga --x (hjälp: svarsgrad worker --help)"),
    ],
)
def test_a_mistyped_command_is_one_line_in_swedish(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.stderr == f"Fel: {said}\n"
    assert done.returncode != 0


def test_svarsgrad_alone_shows_what_there_is() -> None:
    done = run()
    assert all(name in done.stdout for name in COMMANDS)
    assert done.returncode == 0


@pytest.mark.parametrize("message", sorted(WORDS))
def test_a_translation_has_the_same_fields_as_the_original(message: str) -> None:
    fields = re.compile(r"\{\w+")
    assert sorted(fields.findall(translated(message))) == sorted(fields.findall(message))
