"""docs/bad-input.md names tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ")][1:]
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:50])
def test_each_outcome_has_its_test(row: list[str]) -> None:
    (name,) = re.findall(r"`(test_\w+)`", row[2])
    assert f"def {name}(" in TESTS
