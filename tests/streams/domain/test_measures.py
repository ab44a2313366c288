"""What others measured is kept for ever, corrected by what is typed last, and judged honestly."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.measures import Row, Version, figures
from strategies import NOON
from strategies_presence import measure_events, recorded

from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import MeasureEvent
from streams.domain.instants import micros
from streams.domain.measures import MeasureReport, Measures, evaluate
from streams.figures.presence import measures_as_data

ZONE = ZoneInfo("Europe/Stockholm")
NOW = micros(NOON)
CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    queues: {vaxel: {name: V, kind: partner, targets: [svar-15s, medelsvar, forlorade]}}
    promises: [nojda, index, webben, oppet]
    targets:
      oppet: {name: Ö, measure: open_as_promised, goal: 1.0, valid_from: 2014-01-01, source: x}
      nojda:
        - {name: Nöjda, measure: external, goal: 0.6, valid_from: 2025-01-01,
           valid_to: 2026-01-01, source: x}
        - {name: Nöjda, measure: external, goal: 0.7, valid_from: 2026-01-01, source: x}
      index: {name: Index, measure: external, valid_from: 2014-01-01, source: x}
      webben:
        {name: Webben, measure: external, goal: 0.1, better: lower, valid_from: 2014-01-01,
        valid_to: 2026-01-01, source: x}
      svar-15s:
        {name: Svar, measure: answered_within, limit_seconds: 15, goal: 0.9,
        valid_from: 2014-01-01, source: x}
      medelsvar:
        {name: Medel, measure: mean_wait, limit_seconds: 50, valid_from: 2014-01-01, source: x}
      forlorade: {name: F, measure: lost, goal: 0.1, valid_from: 2014-01-01, source: x}
"""
LULEA = load_catalogue(CATALOGUE, "test.yaml").municipalities["lulea"]
FIRST = date(2014, 1, 1)
PROMISES = {
    "oppet": [Version("open_as_promised", 1.0, False, FIRST, None)],
    "nojda": [
        Version("external", 0.6, False, date(2025, 1, 1), date(2026, 1, 1)),
        Version("external", 0.7, False, date(2026, 1, 1), None),
    ],
    "index": [Version("external", None, False, FIRST, None)],
    "webben": [Version("external", 0.1, True, FIRST, date(2026, 1, 1))],
    "svar-15s": [Version("answered_within", 0.9, False, FIRST, None)],
    "medelsvar": [Version("mean_wait", None, False, FIRST, None)],
    "forlorade": [Version("lost", 0.1, True, FIRST, None)],
}
DAY = date(2026, 2, 1)
EARLIER = NOON - timedelta(hours=1)


def folded(events: Sequence[MeasureEvent]) -> Measures:
    book = Measures()
    for event in events:
        assert book.state(event, micros(event.time))
    return book


def reported(*events: MeasureEvent, now: int = NOW) -> MeasureReport:
    return evaluate(LULEA, folded(events).frame(now))


def latest(*events: MeasureEvent) -> Any:
    (measure,) = {event.data.measure for event in events}
    return reported(*events).figures[measure].latest


def ours(events: Sequence[MeasureEvent]) -> dict[str, Any]:
    data = measures_as_data(reported(*events))
    for its in data["measures"].values():
        for value in its["values"]:
            value["recorded_at"] = datetime.fromisoformat(value["recorded_at"]).timestamp()
    return data


@given(st.lists(measure_events(NOON), max_size=20))
def test_what_others_measured_equals_the_reference(events: list[MeasureEvent]) -> None:
    found = ours(events)
    expected = figures(
        [
            Row(
                event.data.measure,
                event.data.on,
                event.time,
                event.id,
                event.data.value,
                event.data.n,
                event.data.document,
            )
            for event in events
        ],
        promises=PROMISES,
        as_a_whole=["nojda", "index", "webben", "oppet"],
        zone=ZONE,
        now=NOON,
    )
    for measure, its in expected["measures"].items():
        for mine, other in zip(found["measures"][measure]["values"], its["values"], strict=True):
            for end in ("wilson_low", "wilson_high"):  # all else is equal to the last bit
                a, b = mine.pop(end), other.pop(end)
                assert a == (b if b is None else pytest.approx(b, rel=1e-12, abs=1e-15))
    assert found == expected


@given(st.lists(measure_events(NOON), max_size=12), st.data())
def test_values_in_any_order_and_number_are_the_same(
    events: list[MeasureEvent], data: st.DataObject
) -> None:
    repeated, once = folded(data.draw(st.permutations(events * 2))), folded(events)
    assert repeated.facts() == once.facts()
    assert repeated.frame(NOW) == once.frame(NOW)
    assert len(repeated) == sum(len(its) for its in repeated.facts().values())


def test_what_is_typed_last_counts_whenever_it_comes() -> None:
    first = recorded("nojda", 0.64, DAY, EARLIER, id_="z")
    later = recorded("nojda", 0.65, DAY, EARLIER + timedelta(microseconds=1), id_="a")
    assert latest(later, first).value == latest(first, later).value == 0.65
    assert len(reported(first, later).figures["nojda"].history) == 1


def test_a_value_typed_again_after_another_counts_again() -> None:
    """Somebody changed their mind twice: the id is that of the first, and it is typed last."""
    minutes = [EARLIER + timedelta(minutes=number) for number in range(3)]
    values = zip((0.64, 0.65, 0.64), minutes, ("x", "y", "x"), strict=True)
    events = [recorded("nojda", value, DAY, at, id_=id_) for value, at, id_ in values]
    assert latest(*events).value == 0.64


def test_of_two_at_the_same_microsecond_the_later_id_counts() -> None:
    events = [recorded("nojda", 0.9, DAY, EARLIER, id_="a"), recorded("nojda", 0.1, DAY, EARLIER)]
    assert [event.id for event in events] == ["a", "m"]
    assert latest(*events).value == latest(*reversed(events)).value == 0.1


def test_only_what_was_recorded_before_now_counts() -> None:
    events = (recorded("nojda", 0.1, DAY, EARLIER), recorded("nojda", 0.9, DAY, NOON))
    assert latest(*events).value == 0.1
    assert reported(*events, now=NOW + 1).figures["nojda"].history[-1].value == 0.9


def test_a_day_that_has_not_come_is_not_known_yet() -> None:
    """Local days: at noon on the tenth of March, the eleventh has not."""
    later = recorded("nojda", 0.9, date(2026, 3, 11), EARLIER)
    today = recorded("nojda", 0.5, date(2026, 3, 10), EARLIER)
    assert latest(later, today).value == 0.5
    almost = micros(datetime(2026, 3, 10, 22, 59, tzinfo=UTC))
    for now, days in ((almost, 1), (almost + 60_000_000, 2)):  # midnight in Luleå is 23.00 UTC
        assert len(reported(later, today, now=now).figures["nojda"].history) == days


def test_nothing_is_ever_let_go_of() -> None:
    old = recorded("nojda", 0.64, date(2014, 11, 1), datetime(2014, 12, 1, tzinfo=UTC))
    assert latest(old).on == date(2014, 11, 1)


def test_the_latest_is_of_the_latest_day_and_the_history_has_them_all_in_order() -> None:
    events = [
        recorded("nojda", 0.6, date(2024, 11, 1), EARLIER),
        recorded("nojda", 0.7, date(2025, 11, 1), EARLIER - timedelta(days=1)),
        recorded("nojda", 0.5, date(2023, 11, 1), EARLIER + timedelta(minutes=1)),
    ]
    its = reported(*events).figures["nojda"]
    assert [measured.on.year for measured in its.history] == [2023, 2024, 2025]
    assert its.latest is its.history[-1]


@pytest.mark.parametrize(
    ("measure", "value", "on", "kept"),
    [
        ("nojda", 0.7, DAY, True),
        ("nojda", 0.6999999, DAY, False),
        ("nojda", 0.6, date(2025, 12, 31), True),  # by the goal of that day
        ("nojda", 0.6, date(2026, 1, 1), False),
        ("nojda", 0.99, date(2024, 12, 31), None),  # nothing was promised
        ("nojda", 64.0, DAY, None),  # 64 is no share, and not 64 %
        ("nojda", -0.1, DAY, None),
        ("index", 89.3, DAY, None),
        ("index", 0.85, DAY, None),
        ("webben", 0.1, date(2025, 2, 1), True),  # the lower the better
        ("webben", 0.11, date(2025, 2, 1), False),
        ("forlorade", 0.11, DAY, False),  # at most so many lost
        ("forlorade", 0.09, DAY, True),
        ("svar-15s", 0.9, DAY, True),
        ("medelsvar", 0.5, DAY, None),
    ],
)
def test_a_value_is_judged_by_the_promise_as_it_read_on_its_day(
    measure: str, value: float, on: date, kept: bool | None
) -> None:
    assert latest(recorded(measure, value, on, EARLIER)).kept is kept


def test_a_share_of_n_has_an_interval_and_other_values_have_none() -> None:
    low, high = latest(recorded("nojda", 0.64, DAY, EARLIER, n=1000)).interval
    assert (round(low, 3), round(high, 3)) == (0.61, 0.669)
    assert latest(recorded("index", 0.85, DAY, EARLIER, n=100)).interval is not None
    for measure, value, n in (("nojda", 0.64, None), ("index", 89.3, 40), ("medelsvar", 0.5, 9)):
        assert latest(recorded(measure, value, DAY, EARLIER, n=n)).interval is None


def test_a_share_of_fewer_than_thirty_is_an_indication() -> None:
    shown = {
        n: latest(recorded("nojda", 0.5, DAY, EARLIER, n=n)).is_indication for n in (29, 30, None)
    }
    assert shown == {29: True, 30: False, None: False}
    assert not latest(recorded("index", 89.3, DAY, EARLIER, n=5)).is_indication


def test_a_number_asked_that_cannot_be_true_is_not_known() -> None:
    """It would also be more than a float, or JSON, can have."""
    for n, kept in ((10**9, 10**9), (10**9 + 1, None), (10**400, None)):
        assert latest(recorded("nojda", 0.5, DAY, EARLIER, n=n)).n == kept


def test_measures_that_the_catalogue_does_not_have_are_only_counted() -> None:
    days = (DAY, DAY, date(2025, 2, 1))
    events = [recorded("vad", 0.1 * n, day, EARLIER, id_=str(n)) for n, day in enumerate(days)]
    report = reported(*events, recorded("sak", 1, DAY, EARLIER))
    assert report.unknown == 3
    assert set(report.figures) == {"nojda", "index", "webben"}


def test_what_others_are_to_measure_is_there_before_anything_is_typed_in() -> None:
    report = reported()
    assert {key: its.is_promised for key, its in report.figures.items()} == {
        "nojda": True, "index": True, "webben": False,
    }  # fmt: skip
    assert all(its.latest is None for its in report.figures.values())
    assert set(reported(recorded("svar-15s", 0.7, DAY, EARLIER)).figures) == {
        "nojda", "index", "webben", "svar-15s",
    }  # fmt: skip


def test_a_zero_has_no_sign() -> None:
    events = [recorded("vad", -0.0, DAY, EARLIER), recorded("vad", 0.0, DAY, EARLIER)]
    for order in (events, events[::-1]):
        ((one,),) = folded(order).facts().values()
        assert str(one.value) == "0.0"
