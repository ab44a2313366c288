"""Whether somebody was there when it was promised, and how satisfied people are."""

from reports.document import Cell, Part, Section, Table
from reports.evidence import Evidence
from streams.domain.swedish import decimal, percent

STANDINGS = {
    "kept": "höll tiderna alla dagar",
    "broken": "hade obemannad tid",
    "unreported": "rapporterar inte alla dagar",
    "not_yet": "hade ingen tid att hålla",
    "no_guideline": "har ingen riktlinje",
}
FEWEST = 5
"""Of fewer, nothing is shown: it could tell of somebody."""


def opening(evidence: Evidence, administration: str | None = None) -> Section | None:
    """Return the section of opening kept; None if no administration has a guideline."""
    figures, root = evidence.figures, "presence.asked.administrations"
    rows = []
    for its in evidence.municipality.administrations.values():
        standing = figures.at(f"{root}.{its.id}.standing")
        if administration not in {None, its.id} or standing in {None, "no_guideline"}:
            continue
        rows.append(
            (
                Cell(its.name),
                figures.cell(f"{root}.{its.id}.opening.ratio", "share"),
                _hours(evidence, f"{root}.{its.id}.opening.staffed_seconds"),
                _hours(evidence, f"{root}.{its.id}.opening.promised_seconds"),
                Cell(
                    None
                    if evidence.year_before is None
                    else evidence.year_before.number(f"{root}.{its.id}.opening.ratio"),
                    "share",
                    missing="–",
                ),
                Cell(STANDINGS.get(str(standing), str(standing))),
            )
        )
    if not rows:
        return None
    table = Table(
        "oppet",
        "Bemannad tid mot riktlinjen",
        ("Förvaltning", "Bemannat", "Bemannade timmar", "Riktlinjens timmar",
         "Samma tid i fjol", "Bedömning"),
        tuple(rows),
        note="Av de dagar som rapporterats. Upp till en minut om dagen räknas inte som obemannad.",
    )  # fmt: skip
    return Section("oppethallande", "Öppethållande", (table,))


def _hours(evidence: Evidence, path: str) -> Cell:
    seconds = evidence.figures.number(path)
    return Cell(None if seconds is None else seconds / 3600, "hours")


def satisfaction(evidence: Evidence) -> Section | None:
    """Return the section of surveys and of what others have measured; None if there is none."""
    parts: list[Part] = []
    figures = evidence.figures
    surveys = [
        (evidence.municipality.targets[id_][-1], f"surveys.asked.{id_}")
        for id_ in figures.names("surveys.asked")
        if figures.count(f"surveys.asked.{id_}.n")
    ]
    if surveys:
        parts.append(
            Table(
                "nojdhet",
                f"Egen enkät {evidence.period.said}",
                ("Fråga", "Nöjda", "Svar", "Enkäter", "Samma tid i fjol"),
                tuple(
                    (
                        Cell(target.name),
                        Cell(
                            figures.number(f"{path}.ratio"),
                            "share",
                            f"{path}.ratio",
                            is_indication=0 < figures.count(f"{path}.n") < 30,
                            missing="för få svar",
                        ),
                        figures.cell(f"{path}.n", "count"),
                        figures.cell(f"{path}.replies", "count"),
                        Cell(
                            evidence.year_before.number(f"{path}.ratio")
                            if evidence.year_before
                            else None,
                            "share",
                            missing="–",
                        ),
                    )
                    for target, path in surveys
                ),
                note="Nöjda: betyg 4 eller 5 av 5. Av färre än 5 enkäter visas inget.",
            )
        )
    parts += _measured(evidence)
    if not parts:
        return None
    return Section("nojdhet-avsnitt", "Nöjdhet och andras mätningar", tuple(parts))


def _measured(evidence: Evidence) -> list[Part]:
    measures = evidence.figures.at("measures.measures") or {}
    rows = []
    for id_, its in measures.items():
        target = evidence.municipality.targets[id_][-1]
        for value in its["values"]:
            if value["on"] >= evidence.period.after.isoformat():
                continue
            shown = percent(value["value"]) if value["is_share"] else decimal(value["value"])
            goal = value["goal"]
            kept = {True: "nådde målet", False: "nådde inte målet", None: ""}[value["kept"]]
            n = value["n"]
            rows.append(
                (
                    Cell(target.name),
                    Cell(value["on"]),
                    Cell(shown + ("*" if value["is_indication"] else "")),
                    Cell(n if n is None or n >= FEWEST else "färre än 5", "count", missing="–"),
                    Cell("–" if goal is None else percent(goal)),
                    Cell(kept or "–"),
                    Cell(value["document"]),
                )
            )
    if not rows:
        return []
    return [
        Table(
            "andras",
            "Vad andra har mätt",
            ("Mått", "Datum", "Värde", "Antal", "Mål", "Bedömning", "Källa"),
            tuple(sorted(rows, key=lambda row: (row[0].shown, row[1].shown))),
        )
    ]
