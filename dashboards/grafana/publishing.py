"""What is to be done with each board, of what is wanted and what Grafana has.

A board whose last version somebody else saved holds their work, and is left alone unless it is
said to overwrite it. What we save says so, with a digest of what it was: Grafana may write a board
anew in a later form, and it is still the one we saved. The first version of a board holds nobody's
changes (and Grafana has words of its own for it).
"""

import difflib
import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from dashboards.grafana.board import Board, canonical

MOST_LINES: Final = 60
MOST_COLUMNS: Final = 160
_MESSAGE: Final = re.compile(r"svarsgrad dashboards publish \(([0-9a-f]{12})\)")


class State(enum.Enum):
    """What a board is, compared with Grafana's; in a word."""

    NEW = "ny"
    CHANGED = "ändrad"
    UNCHANGED = "oförändrad"
    EDITED = "redigerad i Grafana"
    PROVISIONED = "från fil i Grafana"

    @property
    def is_saved(self) -> bool:
        """Say whether such a board is saved."""
        return self in {State.NEW, State.CHANGED}


@dataclass(frozen=True, slots=True)
class Held:
    """A board as Grafana has it."""

    content: Mapping[str, Any]
    """Nothing, where it is kept in a form that can't be told."""
    folder: str
    version: int
    is_provisioned: bool = False
    last_message: str | None = None
    """What was said when it was last saved; None if that is not known."""

    @property
    def is_somebodys(self) -> bool:
        """Say whether it may hold somebody's changes."""
        return self.version != 1 and self.last_digest is None

    @property
    def last_digest(self) -> str | None:
        """Return the digest of what we saved; None if somebody else saved it last."""
        ours = _MESSAGE.fullmatch(self.last_message or "")
        return ours[1] if ours else None


def message(board: Board) -> str:
    """Return what is said of a version that we save."""
    return f"svarsgrad dashboards publish ({board.digest})"


def is_alike(board: Board, folder: str, held: Held) -> bool:
    """Say whether Grafana has a board as it is wanted, in the folder that is wanted."""
    return held.folder == folder and canonical(held.content) == canonical(board.content)


def state(board: Board, folder: str, held: Held | None, *, overwrite: bool = False) -> State:
    """Return what a board is, to be in the folder of that uid, compared with Grafana's."""
    if held is None:
        return State.NEW
    if is_alike(board, folder, held):
        return State.UNCHANGED
    if held.folder == folder and held.last_digest == board.digest:
        return State.UNCHANGED
    if held.is_provisioned:
        return State.PROVISIONED
    if held.is_somebodys and not overwrite:
        return State.EDITED
    return State.CHANGED


def difference(board: Board, folder: str, held: Held | None) -> Iterator[str]:
    """Yield what would change, as a unified diff of sorted JSON that is not long."""
    had = _lines(held.content, held.folder) if held else []
    lines = difflib.unified_diff(
        had, _lines(board.content, folder), "Grafana", board.uid, lineterm="", n=2
    )
    for line in islice(lines, MOST_LINES):
        shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line)
        yield shown if len(shown) <= MOST_COLUMNS else f"{shown[: MOST_COLUMNS - 1]}…"
    if more := sum(1 for _ in lines):
        yield f"… och {more} rader till"


def _lines(content: Mapping[str, Any], folder: str) -> list[str]:
    return [f"mapp: {folder}", *canonical(content).splitlines()]
