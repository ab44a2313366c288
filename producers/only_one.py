"""One process at a time for a file that tells where reading goes on."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HeldError(Exception):
    """Another process has the file; the text is one Swedish line that says what to do."""


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a file for as long as the context lasts. Raises :class:`HeldError`, or OSError.

    The lock is a file beside it, since the file itself is replaced when it is written. It is let
    go of by whatever ends the process.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldError(
                f"Läget i {path} används redan av en annan process: stoppa den först, eller välj "
                "en annan fil med --state."
            ) from None
        yield
    finally:
        os.close(lock)
