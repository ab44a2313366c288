"""The seam to what has the mailboxes: IMAP today, and whatever else can say what a folder holds.

A folder's messages have numbers that are never used again while its ``version`` lasts, as UIDs of
IMAP. A look says what is new since the last mark, what is still there, and what is flagged; who
looks keeps the marks. Nothing that a source does may be seen in a mailbox: no message is read, and
none is marked as read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from producers.following import Stopping
from producers.mailbox.letter import Letter

Ending = Literal["answered_otherwise", "no_answer_needed", "spam"]
Holds = Literal["questions", "answered_otherwise", "no_answer_needed", "spam", "sent"]


class SourceError(Exception):
    """A mailbox can't be read now; the text is one Swedish line that says what to do."""


class RefusedError(SourceError):
    """The server does not let us in. Trying again soon could lock the account."""


class SetupError(SourceError):
    """What the catalogue says is not so: a folder or a file that isn't there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that is watched, and what it means to lie in it."""

    account: str
    name: str
    holds: Holds
    queue: str = ""
    """Of all but what has been sent."""
    flags: tuple[tuple[str, Ending], ...] = ()
    """Those that mean something here, in small letters, and what."""


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a folder has been read."""

    version: int
    """With another one all numbers are new (UIDVALIDITY)."""
    next: int
    """No message seen so far has this number or a greater one."""
    messages: int
    change: int = 0
    """Grows with every change, also of flags; 0 where the server does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message that is new in a folder."""

    number: int
    at: int
    """When the server received it."""
    saved_at: int | None
    """When it was put in this folder, where the server tells."""
    flags: frozenset[str] = frozenset()
    """In small letters."""
    letter: Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What has become of a folder."""

    folder: Folder
    mark: Mark
    is_anew: bool
    """Whether all numbers are new: what was known of them before is of no use."""
    arrivals: tuple[Arrival, ...]
    present: frozenset[int]
    """Of the numbers asked for (``lowest`` and above), those that are there."""
    flags: Mapping[int, frozenset[str]]
    """The flags, in small letters, of those present whose flags may have changed."""


class MailSource(Protocol):
    """Something that has folders of messages."""

    def look(
        self, folder: Folder, mark: Mark | None, lowest: int | None, since: int
    ) -> Look | None:
        """Return what has become of a folder since a mark; None if nothing has.

        Without a mark, or one of another version, all that was received since an instant is new.
        ``lowest`` is the least number whose presence matters; none if none does. Raises
        :class:`SourceError`.
        """

    def wait(self, seconds: float, stopping: Stopping) -> None:
        """Return after so long, when told to stop, or as soon as there may be news.

        Raises :class:`SourceError`.
        """

    def close(self) -> None:
        """Let go of all connections; the next look makes new ones."""
