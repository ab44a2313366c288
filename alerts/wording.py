"""What alerts say, in Swedish: annotations that Prometheus fills in with figures as they are.

Each has a summary for a subject line (60 signs), a description, a text message (160), what to do,
and links. A figure that there is none of is said to be missing, never 0.
"""

from typing import Final
from urllib.parse import quote

from alerts.expressions import Place
from streams import metrics as m
from streams.domain.catalogue import Alerts, Municipality, Queue, ServiceTarget
from streams.domain.swedish import NO_DATA, limit

LONGEST_NAME: Final = 24
"""So much of a queue's name fits in a subject and a text message."""
TO_DO: Final = {
    "Akut": "Sätt en till i kön, eller ta bort något annat från dem som svarar.",
    "AkutOver": "Inget: det akuta är över.",
    "AkutUtanSvar": "Ta över: gruppledaren har inte kvitterat. Sätt en till i kön.",
    "Drift": "Se över bemanningen den närmaste timmen och raster som kan flyttas.",
    "DagenIFara": "Bemanna efter behovet resten av dagen; det räcker inte att göra som vanligt.",
    "DagenForlorad": "Dagens mål går inte att nå. Sikta på nästa timme, och skriv upp varför.",
    "KoVaxer": "Sätt en till i kön nu, innan de som väntar lägger på.",
    "FragorForfaller": "Besvara dem före stängning i dag, den äldsta först.",
    "FragorForfallna": "Besvara dem nu, och säg till den som har frågan hos sig.",
    "ArendenForfaller": "Ge återkoppling eller gör klart dem i dag.",
    "ArendenForfallna": "Ta kontakt med handläggaren, och ge återkoppling i dag.",
    "LarmTak": "Inget: fler larm i dag går till arbetsledaren, och syns på väggen.",
    "LarmHallsTillbaka": "Ta det själv, eller säg till: gruppledaren larmas inte mer i dag.",
    "UnderMalet": "Ta upp bemanning, öppettider eller mål: det går inte över av sig självt.",
    "FragorKvar": "Bestäm vem som besvarar dem, och när.",
    "ArendenKvar": "Bestäm vem som gör klart dem, och när.",
    "ArendeForfallet": "Kontakta den som väntar: gör klart ärendet, eller säg när det blir.",
    "DataSaknas": "Se om källan är i gång. Till dess är siffrorna ofullständiga.",
    "IngaSiffror": "Se om räknarna är i gång: deras /readyz säger vad som är fel.",
}
"""Alert → one thing to do."""
_TOLD_ONCE: Final = frozenset(
    {"AkutOver", "LarmTak", "UnderMalet", "FragorKvar", "ArendenKvar", "ArendeForfallet"}
)
"""Alerts that there is nothing to silence of."""


def of_promise(  # noqa: PLR0917 - each is another thing
    alert: str,
    municipality: Municipality,
    queue: Queue,
    target: ServiceTarget,
    place: Place,
    alerts: Alerts,
) -> dict[str, str]:
    """Return the annotations of a rule about a queue's promise."""
    name, promised = _short(queue.name), _promised(target)
    if target.limit_seconds is not None:
        summary, sms, told = _of_calls(alert, name, promised, place)
    else:
        summary, sms, told = _of_deadlines(alert, name, place)
    return {
        "summary": summary,
        "sms": sms,
        "description": " ".join([*told, *([] if alert == "UnderMalet" else _now(place, target))]),
        **_shared(alert, municipality, place, alerts),
    }


def of_silence(
    municipality: Municipality, queue: Queue, place: Place, alerts: Alerts
) -> dict[str, str]:
    """Return the annotations of a queue whose source is silent."""
    name = _short(queue.name)
    return {
        "summary": f"{name}: källan är tyst",
        "sms": f"{name}: källan är tyst, siffrorna är ofullständiga. {TO_DO['DataSaknas']}",
        "description": (
            f"En källa till {queue.name} har inte sagt att den lever, fast kön är öppen. "
            "Andra larm om kön hålls tillbaka så länge."
        ),
        **_shared("DataSaknas", municipality, place, alerts),
    }


def of_cap(
    alert: str, municipality: Municipality, team: str, most: int, alerts: Alerts
) -> dict[str, str]:
    """Return the annotations of a rule that says that a person has been told often enough."""
    name = _short(municipality.teams[team].name)
    return {
        "summary": f"{name}: {most} larm i dag, fler hålls tillbaka",
        "sms": f"{name}: {most} larm i dag. {TO_DO[alert]}",
        "description": (
            f"Du har fått {most} larm i dag om {municipality.teams[team].name}. Fler skickas inte "
            "till dig: arbetsledaren får veta vad som hålls tillbaka."
        ),
        **_shared(alert, municipality, Place(municipality.id), alerts),
    }


def of_no_figures(municipality: Municipality, alerts: Alerts) -> dict[str, str]:
    """Return the annotations of a municipality that no worker shows."""
    name = _short(municipality.name)
    return {
        "summary": f"{name}: inga siffror",
        "sms": f"{name}: ingen räknare visar kommunen. {TO_DO['IngaSiffror']}",
        "description": (
            f"Ingen räknare visar siffror för {municipality.name}. Andra larm hålls tillbaka."
        ),
        **_shared("IngaSiffror", municipality, Place(municipality.id), alerts),
    }


def _of_calls(
    alert: str, name: str, promised: str, place: Place
) -> tuple[str, str, tuple[str, ...]]:
    window = "1h" if alert == "Drift" else "30m"
    span = "timmen" if alert == "Drift" else "halvtimmen"
    level = _percent(place.of(m.SERVICE_LEVEL, window=window))
    number = _count(place.of(m.DECIDED, window=window))
    today = _percent(place.of(m.SERVICE_LEVEL, window="today"))
    goal = _percent(place.of(m.GOAL))
    projected, usually = _percent(place.of(m.PROJECTED)), _percent(place.of(m.ALERT_LEVEL))
    needed, best = _percent(place.of(m.NEEDED)), _percent(place.of(m.BEST))
    waiting, longest = _count(place.of(m.WAITING)), _seconds(place.of(m.LONGEST_WAIT))
    people = _people(place)
    subjects = {
        "Akut": f"{name}: {level} i tid, mål {goal}",
        "AkutOver": f"{name}: över, {level} i tid, i dag {today}",
        "AkutUtanSvar": f"{name}: {level} i tid, ingen har kvitterat",
        "Drift": f"{name} glider: {level} i tid, mål {goal}",
        "DagenIFara": f"{name}: på väg mot {projected}, mål {goal}",
        "DagenForlorad": f"{name}: dagens mål nås inte",
        "KoVaxer": f"{name}: {waiting} väntar, längst {longest}",
        "LarmHallsTillbaka": f"{name}: {level} i tid, larm hålls tillbaka",
        "UnderMalet": f"{name}: under målet {goal} de flesta dagar",
    }
    messages = {
        "AkutOver": f"{name}: det akuta är över. {level} av {number} i tid, i dag {today}.",
        "DagenIFara": (
            f"{name}: på väg mot {projected}, mål {goal}. {needed} av resten krävs.{people}"
        ),
        "LarmHallsTillbaka": (
            f"{name}: {level} av {number} i tid, mål {goal}. {TO_DO['LarmHallsTillbaka']}"
        ),
        "UnderMalet": f"{name}: under målet {goal} de flesta dagar; vanligt är {usually}.",
        "DagenForlorad": f"{name}: {today} i dag, som bäst {best}, mål {goal}.{people}",
    }
    if alert == "UnderMalet":
        return (
            subjects[alert],
            messages[alert],
            (
                f"Löftet är att {goal} av samtalen {promised.replace('ades', 'as')}. De flesta "
                f"av de senaste vanliga dagarna har det inte hållits: vanligt är {usually}. "
                f"I dag: {today} av "
                f"{_count(place.of(m.DECIDED, window='today'))}.",
            ),
        )
    usual = f"{name}: {level} av {number} i tid, mål {goal}. Väntar {waiting}.{people}"
    told = (
        f"Senaste {span}: {level} av {number} samtal {promised}; målet är {goal}, och larmet "
        f"jämför med {usually}.",
        f"I dag: {today} av {_count(place.of(m.DECIDED, window='today'))}."
        + _if(
            place.of(m.NEEDED),
            f" Som bäst kan dagen nå {best}; av de {_count(place.of(m.TO_COME))} samtal som "
            f"väntas krävs {needed}. Går det som nu blir det {projected}.",
        ),
    )
    return subjects[alert], messages.get(alert, usual), told


def _of_deadlines(alert: str, name: str, place: Place) -> tuple[str, str, tuple[str, ...]]:
    of_cases = alert.startswith("Arende")
    thing = "ärenden" if of_cases else "frågor"
    if of_cases:
        due, overdue = (
            place.of(m.CASES_PENDING, state=state) for state in ("due_soon", "overdue")
        )
        longest = place.of(m.CASES_LONGEST_OVERDUE)
    else:
        due, overdue = place.of(m.QUESTIONS_DUE_SOON), place.of(m.QUESTIONS_OVERDUE)
        longest = place.of(m.QUESTIONS_LONGEST_OVERDUE)
    if alert == "ArendeForfallet":
        what = f"Ett ärende har förfallit, {name}"
    elif alert.endswith("Kvar"):
        what = f"Försenade {thing} hela veckan, {name}: {_count(overdue)}"
    elif alert.endswith("Forfallna"):
        what = f"Försenade {thing}, {name}: {_count(overdue)}"
    else:
        what = f"Förfaller i dag, {name}: {_count(due)}"
    told = (
        f"Förfaller i dag: {_count(due)}. Försenade: {_count(overdue)}, längst {_hours(longest)}.",
    )
    return what, f"{what}. {TO_DO[alert]}", told


def _now(place: Place, target: ServiceTarget) -> tuple[str, ...]:
    if target.limit_seconds is None:
        return ()
    longest, expected = place.of(m.LONGEST_WAIT), place.of(m.EXPECTED)
    return (
        f"Nu väntar {_count(place.of(m.WAITING))}"
        f"{_if(longest, f', längst {_seconds(longest)}')}.{_people(place)}"
        f"{_if(expected, f' De som svarar hinner {_percent(expected)} i tid.')}",
    )


def _people(place: Place) -> str:
    """Return how many answer and are needed, as far as it is known."""
    staffed, needed = place.of(m.STAFFED), place.of(m.PEOPLE_NEEDED)
    return _if(staffed, f" Svarar: {_count(staffed)}.") + _if(
        needed, f" Behövs: {_count(needed)}."
    )


def _shared(
    alert: str, municipality: Municipality, place: Place, alerts: Alerts
) -> dict[str, str]:
    found = {"to_do": TO_DO[alert], "municipality_name": municipality.name}
    if alerts.dashboard:
        names = {key: quote(value) for key, value in place.labels.items() if key != "target"}
        variables = "&".join(f"var-{key}={value}" for key, value in names.items())
        found["dashboard"] = f"{alerts.dashboard.rstrip('/')}/d/arbetsledare?{variables}"
    if alerts.alertmanager and alert not in _TOLD_ONCE:
        # What is acute is silenced with what follows if nobody takes it.
        which = 'tier=~"akut|eskalering"' if alert.startswith("Akut") else f'alertname="{alert}"'
        matchers = ",".join(f'{key}="{value}"' for key, value in place.labels.items())
        filter_ = quote(f"{{{which},{matchers}}}")
        found["acknowledge"] = f"{alerts.alertmanager.rstrip('/')}/#/silences/new?filter={filter_}"
    if alerts.runbook:
        found["runbook"] = f"{alerts.runbook}#{alert.lower()}"
    return found


def _short(name: str) -> str:
    """Return a name as it fits in a subject; without what a template would take for its own."""
    plain = " ".join(name.replace("{{", "").replace("}}", "").split())
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1].rstrip() + "…"


def _promised(target: ServiceTarget) -> str:
    seconds = target.limit_seconds
    return f"besvarades inom {limit(seconds)}" if seconds is not None else ""


def _figure(expr: str, how: str, unit: str = "") -> str:
    """Return a template that writes a figure, or that there is none."""
    return (
        f"{{{{ with query `{expr}` }}}}{{{{ . | first | value | {how} }}}}{unit}"
        f"{{{{ else }}}}{NO_DATA}{{{{ end }}}}"
    )


def _if(expr: str, text: str) -> str:
    """Return a template that writes a text if there is a figure."""
    return f"{{{{ if query `{expr}` }}}}{text}{{{{ end }}}}"


def _percent(expr: str) -> str:
    return _figure(f"100 * {expr}", 'printf "%.0f"', " %")


def _count(expr: str) -> str:
    return _figure(expr, 'printf "%.0f"')


def _seconds(expr: str) -> str:
    return _figure(expr, 'printf "%.0f"', " s")


def _hours(expr: str) -> str:
    return _figure(f"{expr} / 3600", 'printf "%.0f"', " timmar")
