"""Opening hours as a catalogue states them, and what is said of each mistake in them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.domain.catalogue import CatalogueError, Municipality, load_catalogue
from streams.domain.instants import micros

TEXT = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontorstid
    hours:
      kontorstid:
        week: {mon-thu: "08:00-12:00, 13:00-17:00", fri: "08:00-16:00"}
        seasons:
          - name: Sommartid
            valid_from: 2026-06-22
            valid_to: 2026-08-17
            week: {mon-fri: "08:00-15:00"}
        shortened:
          - {days: [2026-04-02, 2026-04-30], closes: "12:30"}
        exceptions:
          - {days: [2026-05-15], hours: closed}
          - {days: [2026-06-06], hours: "10:00-14:00"}
      dygnet-runt:
        week: {mon-sun: "00:00-24:00"}
        holidays: open
    queues:
      vaxel:
        name: Växeln
        kind: switchboard
        team: kundcenter
        promised_hours: kontorstid
        published_hours: dygnet-runt
    teams:
      kundcenter: {name: Kundcenter}
"""
HOURS = "municipalities.lulea.hours.kontorstid"
ZONE = ZoneInfo("Europe/Stockholm")


def loaded(text: str = TEXT) -> Municipality:
    return load_catalogue(text, "f.yaml").municipalities["lulea"]


def is_open(text: str, municipality: Municipality) -> bool:
    hours = municipality.queues["vaxel"].promised
    assert hours is not None
    return hours.is_open(micros(datetime.fromisoformat(text).replace(tzinfo=ZONE)))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-10 11:59", True),
        ("2026-03-10 12:00", False),
        ("2026-03-10 16:59", True),
        ("2026-03-13 16:30", False),  # a Friday
        ("2026-03-14 10:00", False),  # a Saturday
        ("2026-04-02 12:00", False),  # shortened, and its lunch is as ever
        ("2026-04-02 13:00", False),
        ("2026-04-02 11:59", True),
        ("2026-05-15 10:00", False),  # the bridge day
        ("2026-06-06 10:00", True),  # a holiday and a Saturday, open out of the ordinary
        ("2026-06-19 10:00", False),  # midsommarafton
        ("2026-06-22 12:30", True),  # summer: no lunch closing
        ("2026-06-22 15:00", False),
        ("2026-08-17 16:30", True),  # the first day after summer
    ],
)
def test_hours_are_as_written(at: str, expected: bool) -> None:
    assert is_open(at, loaded()) == expected


def test_what_is_open_round_the_clock_is_open_on_holidays_too() -> None:
    hours = loaded().queues["vaxel"].published
    assert hours is not None
    christmas = micros(datetime(2026, 12, 25, 3, tzinfo=ZONE))
    assert hours.is_open(christmas)


def test_the_office_closes_working_days() -> None:
    office = loaded().office
    assert office is not None
    assert office.closing(date(2026, 4, 2)) == micros(datetime(2026, 4, 2, 17, tzinfo=ZONE))
    assert office.closing(date(2026, 7, 1)) == micros(datetime(2026, 7, 1, 15, tzinfo=ZONE))


def test_hours_that_are_not_stated_are_none() -> None:
    text = TEXT.replace("    office_hours: kontorstid\n", "")
    text = text.replace("        promised_hours: kontorstid\n", "")
    municipality = loaded(text)
    assert municipality.office is None
    assert municipality.queues["vaxel"].promised is None


MISTAKES = {
    "times with dots and one digit": (
        ('fri: "08:00-16:00"', 'fri: "8-16.30"'),
        f'rad 9, {HOURS}.week.fri: "8-16.30" är inte tider från-till i ordning, utan att de möts, '
        'eller closed; skriv till exempel "08:00-16:30"',
    ),
    "times that overlap": (
        ('"08:00-12:00, 13:00-17:00"', '"08:00-12:00, 11:00-17:00"'),
        f'rad 9, {HOURS}.week.mon-thu: "08:00-12:00, 11:00-17:00" är inte tider från-till i '
        'ordning, utan att de möts, eller closed; skriv till exempel "08:00-12:00, 13:00-17:00"',
    ),
    "an end before its beginning": (
        ('fri: "08:00-16:00"', 'fri: "16:00-08:00"'),
        f'rad 9, {HOURS}.week.fri: "16:00-08:00" är inte tider från-till i ordning, utan att de '
        'möts, eller closed; skriv till exempel "08:00-12:00, 13:00-17:00"',
    ),
    "weekdays in Swedish": (
        ("mon-thu:", "mån-tors:"),
        f"rad 9, {HOURS}.week.mån-tors: mån-tors är inte veckodagar; skriv mon-thu "
        "(mon, tue, wed, thu, fri, sat, sun)",
    ),
    "weekdays backwards": (
        ("mon-sun:", "sun-mon:"),
        "rad 21, municipalities.lulea.hours.dygnet-runt.week.sun-mon: sun-mon är inte veckodagar; "
        "skriv mon-fri (mon, tue, wed, thu, fri, sat, sun)",
    ),
    "a weekday twice": (
        ('fri: "08:00-16:00"', 'thu-fri: "08:00-16:00"'),
        f"rad 9, {HOURS}.week.thu-fri: torsdag står redan i mon-thu; ta bort den ena",
    ),
    "a closing time that YAML reads in base 60": (
        ('closes: "12:30"', "closes: 12:30"),
        f"rad 16, {HOURS}.shortened[0].closes: YAML läser 12:30 i bas 60; skriv ett vanligt tal, "
        'eller "12:30" om det är text',
    ),
    "a closing time that is none": (
        ('closes: "12:30"', 'closes: "12.30"'),
        f'rad 16, {HOURS}.shortened[0].closes: "12.30" är inte ett klockslag; skriv "12:30"',
    ),
    "a closing time that is missing": (
        (', closes: "12:30"', ""),
        f'rad 16, {HOURS}.shortened[0].closes: saknas; skriv closes: "15:00"',
    ),
    "one day, not a list": (
        ("days: [2026-05-15]", "days: 2026-05-15"),
        f"rad 18, {HOURS}.exceptions[0].days: ska vara en lista; skriv [2026-05-15]",
    ),
    "no days": (
        ("days: [2026-05-15]", "days: []"),
        f"rad 18, {HOURS}.exceptions[0].days: är tom; skriv till exempel days: [2026-04-02]",
    ),
    "a day twice": (
        ("days: [2026-05-15]", "days: [2026-05-15, 2026-06-06]"),
        f"rad 19, {HOURS}.exceptions[1].days[0]: 2026-06-06 står redan på rad 18; ta bort det ena",
    ),
    "a season that ends before it begins": (
        ("valid_to: 2026-08-17", "valid_to: 2026-06-22"),
        f"rad 13, {HOURS}.seasons[0].valid_to: ska vara efter valid_from, 2026-06-22; den dagen "
        "gäller tiderna inte längre",
    ),
    "seasons that overlap": (
        ("        shortened:\n", "          - {name: Juli, valid_from: 2026-07-01, valid_to: "
         '2026-08-01, week: {mon-fri: "09:00-12:00"}}\n        shortened:\n'),
        f"rad 15, {HOURS}.seasons[1].valid_from: tiderna på rad 11 gäller också då; ändra den "
        "enas dagar",
    ),
    "office hours without a weekday": (
        (', fri: "08:00-16:00"', ""),
        f"rad 9, {HOURS}.week: kontoret har ingen stängningstid på fredag, så det som ska vara "
        "klart då får ingen; skriv alla vardagar",
    ),
    "office hours without a weekday in summer": (
        ('{mon-fri: "08:00-15:00"}',
         '{mon-tue: "08:00-15:00", wed: closed, fri: "08:00-15:00"}'),
        f"rad 14, {HOURS}.seasons[0].week: kontoret har ingen stängningstid på onsdag, torsdag, "
        "så det som ska vara klart då får ingen; skriv alla vardagar",
    ),
    "office hours that are not there": (
        ("office_hours: kontorstid", "office_hours: kontorstider"),
        "rad 6, municipalities.lulea.office_hours: öppettiden kontorstider finns inte; menade du "
        "kontorstid?",
    ),
    "promised hours that are not there": (
        ("promised_hours: kontorstid", "promised_hours: alltid"),
        "rad 28, municipalities.lulea.queues.vaxel.promised_hours: öppettiden alltid finns inte; "
        "lägg till det under hours, eller ta bort det",
    ),
    "an unknown key in a season": (
        ("name: Sommartid", "namn: Sommartid"),
        f"rad 11, {HOURS}.seasons[0].namn: okänd nyckel; menade du name?",
    ),
    "holidays neither open nor closed": (
        ("holidays: open", "holidays: stängt"),
        "rad 22, municipalities.lulea.hours.dygnet-runt.holidays: stängt finns inte; skriv closed "
        "eller open",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line_its_path_and_what_would_be_right(mistake: str) -> None:
    (old, new), expected = MISTAKES[mistake]
    assert TEXT.count(old) == 1
    with pytest.raises(CatalogueError) as error:
        load_catalogue(TEXT.replace(old, new), "f.yaml")
    assert [each.told("f.yaml") for each in error.value.mistakes] == [f"f.yaml {expected}"]
