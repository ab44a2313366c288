"""The archive's process on a real broker: whatever happens to it, it has what the topics say."""

import asyncio
import random
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.structs import TopicPartition
from archived import but_heartbeats
from busy import MUNICIPALITIES, PARTITIONS, happenings
from click.testing import CliRunner
from sqlalchemy import select
from strategies_cases import case_event
from workers import Load, Site, offsets, wait_until

from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import free_ports
from stack.postgresql import PostgreSQL
from streams.__main__ import commands
from streams.archive import database, schema
from streams.archive.reading import books_of
from streams.archive.writing import BEFORE_ALL
from streams.domain.event_types import TOPICS
from streams.domain.instants import micros
from streams.kafka.topics import connect
from streams.replay import fold

Kill = Callable[[], None]


class Archive(Command):
    """The archive's process, in a database."""

    def __init__(
        self, site: Site, name: str, told: str, password_file: Path | None = None
    ) -> None:
        (self.port,) = free_ports(1)
        self.url = database.address(told, str(password_file) if password_file else None)
        given = ("--database-password-file", str(password_file)) if password_file else ()
        super().__init__(
            "Arkivet",
            site.directory / name,
            "archive",
            *("--catalogue", str(site.file), "--kafka", site.kafka, "--topics", site.topics),
            *("--database", told, *given, "--group", f"{site.topics}-arkiv"),
            *("--listen", f"127.0.0.1:{self.port}"),
            ports={"--listen": self.port},
            ready=lambda: answers_ok(self.port, "/readyz"),
        )

    def lag(self) -> int | None:
        """How many records it has not written; None if it doesn't say so of all partitions."""
        found = lags(self)
        return round(sum(found)) if len(found) == PARTITIONS * len(TOPICS) else None


def until_all_is_written(*archives: Archive) -> None:
    def is_written() -> bool:
        try:
            return all(its.lag() == 0 for its in archives)
        except OSError:
            return False

    wait_until(is_written, 40, lambda: archives[0].console.read_text("utf-8"))


def differences(site: Site, archive: Archive) -> dict[str, list[Any]]:
    """What the archive has otherwise than the topics, of each municipality: keys of facts."""
    books, refused = fold(site.catalogue, site.logs(), BEFORE_ALL)
    assert refused == []
    assert any(its.facts() for its in books.values())
    found = {}
    engine = database.engine_of(archive.url, reads_only=True)
    with engine.connect() as connection:
        for id_, municipality in site.catalogue.municipalities.items():
            expected = but_heartbeats(books[id_])
            its = but_heartbeats(books_of(connection, municipality))
            found[id_] = [key for key in expected | its if expected.get(key) != its.get(key)]
    engine.dispose()
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, site: Site) -> Iterator[Archive]:
    if request.param == "sqlite":
        made = Archive(site, "arkivet", str(site.directory / "arkiv.db"))
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        made = Archive(site, "arkivet", server.new_database(), server.password_file)
    yield made
    made.stop()


def test_killed_at_any_moment_it_has_what_the_topics_say(site: Site, archive: Archive) -> None:
    rng = random.Random(8)
    events = happenings(rng)
    site.publish([next(events) for _ in range(5_000)])
    with Load(site, 400, rng):
        for _ in range(2):
            archive.start()
            time.sleep(rng.uniform(0.0, 1.5))  # any moment: that is what is tried
            archive.kill()
    archive.start()
    until_all_is_written(archive)
    assert differences(site, archive) == {id_: [] for id_ in MUNICIPALITIES}


def test_two_share_the_partitions_and_one_that_is_killed_is_succeeded(
    site: Site, postgresql: PostgreSQL
) -> None:
    rng = random.Random(9)
    told = postgresql.new_database()
    one, other = (Archive(site, name, told, postgresql.password_file) for name in ("ett", "två"))
    with Load(site, 400, rng), one:
        with other:
            wait_until(lambda: bool(lags(one)) and bool(lags(other)), 30, "both have some")
            time.sleep(2)
            other.kill()
            wait_until(lambda: len(lags(one)) == PARTITIONS * len(TOPICS), 30, "it has all")
        with other:
            time.sleep(3)
    with one:
        until_all_is_written(one)
    assert differences(site, one) == {id_: [] for id_ in MUNICIPALITIES}


def test_a_database_that_is_away_is_waited_for(site: Site, postgresql: PostgreSQL) -> None:
    rng = random.Random(10)
    archive = Archive(site, "ett", postgresql.new_database(), postgresql.password_file)
    with archive:
        with Load(site, 300, rng):
            time.sleep(2)  # some is written before
            postgresql.stop()
            try:
                wait_until(lambda: not archive.is_ready(), 20, "it says that it waits")
                time.sleep(2)  # more comes while it is away
            finally:
                postgresql.start()
        until_all_is_written(archive)
        assert archive.is_ready()
        assert "the archive waits: " in archive.console.read_text("utf-8")
    assert differences(site, archive) == {id_: [] for id_ in MUNICIPALITIES}


def test_what_had_left_the_log_before_it_was_read_is_noted(site: Site) -> None:
    archive = Archive(site, "arkivet", str(site.directory / "arkiv.db"))
    events = happenings(random.Random(11))
    site.publish([next(events) for _ in range(2_000)])
    with archive:
        until_all_is_written(archive)
    site.publish([next(events) for _ in range(2_000)])
    ends, _ = asyncio.run(offsets(site))
    lost = TopicPartition(site.topic("calls"), 0)
    admin = connect(site.kafka)
    admin.delete_records({lost: ends[lost.topic, lost.partition]})
    admin.close()
    with archive:
        until_all_is_written(archive)
    engine = database.engine_of(archive.url, reads_only=True)
    with engine.connect() as connection:
        (gap,) = connection.execute(select(schema.gap)).all()
    engine.dispose()
    assert (gap.topic, gap.partition) == (lost.topic, lost.partition)
    assert 0 < gap.from_offset < gap.to_offset == ends[lost.topic, lost.partition]


def test_topics_that_were_made_anew_are_read_from_their_beginning(site: Site) -> None:
    archive = Archive(site, "arkivet", str(site.directory / "arkiv.db"))
    events = happenings(random.Random(12))
    first = [next(events) for _ in range(1_000)]
    site.publish(first)
    with archive:
        until_all_is_written(archive)
    admin = connect(site.kafka)
    admin.delete_topics([site.topic(kind) for kind in TOPICS])
    wait_until(lambda: not {site.topic(k) for k in TOPICS} & set(admin.list_topics()), 20, "gone")
    admin.close()
    site.make_topics()
    site.publish([next(events) for _ in range(1_000)])
    with archive:
        until_all_is_written(archive)
        assert "is another log than it was" in archive.console.read_text("utf-8")
    found = differences(site, archive)
    there = fold(site.catalogue, site.logs(), BEFORE_ALL)[0]
    for id_, keys in found.items():  # what the first log said is kept
        assert not set(keys) & set(there[id_].calls.facts())


def lags(archive: Archive) -> list[float]:
    """The lag of each partition that it tells of."""
    with urllib.request.urlopen(f"http://127.0.0.1:{archive.port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return [float(line.split()[-1]) for line in lines if "_archive_lag_records{" in line]


def keep_open(site: Site, archive: Archive, *more: str) -> tuple[int, str]:
    given = ("--catalogue", str(site.file), "--kafka", site.kafka, "--topics", site.topics)
    asked = ["keep-open", *given, "--database", str(site.directory / "arkiv.db"), *more]
    assert database.is_file(archive.url)
    done = CliRunner().invoke(commands, asked)
    return done.exit_code, done.output


def test_what_is_open_for_very_long_is_stated_anew_by_the_archive(site: Site) -> None:
    archive = Archive(site, "arkivet", str(site.directory / "arkiv.db"))
    name = MUNICIPALITIES[0]
    whose = site.catalogue.municipalities[name].name
    now = datetime.now(UTC).replace(microsecond=0)
    old = now - timedelta(days=390)
    case = case_event("opened", "gammalt", old, old, municipality=name)
    site.publish([case, case_event("opened", "nytt", now, now, municipality=name)])
    code, said = keep_open(site, archive)
    assert (code, "finns inte: det görs av svarsgrad archive" in said) == (1, True)
    with archive:
        until_all_is_written(archive)
        code, said = keep_open(site, archive, "--dry-run")
        assert code == 0
        assert f"{whose}: 0 frågor och 1 ärende skulle anges på nytt" in said
        code, said = keep_open(site, archive)
        assert f"{whose}: 0 frågor och 1 ärende angavs på nytt" in said
        wait_until(lambda: keep_open(site, archive, "--dry-run")[0] == 0, 20, "it has caught up")
        code, said = keep_open(site, archive)
        assert f"{whose}: 0 frågor och 0 ärenden angavs på nytt" in said
    in_a_month = micros(now + timedelta(days=30))
    books, _ = fold(site.catalogue, site.logs(), in_a_month)
    assert {subject for subject, *_ in books[name].cases.facts()} == {"gammalt", "nytt"}
    assert differences(site, archive)[name] == []
    site.publish([case])
    code, said = keep_open(site, archive)
    assert (code, "arkivet ligger 1 post efter ämnena" in said) == (1, True)
