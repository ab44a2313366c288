"""What to look into, by rule: why promises were missed, what is not known, what is strange."""

from reports.document import Bullets, Section
from reports.evidence import Evidence
from reports.outcomes import Outcome, Promise
from reports.wording import limit_said, place_of
from streams.domain.phone.patterns import HOURS
from streams.domain.swedish import WEEKDAYS, count, counted, listed, percent
from streams.domain.words import CHANNELS, MISSES

REGISTERED_FEW = 0.9
"""Of contacts that somebody answered: when fewer are registered, shares of cases hide some."""
SOON = 20
"""So many seconds is soon to hang up (the report of 2014)."""
WORST_OF = 30
"""An hour of the week with fewer calls is not told of as the worst."""


def section(
    evidence: Evidence, promises: list[Promise], administration: str | None = None
) -> Section | None:
    """Return what to look into, by rule; None if there is nothing."""
    said = [*_why_missed(evidence, promises), *_unstaffed(evidence, administration)]
    if administration is None:
        said += [*_hung_up(evidence), *_unregistered(evidence), *_silent(evidence)]
    said += [*_unanswered(evidence, administration), *_lacking(evidence)]
    if administration is None:
        said += _strange(evidence)
    if not said:
        return None
    return Section("beakta", "Punkter att beakta", (Bullets(tuple(said)),))


def _hung_up(evidence: Evidence) -> list[str]:
    """Return how soon those hung up who did, at the queue where most did."""
    figures = evidence.figures
    roots = {
        queue.name: f"queues.{queue.id}.abandoned_within"
        for queue in evidence.municipality.queues.values()
        if queue.is_answered
    }
    if not roots:
        return []
    name, root = max(roots.items(), key=lambda its: figures.count(f"{its[1]}.all"))
    whole = figures.count(f"{root}.all")
    if whole < WORST_OF:
        return []
    share = figures.count(f"{root}.{SOON}") / whole
    return [f"Av dem som lade på i {name} gjorde {percent(share)} det inom {SOON} sekunder."]


def _unanswered(evidence: Evidence, administration: str | None) -> list[str]:
    """Return how many questions in writing nobody has answered, though they were due."""
    figures, found = evidence.figures, []
    for queue in evidence.municipality.queues.values():
        if queue.kind != "mailbox" or administration not in {None, queue.administration}:
            continue
        root = f"questions.mailboxes.{queue.id}.promises"
        overdue = max((figures.count(f"{root}.{its}.now.overdue") for its in figures.names(root)),
                      default=0)  # fmt: skip
        if overdue:
            found.append(f"{queue.name} {count(overdue)}")
    return [f"Försenade frågor som ingen hade besvarat: {listed(found)}."] if found else []


def _why_missed(evidence: Evidence, promises: list[Promise]) -> list[str]:
    said = []
    for promise in promises:
        if promise.target.measure != "answered_within":
            continue
        figures = evidence.of(promise.target)
        for outcome in promise.of_queues or (promise.whole,):
            if outcome.is_kept is not False or outcome.queue is None or not outcome.number.value:
                continue
            root = outcome.value.figure.removesuffix(".ratio")
            missed = {why: figures.count(f"{root}.missed.{why}") for why in MISSES}
            whole = sum(missed.values())
            why = max(missed, key=lambda its: missed[its])
            those = _WHY[why].format(limit=limit_said(promise.target).removeprefix("inom "))
            sentence = (
                f"{place_of(evidence.municipality, outcome)}: {count(whole)} samtal fick inte "
                f"svar i tid; {percent(missed[why] / whole)} av dem {those}."
            )
            worst = _worst_hour(evidence, outcome)
            said.append(f"{sentence} {worst}".strip())
    return said


_WHY = {
    "answered_late": "fick svar för sent",
    "abandoned_early": "lade på innan {limit} gått",
    "abandoned_late": "lade på efter mer än {limit}",
    "overflowed": "gick vidare till en annan kö",
    "callback": "ringdes upp för sent",
    "closed": "möttes av stängd kö",
    "refused": "nekades för att kön var full",
    "waiting": "väntade ännu",
}


def _worst_hour(evidence: Evidence, outcome: Outcome) -> str:
    """Return when it went worst; the hours of the day in which nobody got an answer in time."""
    if outcome.queue is None or outcome.is_part:
        return ""
    tally = evidence.patterns[outcome.queue.id].by_hour
    of = tally.decided.get(outcome.target.id)
    if of is None:
        return ""
    decided, in_time = of.tolist(), tally.in_time[outcome.target.id].tolist()
    by_hour = {
        hour: (sum(in_time[hour::HOURS]), sum(decided[hour::HOURS])) for hour in range(HOURS)
    }
    never = [h for h, (good, whole) in by_hour.items() if whole >= WORST_OF and not good]
    if never:
        hours = listed([f"{hour:02}–{hour + 1:02}" for hour in never])
        return f"Ingen fick svar i tid kl. {hours}."
    shares = {
        cell: in_time[cell] / whole for cell, whole in enumerate(decided) if whole >= WORST_OF
    }
    if not shares:
        return ""
    day, hour = divmod(worst := min(shares, key=lambda cell: (shares[cell], cell)), HOURS)
    return (
        f"Sämst gick det på {WEEKDAYS[day]}ar kl. {hour:02}–{hour + 1:02}: "
        f"{percent(shares[worst])} i tid."
    )


def _unstaffed(evidence: Evidence, administration: str | None) -> list[str]:
    root = "presence.asked.administrations"
    said = []
    for its in evidence.municipality.administrations.values():
        if administration not in {None, its.id}:
            continue
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
            registered, answered = (
                figures.count(f"{root}.{id_}.{key}") for key in ("registered", "answered")
            )
            said.append(
                f"Av {count(answered)} besvarade kontakter registrerades {count(registered)} "
                f"({percent(ratio)}) som ärenden: det som löstes utan att registreras räknas som "
                "olöst."
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
    return said


def _lacking(evidence: Evidence) -> list[str]:
    """Return what the archive doesn't have: of the period, and of what it is compared with."""
    said = [
        f"Det som började före {day} är gallrat ur arkivet ({decision}): perioden är inte hel."
        for day, decision in evidence.erased
    ]
    if evidence.gaps:
        said.append(
            f"Arkivet saknar {counted(evidence.gaps, 'stycke', 'stycken')} av loggen, som hade "
            "gallrats innan det lästes: siffrorna kan vara för låga."
        )
    for period in (evidence.period.before, evidence.period.year_before):
        late = sorted(
            its.name
            for its in evidence.municipality.queues.values()
            if period is not None
            and its.id in evidence.complete_from
            and not evidence.has_whole(period, [its.id])
        )
        if period is not None and late and period.first.year >= evidence.period.first.year - 1:
            said.append(
                f"Arkivet har inte hela {period.said} för {listed(late)}: där jämförs inget med "
                "den tiden."
            )
    return list(dict.fromkeys(said))
