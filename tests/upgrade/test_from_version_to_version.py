"""An upgrade, as docs/upgrade.md has it, and the way back: two versions beside each other.

The next version is of our own making (``next_version``): it says surveys otherwise, calls a metric
otherwise, and has other tables.
"""

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import next_version
import pytest
from archives import Archive, until_all_is_written
from busy import MUNICIPALITIES, PARTITIONS, happenings
from exported import asked
from kafka import KafkaProducer
from sqlalchemy import MetaData, select
from workers import Site, crew, said, shown, until_all_are_shown, wait_until

from stack.own import Worker
from streams.archive import database
from streams.domain.events import elements, encode
from streams.events_page import example
from streams.ledgers import partition_of
from streams.replay.topic_log import read_topic

TOWN = MUNICIPALITIES[0]


@pytest.fixture
def site(unmade_site: Site) -> Site:
    made = unmade_site.make_topics()
    happened = happenings(random.Random(21))
    made.publish(list(itertools.islice(happened, 3_000)))
    return made


@pytest.fixture
def archives(site: Site) -> Iterator[tuple[Archive, Archive]]:
    """The archive of our version and of the next, of one database: one runs at a time."""
    told = str(site.directory / "arkiv.db")
    ours = Archive(site, "arkivet", told)
    newer = Archive(site, "nästa", told, environment=of_next())
    yield ours, newer
    ours.stop()
    newer.stop()


def of_next() -> dict[str, str]:
    return {"PYTHONPATH": str(next_version.next_version())}


def next_worker(site: Site) -> Worker:
    made = site.worker("next")
    path = f"{next_version.next_version()}:{made._environment['PYTHONPATH']}"
    made._environment = {**made._environment, "PYTHONPATH": path}
    return made


def survey(subject: str) -> dict[str, object]:
    """An answer to a survey, as our version says it."""
    its: dict[str, object] = json.loads(encode(example("se.svarsgrad.survey.answered.v1")))
    return {**its, "id": f"{subject}/answered", "subject": subject, "partitionkey": TOWN}


def in_version_2(event: dict[str, object]) -> dict[str, object]:
    data = dict(event["data"])  # type: ignore[call-overload]
    data["score"] = data.pop("grade")
    return {**event, "type": "se.svarsgrad.survey.answered.v2", "data": data}


def publish(site: Site, event: dict[str, object]) -> None:
    producer = KafkaProducer(bootstrap_servers=site.kafka.split(","), acks="all")
    value, partition = json.dumps(event).encode(), partition_of(TOWN, PARTITIONS)
    producer.send(site.topic("cases"), value, key=TOWN.encode(), partition=partition)
    producer.flush(timeout=30)
    producer.close()


def replies(archive: Archive) -> set[str]:
    """Whose answers to the survey are in the archive."""
    engine, metadata = database.engine_of(archive.url, reads_only=True), MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        found = set(connection.execute(select(metadata.tables["survey_answer"].c.reply)).scalars())
    engine.dispose()
    return found


def verify(site: Site, worker: Worker, *, is_next: bool) -> subprocess.CompletedProcess[str]:
    given = [
        *("verify", "--worker", f"http://127.0.0.1:{worker.port}", "--catalogue", str(site.file)),
        *("--kafka", site.kafka, "--topics", site.topics),
    ]
    if is_next:
        return next_version.run(*given)
    return subprocess.run(
        [sys.executable, "-m", "streams", *given], capture_output=True, text=True, check=False
    )


def reasons(site: Site) -> list[str]:
    return [
        json.loads(record.value)["reason"]
        for log in read_topic(site.kafka, site.topic("rejected"))
        for record in log.records
    ]


def test_two_versions_share_a_group_and_the_newer_one_reads_both(site: Site) -> None:
    ours, newer = site.worker("ours"), next_worker(site)
    with crew(ours):
        until_all_are_shown(ours)
        publish(site, survey("of-1"))
        publish(site, in_version_2(survey("of-2")))
        wait_until(lambda: reasons(site) == ["newer_version"], 20, "our version can't read it")
        with crew(newer):
            until_all_are_shown(ours, newer)
            wait_until(lambda: bool(shown(ours)) and bool(shown(newer)), 30, "each has some")
            text = asked(newer.port).decode()
            assert 'svarsgrad_build_info{version="0.2.0"} 1.0' in text
            assert 'svarsgrad_build_info{version="0.1.0"} 1.0' in asked(ours.port).decode()
            assert "# HELP svarsgrad_waiting Deprecated, gone in 0.3: ask for " in text
            old = sorted(its for its in text.splitlines() if its.startswith("svarsgrad_waiting{"))
            assert old
            assert [its.replace("_waiting", "_queue_waiting") for its in old] == sorted(
                its for its in text.splitlines() if its.startswith("svarsgrad_queue_waiting{")
            )
            other = verify(site, newer, is_next=False)
            assert other.returncode == 1
            assert "är svarsgrad 0.2.0, och det här är 0.1.0: jämför med samma" in other.stderr
            ours.stop()
            until_all_are_shown(newer)  # what it took over it has read anew: both versions of it
            done = verify(site, newer, is_next=True)
            assert done.returncode == 0, done.stdout + done.stderr
    assert "crashed" not in said(ours) + said(newer)


def test_what_was_of_a_newer_version_is_taken_back_into_the_archive_and_the_way_back_is_open(
    site: Site, archives: tuple[Archive, Archive], tmp_path: Path
) -> None:
    ours, newer = archives
    publish(site, survey("of-1"))
    publish(site, in_version_2(survey("of-2")))
    worker = site.worker("ours")
    with crew(worker), ours:
        until_all_is_written(ours)
        wait_until(lambda: reasons(site) == ["newer_version"], 20, "it is told")
    assert {"of-1"} == replies(ours) & {"of-1", "of-2"}
    to = ("--kafka", site.kafka, "--topics", site.topics)
    with newer:
        until_all_is_written(newer)
        for _ in range(2):  # twice is as once
            done = next_version.run("republish-rejected", *to)
            assert (done.returncode, done.stderr) == (0, "Skickades: 1 händelse.\n")
        file = tmp_path / "more.jsonl"
        file.write_text(json.dumps(in_version_2(survey("as-1"))))
        written = next_version.run("republish", file, *to, SVARSGRAD_WRITE_AS="0.1")
        assert written.returncode == 0, written.stderr
        until_all_is_written(newer)
    assert {"of-1", "of-2", "as-1"} <= replies(newer)
    assert said_in_topic(site, "as-1") == ["se.svarsgrad.survey.answered.v1"]
    assert said_in_topic(site, "of-2") == ["se.svarsgrad.survey.answered.v2"] * 3
    refused = subprocess.run(ours.command(), capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "är av en nyare version (0002)" in refused.stderr
    back = next_version.run("migrate-archive", "--to", "0001", "--database", ours.url.database)
    assert back.returncode == 0, back.stderr
    with ours:
        publish(site, survey("of-3"))
        until_all_is_written(ours)
    assert {"of-1", "of-2", "as-1", "of-3"} <= replies(ours)


def said_in_topic(site: Site, subject: str) -> list[str]:
    return [
        event["type"]
        for log in read_topic(site.kafka, site.topic("cases"))
        for record in log.records
        for event in map(json.loads, elements(record.value))
        if event["subject"] == subject
    ]
