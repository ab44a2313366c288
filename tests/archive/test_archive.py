"""The archive's process on a real broker: whatever happens to it, it has what the topics say."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.structs import TopicPartition
from archives import Archive, differences, lags, until_all_is_written
from busy import MUNICIPALITIES, PARTITIONS, happenings
from click.testing import CliRunner
from sqlalchemy import select
from strategies_cases import case_event
from workers import Load, Site, offsets, wait_until

from stack.broker import Broker
from stack.ports import free_ports
from stack.postgresql import PostgreSQL
from streams.__main__ import commands
from streams.archive import database, schema
from streams.archive.writing import BEFORE_ALL
from streams.domain.event_types import TOPICS
from streams.domain.instants import micros
from streams.kafka.administration import connect
from streams.replay import fold

Kill = Callable[[], None]


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
        said = archive.console.read_text("utf-8")
        assert said.index("the archive waits: ") < said.index("the archive goes on: ")
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


def test_a_broker_that_is_away_is_said_and_waited_for(topics: str, tmp_path: Path) -> None:
    events = happenings(random.Random(13))
    with Broker(tmp_path / "kafka", *free_ports(2)) as broker:
        site = Site(broker.bootstrap_servers, topics, tmp_path).make_topics()
        site.publish([next(events) for _ in range(500)])
        with Archive(site, "arkivet", str(tmp_path / "arkiv.db")) as archive:
            until_all_is_written(archive)
            broker.stop()
            try:
                wait_until(lambda: not archive.is_ready(), 20, "it says that it waits")
            finally:
                broker.start()
            site.publish([next(events) for _ in range(500)])
            wait_until(archive.is_ready, 40, lambda: archive.console.read_text("utf-8"))
            wait_until(lambda: not any(differences(site, archive).values()), 20, "all is there")
