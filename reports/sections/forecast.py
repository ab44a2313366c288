"""What a year may still come to, seen from a part of it."""

from typing import Final

from reports.document import Cell, Paragraph, Part, Section, Table
from reports.evidence import Evidence
from reports.outcomes import Outcome, Promise
from reports.periods import Period
from reports.wording import goal_said, place_of
from streams.domain.catalogue import ServiceTarget

LESS_IS_BETTER: Final = "lost"
HOW: Final = (
    "Resten av året väntas förhålla sig till årets början som samma månader i fjol gjorde, både i "
    "antal och i andel. Där det inte finns siffror från i fjol väntas den bli som hittills."
)


def section(evidence: Evidence, promises: list[Promise]) -> Section | None:
    """Return what each share may come to for the whole year; None if none can be told.

    The rest of the year is expected to be as last year's same months were beside last year's first
    part: as many for each, and as many points better or worse. Without a last year, it is expected
    to be as the months so far. What must be reached from here to reach the goal stands beside it.
    """
    rest = evidence.period.rest_of_year
    if not rest:
        return None
    rows = [
        row
        for promise in promises
        for outcome in (promise.whole,)
        if (row := _row(evidence, outcome, len(rest))) is not None
    ]
    if not rows:
        return None
    parts: list[Part] = [
        Paragraph(HOW),
        Table(
            "prognos",
            f"Prognos för {evidence.period.first.year}",
            ("Löfte", "Var", "Mål", "Hittills", "Antal hittills", "Väntas till",
             "Prognos", "Behövs från nu", "Bästa möjliga"),
            tuple(rows),
            note="Behövs från nu: den andel som resten av året måste ha om målet ska nås. "
            "Bästa möjliga: om allt i resten av året lyckas.",
        ),
    ]  # fmt: skip
    return Section("prognos-avsnitt", "Prognos för helåret", tuple(parts))


def _row(evidence: Evidence, outcome: Outcome, months_left: int) -> tuple[Cell, ...] | None:
    target, number, value = outcome.target, outcome.number.value, outcome.value.value
    if (
        not outcome.is_share or outcome.part is None or target.goal is None or outcome.is_part
        or not isinstance(number, int | float) or not isinstance(value, int | float) or not number
        or target.measure == "open_as_promised"
        or not holds_on(target, evidence.period.rest_of_year)
    ):  # fmt: skip
        return None
    remaining = _remaining(outcome, number, len(evidence.period.months), months_left)
    whole = number + remaining
    is_less = target.measure == LESS_IS_BETTER
    best = (outcome.part + (0 if is_less else remaining)) / whole
    needed = (target.goal * whole - outcome.part) / remaining if remaining else None
    rest_share = _rest_share(outcome, value)
    return (
        Cell(target.name),
        Cell(place_of(evidence.municipality, outcome)),
        Cell(goal_said(target)),
        Cell(value, "share", outcome.value.figure, outcome.value.is_indication),
        Cell(number, "count", outcome.number.figure),
        Cell(remaining, "count"),
        Cell((outcome.part + remaining * rest_share) / whole, "share"),
        _needed(needed, is_less=is_less),
        Cell(best, "share"),
    )


def holds_on(target: ServiceTarget, rest: list[Period]) -> bool:
    """Say whether a promise holds to the end of the year, as far as is known."""
    return target.valid_to is None or target.valid_to >= rest[-1].after


def _remaining(outcome: Outcome, number: float, months: int, months_left: int) -> float:
    """Return how many are expected in the rest of the year."""
    then, rest = outcome.year_before, outcome.rest_of_last_year
    if then is not None and then.number and rest is not None and rest.number:
        return number * rest.number / then.number
    return number * months_left / months


def _rest_share(outcome: Outcome, value: float) -> float:
    """Return the share that is expected of the rest: as so far, but for the time of the year."""
    then, rest = outcome.year_before, outcome.rest_of_last_year
    if then is None or rest is None or then.value is None or rest.value is None:
        return value
    return min(1.0, max(0.0, value + rest.value - then.value))


def _needed(needed: float | None, *, is_less: bool) -> Cell:
    if needed is None:
        return Cell("–")
    if is_less:
        if needed < 0:
            return Cell("målet går inte att nå")
        return Cell("nås vad som än händer") if needed >= 1 else Cell(needed, "share")
    if needed > 1:
        return Cell("målet går inte att nå")
    return Cell("nås vad som än händer") if needed <= 0 else Cell(needed, "share")
