"""Where a log has been read to, kept in a file so that reading goes on there after a restart."""

from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import msgspec

from producers import state_file
from producers.queue_log.open_legs import OpenLeg
from producers.queue_log.rotation import Position
from producers.queue_log.staffing import Memory
from producers.state_file import StateError


class Bookmark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A position, the legs that were open there, and who answered: all that reading on needs.

    It is written only when every event before it has been delivered. So after a crash some events
    are sent again, with the same ids, and none is missing.
    """

    version: Literal[1] = 1
    source: str
    """The ``source`` of the events: another exchange's bookmark is of no use."""
    position: Position
    legs: list[OpenLeg]
    staffing: Memory = msgspec.field(default_factory=Memory)


def load(path: Path, source: str) -> Bookmark | None:
    """Return the bookmark in a file; None if there is no file.

    Raises :class:`~producers.state_file.StateError`.
    """
    bookmark = state_file.load(
        path,
        Bookmark,
        if_broken="ta bort filen, så läses loggen om från början (inget räknas dubbelt).",
    )
    if bookmark is not None and bookmark.source != source:
        raise StateError(
            f"Läget i {path} gäller {unquote(bookmark.source)}, inte {unquote(source)}: välj en "
            "annan fil med --state, eller ta bort den om läget inte behövs."
        )
    return bookmark
