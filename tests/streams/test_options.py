"""What is typed after a command: told of in one way, wherever it is."""

from collections import defaultdict

import click
import pytest
from command_line import all_commands

OPTIONS = [
    (f"{name} {its.opts[0]}", its)
    for name, command in all_commands()
    for its in command.params
    if isinstance(its, click.Option)
]
BY_VARIABLE: dict[str, list[click.Option]] = defaultdict(list)
for _, option in OPTIONS:
    if isinstance(option.envvar, str):
        BY_VARIABLE[option.envvar].append(option)


@pytest.mark.parametrize("variable", BY_VARIABLE)
def test_what_a_variable_says_is_one_option_wherever_it_is(variable: str) -> None:
    told = {
        (its.metavar, its.default, (its.help or "").rstrip(".").partition(":")[0])
        for its in BY_VARIABLE[variable]
        if its.show_envvar
    }
    assert len(told) == 1


def test_every_option_has_help_that_is_a_sentence() -> None:
    assert [name for name, its in OPTIONS if not (its.help or "").endswith(".")] == []
