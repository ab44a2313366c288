"""What a reader of one page needs: what went well, what did not, and what to look into.

By rule: the same figures give the same sentences. What they mean is for the analyst to say.
"""

from reports.document import Bullets, Cell, Paragraph, Part, Section
from reports.evidence import Evidence
from reports.outcomes import Change, Outcome, Promise
from reports.wording import RISE, change_sign, goal_said, held_said
from streams.domain.swedish import count, counted, listed, percent

SAME = 0.005
"""A number that has changed by less is as it was."""


def section(
    evidence: Evidence, promises: list[Promise], administration: str | None = None
) -> Section:
    """Return the summary: of the municipality, or of one administration's queues."""
    promised = [its.whole for its in promises if goal_said(its.target)]
    kept = [its for its in promised if its.is_kept is True]
    missed = [its for its in promised if its.is_kept is False]
    others = [its for its in promised if its.is_kept is None]
    volumes = _of_administration if administration else _volumes
    told = [_begins(evidence), volumes(evidence, administration or ""), _how_many(promised, kept)]
    parts: list[Part] = [Paragraph(" ".join(filter(None, told)))]
    sections = tuple(
        Section(id_, title, (Bullets(tuple(_point(its) for its in those)),))
        for id_, title, those in (
            ("styrkor", "Styrkor", kept),
            ("avvikelser", "Avvikelser", missed),
            ("obedomda", "Kunde inte bedömas", others),
        )
        if those
    )
    return Section("sammanfattning", "Sammanfattning", tuple(parts), sections)


def _begins(evidence: Evidence) -> str:
    """Return that the archive doesn't have the whole period, if it hasn't."""
    if evidence.has_whole(evidence.period):
        return ""
    first = min(evidence.complete_from.values(), default=None)
    since = (
        f"börjar {first}" if first and first < evidence.period.after else "är tomt för perioden"
    )
    return f"Arkivet {since}: rapporten omfattar inte hela perioden."


def _how_many(promised: list[Outcome], kept: list[Outcome]) -> str:
    if not promised:
        return ""
    missed = sum(its.is_kept is False for its in promised)
    others = len(promised) - len(kept) - missed
    parts = [
        f"{count(number)} {said}"
        for number, said in (
            (len(kept), "nåddes"),
            (missed, "nåddes inte"),
            (others, "kunde inte bedömas"),
        )
        if number
    ]
    return f"Av {counted(len(promised), 'löfte', 'löften')} med mål: {listed(parts)}."


def _volumes(evidence: Evidence, administration: str) -> str:
    del administration
    figures, before, said = evidence.figures, evidence.year_before, []
    whole = evidence.has_whole(evidence.period.year_before)

    def against(path: str) -> str:
        """Return how many it was a year ago, as a change in percent."""
        then = before.count(path) if before and whole else 0
        if not then:
            return ""
        change = figures.count(path) / then - 1
        if abs(change) < SAME:
            return ", ungefär som samma tid i fjol"
        than = "fler" if change > 0 else "färre"
        return f", {percent(abs(change))} {than} än samma tid i fjol"

    if contacts := figures.count("contacts.contacts"):
        answered, lost = (
            figures.count(f"contacts.outcomes.{key}") for key in ("answered", "lost")
        )
        said.append(
            f"Under utlovad öppettid ringde invånarna {counted(contacts, 'gång', 'gånger')}"
            f"{against('contacts.contacts')}. {percent(answered / contacts)} fick svar, och "
            f"{percent(lost / contacts)} ({count(lost)}) fick det inte."
        )
    received = sum(
        figures.count(f"questions.mailboxes.{queue}.windows.asked.received.{channel}")
        for queue in figures.names("questions.mailboxes")
        for channel in ("email", "e_service")
    )
    if received:
        said.append(f"{counted(received, 'fråga kom', 'frågor kom')} skriftligt.")
    if opened := figures.count("cases.asked.opened.opened"):
        said.append(
            f"{counted(opened, 'ärende öppnades', 'ärenden öppnades')}"
            f"{against('cases.asked.opened.opened')}."
        )
    return " ".join(said)


def _of_administration(evidence: Evidence, administration: str) -> str:
    """Return what came to an administration's own queues."""
    figures, said = evidence.figures, []
    for queue in evidence.municipality.queues.values():
        if queue.administration != administration:
            continue
        arrived = figures.count(f"queues.{queue.id}.arrived")
        if arrived:
            answered = figures.count(f"queues.{queue.id}.answered")
            said.append(
                f"{queue.name} fick {counted(arrived, 'samtal', 'samtal')} under utlovad "
                f"öppettid; {percent(answered / arrived)} besvarades där."
            )
        received = sum(
            figures.count(f"questions.mailboxes.{queue.id}.windows.asked.received.{channel}")
            for channel in ("email", "e_service")
        )
        if received:
            said.append(f"{counted(received, 'fråga', 'frågor')} kom till {queue.name}.")
    return " ".join(said)


def _point(outcome: Outcome) -> str:
    goal = goal_said(outcome.target)
    held = f" ({held_said(outcome)})" if outcome.is_part else ""
    name = f"{outcome.target.name}{held}"
    if outcome.value.value is None:
        few = "för få svar" if outcome.number.value else "inget värde för perioden"
        return f"{name}: {few}."
    against = f", mot målet {goal}" if goal != RISE else ""
    few = " (indikation)" if outcome.value.is_indication else ""
    value = Cell(outcome.value.value, outcome.value.kind).shown
    if goal == RISE and outcome.part is not None:
        value += f" ({count(round(outcome.part))} av {count(int(outcome.number.value or 0))})"
    lost = f" Samtidigt förlorades {percent(outcome.lost)}." if outcome.lost is not None else ""
    later = " Löftet bedöms för helår." if outcome.waits_for_year else ""
    compared = outcome.since_year_before
    trend = ""
    if compared is not None and compared.change in {Change.BETTER, Change.WORSE}:
        than = "bättre" if compared.change is Change.BETTER else "sämre"
        before = Cell(compared.before, outcome.value.kind).shown
        trend = f" {change_sign(compared.change)} {than} än samma tid i fjol ({before})."
    return f"{name}: {value}{against}{few}.{lost}{trend}{later}"
