"""Simulated questions as mailboxes: what was received, and what was sent, as messages.

A thread is there whole or not at all. Only what messages say of themselves can be in a mailbox
that stands still: of a thread that ended by being put in another folder, or that was taken up
again, it can't be seen when. So those are left out, as are those that began before the first day.

The messages are nobody's: addresses are of example.net and example.org, and there is nothing to
read in them.
"""

import mailbox
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Literal

from streams.domain.event_types import QUESTION_TYPES, QuestionEvent
from streams.domain.events import Event

OWN: Final = "kommun.example.org"
"""Where the municipality's mailboxes are."""
E_SERVICE: Final = "e-tjanst@tjanster.example.org"
"""Who writes what comes by e-service."""
FORWARDED_TO: Final = "handlaggare@forvaltning.example.org"
SENT: Final = "skickat"

_TOLD: Final = frozenset({"received", "auto_replied", "answered", "followed_up", "forwarded"})
"""What messages can say."""
_BY_US: Final = frozenset({"auto_replied", "answered", "forwarded"})


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a mailbox."""

    queue: str
    holds: Literal["received", "sent"]
    at: datetime
    content: EmailMessage


@dataclass(slots=True)
class MailExport:
    """Gathers what is told of questions, and gives it as messages."""

    _threads: dict[str, dict[str, QuestionEvent]] = field(default_factory=dict)
    """Subject → what was told, by what tells it apart however often it is told."""

    def take(self, event: Event) -> None:
        """Take an event; only those of questions are used."""
        if isinstance(event, QuestionEvent):
            fact = f"{event.type} {event.data.queue} {event.time.isoformat()}"
            self._threads.setdefault(event.subject, {}).setdefault(fact, event)

    def messages(self) -> list[Message]:
        """Return the messages of whole threads, in order of time."""
        found: list[Message] = []
        for subject, facts in self._threads.items():
            told = sorted(facts.values(), key=lambda fact: fact.time)
            if is_in_messages(told):
                found += _thread(subject, told)
        return sorted(found, key=lambda message: (message.at, message.queue, message.holds))


def is_in_messages(told: Iterable[QuestionEvent]) -> bool:
    """Return whether messages can say all that was told of a thread, in order of time."""
    whats = [QUESTION_TYPES[fact.type] for fact in told]
    return whats[0] == "received" and set(whats) <= _TOLD


def write(messages: Sequence[Message], directory: Path) -> None:
    """Write a file for each mailbox and one for what it sent (mbox). Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    boxes: dict[Path, list[Message]] = {}
    for message in messages:
        suffix = f".{SENT}" if message.holds == "sent" else ""
        boxes.setdefault(directory / f"{message.queue}{suffix}.mbox", []).append(message)
    for path, its in boxes.items():
        path.unlink(missing_ok=True)
        box = mailbox.mbox(path)
        for message in its:
            kept = mailbox.mboxMessage(message.content)
            kept.set_from("MAILER-DAEMON", message.at.utctimetuple())
            box.add(kept)
        box.close()


def _thread(subject: str, told: Iterable[QuestionEvent]) -> Iterator[Message]:
    resident = f"invanare-{subject[:12]}@example.net"
    ids: list[str] = []
    """Of the thread's messages so far."""
    last = ""
    """The one that is answered."""
    written_at: datetime | None = None
    """What the first says of itself, in all mailboxes."""
    for fact in told:
        what, queue = QUESTION_TYPES[fact.type], fact.data.queue
        written_at = written_at or fact.time
        if what == "received" and ids:  # the same message, in another mailbox
            yield _message(fact, "received", _first(fact, written_at, resident, ids[0]))
            continue
        id_ = f"<{len(ids)}.{subject}@example.net>"
        if what == "received":
            content = _first(fact, written_at, resident, id_)
        else:
            content = _reply(what, queue, resident)
            content["Date"] = format_datetime(fact.time)
            content["Message-ID"] = id_
            content["In-Reply-To"] = last
            content["References"] = " ".join(ids)
        if what in ("received", "followed_up"):
            last = id_
        ids.append(id_)
        yield _message(fact, "sent" if what in _BY_US else "received", content)


def _message(
    fact: QuestionEvent, holds: Literal["received", "sent"], content: EmailMessage
) -> Message:
    return Message(fact.data.queue, holds, fact.time.replace(microsecond=0), content)


def _first(fact: QuestionEvent, written_at: datetime, resident: str, id_: str) -> EmailMessage:
    is_e_service = fact.data.channel == "e_service"
    content = EmailMessage()
    content["From"] = E_SERVICE if is_e_service else resident
    content["To"] = f"{fact.data.queue}@{OWN}"
    content["Subject"] = "Fråga"
    content["Date"] = format_datetime(written_at)
    content["Message-ID"] = id_
    content.set_content("Simulerad fråga.\n")
    return content


def _reply(what: str, queue: str, resident: str) -> EmailMessage:
    ours = f"{queue}@{OWN}"
    is_ours = what in _BY_US
    content = EmailMessage()
    content["From"] = ours if is_ours else resident
    to = resident if is_ours else ours
    content["To"] = FORWARDED_TO if what == "forwarded" else to
    content["Subject"] = "VB: Fråga" if what == "forwarded" else "Sv: Fråga"
    if what == "auto_replied":
        content["Auto-Submitted"] = "auto-replied"
    content.set_content("Simulerat svar.\n")
    return content
