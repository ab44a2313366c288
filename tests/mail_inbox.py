"""A real mail server on loopback that keeps what it is given."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from stack.ports import free_ports


@dataclass
class Inbox:
    """A mail server that keeps what it is given."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextlib.contextmanager
def serving(users: dict[str, str] | None = None, **more: Any) -> Iterator[Inbox]:
    """Take mail for as long; with users, of those alone."""
    its = Inbox(*free_ports(1))

    def known(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        login, password = data.login.decode(), data.password.decode()
        return AuthResult(success=(users or {}).get(login) == password, handled=False)

    if users:
        more |= {"authenticator": known, "auth_required": True}
    controller = Controller(its, hostname="127.0.0.1", port=its.port, **more)
    controller.start()
    try:
        yield its
    finally:
        controller.stop()
