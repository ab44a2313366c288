"""What a report says of promises in Swedish, by rule: the same figures give the same sentences."""

from datetime import timedelta

from reports.document import Cell
from reports.evidence import Evidence
from reports.outcomes import MEANS, Change, Compared, Outcome, Promise
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.swedish import count, deadline, decimal, limit, listed, share, span

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
        return "ska öka" if target.measure == "channel_share" else ""
    is_most = target.measure == "lost" or target.better == "lower"
    return f"högst {share(target.goal)}" if is_most else share(target.goal)


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
        return "inget mål" if not goal_said(outcome.target) else "går inte att bedöma"
    said = "nådde målet" if outcome.is_kept else "nådde inte målet"
    if outcome.value.is_indication:
        return f"{said} (indikation)"
    if outcome.is_share and outcome.target.goal is not None and not outcome.is_sure:
        return f"{said}, men det kan vara slump"
    return said


_WHAT = {
    "answered_within": "av samtalen fick svar {limit}",
    "lost": "av samtalen förlorades",
    "mean_wait": "var väntan på svar i medel",
    "mean_talk": "var samtalstiden i medel",
    "question_answered_within": "av frågorna fick svar {limit}",
    "feedback_within": "av ärendena fick besked {limit}",
    "resolved_within": "av ärendena blev klara {limit}",
    "solved_in_centre": "löstes direkt i kundtjänst",
    "satisfied": "av svaren i enkäten var nöjda",
    "open_as_promised": "av förvaltningarna hade ett bemannat nummer hela tiden",
    "channel_share": "av kontakterna kom den vägen",
}


def sentences(evidence: Evidence, promise: Promise) -> list[str]:
    """Return how a promise went: value and goal, what has changed, and which queues differ."""
    outcome, target = promise.whole, promise.target
    source = f"Löftet står i: {target.source}."
    if outcome.value.value is None:
        return [f"Det finns inga data att bedöma löftet med för {evidence.period.said}.", source]
    what = _WHAT[target.measure].replace("{limit}", limit_said(target)).rstrip()
    value = Cell(outcome.value.value, outcome.value.kind).shown
    first = f"{value} {what}"
    number = outcome.number.value
    if isinstance(number, int | float) and number and target.measure != "open_as_promised":
        first += f" (antal: {count(round(number))}"
        first += f", säkert inom {span(*outcome.interval)})" if outcome.interval else ")"
    found = [f"{first}."]
    goal = goal_said(target)
    if goal and target.measure != "channel_share":
        found.append(f"Målet är {goal}: {_reached(outcome)}.")
    elif target.measure == "channel_share" and outcome.is_kept is not None:
        found.append(
            "Andelen har ökat sedan året före, som löftet säger."
            if outcome.is_kept
            else "Andelen har inte ökat sedan året före, som löftet säger att den ska."
        )
    before, year_before = evidence.period.before, evidence.period.year_before
    for compared, said in (
        (outcome.since_before, before),
        (outcome.since_year_before, year_before),
    ):
        if compared is None or said is None:
            continue
        if said is before and said == year_before:
            continue  # a year is told of once
        found.append(_changed(outcome, compared, said.said))
    if promise.of_queues:
        found += _of_queues(promise)
    return [*found, source]


def _reached(outcome: Outcome) -> str:
    if outcome.is_kept is None:
        return "det går inte att bedöma"
    said = "det nåddes" if outcome.is_kept else "det nåddes inte"
    if outcome.value.is_indication:
        return f"{said}, men antalet är så litet att det bara är en indikation"
    if outcome.is_share and not outcome.is_sure:
        return f"{said}, men skillnaden är inte större än slumpen kan ge"
    return said


def _changed(outcome: Outcome, compared: Compared, period: str) -> str:
    before = Cell(compared.before, outcome.value.kind).shown
    value = float(outcome.value.value or 0)
    if outcome.is_share:
        points = abs(100 * (value - compared.before))
        by = f"{decimal(round(points, 1))} procentenheter"
    else:
        by = f"{decimal(round(abs(value - compared.before), 1))} sekunder"
    match compared.change:
        case Change.BETTER:
            return f"Det är bättre än {period} ({before}), med {by}."
        case Change.WORSE:
            return f"Det är sämre än {period} ({before}), med {by}."
        case Change.WITHIN_CHANCE:
            chance = "mer än slumpen kan ge" if outcome.is_share else "nämnvärt"
            return f"Det skiljer sig inte från {period} ({before}) {chance}."
        case None:
            return f"{period[0].upper()}{period[1:]} var det {before}."


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
