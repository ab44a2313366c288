"""The command as an operator types it: with the catalogue, followed, and when things go wrong."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from producers.only_one import HeldError, only_one
from producers.queue_log.command import command
from producers.queue_log.translator import Translator
from stack.ports import free_ports
from streams.domain.event_types import CallEvent, PresenceEvent
from streams.domain.events import decode

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "examples" / "lulea.yaml"
STRANGE = b"".join(b"17731264%d|1.%d|okand|NONE|ENTERQUEUE|||1\n" % (n, n) for n in (70, 71, 72))
SAMPLE = (ROOT / "examples" / "queue_log").read_bytes() + STRANGE
"""With three calls to a queue that the catalogue does not have."""
AS_NOBODY = "import os, producers.queue_log.command\nif not os.getuid(): os.setuid(65534)"
OF_SOURCE = ("--catalogue", str(CATALOGUE), "--source", "vaxel-pbx")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "queue_log"
    path.write_bytes(SAMPLE)
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments)])


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# With the catalogue.


def test_the_catalogue_says_how_a_source_is_read(log: Path) -> None:
    by_catalogue = invoke(log, "--once", "--to", "-", *OF_SOURCE)
    assert by_catalogue.exit_code == 0
    own = {"vaxel", *(f"kundtjanst-{name}" for name in ("teknik", "skola", "social"))}
    own.add("kalix-tele24")
    translator = Translator("lulea", callback_keys=frozenset("1"))
    expected = [event for raw in SAMPLE.splitlines() for event in translator.translate(raw)]
    said = [event for event in events(by_catalogue.stdout) if ".call." in event["type"]]
    assert [event["id"] for event in said] == [
        event.id for event in expected if isinstance(event, CallEvent) and event.data.queue in own
    ]
    assert {event["data"]["queue"] for event in said} == own
    assert "se.svarsgrad.call.callback_requested.v1" in by_catalogue.stdout


def test_queues_that_the_source_does_not_have_are_told_by_name_and_nothing_said_of_them(
    log: Path,
) -> None:
    result = invoke(log, "--once", "--to", "-", *OF_SOURCE)
    assert (
        "Rader om köer som källan inte har i katalogen: okand (3). Lägg till "
        "köerna där (sources, eventuellt under queue_log) och läs om loggen från början."
    ) in result.stderr
    assert "Rader som inte kunde användas" not in result.stderr
    assert "okand" not in result.stdout
    log.write_text("1773126004|1.1|okand|NONE|ENTERQUEUE|||1\n")
    result = invoke(log, "--once", "--to", "-", *OF_SOURCE)
    assert result.exit_code == 0, "it is a queue_log, though none of its queues is ours"
    assert "okand (1)" in result.stderr


def test_what_a_queue_is_called_is_said_without_control_characters(log: Path) -> None:
    log.write_text("".join(f"1773126004|1.{n}|k\x1b[{n}m|NONE|ENTERQUEUE|||1\n" for n in range(7)))
    said = invoke(log, "--once", "--to", "-", *OF_SOURCE).stderr
    assert "\\x1b" in said
    assert "\x1b" not in said
    assert "och 2 köer till" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--catalogue", CATALOGUE], "hör ihop"),
        (["--source", "vaxel-pbx"], "hör ihop"),
        ([], "ange --catalogue och --source, eller --municipality"),
        ([*OF_SOURCE, "--map", "a=b"], "--map går inte ihop med --catalogue: skriv det i"),
        ([*OF_SOURCE, "--zone", "UTC"], "--zone går inte ihop med --catalogue"),
        ([*OF_SOURCE[:3], "vaxel"], "--source: källan vaxel finns inte i"),
        ([*OF_SOURCE[:3], "vaxel-pxb"], "menade du vaxel-pbx?"),
        ([*OF_SOURCE, "--municipality", "boden"], "skriv lulea"),
        ([*OF_SOURCE[:3], "epost"], "källan epost i"),
        (["--catalogue", ROOT / "Makefile", *OF_SOURCE[2:]], "Makefile"),
        ([*OF_SOURCE, "--listen", "9109"], "--listen 9109 saknar värd eller port"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    log: Path, arguments: list[object], said: str
) -> None:
    result = invoke(log, "--once", "--to", "-", "--key-file", log.parent / "keys", *arguments)
    assert result.exit_code in {1, 2}
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_a_packed_log_is_read_as_it_is(log: Path, tmp_path: Path) -> None:
    plain = invoke(log, "--once", "--to", "-", *OF_SOURCE)
    subprocess.run(["gzip", log], check=True)
    packed = invoke(tmp_path / "queue_log.gz", "--once", "--to", "-", *OF_SOURCE)
    assert packed.exit_code == 0
    assert packed.stdout == plain.stdout


# Followed.


@contextmanager
def following(log: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    typed = (sys.executable, "-m", "streams", "follow-queue-log", log, *arguments)
    with subprocess.Popen(
        [*map(str, typed)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as follower:
        try:
            yield follower
        finally:
            follower.kill()


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read(), "utf-8")


def test_a_followed_log_shows_metrics_and_says_that_its_source_is_alive(
    log: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (port,) = free_ports(1)
    began = time.time()
    with following(log, "--to", out, *OF_SOURCE, "--listen", f"127.0.0.1:{port}") as follower:
        wait_until(lambda: out.exists() and out.read_bytes().count(b"\n") >= 55)
        wait_until(lambda: "source_latest_event_seconds{" in metrics(port))
        shown = metrics(port)
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(10) == 0
    found = [decode(raw) for raw in out.read_bytes().splitlines()]
    (beat,) = [event for event in found if event.type.endswith(".heartbeat.v1")]  # type: ignore[union-attr]
    assert isinstance(beat, PresenceEvent)
    assert (beat.subject, beat.partitionkey) == ("vaxel-pbx", "lulea")
    assert began - 1 <= beat.time.timestamp() <= time.time()
    its = 'municipality="lulea",source="vaxel-pbx"'
    assert f"svarsgrad_source_read_total{{{its}}} 78.0" in shown
    assert f"svarsgrad_source_events_total{{{its}}} {len(found) - 1}.0" in shown
    assert f'svarsgrad_source_unusable_total{{fault="unknown_queue",{its}}} 3.0' in shown
    assert f"svarsgrad_source_checked_seconds{{{its}}}" in shown


def test_nothing_says_that_a_source_lives_whose_log_is_not_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    log = tmp_path / "queue_log"
    with following(log, "--to", out, *OF_SOURCE) as follower:
        wait_until(out.exists)
        time.sleep(0.3)
        assert out.read_bytes() == b""
        log.touch()
        wait_until(lambda: b"heartbeat" in out.read_bytes())
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(10) == 0


def test_who_came_before_the_log_was_rotated_is_counted_from_the_first_start(
    log: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    came = "1773125940|REALTIME|vaxel|PJSIP/{}|ADDMEMBER|\n"
    rotated = log.with_name("queue_log.1")
    rotated.write_text(came.format(1) + came.format(2))
    os.utime(rotated, (1_773_125_941, 1_773_125_941))
    log.write_text(came.format(3).replace("5940", "5950"))
    with following(log, "--to", out, "--state", tmp_path / "state", *OF_SOURCE) as follower:
        wait_until(lambda: out.exists() and out.read_bytes().count(b"staffed") >= 3)
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(10) == 0
    found = [decode(raw) for raw in out.read_bytes().splitlines()]
    people = [event.data.people for event in found if isinstance(event, PresenceEvent)]
    assert [number for number in people if number is not None] == [1, 2, 3]


def test_a_second_follower_of_a_log_is_refused_and_the_first_goes_on(
    log: Path, tmp_path: Path
) -> None:
    state, out = tmp_path / "state", tmp_path / "out"
    with following(log, "--to", out, "--state", state, *OF_SOURCE) as first:
        wait_until(state.exists)
        second = invoke(log, "--once", "--to", "-", "--state", state, *OF_SOURCE)
        assert second.exit_code == 1
        assert "används redan av en annan process: stoppa den först" in second.stderr
        assert second.stdout == ""
        assert first.poll() is None
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    third = invoke(log, "--once", "--to", out, "--state", state, *OF_SOURCE)
    assert third.exit_code == 0, "a killed process holds nothing"


def test_only_one_holds_a_file_until_it_lets_go(tmp_path: Path) -> None:
    with only_one(tmp_path / "state"):
        with pytest.raises(HeldError, match="--state"), only_one(tmp_path / "state"):
            pass
        with only_one(tmp_path / "another"):
            pass
    with only_one(tmp_path / "state"):
        pass


# When the machine does not let it.


def run_in(prelude: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after a line that takes something from it."""
    program = f"{prelude}\nfrom producers.queue_log.command import command\ncommand()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_state_that_finds_no_room_is_said_and_nothing_is_lost(log: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    arguments = (log, "--once", "--to", "-", "--state", state, *OF_SOURCE)
    few = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))"
    full = run_in(few, *arguments)
    assert full.returncode == 1
    assert full.stderr.splitlines()[-1].startswith(f"Error: Läget kan inte sparas i {state} (")
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []
    assert not state.exists()
    again = run_in("", *arguments)
    assert again.returncode == 0
    assert events(again.stdout) == events(full.stdout), "what was sent comes again, as it was"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 64


def test_a_directory_without_rights_is_said_before_anything_is_sent() -> None:
    with tempfile.TemporaryDirectory() as closed:
        directory = Path(closed)
        readable = directory / "queue_log"
        readable.write_bytes(SAMPLE)
        directory.chmod(0o555)
        state = directory / "state"
        result = run_in(AS_NOBODY, readable, "--to", "-", "--state", state, *OF_SOURCE)
        directory.chmod(0o755)
    assert result.returncode == 1
    assert "mappen saknas eller är skrivskyddad" in result.stderr
    assert result.stdout == ""


def test_a_log_without_rights_is_said_in_one_line() -> None:
    with tempfile.TemporaryDirectory() as open_:
        directory = Path(open_)
        directory.chmod(0o755)
        closed = directory / "queue_log"
        closed.write_bytes(SAMPLE)
        closed.chmod(0o000)
        result = run_in(AS_NOBODY, closed, "--once", "--to", "-", *OF_SOURCE)
    assert result.returncode == 1
    assert "går inte att läsa (behörighet saknas): ge användaren läsrätt" in result.stderr
