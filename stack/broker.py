"""A real Apache Kafka broker (KRaft): a node that is both broker and controller.

It is a cluster by itself, or one of several that are a cluster together.
"""

import base64
import contextlib
import functools
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.process import Service, last_error
from stack.programs import JAVA

FORMAT_SECONDS = 60.0
ARCHIVE = "broker.jsa"  # beside the jars: classes as the JVM wants them, halves the time to start
NO_PROPERTIES: Mapping[str, str] = MappingProxyType({})

# One node on a small machine. What is not here is Kafka's default.
_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": "data",
        "auto.create.topics.enable": "false",
        "num.partitions": "3",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # 50 partitions each by default: files and threads for nothing here.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "broker.heartbeat.interval.ms": "500",  # the first one lets clients in
        "broker.session.timeout.ms": "3000",  # how long a restart after kill -9 waits for its id
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "log.cleaner.dedupe.buffer.size": "33554432",
    }
)

_LOGGING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = server.log
appender.file.filePattern = server.log.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %p %c{1} %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
"""


def new_cluster_id() -> str:
    """Return a cluster id as Kafka has them: a UUID in base64 that begins with no hyphen."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22].replace("-", "A")


@dataclass(frozen=True, slots=True)
class Quorum:
    """Nodes that are a cluster together, with every record in each: for a cluster of three."""

    controller_ports: Sequence[int]
    """Of the nodes, whose ids are 1, 2, 3 … in this order."""
    cluster_id: str = field(default_factory=new_cluster_id)

    def properties(self, controller_port: int) -> dict[str, str]:
        """Return what one of the nodes is told of the others."""
        nodes = dict(enumerate(self.controller_ports, start=1))
        ids = {port: node for node, port in nodes.items()}
        copies, in_sync = str(len(nodes)), str(max(1, len(nodes) - 1))
        return {
            "node.id": str(ids[controller_port]),
            "controller.quorum.voters": ",".join(f"{n}@{LOOPBACK}:{p}" for n, p in nodes.items()),
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
        }


def default_lib() -> Path:
    """Return where `make setup` lays the broker's jars: .stack/lib in the repository."""
    return Path(__file__).resolve().parent.parent / ".stack" / "lib"


class Broker(Service):
    """A broker that keeps its configuration, logs and data in one directory."""

    name: ClassVar[str] = "Kafka"

    def __init__(
        self,
        directory: Path,
        port: int,
        controller_port: int,
        lib: Path | None = None,
        *,
        properties: Mapping[str, str] = NO_PROPERTIES,
        jvm_options: tuple[str, ...] = (),
        quorum: Quorum | None = None,
    ) -> None:
        """`properties` come after ours and win; `lib` has the jars (`default_lib()`).

        With a `quorum`, which has its `controller_port`, it is one node of several.
        """
        super().__init__(directory, {"--kafka-port": port, "--controller-port": controller_port})
        self.port = port
        self.controller_port = controller_port
        self.lib = (lib or default_lib()).absolute()
        self.properties = dict(properties)
        self.jvm_options = jvm_options
        self.quorum = quorum

    @property
    def bootstrap_servers(self) -> str:
        """What a client is given: `127.0.0.1:PORT`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def logs(self) -> tuple[Path, ...]:
        """Kafka's own log says more than the console."""
        return (self.console, self.directory / "server.log")

    @property
    def is_formatted(self) -> bool:
        """Whether the data directory has a cluster id, so that a broker can start on it."""
        return (self.directory / "data" / "meta.properties").exists()

    def prepare(self) -> None:
        """Write the properties, and format the storage unless that is done."""
        if not any(self.lib.glob("kafka_*.jar")):
            raise StackError(f"Kafkas jar-filer saknas i {self.lib}. Kör: make setup")
        at = {"PLAINTEXT": self.port, "CONTROLLER": self.controller_port}
        listeners = {name: f"{name}://{LOOPBACK}:{port}" for name, port in at.items()}
        alone = {"controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self.controller_port}"}
        properties = {
            **_PROPERTIES,
            "listeners": ",".join(listeners.values()),
            "advertised.listeners": listeners["PLAINTEXT"],
            **(alone if self.quorum is None else self.quorum.properties(self.controller_port)),
            **self.properties,
        }
        (self.directory / "server.properties").write_text(java_properties(properties))
        (self.directory / "log4j2.properties").write_text(_LOGGING)
        (self.directory / "server.log").unlink(missing_ok=True)
        if not self.is_formatted:
            self._format()

    def command(self) -> list[str]:
        """Return the JVM with the broker's main class."""
        return [
            *self._java("-Xms256m", "-Xmx768m", *self.jvm_options),
            "kafka.Kafka",
            "server.properties",
        ]

    def is_ready(self) -> bool:
        """Say whether the broker knows itself as a member, as a client would ask."""
        return known_brokers(self.port) > 0

    @functools.cached_property
    def _java_program(self) -> Path:
        return JAVA.require()

    def _java(self, *options: str) -> list[str]:
        archive = self.lib / ARCHIVE
        jars = sorted(map(str, self.lib.glob("*.jar")))
        return [
            str(self._java_program),
            # On two cores the parallel collectors' threads cost more than their pauses save.
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            *([f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []),
            "-Djava.net.preferIPv4Stack=true",
            "-Djava.awt.headless=true",
            "-Dlog4j2.configurationFile=log4j2.properties",
            *options,
            "-cp",
            ":".join(jars),
        ]

    def _format(self) -> None:
        cluster = ["--standalone", "-t", new_cluster_id()]
        if self.quorum is not None:
            cluster = ["-t", self.quorum.cluster_id]
        tool = ["kafka.tools.StorageTool", "format", *cluster]
        try:
            said = subprocess.run(  # noqa: S603 # our own jars
                [*self._java("-XX:TieredStopAtLevel=1"), *tool, "-c", "server.properties"],
                cwd=self.directory,
                capture_output=True,
                text=True,
                timeout=FORMAT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StackError("Kafkas lagring kunde inte formateras i tid.") from None
        if said.returncode != 0 or not self.is_formatted:
            reason = last_error(said.stdout + said.stderr)
            raise StackError(f"Kafkas lagring kunde inte formateras: {reason}")


def java_properties(properties: Mapping[str, str]) -> str:
    """Return a Java .properties file: it would be read as Latin-1, so it is ASCII with escapes."""

    def escaped(text: str) -> str:
        units = text.encode("utf-16-be")
        codes = struct.unpack(f">{len(units) // 2}H", units)
        return "".join(
            f"\\u{code:04x}" if code == 0x5C or not 0x20 <= code < 0x7F else chr(code)
            for code in codes
        )

    return "".join(f"{key}={escaped(value)}\n" for key, value in properties.items())


def known_brokers(port: int, timeout_seconds: float = 2.0) -> int:
    """Return how many brokers the one on this port says there are; 0 without an answer."""
    metadata, version, correlation, no_topics = 3, 1, 7, 0
    client = b"stack"
    request = struct.pack(">hhih", metadata, version, correlation, len(client)) + client
    request += struct.pack(">i", no_topics)
    with (
        contextlib.suppress(OSError, struct.error),
        socket.create_connection((LOOPBACK, port), timeout_seconds) as connection,
        connection.makefile("rb") as answers,
    ):
        connection.sendall(struct.pack(">i", len(request)) + request)
        _size, answered, brokers = struct.unpack(">iii", answers.read(12))
        return int(brokers) if answered == correlation else 0
    return 0
