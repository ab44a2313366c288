"""CSV as other systems write it: row by row, whatever its size, with what is wrong in each row.

Separator and encoding are told by the catalogue or found out. The file is read as far as it was
when it was opened: what is written meanwhile comes with the next reading.
"""

import codecs
import csv
import io
import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from producers.tables.table import MOST_HEADER_ROW, Row, Table, TableError, likeness

MOST_LINE: Final = 1_048_576
"""Most characters of a line; a longer one is a fault, and never held."""
MOST_CELL: Final = 131_072
MOST_LINES: Final = 100
"""Most lines of a row: text in quotes may have ends of lines, but a quote that is never closed
would swallow the rest of the file."""
_SNIFFED: Final = 65_536
"""Bytes in which the header stands."""
_CHUNK: Final = 1_048_576
_FEW: Final = 10
"""Of UTF-8 with faults there are so many good letters for each bad one."""

_SEPARATORS: Final = {";": "semikolon", ",": "komma", "\t": "tabb", "|": "lodstreck"}
_ENCODINGS: Final = {"utf-8": "UTF-8", "windows-1252": "Windows-1252", "utf-16": "UTF-16"}
_CODECS: Final = {"utf-8": "utf-8-sig", "windows-1252": "cp1252", "utf-16": "utf-16"}
"""What Python calls them: with or without a mark."""
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@contextmanager
def open_csv(
    path: Path, wanted: Sequence[str], encoding: str | None, separator: str | None
) -> Iterator[Table]:
    """Open a file whose header has most of the columns ``wanted``.

    Raises :class:`TableError`; what the system refuses passes through (OSError).
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(_SNIFFED)
        codec = encoding or _encoding(start, file)
        lines = _sniffed(start, codec)
        if not any(line.strip() for line in lines):
            raise TableError(f"{path} är tom: exportera den igen.")
        separator, header_line, header = _header(lines, separator, wanted)
        file.seek(0)
        part = _Part(file, size)
        table = Table(
            header=header,
            header_line=header_line,
            rows=iter(()),
            how=f"{_ENCODINGS[codec]}, {_SEPARATORS.get(separator, separator)}",
            size=size,
        )
        table.rows = _rows(table, _Lines(part, codec, table), separator)
        yield table


class _Part(io.RawIOBase):
    """The first bytes of a file, as many as it had when it was opened."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # of bytes, as ever
        read = self.file.read(min(self.left, len(buffer)))
        buffer[: len(read)] = read
        self.left -= len(read)
        return len(read)

    def has_grown(self) -> bool:
        return os.fstat(self.file.fileno()).st_size > self.file.tell()


@dataclass(slots=True)
class _Lines:
    """Lines with their numbers; in place of one that is no use, the kind of fault it has."""

    part: _Part
    codec: str
    table: Table
    text: io.TextIOWrapper = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        buffered = io.BufferedReader(self.part, _CHUNK)
        self.text = io.TextIOWrapper(buffered, _CODECS[self.codec], errors="replace", newline="")

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        """Yield the number of each line, the line, and its fault (none of a good one)."""
        total = self.table.size
        while line := self.text.readline(MOST_LINE):
            self.number += 1
            self.table.place = total - self.part.left
            if len(line) == MOST_LINE and not line.endswith(("\n", "\r")):
                self._pass_line()
                yield self.number, "", "too_large"
            elif not line.endswith(("\n", "\r")) and self.part.has_grown():
                yield self.number, "", "unfinished"
            else:
                yield self.number, line, ""
        self.table.has_grown = self.part.has_grown()

    def _pass_line(self) -> None:
        while more := self.text.readline(MOST_LINE):
            if more.endswith(("\n", "\r")):
                return


class _UnclosedError(Exception):
    """A row has no end within reason."""


def _rows(table: Table, lines: _Lines, separator: str) -> Iterator[Row]:
    """Yield the rows after the header.

    Of a row that goes wrong in its quotes only the first line is given up: those after it may be
    rows of their own.
    """
    coming = iter(lines)
    again: deque[tuple[int, str, str]] = deque()
    taken: list[tuple[int, str, str]] = []

    def fed() -> Iterator[str]:
        while (item := again.popleft() if again else next(coming, None)) is not None:
            taken.append(item)
            if item[2] or len(taken) > MOST_LINES:
                raise _UnclosedError
            yield item[1]

    reader = csv.reader(fed(), delimiter=separator, strict=True)
    while True:
        taken.clear()
        try:
            cells: Sequence[str] | str = next(reader)
        except StopIteration:
            return
        except (csv.Error, _UnclosedError) as error:
            is_large = "field limit" in str(error) and len(taken) == 1
            cells = taken[0][2] or ("too_large" if is_large else "quoting")
            again.extendleft(reversed(taken[1:]))
            reader = csv.reader(fed(), delimiter=separator, strict=True)
        if taken[0][0] > table.header_line:
            yield taken[0][0], cells


def _encoding(start: bytes, file: BinaryIO) -> str:
    """Return how a file is encoded, by its mark or by what all of it could be."""
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return codec
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    chunk = start
    while chunk:
        if not chunk.isascii():
            text = decoder.decode(chunk)
            wrong = text.count("\N{REPLACEMENT CHARACTER}")
            bad += wrong
            good += len(text) - wrong - sum(map(text.count, _ASCII))
        chunk = file.read(_CHUNK)
    return "utf-8" if good >= _FEW * bad else "windows-1252"


_ASCII: Final = [chr(code) for code in range(128)]


def _sniffed(start: bytes, codec: str) -> list[str]:
    """Return the first lines of a file, whole ones if it has an end of a line."""
    lines = io.StringIO(start.decode(_CODECS[codec], "replace"), newline="").readlines()
    whole = lines[:-1] if len(start) == _SNIFFED and len(lines) > 1 else lines
    return whole[:MOST_LINES]


def _header(
    lines: list[str], separator: str | None, wanted: Sequence[str]
) -> tuple[str, int, list[str]]:
    """Return the separator, and the line and the cells of the header.

    It is the row that has most of the wanted columns; of several, the first, and of separators
    the one that makes most cells.
    """
    if separator is None and (told := _SEP_LINE.fullmatch(lines[0])):
        separator = told[1]
    best: tuple[tuple[int, int, int], str, int, list[str]] | None = None
    for candidate in [separator] if separator else _SEPARATORS:
        for line, cells in _first_rows(lines, candidate):
            order = (likeness(cells, wanted), -line, len(cells))
            if best is None or order > best[0]:
                best = (order, candidate, line, cells)
    if best is None:
        return separator or ";", 1, []
    return best[1:]


def _first_rows(lines: list[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
            if line > MOST_HEADER_ROW:
                return
    except csv.Error:
        return
