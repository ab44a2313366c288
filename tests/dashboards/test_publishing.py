"""What is to be done with a board, of what is wanted and what Grafana has."""

from dataclasses import replace
from typing import Any

import pytest

from dashboards.grafana.board import Board, board_of, canonical
from dashboards.grafana.publishing import (
    MOST_COLUMNS,
    MOST_LINES,
    Held,
    State,
    difference,
    message,
    state,
)

CONTENT: dict[str, Any] = {
    "uid": "svarsgrad-vagg",
    "title": "Väggen",
    "schemaVersion": 41,
    "panels": [{"id": 1, "type": "stat", "targets": [{"expr": "up"}]}],
}
BOARD = board_of(CONTENT, "en fil")
OTHER = board_of(CONTENT | {"title": "Annan"}, "en fil")
OURS, OLDER = message(BOARD), message(OTHER)


def held(board: Board = BOARD, **others: Any) -> Held:
    content = {**board.content, "id": 7, "version": 3, "iteration": 1_700_000_000}
    return replace(Held(content, "mapp", 3, last_message=""), **others)


@pytest.mark.parametrize(
    ("has", "becomes", "by_force"),
    [
        (None, State.NEW, State.NEW),
        (held(), State.UNCHANGED, State.UNCHANGED),
        (held(is_provisioned=True), State.UNCHANGED, State.UNCHANGED),
        (held(OTHER, last_message=OLDER), State.CHANGED, State.CHANGED),
        (held(OTHER, last_message=OURS), State.UNCHANGED, State.UNCHANGED),
        (held(OTHER, version=1), State.CHANGED, State.CHANGED),
        (held(OTHER), State.EDITED, State.CHANGED),
        (held(OTHER, last_message=None), State.EDITED, State.CHANGED),
        (held(OTHER, last_message=f"{OLDER} och mer"), State.EDITED, State.CHANGED),
        (held(folder="annan"), State.EDITED, State.CHANGED),
        (held(folder="annan", last_message=OURS), State.CHANGED, State.CHANGED),
        (held(OTHER, is_provisioned=True), State.PROVISIONED, State.PROVISIONED),
    ],
)
def test_a_board_is_saved_where_it_differs_and_nobody_elses_work_is_lost(
    has: Held | None, becomes: State, by_force: State
) -> None:
    assert state(BOARD, "mapp", has) is becomes
    assert state(BOARD, "mapp", has, overwrite=True) is by_force


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}, True),
        ({"a": 1.0}, {"a": 1}, True),
        ({"id": 1, "version": 2, "iteration": 3}, {}, True),
        ({"panels": [{"id": 1}]}, {"panels": [{"id": 2}]}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": None}, {}, False),
        ({"a": "1"}, {"a": 1}, False),
    ],
)
def test_what_says_the_same_is_the_same(
    one: dict[str, Any], other: dict[str, Any], is_same: bool
) -> None:
    assert (canonical(one) == canonical(other)) is is_same


def test_a_difference_shows_the_lines_that_change_and_no_more() -> None:
    lines = list(difference(OTHER, "mapp", held()))
    assert lines[:2] == ["--- Grafana", "+++ svarsgrad-vagg"]
    changed = [line for line in lines[2:] if line[0] in "+-"]
    assert changed == ['-  "title": "Väggen",', '+  "title": "Annan",']
    assert not any('"version"' in line for line in lines)


def test_a_new_board_and_one_in_another_folder_are_shown_too() -> None:
    new = list(difference(BOARD, "mapp", None))
    assert "+mapp: mapp" in new
    assert '+  "title": "Väggen",' in new
    moved = list(difference(BOARD, "mapp", held(folder="annan")))
    assert [line for line in moved[2:] if line[0] in "+-"] == ["-mapp: annan", "+mapp: mapp"]


def test_a_difference_is_not_long_and_moves_no_cursor() -> None:
    panels = [{"id": n, "expr": "x" * 1000, "title": "\x9b2J"} for n in range(500)]
    lines = list(difference(board_of(CONTENT | {"panels": panels}, "fil"), "mapp", held()))
    assert len(lines) == MOST_LINES + 1
    assert lines[-1].startswith("… och ")
    assert lines[-1].endswith(" rader till")
    assert max(map(len, lines)) == MOST_COLUMNS
    assert all(line.isprintable() for line in lines)
