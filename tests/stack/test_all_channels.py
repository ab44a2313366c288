"""A municipality with all its channels through the real path: calls, questions, cases, people."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from exported import Scrape, faults

from dashboards.boards.rendering import rendered
from producers.publisher import Publisher
from producers.simulator.timeline import Timeline
from producers.simulator.whole_profile import skelleftea, whole_lulea
from stack.broker import Broker
from stack.demo import zone_where_it_is
from stack.own import Worker
from stack.ports import free_ports
from stack.programs import PROMTOOL
from stack.prometheus import Prometheus, Sample
from streams import metrics as m
from streams.domain.cases.figures import NOT_HANDED_OVER, UNKNOWN_ADMINISTRATION
from streams.domain.catalogue import (
    UNKNOWN_QUEUE,
    Catalogue,
    Municipality,
    form,
    load_catalogue,
)
from streams.domain.event_types import FORMS, TOPICS
from streams.domain.events import Event
from streams.domain.instants import micros
from streams.domain.presence.heartbeats import UNKNOWN_SOURCE
from streams.domain.windows import day_of
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.replay import Log
from streams.replay.topic_log import read_topic

PREFIX = "whole"
PARTITIONS = 2
AFTERNOON = timedelta(hours=14, minutes=30)
DAYS = 9
LIKE = date(2026, 6, 2)
"""Every day has its calls: some are refused, some ask to be called back."""
EXAMPLES = Path(__file__).parents[2] / "examples"
WEEK = 'week: {mon-fri: "08:00-17:00"}'
DAILY = 'week: {mon-sun: "08:00-17:00"}\n        holidays: open'
CHANGES = (
    (WEEK, DAILY),
    ("        valid_to: 2018-01-26\n", ""),
    (
        "    teams:\n      kundcenter",
        "    incidents:\n      - {INCIDENT}\n    teams:\n      kundcenter",
    ),
    (
        "        name: Växeln\n",
        "        name: Växeln\n        published_hours: digitala-kanaler\n",
    ),
    ("kundtjanst-skola:\n", "kundtjanst-skola:\n        callback_within_seconds: 3600\n"),
)
"""What makes of Luleå's example a municipality that has all there is to tell, today."""
ELSEWHERE = (NOT_HANDED_OVER, UNKNOWN_ADMINISTRATION)
NOT_ALWAYS = {m.LONGEST_WAIT, m.USUAL, m.NEEDED, m.ERLANGS, m.PEOPLE_NEEDED, m.EXPECTED}
"""Metrics that have samples only while somebody waits, a profile was learnt, more is to come."""


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Path:
    """Luleå and Skellefteå, where it is afternoon now and all days are working ones."""
    zone = zone_where_it_is(AFTERNOON, now)
    today = now.astimezone(form.zone(zone)).date()
    lulea = (EXAMPLES / "lulea.yaml").read_text(encoding="utf-8")
    for old, new in CHANGES:
        assert old in lulea
        lulea = lulea.replace(old, new)
    incident = f"name: Avbrott, begins: {today} 09:00, ends: {today} 10:00"
    skelleftea = (EXAMPLES / "skelleftea.yaml").read_text(encoding="utf-8").replace(WEEK, DAILY)
    text = lulea.replace("INCIDENT", incident) + skelleftea.partition("municipalities:\n")[2]
    path = tmp_path_factory.mktemp("whole") / "bada.yaml"
    path.write_text(text.replace("zone: Europe/Stockholm", f'zone: "{zone}"'), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def loaded(file: Path) -> Catalogue:
    return load_catalogue(file.read_bytes(), file.name)


@pytest.fixture(scope="module")
def sent(broker: Broker, loaded: Catalogue, now: datetime) -> list[Event]:
    """All that happened in some days until now, published to their topics."""
    zone = loaded.municipalities["lulea"].zone
    today = day_of(micros(now), zone)
    first = today - timedelta(days=DAYS - 1)
    timeline = Timeline(
        plans=(
            whole_lulea(scale=0.2, max_waiting=2, is_open_daily=True),
            skelleftea(scale=0.2, is_open_daily=True),
        ),
        zone=zone,
        seed=6,
        like=LIKE,
        kinds=frozenset(TOPICS),
        heartbeat_seconds=600,
        begins=first,
    )
    items = [item for n in range(DAYS) for item in timeline.of(first + timedelta(days=n))]
    events = [what for at, what in items if at < micros(now) and not isinstance(what, str)]
    admin = connect(broker.bootstrap_servers)
    create(admin, wanted(PREFIX, PARTITIONS, replication=1))
    admin.close()
    topics = {kind: f"{PREFIX}.{kind}" for kind in TOPICS}
    with Publisher(broker.bootstrap_servers, topics["calls"], topics=topics) as publisher:
        publisher.publish_many(events)
    return events


@pytest.fixture(scope="module")
def worker(
    broker: Broker, file: Path, sent: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    assert sent
    (port,) = free_ports(1)
    made = Worker(
        tmp_path_factory.mktemp("worker"),
        port,
        broker.bootstrap_servers,
        file,
        environment={"SVARSGRAD_TOPICS": PREFIX, "SVARSGRAD_GROUP": PREFIX},
    )
    with made:
        yield made


@pytest.fixture(scope="module")
def logs(broker: Broker, sent: list[Event]) -> list[Log]:
    assert sent
    return [
        log
        for topic in TOPICS
        for log in read_topic(broker.bootstrap_servers, f"{PREFIX}.{topic}")
    ]


def settled(worker: Worker) -> Scrape:
    """A scrape of a worker that has read all there is."""
    deadline = time.monotonic() + 30
    while True:
        scrape = Scrape.of_worker(worker.port)
        lags = scrape.by_place(m.LAG).values()
        if len(lags) == PARTITIONS * len(TOPICS) and not any(lags):
            return scrape
        assert time.monotonic() < deadline, lags
        time.sleep(0.2)


def test_every_kind_of_event_is_among_those_sent(sent: list[Event]) -> None:
    assert {FORMS[event.type] for event in sent} == set(FORMS.values())


def test_every_number_of_every_channel_equals_replay(
    worker: Worker, loaded: Catalogue, logs: list[Log]
) -> None:
    scrape = settled(worker)
    assert faults(scrape, loaded, logs) == []
    assert len(scrape.business("lulea")) > 1_500


def test_what_is_sent_is_folded_and_nothing_is_rejected(worker: Worker, sent: list[Event]) -> None:
    scrape = settled(worker)
    results = {
        result: scrape.value(m.EVENTS, "_total", result=result)
        for result in ("folded", "expired", "skipped", "rejected")
    }
    assert results["skipped"] == results["rejected"] == 0
    assert sum(value or 0 for value in results.values()) == len(sent)
    assert (results["folded"] or 0) > 0


def test_every_metric_has_samples(worker: Worker) -> None:
    scrape = settled(worker)
    there = {name for name, _ in scrape.samples}
    missing = {
        metric.name
        for metric in m.BUSINESS
        if not any(name.startswith(m.PREFIX + metric.name) for name in there)
    }
    assert missing <= {metric.name for metric in NOT_ALWAYS}


def test_labels_hold_nothing_but_words_of_the_catalogue_and_of_ours(
    worker: Worker, loaded: Catalogue
) -> None:
    both = loaded.municipalities.values()
    bounds: dict[str, set[str]] = {
        "municipality": set(loaded.municipalities),
        "queue": {UNKNOWN_QUEUE}.union(*(its.queues for its in both)),
        "target": set().union(*(its.targets for its in both)),
        "administration": {""}.union(ELSEWHERE, *(its.administrations for its in both)),
        "source": {UNKNOWN_SOURCE}.union(*(its.sources for its in both)),
        "name": set().union(*map(names_in, both)),
    }
    found: dict[str, set[str]] = {}
    for _, labels in settled(worker).samples:
        for label, value in labels:
            found.setdefault(label, set()).add(value)
    for label, values in bounds.items():
        assert found[label] <= values, label
    of_ours = found.keys() - bounds.keys() - {"le", "topic", "partition"}
    assert {label: len(found[label]) for label in of_ours if len(found[label]) > 25} == {}


def names_in(its: Municipality) -> set[str]:
    """What a catalogue calls a municipality, and all that is in it."""
    things = (its.administrations, its.queues, its.sources)
    called = {one.name for each in things for one in each.values()}
    return {its.name} | called | {one.name for all_ in its.targets.values() for one in all_}


EMPTY_HERE = {
    "longest_wait_seconds": "of so few calls none may wait just now",
    "cases_longest_overdue_seconds": "no case may be overdue",
    "questions_longest_overdue_seconds": "no question may be overdue",
    'measure=~"feedback_within|resolved_within"': "what is promised of cases has no goal here",
    "verify_": "the file of verify is read by node_exporter, which isn't here",
}
"""What a panel's question may find nothing of, in these municipalities now, and why."""


def test_each_question_of_each_board_is_answered_by_prometheus(
    worker: Worker, make_prometheus: Callable[..., Prometheus]
) -> None:
    settled(worker)
    prometheus = make_prometheus(f"127.0.0.1:{worker.port}")
    await_figures(prometheus)
    unanswered = []
    for name, text in rendered().items():
        board = json.loads(text)
        alerts = board["annotations"]["list"][0]["expr"]
        assert found(prometheus, alerts) == [], "nothing fires, but it can be asked"
        for panel in board["panels"]:
            for target in panel["targets"]:
                expression = target["expr"]
                if found(prometheus, expression):
                    continue
                if not any(its in expression for its in EMPTY_HERE):
                    unanswered.append((name, panel["title"], expression))
    assert unanswered == [], "\n".join(map(str, unanswered))


def found(prometheus: Prometheus, expression: str) -> list[Sample]:
    """What a question of a board finds, of both municipalities."""
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    both = (expression.replace("$municipality", name) for name in ("lulea", "skelleftea"))
    return [sample for its in both for sample in prometheus.query(its)]


# What Grafana puts in.
VARIABLES = {"$queue": ".*", "$inbox": ".*", "$__rate_interval": "30s", "$__interval": "30s"}


def await_figures(prometheus: Prometheus) -> None:
    """Wait until there are two scrapes: a rate takes as many."""
    deadline = time.monotonic() + 30
    scrapes = f"count_over_time({m.PREFIX}{m.READY.name}[1m])"
    while not any(sample.value >= 3 for sample in prometheus.query(scrapes)):
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_promtool_has_nothing_to_say_of_the_metrics(worker: Worker) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=10) as answer:
        text = answer.read()
    done = subprocess.run(
        [PROMTOOL.require(), "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
