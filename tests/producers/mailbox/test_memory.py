"""What is remembered lasts for as long as it is asked for, and a key for longer."""

from pathlib import Path

import pytest

from producers.mailbox.keyed import Keyed, key_in
from producers.mailbox.memory import DAY, Held, Known, Memory, Thread, Waiting, forget, since
from producers.mailbox.source import Mark
from producers.pseudonym import KeyFileError

NOW = 1000 * DAY


def thread(begun: int, ended: int | None = None) -> Thread:
    return Thread(
        queue="a",
        received_at=NOW - begun * DAY,
        is_in="a",
        asked_at=NOW - begun * DAY,
        ended_by="" if ended is None else "answer",
        last=NOW - (begun if ended is None else ended) * DAY,
    )


@pytest.mark.parametrize(
    ("begun", "ended", "is_kept"),
    [(399, None, True), (401, None, False), (200, 89, True), (200, 91, False), (95, 91, False)],
)
def test_an_open_thread_is_kept_as_long_as_the_figures_and_an_ended_one_for_90_days(
    begun: int, ended: int | None, is_kept: bool
) -> None:
    memory = Memory(
        threads={"t": thread(begun, ended)},
        messages={"t": Known(thread="t", print=""), "m": Known(thread="t", print="")},
        cases={"c": "t"},
        folders={
            "f": Held(
                mark=Mark(version=1, next=9, messages=2),
                messages={3: "t", 4: "m"},
                flagged={3: ["spam"]},
            )
        },
    )
    forget(memory, NOW)
    held = memory.folders["f"]
    for kept in (memory.threads, memory.messages, memory.cases, held.messages, held.flagged):
        assert bool(kept) is is_kept


def test_what_waits_for_its_question_waits_for_a_week() -> None:
    waiting = {
        name: Waiting(
            print="", what="answered", at=NOW - days * DAY, replies_to=[], references=[], case=""
        )
        for name, days in (("a", 6), ("b", 8))
    }
    memory = Memory(waiting=waiting)
    forget(memory, NOW)
    assert list(memory.waiting) == ["a"]


def test_reading_begins_90_days_back_or_where_the_oldest_open_question_does() -> None:
    assert since(Memory(), NOW) == NOW - 90 * DAY
    threads = {"a": thread(200), "b": thread(300, 10)}
    assert since(Memory(threads=threads), NOW) == NOW - 200 * DAY


def test_a_key_is_made_once_for_its_owner_alone_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "nyckel"
    with pytest.raises(KeyFileError, match="lägg tillbaka den"):
        key_in(path, may_make=False)
    made = key_in(path, may_make=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_in(path, may_make=False) == made
    assert path.read_text().strip() not in repr(made)
    assert made.hash("message", "a", "b") != made.hash("message", "ab")
    assert made.hash("message", "a") != made.hash("case", "a")
    assert Keyed(bytes(32)).fingerprint != made.fingerprint
    with pytest.raises(KeyFileError, match="går inte att använda"):
        key_in(tmp_path / "borta" / "nyckel", may_make=True)
