"""The part of a catalogue file that says how mailboxes are read."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from streams.domain.catalogue.alerts_form import is_address
from streams.domain.catalogue.fields import Form, Slug, Text
from streams.domain.text_patterns import PatternError, finder

Security = Literal["tls", "starttls"]
_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_FLAG: Final = re.compile(r"\\?[!$&'+,./0-9:;<=>?@A-Z^_`a-z|~-]+")
LONGEST_PATTERN: Final = 100


def _senders(value: Any) -> Any:
    if isinstance(value, str) and not (is_address(value) or _DOMAIN.fullmatch(value)):
        raise PydanticCustomError("senders", "neither an address nor a domain")
    return value


def _flag(value: Any) -> Any:
    if isinstance(value, str) and not _FLAG.fullmatch(value):
        raise PydanticCustomError("flag", "no flag of IMAP")
    return value


def _pattern(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST_PATTERN:
            raise PydanticCustomError("pattern", "too long")
        try:
            finder(value)
        except PatternError:
            raise PydanticCustomError("pattern", "no expression") from None
    return value


Senders = Annotated[str, BeforeValidator(_senders)]
"""An address, or a domain with all addresses in it and below it."""
Flag = Annotated[str, BeforeValidator(_flag)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class LoginForm(Form):
    """Who logs in, and the folders there with what has been sent."""

    user: Text
    password_file: Text | None = None
    token_file: Text | None = None
    sent: list[Text] = Field(default=[])


class MailAccountForm(LoginForm):
    """A login of its own; what is not said of its server is as the mailbox says."""

    host: Text | None = None
    port: Port | None = None
    security: Security | None = None
    ca_file: Text | None = None


class MailFoldersForm(Form):
    """The folders of a queue, and what it means that a message lies in one of them."""

    account: str | None = None
    questions: Annotated[list[Text], Field(min_length=1)] = Field(default=["INBOX"])
    answered_otherwise: list[Text] = Field(default=[])
    answered_otherwise_flags: list[Flag] = Field(default=[])
    no_answer_needed: list[Text] = Field(default=[])
    no_answer_needed_flags: list[Flag] = Field(default=[])
    spam: list[Text] = Field(default=[])


class MailboxForm(LoginForm):
    """How mailboxes are read, and how what is in them is told apart."""

    host: Text
    port: Port | None = None
    security: Security = "tls"
    ca_file: Text | None = None
    accounts: dict[Slug, MailAccountForm] = Field(default={})
    mailboxes: Annotated[dict[str, MailFoldersForm], Field(min_length=1)]
    own: Annotated[list[Senders], Field(min_length=1)]
    e_service_senders: list[Senders] = Field(default=[])
    case_senders: list[Senders] = Field(default=[])
    forwarded_to: list[Senders] = Field(default=[])
    case_number: Annotated[str, BeforeValidator(_pattern)] | None = None
