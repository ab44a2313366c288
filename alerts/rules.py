"""From a catalogue to Prometheus rules: what is told, when, and to whom.

Pure functions. One rule for each queue, promise and tier: so each can have its own words, team and
goal.

Source: docs/decisions/0015-alerts.md.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from alerts import calls, deadlines, pages, tasks, wording
from alerts.expressions import RECORDED, Place, all_of, any_of, recorded
from alerts.promise import Promise
from alerts.rule import Group, Recording, Rule
from streams import metrics as m
from streams.domain.catalogue import Alerts, Catalogue, Municipality, Queue

SILENT_SECONDS: Final = 300
IDLE_SECONDS: Final = 900
"""An archive that lacks something and has written nothing for so long stands still."""
MISSED_FOR: Final = "7d"
"""So long an archive that has gone is missed; then it is taken that there should be none."""


def groups_of(catalogue: Catalogue) -> list[Group]:
    """Return the rules of the municipalities where anybody is told anything, a group each."""
    groups = [Group("svarsgrad", tasks.of_systemd(), (_watchdog(),))]
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
    yield _idle_archive(municipality, alerts)
    yield from tasks.rules(municipality, alerts)
    for queue in municipality.queues.values():
        if queue.targets and queue.kind != "partner":
            yield _silent_source(municipality, queue, alerts)
        for target in queue.last_versions:
            promise = Promise(municipality, queue, target, alerts)
            if target.measure == "answered_within" and target.goal is not None:
                if target.goal == 1:
                    continue  # one late call has broken it: there is nothing to warn of
                yield from calls.rules(promise)
            elif target.limit is None or (target.goal is None and not target.tells):
                continue  # it is measured, and nobody has promised it
            elif queue.kind == "mailbox":
                yield from deadlines.of_questions(promise)
            elif queue.kind == "cases":
                yield from deadlines.of_cases(promise)
    yield from pages.caps(municipality, alerts)


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


def _idle_archive(municipality: Municipality, alerts: Alerts) -> Rule:
    """Return what tells that an archive stands still, or has gone, where there was one."""
    ready, lag, written = (
        m.PREFIX + metric.name for metric in (m.ARCHIVE_READY, m.ARCHIVE_LAG, m.ARCHIVE_WRITTEN)
    )
    expr = any_of(
        f"min({ready}) == 0",
        f"max({lag}) > 0\nunless on () time() - max({written}) < {IDLE_SECONDS}",
        f"absent({ready})\nand on () count(max_over_time({ready}[{MISSED_FOR}]))",
    )
    return Rule(
        "ArkivetStar",
        expr,
        "30m",
        "5m",
        {"tier": "arkiv", **Place(municipality.id).labels},
        wording.of_idle_archive(municipality, alerts),
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
