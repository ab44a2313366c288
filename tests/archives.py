"""The archive as a process in tests, and what it should have."""

import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archived import but_heartbeats
from busy import PARTITIONS
from workers import Site, wait_until

from stack.loopback import answers_ok
from stack.own import NOTHING, Command
from stack.ports import free_ports
from streams.archive import database
from streams.archive.reading import books_of
from streams.archive.writing import BEFORE_ALL
from streams.domain.event_types import TOPICS
from streams.replay import fold

TOKEN = "en-token-som-ingen-gissar"  # noqa: S105 # of the tests


class Archive(Command):
    """The archive's process, in a database."""

    def __init__(
        self,
        site: Site,
        name: str,
        told: str,
        password_file: Path | None = None,
        environment: Mapping[str, str] = NOTHING,
    ) -> None:
        (self.port,) = free_ports(1)
        self.url = database.address(told, str(password_file) if password_file else None)
        self.token = site.directory / f"{name}.token"
        self.token.write_text(TOKEN)
        self.token.chmod(0o400)
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
            environment={
                "SVARSGRAD_LOG_FORMAT": "json",
                "SVARSGRAD_LISTEN_TOKEN_FILE": str(self.token),
                **environment,
            },
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


def lags(archive: Archive) -> list[float]:
    """The lag of each partition that it tells of."""
    asked = urllib.request.Request(f"http://127.0.0.1:{archive.port}/metrics")
    asked.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    return [float(line.split()[-1]) for line in lines if "_archive_lag_records{" in line]
