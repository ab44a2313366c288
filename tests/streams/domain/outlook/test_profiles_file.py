"""Profiles are written to a file and read from it again; what is wrong is told in one line."""

from dataclasses import replace

import orjson
import pytest

from producers.simulator.profile import CLOSES_HOUR, OPENS_HOUR, WEEKDAY_FACTORS, quarter_weights
from streams.domain.outlook.profile import QUARTERS, Profile
from streams.domain.outlook.profiles_file import (
    ProfilesFileError,
    load_profiles,
    write_profiles,
)
from streams.domain.outlook.typical import typical

DAY = tuple(round(n * 1.01, 4) for n in range(QUARTERS))
LEARNT = Profile(
    (DAY,) * 5 + ((0.0,) * QUARTERS,) * 2,
    0.12,
    0.2,
    40,
    41.5,
    None,
    {"svar-15s": (0.71, 1.0)},
    {"svar-15s": 0.041},
)
PROFILES = {"lulea": {"vaxel": LEARNT}, "boden": {}}


def test_what_is_written_is_read_again() -> None:
    assert load_profiles(write_profiles(PROFILES), "p.json") == PROFILES


def test_figures_that_were_rounded_are_written_as_they_were() -> None:
    once = write_profiles(PROFILES)
    assert write_profiles(load_profiles(once, "p.json")) == once
    assert b'"08:15": 33.33' in once


def test_a_file_from_before_clustering_was_learnt_is_read() -> None:
    data = orjson.loads(write_profiles(PROFILES))
    del data["municipalities"]["lulea"]["vaxel"]["clustering"]
    (profile,) = load_profiles(orjson.dumps(data), "p.json")["lulea"].values()
    assert profile == replace(LEARNT, clustering={})


def changed(**stated: object) -> bytes:
    data = orjson.loads(write_profiles(PROFILES))
    data["municipalities"]["lulea"]["vaxel"] |= stated
    return orjson.dumps(data)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"{\n\n]", "p.json rad 3 är inte JSON; gör om filen med svarsgrad learn-profile"),
        (b"[]", "p.json: innehållet har inte rätt form; gör om filen"),
        (b"{}", "p.json: version har inte rätt form"),
        (changed(days=-1), "p.json: municipalities.lulea.vaxel.days har inte rätt form"),
        (changed(days="9"), "municipalities.lulea.vaxel.days har"),
        (changed(day_spread=0), "municipalities.lulea.vaxel.day_spread har"),
        (changed(levels={"svar": [2]}), "municipalities.lulea.vaxel.levels.svar.0 har"),
        (changed(clustering={"svar": -1}), "municipalities.lulea.vaxel.clustering.svar har"),
        (changed(more=1), "municipalities.lulea.vaxel.more har"),
        (changed(week={"man": {}}), "municipalities.lulea.vaxel.week.man har"),
        (changed(week={"mon": {"08:10": 1}}), "municipalities.lulea.vaxel.week.mon.08:10 har"),
        (changed(week={"mon": {"08:15": -1}}), "municipalities.lulea.vaxel.week.mon.08:15 har"),
        (b"\xff", "p.json rad 1 är inte JSON"),
        (b" " * (65 << 20), "p.json är större än 64 MiB"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(written: bytes, said: str) -> None:
    with pytest.raises(ProfilesFileError) as caught:
        load_profiles(written, "p.json")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_typical_day_has_the_shape_of_the_simulated_ones_in_office_hours() -> None:
    week = typical().week
    opens, closes = 4 * OPENS_HOUR, 4 * CLOSES_HOUR
    for weekday, factor in enumerate(WEEKDAY_FACTORS):
        day = week[weekday][opens + 2 : closes - 2]  # at the ends there is more beyond
        whole = sum(day)
        simulated = quarter_weights()[2:-2]
        assert [part / whole for part in day] == pytest.approx(
            [part / sum(simulated) for part in simulated]
        )
        assert sum(week[weekday]) == pytest.approx(factor)
    assert typical().day_spread is None
    assert typical().days == 0
