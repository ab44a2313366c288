"""What is typed can be seen by others on the machine: no option takes a secret, only its file."""

import re

import click
import pytest
from click.testing import CliRunner
from command_line import all_commands

from streams.__main__ import commands

SECRET = re.compile(r"token|password|secret|key|login|credential|auth|nyckel|losen|lösen")
NO_SECRETS = {
    "follow-queue-log --callback-key": "a button on a telephone",
    "intake-token --source": "whose token it makes",
}
"""Options that sound like it and are none, and what they are."""
CATALOGUE = "--catalogue examples/lulea.yaml"
HIDDEN = "hemligheten"


ALL = {
    f"{name} {parameter.opts[-1]}": parameter
    for name, command in all_commands()
    for parameter in command.params
}
"""All parameters of all commands, by how they are typed."""


def is_a_file(parameter: click.Parameter) -> bool:
    metavar = getattr(parameter, "metavar", None) or ""
    return isinstance(parameter.type, click.Path) or metavar == "FIL"


@pytest.mark.parametrize("typed", [its for its in ALL if SECRET.search(its.split()[-1])])
def test_what_has_a_secret_is_the_name_of_its_file(typed: str) -> None:
    parameter = ALL[typed]
    if typed in NO_SECRETS or getattr(parameter, "is_flag", False):
        return
    assert is_a_file(parameter), typed


def test_there_are_such_options_and_they_are_looked_at() -> None:
    assert {"wall --token-file", "intake --identity-key", "archive --database-password-file"} <= {
        its for its in ALL if SECRET.search(its)
    }
    assert len(ALL) > 100


def test_no_variable_of_an_option_has_a_secret_but_by_its_file() -> None:
    for typed, parameter in ALL.items():
        names = parameter.envvar or ()
        for name in [names] if isinstance(names, str) else names:
            if SECRET.search(name.lower()):
                assert name.endswith("_FILE"), (typed, name)


@pytest.mark.parametrize(
    "typed",
    [
        f"wall {CATALOGUE} --prometheus https://u:{HIDDEN}@127.0.0.1:1",
        f"verify {CATALOGUE} --worker https://u:{HIDDEN}@127.0.0.1:1",
        f"archive {CATALOGUE} --database postgresql://u:{HIDDEN}@127.0.0.1:1/d",
        f"dashboards publish --url https://u:{HIDDEN}@127.0.0.1:1 --token-file x",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(typed: str) -> None:
    found = CliRunner().invoke(commands, typed.split())
    assert found.exit_code != 0
    said = " ".join(found.output.split())
    assert HIDDEN not in said
    assert re.search("inloggning i sig|lösenord i adressen", said), said
