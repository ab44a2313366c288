"""Saves boards in Grafana, so that doing it twice is doing it once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dashboards.grafana.board import Board
from dashboards.grafana.publishing import Held, State, is_alike, message, state
from dashboards.grafana.refusals import (
    ChangedError,
    NewFormError,
    ProvisionedError,
    TakenError,
)
from dashboards.grafana.server import Folder, Server


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done with a board, or would be."""

    board: Board
    state: State
    held: Held | None
    """What Grafana had before."""


def folder_of(server: Server, uid: str, title: str) -> Folder:
    """Return the folder, which is made if there is none; its title may be another."""
    try:
        return server.folder(uid) or server.create_folder(uid, title)
    except (TakenError, ChangedError):  # up to Grafana 12, a uid that is taken has been "changed"
        made = server.folder(uid)  # by somebody meanwhile, or by an attempt that wasn't answered
        if made is None:
            raise
        return made


def outcomes(
    server: Server, folder: str, boards: Iterable[Board], *, overwrite: bool, is_dry: bool
) -> Iterator[Outcome]:
    """Publish boards into the folder of that uid, and yield what became of each.

    A dry run saves nothing, and yields what would become of it.
    """
    for board in boards:
        yield _outcome(server, folder, board, overwrite=overwrite, is_dry=is_dry)


def _outcome(
    server: Server, folder: str, board: Board, *, overwrite: bool, is_dry: bool
) -> Outcome:
    held = _held(server, board, folder)
    found = Outcome(board, state(board, folder, held, overwrite=overwrite), held)
    if is_dry or not found.state.is_saved:
        return found
    try:
        _save(server, folder, found, overwrite=overwrite)
    except ProvisionedError:
        return replace(found, state=State.PROVISIONED)
    except ChangedError:
        # By somebody meanwhile, or by an attempt of ours that wasn't answered.
        now = _held(server, board, folder)
        again = state(board, folder, now)
        if again is State.UNCHANGED:
            return found
        return Outcome(board, State.EDITED, now)
    return found


def _save(server: Server, folder: str, found: Outcome, *, overwrite: bool) -> None:
    board, held = found.board, found.held
    version = {} if held is None else {"version": held.version}
    server.save({**board.content, **version}, folder, message(board), overwrite=overwrite)


def _held(server: Server, board: Board, folder: str) -> Held | None:
    """Return a board as Grafana has it, and how it came there if it is not as wanted."""
    try:
        has = server.dashboard(board.uid)
    except NewFormError:
        return Held({}, folder, 0)
    if has is None:
        return None
    held = Held(has.dashboard, has.meta.folder_uid, has.version, has.meta.provisioned)
    if is_alike(board, folder, held):
        return held
    last = server.last_version(board.uid)
    return replace(held, last_message=None if last is None else last.message)
