"""*Systemet*: whether all that counts is alive, follows, and says the truth."""

from typing import Any

from dashboards.boards import parts
from dashboards.boards.parts import COUNT, SECONDS, Ask
from dashboards.boards.promql import figure, named, selector
from streams import metrics as m

UID = "systemet"
_RATE = "reqps"


def board() -> Any:
    """Return the board."""
    made = parts.board(
        UID, "Systemet", "Om räknarna lever, hinner med och visar det som ämnena säger."
    )
    return parts.laid(
        made,
        [
            (
                parts.number(
                    "Räknare som är redo",
                    "Hur många räknare som har läst sina loggar till slutet.",
                    COUNT,
                    Ask(f"sum({selector(m.READY)})", "redo"),
                ),
                6,
                5,
            ),
            (
                parts.number(
                    "Siffrornas ålder",
                    "Tiden sedan kommunens siffror räknades. Över 90 sekunder visar väggen dem "
                    "inte.",
                    SECONDS,
                    Ask(f"time() - {figure(m.EVALUATED_AT)}", "ålder"),
                ),
                6,
                5,
            ),
            (
                parts.number(
                    "Skillnader vid kontroll",
                    "Siffror som skilde sig från händelseloggen vid den senaste kontrollen.",
                    COUNT,
                    Ask(f"max by (of) ({selector(m.VERIFY_DIFFERENCES)})", "{{of}}"),
                ),
                6,
                5,
            ),
            (
                parts.number(
                    "Senaste kontroll",
                    "Tiden sedan svarsgrad verify senast kom till slutet.",
                    SECONDS,
                    Ask(f"time() - max({selector(m.VERIFY_LAST_RUN)})", "sedan"),
                ),
                6,
                5,
            ),
        ],
        [
            (
                parts.lines(
                    "Eftersläpning",
                    "Händelser i loggen som inte är räknade än, per ämne.",
                    COUNT,
                    Ask(
                        f"sum by (topic) (max by (topic, partition) ({selector(m.LAG)}))",
                        "{{topic}}",
                    ),
                ),
                12,
                8,
            ),
            (
                parts.lines(
                    "Händelser per sekund",
                    "Vad som läses, per resultat.",
                    _RATE,
                    Ask(
                        f"sum by (result) (rate({selector(m.EVENTS)}[$__rate_interval]))",
                        "{{result}}",
                    ),
                    stacked=True,
                ),
                12,
                8,
            ),
        ],
        [
            (
                parts.lines(
                    "Avvisade per sekund",
                    "Händelser som inte kan användas, per skäl.",
                    _RATE,
                    Ask(
                        f"sum by (reason) (rate({selector(m.REJECTED)}[$__rate_interval]))",
                        "{{reason}}",
                    ),
                ),
                8,
                8,
            ),
            (
                parts.lines(
                    "Avvisade som väntar",
                    "Avvisade händelser som inte har nått sitt ämne än.",
                    COUNT,
                    Ask(f"sum({selector(m.REJECTED_PENDING)})", "väntar"),
                ),
                8,
                8,
            ),
            (
                parts.lines(
                    "Källornas livstecken",
                    "Tiden sedan varje källa senast sade att den lever.",
                    SECONDS,
                    Ask(named(figure(m.HEARTBEAT_AGE), m.SOURCE_INFO)),
                ),
                8,
                8,
            ),
        ],
        [
            (
                parts.lines(
                    "Vad som hålls i minnet",
                    "Samtal, frågor, ärenden och annat som räknarna håller för kommunen.",
                    COUNT,
                    Ask(figure(m.HELD), "{{book}}"),
                ),
                12,
                8,
            ),
            (
                parts.lines(
                    "Omfyllningar",
                    "Hur ofta räknare läst om sina loggar, senaste timmen.",
                    COUNT,
                    Ask(f"sum(increase({selector(m.RECOVERIES)}[1h]))", "omfyllningar"),
                ),
                12,
                8,
            ),
        ],
    )
