"""Where Grafana is and who we are to it, as told on the command line.

A token or a password comes from a file and nowhere else, and leaves over TLS alone, unless Grafana
is on this machine or it is said that the net is protected otherwise.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from streams.addresses import is_loopback
from streams.asking import AskingError, trusting
from streams.secrets_file import (
    PASSWORD,
    TOKEN,
    Secret,
    SecretFileError,
    read_secret,
    readable_by_all,
)

EXAMPLE: Final = "https://grafana.example.org"


class MistoldError(ValueError):
    """What is told can't be used; whoever told it must act. The message is one line."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where Grafana is: what its API begins with, in parts."""

    scheme: str
    host: str
    """An IPv6 address in brackets."""
    port: int | None = None
    path: str = ""
    """Where Grafana is not alone on its host: ``grafana``."""

    @property
    def is_loopback(self) -> bool:
        """Say whether nobody on a net can listen."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path and f'/{self.path}'}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are: a service account's token, or a user's password."""

    secret: Secret
    file: str
    user: str = ""
    """Nobody, with a token."""

    @property
    def who(self) -> str:
        """Return who we are to Grafana, as whoever grants rights knows it."""
        return f"användaren {self.user}" if self.user else "tjänstekontot"

    @property
    def correction(self) -> str:
        """Return what to do where Grafana does not know us."""
        if self.user:
            return f"rätta --user eller lösenordet i {self.file}"
        return f"gör en ny token åt tjänstekontot i Grafana och skriv den i {self.file}"


@dataclass(frozen=True, slots=True)
class Connection:
    """All that is told of how Grafana is spoken with."""

    address: Address
    login: Login
    ca_file: str = ""
    """Those who may issue its certificate; empty for the system's."""
    remarks: tuple[str, ...] = ()
    """What whoever told it should know, a line each."""


def connection_as_told(
    url: str,
    *,
    token_file: str = "",
    user: str = "",
    password_file: str = "",
    ca_file: str = "",
    plain: bool = False,
) -> Connection:
    """Return how Grafana is spoken with; :class:`MistoldError` on the first mistake."""
    address = _address(url)
    if address.scheme == "http" and not (address.is_loopback or plain):
        raise MistoldError(
            f"--url {url}: det som skickas går att avlyssna; skriv https://, eller lägg till "
            "--plain om nätet är skyddat på annat sätt"
        )
    if ca_file and address.scheme == "http":
        raise MistoldError("--ca-file används inte med http://; skriv https:// eller ta bort den")
    login, remarks = _login(token_file, user, password_file)
    if ca_file:
        _require_certificates(f"--ca-file {ca_file}", ca_file)
    return Connection(address, login, ca_file, remarks)


def _address(url: str) -> Address:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise MistoldError(f"--url {url} är ingen adress; skriv till exempel {EXAMPLE}") from None
    if parts.username or parts.password:
        raise MistoldError(
            "--url har en inloggning i sig, som andra på maskinen kan läsa; använd --token-file"
        )
    if parts.scheme not in ("http", "https") or not host or not host.isprintable() or " " in url:
        raise MistoldError(f"--url {url} är ingen adress; skriv till exempel {EXAMPLE}")
    if parts.query or parts.fragment:
        raise MistoldError(f"--url {url} är en sida i Grafana; skriv bara det som står före den")
    return Address(parts.scheme, f"[{host}]" if ":" in host else host, port, parts.path.strip("/"))


def _login(token_file: str, user: str, password_file: str) -> tuple[Login, tuple[str, ...]]:
    """Return who we are, and what is to be remarked of the file that says it."""
    if bool(token_file) == bool(user or password_file):
        raise MistoldError("ange antingen --token-file, eller --user och --password-file")
    if bool(user) != bool(password_file):
        raise MistoldError("--user och --password-file hör ihop; ange båda")
    if ":" in user:
        raise MistoldError(
            f"--user {user} har ett kolon, som Grafana läser som lösenordets början"
        )
    option, file, kind = (
        ("--token-file", token_file, TOKEN)
        if token_file
        else ("--password-file", password_file, PASSWORD)
    )
    told = f"{option} {file}"
    try:
        secret = read_secret(file, told, kind)
    except SecretFileError as error:
        raise MistoldError(str(error)) from None
    if token_file and (not secret.isascii() or " " in secret):
        raise MistoldError(f"{told} har något annat än en token: kopiera den ur Grafana på nytt")
    return Login(secret, file, user), readable_by_all(file, told)


def _require_certificates(told: str, file: str) -> None:
    try:
        trusting(told, file)
    except AskingError as error:
        raise MistoldError(str(error)) from None
