"""From a catalogue to Prometheus rules: what is told, when, and to whom.

Pure functions. One rule for each queue, promise and tier: so each can have its own words, team and
goal. Every rule looks at whether the queue is open by itself, and compares with what the worker
says that alerts compare with: the goal, or what is usual of a queue that is chronically under it.

Source: docs/decisions/0015-alerts.md.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alerts import wording
from alerts.expressions import RECORDED, Place, all_of, any_of, below, recorded
from streams import metrics as m
from streams.domain.catalogue import Alerts, Catalogue, Municipality, Queue, ServiceTarget

Tier = Literal[
    "akut", "eskalering", "over", "drift", "dagen_i_fara", "ko_vaxer",
    "forfaller", "forfallet", "data_saknas", "watchdog",
]  # fmt: skip

LEAST_DECIDED: Final = 10
"""Of fewer calls nothing is told."""
SMALL_QUEUE: Final = 20
"""With fewer calls decided in an hour, a queue is told of by its latest calls."""
LIMITS_WAITED: Final = 3
"""So many times the limit the first in line has waited when a queue grows; two in a small one."""
LEAST_WAITING: Final = 5
"""Of fewer who wait nothing is told of how long the last of them will."""
HARD_TO_REACH: Final = 0.98
"""When a larger share of the calls to come must be in time, the day is in danger."""
FEW_TO_COME: Final = 10
"""When fewer are to come it is too late to act."""
SILENT_SECONDS: Final = 300

DAY_FUNCTIONS: Final[dict[Tier, str]] = {
    "akut": "lead",
    "eskalering": "deputy",
    "over": "lead",
    "drift": "supervisor",
    "dagen_i_fara": "supervisor",
    "ko_vaxer": "lead",
    "forfaller": "supervisor",
    "forfallet": "supervisor",
}
"""Tier → the function of the team that is told."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An alerting rule."""

    alert: str
    expr: str
    for_: str
    keep_firing_for: str
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule."""

    record: str
    expr: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after the other."""

    name: str
    recordings: tuple[Recording, ...]
    rules: tuple[Rule, ...]


def groups_of(catalogue: Catalogue) -> list[Group]:
    """Return the rules of the municipalities where anybody is told anything, a group each."""
    groups = [Group("svarsgrad", (), (_watchdog(),))]
    for municipality in catalogue.municipalities.values():
        if municipality.alerts is not None:
            rules = tuple(_of(municipality, municipality.alerts))
            groups.append(
                Group(f"svarsgrad-{municipality.id}", _recordings(municipality.id, rules), rules)
            )
    return groups


def _recordings(municipality: str, rules: Sequence[Rule]) -> tuple[Recording, ...]:
    """Return what must be recorded for some rules and for what they say."""
    texts = "\n".join(text for rule in rules for text in (rule.expr, *rule.annotations.values()))
    names = set(re.findall(rf"{RECORDED}(\w+)", texts))
    return tuple(
        Recording(*recorded(metric, municipality)) for metric in m.BUSINESS if metric.name in names
    )


def _of(municipality: Municipality, alerts: Alerts) -> Iterator[Rule]:
    yield _no_figures(municipality, alerts)
    for queue in municipality.queues.values():
        if queue.targets and queue.kind != "partner":
            yield _silent_source(municipality, queue, alerts)
        seen: set[str] = set()
        for target in queue.targets:
            if target.id in seen:
                continue  # another version of it: figures are of the one that holds today
            seen.add(target.id)
            made = _Made(municipality, queue, target, alerts)
            if target.measure == "answered_within" and target.goal is not None:
                yield from (made.acute(), made.nobody_has_taken_it(), made.is_over(), made.drift())
                yield from (made.day_in_danger(), made.day_lost(), made.queue_grows())
            elif target.limit is not None and queue.kind == "mailbox":
                yield from (made.questions_due(), made.questions_overdue())
            elif target.limit is not None and queue.kind == "cases":
                yield from (made.cases_due(), made.cases_overdue())


@dataclass(frozen=True, slots=True)
class _Made:
    """The rules of one promise of one queue."""

    municipality: Municipality
    queue: Queue
    target: ServiceTarget
    alerts: Alerts

    @property
    def place(self) -> Place:
        return Place(self.municipality.id, self.queue.id, self.target.id)

    @property
    def is_open(self) -> str:
        return f"{self.place.of(m.OPEN)} == 1"

    @property
    def is_small(self) -> str:
        return f"{self._level(m.DECIDED, '1h')} < {SMALL_QUEUE}"

    @property
    def _matters(self) -> tuple[str, ...]:
        """Return when it is worth telling how the day will end."""
        return (
            f"{self.place.of(m.CHRONIC)} == 0",
            f"{self.place.of(m.TO_COME)} >= {FEW_TO_COME}",
            f"{self._level(m.DECIDED, 'today')} >= {LEAST_DECIDED}",
            self.is_open,
        )

    def _level(self, metric: m.Metric, window: str) -> str:
        return self.place.of(metric, window=window)

    def acute(self) -> Rule:
        goal = self.place.of(m.ALERT_LEVEL)
        usual = all_of(
            below(self._level(m.SERVICE_LEVEL_HIGH_99, "30m"), goal),
            below(self._level(m.SERVICE_LEVEL, "15m"), goal),
            f"{self._level(m.DECIDED, '30m')} >= {LEAST_DECIDED}",
            self.is_open,
        )
        small = all_of(
            below(self.place.of(m.LATEST_HIGH_99), goal),
            below(self._level(m.SERVICE_LEVEL, "1h"), goal),
            f"{self.place.of(m.LATEST_DECIDED)} >= {LEAST_DECIDED}",
            self.is_small,
            self.is_open,
        )
        return self._rule("akut", "Akut", any_of(usual, small), "5m", "10m")

    def nobody_has_taken_it(self) -> Rule:
        """Return what is told when it is acute still; who silences it has taken it."""
        expr = all_of(f"max by (municipality, queue, target) ({self._firing})", self.is_open)
        return self._rule("eskalering", "AkutUtanSvar", expr, "10m", "0s")

    def is_over(self) -> Rule:
        """Return what is told when it is acute no more, with how the day stands."""
        expr = all_of(
            f"sum without (window) ({self._level(m.SERVICE_LEVEL, 'today')})",
            f"max_over_time({self._firing}[10m])",
            self.is_open,
        )
        expr = f"{expr}\nunless on (municipality, queue) {self._firing}"
        return self._rule("over", "AkutOver", expr, "0s", "0s")

    @property
    def _firing(self) -> str:
        """Return the series that Prometheus keeps while it is acute."""
        labels = {"alertname": "Akut", "alertstate": "firing", **self.place.labels}
        matched = ", ".join(f'{name}="{value}"' for name, value in labels.items())
        return f"ALERTS{{{matched}}}"

    def drift(self) -> Rule:
        expr = all_of(
            below(self._level(m.SERVICE_LEVEL_HIGH, "1h"), self.place.of(m.ALERT_LEVEL)),
            f"{self._level(m.DECIDED, '1h')} >= {LEAST_DECIDED}",
            self.is_open,
        )
        return self._rule("drift", "Drift", expr, "5m", "15m")

    def day_in_danger(self) -> Rule:
        needed = self.place.of(m.NEEDED)
        expr = all_of(f"{needed} > {HARD_TO_REACH}", f"{needed} <= 1", *self._matters)
        return self._rule("dagen_i_fara", "DagenIFara", expr, "5m", "30m")

    def day_lost(self) -> Rule:
        expr = all_of(f"{self.place.of(m.NEEDED)} > 1", *self._matters)
        return self._rule("dagen_i_fara", "DagenForlorad", expr, "10m", "1h")

    def queue_grows(self) -> Rule:
        limit, longest = self.place.of(m.LIMIT), self.place.of(m.LONGEST_WAIT)
        first = f"{longest} > on (municipality, queue) {LIMITS_WAITED} * {limit}"
        small = all_of(f"{longest} > on (municipality, queue) 2 * {limit}", self.is_small)
        # How long who calls now will wait, by how long talks are and how many answer.
        waiting, staffed = self.place.of(m.WAITING), self.place.of(m.STAFFED)
        last = all_of(
            f"{waiting} * on (municipality, queue) {self.place.of(m.TALK_MEAN, window='1h')}"
            f" / on (municipality, queue) ({staffed} > 0)"
            f" > on (municipality, queue) {LIMITS_WAITED} * {limit}",
            f"{waiting} >= {LEAST_WAITING}",
        )
        expr = all_of(f"(\n{any_of(first, small, last)}\n)", self.is_open)
        return self._rule("ko_vaxer", "KoVaxer", expr, "1m", "5m")

    def _pending(self, state: str) -> str:
        return f"sum without (state) ({self.place.of(m.CASES_PENDING, state=state)})"

    def questions_due(self) -> Rule:
        expr = f"{self.place.of(m.QUESTIONS_DUE_SOON)} > 0"
        return self._rule("forfaller", "FragorForfaller", expr, "15m", "0s")

    def questions_overdue(self) -> Rule:
        expr = f"{self.place.of(m.QUESTIONS_OVERDUE)} > 0"
        return self._rule("forfallet", "FragorForfallna", expr, "1m", "0s")

    def cases_due(self) -> Rule:
        expr = f"{self._pending('due_soon')} > 0"
        return self._rule("forfaller", "ArendenForfaller", expr, "15m", "0s")

    def cases_overdue(self) -> Rule:
        expr = f"{self._pending('overdue')} > 0"
        return self._rule("forfallet", "ArendenForfallna", expr, "0s", "0s")

    def _rule(self, tier: Tier, alert: str, expr: str, for_: str, keep_firing_for: str) -> Rule:
        return Rule(
            alert,
            expr,
            for_,
            keep_firing_for,
            {
                "tier": tier,
                **self.place.labels,
                "team": self.queue.team or "",
            },
            wording.of_promise(
                alert, self.municipality, self.queue, self.target, self.place, self.alerts
            ),
        )


def _silent_source(municipality: Municipality, queue: Queue, alerts: Alerts) -> Rule:
    place = Place(municipality.id, queue.id)
    conditions = [f"{place.of(m.SILENT)} == 1"]
    if queue.is_phone:
        conditions.append(f"{place.of(m.OPEN)} == 1")
    return Rule(
        "DataSaknas",
        all_of(*conditions),
        "2m",
        "5m",
        {"tier": "data_saknas", **place.labels, "team": queue.team or ""},
        wording.of_silence(municipality, queue, place, alerts),
    )


def _no_figures(municipality: Municipality, alerts: Alerts) -> Rule:
    place = Place(municipality.id)
    at = place.of(m.EVALUATED_AT)
    expr = any_of(f"absent({at})", f"time() - {at} > {SILENT_SECONDS}")
    return Rule(
        "IngaSiffror",
        expr,
        "5m",
        "5m",
        {"tier": "data_saknas", **place.labels},
        wording.of_no_figures(municipality, alerts),
    )


def _watchdog() -> Rule:
    return Rule(
        "Watchdog",
        "vector(1)",
        "0s",
        "0s",
        {"tier": "watchdog"},
        {
            "summary": "Larmen fungerar",
            "description": "Detta larm går alltid. Uteblir det är det larmkedjan som är trasig.",
        },
    )
