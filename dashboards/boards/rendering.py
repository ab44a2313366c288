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


def rendered() -> dict[str, str]:
    """Return the files by name, each of one board."""
    return {
        f"{board.uid}.json": json.dumps(
            board, cls=JSONEncoder, indent=2, ensure_ascii=False, sort_keys=True
        )
        + "\n"
        for board in built()
    }
