"""Where simulated events and lines are written: files, and Kafka."""

import gzip
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import click

from producers.timeline import Item
from streams.domain.events import CallEvent, encode

MOST_GATHERED: Final = 2000
"""Most events that are gathered before they are sent to Kafka."""


@dataclass
class Outputs:
    """The places that are written to. Close the stack that they were opened on."""

    events: list[Callable[[CallEvent], object]] = field(default_factory=list)
    lines: list[Callable[[str], object]] = field(default_factory=list)
    flushes: list[Callable[[], object]] = field(default_factory=list)
    written_events: int = 0
    written_lines: int = 0

    def write(self, item: Item) -> None:
        """Write an event to every place for events, a line to every place for lines."""
        what = item[1]
        if isinstance(what, str):
            for write_line in self.lines:
                write_line(what)
            self.written_lines += 1
        else:
            for write_event in self.events:
                write_event(what)
            self.written_events += 1

    def flush(self) -> None:
        """Send on everything that is written; a broker may still have to acknowledge it."""
        for flush in self.flushes:
            flush()

    def rest(self, seconds: float) -> None:
        """Flush, then sleep."""
        self.flush()
        time.sleep(seconds)

    def open_event_file(self, name: str, stack: ExitStack, *, append: bool) -> None:
        """Write events as lines of JSON to a file; gzip by its suffix, ``-`` is stdout."""
        stream: BinaryIO
        if name == "-":
            stream = sys.stdout.buffer
        else:
            path = _usable(Path(name), append=append)
            try:
                raw = stack.enter_context(path.open("ab"))
            except OSError as error:
                raise _cannot_write(path, error) from None
            # No time and no name in the header: the same days are the same bytes.
            packed = gzip.GzipFile("", "ab", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
            stream = stack.enter_context(packed)  # type: ignore[assignment]  # writes bytes too
        self.events.append(lambda event: stream.write(encode(event) + b"\n"))
        self.flushes.append(stream.flush)

    def open_queue_log(self, path: Path, stack: ExitStack, *, append: bool) -> bool:
        """Write lines to a file, each flushed by itself as an exchange does.

        Return whether the file has lines already.
        """
        has_lines = _has_content(_usable(path, append=append))
        try:
            stream = stack.enter_context(path.open("a", encoding="utf-8", buffering=1))
        except OSError as error:
            raise _cannot_write(path, error) from None
        self.lines.append(lambda line: stream.write(line + "\n"))
        return has_lines

    def open_kafka(self, servers: str, topic: str, stack: ExitStack) -> None:
        """Send events to a topic, those that are at hand together as one message."""
        from producers.publisher import (  # noqa: PLC0415 - files need no Kafka client
            Publisher,
            PublishError,
        )

        stack.enter_context(_told(PublishError))
        publisher = stack.enter_context(Publisher(servers, topic))
        gathered: list[CallEvent] = []

        def send() -> None:
            publisher.publish_many(gathered)
            gathered.clear()

        def take(event: CallEvent) -> None:
            gathered.append(event)
            if len(gathered) >= MOST_GATHERED:
                send()

        self.events.append(take)
        self.flushes.append(send)
        stack.callback(send)


@contextmanager
def _told(error_type: type[Exception]) -> Iterator[None]:
    """Tell an error whose text is for people as the command line tells errors."""
    try:
        yield
    except error_type as error:
        raise click.ClickException(str(error)) from None


def _usable(path: Path, *, append: bool) -> Path:
    if _has_content(path) and not append:
        raise click.ClickException(
            f"{path} finns redan: ta bort den, eller skriv vidare i den med --append."
        )
    return path


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _cannot_write(path: Path, error: OSError) -> click.ClickException:
    return click.ClickException(f"Det går inte att skriva till {path}: {error.strerror}.")
