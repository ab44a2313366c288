"""A broker that asks who comes, by TLS and SASL/SCRAM, and lets nobody do more than it may.

What is refused is said in one line, within a bounded time, and without a secret.
"""

import itertools
import json
import os
import random
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiokafka.structs import ConsumerRecord
from answers import hold_against_replay, until_settled
from busy import MUNICIPALITIES, happenings
from kafka import KafkaProducer
from reliability import Figures
from secured import PASSWORDS, Authority, Secured, last_words
from workers import PARTITIONS, Load, Site, crew, wait_until

from producers.publisher import Publisher, PublishRefusedError
from producers.sinks import KafkaSink
from stack.broker import Broker
from stack.own import Worker
from stack.ports import free_ports
from streams.__main__ import main
from streams.domain.event_types import TOPICS, topic_of
from streams.kafka.refusals import refusal
from streams.kafka.security import KafkaSecurity
from streams.replay.topic_log import read_topic

pytestmark = pytest.mark.leaves_sockets

FILLS_SLOWLY = """
from streams.worker import recovery

recovery.FILL_BYTES = 1  # a batch of each partition at a time
_read = Recovery._read

async def read(self, *arguments):
    await asyncio.sleep(0.5)
    return await _read(self, *arguments)

Recovery._read = read
"""
QUEUE_LOG = Path(__file__).parents[2] / "examples" / "queue_log"

READS = "READ DESCRIBE_CONFIGS"


@pytest.fixture
def broker(secured: Secured) -> Broker:
    """Return the broker of :func:`site`, whose topics nobody has a right to yet."""
    return secured.broker


def events_of(site: Site) -> list[str]:
    return [site.topic(kind) for kind in TOPICS]


def allow_worker(secured: Secured, site: Site) -> None:
    """Give a worker the rights that it needs, and no more."""
    secured.allow("worker", READS, "TOPIC", *events_of(site))
    secured.allow("worker", "WRITE", "TOPIC", site.topic("rejected"))
    secured.allow("worker", "READ", "GROUP", site.topics)


def worker_of(
    secured: Secured, site: Site, listener: str = "SECURE", sabotage: str = "", **settings: str
) -> Worker:
    told = {
        name.removeprefix("SVARSGRAD_"): value
        for name, value in secured.settings("worker", **settings).items()
        if name != "SVARSGRAD_KAFKA"
    }
    return replace(site, kafka=secured.at(listener)).worker("worker", sabotage, **told)


@dataclass(slots=True)
class Shell:
    """Types commands, in this process."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, line: str, settings: dict[str, str]) -> tuple[int, str, str]:
        """Return the exit code, and what was written to standard output and error."""
        for name in [name for name in os.environ if name.startswith("SVARSGRAD_")]:
            self.monkeypatch.delenv(name)
        for name, value in settings.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(sys, "argv", ["svarsgrad", *shlex.split(line)])
        with pytest.raises(SystemExit) as end:
            main()
        said = self.capsys.readouterr()
        assert not any(password in said.out + said.err for password in PASSWORDS.values())
        return int(end.value.code or 0), said.out, said.err

    def refused(self, line: str, settings: dict[str, str]) -> str:
        """Return the one line that a command is refused with."""
        code, out, err = self.run(line, settings)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1, err
        return err


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_with_least_rights_all_commands_work_over_tls_and_figures_equal_replay(
    secured: Secured, unmade_site: Site, shell: Shell, rng: random.Random, figures: Figures
) -> None:
    plain = unmade_site
    topics, file = plain.topics, plain.file
    everything = [*events_of(plain), plain.topic("rejected")]
    secured.allow("keeper", "CREATE DESCRIBE DESCRIBE_CONFIGS", "TOPIC", *everything)
    secured.allow("producer", "WRITE", "TOPIC", *events_of(plain))
    secured.allow("analyst", "READ", "TOPIC", *events_of(plain))
    allow_worker(secured, plain)
    wanted = f"topics --topics {topics} --partitions {PARTITIONS} --replication 1"
    made = shell.run(wanted, secured.settings("keeper"))
    assert made == (0, "".join(f"{name}: skapat\n" for name in everything), "")
    load = Load(SecureSite.of(plain, secured, "producer"), 300, rng)
    worker = worker_of(secured, plain)
    with crew(worker):
        with load:
            town = MUNICIPALITIES[0]
            for typed in (
                f"follow-queue-log {QUEUE_LOG} --once --municipality {town} --topics {topics} "
                f"--state {plain.directory / 'state'}",
                f"record-measure webb '7 %' --on 2014-11-01 --document Prov --municipality {town} "
                f"--catalogue {file} --topics {topics}",
                f"simulate --date 2026-03-02 --scale 0,1 --municipality {town} --topics {topics} "
                f"--kafka {secured.at('SECURE')}",
            ):
                code, _, err = shell.run(typed, secured.settings("producer"))
                assert code == 0, err
        last = until_settled(plain, worker)
        log = worker.console.read_text("utf-8")
        typed = (
            f"verify --worker http://127.0.0.1:{worker.port} --catalogue {file} --topics {topics}"
        )
        code, said, err = shell.run(typed, secured.settings("analyst"))
        assert (code, err) == (0, ""), said
    hold_against_replay(plain, load, last, figures)
    assert not any(password in log for password in PASSWORDS.values())
    typed = f"replay --json --catalogue {file} --topics {topics} --at 2026-03-02T12:00"
    code, counted, err = shell.run(typed, secured.settings("analyst"))
    assert code == 0, err
    open_way = {"SVARSGRAD_KAFKA": secured.broker.bootstrap_servers}
    assert json.loads(counted) == json.loads(shell.run(typed, open_way)[1])
    assert town in counted


@dataclass(slots=True)
class SecureSite(Site):
    """A site whose events are published by a user over TLS."""

    secured: Secured | None = None
    user: str = ""

    @classmethod
    def of(cls, site: Site, secured: Secured, user: str) -> "SecureSite":
        its = (secured.at("SECURE"), site.topics, site.directory, site.zone)
        return cls(*its, secured=secured, user=user)

    def publisher(self, patience_seconds: float = 10.0, **options: object) -> Publisher:
        assert self.secured is not None
        security = self.secured.security(self.user)
        return Site.publisher(self, patience_seconds, security=security, **options)


# At the start.

COMMANDS = {
    "worker": "worker --catalogue {file}",
    "replay": "replay --catalogue {file} --topics svarsgrad",
    "topics": "topics --check --partitions 4 --replication 1",
    "producer": "record-measure webb '7 %' --on 2014-11-01 --document Prov --municipality "
    f"{MUNICIPALITIES[0]} --catalogue {{file}}",
}
WRONG: dict[str, tuple[Callable[[Secured, Path], dict[str, str]], str]] = {
    "a wrong password": (
        lambda _, directory: {"KAFKA_PASSWORD_FILE": _file(directory, "fel")},
        "godtar inte användaren stranger med det lösenordet (SCRAM-SHA-512): rätta SVARSGRAD_",
    ),
    "an unknown user": (
        lambda *_: {"KAFKA_USER": "ingen"},
        "godtar inte användaren ingen med det lösenordet",
    ),
    "another authority": (
        lambda _, directory: {"KAFKA_CA_FILE": str(Authority(directory, "other").file)},
        "är inte utfärdat av någon vi litar på: ange utfärdarens certifikat i SVARSGRAD_KAFKA_CA",
    ),
    "an expired certificate": (
        lambda secured, _: {"KAFKA": secured.at("EXPIRED")},
        "har gått ut: förnya det",
    ),
    "another host's certificate": (
        lambda secured, _: {"KAFKA": secured.at("OTHER")},
        "gäller inte för den värden: ange värden som i certifikatet, med --kafka",
    ),
    "a password in cleartext": (
        lambda secured, _: {
            "KAFKA": secured.at("CLEAR"), "KAFKA_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_CA_FILE": "",
        },
        "SVARSGRAD_KAFKA_PROTOCOL=SASL_PLAINTEXT går att avlyssna: skriv SASL_SSL, eller",
    ),
    "an empty password file": (
        lambda _, directory: {"KAFKA_PASSWORD_FILE": _file(directory, "")},
        "är tom: skriv lösenordet i den",
    ),
}  # fmt: skip


def _file(directory: Path, content: str) -> str:
    made = directory / "password"
    made.write_text(content, encoding="utf-8")
    made.chmod(0o440)
    return str(made)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_kafka_or_we_must_refuse_is_refused_at_once_in_one_line(
    command: str, wrong: str, secured: Secured, shell: Shell, tmp_path: Path
) -> None:
    others, said = WRONG[wrong]
    settings = secured.settings("stranger", **others(secured, tmp_path))
    file = Site(secured.at("SECURE"), "svarsgrad", tmp_path).file
    began = time.monotonic()
    assert said in shell.refused(COMMANDS[command].format(file=file), settings)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("listener", "settings"),
    [
        ("SECURE", {}),  # plaintext to one that wants TLS
        ("CLEAR", {}),  # nobody to one that wants to know who
        ("MUTUAL", {"KAFKA_PROTOCOL": "SSL", "KAFKA_CA_FILE": "ca"}),  # no certificate of our own
    ],
)
def test_a_listener_that_speaks_otherwise_is_told_from_one_that_is_away(
    listener: str, settings: dict[str, str], secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        file = str(secured.authority.file)
        monkeypatch.setenv(f"SVARSGRAD_{name}", file if value == "ca" else value)
    security = KafkaSecurity.from_environment(os.environ)
    with pytest.raises(Exception, match=r"något svarar på .*, men inte på") as refused:
        Publisher(secured.at(listener), "calls", security=security, patience_seconds=0.5)
    assert "SVARSGRAD_KAFKA_PROTOCOL" in str(refused.value)


SENT = {
    "MOVED": "men certifikatet hos Kafka på localhost:{port} gäller inte för den värden",
    "GONE": "hänvisar till 127.0.0.1:1, som inte svarar",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("listener", SENT)
def test_a_broker_that_sends_us_where_it_is_not_is_told_of_in_one_line(
    listener: str, command: str, unmade_site: Site, secured: Secured, shell: Shell
) -> None:
    settings = secured.settings("stranger", KAFKA=secured.at(listener))
    refused = shell.refused(COMMANDS[command].format(file=unmade_site.file), settings)
    assert SENT[listener].format(port=secured.ports[listener]) in refused
    assert f"Kafka på {secured.at(listener)} hänvisar till " in refused
    assert "rätta advertised.listeners" in refused


def test_of_several_servers_one_that_takes_us_is_enough_and_one_that_is_away_is_none(
    secured: Secured,
) -> None:
    security, expired = secured.security("stranger"), secured.at("EXPIRED")
    away = f"127.0.0.1:{free_ports(1)[0]}"
    assert refusal(f"{expired},{secured.at('SECURE')}", security) is None
    assert refusal(away, security, has_failed=True) is None
    refused = refusal(f"{away},{expired}", security)
    assert refused is not None
    assert "har gått ut" in refused.why


def test_a_certificate_of_our_own_is_shown_to_a_broker_that_asks(
    secured: Secured, shell: Shell
) -> None:
    settings = {
        "SVARSGRAD_KAFKA": secured.at("MUTUAL"),
        "SVARSGRAD_KAFKA_PROTOCOL": "SSL",
        "SVARSGRAD_KAFKA_CA_FILE": str(secured.authority.file),
        "SVARSGRAD_KAFKA_CERT_FILE": str(secured.authority.issue("client")),
    }
    said = shell.run("topics --check", settings)
    assert "Kafka låter inte oss se svarsgrad.calls" in said[2]


def test_cleartext_and_the_other_mechanism_are_used_when_asked_for(
    secured: Secured, site: Site
) -> None:
    secured.set_password("analyst", PASSWORDS["analyst"], "SCRAM_SHA_256")
    secured.allow("analyst", "READ", "TOPIC", site.topic("calls"))
    security = KafkaSecurity.from_environment(
        secured.settings(
            "analyst",
            KAFKA_PROTOCOL="SASL_PLAINTEXT",
            KAFKA_CA_FILE="",
            KAFKA_MECHANISM="SCRAM-SHA-256",
            KAFKA_ALLOW_CLEARTEXT="yes",
        )
    )
    logs = read_topic(secured.at("CLEAR"), site.topic("calls"), security=security)
    assert [list(log.records) for log in logs] == [[]] * PARTITIONS


def test_no_client_logs_a_password_however_much_it_says(
    secured: Secured, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    secured.allow("producer", "WRITE READ", "TOPIC", site.topic("calls"))
    with caplog.at_level("DEBUG"):
        site = SecureSite.of(site, secured, "producer")
        Publisher(site.kafka, site.topic("calls"), security=secured.security("producer")).close()
        read_topic(site.kafka, site.topic("calls"), security=secured.security("producer"))
    assert "producer" in caplog.text
    assert PASSWORDS["producer"] not in caplog.text


# Rights that are missing.


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("TOPIC", "användaren worker se {topics}.cases (Describe): ge den rätten (se docs/"),
        ("READ", "Kafka låter inte användaren worker läsa {topics}.cases (Read): ge den rätten"),
        (
            "DESCRIBE_CONFIGS",
            "worker läsa inställningarna för {topics}.cases (DescribeConfigs): ge den",
        ),
        ("GROUP", "användaren worker vara med i gruppen {topics} (Read): ge den rätten"),
    ],
)
def test_a_worker_without_a_right_is_refused_in_one_line(
    missing: str, said: str, secured: Secured, site: Site, shell: Shell
) -> None:
    rights = {"TOPIC": "", "READ": "DESCRIBE DESCRIBE_CONFIGS", "DESCRIBE_CONFIGS": "READ"}
    others = [name for name in events_of(site) if name != site.topic("cases")]
    secured.allow("worker", READS, "TOPIC", *others)
    if of_cases := rights.get(missing, READS):
        secured.allow("worker", of_cases, "TOPIC", site.topic("cases"))
    secured.allow("worker", "WRITE", "TOPIC", site.topic("rejected"))
    if missing != "GROUP":
        secured.allow("worker", "READ", "GROUP", site.topics)
    settings = secured.settings("worker", TOPICS=site.topics, GROUP=site.topics)
    refused = shell.refused(f"worker --catalogue {site.file}", settings)
    assert said.format(topics=site.topics) in refused


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ("replay:", "Kafka låter inte användaren stranger se {topics}.calls"),
        ("replay:DESCRIBE", "Kafka låter inte användaren stranger läsa {topics}.calls"),
        ("producer:", "användaren stranger skriva i {topics}.measures (Write): ge"),
        ("producer:READ", "Kafka låter inte användaren stranger skriva i {topics}.measures"),
        ("topics:", "Kafka låter inte användaren stranger se {topics}.calls"),
        ("topics:DESCRIBE", "stranger läsa inställningarna för {topics}.calls"),
    ],
)
def test_a_command_without_a_right_is_refused_in_one_line(
    rights: str, said: str, secured: Secured, site: Site, shell: Shell
) -> None:
    command, _, granted = rights.partition(":")
    if granted:
        everything = [*events_of(site), site.topic("rejected")]
        secured.allow("stranger", granted, "TOPIC", *everything)
    typed = COMMANDS[command].format(file=site.file).replace(" --topics svarsgrad", "")
    refused = shell.refused(f"{typed} --topics {site.topics}", secured.settings("stranger"))
    assert said.format(topics=site.topics) in refused


def test_who_may_write_another_topic_only_is_refused_in_one_line(
    secured: Secured, site: Site
) -> None:
    secured.allow("producer", "WRITE", "TOPIC", site.topic("calls"))
    secured.allow("producer", "READ", "TOPIC", site.topic("measures"))
    measures = site.topic("measures")
    event = next(one for one in happenings(random.Random(1)) if topic_of(one) == "measures")
    with (
        pytest.raises(PublishRefusedError, match=f"användaren producer skriva i {measures} "),
        Publisher(
            secured.at("SECURE"), measures, security=secured.security("producer")
        ) as publisher,
    ):
        publisher.publish(event)


def test_topics_are_not_made_by_who_may_not(secured: Secured, shell: Shell) -> None:
    refused = shell.refused("topics --replication 1 --topics mine", secured.settings("stranger"))
    assert "Kafka låter inte användaren stranger skapa ämnen" in refused


# While it runs.


def test_what_may_not_be_written_to_the_rejected_topic_waits_and_is_told(
    secured: Secured, site: Site, rng: random.Random, figures: Figures
) -> None:
    secured.allow("worker", READS, "TOPIC", *events_of(site))
    secured.allow("worker", "DESCRIBE", "TOPIC", site.topic("rejected"))
    secured.allow("worker", "READ", "GROUP", site.topics)
    worker = worker_of(secured, site)

    def told() -> str:
        return worker.console.read_text("utf-8")

    with crew(worker):
        with KafkaProducer(bootstrap_servers=site.kafka) as client:
            client.send(site.topic("calls"), b'{"id": "bad"}', key=b"k0").get(10)
        with Load(site, 100, rng) as load:
            wait_until(lambda: load.published > 200, 20, "events")
        last = until_settled(site, worker)
        wait_until(lambda: "rejected topic: no right to write it (" in told(), 20, "told")
        assert worker.pid is not None
        secured.allow("worker", "WRITE", "TOPIC", site.topic("rejected"))
        figures.recovered.append(wait_until(lambda: len(rejected(site)) == 1, 20, "rejected"))
    assert (
        f"Varning: {site.topic('rejected')} får inte skrivas (Write), så det som avvisas" in told()
    )
    hold_against_replay(site, load, last, figures)


def rejected(site: Site) -> list[ConsumerRecord]:
    return [r for log in read_topic(site.kafka, site.topic("rejected")) for r in log.records]


@pytest.mark.long
@pytest.mark.parametrize("lost", ["password", "READ", "GROUP"])
def test_a_worker_that_kafka_takes_no_more_ends_with_one_line(
    lost: str, secured: Secured, site: Site
) -> None:
    allow_worker(secured, site)
    worker = worker_of(secured, site, "BRIEF")
    with crew(worker):
        if lost == "password":
            secured.set_password("worker", "ett annat")
            said = "godtar inte användaren worker med det lösenordet"
        elif lost == "READ":
            secured.forbid("worker", "READ", "TOPIC", site.topic("calls"))
            said = f"Kafka låter inte användaren worker läsa {site.topic('calls')} (Read): ge den"
        else:
            secured.forbid("worker", "READ", "GROUP", site.topics)
            said = f"användaren worker vara med i gruppen {site.topics} (Read): ge den rätten"
        try:
            wait_until(lambda: worker.pid is None, 60, "the end")
        finally:
            secured.set_password("worker", PASSWORDS["worker"])
    assert said in last_words(worker)


@pytest.mark.long
def test_a_worker_that_loses_its_right_while_it_fills_its_ledgers_ends_with_one_line(
    secured: Secured, site: Site, rng: random.Random
) -> None:
    some = happenings(rng)
    for _ in range(20):  # a batch of each partition at least
        site.publish(list(itertools.islice(some, 100)))
    allow_worker(secured, site)
    worker = worker_of(secured, site, sabotage=FILLS_SLOWLY)
    try:
        worker.launch()
        wait_until(lambda: "filling partitions" in worker.console.read_text(), 20, "it fills")
        secured.forbid("worker", "READ", "TOPIC", site.topic("calls"))
        wait_until(lambda: worker.pid is None, 60, "the end")
    finally:
        worker.stop()
    assert "ready: " not in worker.console.read_text()
    said = f"Kafka låter inte användaren worker läsa {site.topic('calls')} (Read): ge den rätten"
    assert said in last_words(worker)


def test_a_followers_sink_ends_when_kafka_does_not_take_it_any_more(
    secured: Secured, site: Site
) -> None:
    secured.allow("producer", "WRITE", "TOPIC", *events_of(site))
    secure = SecureSite.of(site, secured, "producer")
    secure.kafka = secured.at("BRIEF")
    sink = KafkaSink(lambda patience: secure.publisher(patience, delivery_seconds=3))
    events = happenings(random.Random(1))
    sink.send([next(events)])
    assert sink.wait(10)

    def sends_on() -> bool:
        sink.send([next(events)])
        sink.wait(0.5)
        return False

    secured.set_password("producer", "ett annat")
    try:
        with pytest.raises(PublishRefusedError, match="godtar inte användaren producer"):
            wait_until(sends_on, 30, "refusal")
    finally:
        secured.set_password("producer", PASSWORDS["producer"])
        sink.close()
