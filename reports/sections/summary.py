"""What a reader of one page needs: what went well, what did not, and what to look into.

By rule: the same figures give the same sentences. What they mean is for the analyst to say.
"""

from reports.document import Bullets, Cell, Paragraph, Section
from reports.evidence import Evidence
from reports.outcomes import Change, Outcome, Promise
from reports.wording import change_sign, goal_said, place_of
from streams.domain.phone.patterns import HOURS
from streams.domain.swedish import WEEKDAYS, count, counted, listed, percent
from streams.domain.words import CHANNELS, MISSES

REGISTERED_FEW = 0.9
"""Of contacts that somebody answered: when fewer are registered, shares of cases hide some."""
WORST_OF = 30
"""An hour of the week with fewer calls is not told of as the worst."""


def section(evidence: Evidence, promises: list[Promise]) -> Section:
    """Return the summary."""
    judged = [promise.whole for promise in promises if promise.whole.is_kept is not None]
    kept = [its for its in judged if its.is_kept]
    missed = [its for its in judged if not its.is_kept]
    told = " ".join(filter(None, (_volumes(evidence), _how_many(judged, kept))))
    sections = tuple(
        Section(id_, title, (Bullets(tuple(_point(its) for its in those)),))
        for id_, title, those in (
            ("styrkor", "Styrkor", kept),
            ("avvikelser", "Avvikelser", missed),
        )
        if those
    )
    return Section("sammanfattning", "Sammanfattning", (Paragraph(told),), sections)


def _how_many(judged: list[Outcome], kept: list[Outcome]) -> str:
    if not judged:
        return "Inget av kommunens löften går att bedöma med det som finns."
    of = counted(len(judged), "löfte gick att bedöma", "löften gick att bedöma")
    reached = {0: "inget av dem nåddes", len(judged): "alla nåddes"}.get(
        len(kept), f"{count(len(kept))} av dem nåddes"
    )
    if len(judged) == 1:
        reached = "det nåddes" if kept else "det nåddes inte"
    return f"{of[0].upper()}{of[1:]}: {reached}."


def _volumes(evidence: Evidence) -> str:
    figures = evidence.figures
    said = []
    if contacts := figures.count("contacts.contacts"):
        answered = percent(figures.count("contacts.outcomes.answered") / contacts)
        said.append(
            f"Kommunen fick {counted(contacts, 'telefonkontakt', 'telefonkontakter')} under "
            f"utlovad tid, med ett samtal som kopplas vidare räknat som en; {answered} fick svar."
        )
    received = sum(
        figures.count(f"questions.mailboxes.{queue}.windows.asked.received.{channel}")
        for queue in figures.names("questions.mailboxes")
        for channel in ("email", "e_service")
    )
    opened = figures.count("cases.asked.opened.opened")
    also = [
        counted(number, one, several)
        for number, one, several in (
            (received, "fråga kom skriftligt", "frågor kom skriftligt"),
            (opened, "ärende öppnades", "ärenden öppnades"),
        )
        if number
    ]
    if also:
        text = " och ".join(also)
        said.append(f"{text[0].upper()}{text[1:]}.")
    return " ".join(said)


def _point(outcome: Outcome) -> str:
    goal = goal_said(outcome.target)
    against = f", mot målet {goal}" if goal and goal != "ska öka" else ""
    few = " (indikation)" if outcome.value.is_indication else ""
    value = Cell(outcome.value.value, outcome.value.kind).shown
    compared = outcome.since_year_before
    trend = ""
    if compared is not None and compared.change in {Change.BETTER, Change.WORSE}:
        than = "bättre" if compared.change is Change.BETTER else "sämre"
        before = Cell(compared.before, outcome.value.kind).shown
        trend = f" {change_sign(compared.change)} {than} än samma tid i fjol ({before})."
    return f"{outcome.target.name}: {value}{against}{few}.{trend}"


def points(evidence: Evidence, promises: list[Promise]) -> Section | None:
    """Return what to look into, by rule; None if there is nothing."""
    said = [
        *_why_missed(evidence, promises),
        *_unstaffed(evidence),
        *_unregistered(evidence),
        *_silent(evidence),
        *_strange(evidence),
    ]
    if not said:
        return None
    return Section("beakta", "Punkter att beakta", (Bullets(tuple(said)),))


def _why_missed(evidence: Evidence, promises: list[Promise]) -> list[str]:
    said = []
    for promise in promises:
        if promise.target.measure != "answered_within":
            continue
        figures = evidence.of(promise.target)
        for outcome in promise.of_queues or (promise.whole,):
            if outcome.is_kept is not False or outcome.queue is None:
                continue
            root = outcome.value.figure.removesuffix(".ratio")
            missed = {why: figures.count(f"{root}.missed.{why}") for why in MISSES}
            whole = sum(missed.values())
            why = max(missed, key=lambda its: missed[its])
            sentence = (
                f"{place_of(evidence.municipality, outcome)}: av {count(whole)} samtal som inte "
                f"fick svar i tid var {percent(missed[why] / whole)} sådana som "
                f"{_WHY.get(why, MISSES[why])}."
            )
            worst = _worst_hour(evidence, outcome)
            said.append(f"{sentence} {worst}".strip())
    return said


_WHY = {
    "answered_late": "fick svar för sent",
    "callback": "ringdes upp för sent",
    "closed": "väntade när kön stängde",
    "refused": "nekades för att kön var full",
    "waiting": "väntade ännu",
}


def _worst_hour(evidence: Evidence, outcome: Outcome) -> str:
    if outcome.queue is None or outcome.is_part:
        return ""
    tally = evidence.patterns[outcome.queue.id].by_hour
    decided = tally.decided.get(outcome.target.id)
    if decided is None:
        return ""
    in_time = tally.in_time[outcome.target.id]
    shares = {
        cell: int(in_time[cell]) / int(of)
        for cell, of in enumerate(decided.tolist())
        if of >= WORST_OF
    }
    if not shares:
        return ""
    worst = min(shares, key=lambda cell: (shares[cell], cell))
    day, hour = divmod(worst, HOURS)
    return (
        f"Sämst gick det på {WEEKDAYS[day]}ar kl. {hour:02}–{hour + 1:02}: "
        f"{percent(shares[worst])} i tid."
    )


def _unstaffed(evidence: Evidence) -> list[str]:
    root = "presence.asked.administrations"
    said = []
    for its in evidence.municipality.administrations.values():
        if evidence.figures.at(f"{root}.{its.id}.standing") == "broken":
            ratio = evidence.figures.number(f"{root}.{its.id}.opening.ratio")
            if ratio is not None and round(ratio, 3) < 1:
                said.append(
                    f"{its.name} hade ett bemannat nummer {percent(ratio)} av riktlinjens tid."
                )
    return said


def _unregistered(evidence: Evidence) -> list[str]:
    figures, root = evidence.figures, "cases.asked.solved_in_centre"
    said = []
    for id_ in figures.names(root):
        ratio = figures.number(f"{root}.{id_}.registered_ratio")
        if ratio is not None and ratio < REGISTERED_FEW:
            said.append(
                f"Bara {percent(ratio)} av de besvarade kontakterna registrerades som ärenden: "
                "det som löstes utan att registreras räknas som olöst."
            )
            break
    return said


def _silent(evidence: Evidence) -> list[str]:
    figures, municipality = evidence.figures, evidence.municipality
    said = []
    silent = {
        name
        for root in ("phone_coverage", "questions.promises")
        for promise in figures.names(root)
        for name in (
            figures.at(f"{root}.{promise}.silent")
            or figures.at(f"{root}.{promise}.coverage.silent")
            or {}
        ).values()
    }
    if silent:
        said.append(
            f"Inget kom från {listed(sorted(silent))}: det löftena säger om dem är inte mätt."
        )
    channels = figures.at("channels.asked.silent") or []
    if channels and any(figures.names("channels.asked.shares")):
        those = listed([CHANNELS.get(channel, channel) for channel in channels])
        said.append(f"Kontakter via {those} rapporteras inte, och är inte med i andelarna.")
    few = [
        municipality.queues[queue].name
        for queue in municipality.queues
        if 0 < figures.count(f"queues.{queue}.arrived") < 30
    ]
    if few:
        said.append(f"{listed(few)} hade så få samtal att andelarna bara är indikationer.")
    return said


def _strange(evidence: Evidence) -> list[str]:
    said = []
    if evidence.strangers:
        names = [f"{name} ({count(number)})" for name, number in evidence.strangers[:5]]
        more = len(evidence.strangers) - len(names)
        those = listed(names) + (f" och {counted(more, 'till', 'till')}" if more else "")
        said.append(
            f"Samtal kom till köer som katalogen inte har: {those}. De är inte med i något löfte. "
            "Har en kö bytt id, ge den tillbaka det gamla i katalogen och räkna om."
        )
    said += [
        f"Det som började före {day} är gallrat ur arkivet ({decision}): perioden är inte hel."
        for day, decision in evidence.erased
    ]
    if evidence.gaps:
        said.append(
            f"Arkivet saknar {counted(evidence.gaps, 'stycke', 'stycken')} av loggen, som hade "
            "gallrats innan det lästes: siffrorna kan vara för låga."
        )
    return said
