"""Who comes, pauses and goes, as lines tell: how many answer each queue."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.queue_log.line import LineError
from producers.queue_log.staffing import Memory, Staffing
from producers.queue_log.translator import Translator
from producers.simulator import asterisk_log, presence
from producers.simulator.profile import lulea
from producers.simulator.simulation import simulate_day
from streams.domain.event_types import PresenceEvent
from streams.domain.events import Event, decode, encode
from streams.domain.instants import HOUR, SECOND, micros

T = 1_773_126_000  # 2026-03-10 08.00 in Luleå
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ADD_ANNA, ADD_BO = "0|MANAGER|vaxel|PJSIP/1|ADDMEMBER|", "1|MANAGER|vaxel|PJSIP/2|ADDMEMBER|"


def translator(**agents: list[str]) -> Translator:
    forms = {f"Agent/{form}": queues for form, queues in agents.items()}
    return Translator("lulea", staffing=Staffing(zone=STOCKHOLM, agents=forms))


def events(lines: Iterable[str], of: Translator) -> list[Event]:
    found = []
    for text in lines:
        seconds, _, rest = text.partition("|")
        found += of.translate(f"{T + int(seconds)}|{rest}".encode())
    return found


def stated(lines: Iterable[str], of: Translator | None = None) -> list[tuple[str, float, int]]:
    """Return (queue, seconds after T, people)."""
    return [
        (event.subject, micros(event.time) / SECOND - T, event.data.people or 0)
        for event in events(lines, of or translator())
        if isinstance(event, PresenceEvent)
    ]


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        ([ADD_ANNA, "9|NONE|vaxel|PJSIP/1|PAUSE|lunch"], [1, 0]),
        ([ADD_ANNA, "9|NONE|vaxel|PJSIP/1|PAUSE|", "60|NONE|vaxel|PJSIP/1|UNPAUSE|"], [1, 0, 1]),
        ([ADD_ANNA, "9|MANAGER|vaxel|PJSIP/1|REMOVEMEMBER|"], [1, 0]),
        ([ADD_ANNA, ADD_BO], [1, 2]),
        ([ADD_ANNA, ADD_ANNA], [1]),
        ([ADD_ANNA, "5|NONE|NONE|NONE|QUEUESTART|"], [1]),
        (["0|MANAGER|vaxel|PJSIP/1|ADDMEMBER|PAUSED", "9|NONE|vaxel|PJSIP/1|UNPAUSE|"], [0, 1]),
        (["0|MANAGER|vaxel|PJSIP/1|REMOVEMEMBER|"], []),
        (["0|NONE|vaxel|PJSIP/1|UNPAUSE|"], []),  # a member of the configuration: who else is?
        ([ADD_ANNA, "5|NONE|vaxel|Bo|UNPAUSE|"], [1]),  # another name of one that is there
    ],
)
def test_those_who_are_there_and_not_paused_answer(lines: list[str], people: list[int]) -> None:
    assert [number for _, _, number in stated(lines)] == people


def test_who_logs_in_answers_the_queues_that_the_catalogue_says() -> None:
    of = translator(**{"2?": ["vaxel", "teknik"], "*": ["vaxel"]})
    lines = [
        "0|1.1|NONE|Agent/21|AGENTLOGIN|PJSIP/1",
        "1|NONE|NONE|Agent/3|AGENTCALLBACKLOGIN|3@inne",
        "9|1.1|NONE|Agent/21|AGENTLOGOFF|PJSIP/1|9",
        "9|NONE|NONE|Agent/3|AGENTCALLBACKLOGOFF|3@inne|8|CommandLogoff",
    ]
    assert stated(lines, of) == [
        ("vaxel", 0, 1),
        ("teknik", 0, 1),
        ("vaxel", 1, 2),
        ("vaxel", 9, 1),
        ("teknik", 9, 0),
        ("vaxel", pytest.approx(9.000001), 0),
    ]
    assert of.staffing.strangers == 0
    assert stated(["0|1.1|NONE|Agent/1|AGENTLOGIN|PJSIP/1"], of := translator()) == []
    assert of.staffing.strangers == 1


def test_a_line_that_names_nobody_or_no_queue_is_a_fault() -> None:
    for text in ("NONE|vaxel|NONE|PAUSE|", "NONE|vaxel||PAUSE|", "NONE|NONE|PJSIP/1|ADDMEMBER|"):
        with pytest.raises(LineError):
            translator().translate(f"{T}|{text}".encode())


def test_it_is_stated_anew_by_the_first_line_of_each_day_as_of_midnight() -> None:
    day = 24 * 3600
    to_midnight = 16 * 3600
    of = translator()
    assert [people for *_, people in stated([ADD_ANNA, ADD_BO], of)] == [1, 2]
    late = f"{to_midnight + day + 60}|c|vaxel|NONE|ENTERQUEUE||0846500401|1"  # the next but one
    assert stated([late], of) == [("vaxel", to_midnight + day, 2)]
    assert stated([late, f"{to_midnight + day - 1}|c|vaxel|NONE|ABANDON|1|1|1"], of) == []


def test_at_midnight_those_of_before_are_stated_before_whoever_comes() -> None:
    of = translator()
    stated([ADD_ANNA], of)
    next_day = 16 * 3600
    again = [f"{next_day + 8 * 3600}|MANAGER|vaxel|PJSIP/2|ADDMEMBER|"]
    assert stated(again, of) == [("vaxel", next_day, 1), ("vaxel", next_day + 8 * 3600, 2)]


def test_a_clock_that_was_years_ahead_and_is_put_right_does_not_stop_it() -> None:
    of = translator()
    stated([ADD_ANNA, f"{900 * 24 * 3600}|MANAGER|vaxel|PJSIP/3|ADDMEMBER|"], of)
    assert stated(["30|MANAGER|vaxel|PJSIP/2|ADDMEMBER|"], of) == [("vaxel", 30, 3)]
    assert stated([f"{16 * 3600}|c|vaxel|NONE|FULL|"], of) == [("vaxel", 16 * 3600, 3)]


def test_a_stray_line_of_the_day_before_does_not_put_those_of_now_at_midnight() -> None:
    of = translator()
    stated([ADD_ANNA, ADD_BO], of)
    stray = f"{-12 * 3600}|b|vaxel|NONE|ENTERQUEUE||0846500401|1"
    assert stated([stray, "3600|c|vaxel|NONE|ENTERQUEUE||0846500402|1"], of) == []
    assert stated([f"{16 * 3600}|d|vaxel|NONE|FULL|"], of) == [("vaxel", 16 * 3600, 2)]


VERBS = ("ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE")
CHANGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 50 * 3600), st.sampled_from("abc")).flatmap(
        lambda drawn: st.sampled_from(VERBS).map(lambda verb: (*drawn, verb))
    ),
    max_size=40,
)


@given(CHANGES, st.integers(0, 40))
def test_a_log_read_in_two_parts_states_what_it_does_in_one(
    changes: list[tuple[int, int, str, str]], cut: int
) -> None:
    at, lines = 0, []
    for apart, far, who, verb in changes:
        at += far if apart == 3 else apart
        lines.append(f"{at}|NONE|vaxel|{who}|{verb}|")
    whole = events(lines, translator())
    first = translator()
    parts = events(lines[:cut], first)
    memory = msgspec.json.decode(msgspec.json.encode(first.staffing.memory), type=Memory)
    second = Translator("lulea", staffing=Staffing(zone=STOCKHOLM, memory=memory))
    assert parts + events(lines[cut:], second) == whole
    assert len({event.id for event in whole}) == len(whole)
    assert [micros(event.time) for event in whole] == sorted({micros(e.time) for e in whole})


def test_no_name_is_in_what_is_stated_or_kept() -> None:
    of = translator(**{"*": ["vaxel"]})
    told = events(
        ["0|1.1|NONE|Agent/21|AGENTLOGIN|PJSIP/1", "1|NONE|vaxel|PJSIP/anna|ADDMEMBER|"], of
    )
    written = msgspec.json.encode(of.staffing.memory) + b"".join(map(encode, told))
    assert not any(name in written for name in (b"Agent", b"anna", b"PJSIP"))
    assert Memory().key != Memory().key
    assert [decode(encode(event)) for event in told] == told


def test_a_simulated_log_tells_of_as_many_people_as_its_events_do() -> None:
    plan = lulea()
    day = simulate_day(plan, date(2026, 3, 10), STOCKHOLM, seed=7)
    of = Translator(day.municipality, staffing=Staffing(zone=STOCKHOLM))
    from_log = [
        event
        for _, text in asterisk_log.lines(day)
        for event in of.translate(text.encode())
        if isinstance(event, PresenceEvent)
    ]
    from_events = [event for _, event in presence.staffed(plan, day)]
    log, expected = _steps(from_log), _steps(from_events)
    assert log.keys() == expected.keys()
    assert sum(map(len, expected.values())) > 50
    for queue, steps in expected.items():
        for second in range(day.opens_at // SECOND, (day.opens_at + 12 * HOUR) // SECOND):
            assert _at(log[queue], second) == _at(steps, second), (queue, second)


Steps = list[tuple[int, int]]


def _steps(told: Iterable[PresenceEvent]) -> dict[str, Steps]:
    """Return for each queue when, in whole seconds, how many people answered from then on."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for event in sorted(told, key=lambda event: event.time):
        found[event.subject][micros(event.time) // SECOND] = event.data.people or 0
    return {queue: sorted(steps.items()) for queue, steps in found.items()}


def _at(steps: Steps, second: int) -> int:
    place = bisect_right(steps, (second, 1 << 30))
    return steps[place - 1][1] if place else 0
