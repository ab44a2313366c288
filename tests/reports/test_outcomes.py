"""How promises went, from figures that are made up: what is of several, compared, foretold."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from reports import periods
from reports.evidence import Evidence
from reports.figures import Figures
from reports.outcomes import Change, promises_of
from reports.periods import Period
from reports.sections import forecast
from reports.wording import sentences, verdict
from streams.domain.catalogue import load_catalogue

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours: {kontor: {week: {mon-fri: "08:00-17:00"}}}
    channels: [phone, e_service]
    teams: {alla: {name: Alla}}
    promises: [losta, andel]
    queues:
      ett: {name: Ett, kind: customer_centre, team: alla, targets: [svar, tappade, medel]}
      tva: {name: Två, kind: customer_centre, team: alla, targets: [svar]}
    targets:
      svar: {name: Svar, measure: answered_within, limit_seconds: 300, goal: 0.9,
        valid_from: 2014-01-01, source: S}
      tappade: {name: Tappade, measure: lost, goal: 0.1, valid_from: 2014-01-01, source: S}
      medel: {name: Medel, measure: mean_wait, limit_seconds: 50, valid_from: 2014-01-01,
        source: S}
      losta:
        - {name: Lösta, measure: solved_in_centre, of: cases, channels: [phone], goal: 0.7,
           valid_from: 2014-01-01, valid_to: 2025-01-01, source: S}
        - {name: Lösta, measure: solved_in_centre, of: cases, channels: [e_service], goal: 0.7,
           valid_from: 2025-01-01, source: S}
      andel: {name: Andel, measure: channel_share, channels: [e_service], valid_from: 2014-01-01,
        source: S}
"""
PART = periods.part("2025-08")
WHOLE = {"ett": date(2020, 1, 1), "tva": date(2020, 1, 1)}


def level(good: int, decided: int) -> dict[str, Any]:
    return {"good": good, "decided": decided, "ratio": good / decided if decided else None}


def calls(ett: tuple[int, int], tva: tuple[int, int] | None = None) -> Figures:
    queues: dict[str, Any] = {"ett": {"service_levels": {"svar": level(*ett)}}}
    if tva is not None:
        queues["tva"] = {"service_levels": {"svar": level(*tva)}}
    return Figures({"queues": queues})


def evidence(
    figures: Figures,
    period: Period = PART,
    complete: Mapping[str, date] = WHOLE,
    **more: Any,
) -> Evidence:
    municipality = load_catalogue(CATALOGUE, "k").municipalities["lulea"]
    usual = {
        "municipality": municipality, "period": period, "figures": figures,
        "as_of": period.window(municipality.zone).end, "months": {}, "versions": {},
        "patterns": {}, "before": None, "year_before": None, "rest_of_last_year": None,
        "gaps": 0, "erased": (), "complete_from": complete, "strangers": (),
    }  # fmt: skip
    return Evidence(**(usual | more))


def promise(its: Evidence, id_: str) -> Any:
    return next(one for one in promises_of(its) if one.target.id == id_)


def test_what_is_of_several_queues_is_of_their_sums() -> None:
    its = promise(evidence(calls((90, 100), (10, 100))), "svar")
    assert its.whole.value.value == 0.5
    assert its.whole.number.value == 200
    assert [one.value.value for one in its.of_queues] == [0.9, 0.1]
    assert its.whole.is_kept is False


def test_a_change_is_told_where_it_is_more_than_chance_and_more_than_little() -> None:
    def change(then: tuple[int, int], now: tuple[int, int]) -> Change | None:
        its = evidence(calls(now), year_before=calls(then))
        compared = promise(its, "svar").of_queues[0].since_year_before
        return None if compared is None else compared.change

    assert change((800, 1000), (900, 1000)) is Change.BETTER
    assert change((900, 1000), (800, 1000)) is Change.WORSE
    assert change((8, 10), (9, 10)) is Change.WITHIN_CHANCE
    assert change((800_000, 1_000_000), (804_000, 1_000_000)) is Change.WITHIN_CHANCE


@pytest.mark.parametrize(
    ("begins", "is_compared"),
    [(date(2024, 1, 10), True), (date(2024, 3, 1), False), (date(2025, 1, 1), False)],
)
def test_nothing_is_compared_with_a_period_that_the_archive_has_in_part(
    begins: date, is_compared: bool
) -> None:
    its = evidence(
        calls((90, 100), (90, 100)),
        complete={"ett": date(2020, 1, 1), "tva": begins},
        year_before=calls((80, 100), (80, 100)),
    )
    found = promise(its, "svar")
    assert (found.whole.since_year_before is not None) is is_compared
    assert found.of_queues[0].since_year_before is not None


def test_a_promise_of_other_contacts_is_another_figure() -> None:
    solved = {"cases": {"asked": {"solved_in_centre": {"losta": {"solved": 7, "n": 10,
              "ratio": 0.7}}}}}  # fmt: skip
    its = evidence(Figures(solved), year_before=Figures(solved))
    assert promise(its, "losta").whole.value.value == 0.7
    assert promise(its, "losta").whole.since_year_before is None


@pytest.mark.parametrize(
    ("lost", "unknown", "is_kept"), [(8, 0, True), (8, 5, None), (12, 5, False), (8, 1, True)]
)
def test_what_depends_on_calls_of_unknown_outcome_is_not_judged(
    lost: int, unknown: int, is_kept: bool | None
) -> None:
    queue = {
        "lost": {"count": lost, "n": 100, "ratio": lost / 100},
        "lost_high": {"count": lost + unknown, "n": 100, "ratio": (lost + unknown) / 100},
    }
    its = evidence(Figures({"queues": {"ett": queue}}))
    found = promise(its, "tappade")
    assert found.whole.is_kept is is_kept
    said = " ".join(sentences(its, found))
    assert ("högst" in said.replace("högst 10", "")) is bool(unknown)
    assert (verdict(found.whole) == "går inte att bedöma") is (is_kept is None)


def test_a_mean_wait_is_never_told_without_what_was_lost() -> None:
    queue = {"wait_seconds": {"mean": 12.0}, "answered": 80, "lost": {"count": 20, "n": 100}}
    its = evidence(Figures({"queues": {"ett": queue}}))
    said = " ".join(sentences(its, promise(its, "medel")))
    assert "I medel väntade man 12,0\N{NO-BREAK SPACE}s på svar" in said
    assert "Samtidigt förlorades 20,0\N{NO-BREAK SPACE}%" in said


@pytest.mark.parametrize(
    ("period", "said"),
    [(PART, "bedöms för helår"), (periods.month("2025-08"), "bedöms för helår"),
     (periods.year("2025"), "nådde målet")],
)  # fmt: skip
def test_a_share_that_is_to_rise_each_year_is_judged_in_a_year(period: Period, said: str) -> None:
    def share(contacts: int) -> Figures:
        its = {"contacts": contacts, "n": 1000, "ratio": contacts / 1000, "is_kept": True}
        return Figures({"channels": {"asked": {"promised": {"andel": its}}}})

    its = evidence(share(30), period, year_before=share(20), before=share(20))
    assert verdict(promise(its, "andel").whole) == said


def test_the_rest_of_a_year_is_foretold_by_last_years_where_the_archive_has_it() -> None:
    figures = {
        "figures": calls((800, 1000), (0, 0)),
        "year_before": calls((700, 1000)),
        "rest_of_last_year": calls((300, 500)),
    }
    known = {"ett": date(2023, 1, 1), "tva": date(2023, 1, 1)}
    row = forecast_row(evidence(**figures, complete=known))
    assert row["Väntas till"] == 500
    assert row["Prognos"] == pytest.approx((800 + 500 * 0.7) / 1500)
    assert row["Behövs från nu"] == "målet går inte att nå"
    assert row["Bästa möjliga"] == pytest.approx(1300 / 1500)

    late = {"ett": date(2024, 8, 1), "tva": date(2024, 8, 1)}
    row = forecast_row(evidence(**figures, complete=late))
    assert row["Väntas till"] == 1000 * 4 / 8
    assert row["Prognos"] == pytest.approx(0.8)


def forecast_row(its: Evidence) -> dict[str, Any]:
    section = forecast.section(its, promises_of(its))
    assert section is not None
    (table,) = (part for part in section.parts if hasattr(part, "columns"))
    row = next(row for row in table.rows if row[0].value == "Svar")
    return {column: cell.value for column, cell in zip(table.columns, row, strict=True)}
