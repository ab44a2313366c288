"""A metric that has been renamed is shown by both names for one minor version, and no longer."""

from pathlib import Path

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from producers.vitals import Vitals
from streams import metrics as m
from streams.exposition.sheet import Sheet
from streams.metrics_page import page
from streams.release import release

ROOT = Path(__file__).parents[2]
ASKED = (
    *ROOT.glob("examples/**/*.yml"),
    *ROOT.glob("dashboards/**/*.json"),
    *ROOT.glob("helm/**/*.y*ml"),
    *ROOT.glob("helm/**/*.json"),
    *(path for path in ROOT.glob("docs/**/*.md") if path.name not in {"metrics.md", "upgrade.md"}),
    *(path for name in ("alerts", "dashboards") for path in ROOT.glob(f"{name}/**/*.py")),
)
"""All of ours in which metrics are asked for or spoken of."""
ALL = (*m.BUSINESS, *m.PROCESS, *m.ARCHIVE, *m.PRODUCER, *m.INTAKE, *m.VERIFY)
RENAMED = (
    m.Former(m.WAITING, "queue_waiting", (99, 0)),
    m.Former(m.EVENTS, "events_read", (99, 0)),
    m.Former(m.WAIT_TODAY, "waits_before", (99, 0)),
    m.Former(m.SOURCE_READ, "source_lines", (99, 0)),
)


def test_both_names_have_the_same_samples_and_the_old_one_says_that_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(m, "FORMERLY", RENAMED)
    sheet = Sheet()
    sheet.add(m.WAITING, 3, "lulea", "vaxel")
    sheet.add(m.WAITING, 0, "lulea", "skola")
    sheet.add(m.EVENTS, 17, "folded")
    sheet.add(m.LONGEST_WAIT, 12.5, "lulea", "vaxel")
    labels = ("lulea",) * len(m.WAIT_TODAY.labels)
    sheet.add_histogram(m.WAIT_TODAY, [15, 20], ([1, 2, 4], 61.0), *labels)
    assert sheet.text() == generate_latest(sheet)
    found = {
        family.name: family for family in text_string_to_metric_families(sheet.text().decode())
    }
    for former in RENAMED[:3]:
        new, old = m.PREFIX + former.metric.name, m.PREFIX + former.name
        assert f"Deprecated, gone in 99.0: ask for {new}" in found[old].documentation
        assert "Deprecated" not in found[new].documentation
        assert found[old].type == found[new].type
        assert [(its.name.removeprefix(old), its.labels, its.value) for its in found[old].samples]
        assert [
            (its.name.removeprefix(old), its.labels, its.value) for its in found[old].samples
        ] == [(its.name.removeprefix(new), its.labels, its.value) for its in found[new].samples]
    assert len(list(sheet.collect())) == 7, "nothing else is there twice"


def test_a_producer_shows_both_names_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(m, "FORMERLY", RENAMED)
    vitals = Vitals(municipality="lulea", source="vaxel", read=5)
    found = {its.name: its for its in vitals.collect()}
    assert found["svarsgrad_source_lines"].samples[0].value == 5
    assert found["svarsgrad_source_read"].samples[0].value == 5


def test_the_page_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Renamed" not in page() or m.FORMERLY
    monkeypatch.setattr(m, "FORMERLY", RENAMED)
    assert "| `svarsgrad_events_read_total` | `svarsgrad_events_total` | 99.0 |" in page()


def test_no_old_name_outlives_its_overlap_or_is_a_metric_of_its_own() -> None:
    ours = tuple(int(part) for part in release().split(".")[:2])
    names = {its.name for its in ALL}
    for former in m.FORMERLY:
        assert ours < former.until, f"{former.name} was to go: take it out of FORMERLY"
        assert former.name not in names
        assert former.metric.name in names


def asked_by_an_old_name(formers: tuple[m.Former, ...]) -> list[str]:
    old = [m.PREFIX + its.name for its in formers]
    assert all(former.metric in ALL for former in formers)
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in ASKED
        for name in old
        if name in path.read_text("utf-8", errors="replace")
    ]


def test_nothing_of_ours_asks_for_an_old_name() -> None:
    assert asked_by_an_old_name(m.FORMERLY) == []
    assert len(ASKED) > 50
    is_asked = (m.Former(m.LONGEST_WAIT, "waiting", (99, 0)),)
    assert asked_by_an_old_name(is_asked), "one that is asked for is found"
