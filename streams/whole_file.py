"""Files that are there whole or not at all, also after a power cut."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

FOR_ALL: Final = 0o666
"""Who may read what is no secret is decided by the umask."""


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file's content in one step; only its owner may read it. Raises OSError.

    One at a time for each file. What a crash leaves beside it goes with the next writing.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
