"""A follower loses nothing, whenever it is stopped, and lets no number out."""

import gzip
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.following import PARTING_SECONDS, UndeliveredError
from producers.pseudonym import Keys, hashed_callers, pseudonym
from producers.queue_log.bookmark import Bookmark, load
from producers.queue_log.command import command
from producers.queue_log.follower import Tally, follow
from producers.queue_log.open_legs import OpenLegs
from producers.queue_log.tail import Tail
from producers.queue_log.translator import Translator
from producers.state_file import save
from streams.domain.events import CallEvent, Event, decode
from streams.domain.instants import SECOND

ROOT = Path(__file__).parents[3]
ITS = {"municipality": "lulea", "source": "vaxel-pbx"}
SAMPLE = (ROOT / "examples" / "queue_log").read_bytes()
NUMBER = re.compile(rb"08-?465 ?004|4650\s*04")


class StoppedError(Exception):
    """Stands for kill -9."""


class Memory:
    """A sink that keeps what it is sent; it may die before it is safe, or never get it safe."""

    def __init__(self, dies_after: int | None = None, *, is_stuck: bool = False) -> None:
        self.sent: list[Event] = []
        self.dies_after = dies_after
        self.is_stuck = is_stuck

    def send(self, events: Sequence[Event]) -> None:
        self.sent += events

    def wait(self, seconds: float) -> bool:  # noqa: ARG002 # it has no time
        if self.dies_after is not None and len(self.sent) > self.dies_after:
            raise StoppedError
        time.sleep(0.001 if self.is_stuck else 0)
        return not self.is_stuck

    def close(self) -> None:
        pass


def run(
    log: Path,
    sink: Memory,
    mark: Bookmark | None = None,
    stopping: threading.Event | None = None,
    *,
    is_once: bool = True,
) -> tuple[Bookmark | None, Tally]:
    """Follow a log from a bookmark, and return the last one saved, also when the follower died."""
    translator = Translator("lulea", legs=OpenLegs(mark.legs if mark else None))
    if mark is not None:
        translator.staffing.memory = mark.staffing
    tail = Tail(log, mark.position if mark else None)
    tally = Tally(**ITS)
    saved = [mark]
    try:
        follow(
            tail,
            translator,
            sink,
            saved.append,
            is_once=is_once,
            stopping=stopping or threading.Event(),
            tally=tally,
        )
    except StoppedError:
        pass
    finally:
        tail.close()
    return saved[-1], tally


def uninterrupted(content: bytes) -> list[Event]:
    translator = Translator("lulea")
    return [event for raw in content.splitlines() for event in translator.translate(raw)]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 60)), max_size=8),
    st.integers(0, 3),
)
def test_whenever_it_is_killed_the_next_one_sends_the_rest(
    stops: list[tuple[int, int]], rotated_at: int
) -> None:
    """Each run sees the log up to some byte, and dies with its last events not safe."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "queue_log"
        log.touch()
        written, sent, mark = 0, [], None
        for number, (upto, dies_after) in enumerate([*sorted(stops), (len(SAMPLE), 1000)]):
            with log.open("ab") as file:
                file.write(SAMPLE[written : max(written, upto)])
            written = max(written, upto)
            sink = Memory(dies_after)
            mark, _ = run(log, sink, mark)
            sent += sink.sent
            if number == rotated_at and mark is not None and SAMPLE[:written].endswith(b"\n"):
                log.rename(log.with_name("queue_log.1"))
                log.touch()
        expected = uninterrupted(SAMPLE)
        assert {event.id: event for event in sent} == {event.id: event for event in expected}


def test_the_place_is_saved_only_when_everything_before_it_is_safe(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(SAMPLE)
    mark, _ = run(log, Memory(dies_after=0))
    assert mark is None
    mark, _ = run(log, Memory())
    assert mark is not None
    assert mark.position.offset == len(SAMPLE)


def test_a_stop_while_nothing_gets_through_is_bounded_and_saves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(SAMPLE)
    stopping = threading.Event()
    ticks = iter(range(1000))
    saved: list[Bookmark] = []
    threading.Timer(0.05, stopping.set).start()
    with pytest.raises(UndeliveredError):
        follow(
            Tail(log),
            Translator("lulea"),
            Memory(is_stuck=True),
            saved.append,
            is_once=False,
            stopping=stopping,
            tally=Tally(**ITS),
            clock=lambda: float(next(ticks)),
        )
    assert saved == []
    assert caplog.messages == [
        "Kafka tar inte emot: läsningen väntar, och fortsätter när det går igen."
    ]
    assert next(ticks) < 4 * PARTING_SECONDS


def test_the_place_is_saved_on_the_way_through_a_long_backlog(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(SAMPLE * 300)  # several chunks
    saved: list[Bookmark] = []
    seconds = iter(range(10_000))
    stopping = threading.Event()

    class Stopping(Memory):
        """Asks to stop while the third chunk is on its way."""

        def wait(self, seconds: float) -> bool:
            if self.waited == 2:
                stopping.set()
            self.waited += 1
            return super().wait(seconds)

        waited = 0

    follow(
        Tail(log),
        Translator("lulea"),
        Stopping(),
        saved.append,
        is_once=False,
        stopping=stopping,
        tally=Tally(**ITS),
        clock=lambda: float(next(seconds)),
    )
    offsets = [mark.position.offset for mark in saved]
    assert len(offsets) == 3, "one for each chunk, the last when asked to stop"
    assert offsets == sorted(set(offsets))
    assert offsets[-1] < len(SAMPLE) * 300


def test_bad_lines_are_counted_by_place_and_the_rest_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "queue_log"
    bad = b"1773126000|0846500401|vaxel|NONE|NYTT|0846500401\n\xff\xfe0846500401\n"
    log.write_bytes(SAMPLE[:38] + bad + SAMPLE[38:])
    sink = Memory()
    stopping = threading.Event()
    threading.Timer(1.0, stopping.set).start()
    _, tally = run(log, sink, is_once=False, stopping=stopping)
    assert [event.id for event in sink.sent] == [event.id for event in uninterrupted(SAMPLE)]
    assert tally.faults == {"unknown_verb": 1, "malformed": 1}
    assert tally.first_fault == ("queue_log", 38)
    assert caplog.messages == [
        "Rader som inte kunde användas: 2, den första vid byte 38 i queue_log."
    ]


def test_a_caller_has_the_key_of_the_local_date(tmp_path: Path) -> None:
    zone = ZoneInfo("Europe/Stockholm")
    keys = Keys(tmp_path / "keys")
    now = datetime(2026, 7, 2, 12, tzinfo=UTC)
    caller = hashed_callers(keys, zone, lambda: now)
    late = int(datetime(2026, 7, 1, 21, 59, 59, tzinfo=UTC).timestamp()) * SECOND
    after_midnight = late + SECOND
    assert caller("0846500401", late) == caller("08-465 004 01", late - SECOND)
    assert caller("0846500401", late) != caller("0846500401", after_midnight)
    key = keys.key(now.date(), now.date())
    assert key is not None
    assert caller("0846500401", after_midnight) == pseudonym("0846500401", key)
    assert caller("", late) is None


# The command


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["--municipality", "lulea", *map(str, arguments)])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "queue_log"
    path.write_bytes(SAMPLE)
    return path


def events_in(path: Path) -> list[Event]:
    events = [decode(raw) for raw in path.read_bytes().splitlines()]
    assert all(isinstance(event, Event) for event in events)
    return events  # type: ignore[return-value]


def callers_in(path: Path) -> set[str | None]:
    return {event.data.caller for event in events_in(path) if isinstance(event, CallEvent)}


def test_once_to_a_file_converts_a_log_each_time_anew(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        result = invoke(log, "--once", "--to", out)
        assert result.exit_code == 0
        assert events_in(out) == uninterrupted(SAMPLE)
    assert "Lästa rader: 75. Händelser: 57." in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "queue_log"]


def test_with_a_state_the_file_is_gone_on_with(log: Path, tmp_path: Path) -> None:
    out, state = tmp_path / "out.jsonl", tmp_path / "state"
    half = SAMPLE.index(b"\n", len(SAMPLE) // 2) + 5  # within a line
    log.write_bytes(SAMPLE[:half])
    result = invoke(log, "--once", "--to", out, "--state", state)
    assert "Sista raden är inte färdigskriven" in result.stderr
    with log.open("ab") as file:
        file.write(SAMPLE[half:])
    with out.open("ab") as file:
        file.write(b'{"specversion":"1')  # a crash amid a line
    assert invoke(log, "--once", "--to", out, "--state", state).exit_code == 0
    assert events_in(out) == uninterrupted(SAMPLE)
    assert state.stat().st_mode & 0o777 == 0o600


def test_to_standard_out_there_is_nothing_but_events(log: Path) -> None:
    result = invoke(log, "--once", "--to", "-", "--map", "vaxel=v1", "--callback-key", "1")
    assert result.exit_code == 0
    events = [json.loads(text) for text in result.stdout.splitlines()]
    assert len(events) == 57
    assert {event["data"]["queue"] for event in events} >= {"v1", "kundtjanst-teknik"}
    assert "se.svarsgrad.call.callback_requested.v1" in {event["type"] for event in events}


def test_no_number_is_in_anything_that_is_written(
    log: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = int(time.time())
    shifted = re.sub(
        rb"\b1773126(\d{3})", lambda found: b"%d" % (now - 600 + int(found[1])), SAMPLE
    )
    log.write_bytes(shifted + b"0846500499|x\n")
    with caplog.at_level(logging.DEBUG):
        result = invoke(
            log,
            *("--once", "--to", tmp_path / "out", "--state", tmp_path / "state"),
            *("--key-file", tmp_path / "keys"),
        )
    assert result.exit_code == 0
    log.unlink()
    written = [path.read_bytes() for path in tmp_path.iterdir()]
    said = [result.output.encode(), caplog.text.encode()]
    assert len(written) == 5  # events, state, keys, and a lock each of the two
    assert not [text for text in written + said if NUMBER.search(text)]
    callers = callers_in(tmp_path / "out")
    assert len(callers) == 14  # 13 numbers, and None
    assert all(re.fullmatch("[0-9a-f]{16}", caller) for caller in callers - {None})  # type: ignore[arg-type]


def test_without_a_key_file_it_is_said_once_that_callers_are_left_out(
    log: Path, tmp_path: Path
) -> None:
    result = invoke(log, "--once", "--to", tmp_path / "out")
    assert result.stderr.count("Ingen nyckelfil (--key-file)") == 1
    assert callers_in(tmp_path / "out") == {None}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{}/none", "--once", "--to", "-"], "finns inte"),
        (["{}", "--once", "--to", "-"], "ingen vanlig fil"),
        (["{}/queue_log", "--once", "--to", "{}/no/out"], "Det går inte att skriva"),
        (["{}/queue_log", "--once", "--to", "-", "--state", "{}/no/state"], "--state"),
        (["{}/queue_log", "--once", "--to", "-", "--state", "{}/queue_log"], "går inte att tyda"),
        (["{}/queue_log", "--once", "--to", "-", "--key-file", "{}/queue_log"], "rad 1"),
        (["{}/queue_log", "--once", "--to", "-", "--map", "vaxel"], "--map vaxel"),
        (["{}/queue_log", "--once", "--to", "-", "--map", "a=b", "--map", "a=c"], "--map a=c"),
        (["{}/queue_log", "--once", "--to", "-", "--zone", "Lule"], "--zone Lule"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    log: Path, arguments: list[str], said: str
) -> None:
    keys = () if "--key-file" in arguments else ("--key-file", log.parent / "keys")
    result = invoke(*(text.replace("{}", str(log.parent)) for text in arguments), *keys)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version: 1\nmunicipalities:\n", "är ingen queue_log: ingen av 2 rader går att läsa"),
        (b"\x80\x81\n" * 3, "ingen av 3 rader går att läsa"),
        (
            gzip.compress(b"x" * 9, mtime=0) + b"\n",
            "är packad: packa upp den (gunzip), eller ge den ett namn på .gz",
        ),
    ],
)
def test_a_file_of_something_else_is_said_to_be_no_queue_log(
    log: Path, content: bytes, said: str
) -> None:
    log.write_bytes(content)
    result = invoke(log, "--once", "--to", "-", "--key-file", log.parent / "keys")
    assert result.exit_code == 1
    assert said in result.stderr
    log.write_bytes(b"")
    assert invoke(log, "--once", "--to", "-").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--municipality", "Luleå"], "--municipality Luleå är inget id"),
        (["--municipality", "lulea", "--exchange", 40 * "å"], "--exchange är för långt"),
    ],
)
def test_names_that_no_event_can_have_are_refused(
    log: Path, arguments: list[str], said: str
) -> None:
    result = CliRunner().invoke(command, [str(log), "--once", "--to", "-", *arguments])
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    program = (
        "import producers.sinks as s; s.LineSink.wait = lambda *_: False\n"
        "from producers.queue_log.command import command; command()"
    )
    log = tmp_path / "queue_log"
    log.write_bytes(SAMPLE)
    arguments = (log, "--municipality", "lulea", "--to", tmp_path / "out")
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    ) as follower:
        try:
            wait_until(lambda: (tmp_path / "out").exists() and (tmp_path / "out").stat().st_size)
            follower.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert follower.poll() is None, "it waits for delivery"
            follower.send_signal(signal.SIGTERM)
            assert follower.wait(2) == -signal.SIGTERM
        finally:
            follower.kill()


def test_the_state_of_another_exchange_is_refused(log: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    invoke(log, "--once", "--to", "-", "--state", state)
    result = invoke(log, "--once", "--to", "-", "--state", state, "--exchange", "norr")
    assert result.exit_code == 1
    assert "gäller /queue_log/lulea, inte /queue_log/lulea/norr" in result.stderr


def test_a_bookmark_is_read_as_it_was_written(log: Path, tmp_path: Path) -> None:
    mark, _ = run(log, Memory())
    assert mark is not None
    save(tmp_path / "state", mark)
    assert load(tmp_path / "state", mark.source) == mark


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_with_all_sent_and_the_place_saved(
    tmp_path: Path, number: signal.Signals
) -> None:
    log, out, state = (tmp_path / name for name in ("queue_log", "out", "state"))
    program = "from producers.queue_log.command import command; command()"
    arguments = (log, "--municipality", "lulea", "--to", out, "--state", state)
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    ) as follower:
        try:
            assert follower.stderr is not None
            first = b""
            while "som inte finns ännu" not in first.decode():
                first = follower.stderr.readline()
                assert first
            with log.open("ab") as file:  # while it waits for a log
                file.write(SAMPLE[:2000])
            wait_until(lambda: out.read_bytes().count(b"\n") > 10)
            log.rename(tmp_path / "queue_log.1")
            (tmp_path / "queue_log").write_bytes(SAMPLE[2000:])  # but 2000 is within a line
            wait_until(lambda: out.read_bytes().count(b"\n") > 45)
            follower.send_signal(number)
            follower.communicate(timeout=10)
        finally:
            follower.kill()
    assert follower.returncode == 0
    mark = load(state, "/queue_log/lulea")
    assert mark is not None
    assert mark.position.inode == log.stat().st_ino
    assert mark.position.offset == len(SAMPLE) - 2000
    torn = 1 + SAMPLE.rindex(b"\n", 0, 2000)
    whole = SAMPLE[:torn] + SAMPLE[SAMPLE.index(b"\n", 2000) + 1 :]
    assert {event.id for event in events_in(out)} >= {e.id for e in uninterrupted(whole)}


def wait_until(is_so: object, within_seconds: float = 10) -> None:
    deadline = time.monotonic() + within_seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
