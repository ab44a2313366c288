"""Workbooks: what their cells are, and that none of them can take us down."""

import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from producers.tables import workbook_file
from producers.tables.opening import opened
from producers.tables.table import TableError, places
from streams.domain.catalogue.tables import TableFile

WANTED = ("Kö", "Tid")
PLAIN = TableFile(
    encoding=None, separator=None, sheet=None, formats=(), none=(), queue="vaxel",
    queue_column=None, queues={},
)  # fmt: skip
Write = Callable[[Any, Any], None]


def workbook(path: Path, write: Write, sheet: str = "Samtal") -> Path:
    """Make a workbook of what ``write`` does to it and to its sheet."""
    with xlsxwriter.Workbook(path) as book:
        write(book, book.add_worksheet(sheet))
    return path


def read(path: Path, sheet: str | None = None) -> tuple[str, list[tuple[int, Any]]]:
    spec = PLAIN if sheet is None else TableFile(**{**_fields(PLAIN), "sheet": sheet})
    with opened(path, spec, WANTED) as table:
        places(path.name, table.header, WANTED)
        return table.how, list(table.rows)


def _fields(spec: TableFile) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in TableFile.__dataclass_fields__}


def test_cells_are_the_text_that_a_csv_file_would_have(tmp_path: Path) -> None:
    cells: list[tuple[Any, str | None, str]] = [
        ("Växeln", None, "Växeln"),
        (75, None, "75"),
        (75.5, None, "75.5"),
        (45726.42707175926, None, "45726.42707175926"),
        (True, None, "ja"),
        (datetime(2025, 3, 10, 9, 14, 59), "yyyy-mm-dd hh:mm:ss", "2025-03-10 09:14:59"),  # noqa: DTZ001
        (
            datetime(2025, 3, 10, 9, 14, 59, 7000),  # noqa: DTZ001
            "yyyy-mm-dd hh:mm:ss",
            "2025-03-10 09:14:59.007000",
        ),
        (date(2025, 3, 10), "yyyy-mm-dd", "2025-03-10 00:00:00"),
        (clock(0, 2, 15), "hh:mm:ss", "00:02:15"),
        (timedelta(hours=26, minutes=2), "[h]:mm:ss", "26:02:00"),
        (None, None, ""),
        ("=A1", None, "=A1"),
    ]

    def write(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, [*WANTED, *"CDEFGHIJKL"])
        for at, (value, form, _) in enumerate(cells):
            if form is not None:
                sheet.write_datetime(1, at, value, book.add_format({"num_format": form}))
            elif isinstance(value, str):
                sheet.write_string(1, at, value)
            else:
                sheet.write(1, at, value)

    how, rows = read(workbook(tmp_path / "x.xlsx", write))
    assert how == "arbetsbok, bladet Samtal"
    assert rows == [(2, [text for *_, text in cells])]


def test_every_second_of_a_day_is_that_second(tmp_path: Path) -> None:
    start = datetime(2025, 3, 10)  # noqa: DTZ001
    seconds = range(0, 86_400, 7)

    def write(book: Any, sheet: Any) -> None:
        form = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, WANTED)
        for at, second in enumerate(seconds, 1):
            sheet.write_datetime(at, 1, start + timedelta(seconds=second), form)

    _, rows = read(workbook(tmp_path / "x.xlsx", write))
    assert [cells[1] for _, cells in rows] == [
        str(start + timedelta(seconds=second)) for second in seconds
    ]


def test_rows_have_the_numbers_that_are_seen_beside_them(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write_string(2, 0, "Uttag")
        sheet.write_row(4, 1, WANTED)
        sheet.write_row(7, 1, ["a", "b"])

    _, rows = read(workbook(tmp_path / "x.xlsx", write))
    assert [(number, list(cells)) for number, cells in rows if any(cells)] == [(8, ["", "a", "b"])]


def test_a_sheet_is_chosen_by_name_and_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("Läs mig", "Samtal"):
            book.add_worksheet(name).write_row(0, 0, WANTED if name == "Samtal" else ["Text"])
    assert read(path, "Samtal") == ("arbetsbok, bladet Samtal", [])
    with pytest.raises(TableError, match=r"har inget blad som heter Samtl: menade du Samtal\?"):
        read(path, "Samtl")
    with pytest.raises(TableError, match="saknar Kö och Tid bland kolumnerna"):
        read(path)


def bomb(path: Path, megabytes: int) -> Path:
    """Make a small file that says it is a workbook, and unpacks to so much."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for _ in range(megabytes):
                file.write(b" " * 1_000_000)
    return path


def without_saying_so(path: Path) -> Path:
    """Make a workbook of which a sheet unpacks to far more than the file says that it does."""
    workbook(path, lambda _, sheet: sheet.write_row(0, 0, WANTED))
    aside = path.with_suffix(".zip")
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as other:
        for name in one.namelist():
            with other.open(name, "w", force_zip64=True) as file:
                if not name.endswith("sheet1.xml"):
                    file.write(one.read(name))
                    continue
                file.write(b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>')
                for _ in range(900):
                    file.write(b"x" * 1_000_000)
                file.write(b"</t></is></c></row></sheetData></worksheet>")
        size = other.getinfo("xl/worksheets/sheet1.xml").file_size
    raw = aside.read_bytes()
    assert raw.count(size.to_bytes(8, "little")) + raw.count(size.to_bytes(4, "little")) >= 1
    small = raw.replace(size.to_bytes(8, "little"), (1000).to_bytes(8, "little"))
    path.write_bytes(small.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    return path


def sparse(path: Path) -> Path:
    """Make a workbook with two cells, as far from each other as can be."""

    def write(_: Any, sheet: Any) -> None:
        sheet.write(0, 0, "Kö")
        sheet.write(1_048_575, 16_383, "x")

    return workbook(path, write)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: bomb(path, 1_100), "är för stor att läsa som arbetsbok"),
        (sparse, "är för stor att läsa som arbetsbok"),
        (without_saying_so, ""),
    ],
    ids=["unpacks to a gigabyte", "a cell far out", "unpacks to more than it says"],
)
def test_a_file_that_would_fill_the_memory_is_one_line(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    path = make(tmp_path / "x.xlsx")
    assert path.stat().st_size < 3_000_000
    began = time.monotonic()
    with pytest.raises(TableError) as error:
        read(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert time.monotonic() - began < 100


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + bytes(range(256)), "går inte att läsa som arbetsbok"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "är en arbetsbok av äldre slag, eller har lösenord"),
        (b"\x1f\x8b" + bytes(100), "är packad: packa upp den först (gunzip)"),
        (b"%PDF-1.7", "är en PDF: exportera som CSV eller XLSX"),
        (b"<html>", "är en webbsida eller XML"),
    ],
)
def test_what_is_no_workbook_is_said_to_be_what_it_is(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(TableError) as error:
        read(path)
    assert said in str(error.value)


def test_half_a_workbook_and_a_packed_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "x.xlsx", lambda _, sheet: sheet.write_row(0, 0, WANTED))
    raw = whole.read_bytes()
    whole.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(TableError, match="går inte att läsa som arbetsbok"):
        read(whole)
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as packed:
        packed.writestr("samtal.csv", "Kö;Tid")
    with pytest.raises(TableError, match="är packad och ingen arbetsbok: packa upp den först"):
        read(tmp_path / "y.zip")
    empty = workbook(tmp_path / "z.xlsx", lambda *_: None)
    with pytest.raises(TableError, match="är tom, i bladet Samtal"):
        read(empty)


def test_a_reader_that_is_ended_is_one_line_and_one_that_is_left_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "x.xlsx", lambda _, sheet: sheet.write_row(0, 0, WANTED))
    started: list[Any] = []
    popen = workbook_file.subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> Any:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(workbook_file.subprocess, "Popen", noted)
    with opened(path, PLAIN, WANTED):
        pass
    assert started[0].returncode is not None
    monkeypatch.setattr(workbook_file.sys, "executable", "/bin/false")
    with pytest.raises(TableError, match="är för stor att läsa som arbetsbok, eller trasig"):
        read(path)
