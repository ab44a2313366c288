"""What is wrong with rows, by kind: counted, told with line numbers, and never with a value.

A row is kept whole, kept and mended, or not kept. What stands in it is never shown: anything may.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from streams.domain.swedish import count, counted
from streams.spreadsheet_text import harmless

NOT_KEPT: Final = {
    "columns": "fel antal kolumner",
    "quoting": "citattecken som inte stängs, eller står fel",
    "too_large": "en cell eller rad är för stor",
    "unfinished": "raden var inte färdigskriven",
    "unreadable": "tecken som inte går att läsa",
    "formula": "en formel i stället för ett värde",
    "missing": "värdet saknas",
    "impossible_time": "ingen tidpunkt, eller skriven på annat sätt",
    "skipped_time": "ett klockslag som inte fanns, när sommartiden började",
    "future": "en tidpunkt som inte har varit än",
    "bad_duration": "ingen tidslängd, eller skriven på annat sätt",
    "negative": "en tidslängd under noll",
    "out_of_order": "slutar innan det börjar",
    "too_long": "orimligt lång väntan",
    "unknown_queue": "okänd kö",
    "unknown_word": "okänt ord",
    "bad_number": "inget rimligt antal",
    "conflicting": "samma id som en tidigare rad, men annat innehåll",
    "number_in_id": "ett telefonnummer i samtalets id",
}
"""Kind of fault → what is said of the rows that are not kept for it."""

MENDED: Final = {
    "blanks": "mellanslag runt värden, som togs bort",
    "text_formula": "text skriven som en formel, som lästes som text",
    "repeated": "samma rad en gång till, som räknas en gång",
    "alike": "samma kö, tider och utfall som en tidigare rad, utan id: räknas som ett samtal till",
    "no_id": "utan samtals-id: ett eget gjordes av radens tider",
    "talk_negative": "samtalet slutar innan det besvaras: slutet utelämnades",
    "talk_too_long": "orimligt långt samtal: slutet utelämnades",
    "not_first_contact": "löst vid första kontakt, men överlämnat eller med flera kontakter: "
    "det senare gäller",
}
"""What was done to rows that are kept → what is said of it."""

LINES_SHOWN: Final = 5


class RowError(Exception):
    """A row can't be kept. ``fault`` is a key of :data:`NOT_KEPT`."""

    def __init__(self, fault: str, column: str = "", near: str | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.column = column
        """The catalogue's name of the column; never anything of the row."""
        self.near = near
        """What the catalogue has that is most like the row's word."""


class Lines(Protocol):
    """Takes text: a file."""

    def write(self, text: str, /) -> object:
        """Take text."""


@dataclass(slots=True)
class _Of:
    rows: int = 0
    lines: list[int] = field(default_factory=list)
    near: str | None = None


@dataclass(slots=True)
class Findings:
    """What was found in the rows of a file. ``report`` gets a line for each, if there is one."""

    report: Lines | None = None
    not_kept: dict[tuple[str, str], _Of] = field(default_factory=dict)
    """By kind and column."""
    mended: dict[str, _Of] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._write(("rad", "sparad", "slag", "kolumn", "vad"))

    @property
    def lost(self) -> int:
        """How many rows are not kept."""
        return sum(of.rows for of in self.not_kept.values())

    def lose(self, line: int, error: RowError) -> None:
        """Note that a row is not kept."""
        of = self.not_kept.setdefault((error.fault, error.column), _Of())
        _note(of, line)
        of.near = of.near or error.near
        self._write((str(line), "nej", error.fault, error.column, NOT_KEPT[error.fault]))

    def mend(self, line: int, whats: Iterable[str]) -> None:
        """Note what was done to a row that is kept."""
        for what in whats:
            _note(self.mended.setdefault(what, _Of()), line)
            self._write((str(line), "ja", what, "", MENDED[what]))

    def told(self) -> list[str]:
        """Return what is said of it, the most common first: a heading, and a line for each."""
        said: list[str] = []
        if self.not_kept:
            said.append(f"Inte sparat, {counted(self.lost, 'rad', 'rader')}:")
            for (fault, column), of in sorted(self.not_kept.items(), key=_by_rows):
                where = f" (kolumn {column})" if column else ""
                near = f"; menade du {of.near}?" if of.near else ""
                said.append(f"  {count(of.rows)}: {NOT_KEPT[fault]}{where}, {_lines(of)}{near}")
        if self.mended:
            said.append("Sparat, men lagat:")
            for what, of in sorted(self.mended.items(), key=_by_rows):
                said.append(f"  {count(of.rows)}: {MENDED[what]}, {_lines(of)}")
        return said

    def _write(self, cells: tuple[str, ...]) -> None:
        if self.report is not None:
            rows = csv.writer(self.report, delimiter=";", lineterminator="\n")
            rows.writerow(map(harmless, cells))


def _note(of: _Of, line: int) -> None:
    of.rows += 1
    if len(of.lines) < LINES_SHOWN:
        of.lines.append(line)


def _by_rows(item: tuple[object, _Of]) -> tuple[int, int]:
    return -item[1].rows, item[1].lines[0]


def _lines(of: _Of) -> str:
    more = " …" if of.rows > len(of.lines) else ""
    return f"rad {', '.join(map(str, of.lines))}{more}"
