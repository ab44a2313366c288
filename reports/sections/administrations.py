"""The same promises, administration by administration, with what else tells how it went."""

from collections.abc import Iterator

from reports.document import Cell, Section, Table
from reports.evidence import Evidence, held_in
from reports.figures import INDICATION_BELOW
from reports.outcomes import Outcome, Promise
from reports.wording import goal_cell, held_said, verdict
from streams.domain.catalogue import Administration
from streams.domain.percentiles import wilson

COLUMNS = ("Löfte eller mått", "Var", "Mål", "Utfall", "Antal", "Bedömning")
Row = tuple[Cell, ...]


def section(
    evidence: Evidence, promises: list[Promise], administration: str | None = None
) -> Section | None:
    """Return the section of administrations, or of one; None if there is nothing to tell."""
    sections = []
    for its in evidence.municipality.administrations.values():
        if administration not in {None, its.id}:
            continue
        rows = [
            *_of_queues(its, promises),
            *_of_cases(evidence, its),
            *_besides(evidence, its),
        ]
        if rows:
            table = Table(f"forvaltning-{its.id}", "Löften och mått", COLUMNS, tuple(rows))
            title = "" if administration else its.name
            sections.append(Section(f"forvaltning-avsnitt-{its.id}", title, (table,)))
    if not sections:
        return None
    title = "Förvaltningen" if administration else "Förvaltning för förvaltning"
    return Section("forvaltningar", title, (), tuple(sections))


def _of_queues(administration: Administration, promises: list[Promise]) -> Iterator[Row]:
    for promise in promises:
        for outcome in promise.of_queues or (promise.whole,):
            if outcome.queue is not None and outcome.queue.administration == administration.id:
                yield _row(outcome)


def _row(outcome: Outcome) -> Row:
    held = f" ({held_said(outcome)})" if outcome.is_part else ""
    return (
        Cell(f"{outcome.target.name}{held}"),
        Cell(outcome.queue.name if outcome.queue else ""),
        goal_cell(outcome.target),
        outcome.value,
        outcome.number,
        Cell(verdict(outcome)),
    )


def _of_cases(evidence: Evidence, administration: Administration) -> Iterator[Row]:
    """Yield how the administration kept the promises on cases that it had."""
    for id_ in evidence.figures.names("cases.asked.promises"):
        target = evidence.target(id_)
        root = f"cases.asked.promises.{id_}.kept_at.{administration.id}"
        figures = evidence.of(target)
        value, number = figures.number(f"{root}.ratio"), figures.count(f"{root}.n")
        if value is None:
            continue
        yield (
            Cell(target.name),
            Cell("Ärenden"),
            goal_cell(target),
            figures.cell(f"{root}.ratio", "share", f"{root}.n"),
            figures.cell(f"{root}.n", "count"),
            Cell(_verdict(value, target.goal, number, figures.count(f"{root}.in_time"))),
        )


def _verdict(value: float, goal: float | None, number: int, in_time: int) -> str:
    if goal is None:
        return "inget mål"
    said = "nådde målet" if value >= goal else "nådde inte målet"
    low, high = wilson(in_time, number) or (0.0, 1.0)
    if number < INDICATION_BELOW:
        return f"{said} (indikation)"
    return f"{said} (inom felmarginalen)" if low <= goal <= high else said


def _besides(evidence: Evidence, administration: Administration) -> Iterator[Row]:
    """Yield what there is no promise of: calls lost, time staffed."""
    figures, no_goal = evidence.figures, Cell(None, "share", missing="–")
    for queue in evidence.municipality.queues.values():
        root = f"queues.{queue.id}.lost"
        if queue.administration != administration.id or not figures.count(f"{root}.n"):
            continue
        held = held_in(evidence.municipality, evidence.period)
        if any(its.measure == "lost" and its in held for its in queue.targets):
            continue  # it stands among the promises
        yield (
            Cell("Förlorade samtal"),
            Cell(queue.name),
            no_goal,
            figures.cell(f"{root}.ratio", "share", f"{root}.n"),
            figures.cell(f"{root}.n", "count"),
            Cell("inget mål"),
        )
    root = f"presence.asked.administrations.{administration.id}.opening"
    if figures.number(f"{root}.ratio") is not None:
        hours = figures.number(f"{root}.promised_seconds") or 0
        yield (
            Cell("Bemannad tid av riktlinjens"),
            Cell("Telefon"),
            no_goal,
            figures.cell(f"{root}.ratio", "share"),
            Cell(hours / 3600, "hours"),
            Cell("–"),
        )
