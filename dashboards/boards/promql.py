"""The questions that panels ask.

Two workers may show a figure for a moment when it is handed over: each is asked for by the largest
of those shown. What is called what is joined by labels, so that people read names and not ids.
"""

from collections.abc import Sequence
from typing import Final

from streams import metrics as m

MUNICIPALITY: Final = {"municipality": "$municipality"}
QUEUE: Final = {**MUNICIPALITY, "queue": "$queue"}
_PATTERNS: Final = ("queue", "team", "administration")
"""What a variable may hold several of: matched by a pattern."""


def selector(metric: m.Metric, suffix: str = "", **labels: str) -> str:
    """Return a metric with such labels, those of the board's variables included.

    KeyError for a label that it doesn't have. A value that begins with ~ is a pattern.
    """
    chosen = {name: value for name, value in QUEUE.items() if name in metric.labels}
    matched = []
    for name, value in {**chosen, **labels}.items():
        if name not in metric.labels:
            raise KeyError(f"{metric.name} has no label {name}")
        is_pattern = value.startswith("~") or (name in _PATTERNS and value.startswith("$"))
        matched.append(f'{name}{"=~" if is_pattern else "="}"{value.removeprefix("~")}"')
    total = "_total" if metric.kind == "counter" else ""
    return f"{m.PREFIX}{metric.name}{total}{suffix}{{{', '.join(matched)}}}"


def figure(metric: m.Metric, by: Sequence[str] | None = None, **labels: str) -> str:
    """Return a figure, once for each of the labels that aren't given; or by these."""
    kept = by if by is not None else [its for its in metric.labels if its not in labels]
    return f"max by ({', '.join(kept)}) ({selector(metric, **labels)})"


def named(expression: str, info: m.Metric = m.QUEUE_INFO) -> str:
    """Return an expression's series with what their queues, or others, are called."""
    key = info.labels[1]
    kept = ("municipality", key)
    names = f"max by ({', '.join(kept)}, name) ({selector(info)})"
    return f"({expression}) * on ({', '.join(kept)}) group_left (name) {names}"


def promised(expression: str) -> str:
    """Return an expression's series with what their queues and their promises are called."""
    return named(_with_promise(expression, ("municipality", "queue", "target")))


def promised_by_administration(expression: str) -> str:
    """Return the same of administrations: a promise is called alike wherever it is made."""
    with_promise = _with_promise(expression, ("municipality", "target"), queue="~.+")
    return named(with_promise, m.ADMINISTRATION_INFO)


def _with_promise(expression: str, on: Sequence[str], **queue: str) -> str:
    info = selector(m.TARGET_INFO, **queue)
    promise = f'label_replace({info}, "promise", "$1", "name", "(.*)")'
    called = f"max by ({', '.join(on)}, promise) ({promise})"
    return f"({expression}) * on ({', '.join(on)}) group_left (promise) {called}"


def promises(expression: str, measure: str) -> str:
    """Return those of an expression's series that are of promises measured so."""
    info = selector(m.TARGET_INFO, measure=measure)
    return f"(({expression}) and on (municipality, queue, target) {info})"


def share(part: str, whole: str, by: str) -> str:
    """Return parts of a whole, which is without their label ``by``; nothing of nothing."""
    return f"{part} / ignoring ({by}) group_left () ({whole} > 0)"


STALE_SECONDS: Final = 90
UNDER, UNSURE, WITHIN, CLOSED, MISSING = range(5)
"""How a promise stands: the values of :func:`state`. No series: nothing has been decided."""


def state() -> str:
    """Return how each promise of answers stands today, as the wall has it.

    Old figures first, then what is closed, then a silent source; then by the interval.
    """
    labels = {"window": "today"}
    low, high = (
        promises(figure(metric, **labels), "answered_within")
        for metric in (m.SERVICE_LEVEL_LOW, m.SERVICE_LEVEL_HIGH)
    )
    goal = figure(m.GOAL)
    of_queue = "on (municipality, queue)"
    on = "on (municipality, queue, target)"
    each = f"{promises(figure(m.GOAL), 'answered_within')} * 0"
    age = f"(time() - {figure(m.EVALUATED_AT)} > {STALE_SECONDS})"
    return "\n".join(
        [
            f"({each} + {MISSING} and on (municipality) {age})",
            f"or ({each} + {CLOSED} and {of_queue} {figure(m.OPEN)} == 0)",
            f"or ({each} + {MISSING} and {of_queue} {figure(m.SILENT)} == 1)",
            f"or ({each} + {WITHIN} and {on} ({low} >= {on} {goal}))",
            f"or ({each} + {UNDER} and {on} ({high} < {on} {goal}))",
            f"or ({each} + {UNSURE} and {on} {high})",
        ]
    )
