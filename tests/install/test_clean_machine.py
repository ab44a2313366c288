"""A clean Debian becomes a host of svarsgrad by the commands of docs/install.md, as written."""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_machine import ROOT, CleanMachine, clean_machine, wait_for

from stack.broker import default_lib

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]
RELEASE = ROOT / "dist" / "svarsgrad-0.1.0.tar.gz"
ALWAYS = ["kafka", "worker", "archive", "wall", "follow-queue-log@vaxel-pbx"]
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


def answer(machine: CleanMachine, url: str) -> str:
    """Return what an address on the machine answers; nothing if it doesn't."""
    ask = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{url}').read().decode())"
    return machine.says(f'python3 -c "{ask}"')


def active(machine: CleanMachine) -> dict[str, str]:
    """Return how each service stands."""
    told = machine.says(f"systemctl is-active {' '.join(f'{name}.service' for name in DAEMONS)}")
    return dict(zip(DAEMONS, told.split(), strict=True))


def test_all_services_run_and_are_ready(machine: CleanMachine) -> None:
    assert active(machine) == dict.fromkeys(DAEMONS, "active")
    for port in (9101, 9102):
        wait_for(
            lambda port=port: '"ready":true' in answer(machine, f"{port}/readyz").replace(" ", ""),
            60,
        )
    wait_for(lambda: "Luleå" in answer(machine, "8080/"), 60)


def test_nothing_listens_beyond_the_machine(machine: CleanMachine) -> None:
    listening = [line.split()[3] for line in machine.says("ss -Hltn").splitlines()]
    assert listening
    assert [
        at
        for at in listening
        if not at.strip("[]").startswith(("127.0.0.1", "::1", "[::ffff:127.0.0.1"))
    ] == []


def test_a_call_of_the_exchange_comes_to_the_archive(machine: CleanMachine) -> None:
    legs = (
        "import sqlite3; its = sqlite3.connect("
        "'file:/var/lib/svarsgrad/arkiv.db?mode=ro', uri=True); "
        "print(its.execute('select count(*) from leg').fetchone()[0])"
    )
    wait_for(lambda: int(machine.says(f'python3 -c "{legs}"') or 0) > 1_000, 60)


@pytest.mark.parametrize("name", ["verify", "backup", "keep-open", "report", "learn-profile"])
def test_what_is_done_by_the_clock_can_be_done_now(machine: CleanMachine, name: str) -> None:
    ran = machine.run(f"systemctl start svarsgrad-{name}.service 2>&1")
    assert ran.returncode == 0, machine.says(f"journalctl -u svarsgrad-{name} -n 20 --no-pager")


def test_each_service_has_given_up_its_rights(machine: CleanMachine) -> None:
    for name in ALWAYS:
        pid = machine.says(f"systemctl show -p MainPID --value svarsgrad-{name}.service")
        status = dict(
            line.split(":\t", 1) for line in machine.says(f"cat /proc/{pid}/status").splitlines()
        )
        assert status["NoNewPrivs"].strip() == "1", name
        assert int(status["CapBnd"], 16) == 0, name
        assert status["Seccomp"].strip() == "2", name
        assert not status["Uid"].startswith("0"), name


def test_a_worker_that_is_killed_comes_back(machine: CleanMachine) -> None:
    machine.run("systemctl kill --signal=KILL svarsgrad-worker.service")
    wait_for(lambda: "true" in answer(machine, "9101/readyz"), 60)


def test_all_comes_back_by_itself_when_the_machine_has_been_off(machine: CleanMachine) -> None:
    machine.shut_down()
    machine.boot()
    wait_for(lambda: set(active(machine).values()) == {"active"}, 90)
    wait_for(lambda: "true" in answer(machine, "9101/readyz"), 90)
    assert machine.says("systemctl --failed --plain --no-legend") == ""
