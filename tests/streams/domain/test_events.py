"""Reading events: all that is right is read, all that is wrong is refused with one error type."""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NOON, call_events

from streams.domain.event_types import CALL_PREFIX
from streams.domain.events import (
    CALL_TYPES,
    MAX_DEPTH,
    MAX_VALUE_BYTES,
    REASONS,
    CallData,
    CallEvent,
    Envelope,
    EventError,
    _is_as_written,
    decode,
    elements,
    encode,
    plain_array,
    plain_calls,
)

ENVELOPE = ("specversion", "id", "source", "type", "subject", "time", "partitionkey", "data")
FIELDS = {*ENVELOPE, "queue", "arrived_at", "caller", "origin"}
REQUIRED = {*ENVELOPE, "queue", "arrived_at"} - {"specversion"}
Pairs = list[tuple[str, Any]]


def event(what: str = "offered", **changed: object) -> CallEvent:
    attributes: dict[str, object] = {
        "id": "1",
        "source": "/test",
        "type": f"{CALL_PREFIX}{what}.v1",
        "subject": "c1",
        "time": NOON,
        "partitionkey": "lulea",
        "data": CallData(queue="vaxel", arrived_at=NOON),
    }
    return CallEvent(**(attributes | changed))  # type: ignore[arg-type]


def fault(raw: bytes) -> EventError | None:
    try:
        decode(raw)
    except EventError as error:
        return error
    return None


def outcome(raw: bytes) -> str:
    """What became of a raw event, as a word."""
    found = fault(raw)
    return type(decode(raw)).__name__ if found is None else found.reason


# What is right.


@given(
    call_events(NOON),
    st.sampled_from(["external", "internal", "unknown"]),
    st.none() | st.from_regex(r"[^@]{0,90}[a-zåäö][^@]{0,90}", fullmatch=True),
    st.text(min_size=1, max_size=200).filter(lambda text: not text.isspace()),
)
def test_an_event_reads_back_as_it_was_written(
    made: CallEvent, origin: Any, caller: str | None, subject: str
) -> None:
    offered = CALL_TYPES[made.type] == "offered"
    data = CallData(
        queue=made.data.queue,
        arrived_at=made.data.arrived_at,
        caller=caller if offered else None,
        origin=origin if offered else "unknown",
    )
    known = {name: getattr(made, name) for name in made.__struct_fields__}
    whole = CallEvent(**(known | {"data": data, "subject": subject}))
    assert decode(encode(whole)) == whole


@pytest.mark.parametrize("caller", [None, "9f2c4e0d71b35a86"])
@pytest.mark.parametrize("what", sorted(CALL_TYPES.values()))
def test_what_our_own_writer_writes_is_read_the_fast_way(what: str, caller: str | None) -> None:
    data = CallData(queue="vaxel", arrived_at=NOON, caller=caller)
    raw = encode(event(what, data=data))
    for as_read in (raw, raw + b"\n"):  # as a message, and as a line of a file
        read = decode(as_read)
        assert isinstance(read, CallEvent)
        assert _is_as_written(as_read, read)
        assert plain_calls([as_read, as_read]) == [read, read]
    assert plain_array(b"[%s,%s]" % (raw, raw)) == [read, read]


def test_what_is_not_known_of_a_call_is_not_written() -> None:
    known = json.loads(encode(event(data=CallData(queue="q", arrived_at=NOON, caller="f00"))))
    assert known["data"].keys() == {"queue", "arrived_at", "caller"}
    assert json.loads(encode(event()))["data"].keys() == {"queue", "arrived_at"}


def test_who_calls_is_said_when_it_is_offered_and_not_again() -> None:
    data = CallData(queue="q", arrived_at=NOON, caller="f00", origin="internal")
    written = json.loads(encode(event("answered", data=data)))["data"]
    assert written.keys() == {"queue", "arrived_at"}


@given(st.lists(st.sampled_from(["offered", "answered"]).map(event).map(encode), max_size=3),
       st.data())  # fmt: skip
def test_many_that_are_read_at_once_are_what_each_is_by_itself(
    raws: list[bytes], data: st.DataObject
) -> None:
    odd = st.one_of(
        written().map(lambda case: case[0]),
        call_events(NOON).map(encode),
        st.binary(max_size=30),
        st.sampled_from(
            [
                b"",
                b"[" + encode(event()) + b"]",
                b" " + encode(event()),
                encode(event()) + b"\n" + encode(event()),
                encode(event("answered", time=NOON - timedelta(seconds=1))),
                encode(event(subject=" ")),
                encode(event(data=CallData(queue="q", arrived_at=NOON, caller="0920123456"))),
                encode(event()).replace(b"call.offered", b"call.whispered"),
                encode(event()).replace(b"call.offered", b"email.received"),
            ]
        ),
    )
    raws.insert(data.draw(st.integers(0, len(raws))), data.draw(odd))
    found = plain_calls(raws)
    assert found is None or found == [decode(raw) for raw in raws]
    array = b"[" + b",".join(raws) + b"]"
    found = plain_array(array)
    assert found is None or found == [decode(raw) for raw in elements(array)]


def test_an_array_that_is_too_large_or_of_too_many_is_not_read_the_fast_way() -> None:
    raw = encode(event())
    for array in (
        b"[%s]" % b",".join([raw] * (MAX_VALUE_BYTES // len(raw) + 1)),
        b"[]",
        b"[%s]" % b",".join([raw.replace(b'"c1"', b'" "')] * 3),
    ):
        assert plain_array(array) is None


@given(call_events(NOON), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_any_zone(made: CallEvent, minutes: int) -> None:
    there = timezone(timedelta(minutes=minutes))
    raw = json.loads(encode(made))
    raw["time"] = made.time.astimezone(there).isoformat()
    read = decode(json.dumps(raw).encode())
    assert isinstance(read, CallEvent)
    assert read.time == made.time


def test_other_attributes_are_let_through() -> None:
    raw = json.loads(encode(event())) | {"traceparent": "00-1", "datacontenttype": "x"}
    raw["data"]["skill"] = {"a": [1, None]}
    assert decode(json.dumps(raw).encode()) == event()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"subject"', b'"subject":"other","subject"', "duplicate_keys"),
        (b'"specversion": "1.0", ', b"", "invalid"),
    ],
)
def test_an_event_of_an_unknown_type_is_looked_at_as_closely(
    old: bytes, new: bytes, reason: str
) -> None:
    newer = json.loads(encode(event())) | {"type": "se.svarsgrad.call.whispered.v1", "data": 7}
    raw = json.dumps(newer).encode()
    assert raw.count(old) == 1
    with pytest.raises(EventError) as refused:
        decode(raw.replace(old, new))
    assert refused.value.reason == reason


def test_an_event_of_an_unknown_type_is_read_as_its_envelope() -> None:
    newer = json.loads(encode(event())) | {"type": "se.svarsgrad.call.whispered.v1", "data": 7}
    read = decode(json.dumps(newer).encode())
    assert type(read) is Envelope
    assert read.type == "se.svarsgrad.call.whispered.v1"


@given(st.lists(st.sampled_from([b"1", b'"x"', b"{}", b"[[]]", encode(event())]), max_size=5))
def test_a_value_is_split_into_its_elements(raws: list[bytes]) -> None:
    spaced = b" [ " + b" ,\n".join(raws) + b" ] "
    assert [raw.strip() for raw in elements(spaced)] == raws


def test_a_value_of_exactly_the_limit_is_read() -> None:
    value = encode(event())
    assert elements(value.ljust(MAX_VALUE_BYTES)) == [value.ljust(MAX_VALUE_BYTES)]
    with pytest.raises(EventError, match="larger than 1 MiB"):
        elements(value.ljust(MAX_VALUE_BYTES + 1))


# What is wrong.


@pytest.mark.parametrize("field", sorted(REQUIRED))
def test_a_missing_field_is_named(field: str) -> None:
    raw = json.loads(encode(event()))
    holder, path = (raw, "$") if field in ENVELOPE else (raw["data"], "$.data")
    del holder[field]
    with pytest.raises(EventError) as error:
        decode(json.dumps(raw).encode())
    assert (error.value.reason, error.value.path) == ("invalid", f"{path}.{field}")


@pytest.mark.parametrize("wrong", [7, None, True, [], {}, "", "x" * 201])
@pytest.mark.parametrize("field", ["id", "subject", "partitionkey", "source", "queue"])
def test_a_field_of_the_wrong_type_or_length_is_named(field: str, wrong: object) -> None:
    raw = json.loads(encode(event()))
    holder, path = (raw, "$") if field in ENVELOPE else (raw["data"], "$.data")
    holder[field] = wrong
    with pytest.raises(EventError) as error:
        decode(json.dumps(raw).encode())
    assert (error.value.reason, error.value.path) == ("invalid", f"{path}.{field}")


@pytest.mark.parametrize(
    "caller",
    ["+46920123456", "0920-12 34 56", "(0920) 12 34 56", "0046 920 123456", "123456789012345",
     "anna@example.se", "tel:0920@vaxel", " ", "…"],
)  # fmt: skip
def test_a_caller_that_is_a_number_or_an_address_is_refused_and_not_told(caller: str) -> None:
    raw = encode(event(data=CallData(queue="vaxel", arrived_at=NOON, caller=caller)))
    found = fault(raw)
    assert found is not None
    assert (found.reason, found.path) == ("invalid", "$.data.caller")
    assert caller.strip() == "" or caller not in str(found)
    assert plain_calls([raw]) is None
    assert plain_array(b"[%s]" % raw) is None


@pytest.mark.parametrize("caller", ["9f2c4e0d71b35a86", "1234567890123456", "f00", "7Zk+/w=="])
def test_a_keyed_hash_of_any_form_is_a_caller(caller: str) -> None:
    made = event(data=CallData(queue="vaxel", arrived_at=NOON, caller=caller))
    assert decode(encode(made)) == made


@pytest.mark.parametrize("subject", [" ", "\t\n", "\N{NO-BREAK SPACE}"])
@pytest.mark.parametrize("what", ["call.offered", "email.received", "call.whispered"])
def test_a_subject_of_blanks_is_none(subject: str, what: str) -> None:
    stated = json.loads(encode(event(subject=subject))) | {"type": f"se.svarsgrad.{what}.v1"}
    stated["data"]["received_at"] = stated["data"]["arrived_at"]
    raw = json.dumps(stated).encode()
    found = fault(raw)
    assert found is not None
    assert (found.reason, found.path) == ("invalid", "$.subject")
    assert plain_calls([raw, encode(event(subject=subject))]) is None
    assert plain_calls([encode(event(subject=subject))]) is None


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-10T11:00:00",  # no zone
        "2026-03-10",
        "2026-03-10T11:00:00 Europe/Stockholm",
        "2026-02-30T11:00:00Z",
        "2026-03-10T25:00:00Z",
        1773140400,
        "igår",
    ],
)
@pytest.mark.parametrize("field", ["time", "arrived_at"])
def test_a_time_that_is_no_instant_is_refused(field: str, time: object) -> None:
    raw = json.loads(encode(event()))
    holder = raw if field == "time" else raw["data"]
    holder[field] = time
    assert outcome(json.dumps(raw).encode()) == "invalid"


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"01", b"1e", b"+1"])
def test_what_json_does_not_know_is_refused_even_where_nobody_looks(number: bytes) -> None:
    raw = encode(event()).replace(b'"data"', b'"spare":' + number + b',"data"')
    assert outcome(raw) == "not_json"


def test_before_arrival_is_refused_to_the_microsecond() -> None:
    early = event("answered", time=NOON - timedelta(microseconds=1))
    assert outcome(encode(early)) == "before_arrival"
    assert outcome(encode(event("answered"))) == "CallEvent"


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_the_one_error_only(raw: bytes) -> None:
    assert outcome(raw) in {*REASONS, "CallEvent", "Envelope"}
    with contextlib.suppress(EventError):
        elements(raw)


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, str]:
    """An event in JSON as anybody may write it, and what a reader must make of it.

    Keys may be missing, come again, be spare, escaped, and stand with any space.
    """
    what = draw(st.sampled_from(["offered", "answered", "whispered"]))
    stated = json.loads(encode(event("offered"))) | {"type": f"{CALL_PREFIX}{what}.v1"}
    data: Pairs = list(stated.pop("data").items())
    top: Pairs = list(stated.items())
    if what != "offered":
        data = [pair for pair in data if pair[0] in REQUIRED]
    for pairs in (top, data):
        for key in draw(st.lists(st.sampled_from(["specversion", "caller", "origin"]))):
            pairs[:] = [pair for pair in pairs if pair[0] != key]
        spare = st.tuples(
            st.sampled_from(["x", "caller", "origin", "queue"] if pairs is top else ["x"]),
            st.sampled_from([None, 1, "y", {"z": 'a"b'}]),
        )
        for extra in draw(st.lists(spare | st.sampled_from(pairs), max_size=2)):
            pairs.insert(draw(st.integers(0, len(pairs))), extra)
    top.insert(draw(st.integers(0, len(top))), ("data", data))
    twice = any(len({key for key, _ in pairs}) < len(pairs) for pairs in (top, data))
    space = draw(st.sampled_from(["", "", " "]))
    text = as_json(top, lambda key: draw(st.sampled_from([key, key, escaped(key)])), space)
    right = "Envelope" if what == "whispered" else "CallEvent"
    if "specversion" not in dict(top):
        right = "invalid"
    return text.encode(), "duplicate_keys" if twice else right


def escaped(key: str) -> str:
    return f"\\u{ord(key[0]):04x}{key[1:]}"


def as_json(pairs: Pairs, spelled: Callable[[str], str], space: str) -> str:
    def value(of: Any) -> str:
        return as_json(of, spelled, space) if isinstance(of, list) else json.dumps(of)

    inside = (f'"{spelled(key)}"{space}:{value(of)}' for key, of in pairs)
    return "{" + f",{space}".join(inside) + "}"


@given(written())
def test_a_key_that_stands_twice_is_refused_however_it_is_written(
    case: tuple[bytes, str],
) -> None:
    raw, expected = case
    assert outcome(raw) == expected


@pytest.mark.parametrize(
    "written_twice",
    [
        encode(event()).replace(b'"queue":', b'"queue" :"other","queue":'),
        encode(event()).replace(b'"specversion":"1.0",', b"").replace(
            b'"queue":', b'"queue":"other","queue":'
        ),
        encode(event()).replace(b'"queue":', b'"queue":"other","queue":'),
        encode(event()).replace(b'"queue":"vaxel"', b'"queue":"vaxel","queue":"vaxel"'),
        encode(event("answered")).replace(b'"specversion":"1.0",', b"").replace(
            b'"queue":', b'"queue":"other","queue":'
        ),
    ],
)  # fmt: skip
def test_a_key_that_stands_twice_is_refused_also_where_another_one_is_left_out(
    written_twice: bytes,
) -> None:
    assert outcome(written_twice) == "duplicate_keys"


# No value of an event is ever told.


@given(
    st.sampled_from(sorted(FIELDS)),
    st.text(max_size=40)
    | st.sampled_from(
        [
            "x - at `08-465 004 17",
            "missing required field `Kalasta` - at `$.Kalasta`",
            "Object missing required field `Kalasta`",
            "`",
        ]
    ),
)
def test_the_path_of_a_fault_holds_field_names_only(field: str, value: str) -> None:
    raw = json.loads(encode(event()))
    (raw if field in ENVELOPE else raw["data"])[field] = value
    found = fault(json.dumps(raw).encode())
    path = found.path if found else ""
    assert re.fullmatch(r"|\$(\.[a-z_]+){1,2}", path)
    assert set(re.findall(r"[a-z_]+", path)) <= FIELDS


# Nesting: what a log says must not depend on who reads it.


def nested(depth: int, brackets: tuple[bytes, bytes] = (b"[", b"]")) -> bytes:
    spare = brackets[0] * depth + b"0" + brackets[1] * depth
    return encode(event()).replace(b'"data"', b'"spare":' + spare + b',"data"')


def from_below(frames: int, read: Callable[[], str]) -> str:
    return read() if frames == 0 else from_below(frames - 1, read)


def folded(value: bytes) -> str:
    try:
        return ",".join(outcome(raw) for raw in elements(value))
    except EventError as error:
        return error.reason


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (MAX_DEPTH - 2, "CallEvent"),
        (MAX_DEPTH - 1, "CallEvent"),
        (MAX_DEPTH, "not_json"),
        (600, "not_json"),
        (900, "not_json"),
        (990, "not_json"),
        (100_000, "not_json"),
    ],
)
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_read_alike_at_any_depth_of_the_stack(
    depth: int, expected: str, brackets: tuple[bytes, bytes]
) -> None:
    value = nested(depth, brackets)
    whole = expected if expected == "not_json" else f"{expected},CallEvent"
    for frames in (0, 200, 400):
        assert from_below(frames, lambda: folded(value)) == expected
        in_array = b"[" + value + b"," + encode(event()) + b"]"
        assert from_below(frames, lambda value=in_array: folded(value)) == whole


def test_brackets_in_text_are_not_nesting() -> None:
    long = event(subject='["{' * 60, source='\\"[' * 60, id="[" * 200)
    assert folded(encode(long)) == "CallEvent"


# The words themselves.


def test_every_reason_is_a_word_for_labels_and_says_what_to_do() -> None:
    for reason, hint in REASONS.items():
        assert re.fullmatch(r"[a-z_]+", reason)
        assert len(hint) > 20
        assert str(EventError(reason)) == hint
        assert str(EventError(reason, "$.time")) == f"{hint} (at $.time)"


def test_times_are_written_in_utc() -> None:
    there = datetime(2026, 3, 10, 12, 0, tzinfo=timezone(timedelta(hours=1)))
    assert json.loads(encode(event(time=there)))["time"] == "2026-03-10T11:00:00Z"
    assert there == NOON.astimezone(UTC)
