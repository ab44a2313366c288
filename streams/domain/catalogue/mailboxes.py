"""How mailboxes are read, as a catalogue says."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from streams.domain.catalogue.mailboxes_form import MailAccountForm, MailboxForm, Security


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccount:
    """A login to a server of mail; its secret stands in a file, never here."""

    id: str
    """Empty for the first, which has no name."""
    host: str
    port: int
    security: Security
    ca_file: str | None
    """Who issued the server's certificate; none for those that the system trusts."""
    user: str
    password_file: str | None
    token_file: str | None
    """With a token of XOAUTH2, instead of a password."""
    sent: tuple[str, ...]
    """The folders with what has been sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFolders:
    """The folders of a queue, and what it means that a message lies in one or has a flag."""

    account: str
    questions: tuple[str, ...]
    answered_otherwise: tuple[str, ...]
    answered_otherwise_flags: frozenset[str]
    no_answer_needed: tuple[str, ...]
    no_answer_needed_flags: frozenset[str]
    spam: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """How mailboxes are read, and how what is in them is told apart.

    Senders are addresses and domains, in small letters; a domain has all that is below it.
    """

    accounts: Mapping[str, MailAccount]
    queues: Mapping[str, MailFolders]
    own: frozenset[str]
    e_service_senders: frozenset[str]
    case_senders: frozenset[str]
    forwarded_to: frozenset[str]
    case_number: str | None
    """An expression that finds the number of a case in a subject line."""


def mailbox(part: MailboxForm) -> Mailbox:
    """Return how mailboxes are read."""
    accounts = {"": _account("", part, part)} | {
        id_: _account(id_, its, part) for id_, its in part.accounts.items()
    }
    return Mailbox(
        accounts=MappingProxyType(accounts),
        queues=MappingProxyType(
            {
                queue: MailFolders(
                    account=its.account or "",
                    questions=tuple(its.questions),
                    answered_otherwise=tuple(its.answered_otherwise),
                    answered_otherwise_flags=frozenset(its.answered_otherwise_flags),
                    no_answer_needed=tuple(its.no_answer_needed),
                    no_answer_needed_flags=frozenset(its.no_answer_needed_flags),
                    spam=tuple(its.spam),
                )
                for queue, its in part.mailboxes.items()
            }
        ),
        own=_senders(part.own),
        e_service_senders=_senders(part.e_service_senders),
        case_senders=_senders(part.case_senders),
        forwarded_to=_senders(part.forwarded_to),
        case_number=part.case_number,
    )


def _account(
    id_: str,
    its: MailboxForm | MailAccountForm,
    first: MailboxForm,
) -> MailAccount:
    security = its.security or first.security
    # A port is that of one security: it is not taken over by an account with another.
    port = its.port or (first.port if security == first.security else None)
    return MailAccount(
        id=id_,
        host=its.host or first.host,
        port=port or _IMAP_PORTS[security],
        security=security,
        ca_file=its.ca_file or first.ca_file,
        user=its.user,
        password_file=its.password_file,
        token_file=its.token_file,
        sent=tuple(its.sent),
    )


_IMAP_PORTS: Final[Mapping[Security, int]] = {"tls": 993, "starttls": 143}


def _senders(addresses: list[str]) -> frozenset[str]:
    return frozenset(address.lower() for address in addresses)
