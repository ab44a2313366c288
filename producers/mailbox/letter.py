"""A message by its headers: who, to whom, to what it replies, and what wrote it. Pure.

What is here is in clear, and stays in memory: nothing of it is said, kept or sent. Headers are
what anybody can write, so every part has a limit, and no bytes make reading raise.

X-Auto-Response-Suppress says nothing of who wrote: a person's message may ask for no automatic
replies too.

Source: RFC 5322 (ids), 3834 (automatic replies), 3464 and 8098 (reports), 2919 (lists).
"""

import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Final, Literal

FIELDS: Final = (
    "MESSAGE-ID", "IN-REPLY-TO", "REFERENCES", "FROM", "SENDER", "TO", "CC", "BCC", "SUBJECT",
    "DATE", "AUTO-SUBMITTED", "PRECEDENCE", "RETURN-PATH",
    "CONTENT-TYPE", "LIST-ID",
)  # fmt: skip
"""The headers that are read; no other, and no body, is asked for."""
MOST_REFERENCES: Final = 100
MOST_RECIPIENTS: Final = 500
MOST_OF_A_SUBJECT: Final = 1_000
MOST_OF_AN_ID: Final = 998
"""A line of a message is no longer."""

Nature = Literal["person", "auto_reply", "automatic", "bounce", "list"]
"""What wrote it: ``auto_reply`` answers whatever comes, other programs are ``automatic``."""

_ID: Final = re.compile(r"<([^<>\s]{1,998})>")
_DAEMONS: Final = frozenset({"mailer-daemon", "postmaster"})
_BULK: Final = frozenset({"bulk", "junk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is read of a message. Addresses are in small letters; ids without brackets."""

    message_id: str
    """Empty if it has none."""
    replies_to: tuple[str, ...]
    """In-Reply-To: as a rule one."""
    references: tuple[str, ...]
    """The latest last; of very many the first and the latest."""
    sender: str
    recipients: tuple[str, ...]
    subject: str
    date: str
    """As its writer says: to tell two messages with one id apart, never for a clock."""
    nature: Nature


def read_letter(fields: bytes) -> Letter:
    """Return what header fields say. Never raises: what can't be read is as if not there."""
    told = BytesHeaderParser(policy=compat32).parsebytes(fields)
    ids = _ids(told, "Message-ID")
    references = _ids(told, "References")
    if len(references) > MOST_REFERENCES:
        references = (references[0], *references[1 - MOST_REFERENCES :])
    senders = _addresses(told, "From") or _addresses(told, "Sender")
    recipients = (*_addresses(told, "To"), *_addresses(told, "Cc"), *_addresses(told, "Bcc"))
    sender = senders[0] if senders else ""
    return Letter(
        message_id=ids[0] if ids else "",
        replies_to=_ids(told, "In-Reply-To")[:MOST_REFERENCES],
        references=references,
        sender=sender,
        recipients=recipients[:MOST_RECIPIENTS],
        subject=_decoded(_text(told, "Subject")),
        date=" ".join(_text(told, "Date").split())[:MOST_OF_A_SUBJECT],
        nature=_nature(told, sender),
    )


def _text(told: Message, name: str) -> str:
    """Return a field's text; of one that stands many times the first; empty for none."""
    return str(told.get(name, ""))


def _ids(told: Message, name: str) -> tuple[str, ...]:
    text = _text(told, name)
    found = _ID.findall(text)
    bare = text.strip()
    if not found and bare and len(bare) <= MOST_OF_AN_ID and not re.search(r"[\s<>]", bare):
        found = [bare]  # some programs leave the brackets out
    return tuple(found)


def _addresses(told: Message, name: str) -> tuple[str, ...]:
    values = [str(value) for value in told.get_all(name, [])]
    try:
        pairs = getaddresses(values)
    except (ValueError, IndexError, RecursionError):  # broken in a way its reader didn't foresee
        return ()
    return tuple(address.lower() for _, address in pairs if "@" in address)


def _decoded(subject: str) -> str:
    subject = subject[:MOST_OF_A_SUBJECT]
    try:
        parts = decode_header(subject)
    except (HeaderParseError, ValueError):
        return subject
    return "".join(
        part if isinstance(part, str) else _as_text(part, charset) for part, charset in parts
    )


def _as_text(part: bytes, charset: str | None) -> str:
    try:
        return part.decode(charset or "ascii", "replace")
    except (LookupError, ValueError):
        return part.decode("latin-1")


def _nature(told: Message, sender: str) -> Nature:
    kind = _text(told, "Content-Type").lower()
    is_report = kind.lstrip().startswith("multipart/report")
    is_of_delivery = is_report and "disposition-notification" not in kind
    if is_of_delivery or sender.partition("@")[0] in _DAEMONS:
        return "bounce"
    submitted = _text(told, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _text(told, "Precedence").strip().lower()
    if submitted == "auto-replied" or precedence == "auto_reply":
        return "auto_reply"
    if is_report or submitted not in ("", "no"):
        return "automatic"
    if "List-Id" in told or precedence == "list":
        return "list"
    if precedence in _BULK:
        return "automatic"
    return "bounce" if _text(told, "Return-Path").strip() == "<>" else "person"
