"""Asks workers over HTTP what they show and what they hold."""

import socket
import time
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from streams.addresses import UNRESOLVED
from streams.domain.swedish import reason
from streams.exposition.ledgers import Statement
from streams.release import release
from streams.verify import Answers
from streams.verify.scrape import Scrape

ANSWER_SECONDS: Final = 60.0
"""How long an answer may take, and how long a worker may be busy with others' questions."""


class UnansweredError(RuntimeError):
    """A worker can't be asked. The message is one line."""


def ask(worker: str, patience_seconds: float = ANSWER_SECONDS) -> Answers:
    """Return what the worker at an address, ``http://host:port``, says.

    Raises :class:`UnansweredError` if it doesn't answer, or not as a worker does.
    """
    try:
        scrape = Scrape.of(_get(worker, "/metrics", patience_seconds).decode())
        body = _get(worker, "/ledgers", patience_seconds)
        statement = msgspec.json.decode(body, type=Statement)
    except (ValueError, msgspec.DecodeError):
        raise UnansweredError(
            f"{worker} svarar inte som en räknare: ange räknarens egen adress"
        ) from None
    if statement.version != release():
        raise UnansweredError(
            f"{worker} är svarsgrad {statement.version or 'av en annan version'}, och det här är "
            f"{release()}: jämför med samma version, när alla räknare har den"
        )
    return Answers(worker, scrape, statement)


def _get(worker: str, path: str, patience_seconds: float) -> bytes:
    """Return the body of an answer; a worker that is busy is asked again."""
    address = urlsplit(worker)
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            status, body = _request(address, path, patience_seconds)
        except (OSError, HTTPException) as error:
            raise UnansweredError(
                f"{worker} svarar inte ({_why(error)}): se om räknaren är i gång"
            ) from None
        if status == HTTPStatus.OK:
            return body
        if status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            raise UnansweredError(
                f"{worker} svarar {status} på {path}: är det en räknare av den här versionen?"
            )
        time.sleep(0.5)


def _request(address: SplitResult, path: str, timeout_seconds: float) -> tuple[int, bytes]:
    made = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = made(address.hostname or "", address.port, timeout=timeout_seconds)
    with closing(connection):
        connection.request("GET", address.path.rstrip("/") + path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _why(error: OSError | HTTPException) -> str:
    if isinstance(error, HTTPException):
        return "det är inte HTTP"
    if isinstance(error, TimeoutError):
        return "det tog för lång tid"
    if isinstance(error, socket.gaierror):
        return UNRESOLVED.get(error.errno, UNRESOLVED[socket.EAI_NONAME])
    return reason(error)
