"""Every figure of a report is the one that replay has of the same events, in every format."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from streams.replay import command as replay
from streams.spreadsheet_text import BOM

Report = Callable[..., Result]
SPANS = {
    ("month", "2025-02"): "2025-02-01/2025-03-01",
    ("delar", "--through", "2025-02"): "2025-01-01/2025-03-01",
}
FEWEST_FIGURES = 150


def replayed(logs: list[Path], catalogue: Path, span: str) -> dict[str, Any]:
    result = CliRunner().invoke(
        replay.command,
        [*map(str, logs), "--catalogue", str(catalogue), "--window", span, "--json"],
    )
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)["lulea"]
    return found


def at(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def expected(data: dict[str, Any], path: str) -> Any:
    """Return what replay has at a path; of several places, their sums or the share of them."""
    if "*" not in path:
        return at(data, path)
    root, _, name = path.rpartition(".")
    first, _, rest = root.partition(".*")
    places = [
        found for key in at(data, first) if (found := at(data, f"{first}.{key}{rest}")) is not None
    ]
    if name in {"decided", "n"}:
        return sum(place[name] for place in places)
    part, whole = ("good", "decided") if "service_levels" in path else ("count", "n")
    if "lost" in path:  # only the queues that promise it
        places = [
            data["queues"][queue]["lost"]
            for queue in ("kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social")
        ]
    if name in {part, whole}:
        return sum(place[name] for place in places)
    return sum(place[part] for place in places) / sum(place[whole] for place in places)


@pytest.mark.parametrize("asked", SPANS, ids=["month", "part"])
def test_every_figure_of_a_report_equals_that_of_replay(
    asked: tuple[str, ...],
    logs: list[Path],
    catalogue: Path,
    report: Report,
    tmp_path: Path,
) -> None:
    data = replayed(logs, catalogue, SPANS[asked])
    report(*asked, "--format", "csv")
    (file,) = tmp_path.glob("*.plain.csv")
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    figures = [row for row in rows if row["figur"]]
    assert len(figures) > FEWEST_FIGURES
    for row in figures:
        there = expected(data, row["figur"])
        if "lost" in row["figur"] and "*" in row["figur"] and row["figur"].endswith(".n"):
            there = sum(
                data["queues"][f"kundtjanst-{its}"]["lost"]["n"]
                for its in ("teknik", "skola", "social")
            )
        if row["enhet"] in {"dygn", "timmar"}:
            continue  # in another unit than replay's: its seconds are told elsewhere
        if not row["värde"]:
            assert there is None, row
        else:
            assert float(row["värde"]) == pytest.approx(there, rel=1e-12), row


def test_every_format_has_the_same_figures(report: Report, tmp_path: Path) -> None:
    report("month", "2025-02")
    (plain,) = tmp_path.glob("*.plain.csv")
    (excel,) = set(tmp_path.glob("*.csv")) - {plain}
    rows = list(csv.reader(io.StringIO(plain.read_text(encoding="utf-8"))))
    text = excel.read_text(encoding="utf-8")
    assert text.startswith(BOM)
    swedish = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=";"))
    assert [row[5].replace(",", ".") for row in swedish] == [row[5] for row in rows]

    (page,) = tmp_path.glob("*.html")
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page.read_text(encoding="utf-8"))
    shown = [row[4] for row in rows[1:]]
    assert [cell.replace("&#39;", "'").replace("&amp;", "&") for cell in cells] == shown

    (book,) = tmp_path.glob("*.xlsx")
    told = sorted(float(row[5]) for row in rows[1:] if row[5])
    assert sorted(numbers(book)) == pytest.approx(told, rel=1e-14)  # it has 16 digits

    (printed,) = tmp_path.glob("*.pdf")
    words = "".join(its.get_textpage().get_text_range() for its in pypdfium2.PdfDocument(printed))
    words = re.sub(r"\s", "", words)
    missing = [its for its in shown if re.sub(r"\s", "", its) not in words]
    assert not missing


def numbers(book: Path) -> list[float]:
    """Return all numbers in the sheets of a workbook."""
    found = []
    with zipfile.ZipFile(book) as files:
        for name in files.namelist():
            if name.startswith("xl/worksheets/sheet"):
                for cell in ElementTree.fromstring(files.read(name)).iter():  # noqa: S314 - our own
                    if cell.tag.endswith("}c") and cell.get("t") is None:
                        found += [float(str(its.text)) for its in cell if its.tag.endswith("}v")]
    return found


def test_the_same_data_give_the_same_bytes(report: Report, tmp_path: Path) -> None:
    report("month", "2025-02")
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    report("month", "2025-02")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first
    assert {Path(name).suffix for name in first} == {".html", ".pdf", ".xlsx", ".csv"}
