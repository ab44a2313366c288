"""Files that are there whole or not at all, also after a power cut."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

FOR_ALL: Final = 0o666
"""Who may read what is no secret is decided by the umask."""


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file's content in one step; only its owner may read it. Raises OSError.

    One at a time for each file. What a crash leaves beside it goes with the next writing.
    """
    write_all_whole({path: content}, mode)


def write_all_whole(files: Mapping[Path, bytes], mode: int = 0o600) -> None:
    """Replace the content of some files, or of none if there is no room for them all.

    Raises OSError. Otherwise as :func:`write_whole`.
    """
    made: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            temporary = path.with_name(f".{path.name}.tmp")
            temporary.unlink(missing_ok=True)
            made.append((temporary, path))
            _write(temporary, content, mode)
        for temporary, path in made:
            temporary.replace(path)
    except BaseException:
        for temporary, _ in made:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise
    for directory in {path.parent for path in files}:
        _sync_directory(directory)


def _write(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
