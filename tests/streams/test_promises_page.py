"""The page of promises names only what there is: promises, metrics, figures and tests."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from streams import metrics as m
from streams.domain.catalogue import Catalogue, load_catalogue
from streams.domain.instants import micros
from streams.figures import as_data
from streams.replay import fold, whole_report

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| ")
][1:]
TESTS = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
NAMES = re.compile(r"`([^`]+)`")
LOADED = {
    path.name: load_catalogue(path.read_bytes(), path.name)
    for path in (ROOT / "examples").glob("*.yaml")
}


def names(cell: str) -> list[str]:
    return NAMES.findall(cell)


def test_every_promise_of_the_examples_is_on_the_page() -> None:
    told = {tuple(names(row[2])) for row in ROWS}
    stated = {
        (file, target)
        for file, loaded in LOADED.items()
        for municipality in loaded.municipalities.values()
        for target in municipality.targets
    }
    assert stated <= told
    for file, key in told - stated:  # what no target states is a key of the catalogue
        assert f"{key}: " in (ROOT / "examples" / file).read_text(encoding="utf-8")


def instant(loaded: Catalogue, target: str) -> int:
    """Noon on the last day of some working week on which a promise holds."""
    for municipality in loaded.municipalities.values():
        for version in municipality.targets.get(target, ()):
            return micros(datetime.combine(version.valid_from, time(11), UTC))
    return micros(datetime(2026, 3, 10, 11, tzinfo=UTC))


def found(data: Any, path: list[str], target: str) -> Iterator[Any]:
    """What stands at a path, with any name where it has none."""
    if not path:
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            if path[0] in {"…", key} and (path[0] != "…" or len(path) > 1 or key == target):
                yield from found(value, path[1:], target)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0][:40]} {row[2]}")
def test_its_metric_its_figure_and_its_test_exist(row: list[str]) -> None:
    (file, target), (metric,), (path,), (test,) = map(names, row[2:])
    assert metric in {m.PREFIX + each.name for each in m.BUSINESS}
    loaded, now = LOADED[file], instant(LOADED[file], target)
    reports = whole_report(loaded, fold(loaded, [], now)[0], now, "today", None)
    (report,) = reports.values()
    assert list(found(as_data(report, "today"), path.split("."), target))
    module, _, name = test.partition("::")
    assert f"def {name}(" in TESTS[module]


def test_the_tests_that_it_ends_with_exist() -> None:
    ends_with = names(PAGE.rpartition("held against replay")[2])
    assert len(ends_with) == 2
    for module, _, name in (test.partition("::") for test in ends_with):
        assert f"def {name}(" in TESTS[module]
