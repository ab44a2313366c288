"""All boards, as Grafana's classic JSON."""

import json
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.boards import administrations, items, supervisor, system, wall_tiles

FILES: Final = Path(__file__).parents[1] / "grafana" / "boards"
"""Where the files stand that are shipped."""
BOARDS: Final = (wall_tiles, supervisor, items, administrations, system)


def built() -> list[Any]:
    """Return all boards."""
    return [module.board() for module in BOARDS]


def as_data(board: Any) -> dict[str, Any]:
    """Return a board as plain data.

    The kit puts all links and notes into a menu, by a constant of its own: they are to be seen.
    """
    data: dict[str, Any] = json.loads(json.dumps(board, cls=JSONEncoder))
    for its in (*data["links"], *data["annotations"]["list"]):
        its.pop("placement", None)
    return data


def rendered() -> dict[str, str]:
    """Return the files by name, each of one board."""
    return {
        f"{board.uid}.json": json.dumps(
            as_data(board), indent=2, ensure_ascii=False, sort_keys=True
        )
        + "\n"
        for board in built()
    }
