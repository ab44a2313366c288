"""All sources at once, into all that keeps or shows anything: nothing of a person is found in it.

Everything personal that is fed in is made of a few words and numbers that stand nowhere else. When
all is over each file that anything of ours wrote, each record in Kafka, each answer of an endpoint
and everything that was said is searched for them: as they are, in other spellings, and as what
anybody could make of them without a key.
"""

import base64
import contextlib
import gzip
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from archives import Archive, until_all_is_written
from dovecot import PASSWORD, Dovecot, deliver
from intake_run import STRUCTURED
from logged import said_by
from secured import Authority
from workers import Site, wait_until

from stack.broker import Broker
from stack.own import Command
from stack.ports import free_ports
from streams.domain.catalogue import load_catalogue
from streams.replay.topic_log import read_topic

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Europe/Stockholm")
LULEA = ROOT / "examples" / "lulea.yaml"
IN_JSON = {"SVARSGRAD_LOG_FORMAT": "json"}
NUMBERS = ("0846500461", "0846500462", "0846500463", "0846500464")
"""Of those kept for fiction."""
SECRETS = (
    *NUMBERS, "hemligsson", "hemliga.brev", "bouppteckningsgrejen", "ks-2026-77001",
    "ks-2026-77002", "vårdnadstvisten",
)  # fmt: skip
"""What is personal of all that is fed in."""


def spellings(secret: str) -> Iterator[bytes]:
    """Yield how a secret may be written, and what anybody could make of it."""
    forms = {secret, secret.upper(), secret.title()}
    if secret.isdigit():
        national = secret[1:]
        forms |= {
            f"+46{national}", f"0046{national}", national,
            f"08-{secret[2:]}", f"08-{secret[2:5]} {secret[5:8]} {secret[8:]}",
        }  # fmt: skip
    for form in forms:
        for encoding in ("utf-8", "latin-1", "utf-16-le"):
            yield form.encode(encoding)
        raw = form.encode()
        yield quote(form).encode()
        yield base64.b64encode(raw).rstrip(b"=")[:-1]
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            yield digest(raw).hexdigest()[:16].encode()
        yield hashlib.blake2b(raw, digest_size=16).hexdigest()[:16].encode()


FORMS = {form: secret for secret in SECRETS for form in spellings(secret)}


def found_in(content: bytes) -> set[str]:
    return {secret for form, secret in FORMS.items() if form in content}


@dataclass
class Place:
    """A municipality with all kinds of sources, and all that was said by what read them."""

    site: Site
    files: Path
    """What is fed in."""
    said: dict[str, bytes] = field(default_factory=dict)

    def run(self, *typed: object) -> None:
        """Run a command, and keep what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "streams", *map(str, typed)],
            cwd=self.site.directory,
            env={**os.environ, **IN_JSON},
            capture_output=True,
            timeout=120,
            check=False,
        )
        name = f"{typed[0]} {len(self.said)}"
        self.said[name] = done.stdout + done.stderr
        assert done.returncode == 0, self.said[name].decode()

    def to_kafka(self) -> tuple[str, ...]:
        return (
            "--catalogue", str(self.site.file), "--municipality", "lulea",
            "--kafka", self.site.kafka, "--topics", self.site.topics,
        )  # fmt: skip

    def asked(self, name: str, url: str, body: bytes | None = None, **headers: str) -> bytes:
        """Return an answer of an endpoint, and keep it."""
        request = urllib.request.Request(  # noqa: S310 # of our own, on this machine
            url, body, {key.replace("_", "-"): text for key, text in headers.items()}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                content: bytes = answer.read()
        except urllib.error.HTTPError as error:
            content = error.read()
        self.said[name] = content
        return content


@pytest.fixture
def place(broker: Broker, dovecot: Dovecot, authority: Authority, tmp_path: Path) -> Place:
    directory, files = tmp_path / "ours", tmp_path / "fed"
    directory.mkdir()
    files.mkdir()
    secret = directory / "losenord"
    secret.write_text(f"{PASSWORD}\n", "utf-8")
    secret.chmod(0o600)
    site = Site(broker.bootstrap_servers, "allt", directory)
    site.file.write_text(
        LULEA.read_text("utf-8")
        .replace("/Besvarat", ".Besvarat")
        .replace("host: imap.example.org", f"host: 127.0.0.1\n          port: {dovecot.tls}")
        .replace("user: kundtjanst@kommun.example.org", "user: user98")
        .replace("/etc/svarsgrad/secrets/epost", f"{secret}\n          ca_file: {authority.file}")
        .replace('"KC-([0-9]{4}-[0-9]+)"', '"KS-([0-9]{4}-[0-9]+)"'),
        "utf-8",
    )
    site.catalogue = load_catalogue(site.file.read_bytes(), site.file.name)
    return Place(site.make_topics(), files)


NOW = datetime.now(ZONE).replace(microsecond=0)


def write_log(path: Path) -> None:
    at = int((NOW - timedelta(minutes=20)).timestamp())
    lines = [
        f"{at}|{at}.1|vaxel|NONE|ENTERQUEUE||{NUMBERS[0]}|1",
        f"{at + 9}|{at}.1|vaxel|SIP/hemligsson|CONNECT|9|{at}.2|3",
        f"{at + 60}|{at}.1|vaxel|SIP/hemligsson|COMPLETECALLER|9|51|1",
        f"{at + 61}|{at}.3|vaxel|NONE|ENTERQUEUE||{NUMBERS[1]}|1",
        f"{at + 101}|{at}.3|vaxel|NONE|EXITWITHTIMEOUT|1|1|40",
        f"{at + 102}|NONE|vaxel|SIP/hemligsson|ADDMEMBER|",
        f"{at + 103}|hemligsson|||{NUMBERS[1]}",
        f"{at + 104}|{NUMBERS[0]}|vaxel|NONE|NYTTVERB|{NUMBERS[0]}",
    ]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def write_calls(path: Path) -> None:
    at = NOW - timedelta(minutes=50)
    head = (
        "Samtals-id;Kö;A-nummer;Ankomst;Väntetid;Resultat;Besvarat;Avslutat;Kopplat;Uppringd;Namn"
    )
    rows = [
        f"77;vaxel;{NUMBERS[2]};{at:%Y-%m-%d %H:%M:%S};12;Besvarat;;;;;Hemligsson",
        f"78;vaxel;{NUMBERS[2]};{at:%Y-%m-%d %H:%M:%S};-12;Besvarat;;;;;Hemligsson",
        f"{NUMBERS[2]};vaxel;{NUMBERS[2]};{at:%Y-%m-%d %H:%M:%S};12;Avbrutet;;;;;Hemligsson",
        "79;hemligsson;;i går;12;vårdnadstvisten;;;;;",
    ]
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def write_cases(path: Path) -> None:
    at = NOW - timedelta(days=2)
    head = (
        "Ärendenummer;Registrerat;Kanal;Förvaltning;Överlämnat;Återkopplat;Först avslutat;"
        "Först avslutat av;Återöppnat;Avslutat;Avslutat av;Antal kontakter;Senast ändrat;Rubrik"
    )
    when = f"{at:%Y-%m-%d %H:%M:%S}"
    rows = [
        f"KS-2026-77001;{when};Telefon;teknik;{when};;;;;;;1;{when};Vårdnadstvisten",
        f"KS-2026-77002;{when};Hemligsson;teknik;{when};;;;;;;1;{when};Vårdnadstvisten",
    ]
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def write_overflow(path: Path) -> None:
    at = NOW - timedelta(minutes=20) + timedelta(seconds=101)
    path.write_text(
        "Datum;Inkom;Väntetid;Besvarad;A-nummer;Namn\n"
        f"{at:%Y-%m-%d};{at:%H:%M:%S};8;Ja;{NUMBERS[1]};Hemligsson\n",
        "utf-8",
    )


def send_mail(server: Dovecot) -> None:
    resident = "Anna Hemligsson <hemligsson@example.net>"
    at = NOW - timedelta(days=1)
    with server.box("user98") as box:
        for name in ("Skickat", "Teknik", "Skola", "Social", "E-tjänst"):
            box.folder.create(name)
        for name in ("Teknik", "Skola", "Social"):
            box.folder.create(f"{name}.Besvarat på annat sätt")
        question = (
            f"From: {resident}\r\nTo: teknik@kommun.example.org\r\n"
            "Subject: =?utf-8?q?V=C3=A5rdnadstvisten?= och bouppteckningsgrejen\r\n"
            "Message-ID: <hemliga.brev.1@example.net>\r\n\r\nJag heter Hemligsson.\r\n"
        )
        answer = (
            "From: teknik@kommun.example.org\r\nTo: hemligsson@example.net\r\n"
            "Subject: Sv: bouppteckningsgrejen KS-2026-77001\r\n"
            "Message-ID: <hemliga.brev.2@kommun.example.org>\r\n"
            "In-Reply-To: <hemliga.brev.1@example.net>\r\n\r\nHej Hemligsson.\r\n"
        )
        open_ = question.replace("brev.1", "brev.3")
        deliver(box, "Teknik", question.encode(), at)
        deliver(box, "Teknik", open_.encode(), at)
        deliver(box, "Skickat", answer.encode(), at + timedelta(hours=1))


def pushed(number: int, **data: str) -> bytes:
    at = (NOW - timedelta(minutes=5)).isoformat()
    event = {
        "specversion": "1.0", "id": f"KS-2026-77002/{number}", "source": "/hemligsson",
        "type": "se.svarsgrad.call.offered.v1", "subject": "KS-2026-77002", "time": at,
        "partitionkey": "lulea", "name": "Hemligsson",
        "data": {"queue": "vaxel", "arrived_at": at, "caller": NUMBERS[3], **data},
    }  # fmt: skip
    return json.dumps(event).encode()


@contextlib.contextmanager
def running(*commands: Command) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for command in commands:
            stack.callback(command.stop)
            command.start()
        yield


def test_nothing_of_a_person_is_kept_or_shown(place: Place, dovecot: Dovecot) -> None:
    site, fed = place.site, place.files
    write_log(fed / "queue_log")
    write_calls(fed / "samtal.csv")
    write_cases(fed / "arenden.csv")
    write_overflow(fed / "rapport.csv")
    send_mail(dovecot)
    keys = ("--key-file", site.directory / "nycklar")
    intake, of_intake, of_log, of_mail = free_ports(4)
    tokens = site.directory / "tokens.yaml"
    identity = site.directory / "identity.key"
    identity.write_text("5" * 64 + "\n")
    identity.chmod(0o600)
    place.run("intake-token", "--catalogue", site.file, "--source", "vaxel-pbx")
    told = place.said.popitem()[1].decode()
    token = next(word for word in told.split() if word.startswith("svg_"))
    tokens.write_text("tokens:\n" + next(x for x in told.splitlines() if "sha256" in x) + "\n")
    tokens.chmod(0o600)
    worker = site.worker("raknaren")
    archive = Archive(site, "arkivet", str(site.directory / "arkiv.db"))
    always = [
        Command(
            "Läsaren", site.directory / "laser", "follow-queue-log", str(fed / "queue_log"),
            *place.to_kafka(), "--source", "vaxel-pbx", *map(str, keys),
            "--state", str(site.directory / "log.state"), "--listen", f"127.0.0.1:{of_log}",
            environment=IN_JSON,
        ),
        Command(
            "Posten", site.directory / "posten", "follow-mailbox", *place.to_kafka(),
            "--source", "epost", "--key-file", str(site.directory / "epost.key"),
            "--state", str(site.directory / "epost.state"), "--listen", f"127.0.0.1:{of_mail}",
            environment=IN_JSON,
        ),
        Command(
            "Intaget", site.directory / "intaget", "intake", "--catalogue", str(site.file),
            "--kafka", site.kafka, "--topics", site.topics, "--tokens", str(tokens),
            "--identity-key", str(identity), *map(str, keys),
            "--listen", f"127.0.0.1:{intake}", "--metrics", f"127.0.0.1:{of_intake}",
            ports={"--listen": intake, "--metrics": of_intake}, environment=IN_JSON,
        ),
    ]  # fmt: skip
    with running(worker, archive, *always):
        place.run("import-calls", fed / "samtal.csv", *place.to_kafka(), *keys,
                  "--report", site.directory / "samtal-fel.csv")  # fmt: skip
        place.run("import-cases", fed / "arenden.csv", *place.to_kafka(),
                  "--key-file", site.directory / "arenden.key", "--new-key",
                  "--report", site.directory / "arenden-fel.csv")  # fmt: skip
        url = f"http://127.0.0.1:{intake}/events"
        headers = {"Authorization": f"Bearer {token}", "Content_Type": STRUCTURED}
        until(lambda: b"accepted" in place.asked("pushed", url, pushed(1), **headers), place)
        place.asked("not an event", url, pushed(2, queue="hemligsson"), **headers)
        place.asked("not at all", url, b'{"hemligsson": "0846500461"', **headers)
        until(lambda: len(ids(site, "emails")) >= 3, place)
        until(lambda: len(ids(site, "calls")) >= 5 + 2 + 1, place)
        until_all_is_written(archive)
        place.run("import-overflow", fed / "rapport.csv", *place.to_kafka(), *keys,
                  "--database", site.directory / "arkiv.db")  # fmt: skip
        until_all_is_written(archive)
        for name, port in (
            ("worker", worker.port), ("archive", archive.port), ("log", of_log),
            ("mail", of_mail), ("intake", of_intake),
        ):  # fmt: skip
            place.asked(f"metrics of {name}", f"http://127.0.0.1:{port}/metrics")
        place.asked("ledgers", f"http://127.0.0.1:{worker.port}/ledgers")
        place.run("verify", "--worker", f"http://127.0.0.1:{worker.port}", *shared(site))
        place.run("replay", "--json", "--at", f"{NOW:%Y-%m-%dT%H:%M}", *shared(site))
    assert_outcome(site)
    for process in (worker, archive, *always):
        its = [one.event for one in said_by(process, "json")]
        assert (its.count("started"), its[-1]) == (1, "stopped"), process.name
    everything = {**place.said, **kept(site), **records(site)}
    assert len(everything) > 40
    assert any(b"answered" in content for content in everything.values())
    leaks = {name: its for name, content in everything.items() if (its := found_in(content))}
    assert leaks == {}


def until(is_so: Callable[[], bool], place: Place) -> None:
    """Wait for something of which an address that nobody answers on yet is no sign."""

    def holds() -> bool:
        with contextlib.suppress(OSError):
            return is_so()
        return False

    wait_until(holds, 40, lambda: str(place.said))


def shared(site: Site) -> tuple[object, ...]:
    return ("--catalogue", site.file, "--kafka", site.kafka, "--topics", site.topics)


def kept(site: Site) -> dict[str, bytes]:
    """Everything that was written to a file, but for what the operator wrote."""
    return {
        str(path.relative_to(site.directory)): gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else path.read_bytes()
        for path in site.directory.rglob("*")
        if path.is_file()
    }


def records(site: Site) -> dict[str, bytes]:
    """Every record of the topics, also of what was rejected."""
    logs = [*site.logs(), *read_topic(site.kafka, site.topic("rejected"))]
    return {
        f"{log.name}/{log.partition}/{record.offset}": record.value or b""
        for log in logs
        for record in log.records
    }


def events(site: Site, kind: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for log in site.logs():
        if log.key == kind:
            for record in log.records:
                said = json.loads(record.value or b"")
                found += said if isinstance(said, list) else [said]
    return found


def ids(site: Site, kind: str) -> set[object]:
    return {event["id"] for event in events(site, kind)}


def assert_outcome(site: Site) -> None:
    """What went on to the partner has been answered there: the whole way was gone."""
    with contextlib.closing(sqlite3.connect(site.directory / "arkiv.db")) as archive:
        asked = "SELECT count(*) FROM leg WHERE queue = 'kalix-tele24' AND answered IS NOT NULL"
        assert archive.execute(asked).fetchone() == (1,)
        asked = "SELECT count(DISTINCT caller) FROM leg WHERE caller IS NOT NULL"
        assert archive.execute(asked).fetchone()[0] >= 4
