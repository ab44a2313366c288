"""Real processes on a real broker: every line that they say is an entry, in both formats."""

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from archives import Archive
from workers import Site, wait_until

from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import free_ports
from streams.logs import e

LEVELS = ("info", "warning", "error", "critical")
LINE = re.compile(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d ({'|'.join(LEVELS)}) ([a-z_]+): (.+)")
NAMES = {its.name for its in e.ALL}


@dataclass(frozen=True)
class Said:
    level: str
    event: str
    message: str
    line: dict[str, object]


def said_by(process: Command, format_: str) -> list[Said]:
    """What a process has logged; it fails if any line is not an entry of the table."""
    found = []
    for text in process.console.read_text("utf-8").splitlines():
        if format_ == "json":
            line = json.loads(text)
            assert {"time", "level", "event", "message", "logger"} <= line.keys()
            its = Said(line["level"], line["event"], line["message"], line)
        else:
            matched = LINE.fullmatch(text)
            assert matched, text
            its = Said(*matched.groups(), {})
        assert its.event in NAMES
        assert its.level in LEVELS
        found.append(its)
    return found


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
    tokens.write_text("tokens: []\n")
    tokens.chmod(0o600)
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
        "--catalogue", str(site.file), "--tokens", str(tokens), "--identity-key", str(identity),
        "--listen", f"127.0.0.1:{intake_port}",
        ready=lambda: answers_ok(intake_port, "/healthz"), environment=told,
    )  # fmt: skip
    wall = Command(
        "Väggen", site.directory / "vaggen", "wall", "--catalogue", str(site.file),
        "--prometheus", f"http://anna:hemligt@127.0.0.1:{_nobody}",
        "--listen", f"127.0.0.1:{wall_port}",
        ready=lambda: answers_ok(wall_port, "/healthz"), environment=told,
    )  # fmt: skip
    everyone = (worker, archive, follower, intake, wall)
    with running(*everyone):
        wait_until(lambda: "unusable_lines" in follower.console.read_text(), 20, "told")
        tokens.write_text("tokens: trasig\n")
        wait_until(lambda: "reload_failed" in intake.console.read_text(), 20, "told")
        for process in everyone:
            end(process)
    events = {its.name: [one.event for one in said_by(its, format_)] for its in everyone}
    for process in everyone:
        begun, *_, ended = said_by(process, format_)
        assert (begun.event, ended.event) == ("started", "stopped"), process.name
        assert "svarsgrad 0.1.0 " in begun.message
    assert {"serving", "assigned", "filling", "ready", "stopping"} <= {*events[worker.name]}
    assert {"database_migrated", "serving", "assigned"} <= {*events[archive.name]}
    assert {"remark", "following", "summary"} <= {*events[follower.name]}
    assert {"remark", "serving", "reload_failed"} <= {*events[intake.name]}
    assert {"serving"} <= {*events[wall.name]}
    assert "hemligt" not in wall.console.read_text()
    if format_ == "json":
        (begun, *_) = said_by(worker, format_)
        assert begun.line["catalogue"] == str(site.file)
        assert re.fullmatch(r"[0-9a-f]{12}", str(begun.line["catalogue_sha256"]))
        (ready,) = (its for its in said_by(worker, format_) if its.event == "ready")
        assert ready.line["records"] == 0


CRASHES = {
    "at its start": "Worker._build = lambda self: int('0846500461')",
    "while it folds": "Ledgers.fold = lambda *_: int('0846500461')",
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
            import random  # noqa: PLC0415

            from busy import happenings  # noqa: PLC0415

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
