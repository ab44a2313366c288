"""What a follower remembers, in a file: written when everything before it has been delivered."""

from pathlib import Path
from typing import Literal

import msgspec

from producers import state_file
from producers.mailbox.memory import Memory
from producers.state_file import StateError


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A memory, whose it is, and which key its hashes were made with."""

    version: Literal[1] = 1
    municipality: str
    source: str
    key: str
    """The key's fingerprint."""
    memory: Memory


def load(path: Path, municipality: str, source: str, key: str) -> Memory | None:
    """Return the memory in a file; None if there is no file.

    Raises :class:`~producers.state_file.StateError`.
    """
    state = state_file.load(
        path,
        State,
        if_broken="lägg tillbaka en säkerhetskopia. Tas filen bort läses 90 dagar om; det som "
        "redan är sagt räknas inte dubbelt.",
    )
    if state is None:
        return None
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
