"""What a follower remembers, in a file: written when everything before it has been delivered."""

import os
from pathlib import Path
from typing import Literal

import msgspec

from producers.mailbox.memory import Memory
from streams.domain.swedish import reason
from streams.whole_file import write_whole


class StateError(Exception):
    """The file can't be used; the text is one Swedish line that says what to do."""


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A memory, whose it is, and which key its hashes were made with."""

    version: Literal[1] = 1
    municipality: str
    source: str
    key: str
    """The key's fingerprint."""
    memory: Memory


def load(path: Path, municipality: str, source: str, key: str) -> Memory | None:
    """Return the memory in a file; None if there is no file. Raises :class:`StateError`."""
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"Läget i {path} går inte att läsa ({reason(error)}): ge läsrätt, eller välj en "
            "annan fil med --state."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise StateError(
            f"Läget i {path} går inte att tyda: lägg tillbaka en säkerhetskopia. Tas filen bort "
            "läses 90 dagar om; det som redan är sagt räknas inte dubbelt."
        ) from None
    if (state.municipality, state.source) != (municipality, source):
        raise StateError(
            f"Läget i {path} gäller {state.municipality}/{state.source}, inte "
            f"{municipality}/{source}: välj en annan fil med --state."
        )
    if state.key != key:
        raise StateError(
            f"Läget i {path} är sparat med en annan nyckel: ange den med --key-file. Med en ny "
            "nyckel skulle alla frågor räknas en gång till."
        )
    return state.memory


def save(path: Path, state: State) -> None:
    """Write a state, whole or not at all. Raises :class:`StateError`."""
    try:
        write_whole(path, msgspec.json.encode(state))
    except OSError as error:
        raise _unwritable(path, reason(error)) from None


def require_writable(path: Path) -> None:
    """Raise :class:`StateError` if a state could not be saved there."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _unwritable(path, "katalogen saknas eller är skrivskyddad")


def _unwritable(path: Path, why: str) -> StateError:
    return StateError(
        f"Läget kan inte sparas i {path} ({why}): ge skrivrätt i katalogen, eller välj en "
        "annan fil med --state."
    )
