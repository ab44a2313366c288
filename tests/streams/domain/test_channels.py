"""Shares of contacts by channel, and what is promised of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from reference.amounts import wilson
from reference.cases import is_close

from streams.domain.catalogue import load_catalogue
from streams.domain.channels import ChannelsReport, Earlier, Share, evaluate_channels
from streams.domain.instants import HOUR, micros
from streams.domain.windows import Window, window
from streams.figures.cases import channels_as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    channels: [phone, e_service, chat, visit]
    teams:
      kundcenter: {name: Kundcenter}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: kundcenter}
    promises: [e-tjanster, digitalt]
    targets:
      e-tjanster:
        - {name: E-tjänsternas andel ökar, measure: channel_share, channels: [e_service],
           valid_from: 2018-01-26, valid_to: 2026-03-10, source: Prov}
      digitalt: {name: Hälften digitalt, measure: channel_share, channels: [e_service, chat],
        goal: 0.5, valid_from: 2018-01-26, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]
DAY = 24 * HOUR
NOW = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)
RECORDED = {
    "e-tjanster": [
        (date(2025, 12, 31), 0.30),
        (date(2026, 3, 1), 0.90),  # of this year
        (date(2024, 12, 31), 0.99),
        (date(2025, 12, 31), 0.25),
    ]
}


def report(counts: dict[Any, int | None], now: datetime = NOW, **recorded: Any) -> ChannelsReport:
    today = window("today", micros(now), LULEA.zone)
    return evaluate_channels(LULEA, counts, today, recorded or RECORDED)


def of_month(counts: dict[Any, int | None], long: int) -> ChannelsReport:
    span = Window("asked", micros(NOW) - long, micros(NOW), rolling=False)
    return evaluate_channels(LULEA, counts, span, RECORDED)


def test_a_share_is_of_the_channels_that_report_and_the_silent_ones_are_named() -> None:
    its = report({"phone": 60, "e_service": 35, "email": 5, "chat": None})
    assert its.shares == {
        "phone": Share(60, 100),
        "e_service": Share(35, 100),
        "email": Share(5, 100),
    }
    assert its.shares["phone"].ratio == 0.6
    assert its.silent == ("chat", "visit")


def test_a_channel_that_the_catalogue_lacks_is_counted_in_shares_only() -> None:
    its = report({"phone": 60, "e_service": 35, "email": 5, "chat": None, "post": None})
    assert its.reporting == ("phone", "e_service")
    assert its.shares["email"].ratio == 0.05
    data = channels_as_data(its)
    assert (data["reporting"], data["silent"]) == (["phone", "e_service"], ["chat", "visit"])


def test_a_channel_that_reports_nothing_is_no_silent_channel() -> None:
    its = report({"phone": 0, "e_service": 0, "chat": 0, "visit": 0})
    assert its.silent == ()
    assert its.shares["phone"].ratio is None
    assert its.promised["digitalt"].is_kept is None
    data = channels_as_data(its)
    assert data["shares"]["chat"] == {
        "contacts": 0, "n": 0, "ratio": None, "wilson_low": None, "wilson_high": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("e_service", "chat", "kept"), [(49, 1, True), (49, 0, False), (50, 0, True)]
)
def test_a_share_at_its_goal_is_kept(e_service: int, chat: int, kept: bool) -> None:
    phone = 100 - e_service - chat
    counts = {"phone": phone, "e_service": e_service, "chat": chat, "visit": 0}
    its = report(counts).promised["digitalt"]
    assert its.share is not None
    assert its.share == Share(e_service + chat, 100)
    assert its.is_kept is kept
    assert its.earlier is None
    ours, theirs = its.share.interval, wilson(its.share.contacts, 100)
    assert ours is not None
    assert all(is_close(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("silent", ["phone", "chat", "visit"])
def test_while_a_channel_is_silent_a_share_has_a_value_and_no_verdict(silent: str) -> None:
    counts: dict[Any, int | None] = {"phone": 9, "e_service": 90, "chat": 9, "visit": 0}
    its = report(counts | {silent: None}).promised["digitalt"]
    assert its.share is not None
    assert its.is_kept is None


@pytest.mark.parametrize(("e_service", "kept"), [(30, False), (31, True)])
def test_a_share_without_a_goal_is_to_rise_above_the_latest_of_an_earlier_year(
    e_service: int, kept: bool
) -> None:
    counts = {"phone": 100 - e_service, "e_service": e_service, "chat": 0, "visit": 0}
    its = of_month(counts, 28 * DAY).promised["e-tjanster"]
    assert its.earlier == Earlier(date(2025, 12, 31), 0.30)
    assert its.is_kept is kept
    assert of_month(counts, 28 * DAY - 1).promised["e-tjanster"].is_kept is None


def test_a_share_with_nothing_to_hold_it_against_is_not_judged() -> None:
    counts = {"phone": 1, "e_service": 1, "chat": 0, "visit": 0}
    its = report(counts, other=[(date(2020, 1, 1), 0.1)])
    assert its.promised["e-tjanster"].earlier is None
    assert its.promised["e-tjanster"].is_kept is None


def test_a_promise_of_channels_that_do_not_report_has_no_value() -> None:
    its = report({"phone": 10}).promised["e-tjanster"]
    assert its.share is None
    assert its.is_kept is None


def test_a_promise_is_judged_on_days_on_which_it_holds() -> None:
    midnight = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # of 10 March in Luleå
    counts: dict[Any, int | None] = {"e_service": 1}
    assert set(report(counts, midnight).promised) == {"digitalt", "e-tjanster"}
    assert set(report(counts, midnight + timedelta(minutes=1)).promised) == {"digitalt"}
