"""What /openapi.json says: whole, and true of the events that are taken."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from producers.intake.grants import TYPES
from producers.intake.limits import MAX_EVENTS
from producers.intake.openapi import description
from producers.intake.problems import DETAILS
from streams.domain.events import encode
from streams.events_page import example

SAID: dict[str, Any] = json.loads(description())


def resolved(reference: str) -> Any:
    its: Any = SAID
    for part in reference.removeprefix("#/").split("/"):
        its = its[part]
    return its


def references(its: Any) -> Iterator[str]:
    if isinstance(its, dict):
        for key, value in its.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(its, list):
        for value in its:
            yield from references(value)


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Say whether a value is as a schema has it: as much of JSON Schema as we use."""
    known = {
        "$ref": lambda to: fits(value, resolved(to)),
        "type": lambda kind: isinstance(value, _TYPES[kind]) and not isinstance(value, bool),
        "const": lambda it: value == it,
        "enum": lambda them: value in them,
        "oneOf": lambda of: sum(fits(value, one) for one in of) == 1,
        "anyOf": lambda of: any(fits(value, one) for one in of),
        "allOf": lambda of: all(fits(value, one) for one in of),
        "if": lambda one: not fits(value, one) or fits(value, schema["then"]),
        "properties": lambda of: all(fits(value[k], of[k]) for k in of if k in value),
        "required": lambda keys: all(key in value for key in keys),
        "minLength": lambda n: len(value) >= n,
        "maxLength": lambda n: len(value) <= n,
        "minimum": lambda n: value >= n,
        "maximum": lambda n: value <= n,
        "maxItems": lambda n: len(value) <= n,
        "items": lambda one: all(fits(item, one) for item in value),
    }
    told = {"then", "format", "default", "title", "description", "discriminator"}
    assert not set(schema) - set(known) - told, "a keyword that the test does not know"
    return all(known[key](said) for key, said in schema.items() if key in known)


_TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "null": type(None),
    "number": (int, float),
}  # fmt: skip


def test_it_is_openapi_3_1_with_what_that_must_have() -> None:
    assert SAID["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(SAID["info"])
    operations = [operation for path in SAID["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    for operation in operations:
        assert operation["responses"]
        for parameter in operation.get("parameters", ()):
            assert {"name", "in", "schema"} <= set(parameter)
        for security in operation.get("security", SAID["security"]):
            assert set(security) <= set(SAID["components"]["securitySchemes"])
    for answer in SAID["components"]["responses"].values():
        assert answer["description"]


def test_every_reference_leads_somewhere_and_every_schema_is_of_use() -> None:
    found = set(references(SAID))
    for reference in found:
        assert resolved(reference)
    mapped = set(SAID["components"]["schemas"]["Event"]["discriminator"]["mapping"].values())
    for name in SAID["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in found | mapped


def test_every_answer_that_there_is_has_its_words() -> None:
    posted = SAID["paths"]["/events"]["post"]["responses"]
    assert set(posted) == {"202", *(str(s) for s in DETAILS if s not in {404, 405})}
    for status in DETAILS:
        assert HTTPStatus(status)


@pytest.mark.parametrize("type_", TYPES.values())
def test_every_example_fits_as_one_event_and_in_a_batch(type_: str) -> None:
    event = json.loads(encode(example(type_)))
    schemas = SAID["components"]["schemas"]
    assert fits(event, schemas["Event"])
    assert fits([event] * MAX_EVENTS, schemas["Batch"])
    assert not fits([event] * (MAX_EVENTS + 1), schemas["Batch"])
    assert fits(event["data"], schemas["Data"])
    for key in ("id", "specversion", "type", "time", "partitionkey", "data"):
        assert not fits({k: v for k, v in event.items() if k != key}, schemas["Event"])
    assert not fits(event | {"type": "se.svarsgrad.measure.recorded.v1"}, schemas["Event"])


def test_what_some_types_must_have_beside_their_form_is_said() -> None:
    event = json.loads(encode(example(TYPES["case.handed_over"])))
    del event["data"]["administration"]
    assert not fits(event, SAID["components"]["schemas"]["Event"])
