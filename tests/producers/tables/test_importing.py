"""What is read of a file is sent row by row, whole, and counted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from producers.tables import importing
from producers.tables.faults import MENDED, NOT_KEPT, Findings, RowError
from producers.tables.importing import BATCH, Tally, run, told
from producers.tables.table import Row, Table, TableError
from streams.domain.event_types import CALL_PREFIX
from streams.domain.events import CallData, CallEvent, Event

NOON = datetime(2025, 3, 10, 11, 0, tzinfo=UTC)


class Rows:
    """Says so many events of a row as it has in its cell."""

    def __init__(self) -> None:
        self.mended: set[str] = set()

    def finish(self) -> list[Event]:
        return []

    def remarks(self) -> list[str]:
        return []

    def translate(self, cells: Sequence[str]) -> list[Event]:
        self.mended = {"blanks"} if cells[0] == " 1" else set()
        if cells[0] == "?":
            raise RowError("missing", "Kö")
        return [
            CallEvent(
                id=f"{number}",
                source="/test",
                type=f"{CALL_PREFIX}offered.v1",
                subject=cells[0],
                time=NOON,
                partitionkey="lulea",
                data=CallData(queue="vaxel", arrived_at=NOON),
            )
            for number in range(int(cells[0]))
        ]


def table_of(rows: Sequence[Sequence[str] | str]) -> Table:
    def numbered() -> Iterator[Row]:
        yield from enumerate(rows, 2)

    return Table(header=["n"], header_line=1, rows=numbered(), how="CSV", size=7)


def test_no_row_comes_by_half() -> None:
    sent: list[list[Event]] = []
    tally = Tally(Findings())
    sizes = [7, BATCH, 1, *[3] * (BATCH - 1), BATCH - 1, 2]
    run(
        table_of([[str(size)] for size in sizes]),
        Rows(),
        lambda e: sent.append(list(e)),
        tally,
        repr,
    )
    assert max(map(len, sent)) <= BATCH
    whole = [sum(event.id == "0" for event in batch) for batch in sent]
    assert sum(whole) == len(sizes), "each batch begins with a row"
    for batch in sent:
        assert not batch or batch[0].id == "0"
    assert tally.events == sum(sizes) == sum(map(len, sent))


def test_rows_kept_mended_and_not_kept_are_counted_and_empty_ones_are_none() -> None:
    tally, shown = Tally(Findings()), list[int]()
    table = table_of([["1"], ["", " "], [" 1"], ["?"], "quoting", ["2"]])
    run(table, Rows(), len, tally, shown.append)
    assert (tally.rows, tally.kept, tally.events) == (5, 3, 4)
    assert shown[-1] == table.size
    assert told("f", table, tally, "Sparade till x") == [
        "f: CSV.",
        "Sparade till x 3 av 5 rader: 4 händelser.",
        "Inte sparat, 2 rader:",
        f"  1: {NOT_KEPT['missing']} (kolumn Kö), rad 5",
        f"  1: {NOT_KEPT['quoting']}, rad 6",
        "Sparat, men lagat:",
        f"  1: {MENDED['blanks']}, rad 4",
    ]


def test_of_very_many_rows_the_first_are_kept_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "MOST_ROWS", 3)
    tally, table = Tally(Findings()), table_of([["1"]] * 5)
    run(table, Rows(), len, tally, repr)
    assert tally.kept == 3
    assert told("f", table, tally, "Sparade")[-1] == (
        "Filen har fler än 3 rader: dela den, och läs in resten."
    )


def test_that_a_file_grew_is_said() -> None:
    tally, table = Tally(Findings()), table_of([["1"]])
    run(table, Rows(), len, tally, repr)
    table.has_grown = True
    assert told("f", table, tally, "Sparade")[-1].startswith("Filen växte medan den lästes")


def test_where_nothing_is_kept_the_most_common_reason_is_said() -> None:
    tally, table = Tally(Findings()), table_of(["quoting", ["?"], ["?"]])
    run(table, Rows(), len, tally, repr)
    with pytest.raises(
        TableError, match=r"ingen av 3 rader .* värdet saknas \(kolumn Kö\), rad 3"
    ):
        told("f", table, tally, "Sparade")
