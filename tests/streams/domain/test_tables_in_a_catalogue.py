"""How files of rows are read, as a catalogue says; every mistake where it stands."""

import json

import pytest
import yaml
from imported import whole_catalogue

from streams.domain.catalogue import CatalogueError, Source, load_catalogue
from streams.domain.catalogue.tables import columns_of
from streams.domain.catalogue.tables_form import CallsFileForm, CasesFileForm

WHOLE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    administrations: {teknik: {name: Teknik}}
    sources:
      system:
        name: Systemet
        queues: [vaxel, arenden]
        calls_file:
          queue_column: Kö
          queues: {"Växeln": vaxel}
          arrived: [Dag, Tid]
          wait: Väntan
          outcome: Utfall
          outcomes: {Svar: answered}
          durations: ["mm:ss"]
          formats: ["%d/%m/%Y %H:%M"]
          none: ["-"]
          separator: ";"
          encoding: windows-1252
        cases_file:
          case: Nr
          opened: Öppnat
          queue: arenden
          channel: phone
          administration: Förvaltning
          administrations: {Tekniska: teknik}
          reopened: Åter
          first_resolved: Först
          resolved_by: Av
          who: {KC: customer_centre}
    queues:
      vaxel: {name: Växeln, kind: partner}
      annan: {name: Annan, kind: partner}
      arenden: {name: Ärenden, kind: cases}
"""
CALLS = "municipalities.lulea.sources.system.calls_file"
CASES = "municipalities.lulea.sources.system.cases_file"


def source(text: str = WHOLE) -> Source:
    return load_catalogue(text, "x.yaml").municipalities["lulea"].sources["system"]


def test_a_list_of_calls_and_an_export_of_cases_are_read_as_it_says() -> None:
    calls, cases = source().calls_file, source().cases_file
    assert calls is not None
    assert cases is not None
    assert calls.arrived == ("Dag", "Tid")
    assert calls.outcomes == {"Svar": "answered"}
    assert (calls.durations, calls.formats) == (("mm:ss",), ("%d/%m/%Y %H:%M",))
    assert (calls.separator, calls.encoding, calls.longest_minutes) == (";", "windows-1252", 720)
    assert set(columns_of(calls)) == {"Kö", "Dag", "Tid", "Väntan", "Utfall"}
    assert cases.opened == ("Öppnat",)
    assert cases.administrations == {"Tekniska": "teknik"}
    assert (cases.channel, cases.changed) == ("phone", None)
    assert set(columns_of(cases)) == {"Nr", "Öppnat", "Förvaltning", "Åter", "Först", "Av"}
    with pytest.raises(TypeError):
        calls.outcomes["x"] = "closed"  # type: ignore[index]


def test_what_the_pages_show_is_a_catalogue() -> None:
    its = load_catalogue(whole_catalogue(), "x").municipalities["lulea"].sources
    assert its["vaxel-pbx"].calls_file is not None
    assert its["arendesystem"].cases_file is not None


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("[Dag, Tid]", "[Dag, Tid, Zon]", f"{CALLS}.arrived", "för många kolumner; skriv en, ell"),
        ("arrived: [Dag, Tid]", "arivd: Tid", f"{CALLS}.arivd", "menade du arrived?"),
        ("          arrived: [Dag, Tid]\n", "", f"{CALLS}.arrived", "saknas; skriv arrived: Ank"),
        ("[Dag, Tid]", "7", f"{CALLS}.arrived", "ska vara en lista; skriv [Datum, Tid]"),
        ("{Svar: answered}", "{Svar: svarat}", f"{CALLS}.outcomes.Svar", "svarat finns inte; "),
        ("          outcomes: {Svar: answered}\n", "", f"{CALLS}.outcomes", "saknas; skriv outco"),
        ("outcome: Utfall", "unanswered: abandoned\n          answered: Svar", f"{CALLS}.outcome",
         "utan den säger outcomes ingenting"),
        ("outcome: Utfall", "outcome: Utfall\n          unanswered: closed\n          answered: S",
         f"{CALLS}.unanswered", "skriv unanswered eller outcome, inte båda"),
        ('"%d/%m/%Y %H:%M"', '"%d/%m/%Y"', f"{CALLS}.formats[0]", "inget sätt att skriva en tid"),
        ('"%d/%m/%Y %H:%M"', "dd/MM", f"{CALLS}.formats[0]", 'till exempel "%d/%m/%Y %H:%M"'),
        ('["mm:ss"]', '["hh:mm"]', f"{CALLS}.durations[0]", "menade du hh:mm:ss?"),
        ("windows-1252", "latin1", f"{CALLS}.encoding", "latin1 finns inte; skriv utf-8, windows"),
        ('"Växeln": vaxel', '"Växeln": vaxl', f"{CALLS}.queues.Växeln", "menade du vaxel?"),
        ('"Växeln": vaxel', '"Växeln": annan', f"{CALLS}.queues.Växeln", "hör inte till källan"),
        ('"Växeln": vaxel', '"Växeln": arenden', f"{CALLS}.queues.Växeln", "är ingen telefonkö"),
        ('separator: ";"', "longest_minutes: 9999", f"{CALLS}.longest_minutes",
         "9999 är mer än ett dygn; skriv minuter, som 720"),
        ("queue: arenden", "queue: arende", f"{CASES}.queue", "menade du arenden?"),
        ("queue: arenden", "queue: vaxel", f"{CASES}.queue", "är varken ärendeinkorg eller kund"),
        ("          queue: arenden\n", "", f"{CASES}.queue_column", "eller queue om det är lika"),
        ("channel: phone", "channel: telefon", f"{CASES}.channel", "menade du phone?"),
        ("Tekniska: teknik", "Tekniska: tekni", f"{CASES}.administrations", "menade du teknik?"),
        ("          reopened: Åter\n", "", f"{CASES}.reopened", "säger first_resolved ingenting"),
        ("          who: {KC: customer_centre}\n", "", f"{CASES}.who", "saknas; skriv who: {Kund"),
        ("channel: phone", "channel: phone\n          channel_column: K", f"{CASES}.channel",
         "skriv channel eller channel_column, inte båda"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_where_it_stands(old: str, new: str, where: str, said: str) -> None:
    assert WHOLE.count(old) == 1
    with pytest.raises(CatalogueError) as error:
        source(WHOLE.replace(old, new))
    told = [mistake.told("x.yaml") for mistake in error.value.mistakes]
    assert any(where in line and said in line for line in told), told
    assert len(told) == 1, told


ANYTHING = ("", "7", "x", "[]", "{}", "[[a]]", "{a: [b]}", "[7, {}]", "1.5", "true", "2025-03-10")


@pytest.mark.parametrize("key", sorted({*CallsFileForm.model_fields, *CasesFileForm.model_fields}))
def test_any_value_of_any_key_is_read_or_told_in_our_own_words(key: str) -> None:
    blocks = yaml.safe_load(WHOLE)["municipalities"]["lulea"]["sources"]["system"]
    for block in ("calls_file", "cases_file"):
        for value in ANYTHING:
            its = {name: json.dumps(written) for name, written in blocks[block].items()}
            its[key] = value
            lines = "".join(f"\n          {name}: {written}" for name, written in its.items())
            start = WHOLE.index(f"        {block}:")
            end = WHOLE.index(
                "        cases_file:" if block == "calls_file" else "    queues:\n  "
            )
            try:
                source(f"{WHOLE[:start]}        {block}:{lines}\n{WHOLE[end:]}")
            except CatalogueError as error:
                for mistake in error.mistakes:
                    assert "typing" not in mistake.message
                    assert "\n" not in mistake.told("x")
