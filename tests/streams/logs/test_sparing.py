"""What would come again and again is said once in a while, with how many more there were."""

import logging

import pytest

from streams.logs import Entry, e
from streams.logs.sparing import EVERY_SECONDS, MOST_KINDS, PASSING, Sparing

AWAY = "Unable connect to node with id %s: %s"
(STARTING,) = PASSING


class Heard:
    """What is let through of messages at instants: ``held_back`` by instant."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sparing = Sparing(lambda: self.now)

    def at(
        self,
        now: float,
        message: str = AWAY,
        logger: str = "aiokafka",
        level: int = logging.ERROR,
        entry: Entry | None = None,
    ) -> int | None:
        """How many were held back before this message; None if it is held back itself."""
        self.now = now
        said = logging.LogRecord(logger, level, "client.py", 1, message, (), None)
        if entry is not None:
            said.entry = entry
        if not self.sparing.filter(said):
            return None
        return int(getattr(said, "held_back", 0))


def test_the_same_message_is_let_through_every_ten_seconds_with_a_count_of_the_others() -> None:
    heard = Heard()
    told = {n / 80: heard.at(n / 80) for n in range(35 * 80)}
    assert {at: held for at, held in told.items() if held is not None} == {
        0.0: 0,
        EVERY_SECONDS: 799,
        2 * EVERY_SECONDS: 799,
        3 * EVERY_SECONDS: 799,
    }


def test_each_logger_and_format_string_is_a_kind_of_its_own() -> None:
    heard = Heard()
    assert heard.at(0) == 0
    assert heard.at(1) is None
    assert heard.at(1, "other: %s") == 0
    assert heard.at(1, logger="aiokafka.conn") == 0


OURS = ["streams.worker.app", "producers.following", "dashboards.wall.watch"]


@pytest.mark.parametrize("logger", OURS)
@pytest.mark.parametrize("entry", [its for its in e.ALL if not its.is_spared])
def test_our_own_entries_are_never_held_back_but_for_those_that_are_spared(
    logger: str, entry: Entry
) -> None:
    heard = Heard()
    told = [heard.at(0, logger=logger, level=logging.INFO, entry=entry) for _ in range(3)]
    assert told == [0, 0, 0]


@pytest.mark.parametrize("entry", [its for its in e.ALL if its.is_spared])
def test_an_entry_that_is_spared_is_a_kind_whatever_it_says(entry: Entry) -> None:
    heard = Heard()
    told = [heard.at(n, f"number {n}", OURS[0], entry.level, entry) for n in range(11)]
    assert told == [0, *[None] * 9, 9]


@pytest.mark.parametrize("logger", ["aiokafka", "sqlalchemy.engine", "root", OURS[0]])
def test_libraries_are_heard_from_warnings_up_and_spared(logger: str) -> None:
    heard = Heard()
    assert heard.at(0, logger=logger, level=logging.INFO) is None
    assert heard.at(0, logger=logger, level=logging.WARNING) == 0
    assert heard.at(0, logger=logger, level=logging.WARNING) is None


def test_what_passes_by_itself_is_heard_only_when_it_does_not() -> None:
    heard = Heard()
    assert [heard.at(at, STARTING) for at in (0, 1, 2)] == [None, None, None]
    assert [heard.at(at, STARTING) for at in (3600, 3605, 3609)] == [None, None, None]
    assert heard.at(3610, STARTING) == 3
    assert heard.at(3611, STARTING) is None


def test_only_so_many_kinds_are_kept_in_mind() -> None:
    heard = Heard()
    assert heard.at(0) == 0
    assert all(heard.at(0, f"number {n}") == 0 for n in range(MOST_KINDS))
    assert heard.at(0) == 0
    assert heard.at(0, f"number {MOST_KINDS - 1}") is None
