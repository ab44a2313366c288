"""Where simulated events and lines are written: files, and Kafka."""

import csv
import gzip
import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from producers.simulator import call_list, case_export, mail_export
from producers.simulator.call_list import ListedCall
from producers.simulator.case_export import CaseExport
from producers.simulator.mail_export import MailExport
from producers.simulator.timeline import Item
from streams.domain.events import Event, encode
from streams.domain.swedish import counted, reason
from streams.kafka.security import security_as_told
from streams.spreadsheet_text import BOM

if TYPE_CHECKING:
    from producers.publisher import Publisher

MOST_GATHERED: Final = 2000
"""Most events that are gathered before they are sent to Kafka."""
PARTING_SECONDS: Final = 5.0
"""How long delivery is waited for when interrupted: as long as the follower does."""


@dataclass
class Outputs:
    """The places that are written to. Close the stack that they were opened on.

    What can't be written raises :class:`click.ClickException`.
    """

    events: list[Callable[[Event], object]] = field(default_factory=list)
    exports: list[CaseExport | MailExport] = field(default_factory=list)
    """What is told the events, and writes what comes of them when all is over."""
    lines: list[Callable[[str], object]] = field(default_factory=list)
    rows: list[Callable[[Sequence[str]], object]] = field(default_factory=list)
    flushes: list[Callable[[], object]] = field(default_factory=list)
    written_events: int = 0
    written_lines: int = 0
    written_rows: int = 0
    written_cases: int = 0
    written_messages: int = 0

    def write(self, item: Item) -> None:
        """Write an event, a line or a row to every place for such."""
        what = item[1]
        if isinstance(what, str):
            for write_line in self.lines:
                write_line(what)
            self.written_lines += 1
        elif isinstance(what, ListedCall):
            for write_row in self.rows:
                write_row(what.cells)
            self.written_rows += 1
        else:
            for write_event in self.events:
                write_event(what)
            for export in self.exports:
                export.take(what)
            self.written_events += bool(self.events)

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
        if name == "-":
            file = _File(sys.stdout.buffer, "standard ut")
            stack.callback(file.flush)
        else:
            path = Path(name)
            file = stack.enter_context(_opened(path, append=append))
            if path.suffix == ".gz":
                # No time and no name in the header: the same days are the same bytes.
                packed = gzip.GzipFile("", "ab", fileobj=file.stream, mtime=0)
                file = _File(packed, name)  # type: ignore[arg-type]  # writes bytes too
                stack.callback(file.close)
        self.events.append(lambda event: file.write(encode(event) + b"\n"))
        self.flushes.append(file.flush)

    def open_queue_log(self, path: Path, stack: ExitStack, *, append: bool) -> bool:
        """Write lines to a file, each flushed by itself as an exchange does.

        Return whether the file has lines already.
        """
        file = stack.enter_context(_opened(path, append=append))

        def write(line: str) -> None:
            file.write(line.encode() + b"\n")
            file.flush()

        self.lines.append(write)
        return file.had_content

    def open_call_list(self, path: Path, stack: ExitStack, *, append: bool) -> None:
        """Write rows of calls to a file (CSV), under a header if it is new."""
        file = stack.enter_context(_opened(path, append=append))
        if not file.had_content:
            file.write(BOM.encode() + _as_csv([call_list.HEADER]))
        self.rows.append(lambda cells: file.write(_as_csv([cells])))
        self.flushes.append(file.flush)

    def open_case_export(self, path: Path, zone: tzinfo, stack: ExitStack) -> None:
        """Write a row for each case to a new file (CSV) when the stack is closed."""
        file = stack.enter_context(_opened(path, append=False))
        export = CaseExport(zone)
        self.exports.append(export)

        def write() -> None:
            rows = export.rows()
            file.write(BOM.encode() + _as_csv([case_export.HEADER, *rows]))
            self.written_cases = len(rows)

        stack.callback(write)

    def open_mail(self, directory: Path, stack: ExitStack) -> None:
        """Write mailboxes to a directory when the stack is closed."""
        export = MailExport()
        self.exports.append(export)

        def write() -> None:
            messages = export.messages()
            try:
                mail_export.write(messages, directory)
            except OSError as error:
                raise click.ClickException(
                    f"Det går inte att skriva till {directory}: {reason(error)}."
                ) from None
            self.written_messages = len(messages)

        stack.callback(write)

    def open_kafka(self, servers: str, topics: Mapping[str, str], stack: ExitStack) -> None:
        """Send events to the topics of their kinds, those that are at hand together.

        Closing the stack waits until all are delivered; when interrupted, for a few seconds.
        """
        from producers.publisher import (  # noqa: PLC0415 - files need no Kafka client
            Publisher,
            PublishError,
        )

        stack.enter_context(_told(PublishError))
        first = next(iter(topics.values()))
        publisher = stack.enter_context(
            Publisher(servers, first, topics=topics, security=security_as_told())
        )
        gathered = stack.enter_context(_delivered(_Gathered(publisher), PublishError))
        self.events.append(gathered.take)
        self.flushes.append(gathered.send)


class _Gathered:
    """Events on their way to Kafka: those at hand are gathered, and sent together."""

    def __init__(self, publisher: "Publisher") -> None:
        self._publisher = publisher
        self._events: list[Event] = []
        self._sent = 0
        """How many had been sent before the first of those that are gathered now."""

    @property
    def undelivered(self) -> int:
        """How many are not known to be delivered."""
        return self._sent + len(self._events) - self._publisher.delivered

    def take(self, event: Event) -> None:
        """Gather an event; if there are many by now, send them."""
        self._events.append(event)
        if len(self._events) >= MOST_GATHERED:
            self.send()

    def send(self) -> None:
        """Send what is gathered. If interrupted, all of it is sent again: ids are the same."""
        self._publisher.publish_many(self._events)
        self._sent = self._publisher.published
        self._events = []

    def deliver(self) -> None:
        """Return when all is delivered."""
        self.send()
        self._publisher.flush()

    def part(self, seconds: float) -> None:
        """Send what is gathered, and return when all is delivered, or after so long."""
        deadline = time.monotonic() + seconds
        if self._publisher.wait(seconds):  # otherwise sending more might take minutes
            self.send()
            if self._publisher.wait(deadline - time.monotonic()):
                self._sent = self._publisher.delivered


@contextmanager
def _delivered(gathered: _Gathered, error_type: type[Exception]) -> Iterator[_Gathered]:
    """Deliver what is gathered, also when interrupted, or say how much was not delivered."""
    try:
        yield gathered
        gathered.deliver()
    except (KeyboardInterrupt, click.ClickException) as error:
        with suppress(error_type, KeyboardInterrupt):  # a second one is impatient
            gathered.part(PARTING_SECONDS)
        if gathered.undelivered and isinstance(error, KeyboardInterrupt):
            raise click.ClickException(
                f"Avbruten: {counted(gathered.undelivered, 'händelse', 'händelser')} hann inte "
                "levereras till Kafka. Se till att Kafka är i gång och kör om."
            ) from None
        raise


@contextmanager
def _told(error_type: type[Exception]) -> Iterator[None]:
    """Tell an error whose text is for people as the command line tells errors."""
    try:
        yield
    except error_type as error:
        raise click.ClickException(str(error)) from None


class _File:
    """A stream of bytes whose errors are told as the command line tells errors."""

    def __init__(self, stream: BinaryIO, name: str, *, had_content: bool = False) -> None:
        self.stream = stream
        self.name = name
        self.had_content = had_content

    def write(self, content: bytes) -> None:
        try:
            self.stream.write(content)
        except OSError as error:
            raise self._failed(error) from None

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> None:
        try:
            self.stream.close()
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> Exception:
        if self.stream is sys.stdout.buffer and isinstance(error, BrokenPipeError):
            return error  # whoever read it has had enough: click ends quietly
        return _cannot_write(self.name, error)


def _as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


@contextmanager
def _opened(path: Path, *, append: bool) -> Iterator[_File]:
    """Give a file to write at the end of, and close it."""
    try:
        had_content = path.exists() and path.stat().st_size > 0
        if had_content and not append:
            raise click.ClickException(
                f"{path} finns redan: ta bort den, eller skriv vidare i den med --append."
            )
        file = _File(path.open("ab"), str(path), had_content=had_content)
    except OSError as error:
        raise _cannot_write(str(path), error) from None
    try:
        yield file
    finally:
        file.close()


def _cannot_write(name: str, error: OSError) -> click.ClickException:
    return click.ClickException(f"Det går inte att skriva till {name}: {reason(error)}.")
