"""Periods: what they are called, what comes before them, and which can't be reported on yet."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from reports import periods
from reports.periods import Period, PeriodError
from streams.domain.instants import micros, moment

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = micros(datetime(2025, 8, 31, 21, 59, 59, tzinfo=UTC))
"""A second before September in Sweden."""


@pytest.mark.parametrize(
    ("period", "name", "said", "before", "year_before"),
    [
        (periods.month("2025-03"), "2025-03", "mars 2025", "2025-02", "2024-03"),
        (periods.month("2025-01"), "2025-01", "januari 2025", "2024-12", "2024-01"),
        (periods.month("2025-12"), "2025-12", "december 2025", "2025-11", "2024-12"),
        (periods.year("2025"), "2025", "2025", "2024", "2024"),
        (
            periods.part("2025-08"), "2025-01--2025-08", "januari–augusti 2025",
            None, "2024-01--2024-08",
        ),
        (periods.part("2025-01"), "2025-01--2025-01", "januari 2025", None, "2024-01--2024-01"),
    ],
)  # fmt: skip
def test_a_period_is_called_something_and_has_others_before_it(
    period: Period, name: str, said: str, before: str | None, year_before: str
) -> None:
    assert (period.name, period.said) == (name, said)
    assert (period.before and period.before.name) == before
    assert period.year_before.name == year_before


def test_its_months_are_all_of_it_and_the_rest_of_the_year_comes_after() -> None:
    year = periods.year("2024")
    assert [its.name for its in year.months] == [f"2024-{n:02}" for n in range(1, 13)]
    assert year.rest_of_year == []
    part = periods.part("2024-10")
    assert [its.name for its in part.rest_of_year] == ["2024-11", "2024-12"]
    assert part.months[-1].after == part.after == part.rest_of_year[0].first


def test_a_month_lasts_from_midnight_to_midnight_on_the_wall() -> None:
    its = periods.month("2025-03").window(STOCKHOLM)
    assert moment(its.start) == datetime(2025, 2, 28, 23, tzinfo=UTC)
    assert moment(its.end) == datetime(2025, 3, 31, 22, tzinfo=UTC)
    assert not its.rolling


@pytest.mark.parametrize("text", ["2025-13", "2025-00", "25-03", "2025", "2025-3", "mars", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(PeriodError, match="skriv som 2025-03"):
        periods.month(text)


@pytest.mark.parametrize("text", ["25", "2025-03", "tjugo", "", "20255"])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(PeriodError, match="skriv som 2025"):
        periods.year(text)


def test_a_year_with_unknown_holidays_is_refused() -> None:
    for text in ("2004", "2100"):
        with pytest.raises(PeriodError, match="helgerna är kända 2005–2100"):
            periods.year(text)


def test_a_period_that_has_ended_may_be_reported_on() -> None:
    periods.require_past(periods.month("2025-07"), NOW, STOCKHOLM)
    periods.require_past(periods.part("2025-08"), NOW + 1_000_000, STOCKHOLM)


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (periods.month("2025-08"), "augusti 2025 är inte slut förrän 2025-09-01: vänta"),
        (periods.year("2025"), "svarsgrad report delar --through 2025-07"),
        (periods.part("2025-10"), "svarsgrad report delar --through 2025-07"),
        (periods.month("2025-09"), "september 2025 har inte börjat"),
        (periods.year("2026"), "2026 har inte börjat"),
    ],
)
def test_one_that_has_not_is_refused_with_what_can_be_had(period: Period, said: str) -> None:
    with pytest.raises(PeriodError) as refused:
        periods.require_past(period, NOW, STOCKHOLM)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_part_that_is_all_of_a_year_is_refused() -> None:
    with pytest.raises(PeriodError, match="svarsgrad report year 2025"):
        periods.part("2025-12")


def test_in_january_there_is_no_part_of_the_year_to_have_instead() -> None:
    now = micros(datetime(2025, 1, 15, tzinfo=UTC))
    with pytest.raises(PeriodError, match="vänta till dess"):
        periods.require_past(Period(date(2025, 1, 1), date(2026, 1, 1), "year"), now, STOCKHOLM)
