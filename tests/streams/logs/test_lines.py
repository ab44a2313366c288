"""A record is one line of JSON whatever it is, or text that a person reads and nothing obeys."""

import io
import json
import logging
import re
import sys
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.logs import e
from streams.logs.lines import MOST_TRACE_LINES, JsonLines, Prioritized, TextLines


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord(
        "streams.worker.app", logging.WARNING, "app.py", 1, message, args, exc_info  # type: ignore[arg-type]
    )  # fmt: skip


def written(its: logging.LogRecord, formatter: logging.Formatter) -> list[str]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.emit(its)
    return stream.getvalue().split("\n")[:-1]


def read(its: logging.LogRecord) -> list[dict[str, Any]]:
    """The record as it is written, read back line by line."""
    return [json.loads(line) for line in written(its, JsonLines())]


# With lone surrogates too: what Python makes of file names that are not UTF-8.
ANYTHING = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=100)


@given(ANYTHING)
@example("h\udce5ndelser.gz")
def test_any_message_is_one_line_of_json(text: str) -> None:
    (line,) = read(record("%s", text))
    assert line["message"] == text.encode("utf-8", "backslashreplace").decode()
    assert (line["level"], line["logger"]) == ("warning", "streams.worker.app")


@given(ANYTHING)
@example("förfalskad\n2026-11-26 08:00:00 info stopped: x")
@example("röd \x1b[31m text\u2028 och\x85 mer")
def test_any_message_is_one_line_of_text_that_a_terminal_does_not_obey(text: str) -> None:
    (line,) = written(record("%s", text), TextLines())
    assert len(line.splitlines()) == 1
    assert line.replace("\N{NO-BREAK SPACE}", " ").isprintable()


def test_swedish_is_shown_as_it_is() -> None:
    told = "1\N{NO-BREAK SPACE}200 rader gick inte att läsa: ändra i katalogen – på rad 3 …"
    (line,) = written(record(told), TextLines(is_stamped=False))
    assert line == f"library: {told}"


def test_a_line_has_its_event_its_fields_and_the_time_with_milliseconds_and_offset() -> None:
    its = record("assigned partitions [0, 1]")
    its.entry, its.fields = e.ASSIGNED, {"partitions": [0, 1]}
    (line,) = read(its)
    assert (line["event"], line["partitions"]) == ("assigned", [0, 1])
    assert re.fullmatch(r".*T\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", line["time"])
    at = datetime.fromisoformat(line["time"]).timestamp()
    assert at == pytest.approx(its.created, abs=0.001)


def raised(error: Exception) -> Any:
    try:
        raise error
    except Exception:
        return sys.exc_info()


def test_an_exception_is_in_the_same_line_of_json() -> None:
    (line,) = read(record("failed", exc_info=raised(RuntimeError("two\nlines"))))
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("RuntimeError: two\nlines")


QUOTED = "0846500461 hemligsson"


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("Crashed reason=%r", (ValueError(QUOTED),)),
        (f"future: <Task finished exception={ValueError(QUOTED)!r}>", ()),
        (f"it failed: {QUOTED}", ()),
    ],
)
def test_an_error_that_a_library_quotes_is_told_without_what_was_read(
    message: str, args: tuple[object, ...]
) -> None:
    its = record(message, *args, exc_info=raised(ValueError(QUOTED)))
    for lines in (JsonLines(), TextLines()):
        told = "\n".join(written(its, lines))
        assert message[:8] in told
        assert "0846500461" not in told
        assert "hemligsson" not in told
    its.exc_info = None
    assert not args or "hemligsson" not in "".join(written(its, TextLines()))


def test_an_exception_in_text_is_indented_and_bounded() -> None:
    first, *lines = written(
        record("failed", exc_info=raised(RuntimeError("\n".join("x" * 1000)))), TextLines()
    )
    assert first.endswith("warning library: failed")
    assert all(line.startswith("  ") for line in lines)
    assert len(lines) == MOST_TRACE_LINES + 1
    assert lines[0] == "  Traceback (most recent call last):"
    assert re.fullmatch(r"  … \d+ lines left out …", lines[MOST_TRACE_LINES // 2])


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6)],
)
@pytest.mark.parametrize("inner", [JsonLines(), TextLines(is_stamped=False)])
def test_for_the_journal_each_line_begins_with_its_priority(
    level: int, priority: int, inner: logging.Formatter
) -> None:
    its = record("failed", exc_info=raised(RuntimeError("x")))
    its.levelno = level
    lines = written(its, Prioritized(inner))
    assert [line[:3] for line in lines] == [f"<{priority}>"] * len(lines)
    assert "\n".join(line[3:] for line in lines) == inner.format(its)


def test_how_many_were_held_back_stands_in_the_line_unless_none_was() -> None:
    kept = record("same")
    kept.held_back = 79
    assert read(kept)[0]["held_back"] == 79
    assert written(kept, TextLines())[0].endswith("same (and 79 more like it)")
    kept.held_back = 0
    assert "held_back" not in read(kept)[0]
    assert written(kept, TextLines())[0].endswith("same")
