"""Files renamed, copied and emptied while they are read: which is which, and what is next.

A position is known by what it is a position *in*: device, inode and a hash of the file's first
bytes. So it is found again when the file has been renamed (``queue_log.1``) or copied, and not
mistaken when an inode is used again or the file was emptied and filled. The hash is kept, so it is
of each line without its data: from a plain hash, a caller's number could be found by trying all.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from producers.queue_log import unpacked
from producers.queue_log.line import without_data

HEAD_BYTES: Final = 1024
TELLING_BYTES: Final = 16
"""Fewer bytes than any line of a log has."""

_ROTATED: Final = re.compile(r"[.-]\d[\d.-]*(\.gz)?")  # queue_log.1, queue_log-20260301.gz, …
_UNREADABLE: Final = (".bz2", ".xz", ".zst", ".Z", ".zip")


class Position(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a file has been read, and which file it was."""

    device: int
    inode: int
    offset: int
    head_bytes: int = 0
    head: str = ""
    """Hash of the lines in the first ``head_bytes`` bytes, all of which have been read."""
    changed_ns: int = 0
    """When the file had last been changed; 0 if that was not noted."""


def start_of(file: int) -> Position:
    """Return the position before the first byte of an open file."""
    status = os.fstat(file)
    return Position(device=status.st_dev, inode=status.st_ino, offset=0)


def in_file(start: Position, position: Position) -> Position:
    """Return a position as one in the file that begins at ``start``: a copy has its own inode."""
    return msgspec.structs.replace(position, device=start.device, inode=start.inode)


def moved(file: int, position: Position, offset: int) -> Position:
    """Return the position at ``offset`` of an open file; the head grows until it is 1 kB."""
    changed_ns = os.fstat(file).st_mtime_ns
    head_bytes = min(HEAD_BYTES, offset)
    if head_bytes == position.head_bytes:
        return msgspec.structs.replace(position, offset=offset, changed_ns=changed_ns)
    return msgspec.structs.replace(
        position,
        offset=offset,
        head_bytes=head_bytes,
        head=_head(file, head_bytes),
        changed_ns=changed_ns,
    )


def has_same_head(file: int, position: Position) -> bool:
    """Return whether an open file begins as the one that was read, and reaches as far."""
    return os.fstat(file).st_size >= position.offset and _is_headed(file, position)


def find(path: Path, position: Position) -> Path | None:
    """Return the file a position is in: the same inode, or else a copy; None if it is gone."""
    candidates = [path, *_siblings(path)]
    for is_wanted in (_is_same_file, _is_copy):
        for candidate in candidates:
            if _holds(candidate, position, is_wanted):
                return candidate
    return None


def is_copied_in(path: Path, position: Position) -> bool:
    """Return whether a file begins as the one a position is in, and reaches as far.

    So does what gzip makes of it. A few bytes are no sign: two files may both begin with an empty
    line.
    """
    return position.head_bytes >= TELLING_BYTES and _holds(path, position, _is_copy)


def oldest_since(path: Path, position: Position) -> Path | None:
    """Return the first file that was written after the one a position is in, which is gone.

    None if no rotated file is left of that time, or the position does not say when it was.
    """
    later = _rotated_since(path, position.changed_ns) if position.changed_ns else []
    return min(later)[1] if later else None


def oldest(path: Path) -> Path | None:
    """Return the rotated file that was changed before all others; None if there is none."""
    rotated = _rotated_since(path, -1)
    return min(rotated)[1] if rotated else None


def following(path: Path, here: os.stat_result) -> Path | None:
    """Return the file that was written after ``here``, once it has content; None before that.

    Files with a number or date after the name come in order of their last change, ``path`` last.
    The writer leaves a file before it writes to the next, so ``here`` grows no more after that.
    """
    now = status(path)
    if now is not None and is_one(now, here):
        return None
    later = _rotated_since(path, here.st_mtime_ns)
    if later:
        return min(later)[1]
    return path if now is not None and now.st_size > 0 else None


def status(path: Path) -> os.stat_result | None:
    """Return what the system knows of a plain file; None if it isn't there or is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def is_one(one: os.stat_result, other: os.stat_result) -> bool:
    """Return whether two are the same file under any names."""
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _rotated_since(path: Path, instant_ns: int) -> list[tuple[int, Path]]:
    """Return the rotated files that were last changed after an instant, and when."""
    return [
        (found.st_mtime_ns, sibling)
        for sibling in _siblings(path)
        if _ROTATED.fullmatch(sibling.name.removeprefix(path.name))
        and (found := status(sibling)) is not None
        and found.st_mtime_ns > instant_ns
    ]


def _holds(path: Path, position: Position, is_wanted: Callable[[int, Position], bool]) -> bool:
    if status(path) is None:  # nor wait for the writer of a pipe
        return False
    try:
        file = unpacked.opened(path).file
    except OSError:
        return False
    try:
        return is_wanted(file, position)
    finally:
        os.close(file)


def _siblings(path: Path) -> list[Path]:
    """Return the files beside it whose names begin with its own; of two that gzip leaves, one."""
    escaped = re.sub(r"([*?\[])", r"[\1]", path.name)
    there = set(path.parent.glob(f"{escaped}*"))
    return sorted(
        sibling
        for sibling in there - {path}
        if sibling.suffix not in _UNREADABLE
        and not (sibling.suffix == unpacked.PACKED and sibling.with_suffix("") in there)
    )


def _is_same_file(file: int, position: Position) -> bool:
    found = os.fstat(file)
    return (found.st_dev, found.st_ino) == (position.device, position.inode) and has_same_head(
        file, position
    )


def _is_copy(file: int, position: Position) -> bool:
    return position.head_bytes > 0 and has_same_head(file, position)


def _is_headed(file: int, position: Position) -> bool:
    return _head(file, position.head_bytes) == position.head


def _head(file: int, count: int) -> str:
    if not count:
        return ""
    lines = os.pread(file, count, 0).split(b"\n")
    return hashlib.sha256(b"\n".join(map(without_data, lines))).hexdigest()
