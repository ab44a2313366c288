"""The ledger: any order, any batches, any repeats and any age give the same state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NOON, logs

from streams.domain.event_types import QuestionData, QuestionEvent
from streams.domain.events import (
    CALL_TYPES,
    MAX_ELEMENTS,
    MAX_VALUE_BYTES,
    REASONS,
    CallData,
    CallEvent,
    encode,
)
from streams.domain.instants import MINUTE, SECOND, micros
from streams.domain.ledger import SKEW_COUNTED, SKEW_REFUSED, Ledger
from streams.domain.phone.legs import LONG_CHAIN
from streams.domain.windows import horizon

ZONES = {"lulea": ZoneInfo("Europe/Stockholm"), "boden": ZoneInfo("Europe/Stockholm")}
TOPIC = "svarsgrad.calls"


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    value: bytes | None


def record(offset: int, value: bytes | None, at: datetime = NOON) -> Record:
    return Record(offset, micros(at) // 1000, value)


def records(events: Sequence[CallEvent]) -> list[Record]:
    return [record(n, encode(e), e.time) for n, e in enumerate(events)]


def ledger(now: datetime = NOON, **given: object) -> Ledger:
    return Ledger(zones=ZONES, now=micros(now), **given)  # type: ignore[arg-type]


def facts(of: Ledger) -> dict[object, object]:
    return {
        (name, leg): found
        for name, books in of.books.items()
        for leg, found in books.calls.facts().items()
    }


def folded(events: Sequence[CallEvent], now: datetime = NOON) -> dict[object, object]:
    made = ledger(now)
    assert made.fold(TOPIC, records(events)) == []
    return facts(made)


def event(what: str = "offered", at: datetime = NOON, **changed: object) -> CallEvent:
    attributes: dict[str, object] = {
        "id": "1",
        "source": "/test",
        "type": f"se.svarsgrad.call.{what}.v1",
        "subject": "c1",
        "time": at,
        "partitionkey": "lulea",
        "data": CallData(queue="vaxel", arrived_at=NOON),
    }
    return CallEvent(**(attributes | changed))  # type: ignore[arg-type]


QUESTION = QuestionEvent(
    id="1",
    source="/test",
    type="se.svarsgrad.email.received.v1",
    subject="q1",
    time=NOON,
    partitionkey="lulea",
    data=QuestionData(queue="registrator", received_at=NOON),
)


@given(events=logs(NOON), data=st.data())
def test_facts_in_any_order_and_number_give_the_same_legs(
    events: list[CallEvent], data: st.DataObject
) -> None:
    repeated = events + data.draw(st.lists(st.sampled_from(events))) if events else events
    shuffled = data.draw(st.permutations(repeated))
    assert folded(shuffled) == folded(events)


@given(events=logs(NOON), data=st.data())
def test_a_log_folded_in_any_batches_and_overlaps_gives_the_same_ledger(
    events: list[CallEvent], data: st.DataObject
) -> None:
    log = records(events)
    made, at = ledger(), 0
    while at < len(log):
        start = data.draw(st.integers(0, at))
        end = data.draw(st.integers(at, len(log)))
        made.fold(TOPIC, log[start:end])
        at = max(at, end)
    assert facts(made) == folded(events)
    assert made.positions.get(TOPIC, 0) == len(log)


@given(events=logs(NOON), hours=st.lists(st.integers(0, 30), max_size=4))
def test_a_ledger_that_ran_for_days_equals_one_built_this_second(
    events: list[CallEvent], hours: list[int]
) -> None:
    now = NOON - timedelta(days=3)
    old = ledger(now)
    part = len(events) // (len(hours) + 1) + 1
    log = records(events)
    for n, step in enumerate([*hours, 0]):
        old.fold(TOPIC, log[n * part : (n + 1) * part])
        now += timedelta(hours=step)
        old.prune(micros(now))
    assert facts(old) == folded(events, now)


def test_the_horizon_is_yesterdays_local_midnight() -> None:
    zone = ZONES["lulea"]
    assert horizon(micros(NOON), zone) == micros(datetime(2026, 3, 9, tzinfo=zone))


def test_a_leg_lives_exactly_until_the_horizon_passes_its_arrival() -> None:
    edge = datetime(2026, 3, 9, tzinfo=ZONES["lulea"])
    kept = event(data=CallData(queue="vaxel", arrived_at=edge), time=edge)
    gone = event(
        subject="c2",
        time=edge,
        data=CallData(queue="vaxel", arrived_at=edge - timedelta(microseconds=1)),
    )
    made = ledger()
    made.fold(TOPIC, records([kept, gone]))
    assert [leg[0] for leg in made.books_of("lulea").calls.facts()] == ["c1"]
    assert (made.tally.folded, made.tally.expired) == (1, 1)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no_value"),
        (b"", "not_json"),
        (b"hej", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"NaN", "not_json"),
        (b'{"a":' * 100_000, "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"7", "invalid"),
        (b"{}", "invalid"),
        (encode(event()).replace(b'"subject":"c1",', b""), "invalid"),
        (encode(event()).replace(b'"specversion":"1.0",', b""), "invalid"),
        (encode(event()).replace(b'"vaxel"', b"7"), "invalid"),
        (encode(event()).replace(b"11:00:00Z", b"11:00:00"), "invalid"),
        (encode(event()).replace(b"2026", b"banan"), "invalid"),
        (encode(event()).replace(b'"vaxel"', b"NaN"), "not_json"),
        (encode(event()).replace(b'"id"', b'"id":"2","id"'), "duplicate_keys"),
        (encode(event()).replace(b'"queue"', b'"queue":"q","queue"'), "duplicate_keys"),
        (encode(event(at=NOON - timedelta(seconds=1))), "before_arrival"),
        (encode(event(partitionkey="mora")), "unknown_municipality"),
        (b" " * (MAX_VALUE_BYTES + 1), "too_large"),
        (b"[" + b"0," * MAX_ELEMENTS + b"0]", "too_many"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_input_is_rejected_with_its_reason_and_the_fold_goes_on(
    value: bytes | None, reason: str
) -> None:
    made = ledger()
    rejections = made.fold(TOPIC, [record(0, value), record(1, encode(event()))])
    assert [(r.offset, r.reason) for r in rejections] == [(0, reason)]
    assert made.tally.rejected[reason] == 1
    assert made.tally.folded == 1
    assert made.positions[TOPIC] == 2


def test_a_bad_element_of_an_array_is_rejected_alone_with_its_index() -> None:
    value = b"[" + b",".join([encode(event()), b"{}", b"3", encode(event("answered"))]) + b"]"
    made = ledger()
    rejections = made.fold(TOPIC, [record(0, value)])
    assert [(r.offset, r.index, r.reason) for r in rejections] == [
        (0, 1, "invalid"),
        (0, 2, "invalid"),
    ]
    assert made.tally.folded == 2


def test_an_event_of_an_unknown_type_is_counted_and_skipped() -> None:
    newer = encode(event()).replace(b"call.offered.v1", b"call.recorded.v1")
    made = ledger()
    assert made.fold(TOPIC, [record(0, newer)]) == []
    assert (made.tally.skipped, made.tally.folded, len(made.books_of("lulea").calls)) == (1, 0, 0)


def test_a_municipality_of_another_partition_is_misplaced() -> None:
    made = ledger(belongs=lambda name: name != "boden")
    rejections = made.fold(TOPIC, records([event(), event(partitionkey="boden")]))
    assert [r.reason for r in rejections] == ["misplaced"]


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [
        (SKEW_COUNTED, "folded"),
        (SKEW_COUNTED + SECOND, "skewed"),
        (SKEW_REFUSED, "skewed"),
        (SKEW_REFUSED + SECOND, "rejected"),
    ],
)
@pytest.mark.parametrize("one", [event(), QUESTION], ids=["call", "question"])
def test_skew_is_event_time_less_append_time(
    one: CallEvent | QuestionEvent, ahead: int, outcome: str
) -> None:
    made = ledger()
    appended = NOON - timedelta(microseconds=ahead)
    rejections = made.fold(TOPIC, [record(0, encode(one), appended)])
    assert [r.reason for r in rejections] == ["from_the_future"] * (outcome == "rejected")
    assert made.tally.skewed == (outcome == "skewed")
    assert made.tally.folded == (outcome != "rejected")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_folded_skipped_or_rejected_and_never_raise(value: bytes) -> None:
    made = ledger()
    rejections = made.fold(TOPIC, [record(0, value)])
    assert {r.reason for r in rejections} <= REASONS.keys()
    assert made.positions[TOPIC] == 1


@given(data=st.data())
def test_a_damaged_event_is_folded_skipped_or_rejected_and_never_raises(
    data: st.DataObject,
) -> None:
    raw = bytearray(encode(event(data.draw(st.sampled_from(sorted(CALL_TYPES.values()))))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    made = ledger()
    rejections = made.fold(TOPIC, [record(0, bytes(raw))])
    tally = made.tally
    elements = tally.folded + tally.skipped + tally.expired + len(rejections)
    assert elements >= 1
    assert made.positions[TOPIC] == 1


ODD: Sequence[bytes | None] = (
    None,
    b"",
    b"[]",
    b"[" + encode(event()) + b",3," + encode(event("answered")) + b"]",
    encode(event()) + b"\n",
    encode(event()) + b"\n" + encode(event("answered")),
    encode(event()).replace(b":", b": "),
    encode(event()).replace(b'"id"', b'"id":"2","id"'),
    encode(event()).replace(b"call.offered", b"call.whispered"),
    encode(event(at=NOON - timedelta(seconds=1))),
    encode(event(partitionkey="mora")),
    encode(event(partitionkey="boden")),
    encode(event("answered", at=NOON + timedelta(minutes=2))),
    encode(event("answered", at=NOON + timedelta(hours=1))),
    encode(event(data=CallData(queue="q", arrived_at=NOON - timedelta(days=9)))),
)


@given(
    events=logs(NOON),
    odd=st.lists(st.tuples(st.integers(0, 80), st.sampled_from(ODD)), max_size=3),
    key=st.sampled_from(["calls", "emails", None]),
    below=st.sampled_from([0, 0, 5]),
    each=st.sampled_from([1, 1, 2, 40]),
)
def test_records_that_are_read_together_are_folded_as_if_they_came_one_by_one(
    events: Sequence[CallEvent],
    odd: list[tuple[int, bytes | None]],
    key: str | None,
    below: int,
    each: int,
) -> None:
    values: list[bytes | None] = [encode(e) for e in events]
    for at, value in odd:
        values.insert(at, value)
    if each > 1:
        parts = [values[at : at + each] for at in range(0, len(values), each)]
        values = [b"[" + b",".join(value or b"0" for value in part) + b"]" for part in parts]
    log = [record(n, value) for n, value in enumerate(values)]

    def outcome() -> tuple[object, ...]:
        topics = {} if key is None else {TOPIC: key}
        made = ledger(positions={TOPIC: below}, topics=topics)
        return made.fold(TOPIC, iter(log)), made.tally, made.positions, facts(made)

    together = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.domain.ledger.plain_calls", lambda _: None)
        patch.setattr("streams.domain.ledger.plain_array", lambda _: None)
        assert outcome() == together


def test_records_below_the_position_are_passed_over() -> None:
    made = ledger(positions={TOPIC: 5})
    made.fold(TOPIC, [record(4, encode(event())), record(5, encode(event("answered")))])
    assert (made.tally.folded, made.positions[TOPIC]) == (1, 6)


def test_the_position_moves_over_records_that_are_not_there_and_never_back() -> None:
    made = ledger(positions={TOPIC: 5})
    made.advance(TOPIC, 9)
    made.advance(TOPIC, 7)
    assert made.positions[TOPIC] == 9


def test_what_is_kept_through_a_prune_can_still_be_added_to() -> None:
    made = ledger(NOON)
    made.fold(TOPIC, records([event(), event(subject="c2")]))
    made.prune(micros(NOON) + 24 * 60 * MINUTE)
    made.fold(TOPIC, [record(9, encode(event("answered", NOON + timedelta(seconds=3))))])
    assert made.books_of("lulea").calls.facts()["c1", "vaxel", micros(NOON)] == {
        "answered": micros(NOON) + 3 * SECOND
    }
    assert len(made.books_of("lulea").calls) == 2


def test_an_event_of_an_unknown_queue_is_kept() -> None:
    made = ledger()
    made.fold(TOPIC, records([event(data=CallData(queue="nytt", arrived_at=NOON))]))
    assert made.books_of("lulea").calls.queues == ["nytt"]


def test_blanks_around_a_code_make_it_another_code() -> None:
    """A queue is unknown, a municipality rejected: nothing is guessed of what a source meant."""
    made = ledger()
    made.fold(TOPIC, records([event(data=CallData(queue=" vaxel ", arrived_at=NOON))]))
    assert made.books_of("lulea").calls.queues == [" vaxel "]
    spaced = encode(event()).replace(b'"lulea"', b'" lulea"')
    (rejection,) = made.fold(TOPIC, [record(1, spaced)])
    assert rejection.reason == "unknown_municipality"


def test_times_in_any_zone_are_the_same_instants() -> None:
    stockholm = encode(event()).replace(b"11:00:00Z", b"12:00:00+01:00")
    one, other = ledger(), ledger()
    one.fold(TOPIC, [record(0, stockholm)])
    other.fold(TOPIC, [record(0, encode(event()))])
    assert facts(one) == facts(other) != {}
    assert datetime(2026, 3, 10, 12, tzinfo=ZONES["lulea"]).astimezone(UTC) == NOON


def test_a_leg_that_arrives_just_at_the_new_horizon_outlives_a_prune() -> None:
    behind, at = NOON - timedelta(days=1), datetime(2026, 3, 10, tzinfo=ZONES["lulea"])
    made = ledger(NOON)
    events = [
        event(subject=f"c{n}", at=when, data=CallData(queue="vaxel", arrived_at=when))
        for n, when in enumerate((behind, at))
    ]
    made.fold(TOPIC, records(events))
    made.prune(micros(NOON + timedelta(days=1)))
    ((_, (contact, _, arrived)),) = facts(made)  # type: ignore[misc]
    assert (contact, arrived) == ("c1", micros(at))


def test_the_horizon_never_moves_back() -> None:
    made = ledger(NOON)
    made.fold(TOPIC, [record(0, encode(event()))])
    legs = made.books_of("lulea").calls
    legs.prune(legs.horizon + 1_000)
    legs.prune(legs.horizon - 1_000)
    arrived = legs.horizon - 1
    assert legs.state("se.svarsgrad.call.offered.v1", "c", "vaxel", arrived, arrived) is False


@given(
    arrivals=st.lists(st.integers(0, 60), min_size=LONG_CHAIN, max_size=4 * LONG_CHAIN),
    data=st.data(),
)
def test_a_contact_with_very_many_legs_is_as_exact_as_any_other(
    arrivals: list[int], data: st.DataObject
) -> None:
    """As from an exchange that gives all its calls one id."""
    events = []
    for n, minute in enumerate(arrivals):
        when = NOON - timedelta(minutes=minute)
        queue = data.draw(st.sampled_from(["vaxel", "kundtjanst"]))
        what = data.draw(st.sampled_from(["offered", "answered"]))
        after = timedelta(seconds=0 if what == "offered" else n % 7)
        events.append(
            event(what, when + after, data=CallData(queue=queue, arrived_at=when), id=str(n))
        )
    found = folded(events)
    apart = [
        event.__class__(**{**msgspec.structs.asdict(event), "subject": f"c-{event.data}"})
        for event in events
    ]
    assert len(found) == len(folded(apart))
    made = ledger(NOON)
    made.fold(TOPIC, records(events))
    made.prune(micros(NOON))
    legs = made.books["lulea"].calls
    legs.prune(micros(NOON) - 30 * MINUTE)
    kept = {
        (name, leg): value
        for (name, leg), value in found.items()  # type: ignore[misc]
        if leg[2] >= micros(NOON) - 30 * MINUTE
    }
    assert facts(made) == kept
    made.fold(TOPIC, [record(n + 1000, encode(e)) for n, e in enumerate(events)])
    assert facts(made) == kept


def test_very_many_legs_of_one_contact_take_their_time_and_no_more() -> None:
    """Were each looked for through all the others, this would take minutes."""
    made = ledger(NOON)
    legs = made.books_of("lulea").calls
    start = micros(NOON) - 3 * 3600 * SECOND
    for n in range(30_000):
        legs.state("se.svarsgrad.call.offered.v1", "c1", "vaxel", start + n, start + n)
    legs.prune(start + 10_000)
    assert len(legs) == 20_000


def test_names_of_queues_go_with_their_last_leg() -> None:
    legs = ledger(NOON).books_of("lulea").calls
    for n in range(10):
        at = micros(NOON) + n
        legs.state("se.svarsgrad.call.offered.v1", f"c{n}", f"queue-{n}", at, at)
    legs.prune(micros(NOON) + 7)
    assert legs.queues == ["queue-7", "queue-8", "queue-9"]
    assert [queue for _, queue, _ in legs.facts()] == legs.queues
