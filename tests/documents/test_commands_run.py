"""What the documents tell people to type at a prompt is typed there, and does what it should.

What runs until it is stopped is started, waited for, and at the end stopped as by Ctrl-C.
Addresses and folders of a machine are exchanged for some of the test's own; all else is as it
stands.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from archived import fill
from click.testing import CliRunner
from documented import ROOT, Typed, documents, typed_in
from exported import asked
from grafana_stub import TOKEN, Grafana
from intake_run import certificate
from mail_inbox import serving
from secured import Authority

from stack.broker import Broker
from stack.loopback import answers_ok
from stack.ports import LOOPBACK, free_ports
from stack.postgresql import PASSWORD, PostgreSQL
from streams.__main__ import commands
from streams.archive import database, migrating
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted

RUN_ELSEWHERE = {
    "make demo": "tests/stack/test_demo.py",
    "make test": "whoever runs this",
    "svarsgrad learn-profile --topics svarsgrad --catalogue katalog.yaml --to profiler.json": (
        "README.md, which has it on two lines"
    ),
}
STAYS = re.compile(
    r"svarsgrad (stack|worker|archive|wall|intake(?!-)|follow-queue-log)\b(?!.*--once)", re.DOTALL
)
"""Commands that go on until they are stopped."""
DAYS = ("2025-03-03/2025-03-05", "2025-08-18", "2026-03-02")
"""What the archive has. The documents ask for their months."""
START_SECONDS = 60
PLACES = 5 * 8
"""Partitions of the topics of events: the lag of each is known a moment after the start."""


@dataclass(slots=True)
class Place:
    """A folder in which somebody types, on a machine that has what the documents speak of."""

    directory: Path
    exchanged: dict[str, str]
    """What stands in a document → what is typed."""
    ports: dict[str, int]
    """What listens, by command."""
    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def types(self, typed: Typed) -> None:
        """Run a command; one that stays is left running when it is of use."""
        text = typed.text
        for stands, meant in self.exchanged.items():
            text = text.replace(stands, meant)
        if match := re.fullmatch(r"export (\w+)=(\S+)", text):
            self.environment[match[1]] = match[2]
        elif match := STAYS.search(text):
            self._stays(typed, match[1], text)
        else:
            assert self.shell(text) == 0, f"{typed.place}: {text}\n{self.said()}"

    def _stays(self, typed: Typed, command: str, text: str) -> None:
        self.stop(command)  # the document has it once more, with other options
        process = self._shell(f"exec {text}")
        self.running.append(process)
        end = time.monotonic() + START_SECONDS
        while not self._is_of_use(command):
            said = f"{typed.place}: {text}\n{self.said()}"
            assert process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.1)

    def _is_of_use(self, command: str) -> bool:
        """What has an end to reach has reached it; a follower has noted where it is."""
        if command in {"worker", "archive"} and not answers_ok(self.ports[command], "/readyz"):
            return False
        if command == "archive":
            lags = re.findall(
                rb"^svarsgrad_archive_lag_records\{.*\} (.+)",
                asked(self.ports[command]),
                re.MULTILINE,
            )
            return len(lags) == PLACES and set(lags) == {b"0.0"}
        if port := self.ports.get(command):
            return _listens(port)
        return any((self.directory / "asterisk").glob(".svarsgrad-*"))

    def shell(self, text: str) -> int:
        """Run a command until it ends, and return its code."""
        return self._shell(text).wait(120)

    def _shell(self, text: str) -> subprocess.Popen[bytes]:
        with (self.directory / "said.log").open("wb") as said:
            return subprocess.Popen(
                ["bash", "-c", text],
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """Return what the last command said."""
        return (self.directory / "said.log").read_text("utf-8", "replace")

    def close(self) -> None:
        """Stop all."""
        self.stop()

    def stop(self, command: str = "") -> None:
        """Stop what runs, the last started first: all of it, or a command."""
        for process in self.running[::-1]:
            if command in " ".join(map(str, process.args)):
                self.running.remove(process)
                process.send_signal(signal.SIGINT)
                code = process.wait(30)
                assert code in {0, 130}, f"{process.args}: {code}\n{self.said()}"


def yaml_block(page: str, begins: str) -> str:
    """Return the YAML of a page that begins with a key, as far in as it stands there."""
    (block,) = re.findall(rf"```yaml\n((?: *#.*\n)* *{begins}.*?)```", page, re.DOTALL)
    return str(block)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), 1):
        return True
    return False


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of some small days of Luleå."""
    folder = tmp_path_factory.mktemp("arkiv")
    file, log = folder / "arkiv.db", folder / "log.jsonl"
    engine = database.engine_of(database.address(str(file)))
    migrating.upgrade(engine)
    lines: list[bytes] = []
    for days in DAYS:
        log.unlink(missing_ok=True)
        given = ("--with", "all", "--scale", "0,05", "--date", days, "--to", str(log))
        assert CliRunner().invoke(commands, ["simulate", *given]).exit_code == 0
        lines += log.read_bytes().splitlines()
    fill(engine, lines)
    engine.dispose()
    return file


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with topics that are called as the documents call them."""
    with Broker(tmp_path_factory.mktemp("kafka"), *free_ports(2)) as running:
        admin = connect(running.bootstrap_servers)
        create(admin, wanted("svarsgrad", replication=1))
        admin.close()
        yield running


def _secret(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def place(archive: Path, tmp_path: Path) -> Iterator[Place]:
    """Return a folder with a catalogue, its examples, an archive, and a machine's own files."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "lulea.yaml", tmp_path / "katalog.yaml")
    shutil.copy(archive, tmp_path / "arkiv.db")
    (tmp_path / "asterisk").mkdir()
    shutil.copy(ROOT / "examples" / "queue_log", tmp_path / "asterisk")
    (tmp_path / "etc").mkdir()
    (tmp_path / "nycklar").mkdir()
    commands = ("stack", "worker", "archive", "wall", "intake", "follow-queue-log")
    ports = dict(zip(commands, free_ports(len(commands)), strict=True))
    controller, alertmanager, prometheus, metrics = free_ports(4)
    listens = {
        "WORKER": ports["worker"],
        "ARCHIVE": ports["archive"],
        "WALL": ports["wall"],
        "INTAKE": ports["intake"],
    }
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "SVARSGRAD_STACK_KAFKA_PORT": str(ports["stack"]),
        "SVARSGRAD_STACK_CONTROLLER_PORT": str(controller),
        "SVARSGRAD_STACK_ALERTMANAGER_PORT": str(alertmanager),
        "SVARSGRAD_STACK_PROMETHEUS_PORT": str(prometheus),
        "SVARSGRAD_PROMETHEUS": f"http://127.0.0.1:{prometheus}",
        "SVARSGRAD_KAFKA": f"127.0.0.1:{ports['stack']}",
    }
    for name, port in listens.items():
        variable = f"SVARSGRAD_{name}_LISTEN".replace("_WORKER", "")
        environment[variable] = f"127.0.0.1:{port}"
    made = Place(
        tmp_path,
        exchanged={
            "/var/log/asterisk": str(tmp_path / "asterisk"),
            "/etc/svarsgrad": str(tmp_path / "etc"),
            "127.0.0.1:9101": f"127.0.0.1:{ports['worker']}",
            "127.0.0.1:9090": f"127.0.0.1:{prometheus}",
            "0.0.0.0:8443": f"127.0.0.1:{ports['intake']}",
            "127.0.0.1:8443": f"127.0.0.1:{ports['intake']}",
            "/var/lib/svarsgrad/nycklar": str(tmp_path / "nycklar"),
            "127.0.0.1:9111": f"127.0.0.1:{metrics}",
        },
        ports={name: port for name, port in ports.items() if name != "follow-queue-log"},
        environment=environment,
    )
    with contextlib.closing(made):
        yield made


def _analysis(place: Place) -> None:
    page = (ROOT / "docs" / "reports.md").read_text("utf-8")
    words = page.split("```markdown\n")[1].split("```")[0]
    (place.directory / "analys.md").write_text(words, encoding="utf-8")
    with (place.directory / "katalog.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write(yaml_block(page, "comparisons:"))
        catalogue.write("    overdue_list_to: [kundtjanst@example.org]\n")
    (place.directory / "kolada.csv").write_text(
        "kpi;municipality;period;value\nN00000;2580;2024;71,5\nN00000;2584;2024;80\n", "utf-8"
    )


def _the_archive_has_caught_up(place: Place) -> None:
    page = ROOT / "docs" / "archive.md"
    place.types(Typed(page, 1, "svarsgrad archive --catalogue katalog.yaml"))


def _a_worker_runs(place: Place) -> None:
    page = ROOT / "README.md"
    _some_days_have_passed(place)
    place.types(Typed(page, 1, "svarsgrad worker --catalogue katalog.yaml"))


def _report_of_a_partner(place: Place) -> None:
    _the_archive_has_caught_up(place)
    (place.directory / "rapport.csv").write_text(
        "Datum;Inkom;Väntetid;Besvarad;Avslutat\n2025-03-03;10:00:00;20;Ja;10:02:00\n", "utf-8"
    )


def _certificate(place: Place) -> None:
    certificate(place.directory, "tls")


def _day_to_be_made(place: Place) -> None:
    shutil.rmtree(place.directory / "examples" / "day")
    (place.directory / "examples" / "day").mkdir()


def _some_days_have_passed(place: Place) -> None:
    for days in DAYS[0], "2025-03-05/2025-03-07":
        place.shell(f"svarsgrad simulate --scale 0,05 --date {days} --kafka $SVARSGRAD_KAFKA")


def _a_case_is_asked_for(place: Place) -> None:
    first = (place.directory / "a.jsonl").read_text("utf-8").splitlines()[0]
    place.exchanged["60a1cd"] = json.loads(first)["subject"][:6]


PREPARED: dict[str, Callable[[Place], None]] = {
    "docs/reports.md": _analysis,
    "docs/sources/overflow_calls.md": _report_of_a_partner,
    "docs/sources/intake.md": _certificate,
    "docs/sources.md": _day_to_be_made,
    "docs/runbooks.md": _a_worker_runs,
}
"""What a document takes for granted that is there."""
HAPPENED: dict[str, Callable[[Place], None]] = {
    "backup --to kopior": _some_days_have_passed,
    "keep-open": _the_archive_has_caught_up,
    "learn-profile": _some_days_have_passed,
    "--find 60a1cd": _a_case_is_asked_for,
}
"""What has happened before whoever reads types such a command."""
WITH_COMMANDS = [document for document in documents() if typed_in(document)]


@pytest.mark.parametrize(
    "document", WITH_COMMANDS, ids=[str(its.relative_to(ROOT)) for its in WITH_COMMANDS]
)
def test_what_a_document_says_can_be_typed(
    document: Path, place: Place, request: pytest.FixtureRequest
) -> None:
    name = str(document.relative_to(ROOT))
    typed = [each for each in typed_in(document) if each.bare not in RUN_ELSEWHERE]
    with contextlib.ExitStack() as there:
        if name != "README.md":
            broker: Broker = request.getfixturevalue("own_broker")
            place.environment["SVARSGRAD_KAFKA"] = broker.bootstrap_servers
        if any("postgresql://" in each.text for each in typed):
            server = there.enter_context(PostgreSQL(place.directory / "pg", *free_ports(1)))
            place.exchanged["postgresql://svarsgrad@db.example.org/svarsgrad"] = server.url
            _secret(place.directory / "etc" / "secrets" / "databas", PASSWORD)
        if any("grafana.example.org" in each.text for each in typed):
            grafana = there.enter_context(Grafana().running())
            place.exchanged["https://grafana.example.org"] = grafana.url
            _secret(place.directory / "grafana.token", TOKEN)
        if any("post.example.org" in each.text for each in typed):
            there.enter_context(_mail(place))
        PREPARED.get(name, lambda _: None)(place)
        for each in typed:
            for words, happens in HAPPENED.items():
                if words in each.text:
                    happens(place)
            place.types(each)
            if "intake-token" in each.text:
                token, line = re.findall(r"^  (\S.*)$", place.said(), re.MULTILINE)
                place.environment["TOKEN"] = token
            if "tokens.yaml)" in each.text:  # "and append the line that was printed"
                with (place.directory / "tokens.yaml").open("a") as file:
                    file.write(f"  {line}\n")


@contextlib.contextmanager
def _mail(place: Place) -> Iterator[None]:
    """Take mail over TLS, from who knows the password."""
    authority = Authority(place.directory, "ca")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("post"))
    _secret(place.directory / "etc" / "secrets" / "post", "ljus i Kiruna")
    place.environment["SVARSGRAD_SMTP_CA_FILE"] = str(authority.file)
    users = {"svarsgrad": "ljus i Kiruna"}
    with serving(users, tls_context=context, require_starttls=True) as its:
        place.exchanged["post.example.org:587"] = f"127.0.0.1:{its.port}"
        yield
