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
    points,
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
    is_brief: bool = False,
) -> Document:
    """Return the report on a period: of the whole municipality, or of one administration.

    What is decided and what matters stand first; the rest is appended, unless it is to be brief.
    """
    its = promises_of(evidence, administration)
    analysis = analysis or Analysis()
    is_whole = administration is None
    sections: list[Section | None] = [
        analysis.proposal,
        summary.section(evidence, its, administration),
        corrections,
        points.section(evidence, its, administration),
        analysis.section,
        forecast.section(evidence, its) if evidence.period.kind == "part" else None,
        analysis.said_of_promises(promises.section(evidence, its), its),
        administrations.section(evidence, its, administration),
        presence.opening(evidence, administration),
        presence.satisfaction(evidence) if is_whole else None,
        comparisons.section(evidence, compared) if is_whole else None,
    ]
    if not is_brief:
        sections += [
            telephone.section(evidence, its, administration),
            written.section(evidence, administration),
        ]
    sections.append(basis.section(evidence, its, administration))
    return Document(
        head, tuple(section for section in sections if section and not section.is_empty)
    )
