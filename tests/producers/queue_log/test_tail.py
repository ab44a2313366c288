"""A log that is written, rotated, emptied and left alone is read whole, each line once."""

import gzip
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.queue_log import rotation, unpacked
from producers.queue_log.rotation import Position
from producers.queue_log.tail import CHUNK_BYTES, Tail, TailError


def drained(tail: Tail) -> list[bytes]:
    lines = []
    while (chunk := tail.read()) is not None:
        lines += [raw for _, raw in chunk.lines]
    return lines


def put(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def read_to_end(path: Path, position: Position | None = None) -> tuple[list[bytes], Position]:
    tail = Tail(path, position)
    lines = []
    while (chunk := tail.read()) is not None:
        lines += [raw for _, raw in chunk.lines]
        position = chunk.position
    tail.close()
    assert position is not None
    return lines, position


def test_lines_come_with_their_offsets_and_only_when_they_are_whole(log: Path) -> None:
    put(log, "one\ntwo\nthr")
    tail = Tail(log)
    chunk = tail.read()
    assert chunk is not None
    assert chunk.lines == [(0, b"one"), (4, b"two")]
    assert chunk.position.offset == 8
    assert tail.read() is None
    assert tail.unread_bytes == 3
    put(log, "ee\n")
    assert drained(tail) == [b"three"]


def test_a_file_that_is_not_there_yet_is_waited_for(log: Path) -> None:
    tail = Tail(log)
    assert tail.read() is None
    assert not tail.is_open
    put(log, "one\n")
    assert drained(tail) == [b"one"]


def test_what_is_no_log_is_said_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(TailError, match="queue_log") as caught:
            Tail(path).read()
        assert "\n" not in str(caught.value)


def test_reading_goes_on_at_the_byte_where_it_stopped(log: Path) -> None:
    put(log, "one\ntwo\n")
    _, position = read_to_end(log)
    put(log, "three\n")
    assert read_to_end(log, position)[0] == [b"three"]


def test_a_renamed_file_is_read_to_its_end_before_the_new_one(log: Path) -> None:
    put(log, "one\n")
    tail = Tail(log)
    assert drained(tail) == [b"one"]
    old = log.rename(log.with_name("queue_log.1"))
    put(old, "two\n")  # the exchange still has it open
    assert drained(tail) == [b"two"]
    log.touch()  # logrotate's create
    put(old, "three\n")
    assert drained(tail) == [b"three"]
    put(old, "four\n")
    put(log, "five\n")
    assert drained(tail) == [b"four", b"five"]


def test_a_line_that_never_got_its_newline_is_left_out_and_told(log: Path) -> None:
    put(log, "one\nhalf a li")
    tail = Tail(log)
    assert drained(tail) == [b"one"]
    log.rename(log.with_name("queue_log.1"))
    put(log, "two\n")
    chunk = tail.read()
    assert chunk is not None
    assert (chunk.lines, chunk.torn_at) == ([], ("queue_log", 4))
    assert drained(tail) == [b"two"]


def test_an_emptied_file_is_read_from_its_start(log: Path) -> None:
    put(log, "one\ntwo\n")
    tail = Tail(log)
    drained(tail)
    os.truncate(log, 0)
    assert drained(tail) == []
    put(log, "three\n")
    assert drained(tail) == [b"three"]


def test_an_emptied_file_that_grew_past_the_place_is_not_mistaken(log: Path) -> None:
    put(log, "one\n")
    tail = Tail(log)
    drained(tail)
    log.write_text("a longer line\nand another\n")  # same inode
    assert drained(tail) == [b"a longer line", b"and another"]


def test_the_copy_of_an_emptied_file_is_read_to_its_end(log: Path) -> None:
    put(log, "one\n")
    tail = Tail(log)
    drained(tail)
    put(log, "two\n")
    shutil.copy(log, log.with_name("queue_log.1"))
    os.truncate(log, 0)
    put(log, "three\n")
    assert drained(tail) == [b"two", b"three"]


@pytest.mark.parametrize("is_copied", [False, True])
def test_files_rotated_while_nobody_read_are_all_read_in_order(log: Path, is_copied: bool) -> None:
    put(log, "one\n")
    _, position = read_to_end(log)
    expected = []
    for n in range(2, 5):
        for older in range(9, 0, -1):
            if (path := log.with_name(f"queue_log.{older}")).exists():
                path.rename(log.with_name(f"queue_log.{older + 1}"))
        put(log, f"left {n}\n")
        expected.append(f"left {n}".encode())
        if is_copied:
            shutil.copy(log, log.with_name("queue_log.1"))
            os.truncate(log, 0)
        else:
            log.rename(log.with_name("queue_log.1"))
        os.utime(log.with_name("queue_log.1"), (1_773_126_000 + n, 1_773_126_000 + n))
    put(log, "now\n")
    # Neither is another log, though its name begins alike, nor what is compressed.
    put(log.with_name("queue_log_test"), "not ours\n")
    put(log.with_name("queue_log.1.gz"), "not text\n")
    lines, position = read_to_end(log, position)
    assert lines == [*expected, b"now"]
    put(log, "later\n")
    assert read_to_end(log, position)[0] == [b"later"]


def test_a_log_that_is_gone_is_told_and_the_new_one_read(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(log, "0846500401\n")
    _, position = read_to_end(log)
    log.unlink()
    tail = Tail(log, position)
    assert tail.read() is None
    put(log, "two\n")
    assert drained(tail) == [b"two"]
    assert "is gone" in caplog.text
    assert "0846500401" not in caplog.text


def test_what_was_rotated_after_a_file_that_is_gone_is_read(log: Path) -> None:
    put(log, "one\n")
    _, position = read_to_end(log)
    put(log, "two\n")
    log.rename(log.with_name("queue_log.2.zst"))
    put(log, "three\n")
    log.rename(log.with_name("queue_log.1"))
    put(log, "four\n")
    put(log.with_name("queue_log.9"), "of last week\n")
    os.utime(log.with_name("queue_log.9"), (1_773_126_000, 1_773_126_000))
    lines, position = read_to_end(log, position)
    assert lines == [b"three", b"four"]
    put(log, "five\n")
    assert read_to_end(log, position)[0] == [b"five"]


def test_the_first_time_all_that_is_left_of_a_log_may_be_read(log: Path) -> None:
    for number, text in ((3, "one\n"), (2, "two\n"), (1, "three\n")):
        put(log, text)
        rotated = log.rename(log.with_name(f"queue_log.{number}"))
        os.utime(rotated, (1_773_126_000 - number, 1_773_126_000 - number))
    packed(log.with_name("queue_log.3"))
    put(log, "four\n")
    tail = Tail(log, is_whole=True)
    assert drained(tail) == [b"one", b"two", b"three", b"four"]
    tail.close()
    assert read_to_end(log)[0] == [b"four"]


def test_files_that_changed_at_the_same_instant_end_reading(log: Path) -> None:
    put(log, "one\n")
    tail = Tail(log)
    drained(tail)
    at = log.rename(log.with_name("queue_log.1")).stat().st_mtime_ns
    put(log.with_name("queue_log.2"), "older\n")
    os.utime(log.with_name("queue_log.2"), ns=(at, at))
    put(log, "two\n")
    assert drained(tail) == [b"two"]


def test_an_emptied_file_filled_to_the_same_size_is_noticed(log: Path) -> None:
    put(log, "one\n")
    tail = Tail(log)
    assert drained(tail) == [b"one"]
    assert drained(tail) == []
    log.write_text("two\n")  # same inode, same size
    assert drained(tail) == [b"two"]


def test_an_exact_copy_beside_a_renamed_file_is_not_taken_for_it(log: Path) -> None:
    put(log, "one\n")
    _, position = read_to_end(log)
    shutil.copy(log, log.with_name("queue_log.0-backup"))
    log.rename(log.with_name("queue_log.1"))
    put(log.with_name("queue_log.1"), "two\n")
    assert read_to_end(log, position)[0] == [b"two"]


def test_a_place_before_the_first_byte_is_in_no_other_file(log: Path) -> None:
    log.touch()
    start = Position(device=0, inode=0, offset=0)
    put(log.with_name("queue_log.1"), "not read before\n")
    put(log, "one\n")
    assert read_to_end(log, start)[0] == [b"one"]


def test_two_logs_that_begin_alike_are_told_apart(log: Path) -> None:
    alike = "1773126000|NONE|NONE|NONE|QUEUESTART|\n" * 3
    put(log, f"{alike}of the first\n")
    _, position = read_to_end(log)
    log.unlink()
    put(log.with_name("queue_log-copy"), f"{alike}of the other\nmore\n")
    put(log, "new\n")
    assert read_to_end(log, position)[0] == [b"new"]


def test_what_is_kept_of_a_place_says_nothing_of_a_number(log: Path) -> None:
    """All numbers could be tried until the hash fits, so none may be in it."""
    heads = set()
    for number in ("0846500400", "0846500499"):
        log.write_text(f"1773126000|c1|vaxel|NONE|ENTERQUEUE||{number}|1\n")
        heads.add(read_to_end(log)[1].head)
        log.unlink()
    assert len(heads) == 1
    log.write_text("1773126000|c2|vaxel|NONE|ENTERQUEUE||0846500400|1\n")
    assert read_to_end(log)[1].head not in heads


@pytest.mark.parametrize("rotations", [1, 2])
def test_a_line_that_comes_between_the_last_look_and_the_next_file_is_read(
    log: Path, rotations: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(log, "one\n")
    tail = Tail(log)
    assert drained(tail) == [b"one"]
    expected = []
    for n in range(rotations):
        old = log.rename(log.with_name(f"queue_log.{9 - n}"))
        following = rotation.following

        def written_just_before(path: Path, here: os.stat_result) -> Path | None:
            monkeypatch.setattr(rotation, "following", following)  # noqa: B023 # called here
            put(old, f"late {n}\n")  # noqa: B023
            put(log, f"new {n}\n")  # noqa: B023
            return following(path, here)  # noqa: B023

        monkeypatch.setattr(rotation, "following", written_just_before)
        expected += [f"late {n}".encode(), f"new {n}".encode()]
        assert drained(tail) == expected[-2:]


COPYING = st.lists(st.sampled_from(["write", "read", "restart", "copy", "read while copied"]))


@settings(max_examples=150)
@given(COPYING)
def test_a_log_that_is_copied_and_emptied_is_read_whole_each_line_once(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "queue_log"
        position: Position | None = None
        tail = Tail(log)
        read: list[bytes] = []
        written = 0
        copies = 0

        def drain() -> None:
            nonlocal position
            while (chunk := tail.read()) is not None:
                read.extend(raw for _, raw in chunk.lines)
                position = chunk.position

        for what in [*steps, "write", "read"]:
            if what == "write":
                written += 1
                put(log, f"1773126000|c{written}|a line\n")
            elif what == "read":
                drain()
            elif what == "restart" and position is not None:
                tail.close()
                tail = Tail(log, position)
            elif what.endswith(("copy", "copied")) and position is not None:
                copies += 1
                for older in range(copies, 0, -1):
                    path = log.with_name(f"queue_log.{older}")
                    if path.exists():
                        path.rename(log.with_name(f"queue_log.{older + 1}"))
                shutil.copy(log, log.with_name("queue_log.1"))
                at = 1_773_126_000 + copies
                os.utime(log.with_name("queue_log.1"), (at, at))
                if what == "read while copied":
                    drain()
                os.truncate(log, 0)
        tail.close()
        assert read == [f"1773126000|c{n + 1}|a line".encode() for n in range(written)]


def test_an_inode_used_again_is_not_taken_for_the_old_file(log: Path) -> None:
    put(log, "old line\n")
    _, position = read_to_end(log)
    inode = log.stat().st_ino
    log.write_text("new line\nmore\n")
    assert log.stat().st_ino == inode
    assert read_to_end(log, position)[0] == [b"new line", b"more"]


@pytest.mark.parametrize("length", [CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_an_endless_line_is_passed_without_being_held(log: Path, length: int) -> None:
    put(log, "one\n" + "x" * length)
    tail = Tail(log)
    assert drained(tail) == [b"one"]
    put(log, "\ntwo\n")
    lines = drained(tail)
    assert (len(lines), lines[-1]) == (2, b"two")
    assert len(lines[0]) > 16_384  # what no translator takes for a line
    assert len(lines[0]) <= CHUNK_BYTES


PACKING = st.lists(st.sampled_from(["write", "read", "restart", "rotate", "pack"]))


@settings(max_examples=150)
@given(PACKING)
def test_a_log_that_is_rotated_and_packed_is_read_whole_each_line_once(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "queue_log"
        position: Position | None = None
        tail = Tail(log)
        read: list[bytes] = []
        written = rotated = 0
        for what in [*steps, "write", "read"]:
            if what == "write":
                written += 1
                put(log, f"1773126000|c{written}|a line\n")
            elif what == "read":
                while (chunk := tail.read()) is not None:
                    read.extend(raw for _, raw in chunk.lines)
                    position = chunk.position
            elif what == "restart" and position is not None:
                tail.close()
                tail = Tail(log, position)
            elif what == "rotate" and position is not None and log.exists():
                rotated += 1
                path = log.rename(log.with_name(f"queue_log-{20260300 + rotated}"))
                os.utime(path, (1_773_126_000 + rotated, 1_773_126_000 + rotated))
            elif what == "pack":
                for path in log.parent.glob("queue_log-*[0-9]"):
                    packed(path)
        tail.close()
        assert read == [f"1773126000|c{n + 1}|a line".encode() for n in range(written)]


def packed(path: Path) -> Path:
    """Pack a file as gzip does, with its time of change."""
    changed = path.stat().st_mtime_ns
    made = path.with_name(f"{path.name}.gz")
    made.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(made, ns=(changed, changed))
    path.unlink()
    return made


def test_a_packed_file_is_read_as_what_it_was(log: Path) -> None:
    put(log, "one\ntwo\n")
    assert read_to_end(packed(log))[0] == [b"one", b"two"]


def test_a_packed_file_that_is_damaged_is_said_in_one_line(log: Path) -> None:
    put(log, "one\n" * 1000)
    made = packed(log)
    whole = made.read_bytes()
    for broken in (whole[:-9], whole[:20] + b"?" + whole[21:], whole[:3] + b"no gzip"):
        made.write_bytes(broken)
        with pytest.raises(TailError, match="skadad, eller inte färdigpackad"):
            Tail(made).read()


def test_a_packed_file_that_would_fill_the_disk_is_said_in_one_line(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked, "MOST_UNPACKED", 3_000_000)
    put(log, "0" * 2_999_999 + "\n")
    made = packed(log)
    Tail(made).read()
    put(log, "0" * 3_000_000 + "\n")
    made = packed(log)
    with pytest.raises(TailError, match="är uppackad större än 4 GiB"):
        Tail(made).read()


STEPS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=6).map(lambda raw: ("write", raw)),
        st.just(("write", b"\n")),
        st.sampled_from([("read", b""), ("restart", b""), ("rename", b""), ("create", b"")]),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(STEPS)
def test_any_writing_reading_restarting_and_rotating_gives_each_line_once(
    steps: list[tuple[str, bytes]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "queue_log"
        position: Position | None = None
        tail = Tail(log)
        read: list[bytes] = []
        files: list[bytes] = [b""]

        def drain() -> None:
            nonlocal position
            while (chunk := tail.read()) is not None:
                read.extend(raw for _, raw in chunk.lines)
                position = chunk.position

        def rotate(*, is_created: bool) -> None:
            at = 1_773_126_000 + len(files)
            rotated = log.rename(log.with_name(f"queue_log.{at}"))
            os.utime(rotated, (at, at))
            files.append(b"")
            if is_created:
                log.touch()

        for what, raw in [*steps, ("read", b""), ("write", b"end\n"), ("read", b"")]:
            match what:
                case "write":
                    files[-1] += raw
                    with log.open("ab") as file:
                        file.write(raw)
                case "read":
                    drain()
                case "restart" if position is not None:
                    tail.close()
                    tail = Tail(log, position)
                case "rename" | "create" if log.exists() and position is not None:
                    # A log that was never read is not looked for among its rotated files.
                    rotate(is_created=what == "create")
        tail.close()
        whole = [line for content in files for line in content.split(b"\n")[:-1]]
        assert read == whole
