"""/metrics tells what the catalogue calls things, and of today's promises."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from exported import Scrape, Series, series

from streams import metrics as m
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Municipality
from streams.domain.windows import midnight
from streams.exposition import Snapshot, names
from streams.exposition.sheet import Sheet

LULEA = read_catalogue(Path("examples/lulea.yaml")).municipalities["lulea"]


def told(municipality: Municipality, day: date) -> dict[Series, float]:
    """What is exported of it on a day."""
    sheet = Sheet()
    names.add(sheet, municipality, midnight(day, municipality.zone))
    return dict(Scrape.of_families(sheet.collect()).samples)


def test_a_queue_is_told_by_its_name_and_who_answers_it() -> None:
    found = told(LULEA, date(2026, 3, 10))
    assert found[
        series(
            m.QUEUE_INFO, municipality="lulea", queue="kundtjanst-skola", name="Kundtjänst skola",
            kind="customer_centre", team="skola", team_name="Kundtjänst skola",
            administration="skola",
        )
    ] == 1  # fmt: skip
    partner = {"name": "Kalix Tele24", "kind": "partner", "team": "", "team_name": ""}
    key = series(
        m.QUEUE_INFO, municipality="lulea", queue="kalix-tele24", administration="", **partner
    )
    assert key in found
    assert series(m.MUNICIPALITY_INFO, municipality="lulea", name="Luleå") in found
    source = {"source": "vaxel-pbx", "name": "Telefonväxeln"}
    assert series(m.SOURCE_INFO, municipality="lulea", **source) in found
    school = {"administration": "skola", "name": "Skola"}
    assert series(m.ADMINISTRATION_INFO, municipality="lulea", **school) in found


def test_a_promise_is_told_while_it_holds() -> None:
    in_2014, in_2026 = (
        {dict(of)["target"] for name, of in told(LULEA, date(year, 3, 10)) if of_promise(name)}
        for year in (2014, 2026)
    )
    assert in_2014 != in_2026
    assert in_2026 == {
        its.id
        for queue in LULEA.queues.values()
        for its in queue.targets
        if its.is_valid_on(date(2026, 3, 10))
    } | {its.id for its in LULEA.promises if its.is_valid_on(date(2026, 3, 10))}


def of_promise(name: str) -> bool:
    return name in {m.PREFIX + m.TARGET_INFO.name, m.PREFIX + m.PROMISE_INFO.name}


def test_a_name_with_markup_in_it_is_told_as_it_is() -> None:
    odd = 'A "quoted" \\ <b>name</b>\nof two lines'
    municipality = replace(LULEA, name=odd)
    sheet = Sheet()
    names.add(sheet, municipality, 0)
    text = Snapshot(0, (), sheet).text().decode()
    assert series(m.MUNICIPALITY_INFO, municipality="lulea", name=odd) in Scrape.of(text).samples
