"""What a follower remembers: threads, messages and folders, by keyed hashes only.

An open thread is kept for as long as the figures keep its question; an ended one for
:data:`KEPT_DAYS` after what happened last. For as long as that all that is read is known again, so
that a folder whose numbers are all new is read again and nothing is counted twice; and what was
received before that and is not known, is not begun: it was counted and forgotten, or came before
we did.
"""

from typing import Final, Literal

import msgspec

from producers.mailbox.source import Ending, Mark
from streams.domain.instants import HOUR
from streams.domain.windows import ITEM_HORIZON_DAYS

DAY: Final = 24 * HOUR
KEPT_DAYS: Final = 90
"""How long after the last that happened a follow-up is still known as one."""
WAITING_DAYS: Final = 7
"""How long an answer waits for its question, which as a rule is read before it."""

What = Literal["answered", "auto_replied", "forwarded"]
"""What a message that we wrote can be."""


class Thread(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A question and what belongs to it. Its subject is the hash of its first message."""

    queue: str
    received_at: int
    channel: Literal["email", "e_service"] = "email"
    is_in: str
    """The queue in whose folders it lies now."""
    asked_at: int
    """When it last became open."""
    ended_by: str = ""
    """What ended it: :data:`ANSWER`, :data:`BOUNCE`, or the message that was marked; empty while
    it is open."""
    ended_at: int = 0
    last: int
    """The latest instant of what is known of it."""


ANSWER: Final = "answer"
BOUNCE: Final = "bounce"


class Known(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A message that has been told of."""

    thread: str
    is_ours: bool = False
    marks: list[Ending] = msgspec.field(default_factory=list)
    """What lying where it lies, and its flags, say of it now."""
    changes: int = 0
    """How often that has changed: makes the ids of what is told of it."""
    told_in: list[str] = msgspec.field(default_factory=list)
    """Of a thread's first: the queues that it was told to have been received in."""
    print: str
    """Tells two messages with one id apart."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something we wrote, to which no question is known yet."""

    print: str
    what: What
    at: int
    replies_to: list[str]
    references: list[str]
    case: str


class Held(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far a folder is read, and what lies in it of what is known."""

    mark: Mark
    messages: dict[int, str] = msgspec.field(default_factory=dict)
    """Number → message."""
    flagged: dict[int, list[Ending]] = msgspec.field(default_factory=dict)
    """Number → what its flags say."""


class Memory(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All that reading on needs."""

    threads: dict[str, Thread] = msgspec.field(default_factory=dict)
    messages: dict[str, Known] = msgspec.field(default_factory=dict)
    cases: dict[str, str] = msgspec.field(default_factory=dict)
    """Case → thread."""
    waiting: dict[str, Waiting] = msgspec.field(default_factory=dict)
    """By message."""
    folders: dict[str, Held] = msgspec.field(default_factory=dict)


def since(memory: Memory, now: int) -> int:
    """Return the instant from which on messages are read where nothing was read before."""
    begun = [thread.received_at for thread in memory.threads.values() if not thread.ended_by]
    return min([now - KEPT_DAYS * DAY, *begun])


def forget(memory: Memory, now: int) -> None:
    """Forget what nobody asks for any more."""
    ended, begun = now - KEPT_DAYS * DAY, now - ITEM_HORIZON_DAYS * DAY
    gone = {
        subject
        for subject, thread in memory.threads.items()
        if thread.received_at < begun or (thread.ended_by and thread.last < ended)
    }
    if gone:
        for subject in gone:
            del memory.threads[subject]
        memory.messages = {k: v for k, v in memory.messages.items() if v.thread not in gone}
        memory.cases = {case: to for case, to in memory.cases.items() if to not in gone}
        for held in memory.folders.values():
            lost = [uid for uid, key in held.messages.items() if key not in memory.messages]
            for number in lost:
                del held.messages[number]
                held.flagged.pop(number, None)
    waited = now - WAITING_DAYS * DAY
    memory.waiting = {key: one for key, one in memory.waiting.items() if one.at >= waited}
