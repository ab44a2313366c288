"""The tables of replay beside calls: mailboxes, cases, administrations and the whole."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import msgspec
from rich.console import Console

from streams.domain.catalogue import load_catalogue
from streams.domain.events import Event, encode
from streams.domain.instants import micros
from streams.domain.report import Report
from streams.events_page import example
from streams.replay import Log, fold, whole_report
from streams.replay.event_files import Line
from streams.replay.table import tables

CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: UTC
    office_hours: kontor
    channels: [phone, email, chat]
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
    teams: {alla: {name: Alla}}
    administrations:
      teknik: {name: Teknik, guideline_hours: kontor}
      skola: {name: Skola, guideline_hours: kontor}
    promises: [losta, nojda, webb, oppet, andel]
    queues:
      vaxel: {name: Växeln, kind: customer_centre, team: alla, administration: teknik}
      skolan: {name: Skolan, kind: partner, administration: skola}
      epost-teknik: {name: E-post teknik, kind: mailbox, targets: [svar-2wd]}
      arenden: {name: Ärenden, kind: cases, targets: [klart-3d]}
    targets:
      svar-2wd: {name: Svar, measure: question_answered_within, limit: 2wd, goal: 1.0,
        valid_from: 2014-01-01, source: Prov}
      klart-3d: {name: Klart, measure: resolved_within, limit: 3d, tells: [handläggare, chef],
        valid_from: 2014-01-01, source: Prov}
      losta: {name: Lösta i kundtjänst, measure: solved_in_centre, goal: 0.5,
        valid_from: 2014-01-01, source: Prov}
      nojda: {name: Nöjda, measure: satisfied, questions: [bemotande], goal: 0.7,
        valid_from: 2014-01-01, source: Prov}
      webb: {name: Webben, measure: external, goal: 0.1, better: lower,
        valid_from: 2014-01-01, source: Prov}
      oppet: {name: Bemannat nummer, measure: open_as_promised, goal: 1.0,
        valid_from: 2014-01-01, source: Prov}
      andel: {name: Andel chatt, measure: channel_share, channels: [chat],
        valid_from: 2014-01-01, source: Prov}
"""
NOW = datetime(2026, 3, 13, 12, 0, tzinfo=UTC)
TUESDAY = NOW - timedelta(days=3)
CALLED = NOW - timedelta(minutes=9)


def event(kind: str, subject: str, at: datetime, **data: object) -> Event:
    """An event like the example of its type, but for what is given of its data."""
    like = example(f"se.svarsgrad.{kind}.v1")
    began = {
        key: TUESDAY
        for key in ("received_at", "opened_at", "arrived_at")
        if hasattr(like.data, key)
    }
    changed = msgspec.structs.replace(like.data, **began | data)
    made: Event = msgspec.structs.replace(
        like, id=f"{subject}/{kind}/{at}", subject=subject, time=at, data=changed
    )
    return made


EVENTS = [
    event("email.received", "q1", TUESDAY),
    event("email.answered", "q1", TUESDAY + timedelta(hours=4)),
    event("email.received", "q2", TUESDAY),
    event("case.opened", "c1", TUESDAY, channel="chat"),
    event("case.handed_over", "c1", TUESDAY + timedelta(hours=1), administration="teknik"),
    event("case.opened", "c2", NOW - timedelta(hours=2), channel="chat",
          opened_at=NOW - timedelta(hours=2)),
    event("case.resolved", "c2", NOW - timedelta(hours=1), opened_at=NOW - timedelta(hours=2)),
    *(event("survey.answered", f"s{n}", NOW - timedelta(hours=1), grade=5) for n in range(6)),
    event("measure.recorded", "webb", TUESDAY, measure="webb", value=0.18, on=date(2025, 12, 31),
          document="Serviceskattning"),
    event("presence.staffed", "vaxel", NOW.replace(hour=8), people=2),
    event("call.offered", "k1", CALLED, arrived_at=CALLED),
    event("call.answered", "k1", CALLED + timedelta(minutes=1), arrived_at=CALLED),
]  # fmt: skip


def reported(
    events: list[Event], text: str = CATALOGUE, at: datetime = NOW, name: str = "today"
) -> dict[str, Report]:
    loaded, now = load_catalogue(text, "k.yaml"), micros(at)
    books, refused = fold(loaded, [Log("-", [Line(n, encode(e)) for n, e in enumerate(events)])],
                          now)  # fmt: skip
    assert refused == []
    return whole_report(loaded, books, now, name, None)


def drawn(
    events: list[Event],
    width: int = 100,
    text: str = CATALOGUE,
    at: datetime = NOW,
    name: str = "today",
) -> list[str]:
    loaded, now = load_catalogue(text, "k.yaml"), micros(at)
    said = StringIO()
    reports = reported(events, text, at, name)
    shown = tables(loaded, reports, name, None, now, clock_now=now)
    Console(file=said, width=width, highlight=False).print(shown, crop=False)
    return [
        " ".join(line.split())
        for line in said.getvalue().replace("\N{NO-BREAK SPACE}", " ").splitlines()
    ]


def test_what_is_registered_is_of_the_calls_that_the_centre_answered() -> None:
    """One call was answered and one was not; one chat came in, as did two e-mails before today."""
    lost = [
        event("call.offered", "k2", CALLED, arrived_at=CALLED),
        event("call.abandoned", "k2", CALLED + timedelta(minutes=1), arrived_at=CALLED),
    ]
    its = reported([*EVENTS, *lost])["lulea"].cases.solved["losta"]["today"]
    assert (its.whole, its.answered, its.registered) == (3, 2, 1)


def test_a_mailbox_shows_what_came_today_and_what_is_late() -> None:
    assert "E-post teknik 0 0 1 0 1" in drawn(EVENTS)


def test_a_case_inbox_shows_what_came_today_and_what_is_late() -> None:
    assert "Ärenden 1 1 1 1 0" in drawn(EVENTS)
    later = [event("case.opened", "c0", TUESDAY - timedelta(hours=1), channel="chat",
                   opened_at=TUESDAY - timedelta(hours=1))]  # fmt: skip
    assert "Ärenden 1 1 2 1 1" in drawn(EVENTS + later)


def test_an_overdue_case_is_named_with_who_is_told() -> None:
    late = TUESDAY - timedelta(hours=1)
    lines = drawn([*EVENTS, event("case.opened", "c0", late, channel="chat", opened_at=late)])
    assert (
        "1 löfte om ett ärende är försenat: Ärende c0 skulle vara klart 2026-03-13 kl. 11.00 (ej "
        "överlämnat); ska meddelas: handläggare och chef."
    ) in " ".join(lines)


def test_feedback_that_is_late_is_no_case_that_should_be_done() -> None:
    text = CATALOGUE.replace("measure: resolved_within", "measure: feedback_within")
    said = " ".join(drawn(EVENTS[3:5], text=text, at=NOW + timedelta(days=1)))
    assert "Ärende c1 skulle ha fått besked 2026-03-13 kl. 13.00 (Teknik); ska medd" in said


def test_of_many_overdue_the_number_is_told_and_only_the_oldest_by_name() -> None:
    """Each case is late by two promises: promises are counted, and said to be."""
    text = CATALOGUE.replace("targets: [klart-3d]", "targets: [klart-3d, besked-3d]").replace(
        "    targets:\n",
        "    targets:\n      besked-3d: {name: Besked, measure: feedback_within, limit: 3d,\n"
        "        valid_from: 2014-01-01, source: Prov}\n",
    )
    late = TUESDAY - timedelta(hours=1)
    cases = [
        event(kind, f"c{n}", late, opened_at=late)
        for n in range(7)
        for kind in ("case.opened", "case.handed_over")
    ]
    lines = drawn(cases, text=text)
    assert "14 löften om ärenden är försenade; de äldsta:" in lines
    assert sum(line.startswith("Ärende c") for line in lines) == 10
    assert "… och 4 löften till." in lines


def test_two_promises_of_a_queue_that_read_alike_are_told_by_name() -> None:
    text = CATALOGUE.replace("targets: [svar-2wd]", "targets: [svar-2wd, igen]").replace(
        "    targets:\n",
        "    targets:\n      igen: {name: Mätt av andra, measure: question_answered_within,\n"
        "        limit: 2wd, goal: 1.0, valid_from: 2014-01-01, source: Prov}\n",
    )
    lines = drawn(EVENTS, text=text)
    for name in ("Svar", "Mätt av andra"):
        assert any(f"100 % inom 2 arbetsdagar: {name} 50,0 %" in line for line in lines)


def test_no_heading_is_cut_where_nothing_is_judged() -> None:
    text = CATALOGUE.replace("limit: 2wd, goal: 1.0,", "limit: 2wd,")
    for width in range(30, 110):
        assert not any("…" in line for line in drawn(EVENTS, width, text=text)), width


def test_names_stay_in_a_terminal_of_40_columns() -> None:
    lines = drawn(EVENTS, 40)
    assert sum(line.startswith("E-post") for line in lines) == 2
    assert sum(line.startswith("Ärenden") for line in lines) == 2
    assert not any("…" in line for line in lines)


def test_promises_with_a_due_time_are_judged_over_seven_days() -> None:
    lines = drawn(EVENTS)
    assert "Inkorg Löfte, sju dagar I tid av Säkert inom" in lines
    assert any(
        line.startswith("E-post teknik 100 % inom 2 arbetsdagar 50,0 % ✗ under* 2")
        for line in lines
    )
    assert any(line.startswith("Ärenden klart inom 3 dygn inga data 0") for line in lines)


def test_an_administration_shows_how_it_was_staffed_and_a_silent_one_says_so() -> None:
    lines = drawn(EVENTS)
    assert "Teknik 100,0 % 4 h ✓ hålls" in lines
    assert "Skola inga data rapporterar inte" in lines


def test_an_administration_that_nothing_is_promised_of_is_not_judged() -> None:
    ended = CATALOGUE.replace(
        "open_as_promised, goal: 1.0,", "open_as_promised, goal: 1.0, valid_to: 2020-01-01,"
    )
    lines = drawn(EVENTS, text=ended)
    assert "Teknik 100,0 % 4 h" in lines
    assert "Skola inga data rapporterar inte" in lines


def test_an_administration_is_closed_on_a_sunday_and_not_yet_open_on_a_monday_morning() -> None:
    whole_week = CATALOGUE.replace(
        'kontor: {week: {mon-fri: "08:00-17:00"}}',
        'kontor: {week: {mon-fri: "08:00-17:00"}}\n      alltid: {week: {mon-sun: "01:00-24:00"}}',
    ).replace("name: Skola, guideline_hours: kontor", "name: Skola, guideline_hours: alltid")
    skola = "      skolkund: {name: S, kind: customer_centre, team: alla, administration: skola}\n"
    text = whole_week.replace("    queues:\n", f"    queues:\n{skola}")
    for days, standing in ((2, "stängt hela tiden"), (3, "har inte börjat")):
        morning = (NOW + timedelta(days=days)).replace(hour=5)
        people = event("presence.staffed", "skolkund", morning.replace(hour=1), queue="skolkund",
                       people=2)  # fmt: skip
        assert f"Teknik inga data {standing}" in drawn([people], text=text, at=morning)


def test_what_is_promised_as_a_whole_has_a_goal_a_value_and_a_verdict() -> None:
    lines = drawn(EVENTS)
    assert "Nöjda 70 % 100,0 % ✓ hålls* 6" in lines
    assert "Webben 10 % 18,0 % ✗ över" in lines
    assert "lägre är bättre; 2025-12-31, Serviceskattning" in " ".join(lines)
    assert "Bemannat nummer 100 % 50,0 % ✗ under* 2" in lines
    assert "rapporterar inte: Skola" in lines
    assert any(line.startswith("Andel chatt 50,0 %") for line in lines)


def test_a_share_of_contacts_is_judged_when_the_office_has_closed_and_all_channels_report() -> (
    None
):
    judged = "Lösta i kundtjänst 50 % 50,0 % ✓ hålls* 2"
    not_judged = "Lösta i kundtjänst 50 % 50,0 % 2"
    silent, too_early = "rapporterar inte: e-post", "bedöms när en dags kontorstid är slut"
    at_noon, closing = drawn(EVENTS), NOW.replace(hour=17)
    assert {not_judged, too_early} <= set(at_noon)
    assert silent not in at_noon
    in_time = drawn(EVENTS, at=closing)
    assert judged in in_time
    assert not {too_early, silent} & set(in_time)
    without_email = drawn([one for one in EVENTS if "email" not in one.type], at=closing)
    assert {not_judged, silent} <= set(without_email)
    assert too_early not in without_email


def test_contacts_are_told_in_a_sentence() -> None:
    lines = drawn(EVENTS)
    assert "1 kontakt per telefon: 1 fick svar, 0 förlorades (0,0 %)." in lines
    assert "Första svar av en människa, även av den som kopplar vidare:" in " ".join(lines)
    assert (
        "inom 1 minut 100,0 %, efter 1–2 minuter 0,0 %, senare 0,0 %, inget svar 0,0 %."
    ) in " ".join(lines)


def test_the_classes_of_first_answers_are_all_that_is_decided() -> None:
    others = []
    for number, (what, wait) in enumerate(
        [("answered", 90), ("answered", 150), ("abandoned", 30), ("abandoned", 31)]
    ):
        others += [
            event("call.offered", f"o{number}", CALLED, arrived_at=CALLED),
            event(f"call.{what}", f"o{number}", CALLED + timedelta(seconds=wait),
                  arrived_at=CALLED),
        ]  # fmt: skip
    said = " ".join(drawn([*EVENTS, *others]))
    assert "5 kontakter per telefon: 3 fick svar, 2 förlorades (40,0 %)." in said
    assert "1 minut 20,0 %, efter 1–2 minuter 20,0 %, senare 20,0 %, inget svar 40,0 %." in said


def test_a_number_never_leaves_its_unit_at_the_end_of_a_line() -> None:
    for width in range(30, 110):
        lines = drawn(EVENTS, width)
        assert not any(line.startswith(("%", "minut", "minuter")) for line in lines), width


def test_answers_of_fewer_than_five_people_are_too_few_rather_than_none() -> None:
    few = [
        event("survey.answered", f"s{n}", NOW - timedelta(hours=1, minutes=m), grade=5)
        for n in range(4)
        for m in range(2)
    ]
    assert "Nöjda 70 % för få svar 4" in drawn([*EVENTS[:2], *few])


def test_without_questions_and_cases_nothing_is_said_of_them() -> None:
    lines = drawn(EVENTS[-2:])
    assert not any("Inkorg" in line or "Kommunen lovar" in line for line in lines)


def test_where_calls_have_a_shorter_window_the_day_of_the_others_is_named() -> None:
    lines = drawn(EVENTS, name="15m")
    assert "Luleå senaste 15 minuterna (2026-03-13 kl. 11.45–12.00)" in lines
    assert "Luleå i dag (2026-03-13) till kl. 12.00: frågor, ärenden och enkäter" in lines
    assert not any("frågor, ärenden och enkäter" in line for line in drawn(EVENTS))


def test_mailboxes_are_told_together_and_not_judged_while_one_is_silent() -> None:
    both = CATALOGUE.replace(
        "      arenden:", "      epost-skola: {name: E-post skola, kind: mailbox, "
        "targets: [svar-2wd]}\n      arenden:",
    )  # fmt: skip
    assert "Tillsammans: 1 av 2 brevlådor 100 % inom 2 arbetsdagar 50,0 % 2" in " ".join(
        drawn(EVENTS, text=both)
    )
    later = event("email.received", "q9", TUESDAY, queue="epost-skola")
    assert "Tillsammans: 2 av 2 brevlådor 100 % inom 2 arbetsdagar 33,3 % ✗ under* 3" in " ".join(
        drawn([*EVENTS, later], text=both)
    )
    assert not any("Tillsammans" in line for line in drawn(EVENTS))


def test_channels_are_told_with_those_that_do_not_report() -> None:
    lines = drawn(EVENTS)
    assert "2 kontakter i alla kanaler: telefon 50,0 %, e-post 0,0 %, chatt 50,0 %." in lines
    no_mail = [one for one in EVENTS if "email" not in one.type]
    assert (
        "2 kontakter i alla kanaler: telefon 50,0 %, chatt 50,0 %. Rapporterar inte: e-post."
    ) in drawn(no_mail)


def test_cases_solved_at_once_are_told_and_by_channel() -> None:
    lines = drawn(EVENTS)
    assert "Lösta vid första kontakten: 100,0 %* av 1 avgjort ärende." in lines
    assert "Lösta i kundtjänst per kanal: chatt 100,0 %* av 1." in lines


def test_calls_per_staffed_hour_are_told_and_who_answers_now() -> None:
    lines = drawn(EVENTS)
    assert "Inloggade vid tidpunkten: Växeln 2." in lines
    assert "Samtal per bemannad timme: 0,1 i alla (Växeln 0,1)." in lines


def test_a_silent_source_is_told_with_since_when() -> None:
    text = CATALOGUE.replace(
        "    queues:\n",
        "    sources:\n      pbx: {name: Telefonväxeln, queues: [vaxel]}\n"
        "      reserv: {name: Reservväxeln, queues: [vaxel]}\n    queues:\n",
    )
    beat = event("presence.heartbeat", "pbx", NOW - timedelta(minutes=5))
    assert (
        "Tysta källor: Telefonväxeln sedan 2026-03-13 kl. 11.55, Reservväxeln har inte hörts av."
    ) in drawn([*EVENTS, beat], text=text)
    alive = event("presence.heartbeat", "pbx", NOW - timedelta(seconds=80))
    lines = drawn([*EVENTS, alive], text=text)
    assert "Tysta källor: Reservväxeln har inte hörts av." in lines


def test_what_others_measured_is_shown_when_it_is_promised_no_longer() -> None:
    ended = CATALOGUE.replace(
        "measure: external, goal: 0.1,", "measure: external, goal: 0.1, valid_to: 2026-01-01,"
    )
    lines = drawn(EVENTS, text=ended)
    assert "Webben 10 % 18,0 % ✗ över" in lines
    assert "löftet gäller inte nu; lägre är bättre;" in " ".join(lines)


def test_a_word_that_is_wider_than_its_column_is_broken_and_not_cut() -> None:
    text = CATALOGUE.replace("name: Webben", "name: Medborgarundersökningen i korthet")
    for width in range(30, 60):
        said = "".join(line.split("  ")[0] for line in drawn(EVENTS, width, text=text))
        assert "Medborgarundersökningen" in said.replace(" ", "").replace("10%18,0%✗över", "")
