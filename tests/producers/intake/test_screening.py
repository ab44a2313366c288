"""What a token lets in, and what of it leaves: nothing that its sender chose freely."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pushing import KEY, NUMBER, call, case, grant

from producers.intake.callers import hashed, hashed_callers, no_caller
from producers.intake.grants import TYPES
from producers.intake.identity import Names
from producers.intake.limits import MAX_BODY_BYTES, MAX_EVENTS
from producers.intake.screening import Fault, Screen
from producers.pseudonym import Keys, pseudonym
from streams.domain.event_types import FORMS, REQUIRED
from streams.domain.events import MAX_VALUE_BYTES, decode, encode
from streams.domain.instants import MINUTE, micros, moment
from streams.events_page import example

NOW = micros(datetime(2026, 3, 10, 9, 15, tzinfo=UTC))
AT = moment(NOW)
DAY_KEY = b"\5" * 32


def screen(source: str = "ace", **more: Any) -> Screen:
    its = grant(source, **more)
    return Screen(its, Names(KEY, "lulea", source), lambda text, *_: hashed(text, DAY_KEY))


def screened(*events: dict[str, Any], by: Screen | None = None) -> tuple[Any, list[Fault]]:
    raws = [json.dumps(event).encode() for event in events]
    written, faults = (by or screen()).screened(raws, NOW)
    assert [encode(event) for event, _ in written] == [value for _, value in written]
    return [event for event, _ in written], faults


def leaves(event: dict[str, Any], source: str = "ace") -> Any:
    (one,), faults = screened(event, by=screen(source))
    assert not faults
    return one


def test_every_type_but_measures_passes_and_is_read_again_by_the_worker() -> None:
    its = screen("ace", queues=frozenset({"vaxel", "epost-teknik", "epost", "arenden"}))
    for type_ in TYPES.values():
        event = json.loads(encode(example(type_)))
        if type_.endswith("heartbeat.v1"):
            event["subject"] = "ace"
        if event["data"].get("queue", "").startswith("epost"):
            event["data"]["queue"] = "epost"
        (found,), faults = screened(event, by=its)
        assert not faults
        assert decode(encode(found)) == found
        assert type(found) is FORMS[type_]


@pytest.mark.parametrize(
    ("event", "reason", "path"),
    [
        (call(at=AT) | {"partitionkey": "boden"}, "municipality_not_allowed", "$.partitionkey"),
        (call(at=AT, queue="arenden"), "queue_not_allowed", "$.data.queue"),
        (call(at=AT, queue="nagon-annans"), "queue_not_allowed", "$.data.queue"),
        (call(at=AT) | {"type": "se.svarsgrad.call.offer.v1"}, "unknown_type", "$.type"),
        (call(at=AT) | {"type": "se.svarsgrad.call.offered.v2"}, "newer_version", "$.type"),
        (call(at=AT) | {"subject": " "}, "invalid", "$.subject"),
        (call(at=AT) | {"time": "i går"}, "invalid", "$.time"),
        (call(at=AT, arrived_at="2026-03-10T09:16:00Z"), "before_arrival", "$.time"),
        (call(at=AT, caller=846500417), "invalid", "$.data.caller"),
        (call(at=AT, caller=""), "invalid", "$.data.caller"),
        (call(at=AT, caller="x" * 201), "invalid", "$.data.caller"),
        (case(at=AT, queue="vaxel", channel=None), "invalid", "$.data.channel"),
        (case(what="handed_over", at=AT, queue="vaxel", administration="Anna"),
         "unknown_administration", "$.data.administration"),
        (call(at=AT) | {"type": "se.svarsgrad.presence.heartbeat.v1", "data": {}},
         "source_not_allowed", "$.subject"),
        (call(at=AT) | {"type": "se.svarsgrad.survey.answered.v1",
         "data": {"question": "vem", "grade": 5}}, "unknown_question", "$.data.question"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    event: dict[str, Any], reason: str, path: str
) -> None:
    _, faults = screened(call(at=AT), event)
    assert faults == [Fault(1, reason, path)]


@pytest.mark.parametrize("last", ['"x"', "{}", "5", '{"caller": "08-465 004 17"}', None])
def test_data_that_stand_twice_are_a_fault_also_if_the_first_have_no_caller(
    last: str | None,
) -> None:
    event = call(at=AT, caller=5)
    again = json.dumps(call(at=AT, caller=NUMBER)["data"]) if last is None else last
    raw = json.dumps(event).removesuffix("}") + f', "data": {again}}}'
    written, faults = screen().screened([raw.encode()], NOW)
    assert not written
    assert faults == [Fault(0, "invalid", "$.data.caller")]


def test_a_type_that_the_token_does_not_have_is_not_allowed() -> None:
    its = screen(types=frozenset({TYPES["call.offered"]}))
    _, faults = screened(call(at=AT), call(what="answered", at=AT), by=its)
    assert faults == [Fault(1, "type_not_allowed", "$.type")]


def test_a_clock_may_be_as_far_ahead_as_the_worker_lets_it_and_any_time_behind() -> None:
    ahead = moment(NOW + 15 * MINUTE)
    assert not screened(call(at=ahead))[1]
    late = call(at=ahead + timedelta(microseconds=1))
    assert screened(late)[1] == [Fault(0, "from_the_future", "$.time")]
    assert not screened(call(at=AT - timedelta(days=3000)))[1]


@pytest.mark.parametrize("key", ["time", "arrived_at"])
@pytest.mark.parametrize("has_caller", [True, False])
def test_an_instant_that_no_other_zone_has_is_a_fault(key: str, has_caller: bool) -> None:
    event = call(at=AT, **({"caller": NUMBER} if has_caller else {}))
    event["data"]["arrived_at"] = "0001-01-01T00:00:00+14:00"
    if key == "time":
        event["time"] = "0001-01-01T00:00:01+14:00"
    its = screen()
    its.caller = lambda text, at, zone: f"{at.astimezone(zone)}{text}"
    assert screened(event, by=its)[1] == [Fault(0, "invalid", "")]


def test_nothing_that_the_sender_wrote_freely_leaves() -> None:
    street = "Kalastavej"
    event = case(f"{street} {NUMBER}", at=AT, contact=f"{street}/17", note=street)
    event |= {"id": f"{street}/1", "source": f"https://{street}.example.org", "extension": street}
    written = encode(leaves(event, "arenden")).decode()
    assert street not in written
    assert "465" not in written
    assert '"source":"/intake/lulea/arenden"' in written


def test_the_same_is_called_the_same_and_two_sources_never_mean_one_thing() -> None:
    one, again, other = (leaves(call(number, at=AT)) for number in (1, 1, 2))
    assert one == again
    assert one.subject != other.subject
    forger = Screen(
        grant("arenden", queues=frozenset({"vaxel"})), Names(KEY, "lulea", "arenden"), no_caller
    )
    (forged,), _ = screened(call(1, at=AT), by=forger)
    assert forged.subject != one.subject
    assert forged.id != one.id
    assert Names(KEY, "boden", "ace").subject("1") != Names(KEY, "lulea", "ace").subject("1")
    assert Names(b"\1" * 32, "lulea", "ace").subject("1") != one.subject


def test_a_contact_is_called_what_the_call_of_the_same_system_is() -> None:
    its = screen("arenden", queues=frozenset({"vaxel", "arenden"}))
    (talk, about), _ = screened(call(17, at=AT), case(at=AT, contact="17"), by=its)
    assert about.data.contact == talk.subject


@pytest.mark.parametrize(
    "written",
    [NUMBER, "+46 8-465 004 17", "0046846500417", "084650 0417", "tel:+46-8-465-004-17",
     "sip:+46846500417@vaxel.example.org;user=phone", "SIPS:084650 0417@x"],
)  # fmt: skip
def test_a_number_is_the_pseudonym_that_all_producers_give_it(written: str) -> None:
    assert leaves(call(at=AT, caller=written)).data.caller == pseudonym(NUMBER, DAY_KEY)


@pytest.mark.parametrize("nobody", ["anonymous", "okänd", "sip:anonymous@x", "-", "@"])
def test_a_word_is_nobody(nobody: str) -> None:
    assert leaves(call(at=AT, caller=nobody)).data.caller is None


@given(st.text(min_size=1, max_size=200))
def test_no_caller_passes_whatever_it_looks_like(text: str) -> None:
    (found,), faults = screened(call(at=AT, caller=text))
    assert not faults
    assert found.data.caller is None or found.data.caller != text
    assert decode(encode(found)) == found


@pytest.mark.parametrize("made", ["9f2c4e0d71b35a86", "1234567890123456", "8465004170000000"])
def test_a_hash_made_at_the_source_is_hashed_again_and_tells_callers_apart(made: str) -> None:
    found = leaves(call(at=AT, caller=made)).data.caller
    assert found == leaves(call(2, at=AT, caller=made)).data.caller
    assert found not in {made, leaves(call(at=AT, caller=made[::-1])).data.caller}


def test_without_a_key_file_and_of_a_day_long_past_nobody_is_known(tmp_path: Path) -> None:
    its = screen()
    its.caller = no_caller
    assert screened(call(at=AT, caller=NUMBER), by=its)[0][0].data.caller is None
    keys = Keys(tmp_path / "keys")
    its.caller = hashed_callers(keys, lambda: AT)
    (fresh, old), _ = screened(
        call(at=AT, caller=NUMBER), call(at=AT - timedelta(days=15), caller=NUMBER), by=its
    )
    key = keys.key(date(2026, 3, 10), date(2026, 3, 10))
    assert key is not None
    assert fresh.data.caller == pseudonym(NUMBER, key)
    assert old.data.caller is None


def test_the_day_of_a_caller_is_that_of_the_municipality(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    late = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # it is the 10th in Luleå
    its = screen()
    its.caller = hashed_callers(keys, lambda: AT)
    (found,), _ = screened(call(at=late, caller=NUMBER), by=its)
    key = keys.key(date(2026, 3, 10), date(2026, 3, 10))
    assert key is not None
    assert found.data.caller == pseudonym(NUMBER, key)


def test_what_a_full_request_says_of_one_kind_fits_in_one_message() -> None:
    """What is written anew may be longer, but not by so much."""
    growth = 0
    for type_ in TYPES.values():
        event = json.loads(encode(example(type_)))
        if REQUIRED.get(type_) is None and "channel" in event["data"]:
            del event["data"]["channel"]  # which is written all the same
        short = event | {"id": "1", "source": "s", "subject": "1"}
        if "caller" in event["data"]:
            short["data"] = event["data"] | {"caller": "1"}
        if event["data"].get("contact"):
            short["data"] = event["data"] | {"contact": "1"}
        before = json.dumps(short, separators=(",", ":"), ensure_ascii=False)
        if event["subject"] == event["data"].get("queue"):
            continue
        short["subject"] = "ace" if type_.endswith("heartbeat.v1") else "1"
        its = screen(queues=frozenset({event["data"].get("queue")}))
        (found,), faults = screened(short, by=its)
        assert not faults
        longest = 40 - len("ace")  # as long as an id in a catalogue may be, twice
        growth = max(growth, len(encode(found)) + 2 * longest - len(before.encode()))
    assert growth > 150  # hashes for names of one letter
    assert MAX_BODY_BYTES + MAX_EVENTS * (growth + 1) <= MAX_VALUE_BYTES
