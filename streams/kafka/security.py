"""How we and Kafka know each other: TLS and SASL/SCRAM, alike for every command and client.

Told by variables of the environment. Without any, the connection is plaintext. A password is read
from a file and nowhere else, and is never part of what an object or an error says.

Source: docs/decisions/0013-kafka-security.md.
"""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import click

from streams import variables
from streams.secrets_file import (
    NO_SECRET,
    Secret,
    SecretFileError,
    read_secret,
    readable_by_all,
    unreadable,
)

PREFIX: Final = "SVARSGRAD_KAFKA_"
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT")
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256")
PASSWORD_FILE: Final = PREFIX + "PASSWORD_FILE"


class KafkaSecurityError(ValueError):
    """A setting can't be used; whoever starts the process must act. The message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told. Each field is the variable ``SVARSGRAD_KAFKA_<FIELD>``."""

    protocol: Annotated[str, "PLAINTEXT, SSL, SASL_SSL eller SASL_PLAINTEXT"] = "PLAINTEXT"
    ca_file: Annotated[
        str, "Certifikat (PEM) för dem som får utfärda Kafkas certifikat", "systemets"
    ] = ""
    cert_file: Annotated[str, "Eget certifikat (PEM), om Kafka kräver ett", "inget"] = ""
    key_file: Annotated[str, "Dess nyckel (PEM, utan lösenord)", "i certifikatets fil"] = ""
    mechanism: Annotated[str, "SCRAM-SHA-512 eller SCRAM-SHA-256"] = MECHANISMS[0]
    user: Annotated[str, "Användaren, för SASL", "ingen"] = ""
    password_file: Annotated[str, "Filen med användarens lösenord", "ingen"] = ""
    allow_cleartext: Annotated[str, "yes: tillåt SASL_PLAINTEXT, allt går att avlyssna"] = "no"


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """How a client connects. Plaintext, unless it is said otherwise."""

    protocol: str = PROTOCOLS[0]
    context: ssl.SSLContext | None = None
    mechanism: str = MECHANISMS[0]
    user: str = ""
    password: Secret = NO_SECRET
    certificate: str = ""
    """The file of our own, if there is one."""
    remarks: tuple[str, ...] = ()
    """What whoever starts the process should know of its settings, a line each."""

    @property
    def has_user(self) -> bool:
        """Say whether a user is named to Kafka, by SASL."""
        return self.protocol.startswith("SASL_")

    @property
    def who(self) -> str:
        """Return who we are to Kafka, in a sentence."""
        return f"användaren {self.user}" if self.has_user else "oss"

    def options(self) -> dict[str, Any]:
        """Return the arguments of clients: kafka-python and aiokafka have the same ones."""
        given: dict[str, Any] = {"security_protocol": self.protocol}
        if self.context is not None:
            given["ssl_context"] = self.context
        if self.has_user:
            given |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return given

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "KafkaSecurity":
        """Return what ``environ`` says; :class:`KafkaSecurityError` on the first mistake."""
        told = _told(environ)
        has_tls, has_user = told.protocol.endswith("SSL"), told.protocol.startswith("SASL_")
        if has_user and not has_tls and told.allow_cleartext != "yes":
            raise KafkaSecurityError(
                f"{PREFIX}PROTOCOL=SASL_PLAINTEXT går att avlyssna: skriv SASL_SSL, eller ange "
                f"{PREFIX}ALLOW_CLEARTEXT=yes om nätet är skyddat på annat sätt"
            )
        _refuse_what_is_not_used(told, has_tls=has_tls, has_user=has_user)
        password, remarks = _password(told) if has_user else (NO_SECRET, ())
        return cls(
            told.protocol,
            _context(told) if has_tls else None,
            told.mechanism,
            told.user,
            password,
            told.cert_file,
            (*remarks, *_key_remarks(told)),
        )


PLAINTEXT: Final = KafkaSecurity()


def described() -> str:
    """Return every variable with its meaning and its default, a line each."""
    return variables.described(_Told, PREFIX)


HELP: Final = "\b\nMiljövariabler för TLS och inloggning i Kafka:\n" + described()
"""The end of the help of a command that speaks with Kafka."""


def to_people(line: str) -> None:
    """Say a line to whoever runs a command."""
    click.echo(line, err=True)


def security_as_told(say: Callable[[str], None] = to_people) -> KafkaSecurity:
    """Return what this process's environment says, and ``say`` what it remarks.

    Raises :class:`click.ClickException`, in one line, on the first mistake.
    """
    try:
        security = KafkaSecurity.from_environment(os.environ)
    except KafkaSecurityError as error:
        raise click.ClickException(str(error)) from None
    for line in security.remarks:
        say(f"Varning: {line}")
    return security


def _told(environ: Mapping[str, str]) -> _Told:
    try:
        told = variables.read(_Told, PREFIX, environ)
        variables.require_one_of(f"{PREFIX}PROTOCOL", told.protocol, PROTOCOLS)
        variables.require_one_of(f"{PREFIX}MECHANISM", told.mechanism, MECHANISMS)
    except variables.VariableError as error:
        raise KafkaSecurityError(str(error)) from None
    return told


def _refuse_what_is_not_used(told: _Told, *, has_tls: bool, has_user: bool) -> None:
    """Refuse what would have no effect: who wrote it believes that it has."""
    for name, text, is_used, asks in (
        ("CA_FILE", told.ca_file, has_tls, "SSL eller SASL_SSL"),
        ("CERT_FILE", told.cert_file, has_tls, "SSL eller SASL_SSL"),
        ("KEY_FILE", told.key_file, has_tls, "SSL eller SASL_SSL"),
        ("USER", told.user, has_user, "SASL_SSL"),
        ("PASSWORD_FILE", told.password_file, has_user, "SASL_SSL"),
    ):
        if text and not is_used:
            raise KafkaSecurityError(
                f"{PREFIX}{name} används inte med {PREFIX}PROTOCOL={told.protocol}: skriv {asks}"
            )
    if told.key_file and not told.cert_file:
        raise KafkaSecurityError(f"{PREFIX}CERT_FILE saknas: ange certifikatet till nyckeln")
    for name, text in (("USER", told.user), ("PASSWORD_FILE", told.password_file)):
        if has_user and not text:
            raise KafkaSecurityError(f"{PREFIX}{name} saknas, och {told.protocol} kräver den")


def _password(told: _Told) -> tuple[Secret, tuple[str, ...]]:
    """Return the password of a file, and what is to be remarked of the file."""
    try:
        password = read_secret(told.password_file, f"{PASSWORD_FILE}={told.password_file}")
    except SecretFileError as error:
        raise KafkaSecurityError(str(error)) from None
    return password, _readable_by_all("PASSWORD_FILE", told.password_file)


def _key_remarks(told: _Told) -> tuple[str, ...]:
    """Return what is to be remarked of the file with our own key, which may be the certificate's.

    That has one with the certificate alone if there is another one for the key.
    """
    if told.key_file:
        return _readable_by_all("KEY_FILE", told.key_file)
    return _readable_by_all("CERT_FILE", told.cert_file)


def _readable_by_all(name: str, path: str) -> tuple[str, ...]:
    """Return what is to be remarked of a file with a secret, if anything is."""
    return readable_by_all(path, f"{PREFIX}{name}={path}")


def _context(told: _Told) -> ssl.SSLContext:
    """Return a context that verifies the broker's certificate, and its host's name."""
    for name, text in (
        ("CA_FILE", told.ca_file),
        ("CERT_FILE", told.cert_file),
        ("KEY_FILE", told.key_file),
    ):
        if text:
            _require_readable(name, text)
    try:
        context = ssl.create_default_context(cafile=told.ca_file or None)
    except ssl.SSLError:
        raise KafkaSecurityError(
            f"{PREFIX}CA_FILE={told.ca_file} är inget certifikat i PEM: "
            "gör om det, t.ex. med openssl x509 eller keytool -rfc"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if told.cert_file:
        try:
            # An empty password is none; without it, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(told.cert_file, told.key_file or None, password="")
        except ssl.SSLError:
            raise KafkaSecurityError(
                f"{PREFIX}CERT_FILE={told.cert_file} är inte ett certifikat (PEM) med sin nyckel "
                f"(PEM, utan lösenord): ange den med {PREFIX}KEY_FILE"
            ) from None
    return context


def _require_readable(name: str, text: str) -> None:
    try:
        with Path(text).open("rb"):
            pass
    except OSError as error:
        raise KafkaSecurityError(unreadable(f"{PREFIX}{name}={text}", error)) from None
