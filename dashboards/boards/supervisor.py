"""*Arbetsledare*: one queue, or some, through the day, and what the rest of it takes.

Messages of alerts link here, by the board's uid and variables.
"""

from typing import Any, Final

from dashboards.boards import frame, parts, promql
from dashboards.boards.parts import COUNT, SECONDS, SHARE, STATES, Ask, Column, Key, Link
from dashboards.boards.promql import figure, named, peak, promised, promises, selector, share
from streams import metrics as m
from streams.domain.phone.figures import ABANDON_EDGES
from streams.domain.words import MISSES

UID = "arbetsledare"
PHONE = "switchboard|customer_centre"
IN_TIME = "answered_within"


def board() -> Any:
    """Return the board."""
    made = frame.board(
        UID, "Arbetsledare", "Hur varje kö går, minut för minut, och vad resten av dagen kräver.",
        PHONE,
    )  # fmt: skip
    goal = Ask(promised(promises(figure(m.GOAL), IN_TIME)), "mål {{name}}")
    limit = Ask(promised(promises(figure(m.LIMIT), IN_TIME)), "gräns {{name}}")
    return frame.laid(
        made,
        [(_now(), 24, 7)],
        [(_today(), 24, 7)],
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
                        Ask(
                            promised(promises(figure(metric, window="today"), IN_TIME)),
                            legend,
                            is_edge=metric is not m.SERVICE_LEVEL,
                        )
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
                    "Väntar",
                    "Hur många som mest har väntat i kön sedan förra punkten.",
                    COUNT,
                    Ask(named(peak(m.WAITING))),
                ),
                8,
                8,
            ),
            (
                parts.lines(
                    "Längsta väntan",
                    "Hur länge den som var först i kön som mest hade väntat, sedan förra punkten.",
                    SECONDS,
                    Ask(named(peak(m.LONGEST_WAIT))),
                    goal=limit,
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
        [(_heat().repeat("queue").repeat_direction("h").max_per_row(2), 24, 9)],
        [
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
                    goal=limit,
                ),
                12,
                9,
            ),
            (
                parts.lines(
                    "Missade, per orsak i dag",
                    "De samtal som inte fick svar i tid, och varför.",
                    COUNT,
                    *parts.each(
                        lambda why: promised(
                            promises(figure(m.MISSED, window="today", reason=why), IN_TIME)
                        ),
                        MISSES,
                        "{{name}}: ",
                    ),
                    stacked=True,
                ),
                12,
                9,
            ),
        ],
        [
            (
                parts.lines(
                    "Förlorade, senaste timmen",
                    "Andelen avslutade samtal som ingen svarade i, någonstans.",
                    SHARE,
                    Ask(named(figure(m.LOST.ratio, window="1h"))),
                    most=None,
                    goal=Ask(promised(promises(figure(m.GOAL), "lost")), "högst {{name}}"),
                ),
                12,
                9,
            ),
            (_hung_up(), 12, 9),
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


KEY: Final = Key("Kö", link=Link("Bara den här kön", UID, "var-queue=${__data.fields.queue}"))


def _now() -> Any:
    today, lately = {"window": "today"}, {"window": "30m"}
    return parts.rows(
        "Köerna nu",
        "En rad för varje kö och löfte om svar i tid.",
        KEY,
        [
            Column("Läge", promised(promql.state()), words=STATES),
            Column(
                "I tid i dag",
                promised(promises(figure(m.SERVICE_LEVEL, **today), IN_TIME)),
                SHARE,
                1,
            ),
            Column("Mål", promised(promises(figure(m.GOAL), IN_TIME)), SHARE),
            Column("Avgjorda", promised(promises(figure(m.DECIDED, **today), IN_TIME))),
            Column(
                "I tid, 30 min",
                promised(promises(figure(m.SERVICE_LEVEL, **lately), IN_TIME)),
                SHARE,
                1,
            ),
            Column("Avgjorda, 30 min", promised(promises(figure(m.DECIDED, **lately), IN_TIME))),
            Column("Väntar", named(figure(m.WAITING))),
            Column("Längsta väntan", named(figure(m.LONGEST_WAIT)), SECONDS, nothing="–"),
            Column("Bemannat", named(figure(m.STAFFED))),
            Column("Behövs", named(figure(m.PEOPLE_NEEDED))),
        ],
    )


def _today() -> Any:
    """Return what the day may come to, and what it has lost."""
    today = {"window": "today"}
    return parts.rows(
        "Resten av dagen",
        "Krävs: andelen av återstående samtal som måste få svar i tid; över 100 % är dagen "
        "förlorad. Förlorade: av dem som avslutats i dag.",
        KEY,
        [
            Column("Kan nå som bäst", promised(promises(figure(m.BEST), IN_TIME)), SHARE, 1),
            Column("Krävs", promised(promises(figure(m.NEEDED), IN_TIME)), SHARE),
            Column("Prognos", promised(promises(figure(m.PROJECTED), IN_TIME)), SHARE, 1),
            Column("Mål", promised(promises(figure(m.GOAL), IN_TIME)), SHARE),
            Column("Samtal kvar", named(figure(m.TO_COME))),
            Column("Förlorade", named(figure(m.LOST.ratio, **today)), SHARE, 1),
            Column("Avslutade", named(figure(m.LOST.of, **today))),
        ],
    )


def _heat() -> Any:
    """Return the waits of one queue, or of each that is chosen in a picture of its own."""
    waits = selector(m.WAIT_TODAY, "_bucket")
    return parts.heat(
        "Väntetider: ${queue:text}",
        "Hur många besvarade samtal som väntat så länge, vid varje tid på dagen.",
        Ask(f"clamp_min(max by (le) (delta({waits}[$__interval])), 0)", "{{le}}"),
    )


def _hung_up() -> Any:
    """Return the abandon profile."""

    def of(suffix: str, **labels: str) -> str:
        return f"max by (municipality, queue) ({selector(m.ABANDONED_TODAY, suffix, **labels)})"

    all_ = of("_gcount")
    columns = [
        Column(f"Inom {edge} s", named(share(of("_bucket", le=str(float(edge))), all_)), SHARE)
        for edge in ABANDON_EDGES
    ]
    return parts.rows(
        "När de lägger på",
        "Av dem som lagt på i dag: andelen som gjort det inom så många sekunder.",
        Key("Kö"),
        [*columns, Column("Lagt på", named(all_))],
    )
