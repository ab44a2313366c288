"""How an address is asked over HTTP: the one place that knows of TLS, tokens and time.

An answer also tells the time that its sender's clock shows.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from doctor.seen import ClockSeen
from streams.addresses import UNRESOLVED, is_loopback
from streams.domain.swedish import reason
from streams.secrets_file import NO_SECRET, TOKEN, Secret, SecretFileError, read_secret, unreadable

PATIENCE_SECONDS: Final = 8.0
"""How long each step of an answer may take."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of an answer: a worker's metrics of a region are a tenth of that."""
FORM: Final = "application/x-www-form-urlencoded"
_CERTIFICATES: Final = {
    9: "inte gäller än",
    10: "har gått ut",
    62: "gäller en annan värd",
    64: "gäller en annan värd",
}
"""What is wrong with a certificate, by OpenSSL's number."""


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
    prefix: str
    """How the variables that have its CA and token begin, as ``SVARSGRAD_PROMETHEUS``."""
    context: ssl.SSLContext | None = None
    token: Secret = NO_SECRET

    @classmethod
    def told(cls, name: str, address: str, prefix: str, environ: Mapping[str, str]) -> "Service":
        """Return a service, with the CA and the token that the environment names files of.

        Raises :class:`UnansweredError` for a file that can't be used.
        """
        is_secret = address.startswith("https:")
        token = _token(f"{prefix}_TOKEN_FILE", environ)
        may_be_tapped = not (is_secret or is_loopback(urlsplit(address).hostname or ""))
        if token and may_be_tapped and environ.get(f"{prefix}_ALLOW_CLEARTEXT") != "yes":
            raise UnansweredError(
                f"{name} på {address} får ingen token i klartext: skriv https://, eller ange "
                f"{prefix}_ALLOW_CLEARTEXT=yes om nätet är skyddat på annat sätt"
            )
        context = _context(f"{prefix}_CA_FILE", environ) if is_secret else None
        return cls(name, address.rstrip("/"), prefix, context, token)

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET of a path, or to a POST of a form.

        Raises :class:`UnansweredError` if there is none, or one that says that we may not ask.
        """
        try:
            answer = self._answer(path, form)
        except ssl.SSLCertVerificationError as error:
            why = _CERTIFICATES.get(error.verify_code, "inte är utfärdat av någon vi litar på")
            raise UnansweredError(
                f"{self._where} har ett certifikat som {why}: förnya det, eller ange "
                f"utfärdarens i {self.prefix}_CA_FILE"
            ) from None
        except (OSError, HTTPException) as error:
            raise UnansweredError(
                f"{self._where} svarar inte ({why_unasked(error)}): se om den är i gång, och om "
                "adressen stämmer"
            ) from None
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise UnansweredError(
                f"{self._where} kräver en token, eller en annan ({answer.status}): ange filen med "
                f"den i {self.prefix}_TOKEN_FILE"
            )
        return answer

    def ask_data(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of an answer that is well. Raises :class:`UnansweredError`."""
        answer = self.ask(path, form)
        if answer.status == HTTPStatus.OK:
            try:
                return answer.data()
            except msgspec.DecodeError:
                pass
        raise UnansweredError(
            f"{self._where} svarar {answer.status} på {path}, inte som den ska: se om adressen "
            f"är rätt"
        )

    @property
    def _where(self) -> str:
        return f"{self.name} på {self.address}"

    def _answer(self, path: str, form: Mapping[str, str] | None) -> Answer:
        parts = urlsplit(self.address)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if form is not None:
            headers["Content-Type"] = FORM
        began = time.time()
        with closing(self._connection(parts.hostname or "", parts.port)) as connection:
            connection.request(
                "GET" if form is None else "POST",
                parts.path + path,
                None if form is None else urlencode(form),
                headers,
            )
            answered = connection.getresponse()
            ended = time.time()
            body = answered.read(MOST_BYTES + 1)
            if len(body) > MOST_BYTES:
                raise HTTPException("too much")
            date = answered.getheader("Date", "")
            return Answer(answered.status, body, _clock(self.name, date, began, ended))

    def _connection(self, host: str, port: int | None) -> HTTPConnection:
        if self.context is None:
            return HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
        return HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=self.context)


def _clock(of: str, date: str, began: float, ended: float) -> ClockSeen | None:
    """Return what a ``Date`` says, which has whole seconds: it was that or up to one more."""
    try:
        shown = parsedate_to_datetime(date).timestamp() + 0.5
    except ValueError:
        return None
    return ClockSeen(of, shown - (began + ended) / 2, (ended - began) / 2 + 0.5)


def _context(variable: str, environ: Mapping[str, str]) -> ssl.SSLContext:
    file = environ.get(variable, "").strip()
    try:
        return ssl.create_default_context(cafile=file or None)
    except ssl.SSLError:
        raise UnansweredError(f"{variable}={file} är inget certifikat i PEM: gör om det") from None
    except OSError as error:
        raise UnansweredError(unreadable(f"{variable}={file}", error)) from None


def _token(variable: str, environ: Mapping[str, str]) -> Secret:
    file = environ.get(variable, "").strip()
    if not file:
        return NO_SECRET
    try:
        return read_secret(file, f"{variable}={file}", TOKEN)
    except SecretFileError as error:
        raise UnansweredError(str(error)) from None


def why_unasked(error: OSError | HTTPException) -> str:
    """Return in words why nothing was answered."""
    if isinstance(error, HTTPException):
        return "det är inte HTTP"
    if isinstance(error, TimeoutError):
        return "det tog för lång tid"
    if isinstance(error, socket.gaierror):
        return UNRESOLVED.get(error.errno, UNRESOLVED[socket.EAI_NONAME])
    if isinstance(error, ssl.SSLError):
        return "det är inte TLS"
    return reason(error)
