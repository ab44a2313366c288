"""docs/kafka-security.md is typed from top to bottom, on a host as install.md leaves it.

Kafka and its own tools are real. Units are played: each command is started with what its unit's
files of settings say. Addresses, folders and owners of a host are exchanged for the test's own.
"""

import contextlib
import re
import shlex
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from documented import ROOT, blocks_in
from kafka_tools import Right, documented_rights, path_with_tools
from workers import wait_until

from stack.broker import Broker
from stack.loopback import answers_ok, request
from stack.own import Command
from stack.ports import LOOPBACK, free_ports
from streams.domain.event_types import TOPICS

PAGE = ROOT / "docs" / "kafka-security.md"
UNITS = ROOT / "systemd" / "lib" / "systemd" / "system"
RESTARTS = "systemctl restart "
PLAYED = "worker archive follower topics"
"""The roles that are played here; the page says to leave out those that aren't.

Each call of a tool is a JVM. What others are granted is compared with the table below, and with
the chart's users in tests/helm.
"""
SOURCE = "vaxel-pbx"
ROLES = {
    "worker": "worker", "`archive`": "archive", "`keep-open`": "keep-open",
    "– `follow-queue-log`": "follower", "– `follow-mailbox`": "mail", "– `intake`": "intake",
    "`import-cases`": "cases", "`record-measure`": "recorder",
    "`replay`, `verify`, `outlook`, `learn-profile`": "replay",
    "`topics`, until they are made": "topics", "`doctor`": "doctor", "`restore`": "restore",
}  # fmt: skip
"""What the page's table calls a role, and what its commands do."""


class HostsOwn(Broker):
    """The Kafka of a host: what its own file of properties says, and no more."""

    def prepare(self) -> None:
        """Format the storage, the first time."""
        if not self.is_formatted:
            (self.directory / "log4j2.properties").write_text("rootLogger.level = error\n")
            self._format()

    def is_ready(self) -> bool:
        """Say whether it takes connections, as its unit asks."""
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.port), 1):
            return True
        return False


@dataclass(slots=True)
class Host:
    """What is typed on a host, and the units that run there."""

    directory: Path
    broker: HostsOwn
    ports: dict[str, int]
    path: str

    def exchanged(self, text: str) -> str:
        """Return a text of a host's as it is here."""
        its = {
            "0.0.0.0": LOOPBACK,  # noqa: S104 # what a page says
            "kafka.example.org": "localhost",
            **{f":{was}": f":{port}" for was, port in self.ports.items()},
            "/opt/kafka/current/bin": str(self.directory / "tools"),
            "/var/lib/kafka/data": "data",
            **{name: f"{self.directory}{name}" for name in ("/etc/", "/var/", "/root/")},
        }
        one = re.compile("|".join(map(re.escape, its)))
        return re.sub(r" -o \w+ -g \w+", "", one.sub(lambda found: its[found[0]], text))

    def types(self, text: str) -> subprocess.CompletedProcess[str]:
        """Run what is typed in one shell. It need not succeed."""
        return subprocess.run(
            ["bash", "-uc", self.exchanged(text)],
            cwd=self.directory,
            env={"PATH": self.path, "HOME": str(self.directory), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )

    def unit(self, name: str, listen: str) -> Command:
        """Return a unit's command, with the settings that its files give it."""
        template, _, instance = name.partition("@")
        text = (UNITS / f"{template}{'@' if instance else ''}.service").read_text("utf-8")
        text = self.exchanged(text.replace("\\\n", "").replace("%i", instance))
        told: dict[str, str] = {}
        for line in re.findall(r"^Environment=(.*)$", text, re.MULTILINE):
            told |= dict(each.split("=", 1) for each in line.split())
        for file in re.findall(r"^EnvironmentFile=-?(.*)$", text, re.MULTILINE):
            lines = Path(file).read_text("utf-8").splitlines()
            told |= dict(line.split("=", 1) for line in lines if line and line[0] != "#")
        port = self.ports[listen]
        told |= {f"SVARSGRAD_{kind}LISTEN": f"{LOOPBACK}:{port}" for kind in ("", "ARCHIVE_")}
        (started,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
        words = re.sub(r"\$\{?(\w+)\}?", lambda its: told.get(its[1], ""), started)
        return Command(
            name,
            self.directory / name,
            *shlex.split(words)[1:],
            ports={"--listen": port},
            ready=lambda: answers_ok(port, "/readyz"),
            environment=told,
        )


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host that has what install.md lays there, and a Kafka that knows nobody."""
    directory = tmp_path_factory.mktemp("host")
    for folder in ("etc/kafka", "etc/svarsgrad/secrets", "root", "var/log/asterisk"):
        (directory / folder).mkdir(parents=True)
    for folder in ("lagen", "nycklar"):
        (directory / "var/lib/svarsgrad" / folder).mkdir(parents=True, mode=0o700)
    shutil.copy(ROOT / "examples/lulea.yaml", directory / "etc/svarsgrad/katalog.yaml")
    shutil.copy(ROOT / "examples/queue_log", directory / "var/log/asterisk/queue_log")
    names = ("9092", "9192", "9094", "9101", "9102", "9111")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    tools = path_with_tools(directory / "tools")
    path = f"{Path(sys.executable).parent}:{tools}"
    kafka = HostsOwn(directory / "etc/kafka", ports["9092"], ports["9192"])
    its = Host(directory, kafka, ports, path)
    for name in ("etc/kafka/server.properties", "etc/svarsgrad/svarsgrad.env"):
        text = (ROOT / "systemd" / name).read_text("utf-8")
        (directory / name).write_text(its.exchanged(text), "utf-8")
    with its.broker:
        yield its


def test_the_page_leads_from_an_open_kafka_to_one_where_each_may_do_its_own_and_no_more(
    host: Host,
) -> None:
    *steps, start, refused = [block.text for block in blocks_in(PAGE) if block.language == "sh"]
    before, after = "".join(steps).split(f"{RESTARTS}svarsgrad-kafka.service\n")
    after, roles = re.subn(r"(?<=for role in )worker archive [^;]+", PLAYED, after)
    others = rf"^allow (?!(?:{PLAYED.replace(' ', '|')}) )(?:.*\\\n)*.*\n"
    after, left_out = re.subn(others, "", after, flags=re.MULTILINE)
    assert (roles, left_out) == (1, 10)
    opened = host.types(f"set -e\n{before}")
    assert opened.returncode == 0, opened.stderr
    host.broker.stop()
    host.broker.start()
    start = re.sub(rf"^{RESTARTS}.*\n", "", start, flags=re.MULTILINE)
    done = host.types(f"set -e\numask 077\ncd /root/kafka-users\n{after}{start}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "svarsgrad.rejected: skapat" in done.stdout
    with contextlib.ExitStack() as running:
        units = [
            host.unit("svarsgrad-worker", "9101"),
            host.unit("svarsgrad-archive", "9102"),
            host.unit(f"svarsgrad-follow-queue-log@{SOURCE}", "9111"),
        ]
        for unit in units:
            unit.launch()
            running.callback(unit.stop)
        for unit in units:
            unit.wait_ready()
        wait_until(lambda: _counted(host) > 0, 60, "the worker counts the calls of the exchange")
        wait_until(lambda: _kept(host) > 0, 60, "the archive keeps them")
    assert "svarsgrad.calls" in _seen_with_a_password(host)
    _shake_hands_strictly(host)
    end = host.types(start[: start.index("as topics")] + refused)
    (said,) = re.findall(r"It must say `([^`]+)`", PAGE.read_text("utf-8"))
    assert (end.returncode, end.stdout) == (1, "")
    assert end.stderr.strip() == " ".join(said.split())


def _seen_with_a_password(host: Host) -> str:
    """Return the topics that Kafka's own tools show to whoever the page's properties are of."""
    (properties,) = (its.text for its in blocks_in(PAGE) if its.language == "properties")
    password = (host.directory / "root/kafka-users/worker.password").read_text("utf-8").strip()
    properties = properties.replace('"admin"', '"svarsgrad-worker"').replace(
        '"…"', f'"{password}"'
    )
    (host.directory / "admin.properties").write_text(host.exchanged(properties), "utf-8")
    tool = "kafka-topics.sh --bootstrap-server kafka.example.org:9094 --list"
    return host.types(f"{tool} --command-config admin.properties").stdout


def _shake_hands_strictly(host: Host) -> None:
    """As Python 3.13 does by itself, which the image has: it asks more of a certificate."""
    context = ssl.create_default_context(cafile=host.exchanged("/etc/svarsgrad/ca.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection((LOOPBACK, host.ports["9094"]), 10) as connection,
        context.wrap_socket(connection, server_hostname="localhost"),
    ):
        pass


def _counted(host: Host) -> float:
    body = request(host.ports["9101"], "GET", "/metrics")[1].decode()
    return sum(
        float(its) for its in re.findall(r"^svarsgrad_events_total\S* (\S+)$", body, re.MULTILINE)
    )


def _kept(host: Host) -> int:
    with contextlib.closing(sqlite3.connect(host.directory / "var/lib/svarsgrad/arkiv.db")) as its:
        return int(its.execute("select count(*) from leg").fetchone()[0])


def _in_table() -> dict[str, set[Right]]:
    """Return the rights of each role that the table names and the commands grant."""
    table = PAGE.read_text("utf-8").partition("| role |")[2].partition("\n\n")[0]
    found = {}
    for line in table.splitlines()[2:]:
        who, events, rejected, groups = map(str.strip, line.split("|")[1:5])
        whos, its = who.split("; "), events.split("; ")
        for one, on in zip(whos, its, strict=True):
            if role := ROLES.get(one):
                named = re.findall(r"`\.(\w+)`", on) or TOPICS
                cells = [
                    (events, "topic", [f"svarsgrad.{name}" for name in named]),
                    (rejected, "topic", ["svarsgrad.rejected"]),
                    (groups, "group", re.findall(r"`([\w-]+)`", groups)),
                ]
                found[role] = {
                    (kind, name, operation)
                    for cell, kind, names in cells
                    for operation in re.findall(r"\b[A-Z]\w+", cell)
                    for name in names
                }
    return found


def test_its_table_says_what_its_commands_grant() -> None:
    assert _in_table() == documented_rights()
