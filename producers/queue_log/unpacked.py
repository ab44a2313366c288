"""A log's file opened, whether it was packed by gzip or not."""

import gzip
import os
import tempfile
import zlib
from pathlib import Path
from typing import IO, Final, NamedTuple

PACKED: Final = ".gz"
MOST_UNPACKED: Final = 4 * 1024**3
"""Bytes: more than a year of a large exchange. A few megabytes may say that they are terabytes."""
_COPY_BYTES: Final = 1_048_576


class PackedError(OSError):
    """A packed file is damaged, or not all there."""


class TooMuchError(PackedError):
    """A packed file has more in it than is unpacked."""


class Opened(NamedTuple):
    """An open file to read, and what the system knows of the packed one that it is a copy of."""

    file: int
    packed: os.stat_result | None


def opened(path: Path) -> Opened:
    """Open a file to read: of one named .gz, an unpacked copy that has its time of change.

    The copy has no name, and goes when it is closed. Raises OSError, and of these
    :class:`PackedError` for what can't be unpacked, or would take too much room.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if path.suffix != PACKED:
        return Opened(file, None)
    with os.fdopen(file, "rb") as packed, tempfile.TemporaryFile() as copy:
        try:
            with gzip.open(packed) as content:
                _copy(content, copy, path)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise PackedError(f"{path} is damaged or not all there") from None
        copy.flush()
        changed = os.fstat(file)
        os.utime(copy.fileno(), ns=(changed.st_atime_ns, changed.st_mtime_ns))
        return Opened(os.dup(copy.fileno()), changed)


def _copy(content: gzip.GzipFile, copy: IO[bytes], path: Path) -> None:
    left = MOST_UNPACKED
    while part := content.read(_COPY_BYTES):
        left -= len(part)
        if left < 0:
            raise TooMuchError(f"{path} unpacks to more than {MOST_UNPACKED} bytes")
        copy.write(part)
