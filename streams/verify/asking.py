"""Asks workers over HTTP what they show and what they hold."""

import socket
import ssl
import time
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from streams.addresses import UNRESOLVED
from streams.asking import WORKER, Asker, no_tls
from streams.domain.swedish import reason
from streams.exposition.ledgers import Statement
from streams.release import release
from streams.verify import Answers
from streams.verify.scrape import Scrape

ANSWER_SECONDS: Final = 60.0
"""How long an answer may take, and how long a worker may be busy with others' questions."""


class UnansweredError(RuntimeError):
    """A worker can't be asked. The message is one line."""


def ask(
    worker: str, asker: Asker | None = None, patience_seconds: float = ANSWER_SECONDS
) -> Answers:
    """Return what the worker at an address, ``http://host:port``, says.

    Raises :class:`UnansweredError` if it doesn't answer, or not as a worker does.
    """
    its = asker or Asker(WORKER)
    try:
        scrape = Scrape.of(_get(worker, "/metrics", its, patience_seconds).decode())
        body = _get(worker, "/ledgers", its, patience_seconds)
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


def _get(worker: str, path: str, asker: Asker, patience_seconds: float) -> bytes:
    """Return the body of an answer; a worker that is busy is asked again."""
    address = urlsplit(worker)
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            status, body = _request(address, path, asker, patience_seconds)
        except (OSError, HTTPException) as error:
            why, what_to_do = _why(error)
            raise UnansweredError(f"{worker} svarar inte ({why}): {what_to_do}") from None
        if status == HTTPStatus.OK:
            return body
        if status == HTTPStatus.UNAUTHORIZED:
            raise UnansweredError(f"{worker} visar inget {_without_token(asker)}")
        if status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            raise UnansweredError(
                f"{worker} svarar {status} på {path}: är det en räknare av den här versionen?"
            )
        time.sleep(0.5)


def _without_token(asker: Asker) -> str:
    if asker.headers:
        return f"för den token som står i {WORKER}TOKEN_FILE: rätta den"
    return f"utan sin token: ange filen med den i {WORKER}TOKEN_FILE"


def _request(
    address: SplitResult, path: str, asker: Asker, timeout_seconds: float
) -> tuple[int, bytes]:
    its = address.hostname or "", address.port
    connection = (
        HTTPSConnection(*its, timeout=timeout_seconds, context=asker.context)
        if address.scheme == "https"
        else HTTPConnection(*its, timeout=timeout_seconds)
    )
    with closing(connection):
        headers = {name: text.encode() for name, text in asker.headers.items()}
        connection.request("GET", address.path.rstrip("/") + path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _why(error: OSError | HTTPException) -> tuple[str, str]:
    """Return why there is no answer, and what to do."""
    if isinstance(error, ssl.SSLError):
        return no_tls(error, WORKER)
    if isinstance(error, HTTPException):
        why = "det är inte HTTP"
    elif isinstance(error, TimeoutError):
        why = "det tog för lång tid"
    elif isinstance(error, socket.gaierror):
        why = UNRESOLVED.get(error.errno, UNRESOLVED[socket.EAI_NONAME])
    else:
        why = reason(error)
    return why, "se om räknaren är i gång"
