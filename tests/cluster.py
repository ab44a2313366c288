"""Three real brokers that are one cluster, and which of them has which part in it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from workers import wait_until

from stack.broker import Broker, Quorum, known_brokers
from stack.ports import free_ports
from streams.kafka.administration import connect
from streams.kafka.topics import TopicError

NODES = 3
WHOLE_SECONDS = 90.0
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Three brokers with three copies of each record, of which two must be written."""

    brokers: dict[int, Broker]
    """By their ids in the cluster."""

    @classmethod
    def of_three(cls, directory: Path) -> Self:
        """Return a cluster in a directory, not started."""
        ports, controller_ports = free_ports(NODES), free_ports(NODES)
        quorum = Quorum(controller_ports)
        return cls(
            {
                node: Broker(
                    directory / f"kafka{node}",
                    port,
                    controller_port,
                    quorum=quorum,
                    jvm_options=("-Xms96m", "-Xmx512m"),
                )
                for node, port, controller_port in zip(
                    range(1, NODES + 1), ports, controller_ports, strict=True
                )
            }
        )

    @property
    def bootstrap_servers(self) -> str:
        """What a client is given: all three."""
        return ",".join(broker.bootstrap_servers for broker in self.brokers.values())

    def __enter__(self) -> Self:
        try:
            for broker in self.brokers.values():
                broker.launch()
            for broker in self.brokers.values():
                broker.wait_ready()
            self.until_whole()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for broker in self.brokers.values():
            broker.kill()  # there is nothing to keep

    @contextlib.contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """A client that has just looked at the cluster, so that it knows nothing old."""
        admin = connect(self.bootstrap_servers)
        try:
            yield admin
        finally:
            admin.close()

    def _ask(self, question: Callable[[KafkaAdminClient], Any]) -> Any:
        """Return what the nodes that are there answer; the client may ask others before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with self.admin() as admin:
                    return question(admin)
            except (KafkaError, TopicError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def leader(self, topic: str, partition: int) -> int:
        """Return the leader of a partition; -1 if there is none."""
        (described,) = self._ask(lambda admin: admin.describe_topics([topic]))
        (its,) = [p for p in described["partitions"] if p["partition_index"] == partition]
        return int(its["leader_id"])

    def coordinator(self, group: str) -> int:
        """Return who coordinates a group."""
        # There is no public way.
        return int(self._ask(lambda its: its._manager.run(its._find_coordinator_id, group)))

    def controller(self) -> int:
        """Return the active controller: the leader of the log of metadata."""
        (topic,) = self._ask(lambda admin: admin.describe_metadata_quorum())["topics"]
        return int(topic["partitions"][0]["leader_id"])

    def until_whole(self) -> float:
        """Return how long it took until all nodes know each other and have all that is written."""
        return wait_until(self._is_whole, WHOLE_SECONDS, "all three are in sync")

    def _is_whole(self) -> bool:
        if any(known_brokers(broker.port) != NODES for broker in self.brokers.values()):
            return False
        with contextlib.suppress(KafkaError, TopicError), self.admin() as admin:
            topics: list[dict[str, Any]] = admin.describe_topics()
            return all(
                len(p["isr_nodes"]) == len(p["replica_nodes"])
                for topic in topics
                for p in topic["partitions"]
            )
        return False
