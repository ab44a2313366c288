"""Where a follower's events go: to Kafka, or as JSON lines to a file or a stream."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from producers.publisher import (
    PATIENCE_SECONDS,
    Publisher,
    PublishError,
    PublishRefusedError,
)
from streams.domain.events import Event, encode
from streams.domain.swedish import reason

RECONNECT_SECONDS: Final = 2.0
"""How long each attempt to reach a broker again may take."""


class SinkError(Exception):
    """Events can't be written; the text is one Swedish line that says what to do."""


class Sink(Protocol):
    """Takes events, and says when all of them are safe."""

    def send(self, events: Sequence[Event]) -> None:
        """Take events, in order."""

    def wait(self, seconds: float) -> bool:
        """Return whether all that was sent is safe, after waiting at most so long."""

    def close(self) -> None:
        """Let go."""


class KafkaSink:
    """A topic as a sink. A broker may be away for any time: then a new publisher sends again.

    Making it raises :class:`~producers.publisher.PublishError`, since an address that is wrong
    should be said at once; after that nothing does, but a Kafka that refuses us
    (:class:`~producers.publisher.PublishRefusedError`): what it refuses is read anew at a start.
    """

    def __init__(self, connect: Callable[[float], Publisher]) -> None:
        """``connect`` makes a publisher within so many seconds, or raises PublishError."""
        self._connect = connect
        self._publisher: Publisher | None = connect(PATIENCE_SECONDS)
        self._unsafe: list[Event] = []

    def send(self, events: Sequence[Event]) -> None:
        """Publish events: alone, or many as one message."""
        self._unsafe += events
        if self._publisher is not None:
            try:
                self._publisher.publish_many(events)
            except PublishRefusedError:
                raise
            except PublishError:
                self.close()

    def wait(self, seconds: float) -> bool:
        """Return whether the brokers have acknowledged everything."""
        try:
            if self._publisher is None:
                self._publisher = self._connect(RECONNECT_SECONDS)
                self._publisher.publish_many(self._unsafe)
            is_safe = self._publisher.wait(seconds)
        except PublishRefusedError:
            raise
        except PublishError:
            self.close()
            return False
        if is_safe:
            self._unsafe.clear()
        return is_safe

    def close(self) -> None:
        """Let go of the connection."""
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None


class LineSink:
    """JSON lines to an open file, which is closed if it is ours. Raises :class:`SinkError`."""

    def __init__(self, file: BinaryIO, name: str, *, is_ours: bool = True) -> None:
        self._file = file
        self._name = name
        self._is_ours = is_ours

    def send(self, events: Sequence[Event]) -> None:
        """Write events, a line each."""
        try:
            self._file.write(b"".join(encode(event) + b"\n" for event in events))
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from None

    def wait(self, seconds: float) -> bool:  # noqa: ARG002 # a disk answers at once
        """Return True when what was written is on the disk, or with whoever reads the stream."""
        try:
            if self._is_ours and stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                os.fsync(self._file.fileno())  # a pipe or a device can't
        except OSError as error:
            raise self._failed(error) from None
        return True

    def close(self) -> None:
        """Close the file, if it is ours."""
        try:
            if self._is_ours:
                self._file.close()
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> SinkError:
        return SinkError(f"Det går inte att skriva till {self._name} ({reason(error)}).")


def open_lines(path: Path, *, is_continued: bool) -> LineSink:
    """Return a sink that writes a new file, or goes on in the one there is.

    A crash can leave half a line at the end: it is cut off, since its event comes again.
    Raises :class:`SinkError`.
    """
    try:
        file = path.open("r+b" if is_continued and path.exists() else "w+b")
        if is_continued:
            file.truncate(_end_of_lines(file))
            file.seek(0, os.SEEK_END)
    except OSError as error:
        raise SinkError(f"Det går inte att skriva till {path} ({reason(error)}).") from None
    return LineSink(file, str(path))


def _end_of_lines(file: BinaryIO) -> int:
    """Return the offset after the last newline of a file; 0 if it has none."""
    at = file.seek(0, os.SEEK_END)
    while at > 0:
        start = max(0, at - 65_536)
        file.seek(start)
        if (found := file.read(at - start).rfind(b"\n")) >= 0:
            return start + found + 1
        at = start
    return 0
