"""What a catalogue means, and what is said of each mistake in one."""

import dataclasses
import json
import re
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.catalogue import (
    UNKNOWN_QUEUE,
    CatalogueError,
    ServiceTarget,
    load_catalogue,
    targets_on,
)
from streams.domain.deadlines import Limit

LULEA = (Path(__file__).parents[3] / "examples" / "lulea.yaml").read_text("utf-8")

SMALL = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    queues:
      vaxel:
        name: Växeln
        kind: switchboard
        team: kundcenter
        targets: [svar-15s]
      tele:
        name: Tele
        kind: partner
    teams:
      kundcenter: {name: Kundcenter}
    targets:
      svar-15s:
        name: Svar
        measure: answered_within
        limit_seconds: 15
        goal: 0.90
        valid_from: 2014-01-01
        source: Rapport
"""
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
TARGET = "municipalities.lulea.targets.svar-15s"
QUEUE = "municipalities.lulea.queues.vaxel"


def mistakes_of(text):
    try:
        load_catalogue(text, "f.yaml")
    except CatalogueError as error:
        return error.mistakes
    return []


def told(text):
    return [mistake.told("f.yaml") for mistake in mistakes_of(text)]


def changed(old, new):
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


def version(**changes):
    """A version of a promise, on one line."""
    values = {"name": "Svar", "measure": "lost", "goal": 0.1, "valid_from": "2014-01-01"}
    values |= {"source": "Rapport"} | changes
    return f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"


def with_versions(*versions):
    return SMALL[: SMALL.index("        name: Svar\n")] + "".join(
        f"        - {version}\n" for version in versions
    )


# What it means --------------------------------------------------------------------------------


def test_the_example_states_what_lulea_promised_in_2014_and_2018():
    lulea = load_catalogue(LULEA, "lulea.yaml").municipalities["lulea"]

    def promised(queue, *day):
        targets = targets_on(lulea.queues[queue], date(*day))
        return {(t.measure, t.limit_seconds, t.goal, t.source[:30]) for t in targets}

    report, guideline = "Kundservicerapport Luleå kommu", "Riktlinjer för kundservice, Lu"
    in_2014 = {("answered_within", 300, 0.9, report), ("lost", None, 0.1, report)}
    in_2018 = {("answered_within", 300, 0.9, guideline)}
    assert promised("vaxel", 2014, 1, 1) == {("answered_within", 15, 0.9, report)}
    assert promised("vaxel", 2018, 1, 26) == in_2018
    for queue in ("kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social"):
        assert promised(queue, 2014, 1, 1) == promised(queue, 2018, 1, 25) == in_2014
        assert promised(queue, 2018, 1, 26) == in_2018
        assert promised(queue, 2013, 12, 31) == set()
    assert lulea.queues["vaxel"].overflow_to == "kalix-tele24"
    assert lulea.queues["vaxel"].overflow_after_seconds == 40
    assert lulea.queues["kalix-tele24"].kind == "partner"
    for queue in ("epost-teknik", "epost-skola", "epost-social", "e-tjanst"):
        target, *of_kkik = targets_on(lulea.queues[queue], date(2014, 1, 1))
        assert len(of_kkik) == (queue != "e-tjanst")
        assert (target.measure, target.limit) == ("question_answered_within", Limit(2, "wd"))
        assert (target.goal, target.addresses) == (1.0, None)
        kkik = ("question_answered_within", None, None, "KKiK mått 1, som det mäts från")
        assert promised(queue, 2018, 1, 26) == (set() if queue == "e-tjanst" else {kkik})
    assert {q.kind for q in lulea.queues.values()} >= {"mailbox", "cases"}

    def as_a_whole(*day):
        valid = [t for t in lulea.promises if t.is_valid_on(date(*day)) and "KKiK" not in t.source]
        return {(t.measure, t.goal, t.channels, t.questions, t.source[:30]) for t in valid}

    by_2014 = {
        ("open_as_promised", 1.0, (), (), report),
        ("external", 0.7, (), (), report),
    }
    assert as_a_whole(2014, 1, 1) == by_2014
    assert as_a_whole(2014, 12, 31) == by_2014 | {
        ("solved_in_centre", 0.7, ("phone",), (), report)
    }
    assert as_a_whole(2018, 1, 26) == {
        ("solved_in_centre", 0.7, (), (), guideline),
        ("satisfied", 0.7, (), ("bemotande", "tillganglighet"), guideline),
        ("external", 0.1, (), (), guideline),
        ("channel_share", None, ("e_service",), (), guideline),
    }
    assert {t.better for t in lulea.promises if t.id == "webb"} == {"lower"}
    guided = {queue.administration for queue in lulea.queues.values() if queue.administration}
    assert guided == lulea.administrations.keys() == {"teknik", "skola", "social"}
    promised_hours = lulea.queues["vaxel"].promised
    assert all(each.guideline == promised_hours for each in lulea.administrations.values())


def test_the_example_states_what_skelleftea_promised():
    path = Path(__file__).parents[3] / "examples" / "skelleftea.yaml"
    (municipality,) = load_catalogue(path.read_bytes(), path.name).municipalities.values()
    queue = municipality.queues["kundtjanst"]

    def promised(*day):
        return {(t.measure, t.limit_seconds, t.goal) for t in targets_on(queue, date(*day))}

    assert promised(2008, 6, 1) == {("mean_wait", 50, None)}
    assert promised(2009, 2, 1) == {
        ("mean_wait", 50, None),
        ("answered_within", 120, 0.9),
        ("mean_talk", 180, None),
    }
    cases = targets_on(municipality.queues["arenden"], date(2009, 2, 1))
    assert {(t.measure, t.limit, t.goal, t.tells) for t in cases} == {
        ("feedback_within", Limit(3, "d"), None, ()),
        ("resolved_within", Limit(3, "d"), None, ("handläggare", "närmaste chef")),
    }
    assert {(t.measure, t.goal, t.of) for t in municipality.promises} == {
        ("solved_in_centre", 0.7, "cases"),
        ("external", None, "contacts"),
    }


def test_every_value_comes_back_typed():
    lulea = load_catalogue(SMALL, "f.yaml").municipalities["lulea"]
    queue = lulea.queues["vaxel"]
    assert lulea.zone == ZoneInfo("Europe/Stockholm")
    assert queue.targets == (
        ServiceTarget(
            id="svar-15s",
            name="Svar",
            measure="answered_within",
            limit_seconds=15,
            goal=0.9,
            valid_from=date(2014, 1, 1),
            valid_to=None,
            source="Rapport",
        ),
    )
    assert lulea.teams[queue.team].name == "Kundcenter"
    assert (queue.wait_starts, queue.pre_queue_seconds, queue.resolution_seconds) == (
        "queue",
        0,
        None,
    )
    assert lulea.exclude_short_abandons_seconds == 0


def test_a_catalogue_cant_be_changed():
    catalogue = load_catalogue(SMALL, "f.yaml")
    with pytest.raises(TypeError):
        catalogue.municipalities["boden"] = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalogue.municipalities["lulea"].name = "Boden"


def test_a_promise_holds_from_its_first_day_until_the_day_it_ends():
    text = with_versions(version(valid_from="2014-01-01", valid_to="2018-01-26"))
    (queue, _) = load_catalogue(text, "f.yaml").municipalities["lulea"].queues.values()
    days = [date(2013, 12, 31), date(2014, 1, 1), date(2018, 1, 25), date(2018, 1, 26)]
    assert [len(targets_on(queue, day)) for day in days] == [0, 1, 1, 0]


def test_a_promise_may_have_versions_one_after_another_in_any_order():
    text = with_versions(
        version(valid_from="2018-01-26", goal=0.2),
        version(valid_from="2014-01-01", valid_to="2018-01-26", goal=0.1),
    )
    (queue, _) = load_catalogue(text, "f.yaml").municipalities["lulea"].queues.values()
    goals = [[t.goal for t in targets_on(queue, date(year, 6, 1))] for year in (2013, 2014, 2018)]
    assert goals == [[], [0.1], [0.2]]


@given(st.lists(st.dates(date(2000, 1, 1), date(2030, 1, 1)), min_size=3, max_size=6, unique=True))
def test_on_any_day_at_most_one_version_of_a_promise_holds(days):
    begins = sorted(days)
    versions = [version(valid_from=first, valid_to=then) for first, then in pairwise(begins)]
    text = with_versions(*versions)
    (queue, _) = load_catalogue(text, "f.yaml").municipalities["lulea"].queues.values()
    for day in days:
        for step in (-1, 0, 1):
            held = targets_on(queue, day + timedelta(days=step))
            assert len(held) == (begins[0] <= day + timedelta(days=step) < begins[-1])


@pytest.mark.parametrize(
    ("written", "hours"), [('"+03:30"', 3.5), ('"-11:00"', -11), ("+02:00", 2), ('"+14:00"', 14)]
)
def test_a_zone_may_be_a_fixed_offset(written, hours):
    text = changed("Europe/Stockholm", written)
    zone = load_catalogue(text, "f.yaml").municipalities["lulea"].zone
    assert zone == timezone(timedelta(hours=hours))
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=hours)


def test_anchors_and_merges_save_typing():
    text = changed("      tele:\n", "      tele: &tele\n") + ""
    text = text.replace("    teams:\n", "      tele2: {<<: *tele, name: Tele två}\n    teams:\n")
    queues = load_catalogue(text, "f.yaml").municipalities["lulea"].queues
    assert (queues["tele2"].kind, queues["tele2"].name) == ("partner", "Tele två")


# What is said of mistakes ---------------------------------------------------------------------


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines():
    text = (
        changed("Europe/Stockholm", "Europe/Stokholm")
        .replace("team: kundcenter", "team: kundcenre")
        .replace("limit_seconds: 15", "limit_seconds: 15 s")
        .replace("goal: 0.90", "gaol: 90")
    )
    assert told(text) == [
        "f.yaml rad 5, municipalities.lulea.zone: "
        "Europe/Stokholm är ingen känd tidszon; menade du Europe/Stockholm?",
        f"f.yaml rad 10, {QUEUE}.team: teamet kundcenre finns inte; menade du kundcenter?",
        f"f.yaml rad 21, {TARGET}.limit_seconds: 15 s är inte ett helt antal sekunder; skriv 15",
        f"f.yaml rad 22, {TARGET}.gaol: okänd nyckel; menade du goal?",
    ]


MISTAKES = {
    "goal in percent": (
        ("goal: 0.90", "goal: 90"),
        f"rad 22, {TARGET}.goal: 90 är inte en andel mellan 0 och 1; skriv 90 % som 0.90",
    ),
    "goal with a percent sign": (
        ("goal: 0.90", "goal: 90 %"),
        f"rad 22, {TARGET}.goal: 90 % är inte en andel mellan 0 och 1; skriv 0.90",
    ),
    "goal with a comma": (
        ("goal: 0.90", "goal: 0,95"),
        f"rad 22, {TARGET}.goal: 0,95 är inte en andel mellan 0 och 1; skriv 0.95",
    ),
    "goal in quotes": (
        ("goal: 0.90", 'goal: "0.90"'),
        f'rad 22, {TARGET}.goal: "0.90" är inte en andel mellan 0 och 1; '
        "skriv 0.90 utan citattecken",
    ),
    "goal under zero": (
        ("goal: 0.90", "goal: -0.1"),
        f"rad 22, {TARGET}.goal: -0.1 är inte en andel mellan 0 och 1; skriv till exempel 0.90",
    ),
    "a mean without its limit": (
        ("measure: answered_within\n        limit_seconds: 15\n        goal: 0.90\n",
         "measure: mean_wait\n"),
        f"rad 18, {TARGET}.limit_seconds: saknas; skriv limit_seconds: 15",
    ),
    "a mean with a share": (
        ("measure: answered_within", "measure: mean_talk"),
        f"rad 22, {TARGET}.goal: mean_talk har ingen andel som mål, bara en gräns; ta bort raden",
    ),
    "goal missing": (
        ("        goal: 0.90\n", ""),
        f"rad 18, {TARGET}.goal: saknas; skriv goal: 0.90",
    ),
    "goal empty": (
        ("goal: 0.90", "goal:"),
        f"rad 22, {TARGET}.goal: är tom; skriv till exempel goal: 0.90",
    ),
    "negative limit": (
        ("limit_seconds: 15", "limit_seconds: -15"),
        f"rad 21, {TARGET}.limit_seconds: -15 är mindre än noll; skriv sekunder, som 15",
    ),
    "limit of zero": (
        ("limit_seconds: 15", "limit_seconds: 0"),
        f"rad 21, {TARGET}.limit_seconds: 0 är för litet; skriv minst 1",
    ),
    "limit of half a second": (
        ("limit_seconds: 15", "limit_seconds: 0.5"),
        f"rad 21, {TARGET}.limit_seconds: 0.5 är inte ett helt antal sekunder; "
        "skriv till exempel 15",
    ),
    "limit missing": (
        ("        limit_seconds: 15\n", ""),
        f"rad 18, {TARGET}.limit_seconds: saknas; skriv limit_seconds: 15",
    ),
    "limit of a promise without one": (
        ("measure: answered_within", "measure: lost"),
        f"rad 21, {TARGET}.limit_seconds: lost har ingen gräns; ta bort raden",
    ),
    "limit beyond the horizon": (
        ("limit_seconds: 15", "limit_seconds: 79201"),
        f"rad 21, {TARGET}.limit_seconds: 79201 är längre än samtal minns: gräns och längsta "
        "fönster ska rymmas sedan gårdagens midnatt; skriv högst 79200",
    ),
    "unknown measure": (
        ("measure: answered_within", "measure: answerd"),
        f"rad 20, {TARGET}.measure: answerd finns inte; menade du answered_within?",
    ),
    "unknown kind, far from all": (
        ("kind: switchboard", "kind: växel"),
        f"rad 9, {QUEUE}.kind: växel finns inte; "
        "skriv switchboard, customer_centre, partner, mailbox eller cases",
    ),
    "a day that is no day": (
        ("valid_from: 2014-01-01", "valid_from: 2014-02-30"),
        f"rad 23, {TARGET}.valid_from: 2014-02-30 finns inte i almanackan",
    ),
    "a day written otherwise": (
        ("valid_from: 2014-01-01", "valid_from: 1/1 2014"),
        f"rad 23, {TARGET}.valid_from: 1/1 2014 är inte en dag; skriv 2014-01-01 (år-månad-dag)",
    ),
    "a time of a day": (
        ("valid_from: 2014-01-01", "valid_from: 2014-01-01 08:00:00"),
        f"rad 23, {TARGET}.valid_from: 2014-01-01 08:00:00 är en tidpunkt; "
        "skriv dagen, som 2014-01-01, och på sin höjd 08:00 efter",
    ),
    "validity that ends when it begins": (
        ("2014-01-01\n", "2014-01-01\n        valid_to: 2014-01-01\n"),
        f"rad 24, {TARGET}.valid_to: ska vara efter valid_from, 2014-01-01; "
        "den dagen gäller målet inte längre",
    ),
    "unknown target, none like it": (
        ("targets: [svar-15s]", "targets: [svar-15s, helt-annat]"),
        f"rad 11, {QUEUE}.targets[1]: målet helt-annat finns inte; "
        "lägg till det under targets, eller ta bort det",
    ),
    "a target twice": (
        ("targets: [svar-15s]", "targets: [svar-15s, svar-15s]"),
        f"rad 11, {QUEUE}.targets[1]: svar-15s står redan i listan; ta bort det ena",
    ),
    "one target without brackets": (
        ("targets: [svar-15s]", "targets: svar-15s"),
        f"rad 11, {QUEUE}.targets: ska vara en lista; skriv [svar-15s]",
    ),
    "overflow to nowhere": (
        ("targets: [svar-15s]", "overflow_to: tel"),
        f"rad 11, {QUEUE}.overflow_to: kön tel finns inte; menade du tele?",
    ),
    "overflow to itself": (
        ("targets: [svar-15s]", "overflow_to: vaxel"),
        f"rad 11, {QUEUE}.overflow_to: kön kan inte flöda över till sig själv",
    ),
    "overflow after a time, to nobody": (
        ("targets: [svar-15s]", "overflow_after_seconds: 40"),
        f"rad 7, {QUEUE}.overflow_to: saknas; skriv overflow_to: kalix-tele24",
    ),
    "no team": (
        ("        team: kundcenter\n", ""),
        f"rad 7, {QUEUE}.team: saknas; skriv team: kundcenter",
    ),
    "an id with a capital and dots": (
        ("      tele:", "      Télé 24:"),
        "rad 12, municipalities.lulea.queues.Télé 24: ett id har bara a-z, 0-9 och bindestreck, "
        "högst 40 tecken; skriv till exempel tele-24",
    ),
    "the id of unknown queues": (
        ("      tele:", f"      {UNKNOWN_QUEUE}:"),
        "rad 12, municipalities.lulea.queues.okänd kö: "
        "id:t är reserverat för köer som inte står i katalogen; välj ett annat",
    ),
    "that id as a slug": (
        ("      tele:", "      okand-ko:"),
        "rad 12, municipalities.lulea.queues.okand-ko: "
        "id:t är reserverat för köer som inte står i katalogen; välj ett annat",
    ),
    "a name that YAML reads as false": (
        ("name: Tele", "name: no"),
        "rad 13, municipalities.lulea.queues.tele.name: "
        'YAML läser no som ja eller nej; är det ett ord, skriv "no"',
    ),
    "an id that YAML reads as true": (
        ("      tele:", "      on:"),
        'rad 12, municipalities.lulea.queues.on: YAML läser inte on som text; skriv "on":',
    ),
    "a name that YAML reads as a number": (
        ("name: Tele", "name: 2014"),
        "rad 13, municipalities.lulea.queues.tele.name: "
        'YAML läser inte 2014 som text; skriv "2014"',
    ),
    "a name of blanks": (
        ("name: Tele", 'name: "  "'),
        "rad 13, municipalities.lulea.queues.tele.name: är tom; skriv till exempel name: Växeln",
    ),
    "an offset that YAML reads in base 60": (
        ("Europe/Stockholm", "+10:30"),
        "rad 5, municipalities.lulea.zone: YAML läser +10:30 i bas 60; "
        'skriv ett vanligt tal, eller "+10:30" om det är text',
    ),
    "a zone as people say it": (
        ("Europe/Stockholm", "Stockholm"),
        "rad 5, municipalities.lulea.zone: "
        "Stockholm är ingen känd tidszon; menade du Europe/Stockholm?",
    ),
    "a zone by its city": (
        ("Europe/Stockholm", "oslo"),
        "rad 5, municipalities.lulea.zone: oslo är ingen känd tidszon; menade du Europe/Oslo?",
    ),
    "an offset as people write it": (
        ("Europe/Stockholm", "UTC+1"),
        'rad 5, municipalities.lulea.zone: UTC+1 är ingen känd tidszon; menade du "+01:00"?',
    ),
    "an unknown key, far from all": (
        ("zone: Europe", "öppet: 8-17\n    zone: Europe"),
        "rad 5, municipalities.lulea.öppet: okänd nyckel; här kan stå name, zone, "
        "exclude_short_abandons_seconds, hours, office_hours, queues, teams, administrations, "
        "sources, channels, incidents, comparisons, overdue_list_to, alerts, promises eller "
        "targets",
    ),
    "a key twice": (
        ("        kind: switchboard\n", "        kind: switchboard\n        kind: partner\n"),
        f"rad 10, {QUEUE}.kind: nyckeln står redan på rad 9; ta bort den ena",
    ),
    "a newer version": (
        ("version: 1", "version: 2"),
        "rad 1, version: 2 finns inte; skriv 1",
    ),
    "a list for keys": (
        ("kundcenter: {name: Kundcenter}", "kundcenter: [Kundcenter]"),
        "rad 16, municipalities.lulea.teams.kundcenter: "
        "ska ha nycklar under sig, indragna, inte en lista",
    ),
    "keys for a text": (
        ("name: Tele", "name: {sv: Tele}"),
        "rad 13, municipalities.lulea.queues.tele.name: ska vara en text, inte nycklar",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line_its_path_and_what_would_be_right(mistake):
    change, expected = MISTAKES[mistake]
    assert told(changed(*change)) == [f"f.yaml {expected}"]


def test_versions_of_a_promise_that_overlap_are_refused():
    text = with_versions(
        version(valid_from="2014-01-01"),
        version(valid_from="2018-01-26", valid_to="2019-01-01"),
    )
    assert told(text) == [
        f"f.yaml rad 20, {TARGET}[1].valid_from: versionen på rad 19 gäller också då; "
        "skriv valid_to: 2018-01-26 i den"
    ]


def test_an_id_has_at_most_40_signs():
    assert told(changed("      tele:", f"      {'t' * 40}:")) == []
    assert "högst 40 tecken" in told(changed("      tele:", f"      {'t' * 41}:"))[0]


def test_the_limit_of_the_horizon_is_the_longest_that_is_allowed():
    load_catalogue(changed("limit_seconds: 15", "limit_seconds: 79200"), "f.yaml")


@pytest.mark.parametrize("empty", ["", "\n# bara en kommentar\n", "---\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(empty):
    assert told(empty) == ["f.yaml rad 1: filen är tom; börja från examples/lulea.yaml"]


def test_a_file_of_something_else_is_told_what_a_catalogue_begins_with():
    begin = "filen ska ha version: 1 och municipalities: längst ut; se examples/lulea.yaml"
    assert told("- a\n") == told("hej") == [f"f.yaml rad 1: {begin}"]


def test_as_a_string_the_error_is_one_line_that_says_how_to_see_the_rest():
    two = changed("goal: 0.90", "goal: 90").replace("limit_seconds: 15", "limit_seconds: 0")
    with pytest.raises(CatalogueError) as error:
        load_catalogue(two, "f.yaml")
    assert str(error.value).endswith("(och 1 fel till: kör svarsgrad check-catalogue f.yaml)")
    assert "\n" not in str(error.value)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_file_either_loads_or_tells_lines_that_exist(data):
    lines = LULEA.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(line))] * 2)))
        lines[at] = line[:start] + data.draw(st.text(max_size=4)) + line[stop:]
    text = "".join(lines)
    mistakes = mistakes_of(text)
    assert mistakes == sorted(mistakes)
    assert all(1 <= mistake.line <= len(BREAK.split(text)) for mistake in mistakes)


JSON_LIKE = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.booleans(),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_value_in_any_place_is_told_in_our_own_words(data):
    keys = ["name", "zone", "kind", "team", "targets", "measure", "limit_seconds", "goal"]
    keys += ["valid_from", "source", "queues", "teams", "municipalities", "version", "svar-15s"]
    key = data.draw(st.sampled_from(keys))
    rows = [n for n, row in enumerate(SMALL.splitlines()) if row.strip().startswith(f"{key}:")]
    at = data.draw(st.sampled_from(rows))
    rows = SMALL.splitlines()
    indent = rows[at][: len(rows[at]) - len(rows[at].lstrip())]
    below = at + 1
    while below < len(rows) and rows[below].startswith(indent + " "):
        below += 1
    rows[at:below] = [f"{indent}{key}: {json.dumps(data.draw(JSON_LIKE))}"]
    # JSON is YAML, so it writes any value on one line.
    assert not [line for line in told("\n".join(rows)) if "passar inte här" in line]
