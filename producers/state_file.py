"""Where reading goes on after a restart, in a file: whole or not at all, and read with care."""

import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from streams.domain.swedish import reason
from streams.whole_file import write_whole

T = TypeVar("T")


class StateError(Exception):
    """The file can't be used; the text is one Swedish line that says what to do."""


def load(path: Path, kind: type[T], *, if_broken: str) -> T | None:
    """Return what is in a file; None if there is no file.

    ``if_broken`` says what to do about one that makes no sense. Raises :class:`StateError`.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"Läget i {path} går inte att läsa ({reason(error)}): ge läsrätt, eller välj en "
            "annan fil med --state."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise StateError(f"Läget i {path} går inte att tyda: {if_broken}") from None


def save(path: Path, state: Any) -> None:
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
