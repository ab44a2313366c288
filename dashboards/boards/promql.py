"""The questions that panels ask.

Two workers may show a figure for a moment when it is handed over: each is asked for by the largest
of those shown. What is called what is joined by labels, so that people read names and not ids; of
two names, as while workers are given a new catalogue one by one, one counts.
"""

from collections.abc import Sequence
from typing import Final

from streams import metrics as m

QUEUE: Final = "$queue"
_CHOSEN: Final = {"municipality": "$municipality", "queue": QUEUE}
"""Label → the variable that chooses it."""
_SEVERAL: Final = ("queue",)
"""Of what a variable may hold several: matched by a pattern."""
_OF_PROMISE: Final = ("municipality", "queue", "target")


def selector(metric: m.Metric, suffix: str = "", **labels: str) -> str:
    """Return a metric with such labels, those of the board's variables included.

    KeyError for a label that it doesn't have. A value that begins with ~ is a pattern.
    """
    its_labels = (*metric.labels, "le") if suffix == "_bucket" else metric.labels
    chosen = {name: value for name, value in _CHOSEN.items() if name in metric.labels}
    matched = []
    for name, value in {**chosen, **labels}.items():
        if name not in its_labels:
            raise KeyError(f"{metric.name} has no label {name}")
        is_pattern = value.startswith("~") or name in _SEVERAL
        matched.append(f'{name}{"=~" if is_pattern else "="}"{value.removeprefix("~")}"')
    total = "_total" if metric.kind == "counter" else ""
    return f"{m.PREFIX}{metric.name}{total}{suffix}{{{', '.join(matched)}}}"


def figure(metric: m.Metric, **labels: str) -> str:
    """Return a figure, once for each of the labels that don't have one value."""
    one_value = {name for name, value in labels.items() if not value.startswith(("$", "~"))}
    kept = [its for its in metric.labels if its not in one_value]
    return f"max by ({', '.join(kept)}) ({selector(metric, **labels)})"


def peak(metric: m.Metric) -> str:
    """Return the highest that a figure has been since the point before, in a picture over time."""
    highest = f"max_over_time({selector(metric)}[$__rate_interval])"
    return f"max by ({', '.join(metric.labels)}) ({highest})"


def named(expression: str, info: m.Metric = m.QUEUE_INFO, **labels: str) -> str:
    """Return an expression's series with what their queues, or others, are called."""
    on = ("municipality", info.labels[1])
    return _joined(expression, on, "name", selector(info, **labels))


def promised(expression: str, **labels: str) -> str:
    """Return an expression's series with what their queues and their promises are called."""
    return named(_with_promise(expression, _OF_PROMISE, **labels), m.QUEUE_INFO, **labels)


def promised_by_administration(expression: str) -> str:
    """Return the same of administrations: a promise is called alike wherever it is made."""
    return named_or_told(of_promise(expression), m.ADMINISTRATION_INFO)


def of_promise(expression: str) -> str:
    """Return series of promises, over all queues that make them, with what they are called."""
    return _with_promise(expression, ("municipality", "target"), queue="~.+")


def named_or_told(expression: str, info: m.Metric) -> str:
    """Return series with what they are called; with their ids, where the catalogue has no name."""
    by = info.labels[1]
    others = f"({expression}) unless on (municipality, {by}) {selector(info)}"
    return f'{named(expression, info)}\nor label_replace({others}, "name", "$1", "{by}", "(.+)")'


def _with_promise(expression: str, on: Sequence[str], **labels: str) -> str:
    info = selector(m.TARGET_INFO, **labels)
    promise = f'label_replace({info}, "promise", "$1", "name", "(.*)")'
    return _joined(expression, on, "promise", promise)


def _joined(expression: str, on: Sequence[str], label: str, info: str) -> str:
    """Return an expression with a label of what describes it: of several values with one."""
    by = ", ".join(on)
    one = f"topk by ({by}) (1, max by ({by}, {label}) ({info}))"
    return f"({expression}) * on ({by}) group_left ({label}) {one}"


def promises(expression: str, measure: str, **labels: str) -> str:
    """Return those of an expression's series that are of promises measured so."""
    info = selector(m.TARGET_INFO, measure=measure, **labels)
    return f"(({expression}) and on ({', '.join(_OF_PROMISE)}) {info})"


def share(part: str, whole: str) -> str:
    """Return parts of a whole, by queue; nothing of nothing."""
    return f"{part} / on (municipality, queue) ({whole} > 0)"


STALE_SECONDS: Final = 90
REMEMBERED: Final = "1h"
"""For so long it is known that there was a promise whose figures are gone."""
UNDER, UNSURE, WITHIN, CLOSED, MISSING, NONE = range(6)
"""How a promise stands: the values of :func:`state`."""
_IN_TIME: Final = "answered_within"


def _remembered() -> str:
    """Return the promises of answers that there are, or were a while ago."""
    goal, info = selector(m.GOAL), selector(m.TARGET_INFO, measure=_IN_TIME)
    by = ", ".join(_OF_PROMISE)
    return (
        f"(max by ({by}) (last_over_time({goal}[{REMEMBERED}])) and on ({by}) "
        f"last_over_time({info}[{REMEMBERED}]))"
    )


def state() -> str:
    """Return how each promise of answers stands today, as the wall has it.

    Figures that are old or gone first, then what is closed, then a silent source; then by the
    interval, and a goal of all by whether there was a miss.
    """

    def of(metric: m.Metric) -> str:
        return promises(figure(metric, window="today"), _IN_TIME)

    goal, each = figure(m.GOAL), f"{promises(figure(m.GOAL), _IN_TIME)} * 0"
    on, of_queue = f"on ({', '.join(_OF_PROMISE)})", "on (municipality, queue)"
    is_new = f"(time() - {figure(m.EVALUATED_AT)} <= {STALE_SECONDS})"
    low, high, level = map(of, (m.SERVICE_LEVEL_LOW, m.SERVICE_LEVEL_HIGH, m.SERVICE_LEVEL))
    return "\n".join(
        [
            f"({_remembered()} * 0 + {MISSING} unless on (municipality) {is_new})",
            f"or ({each} + {CLOSED} and {of_queue} {figure(m.OPEN)} == 0)",
            f"or ({each} + {MISSING} and {of_queue} {figure(m.SILENT)} == 1)",
            f"or ({each} + {WITHIN} and {on} ({low} >= {on} {goal}))",
            f"or ({each} + {WITHIN} and {on} ({level} >= 1 and {on} {goal} >= 1))",
            f"or ({each} + {UNDER} and {on} ({level} < 1 and {on} {goal} >= 1))",
            f"or ({each} + {UNDER} and {on} ({high} < {on} {goal}))",
            f"or ({each} + {UNSURE} and {on} {high})",
            f"or {each} + {NONE}",
        ]
    )


def while_known(expression: str) -> str:
    """Return an expression of promises of answers where its figures can be trusted; else NaN.

    A line of a picture would else end in silence, and its last value stand as if it were of now.
    """
    on = f"on ({', '.join(_OF_PROMISE)})"
    return f"({expression} unless {on} (({state()}) == {MISSING}))\nor {_remembered()} * NaN"
