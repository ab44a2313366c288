"""What the archive holds equals a fold of the log, in whatever order and parts it was written."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

from archived import MUNICIPALITY, but_heartbeats, emptied, folded, write
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from strategies import logs
from strategies_cases import case_logs, survey_events
from strategies_presence import measure_events, presences
from strategies_questions import question_logs

from streams.archive import schema
from streams.archive.reading import books_of
from streams.domain.event_types import Envelope
from streams.domain.phone.legs import MERGED

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone(timedelta(hours=1)))


@st.composite
def all_events(draw: st.DrawFn) -> list[Envelope]:
    """Events of every kind, in any order, some of them again."""
    around = NOON.astimezone(UTC)
    parts: tuple[Sequence[Any], ...] = (
        draw(logs(NOON, most=10)),
        draw(question_logs(TODAY, most=6)),
        draw(case_logs(around, most=5)),
        draw(st.lists(survey_events(around), max_size=5)),
        draw(presences(around)),
        draw(st.lists(measure_events(around), max_size=4)),
    )
    events = [event for part in parts for event in part]
    Random(draw(st.integers(0, 2**32))).shuffle(events)
    again = draw(st.integers(0, 8))
    return events + events[:again]


@settings(max_examples=25)
@given(all_events(), st.integers(1, 5))
def test_what_is_written_in_any_parts_is_what_a_fold_of_all_holds(
    engine: Engine, events: list[Envelope], parts: int
) -> None:
    write(emptied(engine), events, parts)
    with engine.connect() as connection:
        assert but_heartbeats(books_of(connection, MUNICIPALITY)) == but_heartbeats(folded(events))


@settings(max_examples=25)
@given(all_events(), all_events())
def test_books_take_what_others_knew_as_if_they_had_heard_it(
    one: list[Envelope], other: list[Envelope]
) -> None:
    books = folded(one)
    for name, facts in folded(other).copied_facts().items():
        for identity, known in facts:
            books.named[name].take(identity, known)
    assert books.facts() == folded(one + other).facts()


def test_the_table_of_legs_has_the_columns_of_the_book_in_its_order() -> None:
    assert schema.least(schema.leg) == MERGED
