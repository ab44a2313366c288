"""Workbooks (XLSX): the rows of a sheet, read by a process of its own that can't take us down."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from producers.tables.csv_file import MOST_CELL
from producers.tables.table import MOST_HEADER_ROW, Row, Table, TableError, likeness
from streams.domain.nearest import nearest

MOST_PACKED: Final = 256 * 1024**2
MOST_UNPACKED: Final = 1024**3
"""Of what the file says that it holds; what doesn't say so meets the reader's own limit."""

_decode = msgspec.msgpack.Decoder().decode


@contextmanager
def open_workbook(path: Path, wanted: Sequence[str], sheet: str | None) -> Iterator[Table]:
    """Open a sheet whose header has most of the columns ``wanted``; the first, if none is told.

    Raises :class:`TableError`; what the system refuses passes through (OSError).
    """
    _require_reasonable(path)
    # -P: what happens to lie where the command is given is not ours to run.
    told = ("-P", "-m", "producers.tables.workbook_child", str(path), sheet or "")
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, *told], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            assert child.stdout is not None  # noqa: S101 - it is a pipe
            messages = _messages(path, child.stdout)
            yield _table(path, messages, wanted, sheet)
        finally:
            child.kill()


def _require_reasonable(path: Path) -> None:
    """Refuse what is no workbook, or says that it is larger than any that is one."""
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(item.file_size for item in packed.infolist())
            is_workbook = "[Content_Types].xml" in packed.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise TableError(_broken(path)) from None
    if not is_workbook:
        raise TableError(f"{path} är packad och ingen arbetsbok: packa upp den först.")
    if path.stat().st_size > MOST_PACKED or unpacked > MOST_UNPACKED:
        raise TableError(_too_large(path))


def _messages(path: Path, stream: IO[bytes]) -> Iterator[list[Any]]:
    """Yield what the reader says, until the end. Raises :class:`TableError` if it ends before."""
    while True:
        head = stream.read(4)
        raw = stream.read(int.from_bytes(head, "big")) if len(head) == 4 else b""
        if not raw:
            raise TableError(_too_large(path))  # it met a limit, or couldn't stand the file
        message = _decode(raw)
        if message[0] == "end":
            return
        yield message


def _table(
    path: Path, messages: Iterator[list[Any]], wanted: Sequence[str], sheet: str | None
) -> Table:
    kind, *told = next(messages)
    if kind == "fault":
        raise TableError(_fault(path, *told, sheet=sheet))
    name, height = told
    rows = _numbered(messages)
    first: list[tuple[int, list[str]]] = []
    for number, cells in rows:
        first.append((number, cells))
        if len(first) == MOST_HEADER_ROW:
            break
    if not any(any(cells) for _, cells in first):
        raise TableError(f"{path} är tom, i bladet {name}: exportera den igen, eller ange sheet.")
    header_line, header = max(first, key=lambda row: (likeness(row[1], wanted), -row[0]))
    table = Table(
        header=header,
        header_line=header_line,
        rows=iter(()),
        how=f"arbetsbok, bladet {name}",
        size=height,
        has_serials=True,
    )
    table.rows = _after(table, first, rows)
    return table


def _numbered(messages: Iterator[list[Any]]) -> Iterator[tuple[int, list[str]]]:
    for _, start, rows in messages:
        yield from enumerate(rows, start)


def _after(
    table: Table, first: list[tuple[int, list[str]]], rest: Iterator[tuple[int, list[str]]]
) -> Iterator[Row]:
    for rows in (first, rest):
        for number, cells in rows:
            table.place = number
            if number > table.header_line:
                yield number, "too_large" if max(map(len, cells)) > MOST_CELL else cells


def _fault(path: Path, kind: str, names: list[str], *, sheet: str | None) -> str:
    if kind == "password":
        return f"{path} har lösenord: spara den utan, eller exportera som CSV."
    if kind == "no_sheet" and sheet:
        near = nearest(sheet, names)
        right = f"menade du {near}?" if near else f"där finns {', '.join(names) or 'inget'}."
        return f"{path} har inget blad som heter {sheet}: {right}"
    return _broken(path)


def _broken(path: Path) -> str:
    return f"{path} går inte att läsa som arbetsbok: exportera den igen, som XLSX eller CSV."


def _too_large(path: Path) -> str:
    return (
        f"{path} är för stor att läsa som arbetsbok, eller trasig: exportera den som CSV, eller "
        "en kortare tid."
    )
