"""Where reading goes on after a restart, in a file: whole or not at all, and read with care."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from producers.only_one import only_one
from streams.domain.swedish import reason
from streams.whole_file import write_whole

T = TypeVar("T")


class StateError(Exception):
    """The file can't be used; the text is one Swedish line that says what to do."""


def load(path: Path, kind: type[T], *, if_broken: str) -> T | None:
    """Return what is in a file; None if there is no file.

    ``kind`` has its ``version``, whose default is the newest. ``if_broken`` says what to do about
    a file that makes no sense. Raises :class:`StateError`.
    """
    content = b""
    try:
        content = path.read_bytes()
        return msgspec.json.decode(content, type=kind)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"Läget i {path} går inte att läsa ({reason(error)}): ge läsrätt, eller välj en "
            "annan fil med --state."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _refuse_newer(path, content, kind)
        raise StateError(f"Läget i {path} går inte att tyda: {if_broken}") from None


class _Versioned(msgspec.Struct):
    version: int


def _refuse_newer(path: Path, content: bytes, kind: type[Any]) -> None:
    """Raise :class:`StateError` if a file was written by a newer version than ours."""
    ours = next(its.default for its in msgspec.structs.fields(kind) if its.name == "version")
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = msgspec.json.decode(content, type=_Versioned).version
        if found > ours:
            raise StateError(
                f"Läget i {path} är av en nyare version ({found}) än den här svarsgrad ({ours}): "
                "uppgradera svarsgrad, eller lägg tillbaka filen som den var före uppgraderingen."
            )


def save(path: Path, state: Any) -> None:
    """Write a state, whole or not at all. Raises :class:`StateError`."""
    try:
        write_whole(path, msgspec.json.encode(state))
    except OSError as error:
        raise _unwritable(path, reason(error)) from None


def require_writable(path: Path) -> None:
    """Raise :class:`StateError` if a state could not be saved there."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _unwritable(path, "mappen saknas eller är skrivskyddad")


@contextmanager
def held(path: Path | None) -> Iterator[None]:
    """Hold the file of a state, if there is one, for as long as the context lasts.

    Raises :class:`StateError` if a state could not be saved there, and :class:`HeldError`.
    """
    if path is None:
        yield
        return
    require_writable(path)
    with only_one(path):
        yield


def _unwritable(path: Path, why: str) -> StateError:
    return StateError(
        f"Läget kan inte sparas i {path} ({why}): ge skrivrätt i mappen, eller välj en "
        "annan fil med --state."
    )
