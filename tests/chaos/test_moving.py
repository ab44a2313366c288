"""Partitions move between brokers by the lines of docs/runbooks.md, while calls come in."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers import hold_against_replay, under_load, until_settled
from cluster import NODES, Cluster
from kafka_tools import path_with_tools, script_of
from reliability import Figures
from workers import Site

from streams.domain.event_types import TOPICS

pytestmark = [pytest.mark.leaves_sockets, pytest.mark.long]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster.of_three(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def test_partitions_move_to_another_broker_while_calls_come_and_no_figure_is_wrong(
    cluster: Cluster, topics: str, tmp_path: Path, rng: random.Random, figures: Figures
) -> None:
    site = Site(cluster.bootstrap_servers, topics, tmp_path).make_topics(replication=2)
    cluster.until_whole()
    script = (
        script_of("runbooks.md", "Moving partitions")
        .replace("kafka.example.org:9092", cluster.brokers[1].bootstrap_servers)
        .replace("svarsgrad.", f"{topics}.")
    )
    path = path_with_tools(tmp_path / "tools")

    def move(*brokers: int) -> None:
        asked = script.replace("--broker-list 2,3", f"--broker-list {','.join(map(str, brokers))}")
        assert asked.count("--broker-list") == 1
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", asked],
            cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, timeout=200,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def holders() -> set[int]:
        with cluster.admin() as admin:
            told = admin.describe_topics([*map(site.topic, TOPICS), site.topic("rejected")])
        return {node for its in told for p in its["partitions"] for node in p["replica_nodes"]}

    assert holders() == set(range(1, NODES + 1))
    worker = site.worker("one")
    with under_load(site, {"one": worker}, rng, 100) as (load, observer):
        move(2, 3)
        assert holders() == {2, 3}
        move(1, 2)
        assert holders() == {1, 2}
        load.end()
        settled = until_settled(site, worker)
    hold_against_replay(site, load, [*observer.answers, *settled], figures)
