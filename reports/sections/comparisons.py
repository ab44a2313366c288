"""Beside others: our own figure, the mean of the municipalities and the best, over the years."""

from reports.comparison import Comparisons, Year
from reports.document import Cell, Paragraph, Part, Picture, Section, Table
from reports.evidence import Evidence
from reports.formats import pictures
from streams.domain.catalogue import Comparison

FEWEST_YEARS = 3
"""A trend is of no fewer (KKiK)."""


_BETTER = {"lower": "Lägre är bättre.", "higher": "Högre är bättre."}
_BROKEN = " Värden före ett brott i serien är inte jämförbara med dem efter."


def section(evidence: Evidence, compared: Comparisons | None) -> Section | None:
    """Return the section of key figures; None without any."""
    if compared is None:
        return None
    sections = [
        Section(f"jamforelse-{number}", its.name, tuple(_parts(evidence, number, its, years)))
        for number, (its, years) in enumerate(compared.of.values(), 1)
    ]
    return Section("jamforelser", "Jämfört med andra kommuner", (), tuple(sections))


def _parts(
    evidence: Evidence, number: int, its: Comparison, years: tuple[Year, ...]
) -> list[Part]:
    own = evidence.municipality.name
    parts: list[Part] = []
    if len(years) < FEWEST_YEARS:
        parts.append(Paragraph("Det finns färre än tre år att jämföra: det är ingen trend."))
    breaks = {year: why for year, why in its.breaks if years[0].year < year <= years[-1].year}
    if len(years) > 1:
        parts.append(
            Picture(
                f"bild-jamforelse-{number}",
                f"{its.name} ({its.unit})",
                f"Linjer för {own}, medel och bästa kommun, år för år; värdena står i tabellen.",
                pictures.years(
                    [year.year for year in years],
                    {
                        own: [year.own for year in years],
                        "medel": [year.mean for year in years],
                        "bästa": [year.best for year in years],
                    },
                    sorted(breaks),
                ),
            )
        )
    parts.append(
        Table(
            f"jamforelse-{number}",
            f"{its.name} ({its.unit})",
            ("År", own, "Medel", "Bästa kommun", "Antal kommuner", "Brott i serien"),
            tuple(
                (
                    Cell(str(year.year)),
                    Cell(year.own, "one", missing="–"),
                    Cell(year.mean, "one", missing="–"),
                    Cell(year.best, "one", missing="–"),
                    Cell(year.municipalities, "count"),
                    Cell(breaks.get(year.year, "")),
                )
                for year in years
            ),
            note=f"Nyckeltal {its.kpi}. {_BETTER[its.better]}{_BROKEN if breaks else ''}",
        )
    )
    return parts
