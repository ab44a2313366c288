"""What servers of mail refuse, and how they fail: one Swedish line, with nothing of a message."""

import imaplib
import re
import socket
import ssl
from collections.abc import Collection
from typing import Final

from imap_tools.errors import UnexpectedCommandStatusError

from producers.mailbox.logins import called
from streams.domain.catalogue import MailAccount
from streams.domain.nearest import nearest
from streams.domain.swedish import reason

_PASSING: Final = re.compile(rb"\[(UNAVAILABLE|INUSE|SERVERBUG|LIMIT|ALERT)\]", re.IGNORECASE)
"""Answers to a login that say nothing of the password (RFC 5530)."""
_CERTIFICATES: Final = {
    9: ("gäller inte än", "rätta klockan eller certifikatet"),
    10: ("har gått ut", "be den som sköter servern förnya det"),
    62: ("gäller inte för den värden", "skriv host som i certifikatet"),
    64: ("gäller inte för den värden", "skriv host som i certifikatet"),
}
_UNTRUSTED: Final = (
    "är utfärdat av någon som inte är betrodd",
    "ange utfärdarens certifikat med ca_file",
)


def at(account: MailAccount) -> str:
    """Return where an account is."""
    return f"{account.host}:{account.port}"


def told(account: MailAccount, error: Exception) -> str:
    """Return how a server failed, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why, what_to_do = _CERTIFICATES.get(error.verify_code, _UNTRUSTED)
        return f"Certifikatet hos e-postservern {at(account)} {why}: {what_to_do}."
    if isinstance(error, socket.gaierror):
        return f"E-postservern {account.host} finns inte i DNS: rätta host."
    return f"E-postservern {at(account)} {_how(error)}."


def _how(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "har slutat svara"
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return "talar inte TLS så: se över port och security (tls eller starttls)"
    if isinstance(error, OSError) and error.errno:
        return f"går inte att nå ({reason(error)})"
    if isinstance(error, (imaplib.IMAP4.abort, EOFError, OSError)):
        return "bröt förbindelsen"
    return "svarade inte som en IMAP-server ska"


def no_greeting(account: MailAccount) -> str:
    """Return that nobody answers as a server of mail does at its first words."""
    return f"Ingen e-postserver svarar på {at(account)}: se över host, port och security."


def not_let_in(account: MailAccount) -> str:
    """Return that a login was refused. Who reads it mends the secret: we don't try it again."""
    what, file = (
        ("token", account.token_file)
        if account.token_file
        else ("lösenordet", account.password_file)
    )
    return (
        f"E-postservern {at(account)} tar inte emot inloggningen till {called(account)}: rätta "
        f"user eller {what}{f' i {file}' if file else ''}."
    )


def is_passing(error: Exception) -> bool:
    """Say whether a refused login may be no fault of the password."""
    said = b""
    if isinstance(error, UnexpectedCommandStatusError):
        said = b" ".join(part for part in error.command_result[1] if isinstance(part, bytes))
    elif error.args:
        part = error.args[0]
        said = part if isinstance(part, bytes) else str(part).encode("utf-8", "replace")
    return _PASSING.search(said) is not None


def no_such_folder(account: MailAccount, name: str, names: Collection[str]) -> str:
    """Return that a folder isn't there, and which one may be meant."""
    near = nearest(name, list(names))
    right = f"menade du {near}?" if near else "rätta namnet i katalogen, eller skapa den"
    return f"Mappen {name} finns inte hos {called(account)} på {at(account)}; {right}"


def not_readable(account: MailAccount, name: str) -> str:
    """Return that a folder may not be read."""
    return (
        f"Mappen {name} hos {called(account)} på {at(account)} får inte läsas: ge kontot läsrätt "
        "till den."
    )
