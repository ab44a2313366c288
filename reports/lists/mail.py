"""Sends mail by SMTP: over TLS, verified, unless it is told not to."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from streams.domain.swedish import listed, reason

IMPLICIT_TLS: Final = 465
"""The port on which TLS comes before anything else (RFC 8314); on others it is asked for."""
SECONDS: Final = 30


class MailError(Exception):
    """Mail can't be sent; whoever runs the command must act. One line."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is sent from."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    is_plain: bool = False


def message(
    server: Server, receivers: Sequence[str], subject: str, text: str, file: tuple[str, bytes]
) -> EmailMessage:
    """Return a message with a file of rows."""
    made = EmailMessage()
    made["From"] = server.sender
    made["To"] = ", ".join(receivers)
    made["Subject"] = subject
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    name, content = file
    made.add_attachment(content, maintype="text", subtype="csv", filename=name)
    return made


def send(server: Server, messages: Sequence[EmailMessage]) -> None:
    """Send messages, over one connection. Raises :class:`MailError`."""
    where = f"{server.host}:{server.port}"
    try:
        with _connected(server) as connection:
            for its in messages:
                connection.send_message(its)
    except ssl.SSLCertVerificationError as error:
        raise MailError(
            f"certifikatet hos {where} går inte att lita på ({error.verify_message}): ange den "
            "som utfärdat det med --smtp-ca-file"
        ) from None
    except ssl.SSLError:
        raise MailError(
            f"TLS med {where} går inte: se över porten, och filen som --smtp-ca-file anger"
        ) from None
    except socket.gaierror:
        raise MailError(f"{where} går inte att nå: ingen värd heter så") from None
    except smtplib.SMTPAuthenticationError:
        raise MailError(f"{where} godtar inte --smtp-user och dess lösenord") from None
    except smtplib.SMTPNotSupportedError:
        raise MailError(
            f"{where} kan inte det som behövs: inloggning, eller adresser med å, ä och ö"
        ) from None
    except smtplib.SMTPServerDisconnected:
        raise MailError(f"{where} svarade inte, eller bröt förbindelsen: försök igen") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError(f"{where} tar inte emot post till {listed([*error.recipients])}") from None
    except smtplib.SMTPException as error:
        said = str(error).splitlines()
        raise MailError(
            f"{where} tog inte emot posten ({said[0] if said else type(error).__name__})"
        ) from None
    except OSError as error:
        raise MailError(f"{where} går inte att nå: {reason(error)}") from None


def _connected(server: Server) -> smtplib.SMTP:
    context = None if server.is_plain else ssl.create_default_context(cafile=server.ca_file)
    if context is not None and server.port == IMPLICIT_TLS:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if context is not None and server.port != IMPLICIT_TLS:
            connection.ehlo()
            if not connection.has_extn("starttls"):
                raise MailError(
                    f"{server.host}:{server.port} kan inte TLS: ange en annan port, eller "
                    "--smtp-plain om det är samma maskin"
                )
            connection.starttls(context=context)
        if server.user is not None:
            connection.login(server.user, server.password or "")
    except BaseException:
        connection.close()
        raise
    return connection
