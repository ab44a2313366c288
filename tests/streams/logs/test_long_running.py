"""What runs until it is told to stop is logged from its first word to its last."""

import importlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from streams.__main__ import COMMANDS, commands
from streams.logs import e, tell, tell_remark, tell_start
from streams.logs.long_running import LongRunning

LONG_RUNNING = ("archive", "follow-mailbox", "follow-queue-log", "intake", "wall", "worker")
ROOT = Path(__file__).parents[3]
CATALOGUE = str(ROOT / "examples" / "lulea.yaml")
NUMBER = "0846500461 x"
log = logging.getLogger("streams.test")


def run(does: Callable[[], Any], *typed: str, format_: str = "") -> Result:
    @click.command("proverska", cls=LongRunning, epilog="\b\nMiljövariabler:\nINGEN")
    @click.option("--once", "is_once", is_flag=True)
    def command(*, is_once: bool) -> None:
        if not is_once:
            tell_start("proverska", catalogue="k.yaml", group=None)
        does()

    group = click.Group(commands=[command])
    return CliRunner(env={"SVARSGRAD_LOG_FORMAT": format_}).invoke(group, ["proverska", *typed])


def works() -> None:
    tell(log, e.KAFKA_AWAY, "Kafka tar inte emot.")


def fails() -> None:
    int(NUMBER)


def must_be_helped() -> None:
    raise click.ClickException("ingen Kafka svarar: starta den")


def has_told() -> None:
    raise click.exceptions.Exit(3)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_these_commands_are_logged_and_no_others(name: str) -> None:
    command = importlib.import_module(COMMANDS[name]).command
    assert isinstance(command, LongRunning) == (name in LONG_RUNNING)


def read(result: Result) -> list[dict[str, Any]]:
    assert result.stdout == ""
    return [json.loads(line) for line in result.stderr.splitlines()]


def test_in_json_it_says_what_it_is_and_that_it_ended() -> None:
    result = run(works, format_="json")
    started, away, stopped = read(result)
    assert result.exit_code == 0
    assert started["event"] == "started"
    assert started["message"].endswith(" proverska: catalogue k.yaml")
    assert (started["command"], started["catalogue"]) == ("proverska", "k.yaml")
    assert "group" not in started
    assert (away["event"], away["level"]) == ("kafka_away", "warning")
    assert (stopped["event"], stopped["level"]) == ("stopped", "info")


def test_in_text_a_line_has_time_level_and_event() -> None:
    result = run(works)
    assert result.exit_code == 0
    said = [line[20:] for line in result.stderr.splitlines()]
    assert said[1:] == [
        "warning kafka_away: Kafka tar inte emot.",
        "info stopped: stopped, as it was told to",
    ]


def test_one_that_works_once_talks_to_a_person_in_text() -> None:
    result = run(works, "--once")
    assert (result.exit_code, result.stderr) == (0, "Kafka tar inte emot.\n")
    (line,) = read(run(works, "--once", format_="json"))
    assert line["event"] == "kafka_away"


@pytest.mark.parametrize("typed", [(), ("--once",)])
def test_an_error_that_nobody_foresaw_is_one_line_without_what_was_read(
    typed: tuple[str, ...],
) -> None:
    result = run(fails, *typed, format_="json")
    assert result.exit_code == 1
    crashed = read(result)[-1]
    assert (crashed["event"], crashed["level"]) == ("crashed", "critical")
    assert crashed["message"].startswith("proverska crashed: ValueError: ")
    assert "in fails" in crashed["exception"]
    assert "0846500461" not in result.stderr
    result = run(fails, *typed)
    assert result.exit_code == 1
    assert "proverska crashed: ValueError: " in result.stderr
    assert "0846500461" not in result.stderr


def test_what_keeps_it_from_running_is_one_line_of_the_log_or_of_the_command_line() -> None:
    result = run(must_be_helped, "--once", format_="json")
    (line,) = read(result)
    assert (result.exit_code, line["event"], line["level"]) == (1, "cannot_run", "critical")
    assert line["message"] == "ingen Kafka svarar: starta den"
    result = run(must_be_helped, "--once")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["Fel: ingen Kafka svarar: starta den"]


def test_one_that_has_told_why_it_ends_says_no_more() -> None:
    result = run(has_told, format_="json")
    assert result.exit_code == 3
    assert [line["event"] for line in read(result)] == ["started"]


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_is_mistyped_is_one_line_too(name: str) -> None:
    typed = [name, "--finnsinte"]
    (line,) = read(CliRunner(env={"SVARSGRAD_LOG_FORMAT": "json"}).invoke(commands, typed))
    assert line["event"] == "cannot_run"
    assert line["message"].startswith("Det finns ingen flagga --finnsinte")
    assert "--help)" in line["message"]


TYPED = {
    "archive": ("--catalogue", CATALOGUE),
    "follow-mailbox": ("--catalogue", CATALOGUE, "--source", "epost"),
    "follow-queue-log": ("queue_log", "--municipality", "lulea"),
    "intake": ("--catalogue", CATALOGUE, "--tokens", "t", "--identity-key", "k"),
    "wall": ("--catalogue", CATALOGUE),
    "worker": ("--catalogue", CATALOGUE),
}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_format_that_there_is_not_is_refused_before_anything_is_done(name: str) -> None:
    runner = CliRunner(env={"SVARSGRAD_LOG_FORMAT": "jsno"})
    result = runner.invoke(commands, [name, *TYPED[name]])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Fel: SVARSGRAD_LOG_FORMAT='jsno' går inte: skriv text eller json"
    ]


def test_the_help_tells_of_the_format_whatever_it_is_set_to() -> None:
    runner = CliRunner(env={"SVARSGRAD_LOG_FORMAT": "jsno"})
    for name in LONG_RUNNING:
        result = runner.invoke(commands, [name, "--help"])
        assert result.exit_code == 0
        assert "SVARSGRAD_LOG_FORMAT" in result.stdout


@pytest.mark.parametrize("format_", ["text", "json"])
def test_in_the_journal_each_line_has_its_priority_and_no_time(format_: str) -> None:
    reads, writes = os.pipe()
    its = os.fstat(writes)
    environment = {
        **os.environ,
        "JOURNAL_STREAM": f"{its.st_dev}:{its.st_ino}",
        "SVARSGRAD_LOG_FORMAT": format_,
    }
    typed = (sys.executable, "-m", "streams", "worker", "--catalogue", "/finns/inte.yaml")
    done = subprocess.run(typed, stderr=writes, env=environment, check=False, timeout=60)
    os.close(writes)
    with os.fdopen(reads, encoding="utf-8") as said:
        (line,) = said.read().splitlines()
    assert done.returncode == 1
    told = "/finns/inte.yaml finns inte; ange katalogens fil, till exempel examples/lulea.yaml"
    if format_ == "text":
        assert line == f"<2>cannot_run: {told}"
    else:
        assert line.startswith("<2>{")
        assert json.loads(line[3:])["message"] == told


def test_a_remark_is_a_warning() -> None:
    result = run(lambda: tell_remark("Varning: nyckeln kan läsas av alla"), format_="json")
    assert [(its["event"], its["level"]) for its in read(result)][1] == ("remark", "warning")
