"""CSV is read whoever wrote it, and what is wrong in it costs the rows it is in."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.tables.csv_file import MOST_CELL, MOST_LINES, open_csv
from producers.tables.table import TableError, places

WANTED = ("Kö", "Tid")
HEADER = "Kö;Tid\n"


def read(
    path: Path,
    content: bytes | str,
    encoding: str | None = None,
    separator: str | None = None,
) -> tuple[str, list[tuple[int, object]]]:
    """Return how a file was read, and its rows."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_csv(path, WANTED, encoding, separator) as table:
        places("f.csv", table.header, WANTED)
        return table.how, list(table.rows)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "f.csv"


@pytest.mark.parametrize(
    ("codec", "how"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
    ],
)
@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semikolon"), (",", "komma"), ("\t", "tabb"), ("|", "lodstreck")]
)
def test_encoding_and_separator_are_found_out_and_said(
    file: Path, codec: str, how: str, separator: str, name: str
) -> None:
    text = f"Tid{separator}Kö\r\n10.15{separator}Växeln – öst\r\n"
    assert read(file, text.encode(codec)) == (f"{how}, {name}", [(2, ["10.15", "Växeln – öst"])])


def test_what_is_told_is_not_guessed(file: Path) -> None:
    assert read(file, "Kö;Tid\nÄ,1;2\n".encode("cp1252"), "windows-1252", ";")[1] == [
        (2, ["Ä,1", "2"])
    ]
    with pytest.raises(TableError, match="saknar Kö"):
        read(file, HEADER.encode("cp1252"), "utf-8")


def test_a_bad_byte_among_many_letters_makes_no_other_encoding_of_the_file(file: Path) -> None:
    how, rows = read(file, (HEADER + "Växeln;1\n" * 20).encode() + b"V\xe4xeln;2\n")
    assert how == "UTF-8, semikolon"
    assert rows[0] == (2, ["Växeln", "1"])
    assert rows[-1] == (22, ["V\N{REPLACEMENT CHARACTER}xeln", "2"])


def test_a_separator_that_the_file_tells_is_the_one(file: Path) -> None:
    assert read(file, "sep=|\r\nKö|Tid|a;b;c;d\r\n1|2|3\r\n")[1] == [(3, ["1", "2", "3"])]


def test_titles_above_the_header_are_passed(file: Path) -> None:
    rows = read(file, "Samtal mars\n\nUttag;2025-04-01;;;;\nKö;Tid\na;b\n")[1]
    assert rows == [(5, ["a", "b"])]


def test_text_in_quotes_may_have_anything(file: Path) -> None:
    rows = read(file, 'Tid;Kö\n"a;""b"";\nc";d\n1;2\n')[1]
    assert rows == [(2, ['a;"b";\nc', "d"]), (4, ["1", "2"])]


@pytest.mark.parametrize("after", [3, MOST_LINES + 50])
def test_a_quote_that_is_never_closed_costs_its_own_line_alone(file: Path, after: int) -> None:
    rows = read(file, HEADER + 'a;b\n"c;d\n' + "e;f\n" * after)[1]
    assert rows == [(2, ["a", "b"]), (3, "quoting"), *((4 + n, ["e", "f"]) for n in range(after))]


def test_a_quote_within_text_costs_its_own_line_alone(file: Path) -> None:
    assert read(file, HEADER + '"a"b;c\nd;e\n')[1] == [(2, "quoting"), (3, ["d", "e"])]


def test_many_quotes_that_are_never_closed_take_no_longer_each(file: Path) -> None:
    began = time.monotonic()
    rows = read(file, HEADER + ('"' + "x" * 50 + ";b\n") * 5_001)[1]
    assert len(rows) == 5_001
    assert {row for _, row in rows if isinstance(row, str)} == {"quoting"}
    assert time.monotonic() - began < 60


def test_a_cell_of_a_megabyte_costs_its_own_line_alone(file: Path) -> None:
    for size in (MOST_CELL + 1, 1_100_000, 5_000_000):
        rows = read(file, HEADER + f"{'x' * size};b\na;b\n")[1]
        assert rows == [(2, "too_large"), (3, ["a", "b"])]


def test_a_million_columns_are_one_row(file: Path) -> None:
    (large, small) = read(file, HEADER + ";" * 1_000_000 + "\na;b\n")[1]
    assert large[0] == 2
    assert len(large[1]) == 1_000_001
    assert small == (3, ["a", "b"])
    with pytest.raises(TableError, match="saknar Kö och Tid"):
        read(file, ";" * 1_000_000 + "\n")


def test_nul_bytes_are_text_like_any_other(file: Path) -> None:
    assert read(file, HEADER + "a\0;b\nc;d\n")[1] == [(2, ["a\0", "b"]), (3, ["c", "d"])]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", " \n"])
def test_an_empty_file_is_said_to_be_empty(file: Path, content: str) -> None:
    with pytest.raises(TableError, match="är tom"):
        read(file, content)


def test_a_file_that_grows_is_read_as_far_as_it_was_and_half_a_row_is_not_a_row(
    file: Path,
) -> None:
    file.write_text(HEADER + "a;b\nc;1", "utf-8")
    with open_csv(file, WANTED, None, None) as table, file.open("a", encoding="utf-8") as more:
        more.write("25\ne;f\n")
        more.flush()
        assert list(table.rows) == [(2, ["a", "b"]), (3, "unfinished")]
        assert table.has_grown
    with open_csv(file, WANTED, None, None) as table:
        assert list(table.rows) == [(2, ["a", "b"]), (3, ["c", "125"]), (4, ["e", "f"])]
        assert not table.has_grown


def test_a_last_line_without_an_end_is_a_row(file: Path) -> None:
    assert read(file, HEADER + "a;b")[1] == [(2, ["a", "b"])]


def test_a_column_that_is_not_there_is_said_with_those_that_are(file: Path) -> None:
    with pytest.raises(TableError) as error:
        read(file, "kö;Tyd;Agent\na;b;c\n")
    assert str(error.value) == (
        "f.csv saknar Tid bland kolumnerna; menade du Tyd? de som finns är kö, Tyd, Agent"
    )


@pytest.mark.parametrize(
    "first", ["Eva;08-465 004 00", "Eva;Vaxholm", "a@example.org;b", "2025-03-10;c", "\1;x"]
)
def test_what_stands_in_rows_is_not_shown_where_the_header_is_missing(
    file: Path, first: str
) -> None:
    with pytest.raises(TableError) as error:
        read(file, f"{first}\n{first}\n")
    assert str(error.value) == (
        "f.csv saknar Kö och Tid bland kolumnerna: en av de första raderna ska ha kolumnernas "
        "namn, som i katalogen."
    )


def test_a_column_that_stands_twice_is_not_chosen_among(file: Path) -> None:
    with pytest.raises(TableError, match="två kolumner som heter Tid"):
        read(file, "Kö;Tid; tid \na;b;c\n")


@settings(max_examples=200)
@given(
    content=st.binary(max_size=300)
    | st.text('Kö;Tid"\n\r,\0a', max_size=200).map(lambda text: (HEADER + text).encode())
)
def test_no_bytes_make_it_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    try:
        _, rows = read(file, content)
    except TableError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        numbers = [number for number, _ in rows]
        assert numbers == sorted(set(numbers))
