"""Where a process's log goes, and in which format."""

import json
import logging
import os
import subprocess
import sys
import threading
import warnings

import pytest

from streams.logs import e, tell
from streams.logs.stderr import (
    CHATTY,
    FORMAT,
    MUTE,
    LogFormatError,
    format_as_told,
    formatter,
    is_journal,
    last_words,
    logged_to_stderr,
)

JSON = formatter("json", of_journal=False)
log = logging.getLogger("streams.test")


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "text"),
        ({FORMAT: ""}, "text"),
        ({FORMAT: "text"}, "text"),
        ({FORMAT: " json "}, "json"),
    ],
)
def test_the_format_is_text_unless_told(environ: dict[str, str], told: str) -> None:
    assert format_as_told(environ) == told


@pytest.mark.parametrize("told", ["JSON", "logfmt", "text json"])
def test_a_format_that_there_is_not_is_refused_in_one_line(told: str) -> None:
    with pytest.raises(LogFormatError) as error:
        format_as_told({"SVARSGRAD_LOG_FORMAT": told})
    assert str(error.value) == f"SVARSGRAD_LOG_FORMAT={told!r} går inte: skriv text eller json"


def test_a_setting_of_the_log_that_there_is_not_is_refused() -> None:
    with pytest.raises(LogFormatError) as error:
        format_as_told({"SVARSGRAD_LOG_FROMAT": "json"})
    assert str(error.value) == (
        "SVARSGRAD_LOG_FROMAT är ingen inställning; den som finns: SVARSGRAD_LOG_FORMAT"
    )


def test_the_journal_is_known_by_what_standard_error_is() -> None:
    reads, writes = os.pipe()
    try:
        its = os.fstat(writes)
        told = {"JOURNAL_STREAM": f"{its.st_dev}:{its.st_ino}"}
        assert is_journal(told, writes)
        assert not is_journal({}, writes)
        with open(os.devnull, "w") as elsewhere:  # noqa: PTH123 # as when it was sent elsewhere
            assert not is_journal(told, elsewhere.fileno())
        assert not is_journal(told, 9999)
    finally:
        os.close(reads)
        os.close(writes)


@pytest.mark.parametrize("name", CHATTY)
def test_libraries_do_not_even_make_what_is_not_heard(name: str) -> None:
    before = logging.getLogger(name).level
    for level in (logging.DEBUG, logging.INFO):
        with logged_to_stderr(JSON, level):
            assert not logging.getLogger(f"{name}.deep").isEnabledFor(logging.INFO)
            assert logging.getLogger(f"{name}.deep").isEnabledFor(logging.WARNING)
    with logged_to_stderr(JSON, logging.ERROR):
        assert not logging.getLogger(name).isEnabledFor(logging.WARNING)
    assert logging.getLogger(name).level == before


@pytest.mark.parametrize("name", MUTE)
def test_some_libraries_are_not_heard_at_all(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged_to_stderr(JSON):
        logging.getLogger(f"{name}.server").critical("08-465 004 61")
    assert capsys.readouterr().err == ""


class EndsBadly:
    def __del__(self) -> None:
        raise RuntimeError("illa")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    said = capsys.readouterr()
    assert said.out == ""
    return [json.loads(line) for line in said.err.splitlines()]


@pytest.mark.filterwarnings("default")
def test_what_python_would_print_is_logged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # pytest has its own
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)

    def fails() -> None:
        raise RuntimeError("så")

    with logged_to_stderr(JSON):
        tell(log, e.KAFKA_BACK, "Kafka tar emot igen.")
        thread = threading.Thread(target=fails, name="posten")
        thread.start()
        thread.join()
        warnings.warn("gammalt", stacklevel=1)
        _ = EndsBadly()
        del _
    log.error("after all")
    back, thread_ended, warned, ignored = lines(capsys)
    assert (back["event"], back["level"]) == ("kafka_back", "info")
    assert thread_ended["message"] == "thread posten ended by an error"
    assert thread_ended["exception"].endswith("RuntimeError: så")
    assert (warned["event"], warned["level"]) == ("library", "warning")
    assert "gammalt" in warned["message"]
    assert ignored["exception"].endswith("RuntimeError: illa")


def test_a_library_is_spared(capsys: pytest.CaptureFixture[str]) -> None:
    with logged_to_stderr(JSON):
        for node in range(3):
            logging.getLogger("aiokafka.deep").error("Unable connect to node %s", node)
    assert len(lines(capsys)) == 1


def test_the_last_words_are_written_though_a_thread_that_hangs_holds_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    record = logging.LogRecord("streams", logging.CRITICAL, "", 0, "ending", (), None)
    with logged_to_stderr(JSON):
        (handler,) = (its for its in logging.getLogger().handlers if its.formatter is JSON)
        held, done = threading.Event(), threading.Event()

        def hang() -> None:
            handler.acquire()
            held.set()
            done.wait(10)
            handler.release()

        thread = threading.Thread(target=hang)
        thread.start()
        held.wait(10)
        last_words(record)
        done.set()
        thread.join()
    assert json.loads(capfd.readouterr().err)["message"] == "ending"


def test_it_goes_to_standard_error_and_nothing_to_standard_output() -> None:
    program = (
        "import logging\n"
        "from streams.logs.stderr import formatter, logged_to_stderr\n"
        "with logged_to_stderr(formatter('json', of_journal=False)):\n"
        "    logging.getLogger('streams').warning('hej')\n"
        "    logging.getLogger('aiokafka').info('prat')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["hej"]
