"""What is wrong with how a command is started is one clear line, as a user types it.

A process of its own takes a second to start, so most lines are run in this one, by the same main.
"""

import gzip
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from stack.broker import Broker
from stack.ports import free_ports
from streams.__main__ import main
from streams.kafka.administration import connect, create
from streams.kafka.topics import Topic, wanted

EXAMPLE = Path(__file__).parents[2] / "examples" / "lulea.yaml"
W = "SVARSGRAD_CATALOGUE=k.yaml"
R = "replay --catalogue k.yaml"
V = "verify --worker http://127.0.0.1:{dead} --catalogue k.yaml"
RUNS_AT_ONCE = 4

BEYOND = "utan TLS går allt att avlyssna: ange SVARSGRAD_LISTEN_CERT_FILE och SVARSGRAD_LISTEN_"

# What is typed, and what the one line must say. {taken} is a port in use, {dead} one that isn't.
AS_PROCESSES = {
    f"{W} worker --kafka 127.0.0.1:{{dead}}": "ingen Kafka svarar på 127.0.0.1:",
    "topics --kafka 127.0.0.1:{dead}": "ingen Kafka svarar på 127.0.0.1:",
    "worker": "SVARSGRAD_CATALOGUE saknas: ange katalogfilen",
    "worker --catalogue fel.yaml": "kör svarsgrad check-catalogue fel.yaml",
    f"{W} worker": "finns inte: kör svarsgrad topics",
    f"{W} SVARSGRAD_TOPICS=two SVARSGRAD_REJECTED_TOPIC=zwei worker "
    "--listen 127.0.0.1:{taken}": "porten är upptagen): ange en annan adress med --listen",
    f"{W} SVARSGRAD_TOPICS=two SVARSGRAD_REJECTED_TOPIC=zwei "
    "SVARSGRAD_LISTEN_ALLOW_CLEARTEXT=yes worker --listen 203.0.113.7:9101": (
        "maskinen har ingen sådan adress): ange en annan"
    ),
    f"{V} --kafka 127.0.0.1:{{dead}}": "ingen Kafka svarar på 127.0.0.1:",
    f"{R} trasig.gz": "trasig.gz är ingen hel gzip-fil",
}
HERE = {
    # archive and forget: where, and what is there
    "archive --catalogue k.yaml --listen 9102": "saknar värd eller port; skriv 127.0.0.1:9102",
    "archive --catalogue k.yaml --database mysql://x/y": "--database är ingen databas: skriv",
    "archive --catalogue k.yaml --database postgresql://u:p@h/d": "har ett lösenord i adressen",
    "archive --catalogue k.yaml --database postgresql://u@h/d": "sätt PGSSLMODE=verify-full",
    "archive --catalogue k.yaml --database postgresql:///d --database-password-file /none": (
        "--database-password-file /none går inte att läsa"
    ),
    "archive --catalogue k.yaml --topics two --database mapp": "är en mapp: ange en fil i den",
    "archive --catalogue k.yaml --topics two --database ingen/a.db": "finns inte; skapa den",
    "archive --catalogue k.yaml --topics two --database k.yaml": (
        "k.yaml är ingen databas: ange en annan fil"
    ),
    "archive --catalogue k.yaml --topics two --database postgresql://u@127.0.0.1:{dead}/d": (
        "går inte att nå ("
    ),
    "forget --catalogue k.yaml --before 2020-01-01 --decision x --database ingen.db": (
        "ingen.db finns inte: det görs av svarsgrad archive"
    ),
    "forget --catalogue k.yaml --before 2020-01-01 --decision x --database k.yaml": (
        "k.yaml är ingen databas: ange en annan fil"
    ),
    'forget --catalogue k.yaml --before 2020-01-01 --decision " "': "--decision är tomt",
    "forget --catalogue k.yaml --before igår --decision x": "--before",
    # worker: settings, catalogue, topics
    "SVARSGRAD_CATALOGUE=' ' worker": "SVARSGRAD_CATALOGUE saknas",
    f"{W} SVARSGRAD_GRUPP=x worker": "SVARSGRAD_GRUPP är ingen inställning; de som finns:",
    f"{W} SVARSGRAD_SESSION_SECONDS=snabbt worker": "skriv till exempel 6",
    f"{W} SVARSGRAD_SESSION_SECONDS=1 worker": "tar Kafka inte emot; skriv 6–1800",
    f"{W} SVARSGRAD_STUCK_SECONDS=0 worker": "'0' är inget antal sekunder",
    f"{W} SVARSGRAD_KAFKA=kafka worker": "är ingen adress; skriv till exempel",
    f"{W} worker --listen 9101": "är ingen adress; skriv till exempel",
    "worker --catalogue saknas.yaml": "saknas.yaml finns inte; ange katalogens fil",
    "worker --catalogue mapp": "mapp är en mapp; ange katalogens fil i den",
    "worker --catalogue latin.yaml": "filen är inte UTF-8",
    f"{W} SVARSGRAD_TOPICS=two SVARSGRAD_REJECTED_TOPIC=none worker": "none finns inte: kör",
    f"{W} SVARSGRAD_TOPICS=two SVARSGRAD_REJECTED_TOPIC=three worker": "ska ha lika många",
    # what answers beyond the machine itself
    f"{W} worker --listen 0.0.0.0:9101": BEYOND,
    f"{W} SVARSGRAD_LISTEN=[::]:9101 worker": BEYOND,
    f"{W} SVARSGRAD_LISTEN_TOKEN_FILE=/none worker": "SVARSGRAD_LISTEN_TOKEN_FILE=/none går inte",
    f"{W} SVARSGRAD_LISTEN_TOKNE_FILE=/none worker": "SVARSGRAD_LISTEN_TOKNE_FILE är ingen inst",
    "archive --catalogue k.yaml --listen 0.0.0.0:9102": BEYOND,
    "follow-queue-log queue_log --municipality lulea --to x --key-file n "
    "--listen 0.0.0.0:9109": BEYOND,
    "intake --catalogue k.yaml --tokens x --identity-key x --metrics 0.0.0.0:9109": BEYOND,
    "intake --catalogue k.yaml --tokens x --identity-key x --listen 0.0.0.0:8443": (
        "ange --cert och --key, eller --behind-proxy om en proxy sköter TLS"
    ),
    # replay: files, catalogue, window, instant, offsets
    R: "ange antingen filer eller ämnen (--topic, --topics)",
    f"{R} h.jsonl --topic two": "ange antingen filer eller ämnen (--topic, --topics)",
    f"{R} h.jsonl --topics svarsgrad": "ange antingen filer eller ämnen (--topic, --topics)",
    f"{R} saknas.jsonl": "saknas.jsonl finns inte; ange en fil med händelser",
    f"{R} mapp": "mapp är en mapp; ange filerna i den",
    f"{R} opackad.gz": "opackad.gz är ingen hel gzip-fil; packa den på nytt",
    f"{R} halv.gz": "halv.gz är ingen hel gzip-fil",
    "replay --catalogue saknas.yaml h.jsonl": "saknas.yaml finns inte",
    "replay --catalogue fel.yaml h.jsonl": "kör svarsgrad check-catalogue fel.yaml",
    f"{R} h.jsonl --window 17m": "skriv 15m, 30m, 1h, today, 7d, 30d eller FRÅN/TILL",
    f"{R} h.jsonl --window 2026-03-10/imorgon": "'imorgon' är ingen tidpunkt; skriv till exempel",
    f"{R} h.jsonl --window 2026-03-11T00:00Z/2026-03-10T00:00Z": "FRÅN måste ligga före TILL",
    f"{R} h.jsonl --at igår": "'igår' är ingen tidpunkt; skriv till exempel 2026-03-10T10:15",
    f"{R} h.jsonl --at 2026-03-29T02:30": "klockan visade inte 2026-03-29T02:30 den dagen",
    f"{R} h.jsonl --at 2026-03-10T10:15": "h.jsonl innehåller inga händelser",
    f"{R} --topic two": "two innehåller inga händelser",
    f"{R} queue_log": "kör svarsgrad follow-queue-log queue_log --municipality lulea --once --to",
    f"{R} opackad.jsonl": "ingen händelse går att använda: inte JSON i UTF-8",
    f"{R} h.jsonl --at 0001-01-01T00:00Z": "ligger inte mellan 1971 och 2999",
    f"{R} h.jsonl --at 9999-12-31T23:59-12:00": "ligger inte mellan 1971 och 2999",
    f"""{R} h.jsonl --until-offsets '{{{{"0":1}}}}'""": "--until-offsets gäller bara ämnen (--top",
    f"{R} --topic two --until-offsets 17": """skriv {"0": 17, "1": 4}""",
    f"""{R} --topic two --until-offsets '{{{{"0":-1}}}}'""": """skriv {"0": 17, "1": 4}""",
    f"""{R} --topic two --until-offsets '{{{{"0":9}}}}'""": "two-0 slutar vid 0, före 9",
    f"""{R} --topic two --until-offsets '{{{{"7":0}}}}'""": "two har ingen partition 7, bara 0–1",
    f"{R} --topic none": "none finns inte",
    # verify: workers, files, topics
    "verify --catalogue k.yaml": "Flagga saknas: '--worker'",
    "verify --worker 127.0.0.1:9101 --catalogue k.yaml": "till exempel http://127.0.0.1:9101",
    "verify --worker http://127.0.0.1 --catalogue k.yaml": "skriv http://värd:port",
    "verify --worker http://127.0.0.1:99999 --catalogue k.yaml": "skriv http://värd:port",
    f"{V} --worker http://127.0.0.1:{{dead}}/": "står två gånger: ange varje räknare en gång",
    f"{V} --topics two --metrics-file saknas/x.prom": "mappen finns inte; skapa den",
    f"{V} --topics two": "svarar inte (ingen lyssnar där): se om räknaren är i gång",
    "verify --worker http://r.invalid:1 --catalogue k.yaml --topics two": "namnet är okänt): se",
    f"{V} --topics none": "none.calls, none.emails, none.cases, none.presence, none.measures fin",
    f"{V} --kafka kafka.invalid:1": "kafka.invalid:1 går inte att nå (namnet är okänt)",
    "verify --worker http://127.0.0.1:1 --catalogue saknas.yaml": "saknas.yaml finns inte",
    # addresses: at once
    "topics --kafka 127.0.0.1": "'127.0.0.1' är ingen adress; skriv värd:port",
    "topics --kafka [::1]:99999": "'[::1]:99999' är ingen adress; skriv värd:port",
    "topics --kafka kafka.invalid:9092": "kafka.invalid:9092 går inte att nå (namnet är okänt)",
    f"{R} --topic two --kafka kafka.invalid:1": "kafka.invalid:1 går inte att nå (namnet är okä",
    f"{R} --topic two --kafka 9092": "'9092' är ingen adress; skriv värd:port",
    f"{W} worker --kafka kafka.invalid:9092": "går inte att nå (namnet är okänt): ange en annan",
    "stack --target foo": "'--target': 'foo' är ingen adress; skriv värd:port",
    # topics
    "topics --partitions 0": "'--partitions'",
    "topics --replication 3": "Fel: det finns 1 Kafka-nod, men 3 kopior begärs: "
    "på en egen maskin, kör med --replication 1.\n",
}


@dataclass(frozen=True)
class Site:
    """A directory with good and bad files, a broker, and two ports."""

    directory: Path
    kafka: str
    ports: dict[str, int]

    def split(self, typed: str) -> tuple[dict[str, str], list[str]]:
        """Return the settings and the subcommand with its arguments, as a shell takes a line."""
        words = shlex.split(typed.format(**self.ports))
        given = dict(word.split("=", 1) for word in words if word.startswith("SVARSGRAD_"))
        return {"SVARSGRAD_KAFKA": self.kafka, **given}, words[len(given) :]

    def run(self, typed: str) -> subprocess.CompletedProcess[str]:
        given, arguments = self.split(typed)
        own = {name: value for name, value in os.environ.items() if "SVARSGRAD_" not in name}
        return subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            cwd=self.directory,
            env=own | given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


@pytest.fixture(scope="module")
def admin(broker: Broker) -> Iterator[KafkaAdminClient]:
    client = connect(broker.bootstrap_servers)
    yield client
    client.close()


@pytest.fixture(scope="module")
def site(
    broker: Broker, admin: KafkaAdminClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    copyfile(EXAMPLE, directory / "k.yaml")
    example = EXAMPLE.read_text("utf-8")
    (directory / "fel.yaml").write_text(example.replace("goal: 0.90", "goal: 90"), "utf-8")
    (directory / "latin.yaml").write_bytes("namn: Luleå".encode("latin-1"))
    (directory / "h.jsonl").write_bytes(b"")
    packed = gzip.compress(b"hej\n" * 10_000)
    for name in ("opackad.gz", "opackad.jsonl"):
        (directory / name).write_bytes(b"hej\n")
    copyfile(EXAMPLE.with_name("queue_log"), directory / "queue_log")
    (directory / "halv.gz").write_bytes(packed[: len(packed) // 2])
    (directory / "trasig.gz").write_bytes(packed[:20] + b"\xff" * 20 + packed[40:])
    (directory / "mapp").mkdir()
    create(
        admin,
        [
            *(t for t in wanted("two", 2, 1) if t.name != "two.rejected"),
            *(
                Topic(name, n, 1, 30, "delete")
                for name, n in (("two", 2), ("zwei", 2), ("three", 3))
            ),
        ],
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"taken": taken.getsockname()[1], "dead": free_ports(1)[0]}
        yield Site(directory, broker.bootstrap_servers, ports)


@pytest.fixture(scope="module")
def answers(site: Site) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """What each line got for an answer; some run side by side, since most of it is waiting."""
    with ThreadPoolExecutor(RUNS_AT_ONCE) as runs:
        running = {typed: runs.submit(site.run, typed) for typed in AS_PROCESSES}
    return lambda typed: running[typed].result()


@pytest.mark.parametrize("typed", AS_PROCESSES)
def test_a_mistake_is_one_line_that_says_what_to_do_and_an_exit_code(
    typed: str, answers: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    answer = answers(typed)
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert AS_PROCESSES[typed] in answer.stderr
    assert answer.stdout == ""
    assert answer.returncode in {1, 2}


@pytest.mark.parametrize("typed", HERE)
def test_a_mistake_is_one_line_that_says_what_to_do(
    typed: str, site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given, arguments = site.split(typed)
    monkeypatch.chdir(site.directory)
    for name in [name for name in os.environ if name.startswith("SVARSGRAD_")]:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["svarsgrad", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert said.err.count("\n") == 1, said.err
    assert HERE[typed] in said.err
    assert said.out == ""
    assert end.value.code in {1, 2}


# topics: one line for each thing that is not as it must be.


NAMES = [
    f"svarsgrad.{name}"
    for name in ("calls", "emails", "cases", "presence", "measures", "rejected")
]


def test_topics_that_are_missing_are_named_with_what_makes_them(site: Site) -> None:
    missing = site.run("topics --check")
    assert missing.returncode == 1
    assert missing.stdout == ""
    assert missing.stderr.splitlines() == [
        f"Fel: {name} finns inte: kör svarsgrad topics --kafka {site.kafka}" for name in NAMES
    ]


@pytest.fixture(scope="module")
def right_topics(site: Site, admin: KafkaAdminClient) -> Iterator[None]:
    made = site.run("topics --partitions 2 --replication 1")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == "".join(f"{name}: skapat\n" for name in NAMES)
    yield
    admin.delete_topics([topic.name for topic in wanted()])


@pytest.mark.usefixtures("right_topics")
def test_topics_that_are_as_they_must_be_are_left_alone(site: Site) -> None:
    again = site.run("topics --partitions 2 --replication 1")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "".join(f"{name}: finns\n" for name in NAMES)


@pytest.mark.usefixtures("right_topics")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("--partitions 3 --replication 1", "har 2 partitioner, inte 3: ange --partitions som"),
        ("--partitions 2 --replication 2", "har 1 kopia, inte 2: öka"),
    ],
)
def test_topics_of_another_shape_are_refused(site: Site, asked: str, said: str) -> None:
    refused = site.run(f"topics --check {asked}")
    assert refused.returncode == 1
    lines = refused.stderr.splitlines()
    assert [line.split()[1] for line in lines] == NAMES
    assert all(said in line for line in lines)


@pytest.mark.usefixtures("right_topics")
@pytest.mark.parametrize(
    ("setting", "wrong", "said"),
    [
        ("retention.ms", "3600000", "sparar 0 dygn, inte 90: sätt retention.ms=7776000000"),
        ("message.timestamp.type", "CreateTime", "sätt LogAppendTime"),
        ("cleanup.policy", "compact", "har cleanup.policy=compact: sätt delete"),
    ],
)
def test_a_topic_with_another_setting_is_refused(
    site: Site, admin: KafkaAdminClient, setting: str, wrong: str, said: str
) -> None:
    calls = wanted()[0]
    set_on(admin, calls.name, setting, wrong)
    refused = site.run("topics --partitions 2 --replication 1")
    set_on(admin, calls.name, setting, calls.config[setting])
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "svarsgrad.calls" in refused.stderr
    assert said in refused.stderr


@pytest.mark.usefixtures("right_topics")
def test_a_worker_does_not_start_on_records_with_their_senders_times(
    site: Site, admin: KafkaAdminClient
) -> None:
    set_on(admin, "svarsgrad.calls", "message.timestamp.type", "CreateTime")
    refused = site.run("worker --catalogue k.yaml")
    set_on(admin, "svarsgrad.calls", "message.timestamp.type", "LogAppendTime")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "svarsgrad.calls har message.timestamp.type=CreateTime" in refused.stderr


def set_on(admin: KafkaAdminClient, topic: str, setting: str, value: str) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {setting: value})
    admin.alter_configs([resource])
