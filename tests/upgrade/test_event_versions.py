"""Events of an older version are read as the newest; a newer one is refused as that."""

import json
from datetime import UTC
from typing import Any

import msgspec
import pytest
from archived import but_heartbeats
from lines import Line

from producers.writing import WriteAsError, written_as_told
from streams.domain import event_versions, events
from streams.domain.event_types import (
    CALL_TYPES,
    FORMS,
    CallData,
    Envelope,
    Instant,
    Kind,
    SurveyData,
    Text,
    type_of,
)
from streams.domain.event_versions import Older, version_of, written_for
from streams.domain.events import Event, EventError, decode, encode
from streams.domain.ledger import Ledger
from streams.events_page import example


class OldCallData(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a call said in a version before the first: its keys were called otherwise."""

    place: Text
    came_at: Instant
    who: Text | None = None


class OldCallEvent(Envelope, frozen=True, gc=False, kw_only=True):
    data: OldCallData


class OldSurveyData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    asked: Text
    mark: int


class OldSurveyEvent(Envelope, frozen=True, gc=False, kw_only=True):
    data: OldSurveyData


OLDER = {
    (Kind.CALL, 1): Older(
        form=OldCallEvent,
        raised=lambda its: CallData(queue=its.place, arrived_at=its.came_at, caller=its.who),
        lowered=lambda its: OldCallData(place=its.queue, came_at=its.arrived_at, who=its.caller),
        until=(0, 2),
    ),
    (Kind.SURVEY, 1): Older(
        form=OldSurveyEvent,
        raised=lambda its: SurveyData(question=its.asked, grade=its.mark),
        lowered=lambda its: OldSurveyData(asked=its.question, mark=its.grade),
        until=(0, 3),
    ),
}
OLD = {Kind.CALL: 1, Kind.SURVEY: 1}


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what we have be version 2 of calls and surveys, and have a version 1 of each."""
    renamed = {its: its.removesuffix(".v1") + ".v2" for its in FORMS if is_of_two(its)}
    known = {renamed[its]: what for its, what in CALL_TYPES.items()}
    for module in ("event_types", "event_versions", "events"):
        monkeypatch.setattr(
            f"streams.domain.{module}.VERSIONS",
            {**dict.fromkeys(Kind, 1), Kind.CALL: 2, Kind.SURVEY: 2},
            raising=False,
        )
        monkeypatch.setattr(f"streams.domain.{module}.OLDER", OLDER, raising=False)
    forms = {renamed.get(its, its): form for its, form in FORMS.items()}
    monkeypatch.setattr(events, "FORMS", forms)
    monkeypatch.setattr(events, "CALL_TYPES", known)
    decoders = {key: msgspec.json.Decoder(its.form) for key, its in OLDER.items()}
    monkeypatch.setattr(events, "_older", decoders)
    monkeypatch.setattr(events, "_OLDER_CALLS", events._older_calls(OLDER))
    from streams.domain.phone import legs  # noqa: PLC0415 - what is patched is its own name

    facts = {renamed[its]: fact for its, fact in legs.FACTS.items()}
    monkeypatch.setattr(legs, "FACTS", facts)


def is_of_two(type_: str) -> bool:
    return ".call." in type_ or ".survey." in type_


def newest(type_: str) -> Event:
    """An event of a type, in the version that is the newest now."""
    its = example(type_)
    return msgspec.structs.replace(its, type=its.type.removesuffix(".v1") + ".v2")  # type: ignore[return-value]


def folded(values: list[bytes]) -> tuple[Any, dict[str, int]]:
    """The facts that a ledger has of messages, and what became of them."""
    ledger = Ledger(zones={"lulea": UTC}, now=0)
    rejections = ledger.fold("log", [Line(n, value) for n, value in enumerate(values)])
    return (
        but_heartbeats(ledger.books_of("lulea")),
        {"folded": ledger.tally.folded, "rejected": len(rejections)},
    )


TWO = [its for its in FORMS if is_of_two(its)]


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize("type_", TWO)
def test_an_event_and_its_older_twin_are_read_as_the_same(type_: str) -> None:
    event = newest(type_)
    twin = encode(event, OLD)
    assert f'"{type_}"'.encode() in twin
    assert (b'"place"' if ".call." in type_ else b'"asked"') in twin
    assert encode(event) != twin
    if event.type.endswith("call.offered.v2"):  # the old one could not say where it came from
        event = msgspec.structs.replace(
            event, data=msgspec.structs.replace(event.data, origin="unknown")
        )
    assert decode(twin) == decode(encode(event)) == event
    spaced = json.dumps(json.loads(twin), indent=1).encode()  # as another would write it
    assert decode(spaced) == event


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize("together", [1, 40], ids=["one at a time", "in bulk"])
def test_they_fold_to_the_same_books_and_both_to_one(together: int) -> None:
    told = [
        msgspec.structs.replace(newest(type_), id=f"{type_}{n}", subject=f"s{n}")
        for n in range(together)
        for type_ in TWO
        if not type_.endswith("offered.v1")
    ]
    new, old = [encode(event) for event in told], [encode(event, OLD) for event in told]
    books, counts = folded(new)
    assert len(books) >= together
    assert counts == {"folded": len(told), "rejected": 0}
    assert folded(old) == (books, counts)
    calls = [value for value in old if b".call." in value]
    assert events.plain_calls(calls) == [decode(value) for value in calls], "read in bulk"
    array = b"[%s]" % b",".join(calls)
    assert events.plain_array(array) == [decode(value) for value in calls], "likewise"
    mixed, counts = folded([*new, *old])
    assert mixed == books
    assert counts == {"folded": 2 * len(told), "rejected": 0}


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize(
    ("change", "reason", "path"),
    [
        ({"place": None}, "invalid", "$.data.place"),
        ({"who": "0846500401"}, "invalid", "$.data.caller"),
        ({"came_at": "2027-03-10T09:15:00Z"}, "before_arrival", "$.time"),
    ],
)
def test_an_older_event_is_checked_in_full(change: dict[str, Any], reason: str, path: str) -> None:
    said = json.loads(encode(newest(type_of(Kind.CALL, "answered").replace("v2", "v1")), OLD))
    said["data"] |= change
    with pytest.raises(EventError) as error:
        decode(json.dumps(said).encode())
    assert (error.value.reason, error.value.path) == (reason, path)


@pytest.mark.usefixtures("older")
def test_of_an_older_event_too_no_key_stands_twice() -> None:
    twin = encode(newest("se.svarsgrad.call.answered.v1"), OLD)
    twice = twin.replace(b'"place"', b'"place":"x","place"')
    with pytest.raises(EventError, match="twice"):
        decode(twice)
    assert events.plain_calls([twice] * 40) is None


@pytest.mark.parametrize("type_", FORMS)
def test_a_newer_version_is_refused_as_that(type_: str) -> None:
    said = json.loads(encode(example(type_)))
    said["type"] = type_.removesuffix("1") + "2"
    said["data"] = {"whatever": 1}
    with pytest.raises(EventError) as error:
        decode(json.dumps(said).encode())
    assert (error.value.reason, error.value.path) == ("newer_version", "$.type")
    assert "upgrade" in str(error.value)


@pytest.mark.parametrize("type_", FORMS)
@pytest.mark.parametrize(
    ("told", "instead", "reason"),
    [
        (b'"specversion"', b'"specversioo"', "invalid"),
        (b'"subject"', b'"data":1,"subject"', "duplicate_keys"),
        (b'"data":{', b'"data":{"a":"\xff",', "not_json"),
    ],
)
def test_what_is_no_event_is_not_taken_for_one_of_a_newer_version(
    type_: str, told: bytes, instead: bytes, reason: str
) -> None:
    said = json.loads(encode(example(type_))) | {"type": type_.removesuffix("1") + "2"}
    raw = json.dumps(said, separators=(",", ":")).encode()
    with pytest.raises(EventError) as error:
        decode(raw.replace(told, instead, 1))
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "type_",
    ["se.svarsgrad.chat.offered.v2", "se.svarsgrad.call.whispered.v1", "org.example.call.a.v2"],
)
def test_what_is_no_version_of_ours_is_an_unknown_type_and_skipped(type_: str) -> None:
    said = json.loads(encode(example("se.svarsgrad.call.offered.v1"))) | {"type": type_}
    assert type(decode(json.dumps(said).encode())) is Envelope


@pytest.mark.usefixtures("older")
def test_what_is_written_is_what_the_release_that_is_told_can_read() -> None:
    assert written_for((0, 1)) == {Kind.CALL: 1, Kind.SURVEY: 1}
    assert written_for((0, 2)) == {Kind.SURVEY: 1}
    assert written_for((0, 3)) == {}


@pytest.mark.parametrize(("told", "is_right"), [("", True), ("0.1", True), ("0.1.0", True)])
def test_the_release_that_events_are_written_for_is_told(
    told: str, is_right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARSGRAD_WRITE_AS", told)
    assert (written_as_told() == {}) is is_right


@pytest.mark.parametrize("told", ["0.0", "9.9", "v1", "ett", "0"])
def test_a_release_that_there_is_not_is_refused_in_one_line(
    told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARSGRAD_WRITE_AS", told)
    with pytest.raises(WriteAsError, match=r"skriv 0\.1, eller ta bort den"):
        written_as_told()


def test_each_older_version_is_one_that_there_was() -> None:
    from streams.domain.event_types import VERSIONS  # noqa: PLC0415

    for (kind, version), its in event_versions.OLDER.items():
        assert 1 <= version < VERSIONS[kind]
        assert its.until > event_versions.FIRST_RELEASE
    for type_ in FORMS:
        kind, _, version = version_of(type_) or pytest.fail(type_)
        assert version == VERSIONS[kind]
