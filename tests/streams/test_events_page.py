"""docs/events.md is what the code reads: every type, with an example that passes."""

import json
import re

import msgspec
import pytest

from streams import events_page
from streams.domain.event_types import FORMS, REQUIRED, STAFFED
from streams.domain.events import EventError, decode, encode

BLOCKS = re.findall(r"```json\n(.*?)```", events_page.PAGE.read_text("utf-8"), re.DOTALL)


def test_the_page_is_made_from_the_code() -> None:
    assert events_page.PAGE.read_text("utf-8") == events_page.page(), (
        "python -m streams.events_page"
    )


def test_the_page_has_one_example_of_each_type_and_each_is_read() -> None:
    read = [decode(json.dumps(json.loads(block)).encode()) for block in BLOCKS]
    assert sorted(event.type for event in read) == sorted(FORMS)
    assert all(type(event) is FORMS[event.type] for event in read)


@pytest.mark.parametrize("type_", FORMS)
def test_an_example_reads_back_as_it_was_written(type_: str) -> None:
    event = events_page.example(type_)
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    ("type_", "key"), [(type_, key) for type_, keys in REQUIRED.items() for key in keys]
)
def test_what_a_type_must_say_is_missed_where_it_is_not_said(type_: str, key: str) -> None:
    said = json.loads(encode(events_page.example(type_)))
    del said["data"][key]
    with pytest.raises(EventError) as error:
        decode(json.dumps(said).encode())
    assert (error.value.reason, error.value.path) == ("invalid", f"$.data.{key}")


@pytest.mark.parametrize("word", ["post", "spam", "customer_centre", "internal"])
def test_the_words_a_value_may_be_are_listed(word: str) -> None:
    assert re.search(rf"^\| `\w+` .*: .*`{word}`", events_page.page(), re.MULTILINE)


def test_staffing_of_another_queue_than_its_subject_is_refused() -> None:
    said = json.loads(encode(events_page.example(STAFFED))) | {"subject": "en-annan"}
    with pytest.raises(EventError) as error:
        decode(json.dumps(said).encode())
    assert (error.value.reason, error.value.path) == ("invalid", "$.subject")


@pytest.mark.parametrize(
    ("type_", "key", "value"),
    [
        ("se.svarsgrad.survey.answered.v1", "grade", 0),
        ("se.svarsgrad.survey.answered.v1", "grade", 6),
        ("se.svarsgrad.survey.answered.v1", "grade", 4.5),
        ("se.svarsgrad.measure.recorded.v1", "n", 0),
        ("se.svarsgrad.measure.recorded.v1", "n", -1),
        ("se.svarsgrad.case.opened.v1", "channel", "fax"),
        ("se.svarsgrad.case.opened.v1", "channel", " phone"),
    ],
)
def test_a_grade_a_number_asked_or_a_word_that_cannot_be_is_refused(
    type_: str, key: str, value: object
) -> None:
    said = json.loads(encode(events_page.example(type_)))
    said["data"][key] = value
    with pytest.raises(EventError) as error:
        decode(json.dumps(said).encode())
    assert (error.value.reason, error.value.path) == ("invalid", f"$.data.{key}")


def test_every_key_of_data_is_explained() -> None:
    keys = {
        field.name
        for form in FORMS.values()
        for data in msgspec.structs.fields(form)
        if data.name == "data"
        for field in msgspec.structs.fields(data.type)
    }
    assert keys == events_page.MEANINGS.keys()
