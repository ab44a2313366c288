"""What was promised and how it went: one table of all, one picture, and each promise in words."""

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reports.document import Cell, Paragraph, Part, Picture, Section, Table
from reports.evidence import Evidence
from reports.formats import pictures
from reports.outcomes import MEANS, Compared, Outcome, Promise
from reports.wording import (
    change_sign,
    goal_cell,
    goal_said,
    held_said,
    limit_said,
    place_of,
    sentences,
    verdict,
)
from streams.domain.catalogue import ServiceTarget
from streams.domain.swedish import MONTHS, percent, share, span
from streams.domain.words import MISSES

SHORTEST_LINE: Final = 3
"""So many months make a line."""


def section(evidence: Evidence, promises: list[Promise]) -> Section:
    """Return the section of all promises that held in the period, those with a goal first."""
    with_goal = [its for its in promises if goal_said(its.target)]
    others = [its for its in promises if not goal_said(its.target)]
    parts: list[Part] = []
    if not with_goal:
        parts.append(Paragraph("Katalogen har inga löften med mål som gällde under perioden."))
    else:
        parts += [
            *_bars(with_goal),
            Table(
                "loften",
                f"Löften och utfall {evidence.period.said}",
                _columns(evidence),
                tuple(_row(evidence, its) for one in with_goal for its in _outcomes(one)),
                note=_NOTE,
            ),
        ]
    if others:
        parts.append(
            Table(
                "matt",
                "Mått som följs utan mål",
                _columns(evidence),
                tuple(_row(evidence, its) for one in others for its in _outcomes(one)),
                note=_NOTE,
            )
        )
    return Section(
        "resultat",
        "Resultat",
        tuple(parts),
        tuple(_subsection(evidence, promise) for promise in (*with_goal, *others)),
    )


_NOTE: Final = (
    "↑ bättre, ↓ sämre; → mindre än en halv procentenhet, eller inte mer än slumpen kan ge. "
    "Felmarginal: 95 % (Wilson)."
)


def _outcomes(promise: Promise) -> Iterator[Outcome]:
    yield promise.whole
    yield from promise.of_queues


def _columns(evidence: Evidence) -> tuple[str, ...]:
    month = ("Mot förra månaden",) if evidence.period.kind == "month" else ()
    return (
        "Löfte", "Var", "Mål", "Utfall", "Antal", "Felmarginal", *month, "Mot samma tid i fjol",
        "Bedömning",
    )  # fmt: skip


def _row(evidence: Evidence, outcome: Outcome) -> tuple[Cell, ...]:
    target = outcome.target
    held = f" ({held_said(outcome)})" if outcome.is_part else ""
    month = (_beside(outcome, outcome.since_before),) if evidence.period.kind == "month" else ()
    return (
        Cell(f"{target.name}{held}"),
        Cell(place_of(evidence.municipality, outcome)),
        goal_cell(target),
        outcome.value,
        outcome.number,
        Cell(span(*(outcome.interval or (None, None)))),
        *month,
        _beside(outcome, outcome.since_year_before),
        Cell(verdict(outcome)),
    )


def _beside(outcome: Outcome, compared: Compared | None) -> Cell:
    """Return what a value was earlier, and what it has done since."""
    if compared is None:
        return Cell("–")
    before = Cell(compared.before, outcome.value.kind)
    said = f"{before.shown} {change_sign(compared.change)}".rstrip()
    return replace(before, said=said)


def _bars(promises: list[Promise]) -> Iterator[Picture]:
    bars = [
        pictures.Bar(
            _label(outcome, is_alone=not promise.of_queues),
            outcome.value.value,
            outcome.target.goal,
            outcome.is_kept,
        )
        for promise in promises
        for outcome in _outcomes(promise)
        if outcome.is_share
        and isinstance(outcome.value.value, int | float)
        and not outcome.is_part
        and (outcome.target.goal is not None or outcome.queue is None)
    ]
    if not bars:
        return
    said = "; ".join(
        f"{bar.label.replace(chr(10), ' ')} {percent(bar.value)}"
        + ("" if bar.goal is None else f" mot målet {share(bar.goal)}")
        for bar in bars
    )
    yield Picture(
        "bild-loften",
        "Utfall mot mål (strecket är målet; streckad stapel: målet nåddes inte)",
        f"Liggande staplar, en för varje löfte och under det en för varje kö: {said}.",
        pictures.goal_bars(bars),
    )


def _label(outcome: Outcome, *, is_alone: bool) -> str:
    """Return what a bar is called: the promise, or the queue where the promise stands above."""
    if outcome.queue is not None and not is_alone:
        return f"därav {outcome.queue.name}"
    return textwrap.fill(outcome.target.name, 44)


def _subsection(evidence: Evidence, promise: Promise) -> Section:
    parts: list[Part] = [Paragraph(" ".join(sentences(evidence, promise)))]
    parts += _over_months(evidence, promise)
    if promise.target.measure == "answered_within":
        parts += _misses(evidence, promise)
    if promise.target.limit is not None:
        parts += _lateness(evidence, promise)
    held = f" ({held_said(promise.whole)})" if promise.whole.is_part else ""
    return Section(_id(promise), f"{promise.target.name}{held}", tuple(parts))


def _id(promise: Promise) -> str:
    part = f"-{promise.whole.held[0]}" if promise.whole.is_part else ""
    return f"lofte-{promise.target.id}{part}"


def _over_months(evidence: Evidence, promise: Promise) -> Iterator[Part]:
    """Yield how a share has been month by month, as a picture and a table."""
    if promise.whole.is_part or len(evidence.months) < SHORTEST_LINE:
        return
    if promise.target.measure in MEANS or "*" in promise.whole.value.figure:
        outcomes = list(promise.of_queues) or [promise.whole]
    else:
        outcomes = list(_outcomes(promise))
    outcomes = [its for its in outcomes if its.value.figure]
    kind = promise.whole.value.kind
    rows, series = [], {}
    for outcome in outcomes:
        cells = [
            figures.cell(outcome.value.figure, kind, outcome.number.figure)
            for figures in evidence.months.values()
        ]
        if all(cell.value is None for cell in cells):
            continue
        name = place_of(evidence.municipality, outcome)
        rows.append((Cell(name), *(replace(cell, figure="", missing="–") for cell in cells)))
        series[name] = [None if c.value is None else float(c.value) for c in cells]
    if not rows:
        return
    months = [MONTHS[int(name[-2:]) - 1][:3] for name in evidence.months]
    if kind == "share":
        goal = promise.target.goal
        yield Picture(
            f"bild-{_id(promise)}",
            "Månad för månad",
            f"Linjer över {evidence.period.said}, en för varje ställe; siffrorna står i tabellen."
            + ("" if goal is None else f" Målet är {goal_said(promise.target)}."),
            pictures.lines(months, series, goal),
        )
    yield Table(
        f"{_id(promise)}-manader", "Månad för månad, i siffror", ("Var", *months), tuple(rows)
    )


def _misses(evidence: Evidence, promise: Promise) -> Iterator[Part]:
    """Yield why calls were not in time, as a table of those reasons that there are."""
    figures, outcomes = evidence.of(promise.target), promise.of_queues or (promise.whole,)
    roots = [
        (place_of(evidence.municipality, its), its.value.figure.removesuffix(".ratio"))
        for its in outcomes
    ]
    whys = [
        why for why in MISSES if any(figures.count(f"{root}.missed.{why}") for _, root in roots)
    ]
    if not whys:
        return
    yield Table(
        f"{_id(promise)}-missar",
        "Varför samtal inte fick svar i tid",
        ("Var", "I tid", *(_why(promise.target, why) for why in whys)),
        tuple(
            (
                Cell(name),
                figures.cell(f"{root}.good", "count"),
                *(figures.cell(f"{root}.missed.{why}", "count") for why in whys),
            )
            for name, root in roots
        ),
    )


def _why(target: ServiceTarget, why: str) -> str:
    """Return why calls were not in time, with the limit in words."""
    within = limit_said(target)
    said = {
        "abandoned_early": f"lade på {within}",
        "abandoned_late": f"lade på efter {within.removeprefix('inom ')}",
        "closed": "möttes av stängd kö",
    }.get(why, MISSES[why])
    return said[0].upper() + said[1:]


def formulas(evidence: Evidence, promises: list[Promise]) -> Iterator[Table]:
    """Yield the same calls by other formulas that are in use."""
    for promise in promises:
        if promise.target.measure != "answered_within":
            continue
        figures = evidence.of(promise.target)
        roots = [
            (place_of(evidence.municipality, its), its.value.figure.removesuffix(".ratio"))
            for its in (promise.of_queues or (promise.whole,))
            if its.value.value is not None
        ]
        if not roots:
            continue
        yield Table(
            f"{_id(promise)}-formler",
            f"{promise.target.name}: samma samtal med andra formler",
            ("Var", "Löftets formel", *FORMULAS.values()),
            tuple(
                (
                    Cell(name),
                    figures.cell(f"{root}.ratio", "share", f"{root}.decided"),
                    *(
                        figures.cell(
                            f"{root}.formulas.{key}.ratio", "share", f"{root}.formulas.{key}.n"
                        )
                        for key in FORMULAS
                    ),
                )
                for name, root in roots
            ),
            note="Löftets formel räknar alla som ringde och fick svar eller gav upp. Andra räknar "
            "bort dem som gav upp, helt eller delvis: därför ska tal med olika formler inte "
            "jämföras.",
        )


FORMULAS: Final = {
    "of_answered": "Bara besvarade räknas",
    "less_early_abandons": "De som lade på i tid räknas inte",
    "early_abandons_kept": "De som lade på i tid räknas som svar",
    "left": "Alla som lämnade kön i tid räknas som svar",
}


def _lateness(evidence: Evidence, promise: Promise) -> Iterator[Part]:
    """Yield how late the late ones were."""
    figures = evidence.of(promise.target)
    overdue = "due.overdue" if promise.target.measure == "question_answered_within" else "overdue"
    rows = []
    for outcome in promise.of_queues or (promise.whole,):
        root = outcome.value.figure.rpartition(".")[0]
        days = [
            Cell(
                None
                if (seconds := figures.number(f"{root}.late_seconds.{which}")) is None
                else seconds / 86_400,
                "days",
                missing="–",
            )
            for which in ("mean", "p50", "p90", "max")
        ]
        name = place_of(evidence.municipality, outcome)
        rows.append(
            (
                Cell(name),
                figures.cell(f"{root}.late_seconds.n", "count"),
                figures.cell(f"{root}.{overdue}", "count"),
                *days,
            )
        )
    yield Table(
        f"{_id(promise)}-sena",
        "Hur sena de sena var, i dygn efter att tiden gått ut",
        (
            "Var",
            "Sena",
            "Varav inte klara än",
            "I medel",
            "Hälften högst",
            "Nio av tio högst",
            "Längst",
        ),
        tuple(rows),
        note="Det som inte är klart räknas som så sent som det var då siffrorna räknades.",
    )
