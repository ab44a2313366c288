"""docs/reliability.md tells of the faults and the guards that there are."""

import re
from pathlib import Path

from guards import GUARDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
FIGURES = PAGE.partition("<!-- figures: begin -->")[2].partition("<!-- figures: end -->")[0]


def test_every_fault_has_its_figures_and_every_row_is_of_a_test() -> None:
    rows = set(re.findall(r"^\| `(test_\w+\.py::test_\w+)", FIGURES, re.MULTILINE))
    tests = {
        f"{file.name}::{name}"
        for file in (ROOT / "tests" / "chaos").glob("test_*.py")
        for name, arguments in re.findall(
            r"^(?:async )?def (test_\w+)\((.*?)\) ->",
            file.read_text("utf-8"),
            re.MULTILINE | re.DOTALL,
        )
        if re.search("figures: Figures|loss: Loss", arguments)  # a loss has figures
    }
    assert rows == tests


def test_no_difference_was_found() -> None:
    counts = re.findall(r"^\| `[^|]+\|(?:[^|]+\|){3} ([\d,]+) \|", FIGURES, re.MULTILINE)
    assert counts
    assert set(counts) == {"0"}


def test_the_guards_are_those_that_are_taken_away() -> None:
    told = re.findall(r"^\| ([^`|]+) \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert told == [(guard.name, guard.test.removeprefix("tests/")) for guard in GUARDS]


def test_every_guards_test_is_there() -> None:
    for guard in GUARDS:
        file, _, name = guard.test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text("utf-8") or not name
