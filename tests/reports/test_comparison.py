"""Figures of others come from a file shaped as Kolada's: those that the catalogue asks for."""

from pathlib import Path

import pytest

from reports.comparison import ComparisonError, Year, read_comparisons
from streams.domain.catalogue import Municipality, load_catalogue

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams: {t: {name: T}}
    queues: {vaxel: {name: Växeln, kind: switchboard, team: t}}
    comparisons:
      - {kpi: N1, name: Svar på e-post, own: "2580", breaks: [{year: 2022, why: Ny metod}]}
      - {kpi: N2, name: Väntan, own: "2580", better: lower, unit: s}
"""
ROWS = """kpi;municipality;period;gender;value
N1;2580;2021;T;80,5
N1;2480;2021;T;90
N1;2580;2021;K;99
N1;2480;2022;T;70
N1;2580;2023;T;60
N1;2580;2026;T;10
N2;2580;2021;T;42
N2;2480;2021;;40
N3;2580;2021;T;
N1;2481;2021;T;
N1;0000;2021;T;100
N1;0001;2021;T;100
N1;G1;2021;T;100
"""


@pytest.fixture
def municipality() -> Municipality:
    return load_catalogue(CATALOGUE, "k").municipalities["lulea"]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "kolada.csv"
    file.write_text(text, encoding="utf-8-sig")
    return file


def test_own_mean_and_best_are_told_year_by_year_up_to_that_of_the_report(
    municipality: Municipality, tmp_path: Path
) -> None:
    found = read_comparisons(written(tmp_path, ROWS), municipality, 2025).of
    assert found["N1"][1] == (
        Year(2021, 80.5, 85.25, 90.0, 2),
        Year(2022, None, 70.0, 70.0, 1),
        Year(2023, 60.0, 60.0, 60.0, 1),
    )
    assert found["N2"][1] == (Year(2021, 42.0, 41.0, 40.0, 2),)
    assert found["N1"][0].breaks == ((2022, "Ny metod"),)


def test_commas_between_and_decimal_points_do_as_well(
    municipality: Municipality, tmp_path: Path
) -> None:
    text = "kpi,municipality,period,value\nN1,2580,2021,80.5\nN2,2580,2021,1\n"
    assert read_comparisons(written(tmp_path, text), municipality, 2025).of["N1"][1][0].own == 80.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kpi;municipality;value\n", "saknar kolumnen period"),
        ("", "saknar kolumnen kpi"),
        ("kpi;municipality;period;value\nN1;2580;2021;80\n", "inga värden för N2 (Väntan)"),
        ("kpi;municipality;period;value\nN1;2580;i fjol;80\n", "rad 2: period ska vara ett år"),
        ("kpi;municipality;period;value\nN1;2580;2021;åttio\n", "rad 2: period ska vara ett år"),
        ("kpi;municipality;period;value\nN1;2580;2021;inf\n", "rad 2: period ska vara ett år"),
        ("kpi;municipality;period;value\nN1;2580;2021;nan\n", "rad 2: period ska vara ett år"),
        ("kpi;municipality;period;value\nN1;2580;-5;1\n", "rad 2: period ska vara ett år"),
        ("kpi;municipality;period;value\n" + 200_000 * "x", "går inte att läsa som CSV"),
        (
            "kpi;municipality;period;value\nN1;1;2021;80\nN1;1;2021;81\n",
            "rad 3: två olika värden för N1, 1 och 2021",
        ),
    ],
)
def test_a_file_that_says_something_else_is_refused_in_one_line(
    municipality: Municipality, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ComparisonError) as refused:
        read_comparisons(written(tmp_path, text), municipality, 2025)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_missing_and_a_catalogue_without_key_figures_are_refused(
    municipality: Municipality, tmp_path: Path
) -> None:
    with pytest.raises(ComparisonError, match="finns inte"):
        read_comparisons(tmp_path / "ingen.csv", municipality, 2025)
    text = CATALOGUE[: CATALOGUE.index("    comparisons:")]
    other = load_catalogue(text, "k").municipalities["lulea"]
    with pytest.raises(ComparisonError, match="skriv comparisons"):
        read_comparisons(written(tmp_path, ROWS), other, 2025)
