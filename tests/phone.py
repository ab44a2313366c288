"""The figures of a day of calls, as the real code and as the oracle have them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from phone_reports import ALL_QUEUES
from reference.contacts import contacts_of
from reference.figures import Told, figures_of, loaded
from reference.phone_coverage import coverage_of
from reference.working_time import open_minutes
from strategies import NOON, PARTNER

from streams.domain.catalogue import Catalogue, Incident, load_catalogue
from streams.domain.events import CallEvent, encode
from streams.domain.instants import micros
from streams.domain.phone.evaluation import evaluate_phone, needed_since
from streams.figures.phone import contacts_as_data, coverage_as_data, queue_as_data
from streams.replay import Log, fold, window_of

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    exclude_short_abandons_seconds: {short}
    hours:
      vaxeltid: {{week: {{mon-sun: "{hours}"}}, holidays: open}}
      skyltat: {{week: {{mon-sun: "10:59-11:30, 11:45-24:00"}}, holidays: open}}
    teams:
      kundcenter: {{name: Kundcenter}}
    targets:
      svar-15s: &promise
        name: Svar inom tre signaler
        measure: answered_within
        limit_seconds: 15
        goal: 0.90
        addresses: 9
        valid_from: 2014-01-01
        source: Kundservicerapport 2014
      svar-90s:  # a tenth of a quarter of an hour
        name: Svar inom nittio sekunder
        measure: answered_within
        limit_seconds: 90
        goal: 0.90
        valid_from: 2014-01-01
        source: Prov
      svar-5min:
        name: Svar inom fem minuter
        measure: answered_within
        limit_seconds: 300
        goal: 0.90
        addresses: 2
        valid_from: 2014-01-01
        source: Kundservicerapport 2014
    queues:
      vaxel:
        {{name: Växeln, kind: switchboard, team: kundcenter,
        targets: [svar-15s, svar-90s, svar-5min],
        promised_hours: vaxeltid, published_hours: skyltat, callback_within_seconds: 600,
        overflow_to: kalix-tele24, overflow_after_seconds: 40}}
      kundtjanst:
        {{name: Kundtjänst, kind: customer_centre, team: kundcenter, targets: [svar-5min]}}
      tom: {{name: Tom, kind: customer_centre, team: kundcenter, targets: [svar-5min],
        overflow_to: vaxel}}
      kalix-tele24: {{name: Kalix, kind: partner}}
""".replace("&promise", "")
ZONE = ZoneInfo("Europe/Stockholm")
LIMITS = {
    ("lulea", "vaxel"): [("svar-15s", 15), ("svar-90s", 90), ("svar-5min", 300)],
    ("lulea", "kundtjanst"): [("svar-5min", 300)],
    ("lulea", "tom"): [("svar-5min", 300)],
    ("lulea", PARTNER): [],
}
COVERAGE = "täckning"
COVERED = {
    "svar-15s": (9, {"vaxel": "Växeln"}),
    "svar-90s": (0, {"vaxel": "Växeln"}),
    "svar-5min": (2, {"vaxel": "Växeln", "kundtjanst": "Kundtjänst", "tom": "Tom"}),
}
"""How many numbers a promise states, and the queues that make it."""
INCIDENTS: Final[dict[str, list[tuple[datetime, datetime, list[str]]]]] = {
    "none": [],
    "one": [(NOON - timedelta(minutes=30), NOON - timedelta(minutes=5), ["vaxel"])],
    "two": [
        (NOON - timedelta(hours=5), NOON - timedelta(seconds=900), []),
        (NOON - timedelta(seconds=20), NOON + timedelta(seconds=300), ["vaxel", "kundtjanst"]),
    ],
}


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    value: bytes


ALWAYS = "00:00-24:00"
HOURS = {
    ALWAYS: [(0, 1440)],
    "10:59-11:45, 11:59-12:00": [(659, 705), (719, 720)],
    "08:00-11:59": [(480, 719)],
    "closed": [],
}
PUBLISHED = [(659, 690), (705, 1440)]
"""As written, and as minutes of the day."""


@dataclass(frozen=True)
class How:
    """What varies in the catalogue."""

    short: int = 0
    hours: str = ALWAYS
    incidents: str = "none"


AS_USUAL: Final = How()


@cache
def catalogue_of(how: How) -> Catalogue:
    text = CATALOGUE.format(short=how.short, hours=how.hours)
    lulea = load_catalogue(text, "test.yaml").municipalities["lulea"]
    incidents = tuple(
        Incident(name="h", begins=micros(begins), ends=micros(ends), queues=tuple(queues))
        for begins, ends, queues in INCIDENTS[how.incidents]
    )
    return Catalogue(municipalities={"lulea": replace(lulea, incidents=incidents)})


def ours(
    events: Sequence[CallEvent], now: datetime, window: Any, how: How = AS_USUAL
) -> dict[Any, Any]:
    catalogue = catalogue_of(how)
    records = [Record(n, micros(e.time) // 1000 + 1, encode(e)) for n, e in enumerate(events)]
    asked = None if isinstance(window, str) else (micros(window[0]), micros(window[1]))
    name = window if isinstance(window, str) else "asked"
    legs, rejections = fold(catalogue, [Log("file", records)], micros(now), asked)
    assert not rejections
    lulea = catalogue.municipalities["lulea"]
    span = window_of(name, micros(now), lulea.zone, asked)
    frame = legs["lulea"].calls.recent(needed_since(lulea, [span]), micros(now))
    phone = evaluate_phone(lulea, frame, micros(now), [span])
    found: dict[Any, Any] = {}
    for queue, of_queue in phone.queues.items():
        key = "lulea", queue
        found[key] = queue_as_data(of_queue, name)
        if of_queue.wait_histogram is not None:  # of today
            counts, total = of_queue.wait_histogram
            found[key]["wait_histogram"] = {"counts": counts, "sum": total}
    return {
        **found,
        ALL_QUEUES: contacts_as_data(phone.contacts[name]),
        COVERAGE: coverage_as_data(phone.coverage.get(name, {})),
    }


@cache
def minutes_of(hours: str, day: date) -> frozenset[datetime]:
    """Every open minute of the days around one."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=4)
    segments = HOURS.get(hours, PUBLISHED)
    walked = open_minutes(lambda _: segments, ZONE, start, start + timedelta(days=6))
    return frozenset(at for at, is_open in walked if is_open)


def theirs(
    events: Sequence[CallEvent], now: datetime, window: Any, how: How = AS_USUAL
) -> dict[Any, Any]:
    instants = (now.astimezone(UTC), *(event.data.arrived_at for event in events))
    asked = {instant.replace(second=0, microsecond=0) for instant in instants}
    told = Told(
        targets=LIMITS,
        zones={"lulea": ZONE},
        known_queues=list(LIMITS),
        exclude_short_abandons_seconds=how.short,
        open_minutes={("lulea", "vaxel"): minutes_of(how.hours, now.date()) & asked},
        published_minutes={("lulea", "vaxel"): minutes_of("published", now.date()) & asked},
        partners=[("lulea", PARTNER)],
        centres=[("lulea", "kundtjanst"), ("lulea", "tom")],
        overflow_to={("lulea", "vaxel"): PARTNER, ("lulea", "tom"): "vaxel"},
        callback_within_seconds={("lulea", "vaxel"): 600},
        incidents=INCIDENTS[how.incidents],
        covered={"lulea": COVERED},
    )
    with loaded([encode(event) for event in events], told, now) as db:
        found = figures_of(db, told, now, window)
        if window != "today":
            for of_queue in found.values():
                del of_queue["wait_histogram"]
        return {
            **found,
            ALL_QUEUES: contacts_of(db, told, now, window)["lulea"],
            COVERAGE: coverage_of(db, told, now, window)["lulea"],
        }


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {k: v for key, inner in value.items() for k, v in flat(inner, f"{path}/{key}").items()}
