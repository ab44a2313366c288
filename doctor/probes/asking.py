"""How the doctor asks an address, which is told to it as to all others that ask there.

An answer also tells the time that its sender's clock shows.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

import msgspec

from doctor.seen import ClockSeen
from streams.asking import Asker, AskingError, answer, asker, unanswered

PATIENCE_SECONDS: Final = 8.0
"""How long each step of an answer may take."""
_SEE_IF_IT_RUNS: Final = "se om den är i gång, och om adressen stämmer"


class UnansweredError(RuntimeError):
    """Nothing of use was answered. The message is one line: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and what the clock there showed."""

    status: int
    body: bytes
    clock: ClockSeen | None
    """None where no time was told."""

    def data(self) -> Any:
        """Return the JSON that was answered. A ``msgspec.DecodeError`` if it is none."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Service:
    """Something that answers over HTTP, and how it is told who asks."""

    name: str
    """What it is called, as in ``Prometheus``."""
    address: str
    """``http://host:port``, or https, with no slash at its end."""
    asker: Asker

    @classmethod
    def told(cls, name: str, address: str, prefix: str, environ: Mapping[str, str]) -> "Service":
        """Return a service, asked as the environment tells by variables that begin so.

        Raises :class:`UnansweredError` if it can't be asked as it is told.
        """
        try:
            return cls(name, address.rstrip("/"), asker(prefix, [address], environ))
        except AskingError as error:
            raise UnansweredError(str(error)) from None

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET of a path, or to a POST of a form.

        Raises :class:`UnansweredError` if there is none, or one that says that we may not ask.
        """
        began = time.time()
        try:
            its = answer(
                self.asker, self.address, path, patience_seconds=PATIENCE_SECONDS, form=form
            )
        except (OSError, HTTPException) as error:
            why, what_to_do = unanswered(error, self.asker.prefix, _SEE_IF_IT_RUNS)
            raise UnansweredError(f"{self._where} svarar inte ({why}): {what_to_do}") from None
        if its.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise UnansweredError(
                f"{self._where} kräver en token eller ett lösenord, eller ett annat "
                f"({its.status}): ange filen med det i {self.asker.prefix}TOKEN_FILE, eller "
                f"{self.asker.prefix}USER och PASSWORD_FILE"
            )
        return Answer(its.status, its.body, _clock(self.name, its.date, began, time.time()))

    def ask_data(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of an answer that is well. Raises :class:`UnansweredError`."""
        its = self.ask(path, form)
        if its.status == HTTPStatus.OK:
            try:
                return its.data()
            except msgspec.DecodeError:
                pass
        raise UnansweredError(
            f"{self._where} svarar {its.status} på {path}, inte som den ska: se om adressen "
            "är rätt"
        )

    @property
    def _where(self) -> str:
        return f"{self.name} på {self.address}"


def _clock(of: str, date: str, began: float, ended: float) -> ClockSeen | None:
    """Return what a ``Date`` says, which has whole seconds: it was that or up to one more."""
    try:
        shown = parsedate_to_datetime(date).timestamp() + 0.5
    except ValueError:
        return None
    return ClockSeen(of, shown - (began + ended) / 2, (ended - began) / 2 + 0.5)
