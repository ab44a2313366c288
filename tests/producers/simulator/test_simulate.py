"""``svarsgrad simulate`` on the command line."""

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time
import types
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from producers.queue_log.translator import Translator
from producers.simulator.command import command
from streams.domain.event_types import TOPICS, CallEvent, CaseEvent, topic_of
from streams.domain.events import decode
from streams.domain.instants import SECOND, micros, moment
from streams.kafka.security import PLAINTEXT

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
CHILD = """
import sys
from producers.simulator.command import command
command(sys.argv[1:])
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def days_in(events: Path) -> list[date]:
    return sorted({decode(line).time.date() for line in events.read_bytes().splitlines()})


def offset_where_it_is(hour: int) -> str:
    """Return a fixed zone where the clock shows about this hour now."""
    now = datetime.now(UTC)
    minutes = (hour * 60 + 15 - now.hour * 60 - now.minute + 720) % 1440 - 720
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def test_a_day_of_three_municipalities_is_written_as_events_in_order(tmp_path: Path) -> None:
    target = tmp_path / "day.jsonl"
    sizes = ("lulea", "boden=0,3", "pitea=0.4")
    towns = [part for size in sizes for part in ("--municipality", size)]
    result = run("--date", "2026-03-02", *towns, "--to", target)
    assert result.exit_code == 0, result.output
    found = [decode(line) for line in target.read_bytes().splitlines()]
    assert all(isinstance(event, CallEvent) for event in found)
    assert {event.partitionkey for event in found} == {"lulea", "boden", "pitea"}
    assert [event.time for event in found] == sorted(event.time for event in found)
    assert "Klart, 1 dag: " + f"{len(found):,}".replace(",", "\u00a0") in result.stderr


def test_packed_files_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl.gz", tmp_path / "second.jsonl.gz"
    for target in (first, second):
        assert run("--date", "2026-03-02", "--scale", "0.1", "--to", target).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[4:8] == bytes(4), "the time in the header"
    plain = run("--date", "2026-03-02", "--scale", "0.1", "--to", "-")
    assert gzip.decompress(first.read_bytes()) == plain.stdout_bytes


def test_the_date_after_the_slash_is_not_included_and_weekends_are_closed(tmp_path: Path) -> None:
    target = tmp_path / "week.jsonl"
    days = ("--date", "2026-03-05/2026-03-10", "--closed", "2026-03-09")
    assert run(*days, "--scale", "0.1", "--to", target).exit_code == 0
    found = {decode(line).time.date().isoformat() for line in target.read_bytes().splitlines()}
    assert found == {"2026-03-05", "2026-03-06"}


@pytest.mark.parametrize("option", ["--staffing", "--scale"])
def test_a_number_may_have_a_decimal_comma(option: str) -> None:
    comma, point, none = (
        run("--date", "2026-03-02", *given, "--to", "-").stdout_bytes
        for given in ((option, "0,7"), (option, "0.7"), ())
    )
    assert comma == point != none


def test_public_holidays_are_closed_unless_every_day_is_open(tmp_path: Path) -> None:
    easter = ("--date", "2026-04-02/2026-04-08", "--scale", "0.1")
    normal, daily = tmp_path / "normal.jsonl", tmp_path / "daily.jsonl"
    assert run(*easter, "--to", normal).exit_code == 0
    assert run(*easter, "--every-day", "--to", daily).exit_code == 0
    assert [day.isoformat() for day in days_in(normal)] == ["2026-04-02", "2026-04-07"]
    assert len(days_in(daily)) == 6


def test_days_counts_open_days_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after_easter = micros(datetime(2026, 4, 8, 12, tzinfo=UTC))
    monkeypatch.setattr("producers.simulator.command._now", lambda: after_easter)
    target = tmp_path / "days.jsonl"
    assert run("--days", "3", "--scale", "0.1", "--to", target).exit_code == 0
    assert [day.isoformat() for day in days_in(target)] == [
        "2026-04-01",
        "2026-04-02",
        "2026-04-07",
    ]


def test_days_are_the_latest_open_days_before_today(tmp_path: Path) -> None:
    target = tmp_path / "days.jsonl"
    result = run("--days", "5", "--zone", "UTC", "--scale", "0.05", "--to", target)
    assert result.exit_code == 0
    found = {decode(line).time.date() for line in target.read_bytes().splitlines()}
    assert len(found) == 5
    assert "5 dagar" in result.stderr
    assert max(found) < datetime.now(UTC).date()


def test_a_log_and_events_of_one_run_are_of_the_same_calls(tmp_path: Path) -> None:
    log, target = tmp_path / "queue_log", tmp_path / "day.jsonl"
    chosen = ("--date", "2026-03-02/2026-03-04", "--scale", "0.2", "--whole-seconds")
    assert run(*chosen, "--queue-log", log, "--to", target).exit_code == 0
    written = log.read_text().splitlines()
    assert written[0].endswith("|QUEUESTART|")
    entered = {line.split("|")[1] for line in written if "|ENTERQUEUE|" in line}
    assert entered <= {decode(line).subject for line in target.read_bytes().splitlines()}
    assert sum("|QUEUESTART|" in line for line in written) == 1


def test_live_after_closing_writes_the_whole_day_and_says_that_it_is_over(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    zone = offset_where_it_is(21)
    result = run("--live", "--every-day", "--zone", zone, "--scale", "0.1", "--queue-log", log)
    assert result.exit_code == 0
    assert "Dagen är slut" in result.stderr
    assert len(log.read_text().splitlines()) > 300


class Clock:
    """The clock of the command: it moves when the command sleeps, up to an interruption."""

    def __init__(self) -> None:
        self.now = 0
        self.stops_at: int | None = None

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)
        if self.stops_at is not None and self.now >= self.stops_at:
            raise KeyboardInterrupt


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("producers.simulator.command._now", made)
    monkeypatch.setattr(time, "sleep", made.sleep)
    return made


def at(hour: int, minute: int) -> int:
    """Return an instant of Monday, 2 March 2026."""
    return micros(datetime(2026, 3, 2, hour, minute, tzinfo=ZoneInfo("Europe/Stockholm")))


@pytest.mark.parametrize("again", ["--live", "--from-now"])
def test_a_log_that_goes_on_after_a_stop_starts_now_and_tells_nothing_twice(
    tmp_path: Path, clock: Clock, again: str
) -> None:
    log = tmp_path / "queue_log"
    clock.now, clock.stops_at = at(9, 0), at(9, 33)
    assert run("--live", "--queue-log", log).exit_code == 0
    before = log.read_text().splitlines()
    clock.now, clock.stops_at = at(9, 40), None
    assert run(again, "--append", "--queue-log", log).exit_code == 0
    lines = log.read_text().splitlines()
    assert lines[: len(before)] == before
    assert lines[len(before)] == f"{at(9, 40) // SECOND}|NONE|NONE|NONE|QUEUESTART|"
    calls, later = (
        {line.split("|")[1] for line in part} - {"NONE", "MANAGER"}
        for part in (before, lines[len(before) :])
    )
    assert len(later) > 100
    assert not calls & later
    times = [int(line.split("|")[0]) for line in lines]
    assert times == sorted(times)
    translator = Translator(municipality="lulea")
    ended = [event for line in lines for event in translator.translate(line.encode())]
    cut_off = [event for event in ended if event.time == moment(at(9, 40))]
    assert cut_off
    assert all(leg.has_ended for leg in translator.legs.listed())


def test_what_happens_at_this_very_instant_has_happened(tmp_path: Path, clock: Clock) -> None:
    full, log = tmp_path / "full", tmp_path / "queue_log"
    clock.now = at(20, 0)
    assert run("--live", "--queue-log", full).exit_code == 0
    clock.now = clock.stops_at = at(7, 0)  # when the exchange starts: no sooner, no later
    result = run("--live", "--queue-log", log)
    assert log.read_text() == full.read_text().splitlines(keepends=True)[0]
    assert result.stderr.startswith("Fram till 07.00: 1 rad i queue_log.")


def test_a_log_that_is_empty_begins_as_a_new_one(tmp_path: Path, clock: Clock) -> None:
    new, empty = tmp_path / "new", tmp_path / "empty"
    empty.touch()
    clock.now = at(17, 0)
    assert run("--live", "--queue-log", new).exit_code == 0
    clock.now = at(17, 0)
    assert run("--live", "--append", "--queue-log", empty).exit_code == 0
    assert new.read_bytes() == empty.read_bytes()
    assert new.read_text().startswith(f"{at(7, 0) // SECOND}|NONE|NONE|NONE|QUEUESTART|")


def test_from_now_after_closing_writes_nothing(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    result = run("--from-now", "--every-day", "--zone", offset_where_it_is(21), "--queue-log", log)
    assert result.exit_code == 0
    assert log.read_text() == ""
    assert "inget" in result.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_live_goes_on_in_real_time_until_it_is_stopped(tmp_path: Path, stop: int) -> None:
    log = tmp_path / "queue_log"
    arguments = ["--live", "--every-day", "--zone", offset_where_it_is(10), "--scale", "10"]
    arguments += ["--queue-log", str(log)]
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        announced = process.stderr.readline().decode()
        assert announced.startswith("Fram till 10.1")
        before = log.read_bytes()
        deadline = time.monotonic() + 10
        while log.read_bytes() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(stop)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    after = log.read_bytes()
    assert after.startswith(before)
    assert len(after) > len(before)
    assert after.endswith(b"\n")
    last = int(after.splitlines()[-1].split(b"|")[0])
    assert last <= time.time()
    with process.stderr:
        assert "Avbruten" in process.stderr.read().decode()


def test_speed_paces_the_day_from_its_first_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = 0.0

    def sleep(seconds: float) -> None:
        nonlocal elapsed
        elapsed += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: elapsed)
    target = tmp_path / "day.jsonl"
    chosen = ("--date", "2026-03-02", "--scale", "0,02", "--speed", "3600,0")
    assert run(*chosen, "--to", target).exit_code == 0
    found = [decode(line).time for line in target.read_bytes().splitlines()]
    assert elapsed == pytest.approx((found[-1] - found[0]).total_seconds() / 3600, rel=0.01)


class PublishError(Exception):
    """As the publisher's own."""


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Stand in for the publisher, and return what was done with it."""
    done: list[object] = []

    class Publisher:
        def __init__(
            self, bootstrap_servers: str, topic: str, topics: dict[str, str], security: object
        ) -> None:
            assert security == PLAINTEXT
            if topic == "missing.calls":
                raise PublishError("Ämnet missing.calls finns inte.")
            done.append((bootstrap_servers, *topics.values()))
            self.published = self.delivered = 0

        def __enter__(self) -> "Publisher":
            return self

        def __exit__(self, *_: object) -> None:
            done.append("closed")

        def publish_many(self, events: list[CallEvent]) -> None:
            done.extend(events)
            self.published += len(events)

        def flush(self) -> None:
            done.append("flushed")
            self.delivered = self.published

    module = types.ModuleType("producers.publisher")
    module.Publisher = Publisher  # type: ignore[attr-defined]
    module.PublishError = PublishError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "producers.publisher", module)
    return done


def test_events_go_to_kafka_in_order_and_all_before_it_is_closed(kafka: list[object]) -> None:
    chosen = ("--date", "2026-03-02", "--scale", "0.5")
    assert run(*chosen, "--kafka", "127.0.0.1:9092").exit_code == 0
    assert kafka[0] == ("127.0.0.1:9092", "svarsgrad.calls")
    assert kafka[-2:] == ["flushed", "closed"]
    plain = run(*chosen, "--to", "-").stdout_bytes.splitlines()
    assert len(plain) > 2000
    assert kafka[1:-2] == [decode(line) for line in plain]


def test_each_kind_goes_to_its_own_topic_and_only_the_kinds_that_are_asked_for(
    kafka: list[object],
) -> None:
    chosen = ("--date", "2026-03-02", "--scale", "0.05", "--kafka", "127.0.0.1:9092")
    assert run(*chosen, "--with", "emails,measures").exit_code == 0
    assert kafka[0] == ("127.0.0.1:9092", "svarsgrad.emails", "svarsgrad.measures")
    assert {topic_of(event) for event in kafka[1:-2]} == {"emails", "measures"}  # type: ignore[arg-type]
    kafka.clear()
    topics = ("--topics", "test")
    assert run(*chosen, *topics, "--with", "all").exit_code == 0
    assert kafka[0] == (
        *("127.0.0.1:9092", "test.calls", "test.emails", "test.cases", "test.presence"),
        "test.measures",
    )


def test_today_in_kafka_is_only_for_live(kafka: list[object], clock: Clock) -> None:
    clock.now = at(18, 0)
    refused = run("--date", "2026-03-02", "--kafka", "127.0.0.1:9092")
    assert refused.exit_code == 1
    assert "använd --live för i dag" in refused.stderr
    assert not kafka
    clock.now = at(23, 59) + 60 * SECOND
    assert run("--date", "2026-03-02", "--kafka", "127.0.0.1:9092").exit_code == 0


@pytest.mark.usefixtures("kafka")
def test_what_the_publisher_says_is_told_in_one_line() -> None:
    result = run("--date", "2026-03-02", "--kafka", "127.0.0.1:9092", "--topics", "missing")
    assert result.exit_code == 1
    assert result.stderr.endswith(": Ämnet missing.calls finns inte.\n")


def test_a_file_that_exists_is_left_alone_unless_asked_to_append(tmp_path: Path) -> None:
    target = tmp_path / "day.jsonl"
    target.write_bytes(b"{}\n")
    refused = run("--date", "2026-03-02", "--scale", "0.02", "--to", target)
    assert refused.exit_code == 1
    assert target.read_bytes() == b"{}\n"
    assert "--append" in refused.stderr
    assert (
        run("--date", "2026-03-02", "--scale", "0.02", "--to", target, "--append").exit_code == 0
    )
    assert target.read_bytes().startswith(b"{}\n{")


FULL_DISK = ("--date", "2026-03-02", "--scale", "0.1")


@pytest.mark.parametrize("output", ["--to", "--queue-log"])
def test_a_full_disk_is_told_in_one_line(output: str) -> None:
    result = run(*FULL_DISK, output, "/dev/full")
    assert result.exit_code == 1
    assert "Det går inte att skriva till /dev/full: disken är full." in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("output", ["day.jsonl.gz", "-"])
def test_a_full_disk_is_told_in_one_line_by_the_whole_process(tmp_path: Path, output: str) -> None:
    """Nothing is left to be written, and to fail once more, when Python itself ends."""
    (tmp_path / "day.jsonl.gz").symlink_to("/dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *FULL_DISK, "--to", output],
            cwd=tmp_path,
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    name = "standard ut" if output == "-" else output
    assert done.returncode == 1
    assert f"Det går inte att skriva till {name}: " in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_slow_speed_looks_at_the_clock_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    result = run(*FULL_DISK, "--to", tmp_path / "day.jsonl", "--speed", "1e-300")
    assert result.exit_code == 0
    assert slept == [1.0]


# All kinds

SMALL = ("--scale", "0.05", "--heartbeat", "600")


def kinds_in(written: bytes) -> set[str]:
    return {topic_of(decode(line)) for line in written.splitlines()}


def test_without_a_word_of_kinds_there_are_calls_as_ever_and_nothing_else() -> None:
    plain = run("--date", "2026-03-02", "--scale", "0.1", "--to", "-").stdout_bytes
    named = run("--date", "2026-03-02", "--scale", "0.1", "--with", "calls", "--to", "-")
    assert plain == named.stdout_bytes
    assert kinds_in(plain) == {"calls"}
    assert hashlib.sha256(plain).hexdigest() == (
        "8904a85ef4ef83df4b0e1b04ccbbe3f3de08910ee04da1782e6c4f65dd694c53"
    )


def test_all_kinds_are_written_to_one_file_in_order_of_when_they_are_told() -> None:
    result = run("--date", "2026-03-02", *SMALL, "--with", "all", "--to", "-")
    found = [decode(line) for line in result.stdout_bytes.splitlines()]
    assert kinds_in(result.stdout_bytes) == set(TOPICS)
    told = [max(e.time, getattr(e.data, "restated_at", None) or e.time) for e in found]  # type: ignore[attr-defined]
    assert told == sorted(told)
    again = run("--date", "2026-03-02", *SMALL, "--with", "measures, all", "--to", "-")
    assert again.stdout_bytes == result.stdout_bytes


def test_a_weekend_has_what_is_no_call() -> None:
    saturday = ("--date", "2026-03-07", *SMALL, "--to", "-")
    assert "stängt" in run(*saturday, "--with", "calls").stderr
    result = run(*saturday, "--with", "calls,emails,presence")
    assert result.exit_code == 0
    assert kinds_in(result.stdout_bytes) == {"emails", "presence"}


def test_n_open_days_of_all_kinds_are_the_days_between_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_easter = micros(datetime(2026, 4, 8, 12, tzinfo=UTC))
    monkeypatch.setattr("producers.simulator.command._now", lambda: after_easter)
    target = tmp_path / "days.jsonl"
    chosen = ("--days", "2", "--scale", "0.2", "--with", "emails,measures")
    assert run(*chosen, "--to", target).exit_code == 0
    assert [day.isoformat() for day in local_days_told(target)] == [
        f"2026-04-0{day}" for day in range(2, 8)
    ]
    first = [line for line in target.read_bytes().splitlines() if b"measure.recorded" in line]
    assert {decode(line).time.date() for line in first} == {date(2026, 4, 2)}


def local_days_told(target: Path) -> list[date]:
    stockholm = ZoneInfo("Europe/Stockholm")
    found = [decode(line) for line in target.read_bytes().splitlines()]
    told = {max(e.time, getattr(e.data, "restated_at", None) or e.time) for e in found}  # type: ignore[attr-defined]
    return sorted({at.astimezone(stockholm).date() for at in told})


def test_heartbeats_are_as_far_apart_as_asked_for() -> None:
    beats = []
    for seconds in ("60", "30"):
        day = ("--date", "2026-03-02", "--scale", "0.05", "--with", "presence")
        written = run(*day, "--heartbeat", seconds, "--to", "-").stdout_bytes
        beats.append(written.count(b"heartbeat.v1"))
    assert beats == [3 * 1440, 3 * 2880]


def test_skelleftea_has_queues_of_its_own() -> None:
    result = run("--date", "2026-03-02", *SMALL, "--municipality", "skelleftea", "--to", "-")
    found = [decode(line) for line in result.stdout_bytes.splitlines()]
    assert {event.data.queue for event in found} == {"kundtjanst"}  # type: ignore[attr-defined]


def test_live_goes_on_until_midnight_with_what_happens_after_closing(
    tmp_path: Path, clock: Clock
) -> None:
    target = tmp_path / "live.jsonl"
    clock.now = at(16, 0)
    chosen = (*SMALL, "--with", "all", "--to", target)
    result = run("--live", *chosen)
    assert result.exit_code == 0, result.output
    assert clock.now > at(23, 50)
    live = target.read_bytes()
    target.unlink()
    assert run("--date", "2026-03-02", *chosen).exit_code == 0
    assert live == target.read_bytes()
    assert result.stderr.startswith("Fram till 16.00: ")


def test_live_that_goes_on_after_a_stop_tells_nothing_twice(tmp_path: Path, clock: Clock) -> None:
    target = tmp_path / "live.jsonl"
    chosen = ("--live", *SMALL, "--with", "emails,cases,presence", "--to", target)
    clock.now, clock.stops_at = at(9, 0), at(13, 0)
    assert run(*chosen).exit_code == 0
    clock.now, clock.stops_at = at(13, 0), None
    before = target.read_bytes()
    assert run("--from-now", *chosen[1:], "--append").exit_code == 0
    assert target.read_bytes().startswith(before)
    found = [decode(line) for line in target.read_bytes().splitlines()]
    ids = Counter(event.id for event in found)
    twice = [event for event in found if ids[event.id] > 1]
    assert not twice


def test_a_log_and_events_of_other_kinds_of_one_run_are_of_the_same_calls(tmp_path: Path) -> None:
    log, target = tmp_path / "queue_log", tmp_path / "cases.jsonl"
    chosen = ("--date", "2026-03-02", "--scale", "0.3", "--with", "cases")
    assert run(*chosen, "--queue-log", log, "--to", target).exit_code == 0
    answered = {line.split("|")[1] for line in log.read_text().splitlines() if "|CONNECT|" in line}
    cases = [decode(line) for line in target.read_bytes().splitlines()]
    called = {
        event.data.contact
        for event in cases
        if isinstance(event, CaseEvent)
        and event.data.channel == "phone"
        and event.time.date() == date(2026, 3, 2)
    }
    assert len(called) > 30
    assert called <= answered
    assert {topic_of(event) for event in cases} == {"cases"}


WRONG: dict[str, Callable[[Path], tuple[object, ...]]] = {
    "Ange vilka dagar": lambda file: ("--to", file),
    "ett av --date, --days och --live": lambda file: ("--days", 1, "--live", "--to", file),
    "Ange vart": lambda _: ("--days", 1),
    "inget datum": lambda file: ("--date", "2026-02-30", "--to", file),
    "har inga dagar": lambda file: ("--date", "2026-03-02/2026-03-02", "--to", file),
    "Det är stängt då": lambda file: ("--date", "2026-03-01", "--to", file),
    "Det är stängt då: --every-day öppnar alla dagar": lambda file: (
        *("--date", "2026-12-25", "--to", file),
    ),
    "stängt då": lambda file: ("--like", "2026-03-01", "--days", 1, "--to", file),
    "kända från 2005 till 2100": lambda file: ("--date", "2004-03-01", "--to", file),
    "ingen tidszon": lambda file: ("--days", 1, "--to", file, "--zone", "Europe/Lule"),
    "+99:99 är ingen tidszon": lambda file: ("--days", 1, "--to", file, "--zone", "+99:99"),
    "ingen storlek": lambda file: ("--days", 1, "--to", file, "--municipality", "boden=stor"),
    "ett eget id": lambda file: ("--days", 1, "--to", file, "--municipality", "=1"),
    "över 0 och högst 100": lambda file: ("--days", 1, "--to", file, "--scale", "0"),
    "högst 10": lambda file: ("--days", 1, "--to", file, "--staffing", "nan"),
    "en kommuns växel": lambda file: (
        *("--days", 1, "--queue-log", file),
        *("--municipality", "lulea", "--municipality", "boden"),
    ),
    "har bara samtal: ange calls bland --with": lambda file: (
        *("--days", 1, "--with", "emails", "--queue-log", file),
    ),
    "--municipality Luleå: ett id har bara a-z, 0-9 och bindestreck, högst 40 tecken; skriv "
    "till exempel lulea.": lambda file: ("--days", 1, "--to", file, "--municipality", "Luleå=2"),
    "'mejl' är inget slag av händelser: ange calls, emails, cases, presence": lambda file: (
        *("--days", 1, "--with", "calls,mejl", "--to", file),
    ),
    "'' är inget slag": lambda file: ("--days", 1, "--with", "calls,", "--to", file),
    "stängt då: --every-day": lambda file: (
        *("--like", "2026-03-01", "--date", "2026-03-02", "--with", "all", "--to", file),
    ),
    "är ingen fart": lambda file: ("--days", 1, "--to", file, "--speed", "nan"),
    "inf är ingen fart": lambda file: ("--days", 1, "--to", file, "--speed", "inf"),
    "-1.0 är ingen fart": lambda file: ("--days", 1, "--to", file, "--speed", "-1"),
    "går i verklig tid": lambda file: ("--live", "--to", file, "--speed", "60"),
    "Det går inte att skriva": lambda file: ("--days", 1, "--to", file / "a" / "b"),
    "använd --live för i dag": lambda _: ("--date", "2099-01-02", "--kafka", "127.0.0.1:1"),
}


@pytest.mark.parametrize("says", WRONG)
def test_a_mistake_is_one_line_that_says_what_is_right(says: str, tmp_path: Path) -> None:
    result = run(*WRONG[says](tmp_path / "file"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert says in result.stderr
