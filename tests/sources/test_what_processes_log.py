"""Real processes on a real broker: every line that they say is an entry, in both formats."""

import contextlib
import hashlib
import random
import time
import urllib.request
from collections.abc import Iterator

import pytest
from archives import Archive
from busy import happenings
from logged import said_by
from pushing import CATALOGUE, token_line, tokens_file
from workers import Site, wait_until

from producers.intake.grants import new_token
from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import free_ports

BEFORE = ("remark", "database_migrated")
"""What may be said before a process is ready to be what it is."""


@contextlib.contextmanager
def running(*processes: Command) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.callback(process.stop)
            process.launch()
        for process in processes:
            process.wait_ready()
        yield


def end(process: Command, *, code: int = 0) -> None:
    process.stop()
    assert process._process is not None
    assert process._process.returncode == code


@pytest.mark.parametrize("format_", ["text", "json"])
def test_every_line_is_an_entry_from_the_start_to_the_end(site: Site, format_: str) -> None:
    told = {"SVARSGRAD_LOG_FORMAT": format_}
    wall_port, intake_port, _nobody = free_ports(3)
    queue_log = site.directory / "queue_log"
    queue_log.write_text(f"{int(time.time())}|1.1|okand|NONE|ENTERQUEUE|||1\nskräp\n", "utf-8")
    identity = site.directory / "identity.key"
    identity.write_text("5" * 64)
    identity.chmod(0o600)
    tokens = site.directory / "tokens.yaml"
    tokens_file(tokens, [token_line(new_token(), "ace")])
    (site.directory / "intake.yaml").write_text(CATALOGUE, "utf-8")
    municipality = next(iter(site.catalogue.municipalities))
    shared = ("--kafka", site.kafka, "--topics", site.topics)
    worker = site.worker("raknaren", LOG_FORMAT=format_)
    archive = Archive(site, "arkivet", str(site.directory / "arkiv.db"), environment=told)
    follower = Command(
        "Läsaren", site.directory / "laser", "follow-queue-log", str(queue_log), *shared,
        "--municipality", municipality, environment=told,
    )  # fmt: skip
    intake = Command(
        "Intaget", site.directory / "intaget", "intake", *shared,
        "--catalogue", str(site.directory / "intake.yaml"), "--tokens", str(tokens),
        "--identity-key", str(identity), "--listen", f"127.0.0.1:{intake_port}",
        ready=lambda: answers_ok(intake_port, "/healthz"), environment=told,
    )  # fmt: skip
    password = site.directory / "losenord"
    password.write_text("hemligt\n", encoding="utf-8")
    password.chmod(0o600)
    login = {
        "SVARSGRAD_PROMETHEUS_USER": "anna",
        "SVARSGRAD_PROMETHEUS_PASSWORD_FILE": str(password),
    }
    wall = Command(
        "Väggen", site.directory / "vaggen", "wall", "--catalogue", str(site.file),
        "--prometheus", f"http://127.0.0.1:{_nobody}", "--listen", f"127.0.0.1:{wall_port}",
        ready=lambda: answers_ok(wall_port, "/healthz"), environment=told | login,
    )  # fmt: skip
    everyone = (worker, archive, follower, intake, wall)
    with running(*everyone):
        wait_until(lambda: "unusable_lines" in follower.console.read_text(), 20, "told")
        tokens.write_text("tokens: trasig\n")
        address = f"http://127.0.0.1:{wall_port}/events?kommun={municipality}"
        with urllib.request.urlopen(address, timeout=20):  # of our own
            wait_until(lambda: "prometheus_away" in wall.console.read_text(), 20, "told")
        wait_until(lambda: "reload_failed" in intake.console.read_text(), 20, "told")
        for process in everyone:
            end(process)
    events = {its.name: [one.event for one in said_by(its, format_)] for its in everyone}
    for process in everyone:
        begun, *_, ended = (its for its in said_by(process, format_) if its.event not in BEFORE)
        assert (begun.event, ended.event) == ("started", "stopped"), process.name
        assert "svarsgrad 0.1.0 " in begun.message
    assert {"serving", "assigned", "filling", "ready", "stopping"} <= {*events[worker.name]}
    assert {"database_migrated", "serving", "assigned"} <= {*events[archive.name]}
    assert {"remark", "following", "summary"} <= {*events[follower.name]}
    assert {"remark", "serving", "reload_failed"} <= {*events[intake.name]}
    assert {"serving", "prometheus_away"} <= {*events[wall.name]}
    assert "hemligt" not in wall.console.read_text()
    if format_ == "json":
        (begun, *_) = said_by(worker, format_)
        assert begun.line["catalogue"] == str(site.file)
        digest = hashlib.sha256(site.file.read_bytes()).hexdigest()
        assert begun.line["catalogue_sha256"] == digest[:12]
        (ready,) = (its for its in said_by(worker, format_) if its.event == "ready")
        assert isinstance(ready.line["records"], int)


CRASHES = {
    "at its start": "Worker._build = lambda self: int('x0846500461')",
    "while it folds": "Ledgers.fold = lambda *_: int('x0846500461')",
}


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("when", CRASHES)
def test_a_worker_that_crashes_says_so_in_one_critical_line(
    site: Site, when: str, format_: str
) -> None:
    worker = site.worker("raknaren", CRASHES[when], LOG_FORMAT=format_)
    worker.launch()
    try:
        assert worker._process is not None
        if when == "while it folds":
            worker.wait_ready()
            site.publish([next(happenings(random.Random(1)))])
        assert worker._process.wait(60) == 1
    finally:
        worker.kill()
    text = worker.console.read_text("utf-8")
    assert "0846500461" not in text
    if format_ == "json":
        critical = [its for its in said_by(worker, format_) if its.level == "critical"]
        (crashed,) = critical
        assert crashed.event == "crashed"
        assert "ValueError" in crashed.message
        assert "Traceback" in str(crashed.line["exception"])
    else:
        assert text.count(" critical crashed: ") == 1
        assert "ValueError" in text
