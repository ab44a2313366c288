"""What is exported of cases, the survey and channels is what the reports say, and no more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from strategies_cases import case_event

from streams import metrics as m
from streams.domain.cases.book import Cases
from streams.domain.cases.due import needed_since
from streams.domain.cases.evaluation import evaluate_cases
from streams.domain.catalogue import load_catalogue
from streams.domain.channels import evaluate_channels
from streams.domain.event_types import SurveyData, SurveyEvent
from streams.domain.instants import micros
from streams.domain.surveys import Surveys, evaluate_surveys
from streams.domain.windows import ITEM_NAMES, ItemHorizon, window
from streams.exposition import cases as exposition
from streams.exposition.sheet import Sheet
from streams.figures.cases import as_data, channels_as_data, surveys_as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
    administrations:
      teknik: {name: Tekniska förvaltningen}
    channels: [phone, visit, chat]
    queues:
      arenden: {name: Ärenden, kind: cases, targets: [aterkoppling, klart]}
    promises: [losta, nojda, besok, okar]
    targets:
      aterkoppling: {name: Återkoppling, measure: feedback_within, limit: 3d, goal: 0.97,
        valid_from: 2007-04-01, source: Prov}
      klart: {name: Klart, measure: resolved_within, limit: 3d, valid_from: 2007-04-01,
        source: Prov}
      losta: {name: Lösta, measure: solved_in_centre, goal: 0.7, channels: [phone, visit],
        valid_from: 2018-01-26, source: Prov}
      nojda: {name: Nöjda, measure: satisfied, goal: 0.7, questions: [bemotande],
        valid_from: 2018-01-26, source: Prov}
      besok: {name: Besök, measure: channel_share, channels: [visit], goal: 0.2,
        valid_from: 2018-01-26, source: Prov}
      okar: {name: Telefon ökar, measure: channel_share, channels: [phone],
        valid_from: 2018-01-26, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]
NOW = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOWS = [window(name, micros(NOW), LULEA.zone) for name in ITEM_NAMES]


def cases() -> Cases:
    book = Cases(ItemHorizon(0, 0))
    opened = NOW - 5 * DAY
    told = {
        "a": [("by_centre", HOUR)],
        "b": [("handed_over", HOUR), ("feedback", 4 * DAY)],
        "c": [("handed_over", HOUR), ("feedback", DAY), ("by_administration", 2 * DAY)],
        "d": [("by_centre", HOUR), ("reopened", 2 * HOUR)],
        "e": [("handed_over", HOUR), ("by_centre", 2 * HOUR), ("contacted", DAY)],
        "f": [("handed_over", HOUR)],
    }
    for case, facts in told.items():
        for what, after in [("opened", timedelta(0)), *facts]:
            to = "finns-inte" if case == "f" else "teknik"
            event = case_event(what, case, opened + after, opened, administration=to)
            book.state(event, micros(event.time))
    for case in ("g", "h"):
        event = case_event("opened", case, NOW - HOUR, NOW - HOUR, channel="visit")
        book.state(event, micros(event.time))
    done = case_event("by_centre", "g", NOW - HOUR, NOW - HOUR)
    book.state(done, micros(done.time))
    return book


def answers(number: int) -> Surveys:
    book = Surveys(ItemHorizon(0, 0))
    for n in range(number):
        event = SurveyEvent(
            id=f"{n}",
            source="/enkat",
            type="se.svarsgrad.survey.answered.v1",
            subject=f"r{n}",
            time=NOW - DAY,
            partitionkey="lulea",
            data=SurveyData(question="bemotande", grade=1 + n % 5),
        )
        book.state(event, micros(event.time))
    return book


SHARE = ("ratio", "wilson_low", "wilson_high", "n")
COUNTS: dict[Any, int | None] = {"phone": 3, "visit": 2, "chat": None, "post": 1}
SPOKEN_TO: dict[Any, int | None] = {"phone": 2, "visit": 2}


@pytest.fixture(scope="module")
def reports() -> tuple[Any, Any, Any]:
    frame = cases().frame(needed_since(LULEA, WINDOWS), micros(NOW))
    survey = answers(6).frame(0, micros(NOW))
    recorded = {"okar": [(datetime(2025, 6, 1, tzinfo=UTC).date(), 0.5)]}
    return (
        evaluate_cases(
            LULEA, frame, micros(NOW), WINDOWS, {"today": COUNTS}, answered={"today": SPOKEN_TO}
        ),
        evaluate_surveys(LULEA, survey, micros(NOW), WINDOWS),
        evaluate_channels(LULEA, COUNTS, WINDOWS[0], recorded),
    )


@pytest.fixture(scope="module")
def sheet(reports: tuple[Any, Any, Any]) -> Sheet:
    filled = Sheet()
    exposition.add(filled, "lulea", reports[0])
    exposition.add_surveys(filled, "lulea", reports[1])
    exposition.add_channels(filled, "lulea", "today", reports[2])
    exposition.add_promises(filled, LULEA, micros(NOW))
    return filled


Samples = Callable[..., dict[tuple[str, ...], float]]


@pytest.fixture(scope="module")
def samples(sheet: Sheet) -> Samples:
    def of(metric: m.Metric) -> dict[tuple[str, ...], float]:
        found = sheet.families[metric.name].samples
        assert len(dict(found)) == len(found), f"{metric.name} says something twice"
        return dict(found)

    return of


def test_every_metric_of_cases_is_exported_each_sample_once(
    sheet: Sheet, samples: Samples
) -> None:
    assert set(sheet.families) == {metric.name for metric in m.CASES}
    assert all(samples(metric) for metric in m.CASES)


def test_it_is_text_that_prometheus_reads(sheet: Sheet) -> None:
    text = sheet.text().decode()
    assert len(list(text_string_to_metric_families(text))) == len(m.CASES)


def test_clocks_are_those_of_the_report(reports: tuple[Any, ...], samples: Samples) -> None:
    for name in ITEM_NAMES:
        data = as_data(reports[0], name)
        for target, its in data["queues"]["arenden"]["promises"].items():
            labels = ("lulea", "arenden", name, target)
            kept = its["kept"]
            for verdict in ("in_time", "late", "overdue", "withdrawn"):
                assert samples(m.CASES_DUE)[*labels, verdict] == kept[verdict]
            assert samples(m.CASES_UNDATED)[labels] == 0
            for metric, key in zip(m.CASES_IN_TIME, SHARE, strict=True):
                assert samples(metric).get(labels) == kept[key]
            late = kept["late_seconds"]
            assert samples(m.CASES_LATE_MEAN).get(labels) == late["mean"]
            assert samples(m.CASES_LATE_MAX).get(labels) == late["max"]
            assert samples(m.CASES_LATE_PERCENTILE).get((*labels, "p50")) == late["p50"]
            assert samples(m.CASES_LATE_PERCENTILE).get((*labels, "p90")) == late["p90"]
            for state in ("open", "due_soon", "overdue", "undated"):
                where = ("lulea", "arenden", target, state)
                assert samples(m.CASES_PENDING)[where] == its["pending"][state]
            longest = its["pending"]["longest_overdue_seconds"]
            assert samples(m.CASES_LONGEST_OVERDUE)["lulea", "arenden", target] == longest
            last = its["pending"]["last_overdue_seconds"]
            assert samples(m.CASES_LAST_OVERDUE)["lulea", "arenden", target] == last
        for target, its in data["promises"].items():
            for metric, key in zip(m.PROMISE_CASES_IN_TIME, SHARE, strict=True):
                assert samples(metric).get(("lulea", name, target)) == its["kept"][key]
            for state in ("open", "due_soon", "overdue", "undated"):
                where = ("lulea", target, state)
                assert samples(m.PROMISE_CASES_PENDING)[where] == its["pending"][state]
            for at, kept in its["kept_at"].items():
                labels = ("lulea", at, name, target)
                for metric, key in zip(m.CASES_IN_TIME_AT, SHARE, strict=True):
                    assert samples(metric).get(labels) == kept[key]
            for at, pending in its["pending_at"].items():
                for state in ("open", "due_soon", "overdue", "undated"):
                    where = ("lulea", at, target, state)
                    assert samples(m.CASES_PENDING_AT)[where] == pending[state]
    assert samples(m.CASES_DUE)["lulea", "arenden", "7d", "aterkoppling", "withdrawn"] == 1
    assert samples(m.CASES_PENDING)["lulea", "arenden", "klart", "overdue"] == 3
    assert set(samples(m.CASES_IN_TIME_AT.of)) >= {
        ("lulea", "okänd förvaltning", "7d", "aterkoppling")
    }


def test_openings_are_those_of_the_report(reports: tuple[Any, ...], samples: Samples) -> None:
    for name in ITEM_NAMES:
        labels = ("lulea", "arenden", name)
        opened = as_data(reports[0], name)["queues"]["arenden"]["opened"]
        for metric, key in (
            (m.CASES_OPENED, "by_channel"),
            (m.CASES_HANDED_OVER, "handed_over_to"),
            (m.CASES_RESOLVED, "resolved_by"),
        ):
            for word, count in opened[key].items():
                assert samples(metric)[*labels, word] == count
        for metric, key in (
            (m.CASES_SOLVED, "solved_in_centre"),
            (m.CASES_REOPENED, "reopened"),
            (m.CONTACTS_PER_CASE, "contacts_per_case"),
        ):
            assert samples(metric).get(labels) == opened[key]
        at_first = opened["solved_at_first_contact"]
        assert samples(m.CASES_AT_FIRST)[labels] == at_first["solved"]
        for metric, key in zip(m.CASES_AT_FIRST_SHARE, SHARE, strict=True):
            assert samples(metric).get(labels) == at_first[key]
        assert samples(m.CASES_AT_FIRST_SHARE.of)[labels] == opened["decided"]
        for channel, its in as_data(reports[0], name)["solved_by_channel"].items():
            where = ("lulea", name, channel)
            for metric, key in zip(m.SOLVED_CHANNEL, SHARE, strict=True):
                assert samples(metric).get(where) == its[key]
        for channel, count in as_data(reports[0], name)["contacts"].items():
            assert samples(m.CONTACTS_REGISTERED)["lulea", name, channel] == count


def test_shares_are_those_of_the_reports(reports: tuple[Any, ...], samples: Samples) -> None:
    found = {
        m.SOLVED: as_data(reports[0], "today")["solved_in_centre"],
        m.SATISFIED: surveys_as_data(reports[1], "7d"),
        m.PROMISED_SHARE: channels_as_data(reports[2])["promised"],
    }
    for metrics, by_target in found.items():
        window_name = "7d" if metrics is m.SATISFIED else "today"
        for target, its in by_target.items():
            labels = ("lulea", window_name, target)
            assert [samples(metric).get(labels) for metric in metrics] == [its[k] for k in SHARE]
    assert samples(m.SOLVED.ratio)["lulea", "today", "losta"] == 1 / 5
    assert samples(m.REGISTERED)["lulea", "today", "losta"] == 2 / 4
    assert samples(m.REGISTERED_OF) == {("lulea", "today", "losta"): 4}
    for channel, its in channels_as_data(reports[2])["shares"].items():
        for metric, key in (
            (m.CHANNEL_SHARE, "ratio"),
            (m.CHANNEL_SHARE_LOW, "wilson_low"),
            (m.CHANNEL_SHARE_HIGH, "wilson_high"),
        ):
            assert samples(metric)["lulea", "today", channel] == its[key]
    assert samples(m.SATISFIED.ratio)["lulea", "7d", "nojda"] == 2 / 6
    assert samples(m.SATISFIED_REPLIES)["lulea", "7d", "nojda"] == 6
    assert samples(m.CHANNEL_REPORTS) == {
        ("lulea", "today", "phone"): 1,
        ("lulea", "today", "visit"): 1,
        ("lulea", "today", "chat"): 0,
    }
    assert samples(m.CHANNEL_SHARE)["lulea", "today", "phone"] == 3 / 6
    assert samples(m.CHANNEL_CONTACTS)["lulea", "today", "visit"] == 2
    # A channel that the catalogue lacks: in the shares, and nowhere said to report.
    assert samples(m.CHANNEL_CONTACTS)["lulea", "today", "post"] == 1
    assert samples(m.PROMISED_SHARE.ratio)["lulea", "today", "besok"] == 2 / 6
    assert samples(m.EARLIER_SHARE) == {("lulea", "today", "okar"): 0.5}
    assert samples(m.PROMISE_GOAL) == {
        ("lulea", "losta"): 0.7, ("lulea", "nojda"): 0.7, ("lulea", "besok"): 0.2,
    }  # fmt: skip


def test_no_data_is_no_sample_and_few_replies_are_only_counted() -> None:
    empty = Sheet()
    frame = Cases(ItemHorizon(0, 0)).frame(0, micros(NOW))
    exposition.add(empty, "lulea", evaluate_cases(LULEA, frame, micros(NOW), WINDOWS))
    few = answers(4).frame(0, micros(NOW))
    exposition.add_surveys(empty, "lulea", evaluate_surveys(LULEA, few, micros(NOW), WINDOWS))
    exposition.add_channels(empty, "lulea", "today", evaluate_channels(LULEA, {}, WINDOWS[0], {}))
    for metric in m.CASES:
        if metric.name.endswith(("_ratio", "_seconds")) or metric is m.CONTACTS_PER_CASE:
            assert metric.name not in empty.families
    (replies,) = [
        value
        for labels, value in empty.families[m.SATISFIED_REPLIES.name].samples
        if "7d" in labels
    ]
    assert replies == 4


def test_whom_a_case_is_about_is_in_no_label(sheet: Sheet) -> None:
    values = {
        value
        for family in sheet.collect()
        for sample in family.samples
        for value in sample.labels.values()
    }
    assert values.isdisjoint("abcdefgh")
