"""The command line: every subcommand loads, speaks Swedish, and errs in one line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from streams.__main__ import COMMANDS, commands, main
from streams.swedish_click import WORDS, described_range, translated

ENGLISH = re.compile(
    r"(?<![-\w])"
    r"(the|usage|options|commands|show this|default|required|env var|integer|path|file|x"
    r"|text(?! \(förval\)))\b"
    r"|[<>]=|\.\.\.",
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
    told = re.findall(r"^  ([a-z][a-z-]+)  +\S", done.stdout, re.MULTILINE)
    assert told == list(COMMANDS)
    assert "..." not in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "wroker",
            "Det finns inget kommando 'wroker'. Menade du worker? (hjälp: svarsgrad --help)",
        ),
        (
            "worker --catalog k.yaml",
            "Det finns ingen flagga --catalog. Menade du --catalogue? "
            "(hjälp: svarsgrad worker --help)",
        ),
        ("topics --kafka", "Flaggan '--kafka' kräver ett värde (hjälp: svarsgrad topics --help)"),
        ("topics --partitions abc", "'abc' är inget heltal (hjälp"),
        ("simulate --speed fort", "'fort' är inget tal (hjälp"),
        ("simulate --max-waiting -1", "-1 går inte, det ska vara minst 0 (hjälp"),
        ("stack --kafka-port 99999", "för '--kafka-port': 99999 går inte, det ska vara 1–65535 ("),
        ("stack --directory fil", "'fil' är en fil, ingen mapp (hjälp"),
        ("simulate --queue-log .", "'.' är en mapp, ingen fil (hjälp"),
        ("check-catalogue fil", "'fil' går inte att läsa (behörighet saknas) (hjälp"),
        ("due nu --in 2wd --rule x", "det ska vara ett av 'arrival-day', 'next-opening' (hjälp"),
    ],
)
def test_a_mistake_is_told_in_swedish_with_what_would_be_right(
    typed: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "fil").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "fil")
    assert said in error_of(typed, monkeypatch, capsys)


def test_a_value_from_the_environment_is_pointed_at_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SVARSGRAD_STACK_KAFKA_PORT", "0")
    said = error_of("stack", monkeypatch, capsys)
    assert said.startswith("Fel: Ogiltigt värde för SVARSGRAD_STACK_KAFKA_PORT: 0 går inte")


def error_of(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What the command line says of a mistake, which is one line."""
    monkeypatch.setattr(sys, "argv", ["svarsgrad", *typed.split()])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("Fel: ")
    return said


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (click.IntRange(1, 9), "1–9"),
        (click.FloatRange(min=0.5), "minst 0,5"),
        (click.IntRange(max=9), "högst 9"),
        (click.FloatRange(0, 10, min_open=True), "över 0 och högst 10"),
        (click.FloatRange(max=1, max_open=True), "under 1"),
        (click.FloatRange(), ""),
    ],
)
def test_a_range_is_told_in_words(numbers: click.IntRange | click.FloatRange, told: str) -> None:
    assert described_range(numbers) == told


def test_every_command_that_reads_from_kafka_takes_its_address_alike() -> None:
    context = click.Context(commands)
    told = {}
    for name in COMMANDS:
        command = commands.get_command(context, name)
        assert command is not None
        for option in command.params:
            if "--kafka" in option.opts:
                assert isinstance(option, click.Option)
                told[name] = (option.envvar, option.show_envvar, option.default)
    assert told.pop("simulate")[0] is None  # made-up events go only where they are told to
    assert set(told) >= {"follow-queue-log", "replay", "topics", "worker"}
    assert set(told.values()) == {("SVARSGRAD_KAFKA", True, "127.0.0.1:9092")}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_of_commands_says_what_each_does_on_one_line_of_80(name: str) -> None:
    context = click.Context(commands, info_name="svarsgrad", terminal_width=80)
    listed = commands.get_help(context).splitlines()
    (line,) = (line for line in listed if line.startswith(f"  {name} "))
    assert line.endswith(".")
    assert not line.endswith("...")


@pytest.mark.parametrize("message", sorted(WORDS))
def test_a_translation_has_no_field_that_the_original_has_not(message: str) -> None:
    fields = re.compile(r"\{\w+")
    assert set(fields.findall(translated(message))) <= set(fields.findall(message))
