"""Reads a workbook in a process of its own, with a limit to its memory, and writes its rows.

A workbook is a packed file that says how large it is: a few kilobytes can unpack to any size, or
name a cell so far out that the sheet fills all memory. Here only this process ends.

On standard output: messages in MessagePack, each after its length in four bytes. ``["sheet", name,
rows]``, then ``["rows", number of the first, [[cell, …], …]]``, and ``["end"]``; or ``["fault",
kind, names of sheets]``. A cell is text as a CSV file would have it.
"""

import resource
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec

MOST_BYTES: Final = 3 * 1024**3
"""Of address space; a sheet of a million rows and ten columns takes about one."""
MOST_SECONDS: Final = 600
_BATCH: Final = 500

_encode = msgspec.msgpack.Encoder().encode


def cell_text(cell: Any) -> str:
    """Return a workbook's cell as text: times as ISO 8601, whole numbers without decimals."""
    return cell if isinstance(cell, str) else _TEXTS.get(type(cell), str)(cell)


def _number(cell: float) -> str:
    return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)


def _rounded(at: datetime) -> datetime:
    """Return a time to the nearest thousandth of a second: a workbook has room for no more."""
    off = at.microsecond % 1000
    return at + timedelta(microseconds=1000 - off if off >= 500 else -off)


def _length(span: timedelta) -> str:
    milliseconds = round(span / timedelta(milliseconds=1))
    seconds, part = divmod(abs(milliseconds), 1000)
    sign = "-" if milliseconds < 0 else ""
    decimals = f".{part:03}" if part else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{decimals}"


_TEXTS: Final[dict[type, Callable[[Any], str]]] = {
    bool: lambda cell: "ja" if cell else "nej",
    float: _number,
    datetime: lambda cell: _rounded(cell).isoformat(" "),
    date: lambda cell: f"{cell.isoformat()} 00:00:00",
    time: lambda cell: _rounded(datetime.combine(date(2000, 1, 1), cell)).time().isoformat(),
    timedelta: _length,
}
"""Type → how a cell of it is written."""


def _tell(*message: Any) -> None:
    raw = _encode(message)
    sys.stdout.buffer.write(len(raw).to_bytes(4, "big") + raw)


def _read(path: str, wanted: str) -> None:
    import python_calamine  # noqa: PLC0415 - after the limit

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = book.sheet_names
        if not names or (wanted and wanted not in names):
            _tell("fault", "no_sheet", names)
            return
        name = wanted or names[0]
        sheet = book.get_sheet_by_name(name)
    except python_calamine.PasswordError:
        _tell("fault", "password", [])
        return
    except (python_calamine.CalamineError, OSError, ValueError):
        _tell("fault", "broken", [])
        return
    _tell("sheet", name, sheet.total_height)
    number = 1
    batch: list[Sequence[str]] = []
    for row in sheet.iter_rows():
        batch.append(list(map(cell_text, row)))
        if len(batch) == _BATCH:
            _tell("rows", number, batch)
            number += len(batch)
            batch = []
    _tell("rows", number, batch)
    _tell("end")


def main() -> None:
    """Read the workbook that is named on the command line, and the sheet, if one is."""
    for what, most in ((resource.RLIMIT_AS, MOST_BYTES), (resource.RLIMIT_CPU, MOST_SECONDS)):
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _read(sys.argv[1], sys.argv[2])


if __name__ == "__main__":
    main()
