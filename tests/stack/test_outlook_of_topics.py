"""``outlook`` and ``learn-profile`` say of a real broker's topics what they say of files."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from busy import happenings
from click.testing import CliRunner, Result
from msgspec.structs import replace
from workers import Site

from streams.__main__ import commands
from streams.domain.event_types import CallEvent
from streams.domain.events import Event, encode


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(its) for its in arguments])


def past_days(events: list[Event], days: int) -> list[Event]:
    """Return the calls among some events, again on each of so many days before."""
    found: list[Event] = []
    for event, day in itertools.product(events, range(days)):
        if isinstance(event, CallEvent):
            back = timedelta(days=day)
            data = replace(event.data, arrived_at=event.data.arrived_at - back)
            names = {"id": f"{event.id}-{day}", "subject": f"{event.subject}-{day}"}
            found.append(replace(event, time=event.time - back, data=data, **names))
    return found


@pytest.fixture
def files(site: Site, rng: random.Random) -> tuple[Path, Path]:
    """A file with what is in the topics, and where profiles go."""
    events = past_days(list(itertools.islice(happenings(rng), 1_500)), 8)
    site.publish(events)
    file = site.directory / "events.jsonl"
    file.write_bytes(b"\n".join(encode(event) for event in events))
    return file, site.directory / "p.json"


def test_topics_and_files_give_the_same(site: Site, files: tuple[Path, Path]) -> None:
    file, to = files
    kafka = ("--topics", site.topics, "--kafka", site.kafka)
    told = ("--catalogue", site.file, "--to", to)
    learnt = run("learn-profile", *kafka, *told)
    assert learnt.exit_code == 0, learnt.output
    of_topics = to.read_bytes()
    assert run("learn-profile", file, *told).exit_code == 0
    assert to.read_bytes() == of_topics
    assert orjson.loads(of_topics)["municipalities"]

    text = site.file.read_text("utf-8")
    site.file.write_text(text.replace("version: 1", "version: 1\nprofiles: p.json"), "utf-8")
    at = ("--at", datetime.now(UTC).isoformat(), "--json", "--catalogue", site.file)
    live, saved = run("outlook", *kafka, *at), run("outlook", file, *at)
    assert live.exit_code == 0, live.output
    assert live.output == saved.output
    outlooks = orjson.loads(live.output).values()
    assert any(its["vaxel"]["profile_days"] for its in outlooks)
