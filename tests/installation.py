"""A whole svarsgrad as one operator runs it: real services, a worker, an archive, rules, mail."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from alerts_cases import CATALOGUE
from archives import Archive
from click.testing import CliRunner, Result
from msgspec.structs import replace
from workers import Site, offsets, wait_until

from alerts.command import ALERTMANAGER, RULES, rendered
from alerts.routing import TEMPLATES, Mail, Told
from stack.alertmanager import Alertmanager
from stack.own import Worker
from stack.ports import free_ports
from stack.prometheus import Prometheus
from streams.__main__ import commands
from streams.catalogue_file import read_catalogue
from streams.events_page import example


@dataclass
class Installation:
    """All of it, running."""

    site: Site
    worker: Worker
    archive: Archive
    prometheus: Prometheus
    alertmanager: Alertmanager
    catalogue: Path
    told: dict[str, str] = field(init=False)
    """What the doctor is told of it, by option."""

    def __post_init__(self) -> None:
        self.told = {
            "--catalogue": str(self.catalogue),
            "--kafka": self.site.kafka,
            "--topics": self.site.topics,
            "--group": self.site.topics,
            "--archive-group": f"{self.site.topics}-arkiv",
            "--worker": f"http://127.0.0.1:{self.worker.port}",
            "--prometheus": self.prometheus.url,
            "--alertmanager": self.alertmanager.url,
            "--database": str(self.archive.url.database),
        }

    def doctor(self, *more: str, **changed: str | None) -> Result:
        """Run the doctor, told otherwise of some parts, or nothing of them."""
        told = self.told | {f"--{name}": value for name, value in changed.items()}
        given = [text for pair in told.items() if pair[1] is not None for text in pair]
        return CliRunner().invoke(commands, ["doctor", *given, *more])


@contextlib.contextmanager
def installed(kafka: str, topics: str, directory: Path) -> Iterator[Installation]:
    """Run all of it for as long: the source is heard, and one call has come."""
    site = Site(kafka, topics, directory).make_topics()
    site.file.write_text(CATALOGUE, encoding="utf-8")
    files = rendered(
        read_catalogue(site.file), Told(Mail("127.0.0.1:25", "larm@example.org")), now().year
    )
    (directory / TEMPLATES).write_text(files[TEMPLATES], "utf-8")
    rules = directory / RULES
    rules.write_text(files[RULES], "utf-8")
    prometheus_port, alertmanager_port = free_ports(2)
    worker = site.worker("raknare")
    anybody = {"SVARSGRAD_LISTEN_TOKEN_FILE": ""}
    archive = Archive(site, "arkiv", str(directory / "arkiv.db"), environment=anybody)
    (directory / "alertmanager").mkdir()
    (directory / "alertmanager" / TEMPLATES).write_text(files[TEMPLATES], "utf-8")
    alertmanager = Alertmanager(directory / "alertmanager", alertmanager_port, files[ALERTMANAGER])
    prometheus = Prometheus(
        directory / "prometheus",
        prometheus_port,
        [f"127.0.0.1:{worker.port}", f"127.0.0.1:{archive.port}"],
        rule_files=[rules],
        alertmanager_url=alertmanager.url,
    )
    with contextlib.ExitStack() as running:
        for service in (worker, archive, alertmanager, prometheus):
            running.callback(service.stop)
            service.launch()
        for service in (worker, archive, alertmanager, prometheus):
            service.wait_ready()
        its = Installation(site, worker, archive, prometheus, alertmanager, site.file)
        hear_from_the_source(site)
        until_all_is_known(its)
        yield its


def hear_from_the_source(site: Site) -> None:
    """Publish a call, and that the exchange is alive."""
    at = now()
    call, beat = (
        example(f"se.svarsgrad.{kind}.v1") for kind in ("call.offered", "presence.heartbeat")
    )
    call = replace(call, partitionkey="lulea", time=at)
    beat = replace(beat, partitionkey="lulea", subject="pbx", time=at, id=f"pbx/{at}")
    call = replace(call, data=replace(call.data, queue="vaxel", arrived_at=at, caller=None))
    site.publish([call, beat])


def until_all_is_known(its: Installation) -> None:
    """Wait until the archive has it, and Prometheus has figures of both, and of the worker."""
    wait_until(lambda: its.archive.lag() == 0, 30, "the archive has it all")
    wait_until(lambda: _all_is_committed(its.site), 30, "the worker has said where it is")
    count = "count(svarsgrad_ready == 1) + count(svarsgrad_archive_ready == 1)"
    wait_until(
        lambda: [sample.value for sample in its.prometheus.query(count)] == [2], 30, "scraped"
    )


def _all_is_committed(site: Site) -> bool:
    ends, committed = asyncio.run(offsets(site))
    return all(committed.get(place, 0) >= end for place, end in ends.items())


def now() -> datetime:
    return datetime.now(UTC)
