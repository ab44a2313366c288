"""The example of a day is what the simulator makes, and is read as what its events say."""

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from producers.simulator.command import command as simulate
from streams.__main__ import commands
from streams.domain.event_types import CASE_TYPES, CaseEvent
from streams.domain.events import CALL_TYPES, CallEvent, Event, decode

ROOT = Path(__file__).parents[3]
DAY = ROOT / "examples" / "day"
LULEA = str(ROOT / "examples" / "lulea.yaml")
PAGE = (ROOT / "docs" / "sources.md").read_text("utf-8")


def command_in_page() -> list[str]:
    (typed,) = re.findall(r"^\$ svarsgrad simulate (.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
    return shlex.split(typed.replace("\\\n", " "))


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """What happens on that day, in whole seconds; and the files are those that are committed."""
    directory = tmp_path_factory.mktemp("day")
    typed = [part.replace("examples/day", str(directory)) for part in command_in_page()]
    made = CliRunner().invoke(
        simulate, [*typed, "--whole-seconds", "--to", str(directory / "events")]
    )
    assert made.exit_code == 0, made.output
    told = (directory / "events").read_bytes()
    (directory / "events").unlink()
    assert files(directory) == files(DAY)
    return [decode(raw) for raw in told.splitlines()]  # type: ignore[misc]


def read(*typed: str) -> list[Event]:
    result = CliRunner().invoke(commands, [*typed, "--catalogue", LULEA, "--to", "-"])
    assert result.exit_code == 0, result.output
    return [decode(raw) for raw in result.stdout_bytes.splitlines()]  # type: ignore[misc]


def calls(events: list[Event]) -> Counter[tuple[object, ...]]:
    return Counter(
        (CALL_TYPES[event.type], event.data.queue, event.time, event.data.arrived_at)
        for event in events
        if isinstance(event, CallEvent)
    )


def test_the_log_of_the_exchange_says_what_its_events_say(events: list[Event]) -> None:
    """But for what Asterisk doesn't log: callbacks, and that a call that was turned away came."""
    log = str(DAY / "queue_log")
    told = calls(read("follow-queue-log", log, "--source", "vaxel-pbx", "--once"))
    happened = calls(events)
    assert told - happened == Counter()
    turned_away = {fact[1:] for fact in happened if fact[0] in {"refused", "closed"}}
    lacks = happened - told
    assert {fact[0] for fact in lacks} <= {"callback_answered", "offered"}
    assert {fact[1:] for fact in lacks if fact[0] == "offered"} <= turned_away


def test_the_list_of_calls_says_what_its_events_say(events: list[Event]) -> None:
    assert calls(read("import-calls", str(DAY / "calls.csv"))) == calls(events)


def test_the_export_of_cases_has_the_cases_that_were_opened(
    events: list[Event], tmp_path: Path
) -> None:
    told = read(
        "import-cases", str(DAY / "cases.csv"), "--key-file", str(tmp_path / "key"), "--new-key"
    )
    assert opened(told) == opened(events)


def opened(events: list[Event]) -> Counter[tuple[object, ...]]:
    """When cases were opened, in whole seconds, and how; each once, however often it is told."""
    each = {
        (event.subject, event.time.replace(microsecond=0), event.data.channel)
        for event in events
        if isinstance(event, CaseEvent) and CASE_TYPES[event.type] == "opened"
    }
    return Counter(which[1:] for which in each)
