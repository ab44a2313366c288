"""Figures of other municipalities, from a file shaped as Kolada's: own, mean and best by year.

A row is a value: ``kpi``, ``municipality``, ``period`` (a year), ``value``, maybe ``gender`` (of
which only T, all, is read). The catalogue says which key figures and which municipality are meant,
and where a series was broken.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reports.given_text import read_given_text
from streams.domain.catalogue import Comparison, Municipality

COLUMNS: Final = ("kpi", "municipality", "period", "value")
LARGEST: Final = 200_000_000
ALL: Final = "T"
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100


class ComparisonError(ValueError):
    """The file can't be used; whoever gave it must act. One line."""


@dataclass(frozen=True, slots=True)
class Year:
    """One key figure in one year."""

    year: int
    own: float | None
    mean: float | None
    best: float | None
    municipalities: int


@dataclass(frozen=True, slots=True)
class Comparisons:
    """The key figures of the catalogue, year by year."""

    of: Mapping[str, tuple[Comparison, tuple[Year, ...]]]
    """By the key figure's id."""


def read_comparisons(path: Path, municipality: Municipality, last: int) -> Comparisons:
    """Return the catalogue's key figures up to a year, from a file.

    Raises :class:`ComparisonError`.
    """
    if not municipality.comparisons:
        raise ComparisonError(
            f"katalogen säger inte vad {municipality.name} ska jämföras med: skriv comparisons, "
            "eller ta bort --comparison"
        )
    values = _values(path, {its.kpi for its in municipality.comparisons})
    found = {}
    for its in municipality.comparisons:
        years = [
            _year(its, year, values[its.kpi, year])
            for year in sorted({year for kpi, year in values if kpi == its.kpi and year <= last})
        ]
        if not years:
            raise ComparisonError(f"{path} har inga värden för {its.kpi} ({its.name})")
        found[its.kpi] = (its, tuple(years))
    return Comparisons(found)


def _is_municipality(id_: str | None) -> bool:
    """Say whether an id of Kolada's is a municipality's: not the country's, nor a region's."""
    return bool(id_) and not str(id_).startswith(("00", "G"))


def _read(rows: "csv.DictReader[str]", path: Path) -> Iterator[dict[str, str]]:
    try:
        yield from rows
    except csv.Error:
        raise ComparisonError(f"{path} rad {rows.line_num} går inte att läsa som CSV") from None


def _year(its: Comparison, year: int, values: Mapping[str, float]) -> Year:
    own = values.get(its.own)
    best = (min if its.better == "lower" else max)(values.values())
    return Year(year, own, sum(values.values()) / len(values), best, len(values))


def _values(path: Path, wanted: set[str]) -> dict[tuple[str, int], dict[str, float]]:
    text = read_given_text(path, LARGEST, ComparisonError)
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise ComparisonError(f"{path} saknar kolumnen {missing[0]}: {', '.join(COLUMNS)} behövs")
    values: dict[tuple[str, int], dict[str, float]] = {}
    for row in _read(rows, path):
        if row["kpi"] not in wanted or (row.get("gender") or ALL) != ALL or not row["value"]:
            continue
        if not _is_municipality(row["municipality"]):
            continue
        try:
            year, value = int(row["period"]), float(row["value"].replace(",", "."))
        except (ValueError, TypeError, AttributeError):
            year, value = 0, 0.0
        if not (FIRST_YEAR <= year <= LAST_YEAR and math.isfinite(value)):
            raise ComparisonError(
                f"{path} rad {rows.line_num}: period ska vara ett år och value ett tal"
            )
        of_year = values.setdefault((row["kpi"], year), {})
        if of_year.setdefault(row["municipality"], value) != value:
            raise ComparisonError(
                f"{path} rad {rows.line_num}: två olika värden för {row['kpi']}, "
                f"{row['municipality']} och {year}"
            )
    return values
