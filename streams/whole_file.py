"""Files that are there whole or not at all, also after a power cut."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

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
    with staged(files, mode):
        pass


@contextmanager
def staged(files: Mapping[Path, bytes], mode: int = 0o600) -> Iterator[None]:
    """Write some files beside where they are to be, and put them there when all else is done.

    What fails within, or in writing, leaves everything as it was. Raises OSError.
    """
    made: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder is in the way", str(path))
            temporary = path.with_name(f".{path.name}.tmp")
            temporary.unlink(missing_ok=True)
            made.append((temporary, path))
            _write(temporary, content, mode)
        yield
        for temporary, path in made:
            temporary.replace(path)
    except BaseException:
        for temporary, _ in made:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise
    for directory in {path.parent for path in files}:
        sync_directory(directory)


@contextmanager
def written_whole(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Give a file to write to, that replaces ``path`` when all of it has been written.

    For what is too large to be held. Raises OSError; then ``path`` is as it was.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def _write(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Let what was put in a folder be there after a power cut too. Raises OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
