"""SECURITY.md names tests that there are, and says of each part what does not help."""

import re
from pathlib import Path

import pytest

PAGE = Path("SECURITY.md").read_text("utf-8")
THREATS = PAGE.partition("<!-- threats: begin -->")[2].partition("<!-- threats: end -->")[0]
TESTS = "\n".join(path.read_text("utf-8") for path in Path("tests").rglob("test_*.py"))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_each_promise_has_its_test(name: str) -> None:
    assert f"def {name}(" in TESTS


@pytest.mark.parametrize("line", [its for its in THREATS.splitlines() if its.startswith("|")])
def test_each_threat_is_told_in_four_parts(line: str) -> None:
    who, could, stops, _ = line.strip("|").split("|")
    assert all(its.strip() for its in (who, could, stops))


def test_all_parts_are_there() -> None:
    assert len(re.findall(r"^### ", THREATS, re.MULTILINE)) == 10
