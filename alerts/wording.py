"""What alerts say, in Swedish: annotations that Prometheus fills in with figures as they are.

Each has a summary for a subject line (60 signs), a description whose first line is the reason, a
text message (160), one thing to do, and links.
"""

from typing import Final
from urllib.parse import quote

from alerts.expressions import Place
from alerts.rule import SMALL_QUEUE
from alerts.templating import (
    count,
    counted,
    lateness,
    promised,
    reached,
    required,
    seconds,
    when,
)
from streams import metrics as m
from streams.domain.catalogue import Alerts, Municipality, Queue, ServiceTarget
from streams.domain.swedish import deadline, limit, listed

LONGEST_NAME: Final = 20
"""So much of a queue's name fits in a subject and a text message."""
TO_DO: Final = {
    "Akut": "Låt en person till svara i kön.",
    "AkutOver": "Du behöver inte göra något.",
    "AkutUtanSvar": "Ta över: kvittera, och låt en person till svara.",
    "Drift": "Se över bemanningen den närmaste timmen och raster som kan flyttas.",
    "DagenIFara": "Bemanna efter behovet resten av dagen; det räcker inte att göra som vanligt.",
    "DagenForlorad": "Sikta på nästa timme, och skriv upp vad det berodde på.",
    "KoVaxer": "Låt en person till svara nu, innan de som väntar lägger på.",
    "LarmTak": "Du behöver inte göra något.",
    "LarmHallsTillbaka": "Ta det själv, eller ring den som leder kön: dit går inga fler larm nu.",
    "UnderMalet": "Ta upp bemanning, öppettider eller mål: det går inte över av sig självt.",
    "FragorForfaller": "Besvara dem före stängning i dag, den äldsta först.",
    "FragorForfallna": "Besvara dem nu, och säg till den som har frågan hos sig.",
    "FragorKvar": "Bestäm vem som besvarar dem, och när.",
    "ArendenForfaller": "Gör dem klara i dag, eller återkoppla till den som väntar.",
    "ArendenForfallna": "Kontakta handläggaren, och återkoppla till den som väntar i dag.",
    "ArendeForfallet": "Öppna ärendesystemet, kontakta den som väntar och säg när det blir klart.",
    "ArendenKvar": "Bestäm vem som gör dem klara, och när.",
    "DataSaknas": "Kontrollera att källan och det som skickar dess händelser är i gång.",
    "IngaSiffror": "Kontrollera att svarsgrad worker är i gång; /readyz säger vad som är fel.",
    "ArkivetStar": "Kontrollera att svarsgrad archive är i gång; /readyz säger vad som är fel.",
    "JobbetMisslyckades": "Läs loggen, åtgärda felet och kör jobbet igen.",
    "JobbetUteblev": "Se om dess timer är i gång, eller om jobbet hänger, och kör det igen.",
}
"""Alert → one thing to do."""
_TOLD_ONCE: Final = frozenset(
    {"AkutOver", "LarmTak", "UnderMalet", "FragorKvar", "ArendenKvar", "ArendeForfallet"}
)
"""Alerts that there is nothing to silence of."""
_OF_TASKS: Final = frozenset({"JobbetMisslyckades", "JobbetUteblev"})
TASK: Final = "{{ $labels.task }}"
"""What is done by the clock, as Prometheus fills it in: its unit's or CronJob's name."""

Words = tuple[str, str, str]
"""A subject, a text message, and a description."""


def of_promise(  # noqa: PLR0917 - each is another thing
    alert: str,
    municipality: Municipality,
    queue: Queue,
    target: ServiceTarget,
    place: Place,
    alerts: Alerts,
) -> dict[str, str]:
    """Return the annotations of a rule about a queue's promise."""
    name = _short(queue.name)
    if target.limit_seconds is not None:
        words = _Calls(name, target.limit_seconds, place).words(alert)
    elif queue.kind == "cases":
        words = _of_cases(alert, name, target, place)
    else:
        words = _of_questions(alert, name, target, place)
    return _annotations(alert, municipality, place, alerts, words)


def of_silence(
    municipality: Municipality, queue: Queue, place: Place, alerts: Alerts
) -> dict[str, str]:
    """Return the annotations of a queue whose source is silent."""
    sources = [_plain(its.name) for its in municipality.sources.values() if queue.id in its.queues]
    who = _short(sources[0]) if len(sources) == 1 else f"En källa till {_short(queue.name)}"
    whose = sources[0] if len(sources) == 1 else f"En av {listed(sources)}"
    words = (
        f"{who} hör inte av sig",
        f"{who} hör inte av sig. Siffrorna för {_short(queue.name)} är ofullständiga. "
        "Kontrollera att källan är i gång.",
        f"{whose} hör inte av sig. Siffrorna för {_plain(queue.name)} är ofullständiga, och andra "
        "larm om den hålls tillbaka så länge.",
    )
    return _annotations("DataSaknas", municipality, place, alerts, words)


def of_no_figures(municipality: Municipality, alerts: Alerts) -> dict[str, str]:
    """Return the annotations of a municipality that no worker shows."""
    name = _short(municipality.name)
    words = (
        f"{name}: inga färska siffror",
        f"{name}: inga färska siffror. {TO_DO['IngaSiffror']}",
        f"Inga färska siffror för {_plain(municipality.name)}: ingen räknare svarar, eller så är "
        "de äldre än fem minuter. Andra larm hålls tillbaka så länge.",
    )
    return _annotations("IngaSiffror", municipality, Place(municipality.id), alerts, words)


def of_idle_archive(municipality: Municipality, alerts: Alerts) -> dict[str, str]:
    """Return the annotations of an archive that stands still."""
    words = (
        "Arkivet tar inte emot det som händer",
        f"Arkivet tar inte emot det som händer. {TO_DO['ArkivetStar']}",
        "Arkivet är borta, eller har inte skrivit det som kommit på en halvtimme. Kafka behåller "
        "samtal i 90 dagar: det som inte har arkiverats då saknas i alla rapporter.",
    )
    return _annotations("ArkivetStar", municipality, Place(municipality.id), alerts, words)


def of_task(alert: str, municipality: Municipality, alerts: Alerts) -> dict[str, str]:
    """Return the annotations of something done by the clock that failed, or was not done."""
    what = f"{TASK} {'misslyckades' if alert == 'JobbetMisslyckades' else 'har uteblivit'}"
    description = {
        "JobbetMisslyckades": f"{TASK}, som körs efter klockan, misslyckades. Det körs igen vid "
        "sin nästa tid; larmet slutar när det har gått väl.",
        "JobbetUteblev": f"{TASK}, som körs efter klockan, har inte körts när det skulle, eller "
        "blir inte klart.",
    }[alert]
    words = (what, f"{what}. {TO_DO[alert]}", description)
    return _annotations(alert, municipality, Place(municipality.id), alerts, words)


def of_cap(municipality: Municipality, most: int, alerts: Alerts) -> dict[str, str]:
    """Return the annotations of a rule that says that a person has been told often enough."""
    text = f"Du har fått {most} akuta larm i dag. Nästa går till arbetsledaren i stället."
    words = (f"{most} akuta larm i dag: nästa går till arbetsledaren", text, text)
    return _annotations("LarmTak", municipality, Place(municipality.id), alerts, words)


class _Calls:
    """What there is to say of the calls of a queue."""

    def __init__(self, name: str, limit_seconds: int, place: Place) -> None:
        self._name, self._limit, self._place = name, limit(limit_seconds), place
        half, hour = self._figures("30m"), self._figures("1h")
        self._is_small = f"{hour[1]} < {SMALL_QUEUE}"
        self._lately = tuple(
            f"{of_hour} and on (municipality, queue) {self._is_small} or {of_half}"
            for of_half, of_hour in zip(half, hour, strict=True)
        )
        self._hour = hour
        self._goal = promised(place.of(m.GOAL))
        self._today, self._of_today = self._figures("today")
        self._waiting, self._staffed = place.of(m.WAITING), place.of(m.STAFFED)
        self._longest = place.of(m.LONGEST_WAIT)
        self._needed = place.of(m.NEEDED)

    def _figures(self, window: str) -> tuple[str, str]:
        level = self._place.of(m.SERVICE_LEVEL, window=window)
        return level, self._place.of(m.DECIDED, window=window)

    def words(self, alert: str) -> Words:
        """Return what an alert says."""
        name, goal = self._name, self._goal
        level, number = reached(self._lately[0]), count(self._lately[1])
        hour, of_hour = reached(self._hour[0]), count(self._hour[1])
        today, projected = reached(self._today), reached(self._place.of(m.PROJECTED))
        best = reached(self._place.of(m.BEST))
        waiting = count(self._waiting)
        longest = when(self._longest, f", längst {seconds(self._longest)}")
        subjects = {
            "Akut": f"{name}: {level} i tid, mål {goal}",
            "AkutOver": f"{name}: inte längre akut, i dag {today}",
            "AkutUtanSvar": f"{name}: {level} i tid, ingen har kvitterat",
            "Drift": f"{name} sjunker: {hour} i tid, mål {goal}",
            "DagenIFara": f"{name}: på väg mot {projected}, mål {goal}",
            "DagenForlorad": f"{name}: dagens mål går inte att nå",
            "KoVaxer": f"{name}: {waiting} väntar{longest}",
            "LarmHallsTillbaka": f"{name}: {level} i tid, larmet hölls tillbaka",
            "UnderMalet": f"{name}: når ofta inte målet {goal}",
        }
        short = {
            "Akut": f"{name} AKUT: {level} av {number} i tid, mål {goal}.{self._people()} "
            "Låt en till svara.",
            "AkutOver": f"{name} är inte längre akut. I dag {today} i tid, mål {goal}.",
            "AkutUtanSvar": f"{name}: akut i tio minuter, ingen har kvitterat. {level} i tid."
            f"{self._people()} Ta över och kvittera.",
            "Drift": f"{name} sjunker: {hour} av {of_hour} i tid senaste timmen, mål {goal}. "
            "Se över bemanningen nästa timme.",
            "DagenIFara": f"{name}: på väg mot {projected} i dag, mål {goal}.{self._people()} "
            "Bemanna efter behovet.",
            "DagenForlorad": f"{name}: dagens mål {goal} går inte att nå, som bäst {best}. "
            "Sikta på nästa timme.",
            "KoVaxer": f"{name}: {waiting} väntar{longest}.{self._people(with_waiting=False)} "
            "Låt en till svara nu.",
            "LarmHallsTillbaka": f"{name}: {level} i tid, mål {goal}. Larmet hölls tillbaka: "
            "ta det själv, eller ring den som leder kön.",
            "UnderMalet": f"{name} når ofta inte målet {goal}. Ta upp bemanning, öppettider eller "
            "mål.",
        }
        lately, now, day = self._of_lately(), self._of_now(), self._of_day()
        lines = {
            "AkutOver": ("Kön är inte längre akut.", day, now),
            "AkutUtanSvar": (
                "Larmet har gått i tio minuter, och ingen har kvitterat.", lately, now, day,
            ),
            "Drift": (
                f"Senaste timmen besvarades {hour} av {of_hour} samtal inom {self._limit}. Målet "
                f"är {goal}.", now, day,
            ),
            "DagenIFara": (
                f"Dagen är på väg mot {projected}, och målet är {goal}.", day, now,
            ),
            "DagenForlorad": (
                f"Dagens mål, {goal}, går inte att nå: som bäst blir det {best}.", day, now,
            ),
            "KoVaxer": (now, lately, day),
            "LarmHallsTillbaka": (
                "Ett larm om kön hölls tillbaka: den som skulle ha fått det har fått tre i dag.",
                lately, now, day,
            ),
            "UnderMalet": (
                f"Löftet är att {goal} av samtalen besvaras inom {self._limit}. Minst fem av de "
                "tio senaste vanliga dagarna klarades det inte, enligt den profil som är lärd."
                + when(
                    f"{self._place.of(m.ALERT_LEVEL)} < {self._place.of(m.GOAL)}",
                    f" En vanlig dag: {reached(self._place.of(m.ALERT_LEVEL))}.",
                ),
            ),
        }  # fmt: skip
        return subjects[alert], short[alert], "\n".join(lines.get(alert, (lately, now, day)))

    def _people(self, *, with_waiting: bool = True) -> str:
        """Return how many wait, answer and are needed, as far as it is known."""
        needed = self._place.of(m.PEOPLE_NEEDED)
        waiting = f" {count(self._waiting)} väntar." if with_waiting else ""
        return (
            waiting
            + when(self._staffed, f" {count(self._staffed)} svarar.")
            + when(needed, f" {count(needed)} behövs.")
        )

    def _of_lately(self) -> str:
        usual, chronic = self._place.of(m.ALERT_LEVEL), self._place.of(m.CHRONIC)
        worse = f" Det är sämre än vanligt: kön brukar ligga på {reached(usual)}."
        return (
            f"Senaste {when(self._is_small, 'timmen', 'halvtimmen')} besvarades "
            f"{reached(self._lately[0])} av {count(self._lately[1])} samtal inom {self._limit}. "
            f"Målet är {self._goal}." + when(f"{chronic} == 1", worse)
        )

    def _of_now(self) -> str:
        expected = self._place.of(m.EXPECTED)
        longest = when(self._longest, f", längst {seconds(self._longest)}")
        return (
            f"Just nu väntar {count(self._waiting)}{longest}."
            + self._people(with_waiting=False)
            + when(expected, f" Med dem som svarar går {reached(expected)} att hinna i tid.")
        )

    def _of_day(self) -> str:
        projected, needed = self._place.of(m.PROJECTED), self._needed
        return (
            f"I dag hittills: {reached(self._today)} av {count(self._of_today)} samtal i tid."
            + when(projected, f" Fortsätter det så slutar dagen på {reached(projected)}.")
            + when(f"{needed} > 1", " Målet går inte att nå i dag.")
            + when(f"{needed} == 0", " Dagens mål är redan klarat.")
            + when(
                f"{needed} > 0 <= 1",
                f" För målet måste {required(needed)} av resten, omkring "
                f"{count(self._place.of(m.TO_COME))} samtal, besvaras i tid.",
            )
        )


def _of_questions(alert: str, name: str, target: ServiceTarget, place: Place) -> Words:
    due, overdue = place.of(m.QUESTIONS_DUE_SOON), place.of(m.QUESTIONS_OVERDUE)
    late = counted(overdue, "försenad fråga", "försenade frågor")
    subject = {
        "FragorForfaller": f"{name}: {counted(due, 'fråga', 'frågor')} ska ha svar i dag",
        "FragorForfallna": f"{name}: {late}",
        "FragorKvar": f"{name}: {late}, hela veckan",
    }[alert]
    longest = lateness(place.of(m.QUESTIONS_LONGEST_OVERDUE))
    lines = (
        f"Löftet är svar inom {_deadline(target)}.",
        _standing(due, overdue, "ha svar", f"den äldsta {longest}", "Ingen är försenad."),
    )
    return subject, f"{subject}. {TO_DO[alert]}", "\n".join(lines)


def _of_cases(alert: str, name: str, target: ServiceTarget, place: Place) -> Words:
    due, overdue = (place.of(m.CASES_PENDING, state=state) for state in ("due_soon", "overdue"))
    of_feedback = target.measure == "feedback_within"
    late = counted(overdue, "försenat ärende", "försenade ärenden")
    done = "få återkoppling" if of_feedback else "vara klart"
    all_done = "få återkoppling" if of_feedback else "vara klara"
    subject = {
        "ArendenForfaller": f"{name}: "
        + counted(due, f"ärende ska {done} i dag", f"ärenden ska {all_done} i dag"),
        "ArendenForfallna": f"{name}: {late}",
        "ArendeForfallet": f"{name}: minst ett har passerat sin tid",
        "ArendenKvar": f"{name}: {late}, hela veckan",
    }[alert]
    longest = lateness(place.of(m.CASES_LONGEST_OVERDUE))
    what = "återkoppling" if of_feedback else "klart"
    lines = (
        f"Löftet är {what} inom {_deadline(target)}. Vilka ärenden det är står i ärendesystemet.",
        _standing(due, overdue, all_done, f"det äldsta {longest}", "Inget är försenat."),
    )
    return subject, f"{subject}. {TO_DO[alert]}", "\n".join(lines)


def _standing(due: str, overdue: str, done: str, oldest: str, none: str) -> str:
    """Return how it stands with what is to be done today, and with what is overdue."""
    late = f"Försenade: {count(overdue)}, {oldest}."
    return f"I dag ska {count(due)} {done}. {when(f'{overdue} > 0', late, none)}"


def _deadline(target: ServiceTarget) -> str:
    if target.limit is None:
        return "utsatt tid"
    return deadline(target.limit.count, target.limit.unit)


def _annotations(
    alert: str, municipality: Municipality, place: Place, alerts: Alerts, words: Words
) -> dict[str, str]:
    subject, short, description = words
    found = {
        "summary": subject,
        "sms": short,
        "description": description,
        "to_do": TO_DO[alert],
        "municipality_name": _plain(municipality.name),
    }
    if alerts.dashboard:
        names = {
            "inbox" if key == "queue" and not _is_phone(municipality, place) else key: quote(value)
            for key, value in place.labels.items()
            if key != "target"
        }
        variables = "&".join(f"var-{key}={value}" for key, value in names.items())
        board = _board(alert, municipality, place)
        found["dashboard"] = f"{alerts.dashboard.rstrip('/')}/d/{board}?{variables}"
    if alerts.alertmanager and alert not in _TOLD_ONCE:
        # What is acute is silenced with what follows if nobody takes it.
        which = 'tier=~"akut|eskalering"' if alert.startswith("Akut") else f'alertname="{alert}"'
        matchers = ",".join(f'{key}="{value}"' for key, value in place.labels.items())
        if alert in _OF_TASKS:
            matchers += f',task="{TASK}"'
        filter_ = quote(f"{{{which},{matchers}}}").replace(quote(TASK), TASK)
        found["acknowledge"] = f"{alerts.alertmanager.rstrip('/')}/#/silences/new?filter={filter_}"
    if alerts.runbook:
        found["runbook"] = f"{alerts.runbook}#{alert.lower()}"
    return found


def _is_phone(municipality: Municipality, place: Place) -> bool:
    return place.queue is None or municipality.queues[place.queue].is_phone


def _board(alert: str, municipality: Municipality, place: Place) -> str:
    """Return the board of Grafana's that an alert links to, by its uid."""
    if alert in {"IngaSiffror", "DataSaknas", "ArkivetStar", *_OF_TASKS}:
        return "systemet"
    return "arbetsledare" if _is_phone(municipality, place) else "epost-arenden"


def _plain(name: str) -> str:
    """Return a name without what a template would take for its own."""
    return " ".join(name.replace("{", "").replace("}", "").split())


def _short(name: str) -> str:
    """Return a name as it fits in a subject.

    Cut with a full stop, since one sign that isn't in the alphabet of text messages makes them
    hold half as much.
    """
    plain = _plain(name)
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1].rstrip() + "."
