"""What is answered to a request that is not done: problem details (RFC 9457).

A problem says where the fault is and what would be right, and nothing of what was sent. It is in
English, as docs/events.md is: whoever reads it is a developer of the system that pushes.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web

from producers.intake.binding import ACCEPTED
from producers.intake.limits import MAX_BODY_BYTES, MAX_EVENTS, MOST_FAULTS
from producers.intake.screening import REFUSED, Fault

PROBLEM: Final = "application/problem+json"
BACK_SECONDS: Final = 5
"""After so long a system may try again what Kafka doesn't take now."""

DETAILS: Final[Mapping[int, str]] = {
    400: "Nothing was accepted. Each fault says which event and field, and what would be right.",
    401: "Send Authorization: Bearer and a token that is in use.",
    403: "Nothing was accepted: this token may not send some of these events.",
    404: "POST /events takes events; GET /openapi.json says how.",
    405: "Use a method that Allow names.",
    408: "The body did not come in time.",
    411: "Send Content-Length, or chunks.",
    413: f"Send at most {MAX_EVENTS} events and {MAX_BODY_BYTES} bytes in a request.",
    415: f"Send {ACCEPTED} (with ce- headers), in UTF-8, without Content-Encoding.",
    417: "Expect can be 100-continue.",
    429: "Nothing was accepted: this token has sent more than it may. Wait for Retry-After.",
    431: "The request's head is too large.",
    500: "The fault is ours. Send the same again later: what is sent twice counts once.",
    503: "Not all was safely accepted. Send the same again after Retry-After: what is sent twice "
    "counts once.",
}
"""What each status means, and what to do."""


def problem(
    status: int, *, headers: Mapping[str, str] | None = None, **more: object
) -> web.Response:
    """Return the answer with a status, and what else the problem says."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": DETAILS.get(status, HTTPStatus(status).phrase),
        **more,
    }
    return web.Response(
        status=status, body=orjson.dumps(body), content_type=PROBLEM, headers=headers
    )


def faulty(faults: Sequence[Fault], *, is_batch: bool) -> web.Response:
    """Return the answer to a request with faults: 403 if they are about what may be sent alone."""
    status = 403 if all(fault.is_forbidden for fault in faults) else 400
    told: list[dict[str, Any]] = []
    for fault in faults[:MOST_FAULTS]:
        where = {"index": fault.index} if is_batch else {}
        told.append(
            where
            | {"field": fault.path or "$", "reason": fault.reason, "hint": REFUSED[fault.reason]}
        )
    return problem(status, faults=len(faults), errors=told)


def unauthorised() -> web.Response:
    """Return the answer to whoever has no token that is in use."""
    return problem(401, headers={"WWW-Authenticate": 'Bearer realm="svarsgrad"'})


def too_fast(seconds: int) -> web.Response:
    """Return the answer to whoever sends more than it may."""
    return problem(429, headers={"Retry-After": str(seconds)})


def unavailable() -> web.Response:
    """Return the answer while Kafka doesn't take what is sent."""
    return problem(503, headers={"Retry-After": str(BACK_SECONDS)})
