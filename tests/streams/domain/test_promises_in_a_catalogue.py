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
      teknik: {name: Teknik, guideline_hours: kontor, overdue_list_to: [teknik@example.org]}
    overdue_list_to: [kundcenter@example.org]
    comparisons:
      - {kpi: N1, name: Svar, own: "2580", breaks: [{year: 2018, why: Ny metod}]}
    sources:
      vaxel-pbx: {name: Växeln, queues: [vaxel]}
    incidents:
      - {name: Avbrott, begins: 2026-03-10 08:00, ends: 2026-03-10 17:00, queues: [vaxel]}
    promises: [nojda]
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, administration: teknik,
        callback_within_seconds: 3600}
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


def test_what_it_is_compared_by_and_who_gets_the_list_are_told() -> None:
    its = loaded()
    (comparison,) = its.comparisons
    assert (comparison.kpi, comparison.own, comparison.unit) == ("N1", "2580", "%")
    assert comparison.breaks == ((2018, "Ny metod"),)
    assert its.overdue_list_to == ("kundcenter@example.org",)
    assert its.administrations["teknik"].overdue_list_to == ("teknik@example.org",)


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
        "targets.klart-3d.limit: 366d är för lång tid: svarsgrad minns ärenden i 400 dagar, och "
        "där ska gränsen och ett fönster på 30 dagar få plats; skriv högst 365d",
    ),
    "a limit longer than questions are remembered": (
        ("limit: 2wd", "limit: 400wd"),
        "targets.epost-2wd.limit: 400wd är för lång tid: svarsgrad minns frågor i 400 dagar, och "
        "där ska gränsen och ett fönster på 30 dagar få plats; skriv högst 230wd",
    ),
    "a limit without a unit": (
        ("limit: 2wd", "limit: 2"),
        "targets.epost-2wd.limit: 2 saknar enhet; skriv 2wd (arbetsdagar), 2wh (timmar) eller 2d "
        "(dygn)",
    ),
    "a limit in quotes without a unit": (
        ("limit: 2wd", 'limit: "2"'),
        'targets.epost-2wd.limit: "2" saknar enhet; skriv 2wd (arbetsdagar), 2wh (timmar) eller '
        "2d (dygn)",
    ),
    "a limit that is a fraction": (
        ("limit: 2wd", "limit: 2.5"),
        "targets.epost-2wd.limit: 2.5 är ingen svarstid; skriv 2wd (arbetsdagar), 8wh (timmar) "
        "eller 3d (dygn)",
    ),
    "addresses in words": (
        ("addresses: 40", "addresses: många"),
        "targets.epost-2wd.addresses: många är inte ett helt antal adresser; skriv till "
        "exempel 40",
    ),
    "less than no addresses": (
        ("addresses: 40", "addresses: -40"),
        "targets.epost-2wd.addresses: -40 är mindre än noll; skriv adresser, som 40",
    ),
    "a limit in seconds of a question": (
        ("limit: 2wd", "limit: 2wd\n        limit_seconds: 15"),
        "targets.epost-2wd.limit_seconds: question_answered_within har sin gräns i limit; "
        "ta bort raden",
    ),
    "a limit in seconds instead of days": (
        ("limit: 2wd", "limit_seconds: 172800"),
        "targets.epost-2wd.limit_seconds: question_answered_within har sin gräns i limit; "
        "skriv limit: 2wd i stället",
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
        ("administration: teknik, targets", "administration: tekni, targets"),
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
    "a key figure twice": (
        ("comparisons:\n", 'comparisons:\n      - {kpi: N1, name: A, own: "1"}\n'),
        "comparisons[1].kpi: N1 står två gånger; ta bort en",
    ),
    "a break in no year": (
        ("year: 2018", "year: 18"),
        "comparisons[0].breaks[0].year: 18 är inget år att jämföra; skriv till exempel 2018",
    ),
    "one receiver that is no list": (
        ("overdue_list_to: [kundcenter@example.org]", "overdue_list_to: kundcenter@example.org"),
        "overdue_list_to: ska vara en lista; skriv [kundcenter@example.org]",
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
        ("channels: [phone, email]", "channels: [phone, fax]"),
        "channels[1]: fax finns inte; skriv phone, email, e_service, chat, social, visit eller "
        "post",
    ),
    "office hours where something is due": (
        ("    office_hours: kontor\n", ""),
        "office_hours: saknas; skriv office_hours: kontorstid",
    ),
    "an overflow from a mailbox": (
        ("kind: mailbox,", "kind: mailbox, overflow_to: vaxel,"),
        "queues.epost.overflow_to: gäller bara telefon; ta bort raden",
    ),
    "an overflow after a time from a case inbox": (
        ("kind: cases,", "kind: cases, overflow_after_seconds: 40,"),
        "queues.arenden.overflow_after_seconds: gäller bara telefon; ta bort raden",
    ),
    "a wait that starts at the exchange of a case inbox": (
        ("kind: cases,", "kind: cases, wait_starts: exchange,"),
        "queues.arenden.wait_starts: gäller bara telefon; ta bort raden",
    ),
    "a goal that is always reached": (
        ("goal: 0.70", "goal: 0"),
        "targets.nojda.goal: 0 nås alltid, så det lovar ingenting; skriv till exempel 0.90",
    ),
    "an address where a role should be told": (
        ("närmaste chef]", "chef@boden.se]"),
        "targets.klart-3d.tells[1]: chef@boden.se är en adress; skriv en roll, som närmaste chef",
    ),
    "a guideline for an administration that nobody can call": (
        ("team: alla, administration: teknik,", "team: alla,"),
        "administrations.teknik.guideline_hours: ingen telefonkö hör till teknik; skriv "
        "administration: teknik i en sådan",
    ),
    "an administration misspelt in its telephone queue": (
        ("team: alla, administration: teknik,", "team: alla, administration: tekni,"),
        "queues.vaxel.administration: förvaltningen tekni finns inte; menade du teknik?",
    ),
    "a share of a channel that the municipality lacks": (
        (
            "measure: satisfied\n        goal: 0.70\n        questions: [bemotande]",
            "measure: channel_share\n        channels: [email, chat]",
        ),
        "targets.nojda.channels[1]: kommunen har inte chat bland sina channels; lägg till det där",
    ),
    "a call back from a mailbox": (
        ("kind: mailbox,", "kind: mailbox, callback_within_seconds: 60,"),
        "queues.epost.callback_within_seconds: gäller bara telefon; ta bort raden",
    ),
}


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("e-post", "email"),
        ("epost", "email"),
        ("e_post", "email"),
        ("E-post", "email"),
        ("mejl", "email"),
        ("e-mail", "email"),
        ("telefon", "phone"),
        ("e-tjänst", "e_service"),
        ("besök", "visit"),
        ("pots", "post"),
    ],
)
def test_a_channel_in_swedish_is_told_what_it_is_called(word: str, channel: str) -> None:
    with pytest.raises(CatalogueError) as error:
        loaded(WHOLE.replace("channels: [phone, email]", f"channels: [phone, {word}]"))
    (told,) = error.value.mistakes
    assert told.message == f"{word} finns inte; menade du {channel}?"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("goal: 0.70", "goal: 0.01"),
        (
            "measure: satisfied\n        goal: 0.70\n        questions: [bemotande]",
            "measure: external\n        goal: 0\n        better: lower",
        ),
        (
            "measure: satisfied\n        goal: 0.70\n        questions: [bemotande]",
            "measure: channel_share\n        channels: [chat]\n        valid_to: 2020-01-01",
        ),
    ],
)
def test_what_may_be_meant_is_no_mistake(old: str, new: str) -> None:
    assert WHOLE.count(old) == 1
    assert loaded(WHOLE.replace(old, new)).promises


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_path_and_what_would_be_right(mistake: str) -> None:
    (old, new), expected = MISTAKES[mistake]
    assert WHOLE.count(old) == 1, old
    with pytest.raises(CatalogueError) as error:
        loaded(WHOLE.replace(old, new))
    (told,) = error.value.mistakes
    assert told.told("f").partition("municipalities.lulea.")[2] == expected
