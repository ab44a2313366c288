"""The oracle itself, against sums done by hand: each test's comment has the arithmetic."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from reference.figures import ABANDON_EDGES, EDGES, MISSES, OUTCOMES, UNKNOWN_QUEUE, figures

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
VAXEL = ("lulea", "vaxel")
KALIX = ("lulea", "kalix")
NO_SHARE = {"count": 0, "n": 0, "ratio": None, "wilson_low": None, "wilson_high": None}
FORMULAS = ("of_answered", "less_early_abandons", "early_abandons_kept", "left")


def at(seconds):
    """So many seconds before (-) or after noon, to the microsecond."""
    return NOON + timedelta(microseconds=round(seconds * 1e6))


def event(what, contact, arrived, happened, *, queue="vaxel", municipality="lulea"):
    return {
        "specversion": "1.0",
        "id": f"{what}-{contact}-{queue}-{happened}",
        "source": "test",
        "type": f"se.svarsgrad.call.{what}.v1",
        "subject": contact,
        "time": happened.isoformat(),
        "partitionkey": municipality,
        "data": {"queue": queue, "arrived_at": arrived.isoformat()},
    }


def call(contact, arrived, *facts, queue="vaxel"):
    """A call that arrived so many seconds after noon; each fact as (what, seconds waited)."""
    facts = (("offered", 0), *facts)
    return [
        event(what, contact, at(arrived), at(arrived + wait), queue=queue) for what, wait in facts
    ]


def asked(*calls, **changes):
    how = {
        "lines": [json.dumps(event).encode() for events in calls for event in events],
        "targets": {VAXEL: [("svar-15s", 15)]},
        "zones": {"lulea": STOCKHOLM},
        "known_queues": {VAXEL, KALIX},
        "now": NOON,
        "window": "1h",
    }
    return figures(**(how | changes))


def vaxel(*calls, **changes):
    return asked(*calls, **changes)[VAXEL]


def level(*calls, **changes):
    level = vaxel(*calls, **changes)["service_levels"]["svar-15s"]
    return level["good"], level["decided"]


def test_a_queue_without_calls_has_counts_of_zero_and_no_other_value():
    nothing = vaxel()
    assert nothing == {
        "talk_seconds": {"mean": None, "n": 0},
        "latest": {},
        "published_service_levels": {},
        "abandoned_within": dict.fromkeys([*map(str, ABANDON_EDGES), "all"], 0),
        "now": {
            "waiting": 0,
            "longest_wait_seconds": None,
            "is_open": True,
            "has_incident": False,
        },
        "wait_or_never_seconds": dict.fromkeys(["p50", "p80", "p90", "p95", "p99"]),
        "ended": dict.fromkeys(["own", "partner", "lost", "unknown"], 0),
        "answered_in_all": NO_SHARE,
        "transfers": dict.fromkeys(["answered", "lost", "unknown", "unseen"], 0),
        "callbacks": {"asked": 0, "reached": 0, "kept": None},
        "if_overflow": {},
        "without_incidents": None,
        "wait_histogram": {"counts": [0] * (len(EDGES) + 1), "sum": 0.0},
        **dict.fromkeys(["arrived", "outside_hours", "internal", *OUTCOMES], 0),
        "wait_seconds": dict.fromkeys(["mean", "p50", "p80", "p90", "p95", "p99", "max"]),
        "lost": NO_SHARE,
        "lost_high": NO_SHARE,
        "service_levels": {
            "svar-15s": {
                "good": 0,
                "decided": 0,
                **dict.fromkeys(["ratio", "wilson_low", "wilson_high"]),
                "missed": dict.fromkeys(MISSES, 0),
                "formulas": dict.fromkeys(FORMULAS, NO_SHARE),
            }
        },
    }


def test_five_calls_on_paper():
    # a answered after 4 s, b after 12 s, c after 50 s, d hung up after 8 s, e waits since 20 s.
    figures = vaxel(
        call("a", -1000, ("answered", 4)),
        call("b", -900, ("answered", 12)),
        call("c", -800, ("answered", 50)),
        call("d", -700, ("abandoned", 8)),
        call("e", -20),
    )
    assert [figures[what] for what in ("arrived", "answered", "abandoned", "waiting")] == [
        5,
        3,
        1,
        1,
    ]
    # Waits 4, 12, 50: mean 66 / 3 = 22. p50: the 2nd, since 1/3 < 50 % <= 2/3; 2/3 < 80 %.
    assert figures["wait_seconds"] == {
        "mean": 22.0, "p50": 12.0, "p80": 50.0, "p90": 50.0, "p95": 50.0, "p99": 50.0, "max": 50.0
    }  # fmt: skip
    # Ended: a, b, c, d; lost: d.
    assert figures["lost"]["ratio"] == figures["lost_high"]["ratio"] == 1 / 4
    # In time: a, b. Decided: all five, since e has waited 20 s > 15 s.
    service_level = figures["service_levels"]["svar-15s"]
    assert (service_level["good"], service_level["decided"]) == (2, 5)
    assert service_level["ratio"] == 2 / 5
    # Wilson, z^2 = 3.841459: (0.4 + 0.384146 -+ 1.959964 sqrt(0.24/5 + 3.841459/100)) / 1.768292
    # sqrt(0.048 + 0.038415) = 0.293964; times z 0.576158. Low 0.207988 / 1.768292 = 0.117621.
    # High 1.360304 / 1.768292 = 0.769276.
    assert service_level["wilson_low"] == pytest.approx(0.117621, abs=2e-6)
    assert service_level["wilson_high"] == pytest.approx(0.769276, abs=2e-6)


def test_the_latest_are_those_decided_last_whenever_they_arrived():
    def latest(*calls):
        found = vaxel(*calls, window="today")["latest"]["svar-15s"]
        return found["count"], found["n"]

    good = [call(f"a{n}", -2000 + n, ("answered", 1)) for n in range(19)]
    # Late from 15 s after arrival on: decided before those that came after it and were answered.
    late = call("b", -2000 + 10, ("answered", 900))
    last = [call(f"c{n}", -2000 + 30 + n, ("answered", 1)) for n in range(19)]
    assert latest(*good, late, *last) == (19, 20)
    assert latest(*good, late, *last, call("d", -5, ("answered", 1))) == (20, 20)
    assert latest(late, *last[:3]) == (3, 4)
    assert latest() == (0, 0)
    # At once, and arrived at once: the late one is of the last.
    twins = [call("x", -100, ("answered", 10)), call("y", -100, ("abandoned", 10))]
    more = [call(f"z{n}", -50, ("answered", 1)) for n in range(19)]
    assert latest(*twins, *more) == (19, 20)


def test_the_interval_touches_0_and_1_only_where_none_or_all_are_good():
    good = [call(f"a{n}", -1000 + n, ("answered", 1)) for n in range(3)]
    late = [call(f"b{n}", -1000 + n, ("answered", 16)) for n in range(3)]
    # All of 3: low = 1 / (1 + z^2/3) = 3 / 6.841459 = 0.438503, high 1. None of 3: the mirror.
    for calls, low, high in ((good, 0.438503, 1.0), (late, 0.0, 0.561497)):
        interval = vaxel(*calls)["service_levels"]["svar-15s"]
        assert interval["wilson_low"] == pytest.approx(low, abs=1e-6)
        assert interval["wilson_high"] == pytest.approx(high, abs=1e-6)
    assert vaxel(*late)["service_levels"]["svar-15s"]["wilson_low"] == 0


@pytest.mark.parametrize(
    ("waited", "good_and_decided"), [(15, (1, 1)), (15.000001, (0, 1)), (14.999999, (1, 1))]
)
def test_a_wait_of_exactly_the_limit_is_in_time(waited, good_and_decided):
    assert level(call("a", -100, ("answered", waited))) == good_and_decided


@pytest.mark.parametrize(("waited", "decided"), [(15, 0), (15.000001, 1)])
def test_a_waiting_call_is_late_when_it_has_waited_longer_than_the_limit(waited, decided):
    assert level(call("a", -waited)) == (0, decided)


@pytest.mark.parametrize(("reached", "good"), [(14, 1), (15, 1), (15.000001, 0), (3000, 0)])
def test_a_callback_is_in_time_if_the_caller_is_reached_within_the_limit(reached, good):
    # Asked for after 10 s, so it is decided; 3000 s is after now, so not reached yet.
    calls = call("a", -100, ("callback_requested", 10), ("callback_answered", reached))
    assert level(calls) == (good, 1)
    assert vaxel(calls)["callback"] == 1
    # Reached: saved. Not yet: what becomes of it is unknown.
    assert vaxel(calls)["lost"]["ratio"] == 0
    assert vaxel(calls)["lost_high"]["ratio"] == (1 if reached == 3000 else 0)


def test_of_an_answer_and_an_abandon_in_the_same_microsecond_the_answer_happened():
    figures = vaxel(call("a", -100, ("abandoned", 9), ("answered", 9)))
    assert (figures["answered"], figures["abandoned"]) == (1, 0)
    earlier = vaxel(call("a", -100, ("abandoned", 8.999999), ("answered", 9)))
    assert (earlier["answered"], earlier["abandoned"]) == (0, 1)


def test_of_two_ways_of_leaving_in_the_same_microsecond_the_first_of_the_list_happened():
    in_order = ["abandoned", "overflowed", "refused", "closed", "callback_requested"]
    for first, second in itertools.pairwise(in_order):
        figures = vaxel(call("a", -100, (second, 9), (first, 9)))
        assert (figures[first], figures["arrived"]) == (1, 1)


def test_repeated_facts_count_once_and_the_earliest_counts():
    repeated = call("a", -100, ("answered", 14), ("answered", 20), ("answered", 14))
    assert level(repeated, reversed(repeated)) == (1, 1)
    assert vaxel(repeated, repeated)["arrived"] == 1


def test_what_has_not_happened_by_now_is_unknown():
    # The answer comes exactly at noon: not before now. A microsecond later it has happened.
    calls = call("a", -10, ("answered", 10))
    assert (vaxel(calls)["waiting"], level(calls)) == (1, (0, 0))
    assert level(calls, now=at(0.000001)) == (1, 1)
    # A call that arrives now doesn't exist yet, though the window goes on.
    assert vaxel(call("b", 0), window=(at(-9), at(9)))["arrived"] == 0


def test_lost_after_a_transfer_is_lost():
    # Answered in the switchboard, passed on, and hung up in the other queue.
    figures = asked(
        call("a", -500, ("answered", 5), ("transferred", 60)),
        call("a", -440, ("abandoned", 30), queue="kalix"),
    )
    assert figures[VAXEL]["lost"]["ratio"] == 0
    assert figures[KALIX]["lost"]["ratio"] == 1


def test_an_overflow_is_saved_by_the_answer_of_the_partner_and_unknown_without_a_report():
    overflow = call("a", -500, ("overflowed", 40))
    # No leg at the partner: 0 of 1 lost, at worst 1 of 1.
    alone = vaxel(overflow)
    assert (alone["overflowed"], alone["lost"]["ratio"], alone["lost_high"]["ratio"]) == (1, 0, 1)
    bounds = {
        "answered": (0, 0),
        "abandoned": (1, 1),
        "refused": (1, 1),
        "closed": (1, 1),
        "overflowed": (0, 1),
        "callback_requested": (0, 1),
        "completed": (0, 1),  # no answer known: still waiting
    }
    for what, low_and_high in bounds.items():
        figures = vaxel(overflow, call("a", -460, (what, 9), queue="kalix"))
        assert (figures["lost"]["ratio"], figures["lost_high"]["ratio"]) == low_and_high, what


def test_the_partner_may_answer_in_the_microsecond_of_the_arrival_but_not_before_it():
    # The partner's leg has the same arrival: saved. One microsecond earlier: an earlier answer.
    overflow = call("a", -500, ("overflowed", 40))
    assert (
        vaxel(overflow, call("a", -500, ("answered", 1), queue="kalix"))["lost_high"]["ratio"] == 0
    )
    earlier = call("a", -500.000001, ("answered", 1), queue="kalix")
    assert vaxel(overflow, earlier)["lost_high"]["ratio"] == 1


def test_the_last_leg_is_the_latest_to_arrive_then_the_latest_to_end():
    first = call("a", -500, ("overflowed", 40))
    # Two legs arrive at -460: one hung up after 10 s, one overflowed after 20: the last.
    hung_up = call("a", -460, ("abandoned", 10), queue="kalix")
    overflowed = call("a", -460, ("overflowed", 20), queue="b")
    assert vaxel(first, hung_up, overflowed)["lost"]["ratio"] == 0
    # It overflowed after 5 s: the hang-up is the last.
    overflowed = call("a", -460, ("overflowed", 5), queue="b")
    assert vaxel(first, hung_up, overflowed)["lost"]["ratio"] == 1
    # In the same microsecond: overflowed stands after abandoned in the list, so it ends last.
    overflowed = call("a", -460, ("overflowed", 10), queue="b")
    assert vaxel(first, hung_up, overflowed)["lost"]["ratio"] == 0
    # One that still waits ends last.
    assert vaxel(first, hung_up, call("a", -460, queue="b"))["lost"]["ratio"] == 0


def test_contacts_of_two_municipalities_are_different_though_their_ids_are_equal():
    kalix = [event("answered", "a", at(-90), at(-80), municipality="kalix")]
    zones = {"lulea": STOCKHOLM, "kalix": STOCKHOLM}
    figures = vaxel(call("a", -100, ("abandoned", 5)), kalix, zones=zones)
    assert (figures["arrived"], figures["lost"]["ratio"]) == (1, 1)


def test_a_short_rolling_window_takes_the_legs_decided_in_it():
    # T = 100 s: 10 T = 1000 s > 15 min = 900 s, so the moment of the verdict decides.
    # The window is [-900, 0). Verdicts at: a -950 + 100 = -850 (late, answered after 200 s);
    # b -950 + 20 = -930, before it; c -1000 + 100 = -900, just in it (waits on);
    # d -100 + 100 = 0, not yet: it has waited exactly 100 s.
    calls = [
        call("a", -950, ("answered", 200)),
        call("b", -950, ("answered", 20)),
        call("c", -1000),
        call("d", -100),
    ]
    targets = {VAXEL: [("svar-15s", 100)]}
    assert level(*calls, window="15m", targets=targets) == (0, 2)
    # Counts are by arrival, as ever: only d arrived in the window.
    assert vaxel(*calls, window="15m", targets=targets)["arrived"] == 1
    # 30 min = 1800 s >= 1000 s: by arrival in [-1800, 0). a, b, c; b in time; d isn't decided.
    assert level(*calls, window="30m", targets=targets) == (1, 3)
    # And a window from-to of the same fifteen minutes isn't rolling: by arrival, d isn't decided.
    assert level(*calls, window=(at(-900), at(0)), targets=targets) == (0, 0)


@pytest.mark.parametrize(("limit", "decided"), [(90, 0), (91, 1)])
def test_a_window_of_ten_times_the_limit_is_not_short(limit, decided):
    # 15 min = 900 s = 10 * 90 s. The call arrived before the window and was answered in it.
    calls = call("a", -910, ("answered", 50))
    targets = {VAXEL: [("svar-15s", limit)]}
    assert level(calls, window="15m", targets=targets) == (decided, decided)


def test_windows_are_half_open():
    calls = [call("a", -900, ("answered", 1)), call("b", -0.000001)]
    assert vaxel(*calls, window="15m")["arrived"] == 2
    assert vaxel(*calls, window=(at(-900.0), at(-0.000001)))["arrived"] == 1
    assert vaxel(*calls, window=(at(-899.999999), at(0)))["arrived"] == 1


def test_short_abandons_are_taken_out_of_the_decided_only_where_that_is_declared():
    calls = [
        call("a", -100, ("abandoned", 0)),
        call("b", -100, ("abandoned", 5)),
        call("c", -100, ("abandoned", 5.000001)),
        call("d", -100, ("overflowed", 5)),
    ]
    assert level(*calls) == (0, 4)
    assert level(*calls, exclude_short_abandons_seconds=5) == (0, 2)
    # Lost is not about verdicts: a, b, c of 4.
    assert vaxel(*calls, exclude_short_abandons_seconds=5)["lost"]["ratio"] == 3 / 4


def test_a_day_of_23_hours_begins_23_hours_before_the_next_and_the_horizon_follows():
    # 2026-03-29: summer time begins in Sweden. Midnight is 23.00Z on the 28th (UTC+1); the next
    # one is 22.00Z on the 29th (UTC+2), 23 hours later.
    now = datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    just_before = midnight - timedelta(microseconds=1)
    calls = [[event("offered", "a", midnight, midnight)]]
    calls += [[event("offered", "b", just_before, just_before)]]
    assert vaxel(*calls, now=now, window="today")["arrived"] == 1
    # The day after, yesterday's midnight is the horizon: a is in it, b doesn't exist any more.
    now = datetime(2026, 3, 30, 21, 0, tzinfo=UTC)
    everything = (now - timedelta(days=7), now)
    assert vaxel(*calls, now=now, window=everything)["arrived"] == 1
    assert vaxel(*calls, now=now - timedelta(days=1), window=everything)["arrived"] == 2


def test_today_is_the_local_day():
    # 23.30Z on 3 March is 00.30 on the 4th in Sweden: today is half an hour old.
    now = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    calls = [[event("offered", key, then, then)] for key, then in (
        ("a", datetime(2026, 3, 3, 22, 59, tzinfo=UTC)),
        ("b", datetime(2026, 3, 3, 23, 0, tzinfo=UTC)),
    )]  # fmt: skip
    assert vaxel(*calls, now=now, window="today")["arrived"] == 1


def test_unknown_queues_are_shown_as_one_but_their_legs_are_their_own():
    calls = [call("a", -100, queue="x"), call("a", -100, queue="y"), call("b", -90, queue="y")]
    figures = asked(*calls)
    assert figures[("lulea", UNKNOWN_QUEUE)]["waiting"] == 3
    assert figures[VAXEL]["arrived"] == 0


def test_a_value_may_be_an_array_and_newer_types_and_foreign_municipalities_are_skipped():
    one, two = call("a", -100)[0], call("b", -50)[0]
    newer = {**one, "type": "se.svarsgrad.call.hummed.v1", "data": 7}
    foreign = event("offered", "c", at(-100), at(-100), municipality="boden")
    lines = [json.dumps([one, two, newer]).encode(), json.dumps(foreign).encode()]
    figures = asked(lines=lines)
    assert set(figures) == {VAXEL, KALIX}
    assert figures[VAXEL]["arrived"] == 2


def test_percentiles_are_the_smallest_wait_with_enough_of_the_waits_at_or_under_it():
    # Waits 1..20 s. p50: 10 of 20 are at or under 10. p95: 19 of 20. p99: 19.8 of 20, so the 20th.
    waits = vaxel(*[call(f"c{n}", -1000, ("answered", n)) for n in range(1, 21)])["wait_seconds"]
    assert [waits[p] for p in ("p50", "p80", "p90", "p95", "p99")] == [10, 16, 18, 19, 20]
    # Equal waits: 3, 3, 3, 9: three of four (75 %) are at or under 3.
    waits = [call(f"c{n}", -1000, ("answered", w)) for n, w in enumerate((3, 9, 3, 3))]
    waits = vaxel(*waits)["wait_seconds"]
    assert [waits["p50"], waits["p80"], waits["mean"]] == [3, 9, 4.5]


def test_the_mean_is_rounded_once():
    # (0.1 + 0.2 + 0.3) s: as floats 0.6000000000000001 / 3; as a fraction 600000 / 3000000.
    calls = [call(f"c{n}", -1000, ("answered", n / 10)) for n in (1, 2, 3)]
    assert vaxel(*calls)["wait_seconds"]["mean"] == 0.2
