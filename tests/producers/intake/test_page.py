"""docs/sources/intake.md has the limits as they are, and commands that can be typed."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from producers.intake import grants, limits
from streams.__main__ import commands

PAGE = (Path(__file__).parents[3] / "docs" / "sources" / "intake.md").read_text("utf-8")


def test_each_limit_is_as_the_code_has_it() -> None:
    said = re.findall(r"[\d,]+", " ".join(re.findall(r"\| ([\d,; ]+) \|\n", PAGE)))
    in_code = (
        limits.MAX_EVENTS, limits.MAX_BODY_BYTES, grants.EVENTS_PER_SECOND,
        limits.MOST_CONNECTIONS, limits.MAX_HELD_BYTES, limits.FIRST_SECONDS,
        limits.IDLE_SECONDS, limits.REQUEST_SECONDS, limits.BODY_SECONDS,
        limits.DELIVERY_SECONDS, limits.STALLED_SECONDS,
    )  # fmt: skip
    assert said == [f"{number:,.0f}" for number in in_code]


def typed() -> list[list[str]]:
    text = "\n".join(re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("$ svarsgrad")]
    return [shlex.split(line, comments=True)[2:] for line in lines]


def test_there_are_commands_on_it() -> None:
    assert [words[0] for words in typed()] == ["intake-token", "intake", "intake"]


@pytest.mark.parametrize("words", typed(), ids=lambda words: words[0])
def test_a_command_can_be_typed(words: list[str]) -> None:
    """What is wrong with it here is only that its files are not there."""
    said = CliRunner().invoke(commands, words)
    if said.exit_code != 0:
        assert "identity.key finns inte" in str(said.output)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--listen", "0.0.0.0:8443"], "--behind-proxy"),
        (["--listen", "nonsens"], "saknar värd eller port"),
        (["--cert", "x"], "--cert och --key hör ihop"),
        (["--metrics", "x"], "--metrics x saknar värd eller port"),
        ([], "openssl rand -hex 32"),
    ],
)
def test_what_can_not_be_started_is_said_in_one_line(
    more: list[str], said: str, tmp_path: Path
) -> None:
    words = ["intake", "--catalogue", "examples/lulea.yaml", "--tokens", "tokens.yaml"]
    found = CliRunner().invoke(
        commands, [*words, "--identity-key", str(tmp_path / "identity.key"), *more]
    )
    assert found.exit_code != 0
    assert said in found.output
    assert found.output.count("\n") <= 4
