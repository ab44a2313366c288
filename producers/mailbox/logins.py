"""How an account is logged in to: its secret, and whom the server's certificate is trusted by.

A secret is the only line of a file, which is read again at each login: a token lasts for an hour,
and a password is changed. Which file stands in the catalogue, or in the environment.

Source: docs/decisions/0013-kafka-security.md.
"""

import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from producers.mailbox.source import RefusedError, SetupError
from streams.domain.catalogue import MailAccount
from streams.domain.swedish import reason
from streams.secrets_file import PASSWORD, TOKEN, Secret, SecretFileError, read_secret

PASSWORD_VARIABLE: Final = "SVARSGRAD_MAILBOX_PASSWORD_FILE"  # noqa: S105 # its name
TOKEN_VARIABLE: Final = "SVARSGRAD_MAILBOX_TOKEN_FILE"  # noqa: S105 # its name


@dataclass(frozen=True, slots=True)
class Login:
    """A secret, and which kind it is."""

    text: Secret
    is_token: bool


def secret_of(account: MailAccount) -> Login:
    """Return an account's secret. Raises :class:`RefusedError` where there is none to be had."""
    told = [
        (account.token_file, "token_file", True),
        (account.password_file, "password_file", False),
        (os.environ.get(TOKEN_VARIABLE), TOKEN_VARIABLE, True),
        (os.environ.get(PASSWORD_VARIABLE), PASSWORD_VARIABLE, False),
    ]
    for path, name, is_token in told:
        if path:
            kind = TOKEN if is_token else PASSWORD
            try:
                return Login(read_secret(path, f"{name}: {path}", kind), is_token)
            except SecretFileError as error:
                raise RefusedError(f"{error}.") from None
    raise RefusedError(
        f"Inget lösenord för {called(account)}: skriv password_file i katalogen, eller sätt "
        f"{PASSWORD_VARIABLE} till en fil med lösenordet."
    )


def secrets_now(accounts: Iterable[MailAccount]) -> tuple[str | None, ...]:
    """Return the secrets of accounts, to be compared: None for one that can't be read."""
    found: list[str | None] = []
    for account in accounts:
        try:
            found.append(secret_of(account).text)
        except RefusedError:
            found.append(None)
    return tuple(found)


def tls(account: MailAccount) -> ssl.SSLContext:
    """Return what a server's certificate is verified by. Raises :class:`SetupError`."""
    try:
        return ssl.create_default_context(cafile=account.ca_file)
    except ssl.SSLError:
        raise SetupError(f"ca_file: {account.ca_file} är inget certifikat i PEM.") from None
    except OSError as error:
        raise SetupError(
            f"ca_file: {account.ca_file} går inte att läsa ({reason(error)}): rätta sökvägen "
            "eller rättigheterna."
        ) from None


def called(account: MailAccount) -> str:
    """Return what an account is called: never its user, which can be an address."""
    return f"kontot {account.id}" if account.id else "källans konto"
