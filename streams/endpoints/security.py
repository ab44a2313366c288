"""How those who ask an endpoint and the endpoint know each other: a certificate and a token.

Told by variables of the environment, alike for every command that answers Prometheus and probes.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from streams import variables
from streams.addresses import is_loopback
from streams.endpoints import ListenError
from streams.endpoints.bearer import Bearer
from streams.endpoints.certificate import Certificate
from streams.endpoints.watched import Watched
from streams.logs import tell_remark
from streams.secrets_file import readable_by_all

PREFIX: Final = "SVARSGRAD_LISTEN_"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told. Each field is the variable ``SVARSGRAD_LISTEN_<FIELD>``."""

    cert_file: Annotated[
        str, "Certifikat (PEM, med sin kedja): det som visas går över TLS", "inget"
    ] = ""
    key_file: Annotated[str, "Dess nyckel (PEM, utan lösenord)", "i certifikatets fil"] = ""
    token_file: Annotated[
        str, "Fil med den token som /metrics och /ledgers kräver (Bearer)", "ingen"
    ] = ""
    allow_cleartext: Annotated[
        str, "yes: lyssna utan TLS också utanför maskinen, allt går att avlyssna"
    ] = "no"


@dataclass(frozen=True, slots=True)
class ListenSecurity:
    """What an endpoint shows, and asks of those who ask. Nothing, unless it is said otherwise."""

    certificate: Certificate | None = None
    bearer: Bearer | None = None

    def watched(self) -> list[Watched]:
        """Return the files that it is read from."""
        return [its.watched for its in (self.certificate, self.bearer) if its is not None]

    def remarks(self) -> tuple[str, ...]:
        """Return what whoever told of it should know, a line each."""
        of_certificate = () if self.certificate is None else self.certificate.remarks()
        if self.bearer is None:
            return of_certificate
        return (*of_certificate, *readable_by_all(str(self.bearer.file), self.bearer.told))


OPEN: Final = ListenSecurity()


def described() -> str:
    """Return every variable with its meaning and its default, a line each."""
    return variables.described(_Told, PREFIX)


HELP: Final = "\b\nMiljövariabler för TLS och token på adressen för mätvärden:\n" + described()
"""The end of the help of a command that answers Prometheus and probes."""


def listen_security(told: str, host: str, environ: Mapping[str, str]) -> ListenSecurity:
    """Return what ``environ`` says of an address, as it was told: ``--listen ADDRESS``.

    Raises :class:`ListenError` on the first mistake, as when others could listen to what is said.
    """
    try:
        its = variables.read(_Told, PREFIX, environ)
    except variables.VariableError as error:
        raise ListenError(str(error)) from None
    if its.key_file and not its.cert_file:
        raise ListenError(f"{PREFIX}CERT_FILE saknas: ange certifikatet till nyckeln")
    require_covered(
        told,
        host,
        is_covered=bool(its.cert_file) or its.allow_cleartext == "yes",
        remedy=f"ange {PREFIX}CERT_FILE och {PREFIX}KEY_FILE, eller {PREFIX}ALLOW_CLEARTEXT=yes "
        "om nätet är skyddat på annat sätt",
    )
    certificate = bearer = None
    if its.cert_file:
        key_file = its.key_file or its.cert_file
        told_key = f"{PREFIX}{'KEY' if its.key_file else 'CERT'}_FILE={key_file}"
        certificate = Certificate(
            *(Path(its.cert_file), Path(key_file)),
            *(f"{PREFIX}CERT_FILE={its.cert_file}", told_key),
        )
    if its.token_file:
        bearer = Bearer(Path(its.token_file), f"{PREFIX}TOKEN_FILE={its.token_file}")
    return ListenSecurity(certificate, bearer)


def listen_security_as_told(told: str, host: str) -> ListenSecurity:
    """Return what this process's environment says, and log what there is to remark.

    Raises :class:`ListenError`, as :func:`listen_security`.
    """
    security = listen_security(told, host, os.environ)
    for line in security.remarks():
        tell_remark(f"Varning: {line}")
    return security


def require_covered(told: str, host: str, *, is_covered: bool, remedy: str) -> None:
    """Raise :class:`ListenError` if others could listen to what is said on an address.

    All addresses of a machine, as 0.0.0.0, are reached by others.
    """
    if not (is_covered or is_loopback(host)):
        raise ListenError(
            f"{told} nås från andra maskiner, och utan TLS går allt att avlyssna: {remedy}"
        )
