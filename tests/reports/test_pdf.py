"""Reports as PDF: that they are accessible is checked by veraPDF, as any receiver may."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from click.testing import Result

from reports.formats import pdf
from stack.programs import JAVA

Report = Callable[..., Result]
CHECKS = Path(".stack/pdf-checks")
ANALYSIS = """
# Analys

Bemanningen *räcker inte* till.

## Vad som görs

| Åtgärd | Ansvarig |
|---|---|
| Fler pass | Kundcenter |

# svar-15s

Växeln når inte målet.

# Förslag till beslut

1. att godkänna rapporten
"""


def checked(file: Path) -> str:
    """Return what veraPDF says of a file."""
    command = [JAVA.require(), "-cp", f"{CHECKS}/*", "org.verapdf.apps.GreenfieldCliWrapper"]
    said = subprocess.run(
        [*command, "--flavour", "ua1", "--format", "text", file],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return said.stdout


def text(file: Path) -> list[str]:
    return [its.get_textpage().get_text_range() for its in pypdfium2.PdfDocument(file)]


@pytest.fixture
def analysis(tmp_path: Path) -> Path:
    file = tmp_path / "analys.md"
    file.write_text(ANALYSIS, encoding="utf-8")
    return file


def test_a_report_with_all_its_parts_is_accessible_as_pdf_ua_1(
    report: Report, tmp_path: Path, analysis: Path
) -> None:
    report("delar", "--through", "2025-02", "--format", "pdf", "--analysis", analysis)
    (file,) = tmp_path.glob("*.pdf")
    assert checked(file).startswith("PASS")


def test_the_check_finds_what_is_not_accessible(tmp_path: Path) -> None:
    file = tmp_path / "otillganglig.pdf"
    file.write_bytes(pdf.printed('<html lang="sv"><body><img src="data:,"></body></html>', b"0"))
    assert checked(file).startswith("FAIL")


def test_each_page_says_whose_it_is_which_of_how_many_and_that_it_is_a_draft(
    report: Report, tmp_path: Path, analysis: Path
) -> None:
    report(
        "month", "2025-02", "--format", "pdf", "--dnr", "KS 2026/17", "--analysis", analysis,
    )  # fmt: skip
    (file,) = tmp_path.glob("*.pdf")
    pages = text(file)
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        for said in ("Luleå kommun", f"{number} ({len(pages)})", "UTKAST", "Dnr KS 2026/17"):
            assert said in page
    whole = "\n".join(pages)
    for said in ("Fler pass", "att godkänna rapporten", "Växeln når inte målet."):
        assert said in whole
