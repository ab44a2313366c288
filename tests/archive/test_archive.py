"""The archive's process on a real broker: whatever happens to it, it has what the topics say."""

import random
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from busy import MUNICIPALITIES, PARTITIONS, happenings
from workers import Load, Site, wait_until

from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import free_ports
from stack.postgresql import PostgreSQL
from streams.archive import database
from streams.archive.reading import books_of
from streams.archive.writing import BEFORE_ALL
from streams.domain.event_types import TOPICS
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
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        lags = [float(line.split()[-1]) for line in lines if "_archive_lag_records{" in line]
        return round(sum(lags)) if len(lags) == PARTITIONS * len(TOPICS) else None


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
    found = {}
    engine = database.engine_of(archive.url, reads_only=True)
    with engine.connect() as connection:
        for id_, municipality in site.catalogue.municipalities.items():
            expected = but_heartbeats(books[id_].facts())
            its = but_heartbeats(books_of(connection, municipality).facts())
            assert expected, id_
            found[id_] = [key for key in expected | its if expected.get(key) != its.get(key)]
    engine.dispose()
    return found


def but_heartbeats(facts: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in facts.items() if key[:2] != ("presence", "heartbeat")}


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
        for _ in range(4):
            archive.start()
            time.sleep(rng.uniform(0.0, 1.5))
            archive.kill()
    archive.start()
    until_all_is_written(archive)
    assert differences(site, archive) == {id_: [] for id_ in MUNICIPALITIES}
