"""A backup of topics and archive, put back on a Kafka that has nothing, is what was there."""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from archived import but_heartbeats
from archives import Archive, until_all_is_written
from busy import PARTITIONS, happenings
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaProducer
from kafka.structs import TopicPartition
from workers import Site

from stack.broker import Broker
from stack.ports import free_ports
from streams.__main__ import commands
from streams.archive import database
from streams.archive.reading import books_of
from streams.backup import BackupError, files, record_of
from streams.backup.files import read_manifest
from streams.backup.restoring import restore_topics
from streams.backup.saving import copy_of_database, forget_old, make_backup
from streams.domain.event_types import TOPICS
from streams.domain.events import encode
from streams.kafka.administration import connect, create, require_append_time
from streams.kafka.security import PLAINTEXT
from streams.kafka.topics import TopicError, wanted
from streams.replay.topic_log import read_topic

NOW = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
SOME = 800
OFFERED = "se.svarsgrad.call.offered.v1"
BYTES = st.none() | st.binary(max_size=50) | st.text(max_size=50).map(lambda t: t.encode())


def run(*arguments: str) -> Result:
    """Run a command as it is typed."""
    return CliRunner().invoke(commands, arguments)


@given(key=BYTES, value=BYTES, header=st.binary(max_size=9), offset=st.integers(0, 2**62))
def test_a_record_is_read_as_it_was_written(
    key: bytes | None, value: bytes | None, header: bytes, offset: int
) -> None:
    written = record_of(offset, 17, key, value, (("h", header),))
    read = files._decoder.decode(files.line(written))
    assert read == written
    assert read.raw == (key, value)


def put(site: Site, **record: Any) -> None:
    """Put one record in the topic of calls, as no producer of ours does."""
    with closing(KafkaProducer(bootstrap_servers=site.kafka)) as producer:
        producer.send(site.topic("calls"), **record).get(10)


def cut(site: Site, topic: str, offset: int) -> None:
    """Let a topic's first partition forget what is before an offset."""
    with closing(connect(site.kafka)) as admin:
        admin.delete_records({TopicPartition(site.topic(topic), 0): offset})


@pytest.fixture(scope="module")
def used(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a site in use: with events of all kinds, and what is no event; its archive beside."""
    site = Site(broker.bootstrap_servers, "svarsgrad", tmp_path_factory.mktemp("plats"))
    site.make_topics()
    events = list(islice(happenings(random.Random(3)), SOME))
    with site.publisher() as publisher:
        publisher.publish_many(events[::2])
        for event in events[1::2]:
            publisher.publish(event)
    for value in (b"\xff\xfe", b"", None, b"[1]"):
        put(site, value=value, key=b"k0", partition=0, headers=[("varifr\xe5n", b"\x00")])
    early = json.loads(encode(next(event for event in events if event.type == OFFERED)))
    early |= {"id": "tidig", "time": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}
    put(site, value=json.dumps(early).encode(), key=early["partitionkey"].encode())
    cut(site, "calls", 3)
    archive = archive_of(site)
    with archive:
        until_all_is_written(archive)
    return site


def archive_of(site: Site) -> Archive:
    return Archive(site, f"arkiv-{site.kafka.rpartition(':')[2]}", str(database_of(site)))


def database_of(site: Site) -> Path:
    return site.directory / "arkiv.db"


@pytest.fixture(scope="module")
def backup(used: Site) -> Path:
    """Return the folder of a backup of it, made by the command."""
    (used.directory / "lagen").mkdir()
    (used.directory / "lagen" / "kalla.state").write_text("17")
    made = run(
        *("backup", "--to", str(used.directory / "kopior"), "--kafka", used.kafka),
        *("--database", str(database_of(used)), "--also", str(used.directory / "lagen")),
    )
    assert made.exit_code == 0, made.output
    (folder,) = (used.directory / "kopior").iterdir()
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    """Return a site on a Kafka of its own, in which nothing is."""
    port, controller_port = free_ports(2)
    with Broker(tmp_path / "kafka", port, controller_port) as running:
        yield Site(running.bootstrap_servers, "svarsgrad", tmp_path)


def restore(backup: Path, site: Site) -> Result:
    return run(
        *("restore", str(backup), "--replication", "1", "--kafka", site.kafka),
        *("--database", str(database_of(site)), "--topics", site.topics),
    )


def archived(site: Site) -> dict[str, Any]:
    """Return the facts that a site's archive has."""
    engine = database.engine_of(database.address(str(database_of(site))), reads_only=True)
    with closing(engine.connect()) as connection:
        found = {
            id_: but_heartbeats(books_of(connection, municipality))
            for id_, municipality in site.catalogue.municipalities.items()
        }
    engine.dispose()
    return found


def records(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """Return all records as they are, but for their offsets."""
    return {
        log.name: [(r.key, r.value, r.timestamp, r.headers) for r in log.records]
        for kind in TOPICS
        for log in read_topic(site.kafka, site.topic(kind))
    }


def figures(site: Site, at: datetime) -> Any:
    counted = run(
        *("replay", "--topics", "svarsgrad", "--kafka", site.kafka, "--json"),
        *("--catalogue", str(site.file), "--at", at.isoformat()),
    )
    assert counted.exit_code == 0, counted.output
    return json.loads(counted.stdout)


def test_what_is_put_back_has_the_same_records_figures_and_archive(
    used: Site, backup: Path, empty: Site
) -> None:
    at = datetime.now(UTC)
    restored = restore(backup, empty)
    assert restored.exit_code == 0, restored.output
    assert "är tillbaka i ämnena" in restored.output
    assert records(empty) == records(used)
    before = figures(used, at)
    assert any(its["contacts"] for its in before.values())
    assert figures(empty, at) == before
    # The archive that was put back reads the log that is another, and has what it had.
    with archive_of(empty) as archive:
        until_all_is_written(archive)
    facts = archived(used)
    assert any(facts.values())
    assert archived(empty) == facts
    # And the topics are as they must be: no records with times of their own are taken.
    checked = run("topics", "--check", "--kafka", empty.kafka, "--replication", "1",
                  "--partitions", str(PARTITIONS))  # fmt: skip
    assert checked.exit_code == 0, checked.output
    again = restore(backup, empty)
    assert again.exit_code == 1
    assert "har redan händelser" in again.output


def test_one_that_is_broken_off_lets_no_worker_start_and_goes_on(
    used: Site, backup: Path, unmade_site: Site
) -> None:
    manifest = read_manifest(backup)
    largest = max(manifest.logs, key=lambda log: log.records)

    def breaks_off(log: Any) -> None:
        if log == largest:
            raise KeyboardInterrupt

    where = unmade_site
    put_back: dict[str, Any] = {
        "kafka": where.kafka, "security": PLAINTEXT, "prefix": where.topics, "replication": 1,
    }  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        restore_topics(backup, manifest, **put_back, told=breaks_off)
    with (
        closing(connect(unmade_site.kafka)) as admin,
        pytest.raises(TopicError, match="CreateTime"),
    ):
        require_append_time(admin, unmade_site.topic("calls"))
    restore_topics(backup, manifest, **put_back)
    assert [*records(unmade_site).values()] == [*records(used).values()]


def test_topics_that_have_other_partitions_are_left_as_they_are(
    backup: Path, unmade_site: Site
) -> None:
    with closing(connect(unmade_site.kafka)) as admin:
        create(admin, wanted(unmade_site.topics, PARTITIONS + 1, replication=1))
    refused = restore(backup, unmade_site)
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert "kopian har 4 partitioner av varje ämne" in refused.output
    with closing(connect(unmade_site.kafka)) as admin:
        require_append_time(admin, unmade_site.topic("calls"))


def test_what_somebody_else_writes_meanwhile_is_noticed(backup: Path, unmade_site: Site) -> None:
    wrote: list[Any] = []

    def writes(log: Any) -> None:
        if not wrote:
            put(unmade_site, value=b"{}", partition=0)
        wrote.append(log)

    with pytest.raises(BackupError, match="någon annan skriver"):
        restore_topics(
            backup, read_manifest(backup), kafka=unmade_site.kafka, security=PLAINTEXT,
            prefix=unmade_site.topics, replication=1, told=writes,
        )  # fmt: skip
    again = restore(backup, unmade_site)
    assert again.exit_code == 1
    assert f"{unmade_site.topic('calls')} har mer än kopian" in again.output


@pytest.mark.parametrize("harm", ["changed", "missing", "manifest", "version", "none"])
def test_a_backup_that_is_not_whole_is_refused_before_anything_is_done(
    backup: Path, tmp_path: Path, harm: str
) -> None:
    copy = tmp_path / "kopia"
    if harm != "none":
        shutil.copytree(backup, copy)
    file = copy / "calls-1.jsonl.gz"
    match harm:
        case "changed":
            file.write_bytes(file.read_bytes()[:-1])
        case "missing":
            file.unlink()
        case "manifest":
            (copy / "backup.json").write_text("{")
        case "version":
            told = json.loads((copy / "backup.json").read_text()) | {"version": 2}
            (copy / "backup.json").write_text(json.dumps(told))
    refused = run("restore", str(copy), "--kafka", "127.0.0.1:1")
    assert refused.exit_code == 1
    (line,) = refused.output.splitlines()
    assert str(copy) in line


def test_a_backup_is_its_owners_alone_and_has_what_was_to_be_with_it(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in backup.iterdir()} == {0o600}
    shutil.unpack_archive(backup / "lagen.tar.gz", backup.parent.parent / "ut")
    assert (backup.parent.parent / "ut" / "lagen" / "kalla.state").read_text() == "17"


def test_the_archive_is_copied_while_it_is_written(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "arkiv.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE leg (id)")
        writer.execute("INSERT INTO leg VALUES (1)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO leg VALUES (2)")
        copy_of_database(tmp_path / "arkiv.db", tmp_path / "kopia.db")
        writer.execute("COMMIT")
    with closing(sqlite3.connect(tmp_path / "kopia.db")) as copy:
        assert copy.execute("SELECT id FROM leg").fetchall() == [(1,)]


def test_only_the_latest_are_kept_and_nothing_that_is_no_backup_goes(tmp_path: Path) -> None:
    names = [f"2026-03-{day:02}T013000Z" for day in (1, 2, 3)]
    for name in (*names, "eget"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "backup.json").touch()
    (tmp_path / "2026-03-04T013000Z").mkdir()
    assert forget_old(tmp_path, 2) == [tmp_path / names[0]]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *names[1:], "2026-03-04T013000Z", "eget",
    ]  # fmt: skip


def test_one_that_fails_leaves_no_backup_and_the_next_takes_its_rest_away(
    used: Site, tmp_path: Path
) -> None:
    def fails(_: Any) -> None:
        raise KeyboardInterrupt

    told: dict[str, Any] = {
        "kafka": used.kafka, "security": PLAINTEXT, "prefix": "svarsgrad", "archive": None,
    }  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        make_backup(tmp_path, NOW, **told, told=fails)
    assert not list(tmp_path.glob("*/backup.json"))
    folder, manifest = make_backup(tmp_path, NOW + timedelta(days=1), **told)
    assert [*tmp_path.iterdir()] == [folder]
    assert manifest.archive is None
    assert manifest.logs[0].begin == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--database", "{0}/borta.db"), "finns inte: ange det med --database"),
        (("--database", "{0}/text.db"), "är ingen databas: ange en annan fil"),
        (("--database", "{0}/text.db", "--to", "{0}/text.db/kopior"), "kunde inte skrivas"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    used: Site, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "text.db").write_text("text " * 100)
    told = [argument.format(tmp_path) for argument in arguments]
    refused = run("backup", "--to", str(tmp_path / "kopior"), "--kafka", used.kafka, *told)
    assert refused.exit_code == 1
    (line,) = refused.output.splitlines()
    assert said in line
