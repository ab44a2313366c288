"""The command as a person meets it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.check_catalogue import command, summary
from streams.domain.catalogue import load_catalogue

EXAMPLE = Path(__file__).parents[2] / "examples" / "lulea.yaml"


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_catalogue_without_mistakes_is_said_to_be_right_and_how_much_is_in_it():
    result = run(EXAMPLE)
    assert result.output == f"{EXAMPLE} stämmer: 1 kommun, 10 köer, 16 mål\n"
    assert result.exit_code == 0


def test_each_mistake_stands_on_its_own_line_and_the_exit_code_is_1(tmp_path):
    file = tmp_path / "fel.yaml"
    text = EXAMPLE.read_text("utf-8").replace("goal: 0.90", "goal: 90")
    file.write_text(text.replace("version: 1", "version: 2"), "utf-8")
    result = run(file)
    lines = result.output.splitlines()
    assert len(lines) == 4
    assert lines[0] == f"{file} rad 5, version: 2 finns inte; skriv 1"
    assert all(line.startswith(f"{file} rad ") for line in lines)
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("saknas.yaml", "finns inte; ange katalogens fil"), (".", "är en mapp; ange katalogens fil")],
)
def test_a_file_that_cant_be_read_is_one_line_that_says_what_to_do(tmp_path, name, said):
    result = run(tmp_path / name)
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.count("\n") == 1


def test_a_file_without_end_is_read_only_to_the_limit():
    result = run("/dev/zero")
    assert "större än 1 MiB" in result.output
    assert result.exit_code == 1


def test_numbers_are_counted_in_good_swedish():
    catalogue = load_catalogue(
        "version: 1\nmunicipalities:\n"
        "  a: {name: A, zone: +01:00, queues: {a: {name: A, kind: partner}}}\n",
        "f.yaml",
    )
    assert summary(catalogue) == "1 kommun, 1 kö, 0 mål"
