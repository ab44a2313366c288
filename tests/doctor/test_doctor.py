"""svarsgrad doctor, at real services: all is well; then one thing is wrong, and it is named."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alerts_cases import CATALOGUE
from click.testing import Result
from installation import (
    Installation,
    hear_from_the_source,
    installed,
    now,
    until_all_is_known,
)
from workers import wait_until

from doctor.probes import asking, machine, prometheus
from doctor.seen import Disk
from stack.broker import Broker
from stack.loopback import request
from stack.ports import free_ports
from stack.prometheus import Prometheus
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted

FRIDAY = 4
PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"
BEGIN, END = "<!-- example: begin -->", "<!-- example: end -->"
DISK = Disk("/var/lib/svarsgrad", 57 << 30, 80 << 30, 900, 1_000)
FILLS_SLOWLY = """
async def _fill_never(*_arguments):
    await asyncio.sleep(600)

Recovery._read = _fill_never
"""


@pytest.fixture(scope="module")
def shared(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(broker.bootstrap_servers, "undersokt", tmp_path_factory.mktemp("allt")) as its:
        yield its


@pytest.fixture
def installation(shared: Installation) -> Installation:
    """Return the installation, whose source has just been heard."""
    hear_from_the_source(shared.site)
    until_all_is_known(shared)
    return shared


def wrong(done: Result) -> dict[str, list[str]]:
    """What is wrong, as it was seen, by what it is of; all of it says what to do."""
    findings: list[dict[str, Any]] = json.loads(done.output)["findings"]
    found: dict[str, list[str]] = {}
    for its in findings:
        if its["verdict"] == "wrong":
            assert its["do"], its
            found.setdefault(its["check"], []).append(its["seen"])
    assert done.exit_code == (1 if found else 0)
    assert json.loads(done.output)["ok"] is not bool(found)
    return found


def test_where_all_is_well_nothing_is_wrong(installation: Installation) -> None:
    done = installation.doctor()
    assert done.exit_code == 0, done.output
    assert "✗" not in done.output
    assert "ej provad" not in done.output
    assert "Inget är fel, " in done.output


def test_as_a_process_it_says_nothing_else(installation: Installation) -> None:
    given = [text for pair in installation.told.items() for text in pair]
    done = subprocess.run(
        [sys.executable, "-m", "streams", "doctor", *given, "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ok"] is True


def test_the_page_shows_what_is_said(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "is_synced", lambda: True)
    monkeypatch.setattr(machine, "see_disk", lambda _folder: DISK)
    changed = tmp_path / "katalog.yaml"
    changed.write_text(CATALOGUE.replace("Växeln", "Televäxeln").replace("goal: 0.9", "goal: 0.8"))
    well, ill = caught_up(installation), installation.doctor(catalogue=str(changed))
    shown = (
        f"{BEGIN}\n```text\n{as_by_default(installation, well.output)}```\n\n"
        "When the catalogue has been changed, and nothing else told of it, among that stands:\n"
        f"\n```text\n{faults_of(as_by_default(installation, ill.output))}```\n{END}"
    )
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    renewed = before + shown + rest.partition(END)[2]
    if os.environ.get("RENEW"):
        PAGE.write_text(renewed, "utf-8")
    assert page == renewed, f"RENEW=1 pytest {Path(__file__).name} writes the page anew"


def caught_up(installation: Installation) -> Result:
    """What is said when the archive has what came in just now, too: it writes in batches."""
    for _ in range(20):
        done = installation.doctor()
        if "och saknar inget" in done.output:
            break
        time.sleep(0.5)
    return done


def as_by_default(installation: Installation, output: str) -> str:
    """What was said, as if everything were where it is by default, and just asked."""
    site = installation.site
    for found, default in (
        (site.kafka, "127.0.0.1:9092"),
        (str(installation.worker.port), "9101"),
        (installation.prometheus.url, "http://127.0.0.1:9090"),
        (installation.alertmanager.url, "http://127.0.0.1:9093"),
        (f"{site.directory}/", ""),
        (site.topics, "svarsgrad"),
    ):
        output = output.replace(found, default)
    output = re.sub(r"\S*(catalogue|katalog)\.yaml", "katalog.yaml", output)
    output = re.sub(r"får ha .+ öppna", "får ha 4\N{NBSP}096 öppna", output)
    output = re.sub(r"Python \S+ tidszoner \w+", "Python 3.11.7, tidszoner 2026a", output)
    output = re.sub(r"version ([\d.]+)\S*", r"version \1", output)
    output = re.sub(r"inom \S+ \w+ lika", "inom en sekund lika", output)
    return re.sub(r"(calls|presence|skrevs för) \d+ (s|min)", r"\1 3 s", output)


def faults_of(output: str) -> str:
    """The lines of what is wrong, and what to do about it."""
    lines = output.splitlines()
    kept = [
        line
        for place, line in enumerate(lines)
        if "✗" in line or ("→" in line and "✗" in lines[place - 1])
    ]
    return "".join(f"{line}\n" for line in [*kept, "", lines[-1]])


def test_without_kafka_that_stands_first_and_what_it_hinders_is_not_tried(
    installation: Installation,
) -> None:
    (port,) = free_ports(1)
    done = installation.doctor(kafka=f"127.0.0.1:{port}")
    assert done.exit_code == 1
    assert f"Kafka              ✗ ingen Kafka svarar på 127.0.0.1:{port} (ingen lyssnar" in (
        done.output
    )
    assert done.output.count("– ej provad: Kafka svarar inte") == 4
    assert done.output.endswith("Börja med Kafka.\n")


def test_topics_that_are_not_as_they_must_be_are_named(
    broker: Broker, installation: Installation
) -> None:
    as_they_must = {its.name.removeprefix("galet."): its for its in wanted("galet", 2, 1)}
    del as_they_must["measures"]
    admin = connect(broker.bootstrap_servers)
    create(
        admin,
        [
            replace(as_they_must.pop("calls"), retention_days=1),
            replace(as_they_must.pop("emails"), cleanup="compact"),
            replace(as_they_must.pop("cases"), partitions=3),
            *as_they_must.values(),
        ],
    )
    admin.close()
    found = wrong(installation.doctor("--json", topics="galet"))
    assert found["topics"] == [
        "galet.calls sparar 1 dygn, inte 90",
        "galet.emails har cleanup.policy=compact",
        "galet.cases har 3 partitioner, inte 2",
        "galet.measures finns inte",
    ]


def test_a_group_that_nobody_is_in_is_told(installation: Installation) -> None:
    found = wrong(installation.doctor("--json", group="ingen"))
    (line,) = found["group"]
    assert line.startswith("ingen är med i gruppen ingen, och ")
    assert line.endswith(" poster är inte lästa")


def test_a_prometheus_without_rules_or_workers_or_whose_target_is_down_is_told(
    installation: Installation, make_prometheus: Callable[..., Prometheus]
) -> None:
    archive = f"127.0.0.1:{installation.archive.port}"
    bare = make_prometheus(archive)
    wait_until(lambda: bool(bare.query("svarsgrad_archive_ready")), 20, "scraped")
    found = wrong(installation.doctor("--json", prometheus=bare.url))
    assert found == {
        "scraping": ["Prometheus hämtar inte från någon räknare"],
        "rules": [
            "Prometheus har inte regelgrupperna svarsgrad och svarsgrad-lulea",
            "Prometheus har ingen Alertmanager att berätta för",
        ],
    }
    move_all_targets(bare, archive)
    found = wrong(installation.doctor("--json", prometheus=bare.url))
    assert found["scraping"][0].startswith(f"{archive} svarar inte Prometheus (")


def move_all_targets(its: Prometheus, name: str) -> None:
    """What was ours, as its name in Prometheus says, is somewhere else now, where nobody is."""
    (dead,) = free_ports(1)
    configuration = its.directory / "prometheus.yml"
    moved = "\n  ".join(
        (
            "honor_timestamps: true",
            "relabel_configs:",
            f"- {{target_label: __address__, replacement: '127.0.0.1:{dead}'}}",
            f"- {{target_label: instance, replacement: '{name}'}}",
        )
    )
    configuration.write_text(
        configuration.read_text().replace("honor_timestamps: true", moved), "utf-8"
    )
    assert request(its.port, "POST", "/-/reload")[0] == 200
    wait_until(lambda: [one.value for one in its.query("up")] == [0], 20, "down")


def test_another_catalogue_than_the_workers_and_the_rules_have_is_told(
    installation: Installation, tmp_path: Path
) -> None:
    other = tmp_path / "katalog.yaml"
    soon = next(day for n in range(1, 9) if (day := now() + timedelta(days=n)).weekday() == FRIDAY)
    closed = f"exceptions: [{{days: [{soon:%F}], hours: closed}}]"
    text = CATALOGUE.replace("goal: 0.9", "goal: 0.8").replace("chef@", "ledning@", 1)
    text = text.replace("name: Växeln", "name: Vx")
    other.write_text(text.replace('"08:00-16:30"}', f'"08:00-16:30"}}, {closed}'))
    found = wrong(installation.doctor("--json", catalogue=str(other)))
    (line,) = found["worker-catalogue"]
    assert 'target_goal_ratio{municipality="lulea",queue="vaxel",target="svar-15s"}' in line
    assert " är 0,9 där, 0,8 här" in line
    assert any("inte som katalogen ger dem" in line for line in found["rules"])
    assert "lulea-kundcenter-head har andra adresser än i katalogen" in found["receivers"]
    assert f"öppettiderna den {soon:%F} är inte som i katalogen" in found["receivers"]


def test_a_catalogue_with_a_mistake_is_told_and_the_rest_is_looked_at(
    installation: Installation, tmp_path: Path
) -> None:
    other = tmp_path / "katalog.yaml"
    other.write_text(CATALOGUE.replace("zone: Europe/Stockholm", "zone: Europe/Lulea"))
    done = installation.doctor(catalogue=str(other))
    assert done.exit_code == 1
    assert f"Katalogen          ✗ {other}" in done.output
    assert "Räknarnas katalog  – ej provad: katalogen går inte att använda" in done.output
    assert "Kafka              ! " in done.output
    missing = installation.doctor(catalogue=str(tmp_path / "ingen.yaml"))
    assert f"Katalogen          ✗ {tmp_path / 'ingen.yaml'} finns inte" in missing.output


def test_a_worker_that_is_not_ready_is_told_with_why(installation: Installation) -> None:
    worker = installation.site.worker("seg", FILLS_SLOWLY, GROUP="seg")
    try:
        worker.launch()
        wait_until(lambda: _says(worker.port, "recovery"), 40, "it fills its ledgers")
        found = wrong(
            installation.doctor("--json", worker=f"http://127.0.0.1:{worker.port}", group="seg")
        )
    finally:
        worker.kill()
    (line,) = found["workers"]
    assert line.startswith(f"http://127.0.0.1:{worker.port} läser in loggen (recovery: filling")


def _says(port: int, what: str) -> bool:
    try:
        return what in request(port, "GET", "/readyz")[1].decode()
    except OSError:
        return False


def test_an_archive_of_another_version_is_told(installation: Installation, tmp_path: Path) -> None:
    copy = tmp_path / "gammal.db"
    with sqlite3.connect(installation.told["--database"]) as its, sqlite3.connect(copy) as other:
        its.backup(other)
        other.execute("UPDATE svarsgrad_version SET version_num = '0000'")
    other.close()
    its.close()
    found = wrong(installation.doctor("--json", database=str(copy)))
    (line,) = found["database"]
    assert line.startswith(f"arkivet {copy} är av en nyare version (0000)")
    gone = wrong(installation.doctor("--json", database=str(tmp_path / "ingen.db")))
    assert gone["database"] == [f"arkivet {tmp_path / 'ingen.db'} finns inte"]


def test_a_clock_that_is_wrong_is_told(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = SimpleNamespace(time=lambda: time.time() - 300)
    monkeypatch.setattr(asking, "time", behind)
    monkeypatch.setattr(prometheus, "time", behind)
    found = wrong(installation.doctor("--json"))
    assert "klockan hos Prometheus går 5 min före den här" in found["clock"]
    assert len(found["clock"]) == 3


def test_what_cannot_be_asked_for_is_told_in_one_line(installation: Installation) -> None:
    for option, told in (("worker", "127.0.0.1:9101"), ("prometheus", "ftp://x/")):
        done = installation.doctor(**{option: told})
        assert done.exit_code == 2
        assert f"--{option} {told}: skriv http://värd:port" in done.output


def test_what_nobody_named_and_is_not_there_is_no_fault(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = installation.doctor(database=None, worker=None, alertmanager=None)
    for line in (
        "Arkivet            – ej provad: arkiv.db finns inte här",
        "Alertmanager       – ej provad: ange var den är med --alertmanager",
    ):
        assert line in done.output


def test_looking_at_it_changes_nothing(installation: Installation) -> None:
    def state() -> tuple[list[tuple[str, int]], list[tuple[str, int, int]]]:
        its = Path(installation.told["--database"])
        logs = [(log.name, len(log.records)) for log in installation.site.logs()]
        with sqlite3.connect(its) as archive:
            rows = archive.execute("SELECT * FROM position ORDER BY 1, 2").fetchall()
        archive.close()
        return logs, rows

    def is_written() -> bool:
        logs, rows = state()
        return sum(row[2] for row in rows) == sum(length for _, length in logs)

    wait_until(is_written, 30, "the archive has what an earlier test has published")
    before = state()
    installation.doctor()
    assert state() == before
