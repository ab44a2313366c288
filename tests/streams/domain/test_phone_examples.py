"""Figures on paper: each comment has the arithmetic, and the code and the oracle agree with it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from phone import AS_USUAL, How, ours, theirs
from phone_reports import ALL_QUEUES
from strategies import CALLERS, NOON, PARTNER

from streams.domain.events import CallData, CallEvent

ANNA, BO = CALLERS[1:3]
VAXEL, KUNDTJANST = ("lulea", "vaxel"), ("lulea", "kundtjanst")


def at(seconds: float) -> datetime:
    """So many seconds after noon, to the microsecond."""
    return NOON + timedelta(microseconds=round(seconds * 1e6))


def leg(
    contact: str,
    arrived: float,
    *facts: tuple[str, float],
    queue: str = "vaxel",
    caller: str | None = None,
    origin: Any = "unknown",
) -> list[CallEvent]:
    """A leg that arrived so many seconds after noon; each fact so many seconds after that."""
    return [
        CallEvent(
            id=f"{contact}-{queue}-{arrived}-{what}",
            source="/test",
            type=f"se.svarsgrad.call.{what}.v1",
            subject=contact,
            time=at(arrived + after),
            partitionkey="lulea",
            data=CallData(
                queue=queue,
                arrived_at=at(arrived),
                caller=caller if what == "offered" else None,
                origin=origin if what == "offered" else "unknown",
            ),
        )
        for what, after in (("offered", 0), *facts)
    ]


def both(
    *legs: Iterable[CallEvent], key: Any = VAXEL, window: Any = "today", how: How = AS_USUAL
) -> dict[str, Any]:
    """The figures as of noon, once the code and the oracle have said the same."""
    events = [event for of_leg in legs for event in of_leg]
    mine, other = (
        without_intervals(say(events, NOON, window, how)[key]) for say in (ours, theirs)
    )
    assert mine == other
    figures: dict[str, Any] = mine
    return figures


def without_intervals(figures: Any) -> Any:
    """The same, each share as (count, n)."""
    if not isinstance(figures, dict):
        return figures
    if figures.keys() == {"count", "n", "ratio", "wilson_low", "wilson_high"}:
        return figures["count"], figures["n"]
    return {
        key: without_intervals(value)
        for key, value in figures.items()
        if not key.startswith("wilson")
    }


def contacts(*legs: Iterable[CallEvent], window: Any = "today") -> dict[str, Any]:
    """The figures of all contacts."""
    return both(*legs, key=ALL_QUEUES, window=window)


def nonzero(counts: dict[str, Any]) -> dict[str, Any]:
    """Those that are there."""
    return {
        name: n
        for name, n in counts.items()
        if (n[0] if isinstance(n, tuple) else n)  # of a share its part
    }


# Origin.


@pytest.mark.parametrize(
    ("origins", "judged", "internal"),
    [
        (["internal"], 0, 1),
        (["external"], 1, 0),
        (["unknown"], 1, 0),
        (["internal", "unknown"], 0, 2),
        (["internal", "external"], 2, 0),
    ],
)
def test_the_most_telling_origin_of_its_legs_is_that_of_a_contact(
    origins: list[str], judged: int, internal: int
) -> None:
    legs = [leg("a", -100 + n, ("answered", 5), origin=origin) for n, origin in enumerate(origins)]
    figures = both(*legs)
    assert (figures["arrived"], figures["internal"]) == (judged, internal)
    assert figures["service_levels"]["svar-15s"]["decided"] == judged
    of_all = contacts(*legs)
    assert (of_all["contacts"], of_all["internal"]) == (min(judged, 1), min(internal, 1))


def test_an_internal_call_outside_hours_is_internal_and_waits_as_any_other() -> None:
    closed = How(hours="closed")
    figures = both(leg("a", -30, origin="internal"), leg("b", -20), how=closed)
    assert (figures["internal"], figures["outside_hours"], figures["arrived"]) == (1, 1, 0)
    assert figures["now"]["waiting"] == 2
    assert figures["published_service_levels"]["svar-15s"]["decided"] == 1


def test_what_a_later_leg_says_of_its_origin_is_not_known_before_it_has_arrived() -> None:
    legs = [leg("a", -30, origin="unknown"), leg("a", 0, origin="internal")]
    assert (both(*legs)["arrived"], both(*legs)["internal"]) == (1, 0)


# The second percentiles.


def test_who_hung_up_was_not_answered_by_then_at_any_percentile() -> None:
    # Answered after 5, 10 and 20 s; hung up after 1 s. Of four, p50 is the 2nd, p80 the 4th.
    figures = both(
        leg("a", -100, ("answered", 5)),
        leg("b", -100, ("answered", 10)),
        leg("c", -100, ("answered", 20)),
        leg("d", -100, ("abandoned", 1)),
        leg("e", -100, ("refused", 0)),
    )
    assert figures["wait_or_never_seconds"] == {
        "p50": 10.0, "p80": None, "p90": None, "p95": None, "p99": None,
    }  # fmt: skip
    assert figures["wait_seconds"]["p80"] == 20.0


def test_nobody_answered_is_no_second_percentile() -> None:
    figures = both(leg("a", -100, ("abandoned", 1)))
    assert set(figures["wait_or_never_seconds"].values()) == {None}


# Transfers.


def passed_on(*facts: tuple[str, float], after: float = 60) -> list[CallEvent]:
    """A call answered after 10 s and passed on after 60, and its next leg, if there is one."""
    first = leg("a", -500, ("answered", 10), ("transferred", 60))
    return first + (leg("a", -500 + after, *facts, queue="kundtjanst") if facts else [])


@pytest.mark.parametrize(
    ("legs", "outcome"),
    [
        (passed_on(), "unseen"),
        (passed_on(("answered", 30)), "answered"),
        (passed_on(("answered", 700)), "unknown"),  # it waits now
        (passed_on(("abandoned", 30)), "lost"),
        (passed_on(("overflowed", 30)), "unknown"),
        (passed_on(("callback_requested", 30)), "unknown"),
        (passed_on(("callback_requested", 30), ("callback_answered", 60)), "answered"),
        (passed_on(("answered", 5), after=9.999999), "unseen"),  # it came beside, not after
        (passed_on(("answered", 5), after=10), "answered"),  # asked before it is passed on
    ],
)
def test_what_became_of_a_call_that_was_passed_on(legs: list[CallEvent], outcome: str) -> None:
    assert nonzero(both(legs)["transfers"]) == {outcome: 1}


@pytest.mark.parametrize(
    ("facts", "transfers"),
    [
        ((("answered", 10), ("transferred", 10)), 1),
        ((("answered", 10), ("transferred", 9)), 0),  # a fault of the source
        ((("transferred", 9),), 0),  # whoever knows that it ended must say that it was answered
        ((("abandoned", 5), ("answered", 6), ("transferred", 9)), 0),
        ((("answered", 10), ("transferred", 20), ("completed", 20)), 1),
        ((("answered", 10), ("transferred", 20), ("completed", 19)), 0),
        ((("answered", 10), ("transferred", 500)), 0),  # at noon, and so not yet
    ],
)
def test_a_transfer_is_an_answered_call_that_ended_by_being_passed_on(
    facts: tuple[tuple[str, float], ...], transfers: int
) -> None:
    assert sum(both(leg("a", -500, *facts))["transfers"].values()) == transfers


# Callbacks: ten minutes are promised.


@pytest.mark.parametrize(
    ("asked", "reached", "kept", "decided"),
    [
        (-2000, 600, 1, 1),
        (-2000, 600.000001, 0, 1),
        (-2000, None, 0, 1),
        (-600.000001, None, 0, 1),
        (-600, None, 0, 0),  # who is called in this very microsecond is called in time
        (-300, None, 0, 0),
        (-300, 200, 1, 1),
        (-300, 400, 0, 0),  # that is to come
        (-2000, -5, 1, 1),  # before it was asked for, by another clock
    ],
)
def test_a_callback_is_kept_within_the_promised_time_and_decided_when_that_has_passed(
    asked: float, reached: float | None, kept: int, decided: int
) -> None:
    facts = [("callback_requested", 10.0)]
    facts += [] if reached is None else [("callback_answered", 10 + reached)]
    figures = both(leg("a", asked - 10, *facts))
    known = reached is not None and asked + reached < 0
    assert figures["callbacks"] == {"asked": 1, "reached": int(known), "kept": (kept, decided)}


def test_callbacks_that_nobody_promised_a_time_for_are_counted_and_not_judged() -> None:
    asked = leg("a", -900, ("callback_requested", 10), ("callback_answered", 20),
                queue="kundtjanst")  # fmt: skip
    figures = both(asked, key=KUNDTJANST)
    assert figures["callbacks"] == {"asked": 1, "reached": 1, "kept": None}


# Who saved the callers.


def overflowed(contact: str, *there: tuple[str, float], wait: float = 40) -> list[CallEvent]:
    """A call that goes on to the partner after 40 s, and what comes of it there."""
    here = leg(contact, -1000, ("overflowed", wait))
    return here + (leg(contact, -1000 + wait, *there, queue=PARTNER) if there else [])


def test_calls_that_ended_are_answered_by_us_by_the_partner_lost_or_unknown() -> None:
    figures = both(
        leg("a", -1000, ("answered", 5)),
        overflowed("b", ("answered", 10)),
        overflowed("c", ("abandoned", 10)),
        overflowed("d"),
        overflowed("e", ("overflowed", 10)) + leg("e", -900, ("answered", 5), queue="kundtjanst"),
        leg("f", -1000, ("callback_requested", 5), ("callback_answered", 50)),
        leg("g", -1000),
    )
    assert figures["ended"] == {"own": 3, "partner": 1, "lost": 1, "unknown": 1}
    assert figures["answered_in_all"] == (4, 6)


def test_the_first_answer_counts_and_of_two_at_once_our_own() -> None:
    def answered(there: float, here: float) -> dict[str, int]:
        own = leg("a", -960, ("answered", here), queue="kundtjanst")
        return nonzero(both(overflowed("a", ("answered", there)), own)["ended"])

    assert answered(5, 5.000001) == {"partner": 1}
    assert answered(5, 5) == {"own": 1}


def test_a_leg_that_was_answered_where_it_came_is_that_ones() -> None:
    # The partner was quicker, in a leg of the same call that came a second later.
    legs = leg("a", -100, ("answered", 20)), leg("a", -99, ("answered", 5), queue=PARTNER)
    assert nonzero(both(*legs)["ended"]) == {"own": 1}
    assert nonzero(both(*legs, key=("lulea", PARTNER))["ended"]) == {"partner": 1}


# What if calls went on sooner.


def test_at_40_seconds_a_promise_of_15_gains_nothing_and_at_10_it_would() -> None:
    # Ten calls: four answered in 5 s, three after 12 s, three went on after 40 s. The partner
    # answered two of these after 3 s and 30 s and has not answered the third.
    calls = [
        *(leg(f"a{n}", -1000, ("answered", 5)) for n in range(4)),
        *(leg(f"b{n}", -1000, ("answered", 12)) for n in range(3)),
        overflowed("c", ("answered", 3)),
        overflowed("d", ("answered", 30)),
        overflowed("e", ("abandoned", 60)),
    ]
    found = both(*calls)["if_overflow"]
    # 15 s, as is: 7 of 10. After 5 s: 4 stay (5 s is at the limit), 6 go on, and 1 of 3 is
    # answered within 10 s: 4 + 6/3 = 6. After 10 s the same: 3 s is within 5. From 15 s on: as is.
    assert found["svar-15s"] == {
        "decided": 10,
        "overflowed": 3,
        "ratios": {"as_is": 0.7, "5": 0.6, "10": 0.6, "15": 0.7, "20": 0.7, "40": 0.7},
    }
    # 90 s, as is: 7 and both that the partner answered, after 43 s and 70 s. After 5 s: 4 stay
    # and of 6 two thirds are answered within 85 s: 8. After 15 s and 40 s: 7 stay, and 2 of 3.
    assert found["svar-90s"]["ratios"] == {
        "as_is": 0.9, "5": 0.8, "10": 0.8, "15": 0.9, "20": 0.9, "40": 0.9,
    }  # fmt: skip


def test_who_hung_up_hangs_up_at_the_same_second_there() -> None:
    # The partner answers after 6 s. Who would go on after 5 s is answered at 11 s, and has hung
    # up at 10.9 s or just not at 11 s.
    gone = overflowed("a", ("answered", 6))
    for patience, in_time in ((10.9, 1), (11, 2)):
        found = both(gone, leg("b", -1000, ("abandoned", patience)))
        assert found["if_overflow"]["svar-15s"]["ratios"]["5"] == in_time / 2
    # In 10 s the same caller would still have waited here.
    found = both(gone, leg("b", -1000, ("abandoned", 10)))
    assert found["if_overflow"]["svar-15s"]["ratios"]["10"] == 0  # and a at 16 s is late


def test_the_partner_answers_a_call_that_would_have_waited_on() -> None:
    # b has waited 20 s, and is late by 15 s now; gone on after 10 s it would have been at 13 s.
    found = both(overflowed("a", ("answered", 3)), leg("b", -20))["if_overflow"]["svar-15s"]
    assert found == {
        "decided": 2,
        "overflowed": 1,
        "ratios": {"as_is": 0.0, "5": 1.0, "10": 1.0, "15": 0.0, "20": 0.0, "40": 0.0},
    }


def test_a_partner_whose_clock_is_ahead_answers_at_once_and_never_before() -> None:
    # It went on after 16 s; by the partner's clock it was answered after 14.
    here = leg("a", -1000, ("overflowed", 16))
    there = leg("a", -986, ("answered", 0), queue=PARTNER)
    found = both(here, there)["if_overflow"]["svar-15s"]["ratios"]
    assert (found["as_is"], found["10"], found["40"]) == (0.0, 1.0, 0.0)


def test_a_share_is_exact_to_the_last_bit() -> None:
    # Of the partner's three delays one is in time, and all ten calls go on: 10/3 of 10.
    gone = [overflowed(f"a{n}", ("answered", delay)) for n, delay in enumerate((1, 300, 300))]
    found = both(*gone, *(leg(f"b{n}", -1000, ("abandoned", 400)) for n in range(7)))
    assert found["if_overflow"]["svar-15s"]["ratios"]["10"] == 1 / 3


def test_without_a_call_that_went_on_nothing_is_known_of_the_partner() -> None:
    assert both(leg("a", -1000, ("answered", 5)))["if_overflow"] == {}
    before = leg("a", -90_000, ("overflowed", 40)), leg("b", -1000, ("answered", 5))
    assert both(*before)["if_overflow"] == {}


def test_a_window_that_slides_has_no_such_figure_and_a_span_has() -> None:
    legs = overflowed("a", ("answered", 3))
    assert both(legs, window="1h")["if_overflow"] == {}
    span = (at(-3600), at(0))
    assert both(legs, window=span)["if_overflow"]["svar-90s"]["ratios"]["as_is"] == 1.0


# Contacts.


def test_a_call_through_two_queues_is_one_contact_with_one_wait() -> None:
    # Waits 40 s here and 10 s at the partner: 50 s; and b 5 s. Legs 3, contacts 2.
    of_all = contacts(overflowed("a", ("answered", 10)), leg("b", -100, ("answered", 5)))
    assert (of_all["contacts"], of_all["legs"], of_all["legs_per_contact"]) == (2, 3, 1.5)
    assert nonzero(of_all["outcomes"]) == {"answered": 2}
    assert (of_all["wait_seconds"]["mean"], of_all["wait_seconds"]["max"]) == (27.5, 50.0)


def test_the_outcome_of_a_contact_is_that_of_its_last_leg() -> None:
    lost = passed_on(("abandoned", 30))
    of_all = contacts(lost)
    assert nonzero(of_all["outcomes"]) == {"lost": 1}
    assert (of_all["lost"], of_all["lost_high"]) == ((1, 1), (1, 1))
    # It was answered once, after 10 s, by somebody who could not help: KKiK counts that.
    assert (of_all["helped"], of_all["wait_seconds"]["mean"]) == (0, None)
    assert of_all["kkik"]["contacts"]["within_1_min"] == (1, 1)


@pytest.mark.parametrize(
    ("legs", "wait"),
    [
        # Passed on to another queue, where it arrived 60 s after it came, and waited 30 s more.
        (passed_on(("answered", 30)), 90.0),
        (passed_on(("answered", 30), ("transferred", 40)), None),
        (passed_on(("callback_requested", 20), ("callback_answered", 90)), 150.0),
        (leg("a", -100, ("answered", 10), ("transferred", 30)), None),  # to where nothing is seen
        (leg("a", -100, ("answered", 10), ("transferred", 99.999999)), None),
        # The talk goes on as of noon; was over first; or its end is unknown, or a fault.
        (leg("a", -100, ("answered", 10), ("transferred", 100)), 10.0),
        (leg("a", -100, ("answered", 10), ("completed", 20), ("transferred", 30)), 10.0),
        (leg("a", -100, ("answered", 10)), 10.0),
        (leg("a", -100, ("answered", 10), ("transferred", 9)), 10.0),
        # Two answered; who passed it on was first.
        (
            leg("a", -100, ("answered", 10), ("transferred", 30))
            + leg("a", -100, ("answered", 12), queue="kundtjanst"),
            12.0,
        ),
    ],
)
def test_a_contact_waits_for_the_first_person_who_does_not_pass_it_on(
    legs: list[CallEvent], wait: float | None
) -> None:
    of_all = contacts(legs)
    waits = {of_all["wait_seconds"][name] for name in ("mean", "p50", "p99", "max")}
    assert (of_all["helped"], waits) == (wait is not None, {wait})
    # KKiK asks for any person.
    assert of_all["kkik"]["contacts"]["within_1_min"] == (1, 1)


@pytest.mark.parametrize(
    ("legs", "outcome"),
    [
        (leg("a", -30), "waiting"),
        (passed_on(("answered", 700)), "waiting"),
        (overflowed("a"), "unknown"),
        (leg("a", -30, ("callback_requested", 5)), "unknown"),
        (leg("a", -30, ("callback_requested", 5), ("callback_answered", 9)), "answered"),
        # Two queues ring at once, and one is answered.
        (leg("a", -30) + leg("a", -30, ("answered", 9), queue="kundtjanst"), "answered"),
        (leg("a", -30, ("answered", 9)) + leg("a", -30, queue="kundtjanst"), "answered"),
    ],
)
def test_what_has_become_of_a_contact(legs: list[CallEvent], outcome: str) -> None:
    of_all = contacts(legs)
    assert nonzero(of_all["outcomes"]) == {outcome: 1}
    assert of_all["lost"][1] == (outcome != "waiting")


@pytest.mark.parametrize("first", ["vaxel", "kundtjanst"])
@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        (("abandoned", 9), ("overflowed", 8), "lost"),
        (("abandoned", 8), ("overflowed", 9), "unknown"),
        (("abandoned", 9), ("overflowed", 9), "unknown"),  # later in the list
        (("refused", 9), ("overflowed", 9), "lost"),
        (("closed", 9), ("callback_requested", 9), "unknown"),
    ],
)
def test_of_legs_that_arrived_at_once_the_one_that_ended_last_is_the_last(
    first: str, one: tuple[str, float], other: tuple[str, float], outcome: str
) -> None:
    second = "kundtjanst" if first == "vaxel" else "vaxel"
    for ways in ((one, other), (other, one)):
        legs = leg("a", -30, ways[0], queue=first), leg("a", -30, ways[1], queue=second)
        assert nonzero(contacts(*legs)["outcomes"]) == {outcome: 1}
        ended = both(*legs)["ended"]
        assert nonzero(ended) == {outcome: 1}


def test_a_contact_belongs_to_the_window_of_its_first_leg_alone() -> None:
    legs = leg("a", -1000, ("answered", 5), ("transferred", 600)) + leg("a", -400)
    assert contacts(legs, window="15m")["contacts"] == 0
    assert both(legs, window="15m", key=VAXEL)["arrived"] == 1
    assert contacts(legs, window="1h")["legs"] == 2
    edge = leg("b", -900, ("answered", 5)), leg("c", -900.000001, ("answered", 5))
    assert contacts(*edge, window="15m")["contacts"] == 1


def test_a_contact_that_began_while_it_was_closed_is_counted_apart() -> None:
    began = leg("a", -100, ("overflowed", 5)) + leg("a", -95, ("answered", 5), queue=PARTNER)
    shut = How(hours="closed")
    of_all = both(began, key=ALL_QUEUES, how=shut)
    assert (of_all["contacts"], of_all["outside_hours"]) == (0, 1)
    # At the same microsecond it came where it is open: that is enough.
    at_once = leg("a", -100, queue="kundtjanst")
    of_all = both(began, at_once, key=ALL_QUEUES, how=shut)
    assert (of_all["contacts"], of_all["outside_hours"]) == (1, 0)
    # A leg that came later is not.
    of_all = both(began, leg("a", -99, queue="kundtjanst"), key=ALL_QUEUES, how=shut)
    assert (of_all["contacts"], of_all["outside_hours"]) == (0, 1)


# KKiK.


@pytest.mark.parametrize(
    ("legs", "answer"),
    [
        (leg("a", -500, ("answered", 60)), "within_1_min"),
        (leg("a", -500, ("answered", 60.000001)), "within_2_min"),
        (leg("a", -500, ("answered", 120)), "within_2_min"),
        (leg("a", -500, ("answered", 120.000001)), "later"),
        (overflowed("a", ("answered", 21)), "within_2_min"),  # after 61 s
        (leg("a", -500, ("abandoned", 5)), "not_answered"),
        (leg("a", -500, ("callback_requested", 5)), "not_answered"),
        (leg("a", -500, ("callback_requested", 5), ("callback_answered", 130)), "later"),
        (leg("a", -120.000001), "waiting"),
        (leg("a", -120), None),
        (passed_on(("abandoned", 90)), "within_1_min"),  # after 10 s it was answered
    ],
)
def test_the_class_of_a_contact_is_by_its_wait_for_the_first_person(
    legs: list[CallEvent], answer: str | None
) -> None:
    kkik = contacts(legs)["kkik"]
    assert nonzero(kkik["contacts"]) == ({answer: (1, 1)} if answer else {})
    assert kkik["undecided"] == (answer is None)


@pytest.mark.parametrize(
    ("legs", "outcome"),
    [
        ([], None),
        (passed_on(), "unseen"),
        (passed_on(("answered", 60)), "answered"),
        (passed_on(("answered", 60.000001)), "cut"),
        (passed_on(("abandoned", 10)), "cut"),
        (passed_on(("answered", 40), after=50), "answered"),  # asked before it was passed on
        (passed_on(("overflowed", 10)) + leg("a", -420, ("answered", 40)), "answered"),
        (passed_on(("overflowed", 10)) + leg("a", -420, ("answered", 40.000001)), "cut"),
    ],
)
def test_the_wait_after_a_transfer_is_cut_at_60_seconds(
    legs: list[CallEvent], outcome: str | None
) -> None:
    kkik = contacts(legs)["kkik"]
    assert nonzero(kkik["transfers"]) == ({outcome: 1} if outcome else {})
    assert kkik["after_transfer"] == (outcome == "answered", outcome in {"answered", "cut"})


@pytest.mark.parametrize(
    ("passed_on_at", "facts", "outcome"),
    [
        (-60, (), "pending"),
        (-60.000001, (), "cut"),
        (-30, (("abandoned", 5),), "cut"),
        (-30, (("overflowed", 5),), "pending"),
    ],
)
def test_a_transfer_is_decided_when_answered_lost_or_after_60_seconds(
    passed_on_at: float, facts: tuple[tuple[str, float], ...], outcome: str
) -> None:
    first = leg("a", -500, ("answered", 10), ("transferred", 500 + passed_on_at))
    then = leg("a", passed_on_at, *facts, queue="kundtjanst")
    assert nonzero(contacts(first, then)["kkik"]["transfers"]) == {outcome: 1}


def test_only_the_first_transfer_of_a_contact_is_a_wait_of_kkik() -> None:
    legs = passed_on(("answered", 20), ("transferred", 40)) + leg("a", -400, ("answered", 90))
    assert nonzero(contacts(legs)["kkik"]["transfers"]) == {"answered": 1}


def test_of_two_transfers_at_once_the_leg_that_was_answered_first_says_what_came_after() -> None:
    # Answered after 10 s and 50 s, passed on at once; what came in between came after the first.
    legs = leg("a", -500, ("answered", 10), ("transferred", 60)) + leg(
        "a", -500, ("answered", 50), ("transferred", 60), queue="kundtjanst"
    )
    between = leg("a", -470, ("answered", 80), queue=PARTNER)
    assert nonzero(contacts(legs, between)["kkik"]["transfers"]) == {"answered": 1}
    # If the first was passed on later, it says nothing.
    legs = leg("a", -500, ("answered", 10), ("transferred", 100)) + leg(
        "a", -500, ("answered", 50), ("transferred", 60), queue="kundtjanst"
    )
    assert nonzero(contacts(legs, between)["kkik"]["transfers"]) == {"unseen": 1}


# Those who call again.


def test_callers_who_call_again_are_one_and_their_calls_are_counted() -> None:
    # Anna hangs up twice, is answered the third time, and calls once more. Bo hangs up, and waits.
    calls = [
        leg("a1", -900, ("abandoned", 10), caller=ANNA),
        leg("a2", -800, ("abandoned", 10), caller=ANNA),
        leg("a3", -700, ("answered", 10), caller=ANNA),
        leg("a4", -600, ("abandoned", 10), caller=ANNA),
        leg("b1", -500, ("abandoned", 10), caller=BO),
        leg("x", -500, ("answered", 10)),
    ]
    assert contacts(*calls)["callers"] == {
        "contacts": 5, "callers": 2, "waiting": 0, "mean_calls_until_answer": 3.0,
        "got_through": (1, 2),
    }  # fmt: skip
    assert contacts(*calls, leg("b2", -30, caller=BO))["callers"] == {
        "contacts": 6, "callers": 2, "waiting": 1, "mean_calls_until_answer": 3.0,
        "got_through": (1, 1),
    }  # fmt: skip


def test_a_call_that_came_at_the_same_time_as_the_answered_one_was_not_made_for_it() -> None:
    calls = leg("a1", -900, ("abandoned", 1), caller=ANNA), leg("a2", -900, ("answered", 1),
                                                                 caller=ANNA)  # fmt: skip
    assert contacts(*calls)["callers"]["mean_calls_until_answer"] == 1.0


def test_who_was_lost_after_a_transfer_did_not_get_through() -> None:
    first = leg("a", -500, ("answered", 10), ("transferred", 60), caller=ANNA)
    then = leg("a", -440, ("abandoned", 30), queue="kundtjanst")
    assert contacts(first, then)["callers"]["got_through"] == (0, 1)


# Incidents: "one" is over the switchboard from 30 to 5 minutes before noon.


def test_beside_the_figures_stand_those_without_the_calls_of_an_incident() -> None:
    calls = [
        leg("a", -2000, ("answered", 5)),
        leg("b", -1800, ("abandoned", 50)),  # as it begins
        leg("c", -301, ("abandoned", 50)),
        leg("d", -300, ("answered", 20)),  # as it ends
        leg("e", -1000, ("abandoned", 50), queue="kundtjanst"),
    ]
    figures = both(*calls, how=How(incidents="one"))
    assert (figures["arrived"], figures["abandoned"]) == (4, 2)
    others = figures["without_incidents"]
    assert nonzero({name: others[name] for name in ("answered", "abandoned")}) == {"answered": 2}
    assert others["lost"] == (0, 2)
    assert others["service_levels"]["svar-15s"] == (1, 2)
    other_queue = both(*calls, how=How(incidents="one"), key=KUNDTJANST)
    assert other_queue["without_incidents"] is None


def test_a_window_that_an_incident_only_touches_has_nothing_beside() -> None:
    ends = (at(-300), at(0))  # begins as the incident ends
    assert both(window=ends, how=How(incidents="one"))["without_incidents"] is None
    ends = (at(-301), at(0))
    assert both(window=ends, how=How(incidents="one"))["without_incidents"] is not None
    begins = (at(-3600), at(-1800))
    assert both(window=begins, how=How(incidents="one"))["without_incidents"] is None


def test_an_incident_goes_on_until_it_ends() -> None:
    assert both(how=How(incidents="two"))["now"]["has_incident"]
    assert not both(how=How(incidents="one"))["now"]["has_incident"]
    assert not both(how=How(incidents="two"), key=("lulea", "tom"))["now"]["has_incident"]


# What real exports hold.


def test_a_call_that_never_ends_waits_is_late_and_lost_to_nobody() -> None:
    figures = both(leg("a", -40_000))
    assert (figures["waiting"], figures["lost"]) == (1, (0, 0))
    assert figures["service_levels"]["svar-15s"]["decided"] == 1
    assert figures["now"]["longest_wait_seconds"] == 40_000.0
    assert contacts(leg("a", -40_000))["outcomes"]["waiting"] == 1


def test_a_talk_that_never_ends_is_in_no_mean_and_is_no_transfer() -> None:
    figures = both(leg("a", -40_000, ("answered", 5)))
    assert figures["talk_seconds"] == {"mean": None, "n": 0}
    assert sum(figures["transfers"].values()) == 0


def test_a_talk_of_18_hours_is_a_talk() -> None:
    yesterday = leg("a", -70_000, ("answered", 5), ("completed", 5 + 18 * 3600))
    span = (at(-80_000), at(0))
    assert both(yesterday, window=span)["talk_seconds"] == {"mean": 64_800.0, "n": 1}


def test_a_talk_that_ended_before_its_answer_is_an_answer_and_no_talk() -> None:
    figures = both(leg("a", -500, ("answered", 10), ("completed", 9.999999)))
    assert (figures["answered"], figures["talk_seconds"]["n"]) == (1, 0)
    figures = both(leg("a", -500, ("answered", 10), ("completed", 10)))
    assert figures["talk_seconds"] == {"mean": 0.0, "n": 1}


def test_a_talk_that_ended_with_no_answer_known_is_no_answer() -> None:
    figures = both(leg("a", -500, ("completed", 30)))
    assert (figures["answered"], figures["waiting"]) == (0, 1)
