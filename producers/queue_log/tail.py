"""The complete lines of a file that grows, is rotated, and is read on after a restart.

- Renamed: the old file is read to its end, then the next one.
- Emptied (copytruncate): the copy is read to its end, if there is one, then the file from 0.
- Several rotations while nobody read: all files in between, in order of their last change.
- A last line without its newline is not read until the newline is there.

Rotated files may be packed by gzip, which keeps their time of change. A packed file may be what is
read.
"""

import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from producers.queue_log import rotation, unpacked
from producers.queue_log.line import MAX_LINE_BYTES
from producers.queue_log.rotation import Position
from streams.domain.swedish import reason
from streams.logs import Entry, e, tell

CHUNK_BYTES: Final = 262_144

_NOWHERE: Final = Position(device=0, inode=0, offset=0)
_UNKNOWN: Final = (-1, -1)

log = logging.getLogger(__name__)


class TailError(Exception):
    """The file can't be read; the text is one Swedish line that says what to do."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some complete lines, each with its offset in ``name``, and the position after them.

    ``torn_at``: name and offset of a line that never got its newline, in a file that was rotated;
    it is left out.
    """

    name: str
    lines: list[tuple[int, bytes]]
    position: Position
    torn_at: tuple[str, int] | None = None


class Tail:
    """Reads one log from a position, or from its start; ``path`` is its name while it is written.

    Without a position it begins in the oldest rotated file that is left, if ``is_whole``.
    Raises :class:`TailError` where the file can't be opened; a missing file is only waited for.
    """

    def __init__(
        self, path: Path, position: Position | None = None, *, is_whole: bool = False
    ) -> None:
        self.path = path
        self._begins_at = position
        self._is_whole = is_whole
        self._file = -1
        self._packed: os.stat_result | None = None
        self._name = path.name
        self._position = _NOWHERE
        self._is_last_look = False  # the next file has content, so this one will not grow
        self._seen = _UNKNOWN  # size and time of change when there was nothing more to read
        self._searched = 0  # no newline between the position and here

    @property
    def is_open(self) -> bool:
        """Whether there is a file to read."""
        return self._file >= 0

    @property
    def unread_bytes(self) -> int:
        """How many bytes of the open file have not been read."""
        return max(0, os.fstat(self._file).st_size - self._position.offset) if self.is_open else 0

    def read(self) -> Chunk | None:
        """Return the next lines, some 256 kB at most, or None if there are none now."""
        if not self.is_open and not self._resume():
            return None
        while True:
            chunk = self._complete_lines()
            if chunk is not None:
                return chunk
            here = os.fstat(self._file)
            following = rotation.following(self.path, self._packed or here)
            if following is None:
                return None
            if not self._is_last_look:  # it may have grown before the next one got content
                self._is_last_look = True
                self._seen = _UNKNOWN
                continue
            torn_at = (self._name, self._position.offset)
            is_torn = here.st_size > self._position.offset
            # What is being emptied has been copied already: its beginning is the copy's. And what
            # is packed now may be the very file that is open.
            is_same = (
                following == self.path or following.suffix == unpacked.PACKED
            ) and rotation.is_copied_in(following, self._position)
            if not self._open(following, self._position if is_same else None):
                return None
            self._tell(e.LOG_ROTATED, "was rotated: reading on in", following)
            if is_torn:
                return Chunk(self._name, [], self._position, torn_at)

    def close(self) -> None:
        """Let go of the file."""
        if self.is_open:
            os.close(self._file)
            self._file = -1

    def _complete_lines(self) -> Chunk | None:
        at = self._position.offset
        status = os.fstat(self._file)
        if (status.st_size, status.st_mtime_ns) == self._seen:
            return None
        data = os.pread(self._file, CHUNK_BYTES, at)
        # After the read, so that bytes of an emptied and refilled file are not taken for ours.
        if not rotation.has_same_head(self._file, self._position):
            self._find_copy()
            return self._complete_lines()
        end = at + data.rfind(b"\n") + 1
        if end == at and len(data) == CHUNK_BYTES:
            end = self._end_of_long_line(at + len(data))
            data = data[: MAX_LINE_BYTES + 1] + b"\n"  # enough to be seen as too long
        if end <= at:
            self._seen = (status.st_size, status.st_mtime_ns)
            return None
        lines = _lines(data[: end - at], at)
        self._position = rotation.moved(self._file, self._position, end)
        self._searched = 0
        return Chunk(self._name, lines, self._position)

    def _end_of_long_line(self, start: int) -> int:
        """Return the offset after the first newline from ``start`` on; 0 if there is none yet."""
        at = max(start, self._searched)
        while data := os.pread(self._file, CHUNK_BYTES, at):
            if (found := data.find(b"\n")) >= 0:
                return at + found + 1
            at += len(data)
        self._searched = at
        return 0

    def _resume(self) -> bool:
        """Open the file the position is in, wherever it is now; False if there is none yet."""
        position = self._begins_at
        if position is None:
            return self._open((self._is_whole and rotation.oldest(self.path)) or self.path)
        found = rotation.find(self.path, position)
        if found is not None:
            return self._open(found, position)
        oldest = rotation.oldest_since(self.path, position) or self.path
        if not self._open(oldest):
            return False
        tell(
            log,
            e.LOG_LOST,
            f"the file that was read before is gone: reading on from the start of {oldest},"
            " without what the old one got in between",
            file=oldest,
        )
        return True

    def _find_copy(self) -> None:
        """Go on in the copy of a file that was emptied; at its start if there is no copy."""
        copy = rotation.find(self.path, self._position)
        if copy is not None and self._open(copy, self._position):
            self._tell(e.LOG_COPIED, "was emptied: reading the rest of its copy", copy)
        else:
            told = f"{self.path} was emptied: reading it from the start"
            tell(log, e.LOG_EMPTIED, told, file=self.path)
            self._begin(rotation.start_of(self._file))

    def _tell(self, entry: Entry, what: str, following: Path) -> None:
        told = f"{self.path} {what} {following.name}"
        tell(log, entry, told, file=self.path, next_file=following)

    def _open(self, path: Path, position: Position | None = None) -> bool:
        """Open a file at a position in it, or at its start; False if it isn't there."""
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise TailError(f"{path} är ingen vanlig fil: ange växelns queue_log.")
            file, packed = unpacked.opened(path)
        except FileNotFoundError:
            return False
        except unpacked.TooMuchError:
            raise TailError(
                f"{path} är uppackad större än 4 GiB: är det växelns logg, dela den i flera."
            ) from None
        except unpacked.PackedError:
            raise TailError(
                f"{path} är skadad, eller inte färdigpackad: packa upp den för hand (gunzip)."
            ) from None
        except OSError as error:
            raise TailError(
                f"{path} går inte att läsa ({reason(error)}): ge användaren läsrätt till filen."
            ) from None
        self.close()
        self._file = file
        self._packed = packed
        self._name = path.name
        start = rotation.start_of(file)
        self._begin(start if position is None else rotation.in_file(start, position))
        return True

    def _begin(self, position: Position) -> None:
        self._position = position
        self._is_last_look = False
        self._seen = _UNKNOWN
        self._searched = 0


def _lines(data: bytes, offset: int) -> list[tuple[int, bytes]]:
    """Return the lines of data that ends with a newline, each with its offset in the file."""
    lines = []
    for line in data.split(b"\n")[:-1]:
        lines.append((offset, line))
        offset += len(line) + 1
    return lines
