"""Queues as Prometheus sees them, for each alert some in which it fires and some in which not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from streams import metrics as m
from streams.domain.catalogue import Catalogue, load_catalogue

CATALOGUE: Final = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours:
      kontorstid: {week: {mon-fri: "08:00-17:00"}}
      vaxeltid: {week: {mon-fri: "08:00-16:30"}}
    office_hours: kontorstid
    teams: {kundcenter: {name: Kundcenter}}
    sources: {pbx: {name: Telefonväxeln, queues: [vaxel]}}
    targets:
      svar-15s: {name: Svar, measure: answered_within, limit_seconds: 15, goal: 0.9,
        valid_from: 2014-01-01, source: x}
      epost: {name: E-post, measure: question_answered_within, limit: 2wd, goal: 1.0,
        valid_from: 2014-01-01, source: x}
      atgardat: {name: Klart, measure: resolved_within, limit: 3wd, valid_from: 2014-01-01,
        source: x, tells: [handläggare, närmaste chef]}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: kundcenter, targets: [svar-15s],
        promised_hours: vaxeltid}
      inkorg: {name: E-post, kind: mailbox, team: kundcenter, targets: [epost]}
      arenden: {name: Ärenden, kind: cases, team: kundcenter, targets: [atgardat]}
    alerts:
      dashboard: https://grafana.example.org
      alertmanager: https://larm.example.org
      runbook: https://svarsgrad.example.org/larm
      operations: {email: drift@example.org}
      teams:
        kundcenter:
          lead: {email: gruppledare@example.org}
          supervisor: {email: arbetsledare@example.org}
          deputy: {email: ersattare@example.org}
          head: {email: chef@example.org}
          functions:
            handläggare: {email: handlaggare@example.org}
            närmaste chef: {email: narmaste-chef@example.org}
"""

Key = tuple[str, frozenset[tuple[str, str]]]
VAXEL: Final = {"municipality": "lulea", "queue": "vaxel"}
SVAR: Final = {**VAXEL, "target": "svar-15s"}


def loaded() -> Catalogue:
    """Return the catalogue that the cases are of."""
    return load_catalogue(CATALOGUE, "test.yaml")


def key(metric: m.Metric, **labels: str) -> Key:
    """Return a series, without what all begin with."""
    assert set(labels) == set(metric.labels), metric.name
    return metric.name, frozenset(labels.items())


def calls(metric: m.Metric, window: str | None = None) -> Key:
    """Return the switchboard's series of a metric."""
    labels = {**SVAR, "window": window or ""}
    return key(metric, **{name: labels[name] for name in metric.labels})


ARCHIVE_LAG: Final = key(m.ARCHIVE_LAG, topic="svarsgrad.calls", partition="0")
HEALTHY: Final[Mapping[Key, float]] = {
    calls(m.OPEN): 1,
    calls(m.SILENT): 0,
    calls(m.GOAL): 0.9,
    calls(m.LIMIT): 15,
    calls(m.ALERT_LEVEL): 0.9,
    calls(m.CHRONIC): 0,
    **{calls(m.SERVICE_LEVEL, window): 0.95 for window in ("15m", "30m", "1h", "today")},
    **{calls(m.ALERT_HIGH, span): 0.98 for span in ("30m", "1h", "latest")},
    **{calls(m.DECIDED, window): n for window, n in (("30m", 80), ("1h", 155), ("today", 300))},
    calls(m.LATEST_DECIDED): 20,
    calls(m.GOOD, "today"): 285,
    calls(m.WAITING): 2,
    calls(m.LONGEST_WAIT): 9,
    calls(m.TALK_MEAN, "1h"): 40,
    calls(m.STAFFED): 4,
    calls(m.PEOPLE_NEEDED): 5,
    calls(m.TO_COME): 800,
    calls(m.NEEDED): 0.88,
    calls(m.SPENT): 0.2,
    calls(m.EXPECTED): 0.93,
    calls(m.PROJECTED): 0.94,
    calls(m.BEST): 0.96,
    key(m.EVALUATED_AT, municipality="lulea"): float("inf"),
    key(m.ARCHIVE_READY): 1,
    ARCHIVE_LAG: 0,
    key(m.ARCHIVE_WRITTEN): 0,
    **{
        key(metric, municipality="lulea", queue="inkorg", target="epost"): 0
        for metric in (m.QUESTIONS_DUE_SOON, m.QUESTIONS_OVERDUE)
    },
    **{
        key(
            m.CASES_PENDING, municipality="lulea", queue="arenden", target="atgardat", state=state
        ): 0
        for state in ("due_soon", "overdue")
    },
}
"""A switchboard on a good day, and nothing overdue. Of infinity: the clock."""


def _pending(state: str) -> Key:
    return key(
        m.CASES_PENDING, municipality="lulea", queue="arenden", target="atgardat", state=state
    )


def _last_overdue() -> Key:
    return key(m.CASES_LAST_OVERDUE, municipality="lulea", queue="arenden", target="atgardat")


def _inbox(metric: m.Metric) -> Key:
    return key(metric, municipality="lulea", queue="inkorg", target="epost")


@dataclass(frozen=True)
class Case:
    """What there is to see for an hour, and the alerts that fire at its end."""

    name: str
    fires: frozenset[str]
    changed: Mapping[Key, float | None] = field(default_factory=dict)
    """Series that are not as they are of a healthy queue; None: there is no such series."""
    until: int | None = None
    """For how many minutes they are so; then they are as of a healthy queue. None: to the end."""

    @property
    def values(self) -> dict[Key, float]:
        """Return all there is to see at the end."""
        if self.until is not None:
            return dict(HEALTHY)
        both = {**HEALTHY, **self.changed}
        return {its: value for its, value in both.items() if value is not None}


def case(name: str, fires: str = "", changed: Mapping[Key, float | None] | None = None) -> Case:
    """Return a case; the alerts that fire are words."""
    return Case(name, frozenset(fires.split()), changed or {})


BAD: Final[Mapping[Key, float | None]] = {
    calls(m.SERVICE_LEVEL, "15m"): 0.66,
    calls(m.SERVICE_LEVEL, "30m"): 0.71,
    calls(m.ALERT_HIGH, "30m"): 0.82,
}
CLOSED: Final[Mapping[Key, float | None]] = {calls(m.OPEN): 0}
SMALL: Final[Mapping[Key, float | None]] = {
    calls(m.DECIDED, "30m"): 5,
    calls(m.DECIDED, "1h"): 10,
    calls(m.LATEST_DECIDED): 14,
}
FAILING: Final[Mapping[Key, float | None]] = {
    calls(m.ALERT_HIGH, "latest"): 0.85,
    calls(m.SERVICE_LEVEL, "1h"): 0.6,
}
OVERDUE: Final[Mapping[Key, float | None]] = {
    _inbox(m.QUESTIONS_OVERDUE): 2,
    _inbox(m.QUESTIONS_LONGEST_OVERDUE): 7300,
}
WORSE_THAN_USUAL: Final[Mapping[Key, float | None]] = {
    **BAD,
    calls(m.ALERT_LEVEL): 0.83,
    calls(m.CHRONIC): 1,
}
USUAL: Final[Mapping[Key, float | None]] = {calls(m.CHRONIC): 1}
UNKNOWN: Final[Mapping[Key, float | None]] = dict.fromkeys(
    calls(its) for its in (m.NEEDED, m.TO_COME, m.SPENT, m.EXPECTED, m.PROJECTED, m.BEST)
)
TOO_FEW: Final[Mapping[Key, float | None]] = {
    calls(m.EXPECTED): 0.79,
    calls(m.SERVICE_LEVEL, "15m"): 0.6,
    calls(m.SERVICE_LEVEL, "30m"): 0.6,
}
TOO_FEW_FOR_SMALL: Final[Mapping[Key, float | None]] = {
    calls(m.EXPECTED): 0.79,
    calls(m.SERVICE_LEVEL, "1h"): 0.8,
}
IN_DANGER: Final[Mapping[Key, float | None]] = {
    calls(m.PROJECTED): 0.89,
    calls(m.SPENT): 0.36,
    calls(m.NEEDED): 0.91,
}
OF_QUEUES: Final = dict.fromkeys(its for its in HEALTHY if "queue" in dict(its[1]))
CASES: Final = (
    case("all is well"),
    case("nothing is heard of any queue", "", OF_QUEUES),
    case("acute", "Akut AkutUtanSvar", BAD),
    Case("it was acute until now", frozenset({"AkutOver"}), BAD, until=40),
    Case("it was acute long ago", frozenset(), BAD, until=30),
    case("acute, but closed", "", {**BAD, **CLOSED}),
    case("acute, but few calls", "", {**BAD, calls(m.DECIDED, "30m"): 9}),
    case("it was acute and is well", "", {**BAD, calls(m.SERVICE_LEVEL, "15m"): 0.9}),
    case("it may be by chance", "", {**BAD, calls(m.ALERT_HIGH, "30m"): 0.9}),
    case("no worse than usual", "UnderMalet", {**BAD, calls(m.ALERT_LEVEL): 0.66, **USUAL}),
    case("worse than usual", "Akut AkutUtanSvar UnderMalet", WORSE_THAN_USUAL),
    case("a small queue fails", "Akut AkutUtanSvar", {**SMALL, **FAILING}),
    case("of few calls today", "", {**SMALL, **FAILING, calls(m.LATEST_DECIDED): 9}),
    case("a small queue is well again", "", {**SMALL, calls(m.ALERT_HIGH, "latest"): 0.85}),
    case("a small queue, closed", "", {**SMALL, **CLOSED, **FAILING}),
    case("the latest calls of a large queue fail", "", {calls(m.ALERT_HIGH, "latest"): 0.6}),
    case("as bad as that, and the day is safe all the same", "", {**BAD, calls(m.NEEDED): 0.6}),
    case("as bad as that, and it may do for the day", "", {**BAD, calls(m.NEEDED): 0.81}),
    case("as bad as that, and the day is won", "", {**BAD, calls(m.NEEDED): 0}),
    case("as bad as that, and the rest is unknown", "Akut AkutUtanSvar", {**BAD, **UNKNOWN}),
    case("too few answer", "Akut AkutUtanSvar", TOO_FEW),
    case("too few answer, and the day is safe", "", {**TOO_FEW, calls(m.NEEDED): 0.6}),
    case("too few answer, closed", "", {**TOO_FEW, **CLOSED}),
    case("too few answer few calls", "", {**TOO_FEW, calls(m.DECIDED, "30m"): 9}),
    case("nearly enough answer", "", {**TOO_FEW, calls(m.EXPECTED): 0.823}),
    case("too few answer, and yet all is well", "", {calls(m.EXPECTED): 0.79}),
    case("nobody knows who answers", "", {**TOO_FEW, calls(m.EXPECTED): None}),
    case("too few answer a small queue", "Akut AkutUtanSvar", {**SMALL, **TOO_FEW_FOR_SMALL}),
    case("too few for a small one of four calls", "",
         {**SMALL, **TOO_FEW_FOR_SMALL, calls(m.DECIDED, "1h"): 4}),
    case("as few answer as usual", "UnderMalet",
         {**TOO_FEW, calls(m.ALERT_LEVEL): 0.7, calls(m.EXPECTED): 0.59, **USUAL}),
    case("fewer answer than usual", "Akut AkutUtanSvar UnderMalet",
         {**TOO_FEW, calls(m.ALERT_LEVEL): 0.8, calls(m.EXPECTED): 0.66, **USUAL}),
    case("drift", "Drift", {calls(m.ALERT_HIGH, "1h"): 0.89, calls(m.SERVICE_LEVEL, "1h"): 0.84}),
    case("drift, closed", "", {calls(m.ALERT_HIGH, "1h"): 0.89, **CLOSED}),
    case("drift of few", "", {calls(m.ALERT_HIGH, "1h"): 0.89, calls(m.DECIDED, "1h"): 9}),
    case("the day is in danger", "DagenIFara", IN_DANGER),
    case("the day is in danger, as usual", "UnderMalet", {**IN_DANGER, **USUAL}),
    case("the day is in danger, after closing", "", {**IN_DANGER, **CLOSED}),
    case("the day is nearly over", "", {**IN_DANGER, calls(m.TO_COME): 9}),
    case("few calls were late", "", {**IN_DANGER, calls(m.GOOD, "today"): 295}),
    case("a bad start of a day", "", {**IN_DANGER, calls(m.SPENT): 0.34}),
    case("nothing is known of the rest", "", UNKNOWN),
    case("the day is lost", "DagenForlorad", {**IN_DANGER, calls(m.NEEDED): 1.02}),
    case("the day is lost, as usual", "UnderMalet", {calls(m.NEEDED): 1.02, **USUAL}),
    case("it is under its goal most days", "UnderMalet", USUAL),
    case("the day is won", "", {calls(m.NEEDED): 0}),
    case("the first in line waits long", "KoVaxer", {calls(m.LONGEST_WAIT): 61}),
    case("the first in line waits long, closed", "", {calls(m.LONGEST_WAIT): 61, **CLOSED}),
    case("three limits in a large queue", "", {calls(m.LONGEST_WAIT): 46}),
    case("three limits in a small queue", "KoVaxer", {**SMALL, calls(m.LONGEST_WAIT): 46}),
    case("as long as usual", "UnderMalet", {calls(m.LONGEST_WAIT): 61, **USUAL}),
    case("longer than usual", "KoVaxer UnderMalet", {calls(m.LONGEST_WAIT): 181, **USUAL}),
    case("many wait for few", "KoVaxer", {calls(m.WAITING): 7}),
    case("four wait for nobody", "", {calls(m.WAITING): 4, calls(m.STAFFED): 0}),
    case("nobody waits", "", {calls(m.WAITING): 0, calls(m.LONGEST_WAIT): None}),
    case("a source is silent", "DataSaknas", {calls(m.SILENT): 1}),
    case("a source is silent, and nothing is open", "", {calls(m.SILENT): 1, **CLOSED}),
    case("no source has been heard", "", {calls(m.SILENT): None}),
    case("no worker shows it", "IngaSiffror", dict.fromkeys(HEALTHY)),
    case("figures are old", "IngaSiffror", {key(m.EVALUATED_AT, municipality="lulea"): 0}),
    case("the archive waits for its database", "ArkivetStar", {key(m.ARCHIVE_READY): 0}),
    case("the archive has long written nothing of what there is", "ArkivetStar", {ARCHIVE_LAG: 1}),
    case("the archive writes all the time", "",
         {ARCHIVE_LAG: 1, key(m.ARCHIVE_WRITTEN): float("inf")}),
    case("questions are due", "FragorForfaller", {_inbox(m.QUESTIONS_DUE_SOON): 3}),
    case("questions are overdue", "FragorForfallna", OVERDUE),
    case("cases are due", "ArendenForfaller", {_pending("due_soon"): 1}),
    case("cases are overdue", "ArendenForfallna",
         {_pending("overdue"): 1, _last_overdue(): 301}),
    case("a case has just come to be overdue", "ArendeForfallet", {_last_overdue(): 29}),
)  # fmt: skip


def series(its: Key) -> str:
    """Return a series as Prometheus writes it, as a worker exports it."""
    name, labels = its
    told = ", ".join(
        f'{label}="{value}"'
        for label, value in sorted([*labels, ("job", "svarsgrad"), ("instance", "a:1")])
    )
    return f"{m.PREFIX}{name}{{{told}}}"


def input_series(case: Case, minutes: int) -> list[dict[str, Any]]:
    """Return a case's series for promtool: a value each half minute, or the clock."""
    found = []
    for its, value in case.values.items():
        if value == float("inf"):
            values = f"0+30x{2 * minutes}"
        elif case.until is not None and its in case.changed:
            first = 2 * case.until
            values = f"{case.changed[its]}x{first} {value}x{2 * minutes - first}"
        else:
            values = f"{value}x{2 * minutes}"
        found.append({"series": series(its), "values": values})
    return found
