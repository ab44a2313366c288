"""CloudEvents' HTTP binding: three ways to send are the same events."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pushing import call

from producers.intake.binding import TooManyError, UnsupportedError, events_of, head_of
from producers.intake.limits import MAX_EVENTS
from streams.domain.events import EventError, decode

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


def binary(event: dict[str, object], **more: str) -> list[tuple[str, str]]:
    said = {key: str(value) for key, value in event.items() if key != "data"} | more
    return [(f"ce-{key}", quote(value, safe=":/")) for key, value in said.items()]


def read(content_type: str, body: object, headers: list[tuple[str, str]] | None = None) -> object:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [decode(one) for one in events_of(head_of(content_type, headers or []), raw)]


def test_structured_batched_and_binary_are_the_same_event() -> None:
    event = call()
    assert (
        read(STRUCTURED, event)
        == read(BATCHED, [event])
        == read("application/json", event["data"], binary(event))
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "Application/CloudEvents+JSON; charset=UTF-8",
        'application/cloudevents+json;charset="utf-8"',
        "application/cloudevents+json ; profile=x",
    ],
)
def test_a_content_type_is_read_as_http_has_it(content_type: str) -> None:
    assert read(content_type, call())


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("", []),
        ("text/plain", [("ce-id", "1")]),
        ("application/json", []),
        ("application/cloudevents+xml", []),
        ("application/cloudevents+json; charset=latin-1", []),
        ("application/avro", [("ce-id", "1")]),
    ],
)
def test_what_is_no_event_in_json_is_not_supported(
    content_type: str, headers: list[tuple[str, str]]
) -> None:
    with pytest.raises(UnsupportedError):
        head_of(content_type, headers)


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("1", "1"),
        ("%E2%82%AC", "€"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ('"a \\"quoted\\" one"', 'a "quoted" one'),
        ('"%22"', '"'),
        ("100%25", "100%"),
        ("%2541", "%41"),
        ("100%", "100%"),
        ("  x\t", "x"),
        ("å", "å"),
    ],
)
def test_a_header_is_unquoted_and_decoded_once(header: str, meant: str) -> None:
    event = call()
    headers = [(name, header if name == "ce-subject" else text) for name, text in binary(event)]
    (found,) = read("application/json", event["data"], headers)
    assert found.subject == meant


@given(st.text(min_size=1, max_size=50).filter(lambda text: not text.isspace()))
def test_any_text_comes_through_a_header_as_it_was(text: str) -> None:
    event = call()
    headers = [
        (name, quote(text, safe="") if name == "ce-subject" else said)
        for name, said in binary(event)
    ]
    (found,) = read("application/json", event["data"], headers)
    assert found.subject == text


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ([("ce-id", "%FF")], "$.id"),
        ([("ce-egen", "%FF")], ""),
        ([("ce-id", "1"), ("ce-id", "2")], ""),
        ([("ce-data", "{}")], ""),
        ([("ce-", "1")], ""),
        ([("ce-a_b", "1")], ""),
    ],
)
def test_a_header_that_is_no_attribute_is_a_fault_that_tells_nothing_of_it(
    headers: list[tuple[str, str]], path: str
) -> None:
    with pytest.raises(EventError) as raised:
        events_of(head_of("application/json", headers), b"{}")
    assert raised.value.path == path


@pytest.mark.parametrize(
    "body", [b"", b"{}x", b'{}, "subject": "another"', b"{", b"\xff", b'{"a": "\xff"']
)
def test_a_body_can_not_be_more_than_the_data_of_a_binary_event(body: bytes) -> None:
    with pytest.raises(EventError):
        [decode(one) for one in events_of(head_of("application/json", binary(call())), body)]


def test_a_body_can_not_say_what_a_header_should() -> None:
    event = call()
    headers = [(name, text) for name, text in binary(event) if name != "ce-partitionkey"]
    body = json.dumps(event["data"]).encode() + b', "partitionkey": "boden"'
    with pytest.raises(EventError, match="not JSON"):
        read("application/json", body, headers)


def test_one_is_no_batch_and_a_batch_is_not_one() -> None:
    for content_type, body in ((STRUCTURED, [call()]), (BATCHED, call()), (BATCHED, b"")):
        with pytest.raises(EventError, match="not JSON"):
            read(content_type, body)


def test_an_empty_batch_is_none_and_more_than_the_most_is_too_many() -> None:
    assert read(BATCHED, []) == []
    assert len(read(BATCHED, [call()] * MAX_EVENTS)) == MAX_EVENTS  # type: ignore[arg-type]
    with pytest.raises(TooManyError):
        read(BATCHED, [call()] * (MAX_EVENTS + 1))


@given(st.binary(max_size=80), st.sampled_from([STRUCTURED, BATCHED, "application/json"]))
def test_any_body_is_events_or_a_fault(body: bytes, content_type: str) -> None:
    try:
        for raw in events_of(head_of(content_type, binary(call())), body):
            decode(raw)
    except EventError:
        pass
