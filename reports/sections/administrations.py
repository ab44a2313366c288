"""The same promises, administration by administration."""

from reports.document import Cell, Section, Table
from reports.evidence import Evidence
from reports.outcomes import Outcome, Promise
from reports.wording import goal_said, verdict
from streams.domain.catalogue import Administration


def section(evidence: Evidence, promises: list[Promise]) -> Section | None:
    """Return the section of administrations; None if no promise is of any of their queues."""
    sections = []
    for administration in evidence.municipality.administrations.values():
        rows = [
            *_of_queues(administration, promises),
            *_of_cases(evidence, administration, promises),
        ]
        if rows:
            table = Table(
                f"forvaltning-{administration.id}",
                f"{administration.name}: löften och utfall",
                ("Löfte", "Var", "Mål", "Utfall", "Antal", "Bedömning"),
                tuple(rows),
            )
            sections.append(
                Section(f"forvaltning-avsnitt-{administration.id}", administration.name, (table,))
            )
    if not sections:
        return None
    return Section("forvaltningar", "Förvaltning för förvaltning", (), tuple(sections))


def _of_queues(administration: Administration, promises: list[Promise]) -> list[tuple[Cell, ...]]:
    return [
        _row(outcome)
        for promise in promises
        for outcome in (promise.of_queues or (promise.whole,))
        if outcome.queue is not None and outcome.queue.administration == administration.id
    ]


def _row(outcome: Outcome) -> tuple[Cell, ...]:
    return (
        Cell(outcome.target.name),
        Cell(outcome.queue.name if outcome.queue else ""),
        Cell(goal_said(outcome.target) or "–"),
        outcome.value,
        outcome.number,
        Cell(verdict(outcome)),
    )


def _of_cases(
    evidence: Evidence, administration: Administration, promises: list[Promise]
) -> list[tuple[Cell, ...]]:
    """Return how the administration kept the promises on cases that it had."""
    rows: list[tuple[Cell, ...]] = []
    for promise in promises:
        target = promise.target
        root = f"cases.asked.promises.{target.id}.kept_at.{administration.id}"
        figures = evidence.of(target)
        value = figures.number(f"{root}.ratio")
        if value is None:
            continue
        kept = "" if target.goal is None else "nådde målet"
        if target.goal is not None and value < target.goal:
            kept = "nådde inte målet"
        rows.append(
            (
                Cell(target.name),
                Cell("Ärenden"),
                Cell(goal_said(target) or "–"),
                figures.cell(f"{root}.ratio", "share", f"{root}.n"),
                figures.cell(f"{root}.n", "count"),
                Cell(kept or "inget mål"),
            )
        )
    return rows
