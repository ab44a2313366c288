"""The log of the simulated exchange says the same as the events, in Asterisk's own format."""

import re
from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.simulator.asterisk_log import NUMBERS, lines
from producers.simulator.calls import (
    Day,
    Leg,
    MemberChange,
    MissedRing,
    events,
    from_arrival,
    in_whole_seconds,
)
from producers.simulator.profile import lulea
from producers.simulator.simulation import simulate_day
from producers.simulator.whole_profile import skelleftea, whole_lulea
from streams.domain.events import CALL_TYPES
from streams.domain.instants import HOUR, SECOND, micros

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = date(2026, 3, 2)
START = 1_772_434_800

Fact = tuple[str, str, int, str, int]


def facts_in(log: list[str]) -> Counter[Fact]:
    """Read a log as plainly as can be: (contact, queue, arrival, what, when), in seconds."""
    arrivals: dict[tuple[str, str], int] = {}
    found: Counter[Fact] = Counter()
    for line in log:
        epoch, call, queue, _, event, *data = line.split("|")
        at = int(epoch)
        if event == "ENTERQUEUE":
            arrivals[call, queue] = at
        arrived = arrivals.get((call, queue), at)
        match event:
            case "ENTERQUEUE":
                found[call, queue, arrived, "offered", arrived] += 1
            case "CONNECT":
                found[call, queue, arrived, "answered", arrived + int(data[0])] += 1
            case "ABANDON":
                found[call, queue, arrived, "abandoned", arrived + int(data[2])] += 1
            case "EXITWITHTIMEOUT":
                found[call, queue, arrived, "overflowed", arrived + int(data[2])] += 1
            case "EXITWITHKEY":
                assert data[0] == "1"
                found[call, queue, arrived, "callback_requested", arrived + int(data[3])] += 1
            case "FULL":
                found[call, queue, arrived, "refused", at] += 1
            case "JOINEMPTY":
                found[call, queue, arrived, "closed", at] += 1
            case "COMPLETECALLER" | "COMPLETEAGENT":
                assert at == arrived + int(data[0]) + int(data[1])
                found[call, queue, arrived, "completed", at] += 1
            case "BLINDTRANSFER":
                assert at == arrived + int(data[2]) + int(data[3])
                found[call, queue, arrived, "transferred", at] += 1
    return found


def facts_of(day: Day) -> Counter[Fact]:
    """Return the same of the events, but for the arrival of calls that a log never saw enter."""
    unseen = {(leg.contact, leg.queue) for leg in day.legs if leg.outcome in ("refused", "closed")}
    return Counter(
        (
            event.subject,
            event.data.queue,
            micros(event.data.arrived_at) // SECOND,
            what,
            micros(event.time) // SECOND,
        )
        for event in events(in_whole_seconds(day), b"key")
        if CALL_TYPES[event.type] != "callback_answered"  # an exchange's log knows nothing of it
        if not (
            (what := CALL_TYPES[event.type]) == "offered"
            and (event.subject, event.data.queue) in unseen
        )
    )


def text(day: Day, *, is_restarted: bool = False) -> list[str]:
    return [line for _, line in lines(day, is_restarted=is_restarted)]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    scale=st.floats(0.02, 0.3),
    staffing=st.floats(0.3, 1.5),
    max_waiting=st.none() | st.integers(0, 3),
)
def test_a_log_read_back_says_what_the_events_in_whole_seconds_say(
    seed: int, scale: float, staffing: float, max_waiting: int | None
) -> None:
    make = (lulea, whole_lulea, skelleftea)[seed % 3]
    plan = make(scale=scale, staffing=staffing, max_waiting=max_waiting)
    day = simulate_day(plan, MONDAY, STOCKHOLM, seed)
    assert facts_in(text(day)) == facts_of(day)


def test_a_whole_busy_day_has_every_kind_of_line_and_agrees() -> None:
    day = simulate_day(lulea(staffing=0.7, max_waiting=4), MONDAY, STOCKHOLM, seed=1)
    log = text(day, is_restarted=True)
    assert facts_in(log) == facts_of(day)
    assert {line.split("|")[4] for line in log} == {
        "ABANDON",
        "ADDMEMBER",
        "BLINDTRANSFER",
        "COMPLETEAGENT",
        "COMPLETECALLER",
        "CONNECT",
        "ENTERQUEUE",
        "EXITWITHTIMEOUT",
        "FULL",
        "JOINEMPTY",
        "PAUSE",
        "QUEUESTART",
        "REMOVEMEMBER",
        "RINGCANCELED",
        "RINGNOANSWER",
        "UNPAUSE",
    }


def test_lines_are_in_order_and_begin_with_the_start_of_the_exchange() -> None:
    day = simulate_day(lulea(scale=0.3), MONDAY, STOCKHOLM, seed=1)
    found = lines(day, is_restarted=True)
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert all(line.startswith(f"{at // SECOND}|") for at, line in found)
    assert found[0][1] == f"{day.opens_at // SECOND - 3600}|NONE|NONE|NONE|QUEUESTART|"
    assert [line for _, line in found[1:]] == text(day)


SERIES = (r"08465004\d\d", r"03139006\d\d", r"04062804\d\d", r"09803192\d\d", r"07017406\d\d")


def callers_seen(day: Day) -> tuple[dict[str, int], dict[str, str]]:
    """Return each entered contact's caller, and the number the log has of it, if any."""
    numbers = {}
    for line in text(day):
        _, contact, _, _, event, *data = line.split("|")
        if event == "ENTERQUEUE":
            assert numbers.setdefault(contact, data[1]) == data[1], "one number in all queues"
    return {leg.contact: leg.caller for leg in day.legs if leg.contact in numbers}, numbers


def test_callers_numbers_are_those_kept_for_fiction() -> None:
    assert len(set(NUMBERS)) == len(NUMBERS) == 495
    assert all(re.fullmatch("|".join(SERIES), number) for number in NUMBERS)
    assert not {f"07017406{n:02}" for n in range(5)} & set(NUMBERS)
    day = simulate_day(lulea(), MONDAY, STOCKHOLM, seed=1)
    _, numbers = callers_seen(day)
    assert len(set(numbers.values()) - {""}) > 300
    assert set(numbers.values()) <= {"", *NUMBERS}


@pytest.mark.parametrize("scale", [0.1, 0.3, 1.0, 3.0])
def test_no_two_callers_of_a_day_share_a_number_and_nobody_has_two(scale: float) -> None:
    day = simulate_day(lulea(scale=scale), MONDAY, STOCKHOLM, seed=1)
    callers, numbers = callers_seen(day)
    known = {(callers[contact], number) for contact, number in numbers.items() if number}
    assert len({caller for caller, _ in known}) == len({number for _, number in known})
    assert len(known) == len({number for _, number in known}) > 100


def test_those_whose_number_is_known_call_again_as_often_as_all_do() -> None:
    again, once = [0, 0], [0, 0]
    for n in range(20):
        day = simulate_day(lulea(), MONDAY + timedelta(days=n), STOCKHOLM, seed=1)
        callers, numbers = callers_seen(day)
        for is_known in (True, False):
            calls = Counter(
                callers[c] for c, number in numbers.items() if bool(number) is is_known
            )
            again[is_known] += sum(count > 1 for count in calls.values())
            once[is_known] += sum(count == 1 for count in calls.values())
    shares = [a / (a + o) for a, o in zip(again, once, strict=True)]
    assert shares[True] == pytest.approx(shares[False], rel=0.2)
    assert shares[True] > 0.05


def test_those_whose_number_is_known_call_all_queues_all_day() -> None:
    day = simulate_day(lulea(), MONDAY, STOCKHOLM, seed=1)
    _, numbers = callers_seen(day)
    for queue in ("vaxel", "kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social"):
        for hours in (range(5), range(5, 9)):
            known = [
                bool(numbers[leg.contact])
                for leg in day.legs
                if leg.queue == queue and (leg.arrived_at - day.opens_at) // HOUR in hours
            ]
            assert sum(known) / len(known) == pytest.approx(0.25, abs=0.1)


def test_a_small_municipality_has_the_number_of_every_caller() -> None:
    _, numbers = callers_seen(simulate_day(lulea(scale=0.1), MONDAY, STOCKHOLM, seed=1))
    assert all(numbers.values())


def test_a_caller_has_the_same_number_whenever_the_log_begins() -> None:
    day = simulate_day(lulea(), MONDAY, STOCKHOLM, seed=1)
    _, numbers = callers_seen(day)
    _, later = callers_seen(from_arrival(day, day.opens_at + 3 * HOUR))
    assert later.items() < numbers.items()


def leg(**fields: object) -> Leg:
    usual = {
        "contact": f"{START}.10",
        "number": 1,
        "part": 0,
        "queue": "vaxel",
        "caller": 12,
        "arrived_at": START * SECOND + 900_000,
        "outcome": "answered",
        "decided_at": (START + 9) * SECOND + 100_000,
        "agent": "PJSIP/201",
    }
    return Leg(**{**usual, **fields})  # type: ignore[arg-type]


def log_of(*legs: Leg, members: tuple[MemberChange, ...] = ()) -> list[str]:
    day = Day(
        municipality="lulea",
        date=MONDAY,
        opens_at=START * SECOND,
        legs=legs,
        members=members,
        callers=100,
    )
    return [line.removeprefix("17724348") for line in text(day)]


def test_an_answered_call_enters_connects_and_completes() -> None:
    answered = leg(
        rang_at=(START + 5) * SECOND,
        ended_at=(START + 60) * SECOND,
        is_ended_by_caller=False,
        position=3,
    )
    assert log_of(answered) == [
        "00|1772434800.10|vaxel|NONE|ENTERQUEUE||0846500412|3",
        "09|1772434800.10|vaxel|PJSIP/201|CONNECT|9|1772434805.11|4",
        "60|1772434800.10|vaxel|PJSIP/201|COMPLETEAGENT|9|51|3",
    ]


def test_a_ring_that_nobody_answers_is_logged_in_milliseconds() -> None:
    missed = MissedRing((START + 5) * SECOND, "PJSIP/202", 5_000)
    pause = MemberChange((START + 5) * SECOND, "vaxel", "PJSIP/202", "PAUSE")
    answered = leg(missed=(missed,), rang_at=(START + 6) * SECOND, ended_at=(START + 20) * SECOND)
    assert log_of(answered, members=(pause,))[1:3] == [
        "05|NONE|vaxel|PJSIP/202|PAUSE|Auto-Pause",
        "05|1772434800.10|vaxel|PJSIP/202|RINGNOANSWER|5000",
    ]


def test_a_caller_who_hangs_up_while_a_phone_rings_cancels_it() -> None:
    abandoned = leg(outcome="abandoned", rang_at=(START + 7) * SECOND, position=4, last_position=2)
    assert log_of(abandoned)[1:] == [
        "09|1772434800.10|vaxel|PJSIP/201|RINGCANCELED|2100",
        "09|1772434800.10|vaxel|NONE|ABANDON|2|4|9",
    ]


def test_an_overflow_leaves_one_queue_and_enters_the_next_with_the_same_id() -> None:
    left_at = (START + 40) * SECOND + 900_000
    overflowed = leg(outcome="overflowed", decided_at=left_at, agent="", position=2)
    partner = leg(
        part=1,
        queue="kalix-tele24",
        arrived_at=left_at,
        decided_at=left_at + 4 * SECOND,
        ended_at=left_at + 8 * SECOND,
        agent="Local/kalix-tele24@partner",
    )
    assert log_of(overflowed, partner)[1:4] == [
        "40|1772434800.10|vaxel|NONE|EXITWITHTIMEOUT|1|2|40",
        "40|1772434800.10|kalix-tele24|NONE|ENTERQUEUE||0846500412|1",
        "44|1772434800.10|kalix-tele24|Local/kalix-tele24@partner|CONNECT|4|1772434800.12|4",
    ]


def test_a_transfer_names_the_extension_it_goes_to() -> None:
    ended_at = (START + 30) * SECOND
    first = leg(ended_at=ended_at, transferred_to="kundtjanst-skola")
    second = leg(part=1, queue="kundtjanst-skola", arrived_at=ended_at, outcome="abandoned",
                 decided_at=ended_at + SECOND)  # fmt: skip
    assert log_of(first, second)[2:4] == [
        "30|1772434800.10|vaxel|PJSIP/201|BLINDTRANSFER|7001|internal|9|21|1",
        "30|1772434800.10|kundtjanst-skola|NONE|ENTERQUEUE||0846500412|1",
    ]


def test_calls_that_never_enter_have_one_line_with_an_empty_field() -> None:
    at = START * SECOND
    refused = leg(outcome="refused", arrived_at=at, decided_at=at)
    closed = leg(outcome="closed", arrived_at=at, decided_at=at, number=2)
    assert log_of(refused, closed) == [
        "00|1772434800.10|vaxel|NONE|FULL|",
        "00|1772434800.10|vaxel|NONE|JOINEMPTY|",
    ]
