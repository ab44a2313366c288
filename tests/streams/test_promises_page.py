"""The page of promises names only what there is: promises, metrics, figures and tests."""

import re
from pathlib import Path

import pytest

from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.replay import fold, report
from streams.replay.phone import as_data

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ")][1:]
NAMES = re.compile(r"`([^`]+)`")


def test_every_promise_of_the_examples_is_on_the_page() -> None:
    told = {tuple(NAMES.findall(row[2])) for row in ROWS}
    stated = {
        (path.name, target)
        for path in (ROOT / "examples").glob("*.yaml")
        for municipality in load_catalogue(path.read_bytes(), path.name).municipalities.values()
        for target in municipality.targets
    }
    assert told == stated


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_its_metric_and_its_figure_exist(row: list[str]) -> None:
    (metric,), (figure,) = NAMES.findall(row[3]), NAMES.findall(row[4])
    assert metric in {m.PREFIX + each.name for each in m.BUSINESS}
    path = ROOT / "examples" / NAMES.findall(row[2])[0]
    loaded = load_catalogue(path.read_bytes(), path.name)
    legs, _ = fold(loaded, [], 0)
    (queues,) = as_data(report(loaded, legs, 0, "today", None), "today").values()
    assert all(figure in figures for figures in queues.values())


def test_the_tests_that_it_names_exist() -> None:
    names = re.findall(r"`(test_\w+)`\s+\(tests/(\S+)\)", PAGE)
    assert len(names) == 2
    for name, folder in names:
        files = (ROOT / "tests" / folder).glob("test_*.py")
        assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in files), name
