"""Real processes over TLS and with tokens: Prometheus, probes, verify and the wall ask them."""

import contextlib
import itertools
import json
import random
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from busy import happenings
from click.testing import CliRunner
from endpoints_page import scrape_config
from secured import Authority
from wall_cases import catalogue_text
from workers import Site, wait_until

from dashboards.wall.board import NO_FIGURES
from stack.own import Command
from stack.ports import LOOPBACK, free_ports
from stack.prometheus import Prometheus
from streams.__main__ import commands
from streams.asking import WORKER

TOKEN = "en-token-som-ingen-gissar"  # noqa: S105 # of the tests
OTHER = "en-annan-token-lika-lång"
PASSWORD = "ett lösenord åt väggen"  # noqa: S105
HASH = "$2b$04$abcdefghijklmnopqrstuum.qVCSE3wg1rj5W8KvsTzXLcW1mu96W"
"""Of that: as Prometheus wants it."""


@dataclass
class Files:
    """What a process shows and asks for, and what those who ask it have."""

    authority: Authority
    directory: Path

    def __post_init__(self) -> None:
        self.renew("first", TOKEN)
        (self.directory / "svarsgrad-ca.pem").write_bytes(self.authority.file.read_bytes())

    def renew(self, name: str, token: str) -> None:
        self._write("pem", self.authority.issue(name).read_bytes())
        self._write("svarsgrad.token", f"{token}\n".encode())

    def _write(self, name: str, content: bytes) -> None:
        new = self.directory / "new"
        new.write_bytes(content)
        new.chmod(0o400)
        new.rename(self.directory / name)

    @property
    def token(self) -> str:
        return str(self.directory / "svarsgrad.token")

    @property
    def listening(self) -> dict[str, str]:
        pem = str(self.directory / "pem")
        return {"LISTEN_CERT_FILE": pem, "LISTEN_KEY_FILE": pem, "LISTEN_TOKEN_FILE": self.token}

    def status(self, port: int, path: str, token: str = "") -> int:
        """Return the status of an answer; 0 for none."""
        asked = urllib.request.Request(f"https://{LOOPBACK}:{port}{path}")
        if token:
            asked.add_header("Authorization", f"Bearer {token}".encode().decode("latin-1"))
        trusts = ssl.create_default_context(cafile=self.authority.file)
        try:
            with urllib.request.urlopen(asked, timeout=5, context=trusts) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "files").mkdir()
    return Files(Authority(tmp_path), tmp_path / "files")


@pytest.fixture
def worker(site: Site, files: Files, tmp_path: Path) -> Iterator[tuple[Command, int]]:
    """Run a worker over TLS, with a token and something to show."""
    site.publish(list(itertools.islice(happenings(random.Random(3)), 500)))
    (port,) = free_ports(1)
    told = {"TOPICS": site.topics, "GROUP": site.topics, **files.listening}
    process = Command(
        "Räknaren",
        tmp_path / "worker",
        "worker",
        *("--listen", f"{LOOPBACK}:{port}", "--kafka", site.kafka, "--catalogue", str(site.file)),
        ready=lambda: files.status(port, "/readyz") == 200,
        environment={f"SVARSGRAD_{name}": text for name, text in told.items()},
    )
    with process:
        yield process, port


def test_prometheus_and_verify_ask_a_worker_over_tls_with_a_token_also_when_both_are_renewed(
    site: Site,
    files: Files,
    worker: tuple[Command, int],
    make_prometheus: Callable[..., Prometheus],
) -> None:
    process, port = worker
    prometheus = make_prometheus(
        f"{LOOPBACK}:{port}", scrape=scrape_config(files.directory), scrape_interval_seconds=0.5
    )

    def is_up() -> bool:
        return [its.value for its in prometheus.query("up and on () svarsgrad_ready == 1")] == [1]

    wait_until(is_up, 20, "a scrape")
    assert files.status(port, "/metrics") == files.status(port, "/metrics", OTHER) == 401
    assert files.status(port, "/healthz") == 200
    assert verified(site, files, port) == 0

    files.renew("second", OTHER)
    wait_until(lambda: files.status(port, "/metrics", OTHER) == 200, 20, "the new token")
    assert files.status(port, "/metrics", TOKEN) == 401
    wait_until(lambda: process.console.read_text("utf-8").count("på nytt") == 2, 20, "both")
    before = prometheus.query("count_over_time(up[1m])")[0].value
    wait_until(
        lambda: prometheus.query("count_over_time(up[1m])")[0].value > before + 3, 20, "scrapes"
    )
    wait_until(is_up, 20, "one with the new token")
    said = process.console.read_text("utf-8")
    assert TOKEN not in said
    assert OTHER not in said


def verified(site: Site, files: Files, port: int) -> int:
    url = f"https://{LOOPBACK}:{port}"
    told = {"CA_FILE": str(files.authority.file), "TOKEN_FILE": files.token}
    found = CliRunner().invoke(
        commands,
        [
            *("verify", "--worker", url, "--catalogue", str(site.file)),
            *("--kafka", site.kafka, "--topics", site.topics),
        ],
        env={f"{WORKER}{name}": text for name, text in told.items()},
    )
    assert TOKEN not in found.output
    return found.exit_code


def test_a_follower_answers_probes_and_prometheus_over_tls(files: Files, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    log = tmp_path / "queue_log"
    follower = Command(
        "Läsaren",
        tmp_path / "follower",
        "follow-queue-log",
        *(str(log), "--municipality", "lulea", "--to", str(tmp_path / "events.jsonl")),
        *("--listen", f"{LOOPBACK}:{port}"),
        ready=lambda: files.status(port, "/healthz") == 200,
        environment={f"SVARSGRAD_{name}": text for name, text in files.listening.items()},
    )
    with follower:
        assert files.status(port, "/readyz") == 503, "there is nothing to read yet"
        log.write_text("")
        wait_until(lambda: files.status(port, "/readyz") == 200, 10, "a log that can be read")
        assert files.status(port, "/metrics") == 401
        assert files.status(port, "/metrics", TOKEN) == 200


class Guarded(Prometheus):
    """A Prometheus that shows a certificate and asks for a password, by its own means."""

    def command(self) -> list[str]:
        return [*super().command(), "--web.config.file=web.yml"]

    def prepare(self) -> None:
        super().prepare()
        (self.directory / "web.yml").write_text(
            f"tls_server_config: {{cert_file: {self.directory.parent}/files/pem, "
            f"key_file: {self.directory.parent}/files/pem}}\n"
            f"basic_auth_users: {{vagg: '{HASH}'}}\n"
        )

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            asked = urllib.request.Request(f"https://{LOOPBACK}:{self.port}/-/ready")
            trusts = ssl.create_default_context(cafile=self.directory.parent / "ca.pem")
            try:
                urllib.request.urlopen(asked, timeout=2, context=trusts).close()  # noqa: S310
            except urllib.error.HTTPError as error:
                error.close()
                return error.code == 401
        return False


def test_the_wall_is_shown_over_tls_and_asks_a_prometheus_that_asks_for_a_password(
    files: Files, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "k.yaml").write_text(catalogue_text(), "utf-8")
    port, wall = free_ports(2)
    told = {
        "WALL_CERT_FILE": str(files.directory / "pem"),
        "WALL_KEY_FILE": str(files.directory / "pem"),
        "PROMETHEUS": f"https://{LOOPBACK}:{port}",
        "PROMETHEUS_CA_FILE": str(files.authority.file),
        "PROMETHEUS_USER": "vagg",
        "PROMETHEUS_PASSWORD_FILE": str(tmp_path / "password"),
    }
    process = Command(
        "Väggen",
        tmp_path / "wall",
        "wall",
        *("--catalogue", str(tmp_path / "k.yaml"), "--listen", f"{LOOPBACK}:{wall}"),
        ready=lambda: files.status(wall, "/healthz") == 200,
        environment={f"SVARSGRAD_{name}": text for name, text in told.items()},
    )
    with Guarded(tmp_path / "prometheus", port), process:
        assert f"https://{LOOPBACK}:{wall}/" in process.console.read_text("utf-8")
        url = f"https://{LOOPBACK}:{wall}/events"
        trusts = ssl.create_default_context(cafile=files.authority.file)
        with urllib.request.urlopen(url, timeout=10, context=trusts) as stream:
            while stream.readline() != b"event: board\n":
                pass
            board = json.loads(stream.readline().removeprefix(b"data: "))
    assert board["trouble"] == NO_FIGURES, "it was answered, and there is nothing yet"
    assert process._process is not None
    assert process._process.returncode == 0
