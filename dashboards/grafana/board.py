"""A board: one dashboard in Grafana's classic JSON, as it is to be on every server."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from streams.domain.swedish import reason

SETS_ITSELF: Final = ("id", "version", "iteration")
"""What Grafana writes into a dashboard by itself."""
MOST_BYTES: Final = 4 << 20
"""A larger file is no board."""
UID_IS: Final = "högst 40 tecken av A–Z, a–z, 0–9, _ och -"
_UID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


class BoardError(ValueError):
    """A file is no board; whoever made it must act. The message is one line."""


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard without what Grafana sets itself."""

    uid: str
    title: str
    content: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return a short text that is the same for the same content."""
        return hashlib.sha256(canonical(self.content).encode()).hexdigest()[:12]


def canonical(content: Mapping[str, Any]) -> str:
    """Return content as JSON, a line a value, that is the same whoever wrote it.

    Keys are in order, whole numbers have no decimals, and what Grafana sets itself is left out.
    """
    kept = {key: value for key, value in content.items() if key not in SETS_ITSELF}
    return json.dumps(_plain(kept), ensure_ascii=False, indent=2, sort_keys=True)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(its) for key, its in value.items()}
        case list():
            return [_plain(its) for its in value]
        case float() if value.is_integer():
            return int(value)
    return value


def is_uid(text: str) -> bool:
    """Say whether Grafana takes a text for a uid."""
    return _UID.fullmatch(text) is not None


def board_of(content: object, told: str) -> Board:
    """Return the board in what was read from JSON; ``told`` is where it stood."""
    if not isinstance(content, dict):
        raise BoardError(f"{told} är ingen tavla: den ska vara ett JSON-objekt")
    if "spec" in content or isinstance(content.get("dashboard"), dict):
        raise BoardError(f"{told} har en annan form: exportera tavlan i klassisk form (Classic)")
    if "__inputs" in content:
        raise BoardError(f"{told} är exporterad för andra: exportera utan att dela externt")
    uid, title = content.get("uid"), content.get("title")
    if not isinstance(uid, str) or not is_uid(uid):
        raise BoardError(f"{told} saknar uid: skriv {UID_IS}")
    if not isinstance(title, str) or not title.strip() or not title.isprintable():
        raise BoardError(f"{told} saknar title: skriv tavlans rubrik")
    kept = {key: value for key, value in content.items() if key not in SETS_ITSELF}
    return Board(uid, title, kept)


def read_boards(folder: Path) -> list[Board]:
    """Return the boards in a folder's ``*.json``, in order of the files' names: at least one.

    Raises :class:`BoardError` for the first that is none.
    """
    if not folder.is_dir():
        raise BoardError(f"{folder} finns inte: ange mappen med tavlornas filer med --from")
    read: dict[str, Path] = {}
    boards = []
    for file in sorted(folder.glob("*.json")):
        board = board_of(_read(file), str(file))
        if board.uid in read:
            raise BoardError(f"{file} har samma uid som {read[board.uid]}: ge den en egen")
        read[board.uid] = file
        boards.append(board)
    if not boards:
        raise BoardError(f"{folder} har inga tavlor: ange mappen med deras JSON-filer med --from")
    return boards


def _read(file: Path) -> object:
    try:
        with file.open("rb") as stream:
            source = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise BoardError(
            f"{file} kan inte läsas ({reason(error)}); se över rättigheterna"
        ) from None
    if len(source) > MOST_BYTES:
        raise BoardError(f"{file} är för stor för att vara en tavla: ta bort den ur mappen")
    try:
        return json.loads(source, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BoardError(f"{file} är inte JSON: gör den på nytt") from None


def _refuse(name: str) -> None:
    raise ValueError(name)
