"""Asks workers over HTTP what they show and what they hold."""

import time
from http import HTTPStatus
from http.client import HTTPException
from typing import Final

import msgspec

from streams.asking import WORKER, Asker, answer, unanswered
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
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            its = answer(asker, worker, path, patience_seconds=patience_seconds)
        except (OSError, HTTPException) as error:
            why, what_to_do = unanswered(error, WORKER, "se om räknaren är i gång")
            raise UnansweredError(f"{worker} svarar inte ({why}): {what_to_do}") from None
        if its.status == HTTPStatus.OK:
            return its.body
        if its.status == HTTPStatus.UNAUTHORIZED:
            raise UnansweredError(f"{worker} visar inget {_without_token(asker)}")
        if its.status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            raise UnansweredError(
                f"{worker} svarar {its.status} på {path}: är det en räknare av den här versionen?"
            )
        time.sleep(0.5)


def _without_token(asker: Asker) -> str:
    if asker.headers:
        return f"för den token som står i {WORKER}TOKEN_FILE: rätta den"
    return f"utan sin token: ange filen med den i {WORKER}TOKEN_FILE"
