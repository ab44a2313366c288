"""docs/reliability.md tells of the faults and the guards that there are."""

import re
import subprocess
import sys
from pathlib import Path

from guards import GUARDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
FIGURES = PAGE.partition("<!-- figures: begin -->")[2].partition("<!-- figures: end -->")[0]


def test_every_fault_has_its_figures_and_every_row_is_of_a_test() -> None:
    rows = set(re.findall(r"^\| `(test_\w+\.py::test_[^`]+)`", FIGURES, re.MULTILINE))
    have_figures = {
        f"{file.name}::{name}"
        for file in (ROOT / "tests" / "chaos").glob("test_*.py")
        for name, arguments in re.findall(
            r"^(?:async )?def (test_\w+)\((.*?)\) ->",
            file.read_text("utf-8"),
            re.MULTILINE | re.DOTALL,
        )
        if re.search("figures: Figures|loss: Loss", arguments)  # a loss has figures
    }
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/chaos", "--collect-only", "-q", "-m", ""],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tests = set(re.findall(r"^tests/chaos/(test_.*)$", collected.stdout, re.MULTILINE))
    assert rows == {test for test in tests if test.partition("[")[0] in have_figures}


def test_the_crisis_day_took_its_half_hour() -> None:
    (minutes,) = re.findall(
        r"^\| `test_crisis_day\.py.* \| (\d+) minutes: ", FIGURES, re.MULTILINE
    )
    assert int(minutes) >= 30


def test_the_guards_are_those_that_are_taken_away() -> None:
    told = re.findall(r"^\| ([^`|]+) \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert told == [(guard.name, guard.test.removeprefix("tests/")) for guard in GUARDS]


def test_every_guards_test_is_there() -> None:
    for guard in GUARDS:
        file, _, name = guard.test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text("utf-8") or not name
