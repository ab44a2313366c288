"""What an analyst has written stands where its headings say, as text and nothing else."""

from pathlib import Path

import pytest

from reports.analysis import AnalysisError, analysis_of, read_analysis
from reports.document import Written
from reports.formats.markdown import html_of

PROMISES = ["svar-15s", "forlorade"]


def test_headings_say_where_what_stands_under_them_goes() -> None:
    its = analysis_of(
        "# Analys\nDet går bra.\n\n# svar-15s\nVäxeln.\n\n# Förslag till beslut\n\n1. att lägga\n",
        PROMISES,
    )
    assert its.of_promises == {"svar-15s": Written("Växeln.")}
    assert its.section is not None
    assert its.section.title == "Analys"
    assert its.section.parts == (Written("Det går bra."),)
    assert its.proposal is not None
    assert its.proposal.parts == (Written("1. att lägga"),)


def test_several_headings_stand_together_and_text_before_any_comes_first() -> None:
    its = analysis_of("Först.\n\n# Bemanning\nMer.\n# Åtgärder\nFler.", PROMISES)
    assert its.section is not None
    assert its.section.title == "Analys och åtgärder"
    assert [section.title for section in its.section.sections] == ["Bemanning", "Åtgärder"]
    assert its.section.parts == (Written("Först."),)


def test_a_heading_in_a_block_of_code_is_no_heading() -> None:
    its = analysis_of("# A\n```\n# svar-15s\n```\nslut", PROMISES)
    assert its.of_promises == {}
    assert its.section is not None
    assert its.section.title == "A"


def test_nothing_is_nothing() -> None:
    its = analysis_of("\n\n", PROMISES)
    assert (its.section, its.proposal, its.of_promises) == (None, None, {})


def test_html_is_shown_as_it_was_typed_and_nothing_is_fetched() -> None:
    made = html_of("<script>alert(1)</script> ![bild](https://example.org/x.png) <b>", 2)
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;" in made
    assert "javascript" not in html_of("[x](javascript:alert(1))", 2).replace("(javascript", "")


def test_headings_come_below_the_one_they_stand_under_a_step_at_a_time() -> None:
    made = html_of("### A\n\n##### B\n\n# C\n\n## D\n\n### E\n\n#### F\n\n##### G\n", 2)
    tags = [part[0] for part in made.split("<h")[1:]]
    assert tags == ["3", "4", "3", "4", "5", "6", "6"]


def test_a_table_of_measures_is_a_table() -> None:
    assert "<td>Kundcenter</td>" in html_of(
        "| Åtgärd | Ansvarig |\n|---|---|\n| X | Kundcenter |", 2
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "finns inte"), (b"\xff\xfe\x00", "är inte UTF-8"), (b"x" * 1_000_001, "för stor")],
)
def test_a_file_that_can_not_be_read_is_refused_in_one_line(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "a.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AnalysisError) as refused:
        read_analysis(file, PROMISES)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
