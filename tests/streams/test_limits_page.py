"""docs/limits.md has the constants as they are, and names tests that there are."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from benchmarks.very_many import KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
LIMITS, _, COSTS = PAGE.partition("## What has no limit")
ROWS = [
    cells
    for line in LIMITS.splitlines()
    if line.startswith("| ") and len(cells := line.split("|")[1:-1]) == 5
][1:]
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:50])
def test_each_limit_is_as_the_code_has_it(row: list[str]) -> None:
    module, name = row[2].strip(" `").rsplit(".", 1)
    assert f"{getattr(import_module(module), name):,.0f}" == row[1].strip()


def test_what_has_no_limit_has_its_costs() -> None:
    measured = re.findall(r"^\| ([^|]+) \|", COSTS, re.MULTILINE)
    assert measured[1:] == [*KINDS]


@pytest.mark.parametrize("name", re.findall(r"`(test_\w+)`", PAGE))
def test_each_limit_has_its_test(name: str) -> None:
    assert f"def {name}(" in TESTS


def test_a_catalogue_like_luleas_has_as_many_values_as_it_says() -> None:
    def values(node: yaml.Node) -> int:
        if isinstance(node, yaml.MappingNode):
            return 1 + sum(values(value) for _, value in node.value)
        return 1 + sum(map(values, node.value)) if isinstance(node, yaml.SequenceNode) else 1

    example = yaml.compose((ROOT / "examples" / "lulea.yaml").read_text("utf-8"))
    assert f"one like Luleå has {values(example)} " in PAGE
