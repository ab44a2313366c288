"""Logs are one JSON object a line, whatever is logged.

Libraries are heard from WARNING up, and with the same message only once in a while.
"""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.logs import (
    CHATTY,
    EVERY_SECONDS,
    MOST_KINDS,
    PASSING,
    JsonLines,
    Sparing,
    log_to_stderr,
)


def lines(record: logging.LogRecord) -> list[dict[str, Any]]:
    """The record as it is written, read back line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.emit(record)
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord(
        "streams.worker.app", logging.WARNING, "app.py", 1, message, args, exc_info  # type: ignore[arg-type]
    )  # fmt: skip


# With lone surrogates too: what Python makes of file names that are not UTF-8.
@given(st.text(st.characters() | st.characters(categories=["Cs"]), max_size=100))
@example("h\udce5ndelser.gz")
def test_any_message_is_one_line_of_json(text: str) -> None:
    (line,) = lines(record("%s", text))
    assert line["message"] == text.encode("utf-8", "backslashreplace").decode()
    assert (line["level"], line["logger"]) == ("warning", "streams.worker.app")


def test_an_exception_is_in_the_same_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        (line,) = lines(record("failed", exc_info=sys.exc_info()))
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: two\nlines")


def test_the_time_has_its_offset() -> None:
    (line,) = lines(record("now"))
    assert line["time"][19] in "+-"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, and all that log_to_stderr changes put back."""
    of_root = logging.getLogger()
    before = of_root.handlers[:], of_root.level
    levels = {name: logging.getLogger(name).level for name in CHATTY}
    yield of_root
    of_root.handlers[:], of_root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("name", CHATTY)
def test_libraries_are_heard_from_warning_up_only(root: logging.Logger, name: str) -> None:
    for level in (logging.DEBUG, logging.INFO):
        log_to_stderr(level)
        assert not logging.getLogger(f"{name}.deep").isEnabledFor(logging.INFO)
        assert logging.getLogger(f"{name}.deep").isEnabledFor(logging.WARNING)
    log_to_stderr(logging.ERROR)
    assert not logging.getLogger(name).isEnabledFor(logging.WARNING)
    assert len(root.handlers) == 1


def test_logs_go_to_standard_error_and_nothing_to_standard_output() -> None:
    program = (
        "import logging, streams.logs as l; l.log_to_stderr(); "
        "logging.getLogger('streams').info('hej'); logging.getLogger('aiokafka').info('prat')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["hej"]


AWAY = "Unable connect to node with id %s: %s"
(STARTING,) = PASSING


class Heard:
    """What is let through of messages at instants: ``held_back`` by instant."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sparing = Sparing(lambda: self.now)

    def at(self, now: float, message: str = AWAY, logger: str = "aiokafka") -> int | None:
        """How many were held back before this message; None if it is held back itself."""
        self.now = now
        said = logging.LogRecord(logger, logging.ERROR, "client.py", 1, message, (), None)
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


@pytest.mark.parametrize("logger", ["streams.worker.app", "kafkaesque", "root"])
def test_our_own_messages_are_never_held_back(logger: str) -> None:
    heard = Heard()
    assert [heard.at(0, logger=logger) for _ in range(3)] == [0, 0, 0]


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


def test_how_many_were_held_back_stands_in_the_line_unless_none_was() -> None:
    kept = record("same")
    kept.held_back = 79
    assert lines(kept)[0]["held_back"] == 79
    kept.held_back = 0
    assert "held_back" not in lines(kept)[0]


def test_the_processs_logs_are_spared(root: logging.Logger) -> None:
    stream = io.StringIO()
    log_to_stderr()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    for node in range(3):
        logging.getLogger("aiokafka.deep").error(AWAY, node, "refused")
    assert stream.getvalue().count("\n") == 1
