"""Lines of a queue_log state facts about legs, by their own seconds, in whatever order."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.queue_log.line import IGNORED, VERBS, LineError
from producers.queue_log.open_legs import OpenLeg, OpenLegs
from producers.queue_log.translator import Translator
from producers.simulator import asterisk_log, calls
from producers.simulator.profile import lulea
from producers.simulator.simulation import simulate_day
from streams.domain.events import CALL_TYPES, CallEvent, Event, decode, encode
from streams.domain.instants import SECOND, micros

T = 1_773_126_000  # 2026-03-10 08.00 in Luleå
SAMPLE = Path(__file__).parents[3] / "examples" / "queue_log"
REAL = Path(__file__).with_name("asterisk.log")
ENTER = "0|c1|vaxel|NONE|ENTERQUEUE||0846500401|1"

Told = tuple[str, int, int]


def line(text: str) -> bytes:
    """``12|c1|…`` is a line 12 seconds after T."""
    seconds, _, rest = text.partition("|")
    return f"{T + int(seconds)}|{rest}".encode()


def told(event: CallEvent) -> Told:
    """Return (what, arrival, when), in seconds after T."""
    arrived, at = micros(event.data.arrived_at), micros(event.time)
    return CALL_TYPES[event.type], arrived // SECOND - T, at // SECOND - T


def tell(lines: Iterable[str], translator: Translator | None = None) -> list[Told]:
    translator = translator or Translator("lulea")
    return [told(event) for text in lines for event in of_calls(translator, line(text))]


def of_calls(translator: Translator, raw: bytes) -> list[CallEvent]:
    return [event for event in translator.translate(raw) if isinstance(event, CallEvent)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9|c1|vaxel|A|CONNECT|9|p.1|3", ("answered", 0, 9)),
        ("9|c1|vaxel|NONE|ABANDON|1|2|9", ("abandoned", 0, 9)),
        ("9|c1|vaxel|A|ABANDON|1|2|9", ("abandoned", 0, 9)),
        ("40|c1|vaxel|NONE|EXITWITHTIMEOUT|1|1|40", ("overflowed", 0, 40)),
        ("25|c1|vaxel|NONE|EXITWITHKEY|9|2|1|25", ("overflowed", 0, 25)),
        ("25|c1|vaxel|NONE|EXITWITHKEY|1|2|1|25", ("callback_requested", 0, 25)),
        ("25|c1|vaxel|NONE|WITHDRAW|2|1|25|info", ("overflowed", 0, 25)),
        ("30|c1|vaxel|NONE|EXITEMPTY|1|1|30", ("closed", 0, 30)),
        ("30|c1|vaxel|NONE|LEAVEEMPTY|1|1|30", ("closed", 0, 30)),
        ("31|c1|vaxel|NONE|LEAVEEMPTY|1|1|12", ("closed", 0, 12)),
        ("30|c1|vaxel|A|SYSCOMPAT|", ("closed", 0, 30)),
        ("5|NONE|NONE|NONE|QUEUESTART|", ("closed", 0, 5)),
    ],
)
def test_a_wait_ends_as_its_verb_says(text: str, expected: Told) -> None:
    translator = Translator("lulea", callback_keys=frozenset("1"))
    assert tell([ENTER, text], translator) == [("offered", 0, 0), expected]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("60|c1|vaxel|A|COMPLETEAGENT|9|51|1", "completed"),
        ("60|c1|vaxel|A|COMPLETECALLER|9|51|1", "completed"),
        ("60|c1|vaxel|A|BLINDTRANSFER|4711|inne|9|51|1", "transferred"),
        ("60|c1|vaxel|A|TRANSFER|4711|inne|9|51", "transferred"),
        ("60|c1|vaxel|A|ATTENDEDTRANSFER|BRIDGE|b1|9|51|1", "transferred"),
        ("60|c1|vaxel|A|ATTENDEDTRANSFER|APP|Queue|9|51|1", "transferred"),
        ("60|c1|vaxel|A|ATTENDEDTRANSFER|LINK|x|y|9|51|1", "transferred"),
        ("60|NONE|NONE|NONE|QUEUESTART|", "completed"),
    ],
)
def test_a_talk_ends_as_its_verb_says(text: str, what: str) -> None:
    translator = Translator("lulea")
    lines = [ENTER, "9|c1|vaxel|A|CONNECT|9|p.1|3", text]
    assert tell(lines, translator) == [("offered", 0, 0), ("answered", 0, 9), (what, 0, 60)]
    assert translator.repaired == 0


@pytest.mark.parametrize("first", ["FULL|", "JOINEMPTY|", "EXITEMPTY|1|1|0"])
def test_a_call_that_comes_back_within_the_same_second_has_another_leg(first: str) -> None:
    lines = [
        *([ENTER] if first.startswith("EXIT") else []),
        f"0|c1|vaxel|NONE|{first}",
        ENTER,
        "9|c1|vaxel|A|CONNECT|9|p.1|3",
        "99|c1|vaxel|A|COMPLETECALLER|9|90|1",
    ]
    translator = Translator("lulea")
    events = [event for text in lines for event in translator.translate(line(text))]
    assert len({event.id for event in events}) == len(events)
    legs: dict[int, list[str]] = {}
    for event in events:
        legs.setdefault(micros(event.data.arrived_at), []).append(CALL_TYPES[event.type])
    turned, answered = legs[T * SECOND], legs[T * SECOND + 1]
    assert turned[-1] in {"refused", "closed"}
    assert answered == ["offered", "answered", "completed"]
    assert micros(events[-2].time) == (T + 9) * SECOND + 1, "the wait is the line's own"


def test_a_line_that_turns_a_call_away_twice_states_one_fact() -> None:
    translator = Translator("lulea")
    full = line("3|c1|vaxel|NONE|FULL|")
    assert translator.translate(full) == translator.translate(full)


def test_one_call_in_two_queues_in_the_same_second_has_an_id_for_each() -> None:
    translator = Translator("lulea")
    texts = (ENTER, ENTER.replace("vaxel", "kundtjanst"))
    ids = {event.id for text in texts for event in translator.translate(line(text))}
    assert len(ids) == 2


@pytest.mark.parametrize(
    "text",
    ["-50|c1|vaxel|A|CONNECT|no number|p.1|3", "-50|c1|vaxel|A|COMPLETEAGENT|no number|9|1"],
)
def test_a_clock_that_steps_back_never_puts_an_event_before_its_arrival(text: str) -> None:
    translator = Translator("lulea")
    for _, arrived, at in tell([ENTER, text], translator):
        assert at >= arrived == 0
    assert translator.repaired == 1


def test_a_long_day_is_kept_and_more_than_two_days_are_a_fault_of_the_log() -> None:
    def ended_after(hours: int) -> Told:
        seconds = hours * 3600
        return tell([ENTER, f"{seconds}|c1|vaxel|NONE|ABANDON|1|1|{seconds}"])[-1]

    assert ended_after(18) == ("abandoned", 0, 18 * 3600)
    with pytest.raises(LineError):
        ended_after(49)


@pytest.mark.parametrize(("later", "is_the_same"), [(60, True), (125, False)])
def test_an_end_that_comes_again_within_a_minute_is_of_the_same_leg(
    later: int, is_the_same: bool
) -> None:
    translator = Translator("lulea")
    lines = [ENTER, "9|c1|vaxel|A|CONNECT|9|p.1|3", "60|c1|vaxel|A|COMPLETEAGENT|9|51|1"]
    tell([*lines, f"{60 + later}|c1|vaxel|A|COMPLETEAGENT|9|{51 + later}|1"], translator)
    (leg,) = translator.legs.listed()
    assert leg.is_entered == is_the_same


@pytest.mark.parametrize(("apart", "legs"), [(2, 1), (3, 2)])
def test_arrivals_two_seconds_apart_are_the_same_one(apart: int, legs: int) -> None:
    """Whole seconds cut twice: a talk's end that counts back beside its leg."""
    translator = Translator("lulea")
    tell([ENTER, "40|c1|vaxel|NONE|ABANDON|1|1|40"], translator)
    tell([f"{50 + apart}|c1|vaxel|NONE|ABANDON|1|1|50"], translator)
    assert len(translator.legs.listed()) == legs


def test_a_repeated_enterqueue_is_one_leg_and_a_later_one_is_another() -> None:
    translator = Translator("lulea")
    tell([ENTER, ENTER], translator)
    assert len(translator.legs.listed()) == 1
    tell(["9|c1|vaxel|A|CONNECT|9|p.1|3", "70|c1|vaxel|NONE|ENTERQUEUE||0846500401|1"], translator)
    assert len(translator.legs.listed()) == 2


def test_a_call_turned_away_arrives_and_leaves_at_once() -> None:
    assert tell(["3|c1|vaxel|NONE|FULL|", "4|c2|vaxel|NONE|JOINEMPTY|"]) == [
        ("refused", 3, 3),
        ("closed", 4, 4),
    ]


def test_waits_are_the_fields_of_the_line_though_the_clock_says_otherwise() -> None:
    assert tell([ENTER, "31|c1|vaxel|A|CONNECT|15|p.1|3"])[1] == ("answered", 0, 15)
    assert tell([ENTER, "8|c1|vaxel|NONE|ABANDON|1|1|9.5"])[1] == ("abandoned", 0, 9)


def test_a_talk_never_ends_before_it_began() -> None:
    lines = [ENTER, "9|c1|vaxel|A|CONNECT|10|p.1|3", "9|c1|vaxel|A|COMPLETEAGENT|10|0|1"]
    assert tell(lines)[2] == ("completed", 0, 10)


@pytest.mark.parametrize(
    "lines",
    [
        ["60|c1|vaxel|A|CONNECT|20|p.1|3", "90|c1|vaxel|A|COMPLETEAGENT|21|30|1"],
        ["90|c1|vaxel|A|COMPLETEAGENT|20|30|1"],
        ["90|c1|vaxel|A|COMPLETEAGENT|20|30|1", "60|c1|vaxel|A|CONNECT|20|p.1|3"],
    ],
)
def test_a_leg_never_seen_to_arrive_is_counted_back_and_keeps_that_arrival(
    lines: list[str],
) -> None:
    facts = tell(lines)
    assert {arrived for _, arrived, _ in facts} == {40}
    assert {("answered", 40, 60), ("completed", 40, 90)} <= set(facts)


def test_a_lost_connect_is_told_by_the_end_of_the_talk() -> None:
    assert tell([ENTER, "60|c1|vaxel|A|COMPLETECALLER|9|51|1"])[1:] == [
        ("answered", 0, 9),
        ("completed", 0, 60),
    ]


@pytest.mark.parametrize(
    "late",
    [
        ["30|c1|vaxel|A|COMPLETEAGENT|9|21|1", "9|c1|vaxel|A|CONNECT|9|p.1|3", ENTER],
        ["9|c1|vaxel|A|CONNECT|9|p.1|3", ENTER, "30|c1|vaxel|A|COMPLETEAGENT|9|21|1"],
        [ENTER, "30|c1|vaxel|A|COMPLETEAGENT|9|21|1", "9|c1|vaxel|A|CONNECT|9|p.1|3"],
    ],
)
def test_lines_of_a_leg_in_any_order_are_one_leg(late: list[str]) -> None:
    translator = Translator("lulea")
    expected = {("offered", 0, 0), ("answered", 0, 9), ("completed", 0, 30)}
    assert set(tell(late, translator)) == expected
    assert not [leg for leg in translator.legs.listed() if not leg.has_ended]


@pytest.mark.parametrize("back", [40, 41])
def test_a_call_that_comes_back_to_the_queue_is_another_leg(back: int) -> None:
    lines = [
        ENTER,
        "40|c1|vaxel|NONE|EXITWITHTIMEOUT|1|1|40",
        f"{back}|c1|vaxel|NONE|ENTERQUEUE||0846500401|1",
        "50|c1|vaxel|NONE|ABANDON|1|1|9",
    ]
    assert tell(lines)[2:] == [("offered", back, back), ("abandoned", back, back + 9)]


def test_a_late_line_finds_its_leg_though_other_calls_went_on() -> None:
    lines = [
        ENTER,
        "30|c1|vaxel|A|COMPLETEAGENT|8|21|1",
        "70|c2|vaxel|NONE|ENTERQUEUE|||1",
        "9|c1|vaxel|A|CONNECT|10|p.1|3",  # a second off ours: alone it would be a leg
    ]
    assert {arrived for _, arrived, _ in tell(lines)} == {0, 70}


def test_a_transfer_back_into_the_queue_may_be_logged_after_the_return() -> None:
    lines = [
        ENTER,
        "9|c1|vaxel|A|CONNECT|9|p.1|3",
        "30|c1|vaxel|NONE|ENTERQUEUE||0846500401|1",
        "30|c1|vaxel|A|BLINDTRANSFER|4711|inne|9|21|1",
        "37|c1|vaxel|B|CONNECT|7|p.2|3",
        "60|c1|vaxel|B|COMPLETEAGENT|7|23|1",
    ]
    assert tell(lines)[3:] == [
        ("transferred", 0, 30),
        ("answered", 30, 37),
        ("completed", 30, 60),
    ]


def test_an_end_logged_twice_makes_no_second_leg() -> None:
    end = "60|c1|vaxel|A|COMPLETEAGENT|8|51|1"  # the exchange's own count is a second off ours
    facts = tell([ENTER, "9|c1|vaxel|A|CONNECT|9|p.1|3", end, end])
    assert {arrived for _, arrived, _ in facts} == {0}


def test_a_restart_ends_every_leg_once() -> None:
    translator = Translator("lulea")
    lines = [ENTER, "1|c2|vaxel|NONE|ENTERQUEUE|||1", "1|c3|vaxel|NONE|ENTERQUEUE|||1"]
    tell([*lines, "9|c1|vaxel|A|CONNECT|9|p.1|3"], translator)
    restart = line("20|NONE|NONE|NONE|QUEUESTART|")
    ends = translator.translate(restart)
    assert {(event.subject, *told(event)) for event in ends} == {
        ("c1", "completed", 0, 20),
        ("c2", "closed", 1, 20),
        ("c3", "closed", 1, 20),
    }
    assert len({event.id for event in ends}) == 3
    assert translator.translate(restart) == []


def test_a_restart_is_seen_in_the_line_it_broke_off() -> None:
    translator = Translator("lulea")
    tell([ENTER], translator)
    torn = line("7|c1|vaxel|A|CONN") + line("20|NONE|NONE|NONE|QUEUESTART|")
    assert [told(event) for event in translator.translate(torn)] == [("closed", 0, 20)]


@pytest.mark.parametrize("wait", ["", "-1", "nan", "1e3", "999999", "9,5", "1_0", "٩"])
def test_a_wait_that_is_none_gives_way_to_the_clock_and_is_counted(wait: str) -> None:
    translator = Translator("lulea")
    assert tell([ENTER, f"9|c1|vaxel|NONE|ABANDON|1|1|{wait}"], translator)[1] == (
        "abandoned",
        0,
        9,
    )
    assert translator.repaired == 1
    with pytest.raises(LineError):
        translator.translate(line(f"9|c2|vaxel|NONE|ABANDON|1|1|{wait}"))


@pytest.mark.parametrize("verb", sorted(IGNORED))
def test_verbs_that_say_nothing_of_waits_are_passed_over(verb: str) -> None:
    assert tell([ENTER, f"3|c1|vaxel|A|{verb}|1000|x"]) == [("offered", 0, 0)]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "malformed"),
        (b"\x00\x00", "malformed"),
        (b"1773126000|c1|vaxel|NONE", "malformed"),
        (b"noll|c1|vaxel|NONE|ENTERQUEUE||0846500401|1", "malformed"),
        (b"-5|c1|vaxel|NONE|ENTERQUEUE||0846500401|1", "malformed"),
        (b"9999999999|c1|vaxel|NONE|ENTERQUEUE||0846500401|1", "malformed"),
        (b"1773126000||vaxel|NONE|ENTERQUEUE||0846500401|1", "malformed"),
        (b"1773126000|c1||NONE|ENTERQUEUE||0846500401|1", "malformed"),
        (b"1773126000|0846500401|vaxel|NONE|FULL|", "number_as_id"),
        (b"1773126000|+46 8 465 004 01|vaxel|NONE|ENTERQUEUE|||1", "number_as_id"),
        (b"1773126000|NONE|vaxel|NONE|FULL|", "malformed"),
        (b"1773126000|" + b"c" * 201 + b"|vaxel|NONE|FULL|", "malformed"),
        (b"1773126000|c1|vaxel|NONE|ENTERQUEUE||" + b"4" * 20_000, "malformed"),
        (b"1773126000|c1|vaxel|NONE|0846500401|", "unknown_verb"),
        (b"1773126000|c1|vaxel|NONE|enterqueue||0846500401|1", "unknown_verb"),
    ],
)
def test_a_line_that_can_not_be_used_says_why_and_never_what(raw: bytes, fault: str) -> None:
    translator = Translator("lulea")
    with pytest.raises(LineError) as caught:
        translator.translate(raw)
    assert caught.value.fault == fault
    assert "0846500401" not in repr(caught.value) + str(caught.value)
    assert translator.legs.listed() == []


def test_line_ends_and_encodings_of_any_exchange_are_read() -> None:
    translator = Translator("lulea")
    fields = "|Växeln|NONE|ENTERQUEUE|||1"
    events = [
        event
        for raw in (
            f"{T}|c1{fields}\r\n".encode(),
            f"{T}|c2{fields}".encode("latin-1"),
            f"{T}.25|c3{fields}\n".encode(),
        )
        for event in translator.translate(raw)
    ]
    assert [event.data.queue for event in events] == ["Växeln"] * 3
    assert events[2].time.microsecond == 250_000


def test_queues_are_renamed_and_exchanges_told_apart() -> None:
    translator = Translator("luleå", exchange="norr", queues={"vaxel": "v1"})
    (event,) = translator.translate(line(ENTER))
    assert (event.data.queue, event.subject, event.partitionkey) == ("v1", "norr:c1", "luleå")
    assert event.source == "/queue_log/lule%C3%A5/norr"
    (plain,) = Translator("luleå").translate(line(ENTER))
    assert plain.subject == "c1"
    assert plain.id != event.id


def test_an_id_is_the_same_when_read_again_and_tells_nothing_of_the_number() -> None:
    (one,) = Translator("lulea").translate(line(ENTER))
    (again,) = Translator("lulea").translate(line(ENTER))
    (other,) = Translator("lulea").translate(line(ENTER.replace("0846500401", "0846500402")))
    assert one.id == again.id == other.id
    late = Translator("lulea").translate(line("9|c1|vaxel|A|CONNECT|9|p.1|3"))
    seen = Translator("lulea")
    seen.translate(line("1|c1|vaxel|NONE|ENTERQUEUE|||1"))
    assert seen.translate(line("9|c1|vaxel|A|CONNECT|9|p.1|3"))[0].id == late[0].id


def test_the_number_leaves_only_through_the_hash_it_is_given_to() -> None:
    asked: list[tuple[str, int]] = []

    def caller(number: str, at: int) -> str:
        asked.append((number, at))
        return "abcd"

    (event,) = Translator("lulea", caller=caller).translate(line(ENTER))
    assert asked == [("0846500401", T * SECOND)]
    assert event.data.caller == "abcd"
    assert b"0846500401" not in encode(event)
    assert Translator("lulea").translate(line(ENTER))[0].data.caller is None


def test_the_sample_has_every_verb_and_gives_readable_events() -> None:
    lines = SAMPLE.read_bytes().splitlines()
    translator = Translator("lulea", callback_keys=frozenset("1"))
    events = [event for raw in lines for event in translator.translate(raw)]
    assert {raw.split(b"|")[4].decode() for raw in lines} == VERBS.keys() | IGNORED
    assert {event.type for event in events} == {
        *(type_ for type_, what in CALL_TYPES.items() if what != "callback_answered"),
        "se.svarsgrad.presence.staffed.v1",
    }
    assert [decode(encode(event)) for event in events] == events
    assert len({event.id for event in events}) == len(events)
    assert b"084650" not in b"".join(encode(event) for event in events)
    assert not [leg for leg in translator.legs.listed() if not leg.has_ended]


def test_a_simulated_day_says_the_same_through_the_log_as_through_its_events() -> None:
    day = simulate_day(lulea(), date(2026, 3, 10), ZoneInfo("Europe/Stockholm"), seed=7)
    translator = Translator(day.municipality)
    from_log = Counter(
        (event.subject, event.data.queue, *told(event))
        for _, text in asterisk_log.lines(day, is_restarted=True)
        for event in of_calls(translator, text.encode())
    )
    turned_away = {leg.contact for leg in day.legs if leg.outcome in ("refused", "closed")}
    from_events = Counter(
        (event.subject, event.data.queue, *told(event))
        for event in calls.events(calls.in_whole_seconds(day), b"key")
        if not (event.subject in turned_away and CALL_TYPES[event.type] == "offered")
    )
    assert len(from_log) > 1000
    assert from_log == from_events


@settings(max_examples=300)
@given(st.data())
def test_no_bytes_raise_anything_but_a_line_error(data: st.DataObject) -> None:
    fields = st.one_of(
        st.sampled_from([b"1773126000", b"1773126009.5", b"c1", b"vaxel", b"NONE", b"", b"9"]),
        st.sampled_from([verb.encode() for verb in VERBS]),
        st.binary(max_size=8),
    )
    lines = st.one_of(
        st.binary(max_size=80),
        st.lists(fields, max_size=10).map(b"|".join),
        st.tuples(st.sampled_from(sorted(VERBS)), st.lists(fields, max_size=6)).map(
            lambda parts: b"|".join([b"1773126000|c1|vaxel|A", parts[0].encode(), *parts[1]])
        ),
    )
    translator = Translator("lulea", callback_keys=frozenset("9"))
    for raw in data.draw(st.lists(lines, max_size=8)):
        try:
            events = translator.translate(raw)
        except LineError:
            continue
        assert [decode(encode(event)) for event in events] == events


def test_open_legs_survive_being_written_down() -> None:
    translator = Translator("lulea")
    tell([ENTER, "1|c2|vaxel|NONE|ENTERQUEUE|||1", "9|c1|vaxel|A|CONNECT|9|p.1|3"], translator)
    written = msgspec.json.encode(translator.legs.listed())
    restored = OpenLegs(msgspec.json.decode(written, type=list[OpenLeg]))
    rest = ["60|c1|vaxel|A|COMPLETEAGENT|9|51|1", "61|c2|vaxel|NONE|ABANDON|1|1|60"]
    assert tell(rest, Translator("lulea", legs=restored)) == tell(rest, translator)


def test_legs_whose_end_is_never_logged_are_forgotten_in_the_end() -> None:
    translator = Translator("lulea")
    for hour in range(100):
        tell([f"{hour * 3600}|c{hour}|vaxel|NONE|ENTERQUEUE|||1"], translator)
    assert len(translator.legs.listed()) == 49


def test_the_log_of_a_real_exchange_is_understood_line_by_line() -> None:
    """Asterisk's development branch of August 2026, between phones that are its own channels.

    Three starts, three rotations, members that come, pause and go; calls that are answered, given
    up, time out, find a queue empty or full (as its dialplan logs), or are left by the last.
    """
    translator = Translator("lulea")
    told: list[tuple[str, str]] = []
    strange = []
    for raw in REAL.read_bytes().splitlines():
        try:
            told += [(event.data.queue or "", what(event)) for event in translator.translate(raw)]
        except LineError:
            strange.append(raw.split(b"|")[4])
    assert strange == [b"STANGT"], "a verb of its dialplan's own"
    assert translator.repaired == 0
    assert all(leg.has_ended for leg in translator.legs.listed())
    calls = Counter(told)
    assert calls["vaxel", "offered"] == 8
    assert calls["vaxel", "answered"] == calls["vaxel", "completed"] == 5
    assert calls["vaxel", "abandoned"] == 2
    assert calls["vaxel", "overflowed"] == 1
    assert calls["kalix-tele24", "answered"] == calls["kalix-tele24", "completed"] == 1
    assert calls["tom", "closed"] == calls["smal", "refused"] == 1
    assert calls["lamna", "closed"] == 2
    assert calls["vaxel", "staffed"] == 7


def what(event: Event) -> str:
    return event.type.split(".")[3]
