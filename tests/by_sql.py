"""What workers showed of the telephone, against SQL that shares nothing with them.

:mod:`answers` holds answers against a fold by the same definitions; this shows for some of them
that these are right, from the topics to the metrics.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import orjson
from answers import Answer
from exported import of_contacts, of_window
from reference.contacts import contacts_of
from reference.figures import Told, figures_of, loaded
from workers import Site

from streams.domain.windows import NAMES
from streams.replay import Log
from streams.verify.scrape import Series

QUEUES = ("vaxel", "teknik")
"""Those of busy municipalities for calls; the second one has promised hours, all of them."""


def faults_by_sql(site: Site, answers: Sequence[Answer]) -> list[str]:
    """Return where figures of the telephone are others than SQL finds in the topics."""
    logs = [log for log in site.logs() if log.key == "calls"]
    return [
        f"{answer}: {key} is {found.get(key)}, not {expected.get(key)}"
        for answer in answers
        for name in sorted(answer.names)
        for expected in [dict(_by_sql(name, _read(logs, answer), answer.at))]
        for found in [_shown(answer, name, {metric for metric, _ in expected})]
        for key in sorted(found.keys() | expected.keys())
        if not math.isclose(found.get(key, -1), expected.get(key, -1), rel_tol=1e-12)
    ]


def _read(logs: Iterable[Log], answer: Answer) -> Iterator[dict[str, object]]:
    """Yield the events that a worker had read of some logs."""
    for log in logs:
        topic, _, partition = log.name.rpartition("-")
        end = answer.reached.get((topic, int(partition)), 0)
        for record in log.records:
            if record.offset < end:
                read = orjson.loads(record.value or b"[]")
                yield from read if isinstance(read, list) else [read]


def _shown(answer: Answer, name: str, metrics: set[str]) -> dict[Series, float]:
    shown = answer.scrape.business(name)
    return {key: value for key, value in shown.items() if key[0] in metrics}


def _by_sql(
    name: str, events: Iterable[dict[str, object]], at: float
) -> Iterator[tuple[Series, float]]:
    lines = [orjson.dumps(event) for event in events if event["partitionkey"] == name]
    now = datetime.fromtimestamp(round(at * 1_000_000) / 1_000_000, UTC)
    arrived = (orjson.loads(line)["data"]["arrived_at"] for line in lines)
    instants = (now, *map(datetime.fromisoformat, arrived))
    minutes = {at.astimezone(UTC).replace(second=0, microsecond=0) for at in instants}
    switchboard, centre = keys = [(name, queue) for queue in QUEUES]
    told = Told(
        targets={switchboard: [("svar-15s", 15)], centre: [("svar-5min", 300)]},
        zones={name: UTC},
        known_queues=keys,
        open_minutes={centre: minutes},
        centres=[centre],
        callback_within_seconds={switchboard: 30},
    )
    with loaded(lines, told, now) as db:
        for window in NAMES:
            for (_, queue), figures in figures_of(db, told, now, window).items():
                labels = {"municipality": name, "queue": queue, "window": window}
                yield from of_window(labels, figures)
            yield from of_contacts(name, window, contacts_of(db, told, now, window)[name])
