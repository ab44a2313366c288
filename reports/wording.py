"""What a report says of promises in Swedish, by rule: the same figures give the same sentences."""

from datetime import timedelta

from reports.document import Cell
from reports.evidence import Evidence
from reports.outcomes import MEANS, Change, Compared, Outcome, Promise
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.swedish import (
    count,
    deadline,
    decimal,
    limit,
    listed,
    percent,
    share,
    span,
)
from streams.domain.words import CHANNELS

RISE = "ska öka"
"""The goal of a share that is to be larger each year."""
_SIGNS = {Change.BETTER: "↑", Change.WORSE: "↓", Change.WITHIN_CHANCE: "→"}


def change_sign(change: Change | None) -> str:
    """Return an arrow; nothing where it can't be said."""
    return "" if change is None else _SIGNS[change]


def place_of(municipality: Municipality, outcome: Outcome) -> str:
    """Return where an outcome is of: a queue, several together, or the whole municipality."""
    if outcome.queue is not None:
        return outcome.queue.name
    if outcome.value.figure.startswith(("queues.", "questions.", "cases.asked.promises.")):
        return "Tillsammans"
    return municipality.name


def limit_said(target: ServiceTarget) -> str:
    """Return within what a promise is: ``inom 15 s``; nothing where it has no limit."""
    if target.limit_seconds is not None:
        return f"inom {limit(target.limit_seconds)}"
    if target.limit is not None:
        return f"inom {deadline(target.limit.count, target.limit.unit)}"
    return ""


def goal_said(target: ServiceTarget) -> str:
    """Return the goal of a promise: ``90 %``, ``högst 10 %``, ``högst 50 s``; nothing of none."""
    if target.measure in MEANS:
        return "" if target.limit_seconds is None else f"högst {limit(target.limit_seconds)}"
    if target.goal is None:
        return RISE if target.measure == "channel_share" else ""
    is_most = target.measure == "lost" or target.better == "lower"
    return f"högst {share(target.goal)}" if is_most else share(target.goal)


def goal_cell(target: ServiceTarget) -> Cell:
    """Return the goal of a promise as a figure, said as it is promised."""
    said = goal_said(target)
    if target.measure in MEANS:
        return Cell(target.limit_seconds, "seconds", missing="–", said=said)
    return Cell(target.goal, "share", missing=said or "–", said=said if target.goal else "")


def held_said(outcome: Outcome) -> str:
    """Return when in the period a version of a promise held."""
    first, after = outcome.held
    return f"{first} till {after - timedelta(days=1)}"


def verdict(outcome: Outcome) -> str:
    """Return how a promise went, in a few words that stand alone."""
    if outcome.value.value is None:
        few = (outcome.number.value or 0) != 0
        return "för få svar" if few and outcome.target.measure == "satisfied" else "inga data"
    if outcome.is_kept is None:
        if outcome.waits_for_year:
            return "bedöms för helår"
        return "går inte att bedöma" if goal_said(outcome.target) else "inget mål"
    said = "nådde målet" if outcome.is_kept else "nådde inte målet"
    if outcome.value.is_indication:
        return f"{said} (indikation)"
    if outcome.is_share and outcome.target.goal is not None and not outcome.is_sure:
        return f"{said} (inom felmarginalen)"
    return said


WIDE = 0.005
"""An interval that is wider on either side is told in a sentence."""


def sentences(evidence: Evidence, promise: Promise) -> list[str]:
    """Return how a promise went: value and goal, what has changed, and which queues differ."""
    outcome, target = promise.whole, promise.target
    source = f"Källa: {target.source}."
    if outcome.value.value is None:
        few = verdict(outcome) == "för få svar"
        said = "Det är för få svar för att visa något" if few else "Det finns inget värde"
        return [f"{said} för {evidence.period.said}.", source]
    found = [*_told(evidence, outcome)]
    low, high = outcome.interval or (0.0, 0.0)
    if high - low > 2 * WIDE:
        found.append(f"Felmarginal (95 %): {span(low, high)}.")
    goal = goal_said(target)
    if outcome.waits_for_year:
        found.append("Löftet gäller hela år, och bedöms i årsrapporten.")
    elif goal == RISE and outcome.is_kept is not None:
        found += _risen(outcome)
    elif goal:
        found.append(f"Målet är {goal}: {_reached(outcome)}.")
    if goal != RISE or outcome.waits_for_year:
        found += _changed(evidence, outcome)
    if promise.of_queues:
        found += _of_queues(promise)
    found += _with_partner(evidence, promise)
    return [*found, source]


_TOLD = {
    "answered_within": "{value} av {number} samtal fick svar {limit}.",
    "lost": "{value} av {number} samtal förlorades: ingen svarade.",
    "mean_wait": "I medel väntade man {value} på svar ({number} samtal).",
    "mean_talk": "Samtalen var {value} långa i medel ({number} samtal).",
    "question_answered_within": "{value} av {number} frågor fick svar {limit}.",
    "feedback_within": "{value} av {number} ärenden fick besked {limit}.",
    "resolved_within": "{value} av {number} ärenden blev klara {limit}.",
    "satisfied": "{value} av {number} svar i den egna enkäten var nöjda eller mycket nöjda "
    "(betyg 4 eller 5 av 5).",
    "open_as_promised": "{part} av {number} förvaltningar hade ett bemannat nummer hela "
    "riktlinjens tid.",
    "channel_share": "{value} av kontakterna kom via {ways}: {part} av {number}.",
    "external": "Värdet är {value} ({remark}).",
}
"""Measure → how its value is told."""


def _told(evidence: Evidence, outcome: Outcome) -> list[str]:
    """Return the value in words, with what it is of."""
    target, value = outcome.target, Cell(outcome.value.value, outcome.value.kind).shown
    if target.measure == "solved_in_centre":
        return _solved(evidence, outcome, value)
    said = _TOLD[target.measure].format(
        value=value,
        number=count(int(outcome.number.value or 0)),
        part=count(round(outcome.part or 0)),
        limit=limit_said(target),
        ways=listed([CHANNELS[channel] for channel in target.channels]),
        remark=outcome.remark,
    )
    found = [said]
    if target.measure in MEANS and outcome.lost is not None:
        found.append(f"Samtidigt förlorades {percent(outcome.lost)}.")
    if outcome.high is not None:
        found.append(
            f"Av en del är utfallet okänt: andelen är minst så stor, och högst "
            f"{percent(outcome.high)}."
        )
    return found


def _solved(evidence: Evidence, outcome: Outcome, value: str) -> list[str]:
    number, part = count(int(outcome.number.value or 0)), count(round(outcome.part or 0))
    if outcome.target.of == "cases":
        return [f"Av {number} avgjorda ärenden löstes {part} ({value}) i kundtjänsten."]
    found = [
        f"Av {number} inkommande kontakter löstes {part} ({value}) i kundtjänsten, utan att "
        "lämnas vidare. Andelen är av allt som kom in, också samtal som ingen svarade på."
    ]
    root = outcome.value.figure.removesuffix(".ratio")
    figures = evidence.of(outcome.target)
    if figures.number(f"{root}.answered"):
        registered, answered = (
            figures.count(f"{root}.{key}") for key in ("registered", "answered")
        )
        found.append(
            f"Av {count(answered)} besvarade kontakter registrerades {count(registered)} "
            f"({percent(registered / answered)}) som ärenden; de andra räknas som olösta."
        )
    return found


def _risen(outcome: Outcome) -> list[str]:
    """Return whether a share has risen since the year before, as it is to do."""
    compared = outcome.since_year_before
    was = f" ({Cell(compared.before, 'share').shown})" if compared else ""
    if not outcome.is_kept:
        return [f"Andelen har inte ökat sedan året före{was}, som löftet säger att den ska."]
    little = compared is not None and compared.change is Change.WITHIN_CHANCE
    than = ", fast lite" if little else ""
    return [f"Andelen har ökat sedan året före{was}{than}, som löftet säger."]


def _reached(outcome: Outcome) -> str:
    if outcome.is_kept is None:
        return "det går inte att bedöma"
    said = "det nåddes" if outcome.is_kept else "det nåddes inte"
    if outcome.value.is_indication:
        return f"{said}, men antalet är så litet att det bara är en indikation"
    if outcome.is_share and outcome.target.goal is not None and not outcome.is_sure:
        return f"{said}, men skillnaden ligger inom felmarginalen"
    return said


def _changed(evidence: Evidence, outcome: Outcome) -> list[str]:
    """Return what has changed since the period before and since a year ago."""
    before, year_before = evidence.period.before, evidence.period.year_before
    compared = [(outcome.since_year_before, year_before)]
    if before is not None and before != year_before:
        compared.insert(0, (outcome.since_before, before))
    found, alike = [], []
    for its, period in compared:
        if its is None:
            continue
        was = f"{period.said} ({Cell(its.before, outcome.value.kind).shown})"
        if its.change is Change.WITHIN_CHANCE:
            alike.append(was)
        elif its.change is None:
            found.append(f"Jämför med {was}.")
        else:
            than = "bättre" if its.change is Change.BETTER else "sämre"
            found.append(f"Det är {than} än {was}, med {_difference(outcome, its)}.")
    if alike:
        found.append(f"I stort sett som {listed(alike)}.")
    return found


def _difference(outcome: Outcome, compared: Compared) -> str:
    """Return how much a value has changed, by the values as they are shown."""
    value = float(outcome.value.value or 0)
    if outcome.is_share:
        points = abs(round(100 * value, 1) - round(100 * compared.before, 1))
        return f"{decimal(round(points, 1))} procentenheter"
    return f"{decimal(round(abs(value - compared.before), 1))} sekunder"


def _of_queues(promise: Promise) -> list[str]:
    kept = [its for its in promise.of_queues if its.is_kept is True]
    missed = [its for its in promise.of_queues if its.is_kept is False]

    def named(those: list[Outcome]) -> str:
        return listed(
            [f"{its.queue.name if its.queue else ''} ({its.value.shown})" for its in those]
        )

    if not missed and kept:
        return ["Alla köer nådde målet var för sig."]
    found = []
    if kept:
        found.append(f"Målet nåddes av {named(kept)}.")
    if missed:
        found.append(f"Det nåddes inte av {named(missed)}.")
    return found


def _with_partner(evidence: Evidence, promise: Promise) -> list[str]:
    """Return what a service level would be with the answers of a partner that calls go on to."""
    figures, found = evidence.of(promise.target), []
    for outcome in promise.of_queues or (promise.whole,):
        queue = outcome.queue
        if queue is None or queue.overflow_to is None:
            continue
        partner = evidence.municipality.queues.get(queue.overflow_to)
        ratio = figures.number(f"queues.{queue.id}.if_overflow.{promise.target.id}.ratios.as_is")
        if ratio is not None and partner is not None:
            found.append(
                f"Löftet räknar svar i den egna kön. Med svaren från {partner.name} blir det "
                f"{percent(ratio)} för {queue.name}."
            )
    return found
