"""*Förvaltningar*: how they compare, each with how many it is of and how sure that is."""

from typing import Any

from dashboards.boards import frame, parts
from dashboards.boards.parts import COUNT, LONG, SHARE, Ask, Column, Key, Part, Word
from dashboards.boards.promql import figure, named, promised_by_administration, selector
from dashboards.words import STANDINGS
from streams import metrics as m

UID = "forvaltningar"


def board() -> Any:
    """Return the board."""
    made = frame.board(
        UID, "Förvaltningar", "Hur förvaltningarna håller öppet, och hur de hinner med ärenden."
    )

    def of(expression: str) -> str:
        return named(expression, m.ADMINISTRATION_INFO)

    month = {"window": "30d"}
    return frame.laid(
        made,
        [
            (
                parts.tile(
                    "Förvaltningar med öppet som utlovat",
                    "Andelen som har hållit bemannat hittills i dag, alla riktlinjens timmar, och "
                    "felmarginalen.",
                    Part(Ask(figure(m.OPEN_AS_PROMISED.ratio), "andel"), SHARE),
                    Part(Ask(figure(m.OPEN_AS_PROMISED_GOAL), "mål"), SHARE),
                    Part(Ask(figure(m.OPEN_AS_PROMISED.of), "av så många"), COUNT),
                    Part(Ask(figure(m.OPEN_AS_PROMISED.low), "lägst"), SHARE),
                    Part(Ask(figure(m.OPEN_AS_PROMISED.high), "högst"), SHARE),
                ),
                12,
                6,
            ),
            (
                parts.number(
                    "Förvaltningar, antal",
                    "Antal förvaltningar efter hur de håller tiderna.",
                    COUNT,
                    *parts.each(lambda how: figure(m.ADMINISTRATIONS, standing=how), STANDINGS),
                ),
                12,
                6,
            ),
        ],
        [
            (
                parts.rows(
                    "Öppet som utlovat i dag",
                    "Andelen av riktlinjens tid hittills i dag med någon på plats.",
                    Key("Förvaltning"),
                    [
                        Column("Läge", of(_standing()), words=_WORDS),
                        Column("Andel", of(figure(m.ADMINISTRATION_KEPT)), SHARE, 1, is_bar=True),
                        Column("Av", of(figure(m.ADMINISTRATION_PROMISED)), LONG),
                    ],
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
                    "antal och felmarginal. Under 30 ärenden är andelen bara en indikation.",
                    Key("Förvaltning"),
                    [
                        Column(
                            "I tid",
                            promised_by_administration(figure(m.CASES_IN_TIME_AT.ratio, **month)),
                            SHARE,
                            1,
                        ),
                        Column(
                            "Lägst",
                            promised_by_administration(figure(m.CASES_IN_TIME_AT.low, **month)),
                            SHARE,
                            1,
                        ),
                        Column(
                            "Högst",
                            promised_by_administration(figure(m.CASES_IN_TIME_AT.high, **month)),
                            SHARE,
                            1,
                        ),
                        Column(
                            "Av",
                            promised_by_administration(figure(m.CASES_IN_TIME_AT.of, **month)),
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


_COLOURS = {"kept": "within", "broken": "under", "unreported": "missing"}
_WORDS: tuple[Word, ...] = tuple(
    (number, word.capitalize(), _COLOURS.get(how, "calm"))
    for number, (how, word) in enumerate(STANDINGS.items())
)


def _standing() -> str:
    """Return how each administration stands, as a number."""
    by = "max by (municipality, administration)"
    standing = [selector(m.ADMINISTRATION_STANDING, standing=how) for how in STANDINGS]
    return "\nor ".join(f"{by} ({its} == 1) * 0 + {n}" for n, its in enumerate(standing))
