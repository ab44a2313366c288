"""What is exported of questions is what replay tells of them, sample for sample."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from exported import Scrape, Series, series
from hypothesis import given, settings
from strategies_questions import ZONE, nows, question_logs, thread

from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import QuestionEvent
from streams.domain.instants import micros
from streams.domain.questions.book import Questions
from streams.domain.questions.due import needed_since
from streams.domain.questions.evaluation import evaluate_questions
from streams.domain.questions.figures import QuestionsReport
from streams.domain.windows import ITEM_NAMES, item_horizon, window
from streams.exposition import questions
from streams.exposition.sheet import Sheet
from streams.figures.questions import as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
      aldrig: {week: {mon-sun: closed}}
    teams: {}
    targets:
      epost: {name: Två dagar, measure: question_answered_within, limit: 2wd, goal: 1.0,
              addresses: 9, valid_from: 2014-01-01, source: Luleå 2014}
      timmar: {name: Åtta timmar, measure: question_answered_within, limit: 8wh,
               valid_from: 2014-01-01, source: Prov}
      forr: {name: Förr, measure: question_answered_within, limit: 1wd,
             valid_from: 2014-01-01, valid_to: 2026-03-20, source: Prov}
    queues:
      registrator: {name: Registrator, kind: mailbox, targets: [epost, forr]}
      stangd: {name: Stängd, kind: mailbox, promised_hours: aldrig, targets: [timmar]}
      tom: {name: Tom, kind: mailbox}
"""
LULEA = load_catalogue(CATALOGUE, "test.yaml").municipalities["lulea"]
TODAY = date(2026, 3, 31)
MARKS = ("auto_replied", "forwarded", "reopened", "followed_up", "begun_by_follow_up")


def reported(events: list[QuestionEvent], now: datetime) -> QuestionsReport:
    book = Questions(item_horizon(micros(now), ZONE))
    for event in events:
        book.state(event, micros(event.time))
    windows = [window(name, micros(now), ZONE) for name in ITEM_NAMES]
    frame = book.frame(needed_since(LULEA, windows), micros(now))
    return evaluate_questions(LULEA, frame, micros(now), windows)


def exported(report: QuestionsReport) -> dict[Series, float]:
    sheet = Sheet()
    questions.add(sheet, LULEA, report)
    assert not any(its.metric.kind == "gaugehistogram" for its in sheet.families.values())
    return dict(Scrape.of(sheet.text().decode()).samples)


def expected(data: dict[str, Any]) -> dict[Series, float]:
    """The samples that plain data stands for."""
    found: dict[Series, float | None] = {}
    for queue, its in data["mailboxes"].items():
        at = {"municipality": "lulea", "queue": queue}
        found |= {series(m.QUESTIONS_OPEN, channel=c, **at): n for c, n in its["open"].items()}
        found[series(m.QUESTIONS_OLDEST, **at)] = its["oldest_seconds"]
        found[series(m.MAILBOX_REPORTING, **at)] = its["reporting"]
        for name, window_ in its["windows"].items():
            found |= dict(of_window({**at, "window": name}, window_))
        for promise, told in its["promises"].items():
            found |= dict(of_promise("QUESTIONS", {**at, "target": promise}, told))
    for promise, told in data["promises"].items():
        at = {"municipality": "lulea", "target": promise}
        found |= dict(of_promise("PROMISE_QUESTIONS", at, told))
        coverage = told["coverage"] or {}
        found[series(m.PROMISE_MAILBOXES, **at)] = coverage.get("mailboxes")
        found[series(m.PROMISE_REPORTING, **at)] = coverage.get("mailboxes_reporting")
    return {key: value for key, value in found.items() if value is not None}


def of_window(at: dict[str, str], its: dict[str, Any]) -> Iterator[tuple[Series, float | None]]:
    for channel, number in its["received"].items():
        yield series(m.QUESTIONS_RECEIVED, channel=channel, **at), number
    for state, number in its["states"].items():
        yield series(m.QUESTIONS_BY_STATE, state=state, **at), number
    for what in MARKS:
        yield series(m.QUESTIONS_WITH, what=what, **at), its[what]
    for reason, number in its["junk"].items():
        yield series(m.QUESTIONS_JUNK, reason=reason, **at), number
    yield from of_spread("QUESTIONS_ANSWER", at, its["answer_seconds"])


def of_promise(
    prefix: str, at: dict[str, str], told: dict[str, Any]
) -> Iterator[tuple[Series, float | None]]:
    def metric(name: str) -> m.Metric:
        found = getattr(m, f"{prefix}_{name}")
        assert isinstance(found, m.Metric)
        return found

    open_ = m.PROMISE_QUESTIONS_OPEN if prefix.startswith("P") else m.QUESTIONS_PROMISED_OPEN
    in_time = m.PROMISE_QUESTIONS_IN_TIME if prefix.startswith("P") else m.QUESTIONS_IN_TIME
    now = told["now"]
    yield series(open_, **at), now["open"]
    yield series(metric("DUE_SOON"), **at), now["due_soon"]
    yield series(metric("OVERDUE"), **at), now["overdue"]
    yield series(metric("LONGEST_OVERDUE"), **at), now["longest_overdue_seconds"]
    yield series(metric("UNDATED_OPEN"), **at), now["undated"]
    for name, its in told["windows"].items():
        inside = {**at, "window": name}
        for verdict, number in its["due"].items():
            yield series(metric("BY_VERDICT"), verdict=verdict, **inside), number
        yield series(in_time.of, **inside), its["decided"]
        yield series(in_time.ratio, **inside), its["in_time_ratio"]
        yield series(in_time.low, **inside), its["in_time_wilson_low_ratio"]
        yield series(in_time.high, **inside), its["in_time_wilson_high_ratio"]
        yield series(metric("NO_ANSWER"), **inside), its["no_answer_needed_ratio"]
        yield series(metric("LATE"), **inside), its["late_seconds"]["n"]
        yield series(metric("UNDATED"), **inside), its["undated"]
        yield from of_spread(f"{prefix}_LATE", inside, its["late_seconds"])


def of_spread(
    prefix: str, at: dict[str, str], its: dict[str, Any]
) -> Iterator[tuple[Series, float | None]]:
    yield series(getattr(m, f"{prefix}_MEAN"), **at), its["mean"]
    yield series(getattr(m, f"{prefix}_MAX"), **at), its["max"]
    for percent in ("p50", "p90"):
        percentile = getattr(m, f"{prefix}_PERCENTILE")
        yield series(percentile, percentile=percent, **at), its[percent]


@settings(max_examples=50)
@given(events=question_logs(TODAY), now=nows(TODAY))
def test_every_sample_of_questions_is_one_that_replay_has_and_the_other_way_round(
    events: list[QuestionEvent], now: datetime
) -> None:
    report = reported(events, now)
    assert exported(report) == expected(as_data(report))


def test_every_metric_of_questions_is_exported() -> None:
    events = [event for seed in range(200) for event in thread(seed, TODAY)]
    samples = exported(reported(events, datetime(2026, 3, 31, 12, tzinfo=ZONE)))
    names = {name for name, _ in samples}
    assert names == {m.PREFIX + metric.name for metric in m.QUESTIONS}
    assert all(value >= 0 for value in samples.values())


def test_without_questions_there_are_counts_but_no_ratio_and_no_time() -> None:
    samples = exported(reported([], datetime(2026, 3, 31, 12, tzinfo=ZONE)))
    at = {"municipality": "lulea", "queue": "registrator"}
    today = {**at, "window": "today", "target": "epost"}
    assert samples[series(m.QUESTIONS_IN_TIME.of, **today)] == 0
    assert samples[series(m.MAILBOX_REPORTING, **at)] == 0
    names = {name.removeprefix(m.PREFIX) for name, _ in samples}
    assert not {name for name in names if name.endswith(("_ratio", "_seconds"))}


def test_labels_come_from_the_catalogue_whatever_the_events_say() -> None:
    events = [event for seed in range(60) for event in thread(seed, TODAY)]
    samples = exported(reported(events, datetime(2026, 3, 31, 12, tzinfo=ZONE)))
    queues = {dict(labels).get("queue") for _, labels in samples}
    assert queues == {"registrator", "stangd", "tom", "okänd kö", None}
