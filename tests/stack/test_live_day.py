"""A day of three municipalities through the real path: every exported number equals replay's."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from catalogues import catalogue
from exported import Series, expected_of, of_phone, series, whole_of
from phone_reports import as_data, report

from stack.broker import Broker
from stack.demo import zone_where_it_is
from stack.own import Worker
from stack.ports import free_ports
from stack.prometheus import Prometheus
from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.instants import SECOND
from streams.domain.windows import NAMES, window
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.replay import fold
from streams.replay.topic_log import read_topic

MUNICIPALITIES = {"lulea": 1.0, "boden": 0.3, "pitea": 0.5}
EVENING = timedelta(hours=20)
PARTITIONS = 4


def svarsgrad(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def zone() -> str:
    """A zone in which it is evening, so that today's calls have all happened."""
    return zone_where_it_is(EVENING, datetime.now(UTC))


@pytest.fixture(scope="module")
def catalogue_file(tmp_path_factory: pytest.TempPathFactory, zone: str) -> Path:
    path = tmp_path_factory.mktemp("catalogue") / "tre.yaml"
    path.write_text(catalogue(MUNICIPALITIES, zone), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def day(broker: Broker) -> dict[str, Any]:
    """The same day twice: in one topic as events, in the other as the follower read it."""
    topics = {"events": "events.calls", "log": "log.calls"}
    admin = connect(broker.bootstrap_servers)
    for topic in topics.values():
        create(admin, wanted(topic.removesuffix(".calls"), PARTITIONS, replication=1))
    admin.close()
    return topics


@pytest.fixture(scope="module")
def events_topic(broker: Broker, zone: str, day: dict[str, Any]) -> str:
    sizes = [f"{name}={size}".replace(".", ",") for name, size in MUNICIPALITIES.items()]
    svarsgrad(
        "simulate", "--live", "--every-day", "--whole-seconds", "--seed", "7", "--zone", zone,
        *(argument for size in sizes for argument in ("--municipality", size)),
        "--kafka", broker.bootstrap_servers, "--topics", day["events"].removesuffix(".calls"),
    )  # fmt: skip
    return str(day["events"])


@pytest.fixture(scope="module")
def log_topic(
    broker: Broker, zone: str, day: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> str:
    directory = tmp_path_factory.mktemp("queue_logs")
    for name, size in MUNICIPALITIES.items():
        queue_log = directory / f"queue_log.{name}"
        svarsgrad(
            "simulate", "--live", "--every-day", "--seed", "7", "--zone", zone,
            "--municipality", f"{name}={size}".replace(".", ","), "--queue-log", str(queue_log),
        )  # fmt: skip
        svarsgrad(
            "follow-queue-log", str(queue_log), "--once", "--municipality", name,
            "--kafka", broker.bootstrap_servers, "--topics", day["log"].removesuffix(".calls"),
            "--state", str(directory / f"{name}.state"),
        )  # fmt: skip
    return str(day["log"])


def replayed(broker: Broker, topic: str, file: Path, now: int) -> dict[str, dict[Any, Any]]:
    """What replay says of a topic as of an instant, by window."""
    loaded = load_catalogue(file.read_bytes(), file.name)
    legs, rejections = fold(loaded, read_topic(broker.bootstrap_servers, topic), now)
    assert rejections == []
    return {name: report(loaded, legs, now, name, None) for name in NAMES}


def test_a_day_as_events_and_as_a_queue_log_gives_equal_figures(
    broker: Broker, events_topic: str, log_topic: str, catalogue_file: Path
) -> None:
    municipality = load_catalogue(catalogue_file.read_bytes(), "x").municipalities["lulea"]
    now = int(datetime.now(UTC).timestamp()) * SECOND
    noon = window("today", now, municipality.zone).start + 12 * 3600 * SECOND
    for at in (now, noon):
        from_events = replayed(broker, events_topic, catalogue_file, at)
        from_log = replayed(broker, log_topic, catalogue_file, at)
        for name in NAMES:
            assert as_data(from_events[name], name) == as_data(from_log[name], name)
    arrived = as_data(from_log["today"], "today")["lulea"]["vaxel"]["arrived"]
    assert arrived > 100


@contextlib.contextmanager
def workers(broker: Broker, topic: str, file: Path, directory: Path) -> Iterator[list[Worker]]:
    with contextlib.ExitStack() as running:
        made = []
        for n, port in enumerate(free_ports(2)):
            settings = {"SVARSGRAD_TOPICS": topic.removesuffix(".calls")}
            made.append(
                Worker(
                    directory / f"worker-{n}",
                    port,
                    broker.bootstrap_servers,
                    file,
                    environment=settings,
                )
            )
            running.enter_context(made[-1])
        for worker in made:
            worker.wait_ready()
        yield made


def test_every_number_that_prometheus_has_from_two_workers_equals_replay(
    broker: Broker,
    events_topic: str,
    catalogue_file: Path,
    make_prometheus: Callable[..., Prometheus],
    tmp_path: Path,
) -> None:
    with workers(broker, events_topic, catalogue_file, tmp_path) as running:
        prometheus = make_prometheus(*(f"127.0.0.1:{w.port}" for w in running))
        exported, owners = settled(prometheus, len(running))
    assert len(owners) == 2, "both workers own partitions"
    loaded = load_catalogue(catalogue_file.read_bytes(), "x")
    logs = read_topic(broker.bootstrap_servers, events_topic)
    for name in loaded.municipalities:
        mine = {s: v for s, v in exported.items() if ("municipality", name) in s[1]}
        at = round(mine.pop(series(m.EVALUATED_AT, municipality=name)) * SECOND)
        expected = whole_of(loaded, {name}, logs, at)
        assert of_phone(expected) == expected_of(loaded, {name}, logs, at)
        # To Prometheus a label without a value is no label.
        as_kept = {
            (of, frozenset(one for one in its if one[1])): v for (of, its), v in expected.items()
        }
        assert mine == as_kept
        assert len(mine) > 500


def settled(prometheus: Prometheus, targets: int) -> tuple[dict[Series, float], set[str]]:
    """Return all our series, by name and labels, once both workers have been scraped."""
    deadline = time.monotonic() + 30
    while True:
        # All at one instant, a moment ago: a scrape under way is not seen by half.
        at = datetime.now(UTC) - timedelta(seconds=0.5)
        samples = prometheus.query('{__name__=~"svarsgrad_.+|up"}', at)
        up = [s for s in samples if s.labels["__name__"] == "up" and s.value == 1]
        owners = {
            s.labels["municipality"]: s.labels["instance"]
            for s in samples
            if s.labels["__name__"] == "svarsgrad_evaluated_at_seconds"
        }
        if len(up) == targets and len(owners) == len(MUNICIPALITIES):
            break
        assert time.monotonic() < deadline, (up, owners)
        time.sleep(0.5)
    found: dict[Series, float] = {}
    for sample in samples:
        labels = {k: v for k, v in sample.labels.items() if k not in {"instance", "job"}}
        name = labels.pop("__name__")
        if "municipality" in labels:
            key = (name, frozenset(labels.items()))
            assert key not in found, f"two workers export {key}"
            found[key] = sample.value
    return found, set(owners.values())
