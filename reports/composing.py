"""Puts a report together: which sections it has, and in which order."""

from reports.analysis import Analysis
from reports.comparison import Comparisons
from reports.document import Document, Head, Section
from reports.evidence import Evidence
from reports.outcomes import promises_of
from reports.sections import (
    administrations,
    basis,
    comparisons,
    forecast,
    presence,
    promises,
    summary,
    telephone,
    written,
)


def compose(
    evidence: Evidence,
    head: Head,
    *,
    analysis: Analysis | None = None,
    compared: Comparisons | None = None,
    corrections: Section | None = None,
    administration: str | None = None,
) -> Document:
    """Return the report on a period: of the whole municipality, or of one administration."""
    its = promises_of(evidence, administration)
    analysis = analysis or Analysis()
    sections: list[Section | None] = [
        summary.section(evidence, its),
        corrections,
        summary.points(evidence, its) if administration is None else None,
        forecast.section(evidence, its) if evidence.period.kind == "part" else None,
        analysis.said_of_promises(promises.section(evidence, its), its),
        administrations.section(evidence, its) if administration is None else None,
        telephone.section(evidence, its, administration),
        written.section(evidence, administration),
        presence.opening(evidence, administration),
        presence.satisfaction(evidence) if administration is None else None,
        comparisons.section(evidence, compared) if administration is None else None,
        analysis.section,
        analysis.proposal,
        basis.section(evidence),
    ]
    return Document(
        head, tuple(section for section in sections if section and not section.is_empty)
    )
