"""How large a share is solved in the centre, of cases and of contacts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reference.amounts import wilson
from reference.cases import is_close
from strategies_cases import case_event

from streams.domain.cases.book import Cases
from streams.domain.cases.evaluation import evaluate_cases
from streams.domain.cases.figures import CHANNEL_NAMES, CasesReport, Solved
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import CaseEvent
from streams.domain.instants import micros
from streams.domain.windows import ITEM_NAMES, ItemHorizon, window

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
    channels: [phone, visit, chat]
    teams:
      kundcenter: {name: Kundcenter}
    queues:
      arenden: {name: Ärenden, kind: cases}
    promises: [arenden, telefon, kontakter, besok]
    targets:
      arenden: {name: Lösta, measure: solved_in_centre, of: cases, goal: 0.70,
        valid_from: 2009-02-01, source: Prov}
      telefon: {name: Lösta, measure: solved_in_centre, of: cases, channels: [phone], goal: 0.70,
        valid_from: 2009-02-01, valid_to: 2026-03-06, source: Prov}
      kontakter: {name: Lösta, measure: solved_in_centre, goal: 0.70,
        valid_from: 2018-01-26, source: Prov}
      besok: {name: Lösta, measure: solved_in_centre, channels: [visit], goal: 0.70,
        valid_from: 2018-01-26, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]
OPENED = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(hours=5)


def cases() -> list[CaseEvent]:
    """Four by phone, of which two are solved, one is away and one is open; a visit, solved."""
    facts = (
        ("a", "phone", "by_centre"),
        ("b", "phone", "by_centre"),
        ("c", "phone", "handed_over"),
        ("d", "phone", ""),
        ("e", "visit", "by_centre"),
    )
    events = []
    for case, channel, what in facts:
        events.append(case_event("opened", case, OPENED, OPENED, channel=channel))
        if what:
            events.append(case_event(what, case, OPENED, OPENED))
    return [*events, case_event("contacted", "a", OPENED, OPENED, channel="phone", id_="again")]


Counts = dict[Any, int | None]


def report_on(
    incoming: Counts, now: datetime = NOW, answered: Counts | None = None
) -> CasesReport:
    book = Cases(ItemHorizon(0, 0))
    for event in cases():
        book.state(event, micros(event.time))
    windows = [window(name, micros(now), LULEA.zone) for name in ITEM_NAMES]
    frame = book.frame(0, micros(now))
    spoken_to = incoming if answered is None else answered
    return evaluate_cases(
        LULEA, frame, micros(now), windows, {"today": incoming}, answered={"today": spoken_to}
    )


def shares(
    incoming: Counts, now: datetime = NOW, answered: Counts | None = None
) -> dict[str, dict[str, Solved]]:
    report = report_on(incoming, now, answered)
    return {id_: dict(of_window) for id_, of_window in report.solved.items()}


def test_of_cases_those_not_decided_are_left_out() -> None:
    its = shares({})
    assert its["arenden"]["7d"] == Solved(
        solved=3, whole=4, registered=None, answered=None, silent=()
    )
    assert its["telefon"]["30d"] == Solved(
        solved=2, whole=3, registered=None, answered=None, silent=()
    )
    assert its["arenden"]["today"].ratio == 0.75
    assert its["arenden"]["today"].registered_ratio is None
    interval = its["arenden"]["today"].interval
    assert interval is not None
    assert all(is_close(a, b) for a, b in zip(interval, wilson(3, 4), strict=True))


def test_by_channel_it_is_of_the_decided_cases_that_were_opened_by_it() -> None:
    for name in ITEM_NAMES:
        its = report_on({}).solved_by_channel[name]
        assert set(its) == set(CHANNEL_NAMES)
        found = {channel: (of.solved, of.whole) for channel, of in its.items() if of.whole}
        assert found == {"phone": (2, 3), "visit": (1, 1)}
        assert its["phone"].ratio == 2 / 3
        assert its["phone"].interval is not None
        assert (its["chat"].ratio, its["chat"].interval) == (None, None)
    later = report_on({}, NOW + timedelta(days=1)).solved_by_channel
    assert (later["today"]["phone"].whole, later["7d"]["phone"].whole) == (0, 3)


def test_of_contacts_all_that_came_in_count_and_a_silent_channel_is_named() -> None:
    its = shares({"phone": 10, "visit": 1, "chat": None, "post": 99})["kontakter"]["today"]
    assert its == Solved(
        solved=3, whole=11, registered=6, answered=11, silent=("chat",), is_judged=False
    )
    assert its.ratio == 3 / 11
    assert its.registered_ratio == 6 / 11


def test_registered_is_of_the_contacts_that_were_answered() -> None:
    incoming: Counts = {"phone": 10, "visit": 1}
    its = shares(incoming, answered={"phone": 7, "visit": 1, "chat": 90})["kontakter"]["today"]
    assert (its.whole, its.answered, its.registered) == (11, 8, 6)
    assert (its.ratio, its.registered_ratio) == (3 / 11, 6 / 8)


@pytest.mark.parametrize("answered", [{"phone": 7}, {"phone": 7, "visit": None}])
def test_where_a_channel_does_not_tell_what_it_answered_there_is_no_share_of_registered(
    answered: Counts,
) -> None:
    its = shares({"phone": 10, "visit": 1}, answered=answered)["kontakter"]["today"]
    assert (its.answered, its.registered_ratio) == (None, None)
    assert its.ratio == 3 / 11


def test_nobody_answered_is_no_share_of_registered() -> None:
    its = shares({"visit": 3}, answered={"visit": 0})["besok"]["today"]
    assert (its.ratio, its.answered, its.registered_ratio) == (1 / 3, 0, None)


def test_of_contacts_the_cases_of_a_silent_channel_are_left_out_too() -> None:
    its = shares({"phone": 10})["kontakter"]["today"]
    assert (its.solved, its.whole, its.registered, its.answered) == (2, 10, 5, 10)
    assert its.silent == ("visit", "chat")
    assert shares({})["kontakter"]["today"].ratio is None


def test_of_contacts_there_is_a_share_only_of_windows_whose_contacts_are_known() -> None:
    its = shares({"phone": 10})
    assert set(its["kontakter"]) == {"today"}
    assert set(its["arenden"]) == set(ITEM_NAMES)


EVERY: Counts = {"phone": 10, "visit": 1, "chat": 0}


@pytest.mark.parametrize(
    ("local", "is_judged"),
    [
        ("2026-03-05 15:00", False),
        ("2026-03-05 16:59:59.999999", False),
        ("2026-03-05 17:00", True),
        ("2026-03-05 23:59:59.999999", True),
        ("2026-03-06 00:00", False),  # a day that has only begun
        ("2026-03-07 20:00", False),  # a Saturday
        ("2026-03-09 00:00", False),
        ("2026-04-06 18:00", False),  # annandag påsk
    ],
)
def test_of_contacts_a_day_is_judged_when_its_office_has_closed(
    local: str, *, is_judged: bool
) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=LULEA.zone).astimezone(UTC)
    its = shares(EVERY, now)
    assert its["kontakter"]["today"].is_judged == is_judged
    assert not shares({**EVERY, "chat": None}, now)["kontakter"]["today"].is_judged
    assert all(of_cases.is_judged for of_cases in its["arenden"].values())


@pytest.mark.parametrize(("visits", "ratio"), [(0, None), (1, 1.0), (2, 0.5)])
def test_more_solved_than_came_in_is_no_share(visits: int, ratio: float | None) -> None:
    its = shares({"visit": visits})["besok"]["today"]
    assert its.ratio == ratio
    assert (its.interval is None) == (ratio is None)
    assert Solved(solved=3, whole=2, registered=3, answered=None, silent=()).ratio is None


def test_a_promise_counts_on_the_days_on_which_it_holds() -> None:
    its = shares(
        {}, datetime(2026, 3, 5, 23, 0, tzinfo=UTC)
    )  # midnight in Luleå: the last day is over
    assert "telefon" in its
    assert "telefon" not in shares({}, datetime(2026, 3, 5, 23, 1, tzinfo=UTC))
