"""*E-post och ärenden*: what falls due today, what is overdue, and how old it is."""

from typing import Any

from dashboards.boards import frame, parts, promql
from dashboards.boards.parts import COUNT, LONG, SHARE, Ask, Column, Key
from dashboards.boards.promql import of_promise
from streams import metrics as m

UID = "epost-arenden"
INBOX = "inbox"
"""The variable that chooses what other boards have not."""
_CHOSEN = {"queue": f"${INBOX}"}
_DUE_IN = "7d"


def board() -> Any:
    """Return the board."""
    made = frame.board(
        UID,
        "E-post och ärenden",
        "Vad som förfaller i dag, vad som har förfallit, och hur gammalt det är.",
        "mailbox|cases",
        INBOX,
        "inbox_team",
    )
    return frame.laid(
        made,
        [
            (
                parts.number(
                    "Frågor som förfaller i dag",
                    "Öppna frågor som ska ha svar före midnatt, per löfte, i alla brevlådor.",
                    COUNT,
                    Ask(of_promise(promql.figure(m.PROMISE_QUESTIONS_DUE_SOON)), "{{promise}}"),
                ),
                6,
                6,
            ),
            (
                parts.number(
                    "Frågor som har förfallit",
                    "Öppna frågor vars svarstid har gått ut, per löfte, i alla brevlådor.",
                    COUNT,
                    Ask(of_promise(promql.figure(m.PROMISE_QUESTIONS_OVERDUE)), "{{promise}}"),
                    bad_above=0,
                ),
                6,
                6,
            ),
            (
                parts.number(
                    "Ärenden som förfaller i dag",
                    "Ärenden vars tid går ut före midnatt, per löfte, i alla ärendekorgar.",
                    COUNT,
                    Ask(
                        of_promise(promql.figure(m.PROMISE_CASES_PENDING, state="due_soon")),
                        "{{promise}}",
                    ),
                ),
                6,
                6,
            ),
            (
                parts.number(
                    "Ärenden som har förfallit",
                    "Ärenden vars tid har gått ut, per löfte, i alla ärendekorgar.",
                    COUNT,
                    Ask(
                        of_promise(promql.figure(m.PROMISE_CASES_PENDING, state="overdue")),
                        "{{promise}}",
                    ),
                    bad_above=0,
                ),
                6,
                6,
            ),
        ],
        [(_questions(), 24, 8)],
        [(_cases(), 24, 8)],
        [
            (
                parts.lines(
                    "Öppna frågor",
                    "Hur många frågor som väntar på svar.",
                    COUNT,
                    Ask(named(f"sum by (municipality, queue) ({figure(m.QUESTIONS_OPEN)})")),
                    stacked=True,
                ),
                12,
                8,
            ),
            (
                parts.lines(
                    "Öppna ärenden",
                    "Hur många ärenden som inte är klara.",
                    COUNT,
                    Ask(named(figure(m.CASES_OPEN))),
                    stacked=True,
                ),
                12,
                8,
            ),
        ],
    )


def figure(metric: m.Metric, **labels: str) -> str:
    """Return a figure of the inboxes that are chosen."""
    return promql.figure(metric, **_CHOSEN, **labels)


def named(expression: str) -> str:
    """Return an expression with what those are called."""
    return promql.named(expression, m.QUEUE_INFO, **_CHOSEN)


def promised(expression: str) -> str:
    """Return an expression with what those and their promises are called."""
    return promql.promised(expression, **_CHOSEN)


def _of(measure: str) -> str:
    """Return the goals of promises that are measured so."""
    return promql.promises(figure(m.GOAL), measure, **_CHOSEN)


def _questions() -> Any:
    week = {"window": _DUE_IN}
    return parts.rows(
        "Brevlådorna",
        "Andelen i tid är av de frågor som förfallit på sju dagar.",
        Key("Brevlåda"),
        [
            Column("Öppna", promised(figure(m.QUESTIONS_PROMISED_OPEN))),
            Column("Förfaller i dag", promised(figure(m.QUESTIONS_DUE_SOON))),
            Column("Förfallna", promised(figure(m.QUESTIONS_OVERDUE))),
            Column(
                "Mest försenad", promised(figure(m.QUESTIONS_LONGEST_OVERDUE)), LONG, nothing="–"
            ),
            Column("Äldsta öppna", named(figure(m.QUESTIONS_OLDEST)), LONG),
            Column(
                "I tid, 7 dagar", promised(figure(m.QUESTIONS_IN_TIME.ratio, **week)), SHARE, 1
            ),
            Column("Av", promised(figure(m.QUESTIONS_IN_TIME.of, **week))),
            Column("Mål", promised(_of("question_answered_within")), SHARE),
            Column(
                "Sena: median",
                promised(figure(m.QUESTIONS_LATE_PERCENTILE, percentile="p50", **week)),
                LONG,
            ),
        ],
    )


def _cases() -> Any:
    week = {"window": _DUE_IN}
    return parts.rows(
        "Ärendekorgarna",
        "Andelen i tid är av de ärenden som förfallit på sju dagar.",
        Key("Ärendekorg"),
        [
            Column("Öppna", promised(figure(m.CASES_PENDING, state="open"))),
            Column("Förfaller i dag", promised(figure(m.CASES_PENDING, state="due_soon"))),
            Column("Förfallna", promised(figure(m.CASES_PENDING, state="overdue"))),
            Column("Mest försenat", promised(figure(m.CASES_LONGEST_OVERDUE)), LONG, nothing="–"),
            Column("I tid, 7 dagar", promised(figure(m.CASES_IN_TIME.ratio, **week)), SHARE, 1),
            Column("Av", promised(figure(m.CASES_IN_TIME.of, **week))),
            Column("Mål", promised(_of("~feedback_within|resolved_within")), SHARE),
            Column("Kontakter per ärende", named(figure(m.CONTACTS_PER_CASE, **week)), COUNT, 2),
        ],
    )
