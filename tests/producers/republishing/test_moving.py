"""What is moved in time is as it was, only later, and is not taken for what it was made from."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from producers.republishing.moving import moved
from producers.simulator.command import command as simulate
from streams.domain.event_types import (
    MAX_TEXT,
    CaseEvent,
    Envelope,
    MeasureData,
    MeasureEvent,
    PresenceData,
    PresenceEvent,
    QuestionEvent,
)
from streams.domain.events import decode, encode
from streams.replay.command import command as replay

LULEA = Path(__file__).parents[3] / "examples" / "lulea.yaml"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = timedelta(days=268, hours=1)


def its(form: type[Envelope], type_: str, subject: str = "s", **data: object) -> object:
    return msgspec.convert(
        {
            "specversion": "1.0",
            "id": "i",
            "source": "/t",
            "type": f"se.svarsgrad.{type_}.v1",
            "subject": subject,
            "time": AT.isoformat(),
            "partitionkey": "lulea",
            "data": data,
        },
        form,
        strict=False,
    )


CASE = its(
    CaseEvent,
    "case.opened",
    opened_at=(AT - timedelta(days=3)).isoformat(),
    restated_at=(AT - timedelta(days=1)).isoformat(),
    queue="arenden",
    channel="phone",
    contact="call-1",
)


def test_every_instant_is_moved_and_what_links_events_is_renamed_alike() -> None:
    assert isinstance(CASE, CaseEvent)
    later = moved(CASE, LATER)
    assert isinstance(later, CaseEvent)
    assert later.time - AT == LATER
    assert later.data.opened_at - CASE.data.opened_at == LATER
    assert later.data.restated_at is not None
    assert later.data.restated_at - AT == LATER - timedelta(days=1)
    call = its(QuestionEvent, "email.received", "call-1", queue="q", received_at=AT.isoformat())
    assert isinstance(call, QuestionEvent)
    assert moved(call, LATER).subject == later.data.contact
    assert (later.id, later.subject) != (CASE.id, CASE.subject)
    assert decode(encode(later)) == later


def test_queues_and_sources_keep_their_names_and_measured_figures_their_day() -> None:
    staffed = its(PresenceEvent, "presence.staffed", "vaxel", queue="vaxel", people=3)
    assert isinstance(staffed, PresenceEvent)
    later = moved(staffed, LATER)
    assert (later.subject, later.time) == ("vaxel", AT + LATER)
    assert later.data == PresenceData(queue="vaxel", people=3)
    assert later.id != staffed.id
    measured = its(
        MeasureEvent, "measure.recorded", measure="n", value=0.6, on="2026-03-01", document="d"
    )
    assert isinstance(measured, MeasureEvent)
    assert moved(measured, LATER) is measured
    assert measured.data == MeasureData(measure="n", value=0.6, on=date(2026, 3, 1), document="d")


@given(st.text("abc", min_size=1, max_size=MAX_TEXT), st.timedeltas())
def test_a_name_of_any_length_has_one_of_its_own_that_may_stand_in_an_event(
    name: str, by: timedelta
) -> None:
    long = msgspec.structs.replace(CASE, subject=name)  # type: ignore[type-var]
    if not timedelta(0) < by < timedelta(days=300_000):
        return
    found = moved(long, by)  # type: ignore[arg-type]
    again = moved(long, by)  # type: ignore[arg-type]
    assert found == again
    assert found.subject != name
    assert 1 <= len(found.subject) <= MAX_TEXT


def test_figures_of_a_moved_week_are_those_of_the_week_it_was(tmp_path: Path) -> None:
    """All kinds of events of a simulated municipality, a week later: nothing else is different."""
    was, is_now = tmp_path / "was.jsonl", tmp_path / "is.jsonl"
    days = ("--with", "all", "--date", "2026-03-02/2026-03-04", "--heartbeat", "300")
    made = CliRunner().invoke(simulate, [*days, "--scale", "0,1", "--to", str(was)])
    assert made.exit_code == 0, made.output
    events = [decode(raw) for raw in was.read_bytes().splitlines()]
    is_now.write_bytes(
        b"".join(encode(moved(event, timedelta(days=7))) + b"\n" for event in events)  # type: ignore[arg-type]
    )
    before = figures(was, "2026-03-03T15:00")
    assert before == figures(is_now, "2026-03-10T15:00")
    assert before != figures(is_now, "2026-03-10T14:00")


def figures(file: Path, at: str) -> str:
    result = CliRunner().invoke(
        replay, ["--json", "--catalogue", str(LULEA), "--at", at, str(file)]
    )
    assert result.exit_code == 0, result.output
    return result.stdout
