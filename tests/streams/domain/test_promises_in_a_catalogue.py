"""Mailboxes, cases, administrations, sources, incidents and promises as a whole in a catalogue."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.domain.catalogue import CatalogueError, Municipality, load_catalogue
from streams.domain.deadlines import Limit
from streams.domain.instants import micros

ZONE = ZoneInfo("Europe/Stockholm")
WHOLE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    channels: [phone, email]
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
    teams: {alla: {name: Alla}}
    administrations:
      teknik: {name: Teknik, guideline_hours: kontor}
    sources:
      vaxel-pbx: {name: Växeln, queues: [vaxel]}
    incidents:
      - {name: Avbrott, begins: 2026-03-10 08:00, ends: 2026-03-10 17:00, queues: [vaxel]}
    promises: [nojda]
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, callback_within_seconds: 3600}
      epost: {name: E-post, kind: mailbox, administration: teknik, targets: [epost-2wd]}
      arenden: {name: Ärenden, kind: cases, targets: [klart-3d]}
    targets:
      epost-2wd:
        name: Svar inom två arbetsdagar
        measure: question_answered_within
        limit: 2wd
        goal: 1.0
        addresses: 40
        valid_from: 2014-01-01
        source: Rapport
      klart-3d:
        name: Klart inom tre dygn
        measure: resolved_within
        limit: 3d
        tells: [handläggare, närmaste chef]
        valid_from: 2009-02-01
        source: Bild 16
      nojda:
        name: Nöjda
        measure: satisfied
        goal: 0.70
        questions: [bemotande]
        valid_from: 2018-01-26
        source: Riktlinjer
"""


def loaded(text: str = WHOLE) -> Municipality:
    return load_catalogue(text, "f.yaml").municipalities["lulea"]


def test_all_of_it_comes_back_typed() -> None:
    lulea = loaded()
    (epost,), (klart,) = (lulea.queues[name].targets for name in ("epost", "arenden"))
    assert (epost.limit, epost.rule, epost.addresses) == (Limit(2, "wd"), "arrival_day", 40)
    assert klart.tells == ("handläggare", "närmaste chef")
    assert lulea.promises == lulea.targets["nojda"]
    assert lulea.promises[0].questions == ("bemotande",)
    assert lulea.channels == ("phone", "email")
    assert lulea.administrations["teknik"].guideline == lulea.office.hours  # type: ignore[union-attr]
    assert lulea.queues["epost"].administration == "teknik"
    assert lulea.queues["vaxel"].callback_within_seconds == 3600
    assert lulea.sources["vaxel-pbx"].queues == ("vaxel",)
    assert [lulea.queues[name].is_phone for name in ("vaxel", "epost", "arenden")] == [
        True, False, False,
    ]  # fmt: skip


def test_an_incident_is_told_as_the_wall_clock_shows_it() -> None:
    (incident,) = loaded().incidents
    begins, ends = (datetime(2026, 3, 10, hour, tzinfo=ZONE) for hour in (8, 17))
    assert (incident.begins, incident.ends) == (micros(begins), micros(ends))
    assert incident.queues == ("vaxel",)


MISTAKES = {
    "a limit in words": (
        ("limit: 2wd", "limit: två dagar"),
        "targets.epost-2wd.limit: två dagar är ingen svarstid; skriv 2wd (arbetsdagar), "
        "8wh (timmar) eller 3d (dygn)",
    ),
    "a limit longer than cases are remembered": (
        ("limit: 3d", "limit: 366d"),
        "targets.klart-3d.limit: 366d är längre än ärenden minns: gräns och 30 dagars fönster ska "
        "rymmas i 400 dagar; skriv högst 365d",
    ),
    "a limit in seconds of a question": (
        ("limit: 2wd", "limit: 2wd\n        limit_seconds: 15"),
        "targets.epost-2wd.limit_seconds: question_answered_within har ingen gräns; ta bort raden",
    ),
    "no limit": (
        ("        limit: 3d\n", ""),
        "targets.klart-3d.limit: saknas; skriv limit: 2wd",
    ),
    "what a measure has no use for": (
        ("questions: [bemotande]", "questions: [bemotande]\n        tells: [chef]"),
        "targets.nojda.tells: satisfied har ingen nytta av tells; ta bort raden",
    ),
    "a promise of the whole at a queue": (
        ("targets: [klart-3d]", "targets: [nojda]"),
        "queues.arenden.targets[0]: nojda (satisfied) lovar kommunen som helhet; flytta det "
        "till promises",
    ),
    "a promise of a mailbox at the switchboard": (
        ("team: alla,", "team: alla, targets: [epost-2wd],"),
        "queues.vaxel.targets[0]: epost-2wd (question_answered_within) hör till en kö av slaget "
        "mailbox; ta bort det härifrån",
    ),
    "a promise of a queue as a whole": (
        ("promises: [nojda]", "promises: [nojda, klart-3d]"),
        "promises[1]: klart-3d (resolved_within) hör till en kö av slaget cases; "
        "ta bort det härifrån",
    ),
    "an unknown promise": (
        ("promises: [nojda]", "promises: [nojd]"),
        "promises[0]: målet nojd finns inte; menade du nojda?",
    ),
    "a promise twice": (
        ("promises: [nojda]", "promises: [nojda, nojda]"),
        "promises[1]: nojda står redan i listan; ta bort det ena",
    ),
    "an unknown administration": (
        ("administration: teknik", "administration: tekni"),
        "queues.epost.administration: förvaltningen tekni finns inte; menade du teknik?",
    ),
    "unknown guideline hours": (
        ("guideline_hours: kontor", "guideline_hours: konto"),
        "administrations.teknik.guideline_hours: öppettiden konto finns inte; menade du kontor?",
    ),
    "a source of no queue there is": (
        ("queues: [vaxel]}\n    incidents", "queues: [vxel]}\n    incidents"),
        "sources.vaxel-pbx.queues[0]: kön vxel finns inte; menade du vaxel?",
    ),
    "an incident that ends before it begins": (
        ("ends: 2026-03-10 17:00", "ends: 2026-03-10 08:00"),
        "incidents[0].ends: ska vara efter begins, 2026-03-10 08:00",
    ),
    "an incident of a whole day": (
        ("begins: 2026-03-10 08:00", "begins: 2026-03-10"),
        "incidents[0].begins: 2026-03-10 är ingen tidpunkt; skriv till exempel 2026-03-10 08:00",
    ),
    "an instant that is none": (
        ("ends: 2026-03-10 17:00", "ends: i morgon"),
        "incidents[0].ends: i morgon är ingen tidpunkt; skriv till exempel 2026-03-10 08:00",
    ),
    "an unknown channel": (
        ("channels: [phone, email]", "channels: [phone, mejl]"),
        "channels[1]: mejl finns inte; skriv phone, email, e_service, chat, social, visit eller "
        "post",
    ),
    "office hours where something is due": (
        ("    office_hours: kontor\n", ""),
        "office_hours: saknas; skriv office_hours: kontorstid",
    ),
    "a call back from a mailbox": (
        ("kind: mailbox,", "kind: mailbox, callback_within_seconds: 60,"),
        "queues.epost.callback_within_seconds: gäller bara telefon; ta bort raden",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_path_and_what_would_be_right(mistake: str) -> None:
    (old, new), expected = MISTAKES[mistake]
    assert WHOLE.count(old) == 1, old
    with pytest.raises(CatalogueError) as error:
        loaded(WHOLE.replace(old, new))
    (told,) = error.value.mistakes
    assert told.told("f").partition("municipalities.lulea.")[2] == expected
