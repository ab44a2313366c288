"""Where a log has been read to, kept in a file so that reading goes on there after a restart."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import msgspec

from producers.queue_log.open_legs import OpenLeg
from producers.queue_log.rotation import Position
from producers.queue_log.staffing import Memory
from streams.domain.swedish import reason
from streams.whole_file import write_whole


class BookmarkError(Exception):
    """The file can't be used; the text is one Swedish line that says what to do."""


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
    """Return the bookmark in a file; None if there is no file. Raises :class:`BookmarkError`."""
    try:
        bookmark = msgspec.json.decode(path.read_bytes(), type=Bookmark)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BookmarkError(
            f"Läget i {path} går inte att läsa ({reason(error)}): ge läsrätt, eller välj en "
            "annan fil med --state."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BookmarkError(
            f"Läget i {path} går inte att tyda: ta bort filen, så läses loggen om från början "
            "(inget räknas dubbelt)."
        ) from None
    if bookmark.source != source:
        raise BookmarkError(
            f"Läget i {path} gäller {unquote(bookmark.source)}, inte {unquote(source)}: välj en "
            "annan fil med --state, eller ta bort den om läget inte behövs."
        )
    return bookmark


def require_writable(path: Path) -> None:
    """Raise :class:`BookmarkError` if a bookmark could not be saved there."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _unwritable(path, "katalogen saknas eller är skrivskyddad")


def save(path: Path, bookmark: Bookmark) -> None:
    """Write a bookmark, whole or not at all. Raises :class:`BookmarkError`."""
    try:
        write_whole(path, msgspec.json.encode(bookmark))
    except OSError as error:
        raise _unwritable(path, reason(error)) from None


def _unwritable(path: Path, why: str) -> BookmarkError:
    return BookmarkError(
        f"Läget kan inte sparas i {path} ({why}): ge skrivrätt i katalogen, eller välj en "
        "annan fil med --state."
    )
