"""A clean Debian becomes a host of svarsgrad by the commands of docs/install.md, as written."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clean_machine import ROOT, CleanMachine, blocks, clean_machine, wait_for

from stack.broker import default_lib

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]
RELEASE = ROOT / "dist" / "svarsgrad-0.1.0.tar.gz"
ALWAYS = ["kafka", "worker", "archive", "wall", "follow-queue-log@vaxel-pbx"]
PATIENCE = 180.0
"""Seconds: the machine may have little of a processor."""
DAEMONS = [*(f"svarsgrad-{name}" for name in ALWAYS), "prometheus", "prometheus-alertmanager"]


def kafka_archive(path: Path) -> None:
    """Make what Apache's archive of Kafka has of what is used: its libs, from Maven."""
    with tarfile.open(path, "w:gz") as archive:
        for jar in sorted(default_lib().glob("*.jar")):
            archive.add(jar, f"{path.name.removesuffix('.tgz')}/libs/{jar.name}")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanMachine]:
    """Give a machine on which the document has been followed."""
    assert RELEASE.exists(), "make release"
    folder = tmp_path_factory.mktemp("maskin")
    with clean_machine(folder) as machine:
        there = machine.root / "usr" / "local" / "src"
        (there / RELEASE.name).write_bytes(RELEASE.read_bytes())
        kafka_archive(there / "kafka_2.13-4.1.2.tgz")
        an_exchange(machine)
        machine.runs_as_written(ROOT / "docs" / "install.md")
        yield machine


def an_exchange(machine: CleanMachine) -> None:
    """Put an exchange's log where Asterisk has it, as its group alone may read it."""
    log = machine.root / "var" / "log" / "asterisk" / "queue_log"
    log.parent.mkdir()
    run = ["simulate", "--days", "45", "--scale", "0.2", "--queue-log", str(log)]
    subprocess.run([sys.executable, "-m", "streams", *run], check=True, cwd=ROOT)
    machine.run(
        "groupadd --system asterisk; chgrp -R asterisk /var/log/asterisk; "
        "chmod 0750 /var/log/asterisk; chmod 0640 /var/log/asterisk/queue_log"
    )


def answer(machine: CleanMachine, where: str) -> str:
    """Return what an address on the machine answers; nothing if it doesn't."""
    return machine.says(f"curl -sS --fail http://127.0.0.1:{where}")


def is_ready(machine: CleanMachine) -> bool:
    """Say whether worker and archive answer 200."""
    return all(answer(machine, f"{port}/readyz") for port in (9101, 9102))


def active(machine: CleanMachine) -> dict[str, str]:
    """Return how each service stands."""
    told = machine.says(f"systemctl is-active {' '.join(f'{name}.service' for name in DAEMONS)}")
    return dict(zip(DAEMONS, told.split(), strict=True))


def do_now(machine: CleanMachine, name: str) -> None:
    """Run what is done by the clock."""
    ran = machine.run(f"systemctl start svarsgrad-{name}.service 2>&1")
    why = machine.says(f"journalctl -u svarsgrad-{name} -n 20 --no-pager")
    assert ran.returncode == 0, why


def rows(machine: CleanMachine, table: str = "leg") -> int:
    """Return how many rows a table of the archive has: of `leg`, calls in queues."""
    ask = (
        "import sqlite3; its = sqlite3.connect('/var/lib/svarsgrad/arkiv.db'); "  # noqa: S608
        f"print(its.execute('select count(*) from {table}').fetchone()[0])"
    )
    return int(machine.says(f'python3 -c "{ask}"') or 0)


def calls_in_log(machine: CleanMachine) -> int:
    return int(machine.says("grep -c ENTERQUEUE /var/log/asterisk/queue_log"))


def test_all_services_run_and_are_ready(machine: CleanMachine) -> None:
    assert active(machine) == dict.fromkeys(DAEMONS, "active")
    wait_for(lambda: is_ready(machine), PATIENCE)
    wait_for(lambda: "<html" in answer(machine, "8080/"), PATIENCE)


def test_nothing_listens_beyond_the_machine(machine: CleanMachine) -> None:
    listening = [line.split()[3] for line in machine.says("ss -Hltn").splitlines()]
    hosts = {at.rpartition(":")[0].strip("[]").removeprefix("::ffff:") for at in listening}
    assert hosts == {"127.0.0.1"}


def test_prometheus_hears_of_all_and_has_the_rules(machine: CleanMachine) -> None:
    def down() -> str:
        return machine.says("promtool query instant http://127.0.0.1:9090 'up == 0'")

    def all_up() -> bool:
        up = machine.says("promtool query instant http://127.0.0.1:9090 'count(up == 1)'")
        return "=> 6 @" in up

    wait_for(lambda: all_up() and not down(), PATIENCE)
    assert "svarsgrad" in answer(machine, "9090/api/v1/rules")


def test_each_call_of_the_exchange_comes_to_the_archive(machine: CleanMachine) -> None:
    """Or more legs than that: a call may be passed on without a line of its own."""
    wait_for(lambda: rows(machine) >= calls_in_log(machine) > 10_000, PATIENCE)


@pytest.mark.parametrize("name", ["verify", "backup", "keep-open", "report", "learn-profile"])
def test_what_is_done_by_the_clock_can_be_done_now(machine: CleanMachine, name: str) -> None:
    do_now(machine, name)


def test_what_verify_found_is_heard_of(machine: CleanMachine) -> None:
    ask = (
        "promtool query instant http://127.0.0.1:9090 svarsgrad_verify_last_run_timestamp_seconds"
    )
    wait_for(lambda: "=>" in machine.says(ask), PATIENCE)


def test_an_export_of_cases_that_comes_is_read_and_removed(
    machine: CleanMachine, tmp_path: Path
) -> None:
    export = tmp_path / "arenden.csv"
    simulate = ["simulate", "--days", "2", "--with", "cases", "--case-export", str(export)]
    subprocess.run([sys.executable, "-m", "streams", *simulate], check=True, cwd=ROOT)
    (machine.root / "root" / "arenden.csv").write_bytes(export.read_bytes())
    made = machine.run(
        "set -e; cd /var/lib/svarsgrad/inkommet; "
        "install -d -o svarsgrad -g svarsgrad -m 0770 arendesystem; "
        "install -o svarsgrad -m 0600 /root/arenden.csv /tmp/prov.csv; "
        "runuser -u svarsgrad -- svarsgrad import-cases /tmp/prov.csv "
        "--catalogue /etc/svarsgrad/katalog.yaml --to /dev/null "
        "--key-file /var/lib/svarsgrad/nycklar/arenden.key --new-key; "
        "systemctl enable --now svarsgrad-import-cases@arendesystem.path; "
        "install -m 0644 /root/arenden.csv arendesystem/.half; "
        "mv arendesystem/.half arendesystem/arenden.csv"
    )
    assert made.returncode == 0, made.stderr
    there = "ls /var/lib/svarsgrad/inkommet/arendesystem"
    wait_for(lambda: machine.says(there) == "", PATIENCE)
    assert machine.says("systemctl is-failed svarsgrad-import-cases@arendesystem") == "inactive"
    wait_for(lambda: rows(machine, "case_fact") > 100, PATIENCE)


def test_a_system_that_pushes_is_heard(machine: CleanMachine) -> None:
    made = machine.run(
        "set -e; svarsgrad intake-token --catalogue /etc/svarsgrad/katalog.yaml "
        "--source vaxel-pbx > /root/token; cd /etc/svarsgrad/secrets; "
        "(echo tokens:; grep sha256 /root/token) > tokens.yaml; "
        "chown root:svarsgrad tokens.yaml; chmod 0440 tokens.yaml; "
        "systemctl enable --now svarsgrad-intake.service"
    )
    assert made.returncode == 0, made.stderr + machine.says("cat /root/token")
    wait_for(lambda: "openapi" in answer(machine, "8443/openapi.json"), PATIENCE)
    now = datetime.now(UTC).isoformat()
    event = {
        "specversion": "1.0", "id": "17/offered", "source": "/ace", "subject": "17",
        "type": "se.svarsgrad.call.offered.v1", "time": now, "partitionkey": "lulea",
        "data": {"queue": "vaxel", "arrived_at": now, "caller": "08-465 004 17"},
    }  # fmt: skip
    (machine.root / "root" / "event.json").write_text(json.dumps(event))
    status = machine.says(
        "curl -sS -o /root/answer -w '%{http_code}' http://127.0.0.1:8443/events "
        "-H 'Content-Type: application/cloudevents+json' -d @/root/event.json "
        "-H \"Authorization: Bearer $(grep -oE 'svg_[A-Za-z0-9_-]+' /root/token)\""
    )
    assert status == "202", machine.says("cat /root/answer /root/token")


def test_each_service_has_given_up_its_rights(machine: CleanMachine) -> None:
    for name in ALWAYS:
        pid = machine.says(f"systemctl show -p MainPID --value svarsgrad-{name}.service")
        lines = machine.says(f"cat /proc/{pid}/status").splitlines()
        status = dict(line.split(":\t", 1) for line in lines)
        assert status["NoNewPrivs"] == "1", name
        assert int(status["CapBnd"], 16) == 0, name
        assert status["Seccomp"] == "2", name
        assert not status["Uid"].startswith("0\t"), name
        ask = f"nsenter --target={pid} --mount touch /opt/svarsgrad/prov /etc/svarsgrad/prov"
        assert "Read-only file system" in machine.run(ask).stderr, name


def test_a_worker_that_is_killed_comes_back(machine: CleanMachine) -> None:
    ask = "systemctl show -p MainPID --value svarsgrad-worker.service"
    before = machine.says(ask)
    machine.run("systemctl kill --signal=KILL svarsgrad-worker.service")
    wait_for(lambda: machine.says(ask) not in {before, "0"}, PATIENCE)
    wait_for(lambda: is_ready(machine), PATIENCE)


def test_another_version_is_switched_to_and_back(machine: CleanMachine) -> None:
    """The second is the same release in a folder of another name."""
    install = blocks(ROOT / "docs" / "install.md")[1]
    again = install.replace("/opt/svarsgrad/0.1.0", "/opt/svarsgrad/0.1.0-igen")
    again = again.replace("ln -sfn 0.1.0 ", "ln -sfn 0.1.0-igen ")
    assert machine.run(f"set -e\n{again}").returncode == 0
    for version, link in (("0.1.0-igen", ""), ("0.1.0", "ln -sfn 0.1.0 /opt/svarsgrad/current; ")):
        machine.run(f"{link}systemctl restart svarsgrad-archive svarsgrad-worker svarsgrad-wall")
        wait_for(lambda: is_ready(machine), PATIENCE)
        pid = machine.says("systemctl show -p MainPID --value svarsgrad-worker.service")
        assert machine.says(f"tr '\\0' ' ' < /proc/{pid}/cmdline").startswith(
            f"/opt/svarsgrad/{version}/bin/python"
        )
    do_now(machine, "verify")


def test_kafka_and_archive_that_are_lost_are_put_back_as_written(machine: CleanMachine) -> None:
    page = ROOT / "docs" / "backup.md"
    machine.runs_as_written(page, slice(0, 1))
    had = rows(machine)
    stopped, *rest = range(1, len(blocks(page)))
    machine.runs_as_written(page, slice(stopped, stopped + 1))
    running = "systemctl list-units --plain --no-legend 'svarsgrad*' --state=active,activating"
    assert machine.says(running) == ""
    lost = "/var/lib/kafka/data /var/lib/svarsgrad/arkiv.db* /var/lib/svarsgrad/lagen/*"
    assert machine.run(f"rm -r {lost}").returncode == 0
    machine.runs_as_written(page, slice(rest[0], None))
    wait_for(lambda: is_ready(machine), PATIENCE)
    assert rows(machine) == had
    do_now(machine, "verify")


def test_all_comes_back_by_itself_when_the_machine_has_been_off(machine: CleanMachine) -> None:
    machine.shut_down()
    machine.boot()
    wait_for(lambda: set(active(machine).values()) == {"active"}, PATIENCE)
    wait_for(lambda: is_ready(machine), PATIENCE)
    assert machine.says("systemctl --failed --plain --no-legend") == ""
