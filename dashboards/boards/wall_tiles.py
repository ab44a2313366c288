"""*Vägg*: some large tiles for a screen in the room.

The wall page (``svarsgrad wall``) says more, and needs no Grafana; this is for who has that on the
screen already.
"""

from typing import Any

from dashboards.boards import parts, promql
from dashboards.boards.parts import COUNT, SECONDS, SHARE, Ask
from dashboards.boards.promql import figure, named, promises
from streams import metrics as m

UID = "vagg"


def board() -> Any:
    """Return the board."""
    made = parts.board(
        UID, "Vägg", "Stora rutor för en skärm i rummet. Välj fyra till sex köer.", _PHONE
    )
    level = promises(figure(m.SERVICE_LEVEL, window="today"), "answered_within")
    return parts.laid(
        made,
        [
            (
                parts.state(
                    "Så går det",
                    "Dagens svarsgrad mot målet. Osäkert: målet ligger inom felmarginalen (95 %). "
                    "Inga data: inget samtal är avgjort.",
                    Ask(named(promql.state())),
                ),
                24,
                6,
            )
        ],
        [
            (
                parts.number(
                    "Svar i tid i dag",
                    "Andelen av dagens avgjorda samtal som fått svar inom målets gräns.",
                    SHARE,
                    Ask(named(level)),
                    spark=True,
                    decimals=1,
                ),
                24,
                7,
            )
        ],
        [
            (
                parts.number(
                    "Mål",
                    "Den andel som löftet kräver.",
                    SHARE,
                    Ask(named(promises(figure(m.GOAL), "answered_within"))),
                ),
                8,
                5,
            ),
            (
                parts.number(
                    "Avgjorda samtal i dag",
                    "Så många samtal är andelen av. Under 30 är den bara en indikation.",
                    COUNT,
                    Ask(named(promises(figure(m.DECIDED, window="today"), "answered_within"))),
                ),
                8,
                5,
            ),
            (
                parts.number(
                    "Längsta väntan nu",
                    "Så länge har den som är först i kön väntat. Inga data: ingen väntar.",
                    SECONDS,
                    Ask(named(figure(m.LONGEST_WAIT))),
                ),
                8,
                5,
            ),
        ],
    )


_PHONE = "switchboard|customer_centre"
