"""Whether somebody was there when it was promised, and how satisfied people are."""

from reports.document import Cell, Part, Section, Table
from reports.evidence import Evidence, held_in

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
        (evidence.target(id_), f"surveys.asked.{id_}")
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
    """Return the latest value of what others measure and what is still followed."""
    measures = evidence.figures.at("measures.measures") or {}
    held = {its.id for its in held_in(evidence.municipality, evidence.period)}
    rows = []
    for id_, its in measures.items():
        known = [one for one in its["values"] if one["on"] < evidence.period.after.isoformat()]
        if id_ not in held or not known:
            continue
        target, last = evidence.target(id_), known[-1]
        if target.measure != "external":
            continue  # it is measured here: what was typed in is of before that
        is_of_period = last["on"] >= evidence.period.first.isoformat()
        goal = last["goal"]
        least = "lägre är bättre" if target.better == "lower" else ""
        kept = {True: "nådde målet", False: "nådde inte målet", None: "–"}[last["kept"]]
        n = last["n"]
        rows.append(
            (
                Cell(target.name),
                Cell(
                    last["value"] if n is None or n >= FEWEST else None,
                    "share" if last["is_share"] else "number",
                    is_indication=last["is_indication"],
                    missing="för få svar",
                ),
                Cell(last["on"]),
                Cell(n if n is None or n >= FEWEST else "färre än 5", "count", missing="–"),
                Cell(goal, "share", missing="–"),
                Cell(kept if is_of_period else "äldre än perioden"),
                Cell(", ".join(filter(None, (last["document"], least)))),
            )
        )
    if not rows:
        return []
    return [
        Table(
            "andras",
            "Vad andra har mätt: senast kända värde",
            ("Mått", "Värde", "Gäller", "Antal svar", "Mål", "Bedömning", "Källa"),
            tuple(rows),
        )
    ]
