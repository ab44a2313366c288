"""Event files: JSON lines, plain or gzip, as records that a ledger can fold."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from streams.domain.events import MAX_VALUE_BYTES
from streams.domain.swedish import reason
from streams.replay import Log

NEVER_AHEAD: Final = sys.maxsize // 1000
"""Stands for the append time of a line: it is not known, so no event counts as too early."""


class EventFileError(RuntimeError):
    """A file can't be read; whoever named it must act. The message is one line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an event file as a record."""

    offset: int
    """Its number, from 0."""
    value: bytes
    timestamp: int = NEVER_AHEAD


def read_files(files: Iterable[Path]) -> Iterator[Log]:
    """Yield a log per file; ``-`` is standard input. Its records raise :class:`EventFileError`."""
    for path in files:
        yield Log(str(path), lines_of(path))


def lines_of(path: Path) -> Iterator[Line]:
    """Yield the lines of a file that are not blank. Raises :class:`EventFileError`."""
    try:
        with _open(path) as lines:
            for number, line in enumerate(_bounded(lines)):
                if line.strip():
                    yield Line(number, line)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise EventFileError(
            f"{path} är ingen hel gzip-fil; packa den på nytt, eller ange den uppackad"
        ) from None
    except FileNotFoundError:
        raise EventFileError(f"{path} finns inte; ange en fil med händelser") from None
    except IsADirectoryError:
        raise EventFileError(f"{path} är en mapp; ange filerna i den") from None
    except OSError as error:
        raise EventFileError(
            f"{path} kan inte läsas ({reason(error)}); se över rättigheterna"
        ) from None


def _bounded(lines: IO[bytes]) -> Iterator[bytes]:
    """Yield lines; of one that is longer than any message may be, so much that it is seen."""
    while line := lines.readline(MAX_VALUE_BYTES + 2):
        part = line
        while len(part) > MAX_VALUE_BYTES and not part.endswith(b"\n"):
            part = lines.readline(MAX_VALUE_BYTES + 2)
        yield line


def _open(path: Path) -> IO[bytes]:
    if str(path) == "-":
        return sys.stdin.buffer
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    return path.open("rb")
