"""*Arbetsledare*: one queue, or some, through the day, and what the rest of it takes.

Messages of alerts link here, by the board's uid and variables.
"""

from typing import Any

from dashboards.boards import parts, promql
from dashboards.boards.parts import COUNT, SECONDS, SHARE, Ask, Column
from dashboards.boards.promql import figure, named, promised, promises, selector, share
from streams import metrics as m

UID = "arbetsledare"
PHONE = "switchboard|customer_centre"
IN_TIME = "answered_within"


def board() -> Any:
    """Return the board."""
    made = parts.board(
        UID, "Arbetsledare", "Hur varje kö går, minut för minut, och vad resten av dagen kräver.",
        PHONE,
    )  # fmt: skip
    hung_up = m.ABANDONED_TODAY
    goal = Ask(promised(promises(figure(m.GOAL), IN_TIME)), "mål {{name}}")
    return parts.laid(
        made,
        [(_now(), 24, 7)],
        [
            (
                parts.lines(
                    "Svar i tid, senaste halvtimmen",
                    "Andelen samtal som fått svar inom målets gräns, av dem som avgjorts på en "
                    "halvtimme.",
                    SHARE,
                    Ask(promised(promises(figure(m.SERVICE_LEVEL, window="30m"), IN_TIME))),
                    goal=goal,
                ),
                12,
                9,
            ),
            (
                parts.lines(
                    "Svar i tid i dag, med felmarginal",
                    "Dagens andel och dess 95-procentiga intervall.",
                    SHARE,
                    *(
                        Ask(promised(promises(figure(metric, window="today"), IN_TIME)), legend)
                        for metric, legend in (
                            (m.SERVICE_LEVEL, "{{name}}"),
                            (m.SERVICE_LEVEL_LOW, "lägst {{name}}"),
                            (m.SERVICE_LEVEL_HIGH, "högst {{name}}"),
                        )
                    ),
                    goal=goal,
                ),
                12,
                9,
            ),
        ],
        [
            (
                parts.lines(
                    "Väntar nu",
                    "Hur många som väntar i kön.",
                    COUNT,
                    Ask(named(figure(m.WAITING))),
                ),
                8,
                8,
            ),
            (
                parts.lines(
                    "Längsta väntan nu",
                    "Hur länge den som är först i kön har väntat.",
                    SECONDS,
                    Ask(named(figure(m.LONGEST_WAIT))),
                ),
                8,
                8,
            ),
            (
                parts.lines(
                    "Bemanning mot behov",
                    "Hur många som svarar, och hur många som behövs för att hålla löftet den här "
                    "kvarten (Erlang A).",
                    COUNT,
                    Ask(named(figure(m.STAFFED)), "bemannat {{name}}"),
                    Ask(named(figure(m.PEOPLE_NEEDED)), "behov {{name}}"),
                ),
                8,
                8,
            ),
        ],
        [
            (
                parts.heat(
                    "Väntetider",
                    "Hur många besvarade samtal som väntat så länge, vid varje tid på dagen: de "
                    "valda köerna tillsammans.",
                    Ask(
                        "clamp_min(sum by (le) "
                        f"(delta({selector(m.WAIT_TODAY, '_bucket')}[$__interval])), 0)",
                        "{{le}}",
                    ),
                ),
                12,
                9,
            ),
            (
                parts.lines(
                    "Väntetid, percentiler för en halvtimme",
                    "Så länge har hälften, åtta, nio och 19 av 20 besvarade samtal högst väntat.",
                    SECONDS,
                    *(
                        Ask(
                            named(figure(m.WAIT_PERCENTILE, window="30m", percentile=name)),
                            f"{name} {{{{name}}}}",
                        )
                        for name in ("p50", "p80", "p90", "p95")
                    ),
                ),
                12,
                9,
            ),
        ],
        [
            (
                parts.lines(
                    "Missade, per orsak i dag",
                    "De samtal som inte fick svar i tid, och varför.",
                    COUNT,
                    Ask(
                        promised(promises(figure(m.MISSED, window="today"), IN_TIME)),
                        "{{name}}: {{reason}}",
                    ),
                    stacked=True,
                ),
                8,
                9,
            ),
            (
                parts.lines(
                    "Förlorade, senaste timmen",
                    "Andelen avslutade samtal som ingen svarade i, någonstans.",
                    SHARE,
                    Ask(named(figure(m.LOST, window="1h"))),
                    most=None,
                    goal=Ask(promised(promises(figure(m.GOAL), "lost")), "högst {{name}}"),
                ),
                8,
                9,
            ),
            (
                parts.bars(
                    "När de lägger på",
                    "Av dem som lagt på i dag: andelen som gjort det inom så många sekunder.",
                    SHARE,
                    Ask(
                        share(
                            f"max by (municipality, queue, le) ({selector(hung_up, '_bucket')})",
                            f"max by (municipality, queue) ({selector(hung_up, '_gcount')})",
                            by="le",
                        ),
                        "{{queue}} ≤ {{le}} s",
                    ),
                ),
                8,
                9,
            ),
        ],
        [
            (
                parts.lines(
                    "Kan nå i dag",
                    "Det bästa som går att nå, och vad det blir om det fortsätter så här.",
                    SHARE,
                    Ask(promised(promises(figure(m.BEST), IN_TIME)), "som bäst {{name}}"),
                    Ask(promised(promises(figure(m.PROJECTED), IN_TIME)), "prognos {{name}}"),
                    goal=goal,
                ),
                12,
                9,
            ),
            (
                parts.lines(
                    "Samtal som återstår i dag",
                    "Väntat antal, med ett intervall som håller nio dagar av tio.",
                    COUNT,
                    Ask(named(figure(m.TO_COME)), "väntat {{name}}"),
                    Ask(named(figure(m.TO_COME_LOW)), "minst {{name}}"),
                    Ask(named(figure(m.TO_COME_HIGH)), "högst {{name}}"),
                ),
                12,
                9,
            ),
        ],
    )


def _now() -> Any:
    today = {"window": "today"}
    return parts.rows(
        "Köerna nu",
        "En rad för varje kö och löfte om svar i tid. Krävs: andelen av återstående samtal som "
        "måste få svar i tid; över 100 % är dagen förlorad.",
        "Kö",
        [
            Column("Läge", promised(promql.state()), is_state=True),
            Column(
                "I tid i dag",
                promised(promises(figure(m.SERVICE_LEVEL, **today), IN_TIME)),
                SHARE,
                1,
            ),
            Column("Mål", promised(promises(figure(m.GOAL), IN_TIME)), SHARE),
            Column("Avgjorda", promised(promises(figure(m.DECIDED, **today), IN_TIME))),
            Column("Går att nå", promised(promises(figure(m.BEST), IN_TIME)), SHARE, 1),
            Column("Krävs", promised(promises(figure(m.NEEDED), IN_TIME)), SHARE),
            Column("Väntar", named(figure(m.WAITING))),
            Column("Längsta väntan", named(figure(m.LONGEST_WAIT)), SECONDS, nothing="–"),
            Column("Bemannat", named(figure(m.STAFFED))),
            Column("Behövs", named(figure(m.PEOPLE_NEEDED))),
        ],
    )
