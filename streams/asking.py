"""How others are asked over HTTP, as workers and Prometheus: who is trusted, and who we are.

Told by variables of the environment that begin alike for those who are asked. A token or a
password comes from a file and nowhere else, and leaves over TLS alone, unless who is asked is on
this machine or it is said that the net is protected otherwise. The files are read again when they
change.
"""

import base64
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import SplitResult, urlencode, urlsplit

import click

from streams import variables
from streams.addresses import UNRESOLVED, is_loopback
from streams.domain.swedish import reason
from streams.endpoints.watched import Watched
from streams.secrets_file import (
    PASSWORD,
    TOKEN,
    SecretFileError,
    read_secret,
    readable_by_all,
    unreadable,
)

PROMETHEUS: Final = "SVARSGRAD_PROMETHEUS_"
WORKER: Final = "SVARSGRAD_WORKER_"
ALERTMANAGER: Final = "SVARSGRAD_ALERTMANAGER_"
FORM: Final = "application/x-www-form-urlencoded"
MOST_BYTES: Final = 256 * 1024 * 1024
"""Of an answer: a worker's ledgers of a region are far less."""
_ANOTHER_HOST: Final = "gäller inte för den värden", "ange värden som den står i certifikatet"
_CERTIFICATES: Final = {
    9: ("gäller inte än", "rätta klockan eller certifikatet"),
    10: ("har gått ut", "förnya det"),
    62: _ANOTHER_HOST,
    64: _ANOTHER_HOST,
}
"""What is wrong with a certificate, and what to do, by OpenSSL's number."""


class AskingError(ValueError):
    """Others can't be asked as it is told; whoever told it must act. The message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told. Each field is a variable."""

    ca_file: Annotated[
        str, "Certifikat (PEM) för dem som får utfärda certifikatet där", "systemets"
    ] = ""
    token_file: Annotated[str, "Fil med en token att visa där (Bearer)", "ingen"] = ""
    user: Annotated[str, "Användare där, om det saknas en token", "ingen"] = ""
    password_file: Annotated[str, "Fil med användarens lösenord", "ingen"] = ""
    allow_cleartext: Annotated[
        str, "yes: visa token eller lösenord utan TLS, allt går att avlyssna"
    ] = "no"

    @property
    def secret_file(self) -> str:
        """Return the file that says who we are; empty for nobody."""
        return self.token_file or self.password_file


@dataclass(slots=True)
class Asker:
    """Whoever asks others. Raises :class:`AskingError` for files that can't be used."""

    prefix: str
    """What the variables begin with."""
    _told: _Told = field(default_factory=_Told)
    context: ssl.SSLContext = field(init=False)
    """Verifies the certificate of those who are asked, and their host's name."""
    headers: dict[str, str] = field(init=False, repr=False)
    """What is sent with each question."""
    _watched: Watched = field(init=False)

    def __post_init__(self) -> None:
        files = [Path(its) for its in (self._told.ca_file, self._told.secret_file) if its]
        self._watched = Watched(tuple(files), self._read)
        self._read()

    @property
    def files(self) -> str:
        """Return the names of what is read again when it changes."""
        return ", ".join(map(str, self._watched.files))

    def look(self) -> str | None:
        """Read what has changed; return what is wrong with it, if anything: all is as it was."""
        try:
            self._watched.look()
        except AskingError as error:
            return str(error)
        return None

    def _read(self) -> None:
        context = trusting(f"{self.prefix}CA_FILE={self._told.ca_file}", self._told.ca_file)
        self.headers = self._who()
        self.context = context

    def _who(self) -> dict[str, str]:
        its = self._told
        if not its.secret_file:
            return {}
        kind, name = (TOKEN, "TOKEN_FILE") if its.token_file else (PASSWORD, "PASSWORD_FILE")
        try:
            secret = read_secret(its.secret_file, f"{self.prefix}{name}={its.secret_file}", kind)
        except SecretFileError as error:
            raise AskingError(str(error)) from None
        if its.token_file:
            return {"Authorization": f"Bearer {secret.strip()}"}
        login = base64.b64encode(f"{its.user}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {login}"}

    def remarks(self) -> tuple[str, ...]:
        """Return what whoever told of it should know, a line each."""
        file = self._told.secret_file
        name = "TOKEN_FILE" if self._told.token_file else "PASSWORD_FILE"
        return readable_by_all(file, f"{self.prefix}{name}={file}")


def described(prefix: str) -> str:
    """Return every variable with its meaning and its default, a line each."""
    return variables.described(_Told, prefix)


def asker(prefix: str, urls: Iterable[str], environ: Mapping[str, str]) -> Asker:
    """Return who asks at some addresses, ``http://host:port``, as ``environ`` tells.

    Raises :class:`AskingError` on the first mistake.
    """
    try:
        told = variables.read(_Told, prefix, environ)
    except variables.VariableError as error:
        raise AskingError(str(error)) from None
    if told.token_file and (told.user or told.password_file):
        raise AskingError(f"ange antingen {prefix}TOKEN_FILE, eller USER och PASSWORD_FILE")
    if bool(told.user) != bool(told.password_file):
        raise AskingError(f"{prefix}USER och {prefix}PASSWORD_FILE hör ihop: ange båda")
    if ":" in told.user:
        raise AskingError(
            f"{prefix}USER={told.user} har ett kolon: ta bort det, och det som står efter"
        )
    if told.secret_file and told.allow_cleartext != "yes":
        for parts in map(urlsplit, urls):
            if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
                raise AskingError(
                    f"{parts.scheme}://{parts.netloc}: det som skickas går att avlyssna; skriv "
                    f"https://, eller ange {prefix}ALLOW_CLEARTEXT=yes om nätet är skyddat på "
                    "annat sätt"
                )
    return Asker(prefix, told)


def _to_people(line: str) -> None:
    click.echo(line, err=True)


def asker_as_told(
    prefix: str, urls: Iterable[str], say: Callable[[str], None] = _to_people
) -> Asker:
    """Return what this process's environment says, and ``say`` what there is to remark.

    Raises :class:`click.ClickException`, in one line, on the first mistake.
    """
    try:
        found = asker(prefix, urls, os.environ)
    except AskingError as error:
        raise click.ClickException(str(error)) from None
    for line in found.remarks():
        say(f"Varning: {line}")
    return found


def url_as_typed(url: str, prefix: str) -> SplitResult | None:
    """Return the parts of ``http://host:port/…``; None for what is none.

    Raises :class:`AskingError` for one with a login in it, which others on the machine can read:
    it is not quoted.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    if "@" in parts.netloc:
        raise AskingError(
            f"har en inloggning i sig, som andra på maskinen kan läsa: ange {prefix}USER och "
            f"{prefix}PASSWORD_FILE, eller {prefix}TOKEN_FILE"
        )
    return parts


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes
    date: str
    """When, as the clock there shows it (RFC 9110); empty where it isn't told."""


def answer(
    asker: Asker,
    url: str,
    path: str,
    *,
    patience_seconds: float,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer to a GET of a path, or to a POST of a form; each step has its time.

    Raises OSError and HTTPException, which :func:`unanswered` has words for.
    """
    parts = urlsplit(url)
    its = parts.hostname or "", parts.port
    connection = (
        HTTPSConnection(*its, timeout=patience_seconds, context=asker.context)
        if parts.scheme == "https"
        else HTTPConnection(*its, timeout=patience_seconds)
    )
    headers = {name: text.encode() for name, text in asker.headers.items()}
    body = None
    if form is not None:
        headers["Content-Type"], body = FORM.encode(), urlencode(form)
    with closing(connection):
        method = "GET" if form is None else "POST"
        connection.request(method, parts.path.rstrip("/") + path, body, headers)
        answered = connection.getresponse()
        content = answered.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise HTTPException("too much")
        return Answer(answered.status, content, answered.getheader("Date", ""))


def unanswered(error: OSError | HTTPException, prefix: str, otherwise: str) -> tuple[str, str]:
    """Return in words why there is no answer, and what to do: of no TLS something of its own."""
    if isinstance(error, ssl.SSLError):
        return no_tls(error, prefix)
    if isinstance(error, HTTPException):
        why = "det är inte HTTP"
    elif isinstance(error, TimeoutError):
        why = "det tog för lång tid"
    elif isinstance(error, socket.gaierror):
        why = UNRESOLVED.get(error.errno, UNRESOLVED[socket.EAI_NONAME])
    else:
        why = reason(error)
    return why, otherwise


def no_tls(error: ssl.SSLError, prefix: str) -> tuple[str, str]:
    """Return in words why there is no TLS with whoever is asked, and what to do."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "det är inte TLS", "skriv http://, om det är på den här maskinen"
    why, what_to_do = _CERTIFICATES.get(error.verify_code) or (
        "är inte utfärdat av någon vi litar på",
        f"ange utfärdarens certifikat i {prefix}CA_FILE",
    )
    return f"dess certifikat {why}", what_to_do


def trusting(told: str, ca_file: str) -> ssl.SSLContext:
    """Return what trusts those whose certificates are in a file; without one, as the system does.

    ``told`` is how the file was named. Raises :class:`AskingError` if it can't be used.
    """
    try:
        if ca_file:
            with Path(ca_file).open("rb"):
                pass
        context = ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError:
        raise AskingError(
            f"{told} är inget certifikat i PEM: gör om det med openssl x509"
        ) from None
    except OSError as error:
        raise AskingError(unreadable(told, error)) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
