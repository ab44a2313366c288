"""*Förvaltningar*: how they compare, each with how many it is of and how sure that is."""

from typing import Any

from dashboards.boards import parts
from dashboards.boards.parts import COUNT, SHARE, Ask, Column
from dashboards.boards.promql import figure, named, promised_by_administration
from streams import metrics as m

UID = "forvaltningar"
STANDINGS = {
    "kept": "håller tiderna",
    "broken": "har haft obemannad tid",
    "unreported": "rapporterar inte",
    "not_yet": "har inte öppnat än",
    "no_guideline": "har ingen riktlinje",
}


def board() -> Any:
    """Return the board."""
    made = parts.board(
        UID, "Förvaltningar", "Hur förvaltningarna håller öppet, och hur de hinner med ärenden."
    )

    def of(expression: str) -> str:
        return named(expression, m.ADMINISTRATION_INFO)

    month = {"window": "30d"}
    return parts.laid(
        made,
        [
            (
                parts.number(
                    "Förvaltningar med öppet som utlovat",
                    "Andelen som har hållit bemannat hittills i dag, alla riktlinjens timmar, och "
                    "felmarginalen.",
                    SHARE,
                    Ask(figure(m.OPEN_AS_PROMISED), "andel"),
                    Ask(figure(m.OPEN_AS_PROMISED_LOW), "lägst"),
                    Ask(figure(m.OPEN_AS_PROMISED_HIGH), "högst"),
                ),
                12,
                6,
            ),
            (
                parts.number(
                    "Förvaltningar, antal",
                    "Antal förvaltningar efter hur de håller tiderna.",
                    COUNT,
                    *(
                        Ask(figure(m.ADMINISTRATIONS, standing=key), word)
                        for key, word in STANDINGS.items()
                    ),
                ),
                12,
                6,
            ),
        ],
        [
            (
                parts.bars(
                    "Öppet som utlovat i dag",
                    "Andelen av riktlinjens timmar hittills i dag med någon på plats.",
                    SHARE,
                    Ask(of(figure(m.ADMINISTRATION_KEPT))),
                ),
                24,
                8,
            )
        ],
        [
            (
                parts.rows(
                    "Ärenden i tid, 30 dagar",
                    "Andelen i tid av de ärenden som förvaltningen hade när de avgjordes, med "
                    "antal och felmarginal. Få ärenden är en indikation.",
                    "Förvaltning",
                    [
                        Column(
                            "I tid",
                            promised_by_administration(figure(m.CASES_IN_TIME_AT, **month)),
                            SHARE,
                            1,
                        ),
                        Column(
                            "Lägst",
                            promised_by_administration(figure(m.CASES_IN_TIME_LOW_AT, **month)),
                            SHARE,
                            1,
                        ),
                        Column(
                            "Högst",
                            promised_by_administration(figure(m.CASES_IN_TIME_HIGH_AT, **month)),
                            SHARE,
                            1,
                        ),
                        Column(
                            "Av", promised_by_administration(figure(m.CASES_DECIDED_AT, **month))
                        ),
                        Column(
                            "Förfallna nu",
                            promised_by_administration(
                                figure(m.CASES_PENDING_AT, state="overdue")
                            ),
                        ),
                    ],
                ),
                24,
                9,
            )
        ],
    )
