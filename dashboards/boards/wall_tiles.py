"""*Vägg*: large tiles for a screen in the room, one for each queue.

The wall page (``svarsgrad wall``) says more, and needs no Grafana; this is for who has that on the
screen already.
"""

from typing import Any

from dashboards.boards import frame, parts, promql
from dashboards.boards.parts import COUNT, SECONDS, SHARE, STATES, Ask, Link, Part
from dashboards.boards.promql import figure, promises
from streams import metrics as m

UID = "vagg"
TILES_A_ROW = 3
IN_TIME = "answered_within"


def board() -> Any:
    """Return the board."""
    made = frame.board(
        UID,
        "Vägg",
        "Stora rutor för en skärm i rummet, en för varje kö. Välj fyra till sex köer.",
        "switchboard|customer_centre",
    )
    today = {"window": "today"}
    level = promises(figure(m.SERVICE_LEVEL, **today), IN_TIME)
    tile = parts.tile(
        "${queue:text}",
        "Hur kön går i dag mot löftet om svar i tid. Osäkert: målet ligger inom felmarginalen "
        "(95 %). Under 30 avgjorda samtal är andelen bara en indikation.",
        Part(Ask(promql.state(), "Läge"), words=STATES),
        Part(Ask(promql.while_known(level), "I tid i dag"), SHARE, 1, is_line=True),
        Part(Ask(promises(figure(m.GOAL), IN_TIME), "Mål"), SHARE),
        Part(Ask(promises(figure(m.DECIDED, **today), IN_TIME), "Avgjorda"), COUNT),
        Part(Ask(figure(m.LONGEST_WAIT), "Längsta väntan"), SECONDS),
    )
    tile = tile.links([Link("Arbetsledare", "arbetsledare", "var-queue=${queue}").built()])
    tile = tile.repeat("queue").repeat_direction("h").max_per_row(TILES_A_ROW)
    return frame.laid(made, [(tile, frame.WIDTH, 11)])
