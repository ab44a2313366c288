"""What can be asked of us, as OpenAPI 3.1: made from the forms that events are read by."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import orjson

from producers.intake.binding import BATCHED, JSON, STRUCTURED
from producers.intake.grants import TYPES
from producers.intake.limits import MAX_EVENTS
from producers.intake.problems import DETAILS, PROBLEM
from producers.intake.screening import REFUSED
from streams.domain.event_types import FORMS, REQUIRED, Envelope

_AT: Final = "#/components/schemas/"
_TOKEN: Final[list[dict[str, list[str]]]] = [{"token": []}]
_ATTRIBUTES: Final = {
    "id": "From the system's own identity of the fact: sent again, it is the same.",
    "source": "Which system; we put our own name of it in its place.",
    "subject": "What it happened to, as docs/events.md says of each kind; leaves as a keyed hash.",
    "time": "When it happened, with an offset from UTC; at most 15 minutes ahead.",
    "partitionkey": "The municipality, as the catalogue names it.",
}
_WHEN_POSTED: Final = (400, 401, 403, 408, 411, 413, 415, 417, 429, 431, 500, 503)
_WHEN_ASKED: Final = (401, 429, 500, 503)


def description() -> bytes:
    """Return what ``/openapi.json`` says."""
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "svarsgrad intake",
                "version": "1",
                "summary": "Events of calls, e-mail and cases, pushed by the systems that know.",
                "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            },
            "servers": [{"url": "/"}],
            "security": _TOKEN,
            "paths": _paths(),
            "components": {
                "schemas": _schemas(),
                "responses": {str(status): _problem(status) for status in sorted(DETAILS)},
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def _paths() -> dict[str, Any]:
    event, batch = {"$ref": f"{_AT}Event"}, {"$ref": f"{_AT}Batch"}
    accepted = {"description": "All of them are in the log.", "content": _json("Accepted")}
    alive = {"description": "The token is in use.", "content": _json("Alive")}
    well = {"description": "Yes.", "content": {JSON: {"schema": {"type": "object"}}}}
    unwell = {"503": {"$ref": "#/components/responses/503"}}
    return {
        "/events": {
            "post": {
                "operationId": "pushEvents",
                "summary": "Push events by CloudEvents' HTTP binding 1.0: all of them, or none.",
                "parameters": [_header(name) for name in ("specversion", "type", *_ATTRIBUTES)],
                "requestBody": {
                    "required": True,
                    "content": {
                        STRUCTURED: {"schema": event},
                        BATCHED: {"schema": batch},
                        JSON: {"schema": {"$ref": f"{_AT}Data"}},
                    },
                },
                "responses": {"202": accepted, **_problems(_WHEN_POSTED)},
            }
        },
        "/alive": {
            "get": {
                "operationId": "tellAlive",
                "summary": "Say that the system is alive, every 20 seconds; or try a token.",
                "responses": {"200": alive, **_problems(_WHEN_ASKED)},
            }
        },
        "/openapi.json": {
            "get": {
                "operationId": "describe",
                "security": [],
                "responses": {"200": {**well, "description": "This."}},
            }
        },
        "/healthz": {
            "get": {"operationId": "isHealthy", "security": [], "responses": {"200": well}}
        },
        "/readyz": {
            "get": {"operationId": "isReady", "security": [], "responses": {"200": well, **unwell}}
        },
    }


def _schemas() -> dict[str, Any]:
    types: dict[type[Envelope], list[str]] = {}
    for type_ in TYPES.values():
        types.setdefault(FORMS[type_], []).append(type_)
    _, made = msgspec.json.schema_components(list(types), ref_template=f"{_AT}{{name}}")
    for form, its in types.items():
        _complete(made[form.__name__], its)
    made["Event"] = {
        "oneOf": [{"$ref": f"{_AT}{form.__name__}"} for form in types],
        "discriminator": {
            "propertyName": "type",
            "mapping": {
                type_: f"{_AT}{form.__name__}" for form, its in types.items() for type_ in its
            },
        },
    }
    made["Batch"] = {
        "type": "array",
        "maxItems": MAX_EVENTS,
        "items": {"$ref": f"{_AT}Event"},
    }
    made["Data"] = {
        "description": "The data of an event whose attributes are ce- headers.",
        "anyOf": [{"$ref": made[form.__name__]["properties"]["data"]["$ref"]} for form in types],
    }
    made["CallData"]["properties"]["caller"]["description"] = (
        "The caller's number, or a hash of it. It leaves only as a pseudonym of the day."
    )
    made["Accepted"] = _object(accepted={"type": "integer", "minimum": 0})
    made["Alive"] = _object(heartbeats={"type": "boolean"})
    made["Problem"] = _problem_schema()
    return made


def _complete(schema: dict[str, Any], types: list[str]) -> None:
    """Say of a form what only its reader knows: its types, and what some of them must have."""
    its = schema["properties"]
    its["type"] = {"enum": types}
    its["specversion"] = {"const": "1.0"}
    schema["required"] = ["specversion", *schema["required"]]
    for name, text in _ATTRIBUTES.items():
        its[name]["description"] = text
    conditions = [
        {
            "if": {"properties": {"type": {"const": type_}}},
            "then": {"properties": {"data": {"required": [*REQUIRED[type_]]}}},
        }
        for type_ in types
        if type_ in REQUIRED
    ]
    if conditions:
        schema["allOf"] = conditions


def _problem_schema() -> dict[str, Any]:
    fault = _object(
        index={"type": "integer", "minimum": 0, "description": "Place in a batch, from 0."},
        field={"type": "string", "description": "JSON path of the fault in the event."},
        reason={"enum": sorted(REFUSED)},
        hint={"type": "string"},
    )
    fault["required"] = ["field", "reason", "hint"]
    problem = _object(
        type={"type": "string"},
        title={"type": "string"},
        status={"type": "integer"},
        detail={"type": "string"},
        faults={"type": "integer", "description": "How many events have a fault."},
        errors={"type": "array", "items": fault},
    )
    problem["required"] = ["type", "title", "status", "detail"]
    return problem


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _json(schema: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"{_AT}{schema}"}}}


def _header(name: str) -> dict[str, Any]:
    return {
        "name": f"ce-{name}",
        "in": "header",
        "description": f"{name}, percent-encoded, when the body is the data alone.",
        "schema": {"type": "string"},
    }


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": DETAILS[status],
        "content": {PROBLEM: {"schema": {"$ref": f"{_AT}Problem"}}},
    }
    if status in {429, 503}:
        after = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
        answer["headers"] = {"Retry-After": after}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return answer
