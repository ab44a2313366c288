"""An intake as a process, and whoever pushes to it."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from pushing import CATALOGUE, token_line, tokens_file

from producers.intake.grants import new_token
from stack.broker import Broker
from stack.loopback import answers_ok
from stack.own import NOTHING, Command
from stack.ports import free_ports
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.replay import Log
from streams.replay.topic_log import read_topic

KINDS = ("calls", "emails", "cases", "presence")
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
METRICS_TOKEN = "en-token-som-ingen-gissar"  # noqa: S105 # of the tests


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """An intake, what it was started with, and its tokens by source."""

    process: Command
    directory: Path
    port: int
    metrics: int
    kafka: str
    prefix: str
    tokens: dict[str, str]

    def ask(
        self, method: str, path: str, body: Any = None, *, port: int = 0, **headers: str
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        with contextlib.closing(connection):
            told = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            headers = {name.lower(): text for name, text in answer.getheaders()}
            return Answer(answer.status, headers, answer.read())

    def push(self, body: Any, *, by: str = "ace", kind: str = "", **headers: str) -> Answer:
        if not isinstance(body, bytes):
            kind = kind or (BATCHED if isinstance(body, list) else STRUCTURED)
            body = json.dumps(body).encode()
        token = self.tokens.get(by, by)
        told = {"Authorization": f"Bearer {token}", "Content_Type": kind} | headers
        return self.ask("POST", "/events", body, **told)

    def write_tokens(self, **more: Any) -> None:
        lines = [token_line(token, source, **more) for source, token in self.tokens.items()]
        tokens_file(self.directory / "tokens.yaml", lines)

    def logs(self) -> list[Log]:
        return [
            Log(log.name, list(log.records), log.partition, log.partitions, log.key)
            for kind in KINDS
            for log in read_topic(self.kafka, f"{self.prefix}.{kind}")
        ]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return what is in a topic, in order."""
        found: list[dict[str, Any]] = []
        for log in read_topic(self.kafka, f"{self.prefix}.{kind}"):
            for record in log.records:
                said = json.loads(record.value or b"")
                found += said if isinstance(said, list) else [said]
        return found

    @property
    def console(self) -> str:
        return self.process.console.read_text("utf-8", "replace")

    def wait_for(self, text: str) -> None:
        """Return when it has said so on its console."""
        deadline = time.monotonic() + 15
        while text not in self.console:
            assert time.monotonic() < deadline, self.console
            time.sleep(0.05)

    def scraped(self) -> str:
        told = f"Bearer {METRICS_TOKEN}"
        return self.ask("GET", "/metrics", port=self.metrics, Authorization=told).body.decode()


Make = Callable[..., contextlib.AbstractContextManager[Running]]


@pytest.fixture(scope="session")
def make_intake(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return what runs an intake on a broker, with topics of its own."""

    @contextlib.contextmanager
    def make(
        broker: Broker,
        prefix: str,
        *options: str,
        kafka: str = "",
        environment: Mapping[str, str] = NOTHING,
        **lines: Any,
    ) -> Iterator[Running]:
        directory = tmp_path_factory.mktemp("intake")
        port, metrics = free_ports(2)
        admin = connect(broker.bootstrap_servers)
        create(admin, wanted(prefix, 3, replication=1))
        admin.close()
        (directory / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
        (directory / "identity.key").write_text("07" * 32)
        (directory / "identity.key").chmod(0o600)
        (directory / "metrics.token").write_text(METRICS_TOKEN)
        (directory / "metrics.token").chmod(0o400)
        scheme = [] if "--cert" in options else ["/readyz"]
        its = Running(
            process=Command(
                "Mottagningen",
                directory,
                "intake",
                *("--catalogue", "catalogue.yaml", "--tokens", "tokens.yaml"),
                *("--identity-key", "identity.key", "--key-file", "callers.keys"),
                *("--kafka", kafka or broker.bootstrap_servers, "--topics", prefix),
                *("--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics}"),
                *options,
                ready=lambda: (
                    answers_ok(metrics, "/readyz")
                    and all(answers_ok(port, path) for path in scheme)
                ),
                environment={"SVARSGRAD_LISTEN_TOKEN_FILE": "metrics.token", **environment},
            ),
            directory=directory,
            port=port,
            metrics=metrics,
            kafka=broker.bootstrap_servers,
            prefix=prefix,
            tokens={"ace": new_token(), "arenden": new_token()},
        )
        its.write_tokens(**lines)
        with its.process:
            yield its

    return make


@pytest.fixture(scope="session")
def shared(broker: Broker, make_intake: Make) -> Iterator[Running]:
    """An intake that many tests push to."""
    with make_intake(broker, "mottagen", events_per_second=100_000) as running:
        yield running


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """Return the files of a certificate of 127.0.0.1 and its key, made anew."""
    cert, key = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=intake", "-addext"),
            *("subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key
