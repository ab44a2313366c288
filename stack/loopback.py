"""Small HTTP requests to our own services on loopback, past any proxy the machine has set."""

import contextlib
from http.client import HTTPConnection, HTTPException

from stack.ports import LOOPBACK


def request(
    port: int,
    method: str,
    path: str,
    body: str | None = None,
    *,
    timeout_seconds: float = 10.0,
    content_type: str = "application/x-www-form-urlencoded",
) -> tuple[int, bytes]:
    """Return status and body of the answer. OSError when there is none."""
    connection = HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    headers = {} if body is None else {"Content-Type": content_type}
    with contextlib.closing(connection):
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except HTTPException as error:
            raise ConnectionError(repr(error)) from error


def answers_ok(port: int, path: str) -> bool:
    """Say whether a GET of the path is answered with 200 at once."""
    try:
        return request(port, "GET", path, timeout_seconds=2.0)[0] == 200
    except OSError:
        return False
