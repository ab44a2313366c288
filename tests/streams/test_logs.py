"""Logs are one JSON object a line, whatever is logged; libraries are heard from WARNING up."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.logs import CHATTY, JsonLines, log_to_stderr


def lines(record: logging.LogRecord) -> list[dict[str, str]]:
    """The record as it is written, read back line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.emit(record)
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord(
        "streams.app", logging.WARNING, "app.py", 1, message, args, exc_info  # type: ignore[arg-type]
    )  # fmt: skip


# With lone surrogates too: what Python makes of file names that are not UTF-8.
@given(st.text(st.characters() | st.characters(categories=["Cs"]), max_size=100))
@example("h\udce5ndelser.gz")
def test_any_message_is_one_line_of_json(text: str) -> None:
    (line,) = lines(record("%s", text))
    assert line["message"] == text.encode("utf-8", "backslashreplace").decode()
    assert (line["level"], line["logger"]) == ("warning", "streams.app")


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
