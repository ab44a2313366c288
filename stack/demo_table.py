"""The demo's table: how each queue does, as Prometheus has it from the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich import box
from rich.table import Table

from stack.prometheus import Prometheus
from streams import metrics as m
from streams.domain.catalogue import Municipality, Queue, ServiceTarget, targets_on
from streams.domain.swedish import count, percent, promise

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What Prometheus answered: values by metric, and by queue and target."""

    values: Mapping[str, Mapping[Key, float]]

    def of(self, metric: m.Metric, queue: str, target: str = "") -> float | None:
        """Return a value; None if there is none."""
        return self.values[metric.name].get((queue, target))


WHOLE_DAY = 'window="today"'
P90 = 'window="today",percentile="p90"'
_ASKED: Mapping[m.Metric, str] = {
    m.WAITING: "",
    m.LONGEST_WAIT: "",
    m.ARRIVED: WHOLE_DAY,
    m.LOST.ratio: WHOLE_DAY,
    m.SERVICE_LEVEL: WHOLE_DAY,
    m.DECIDED: WHOLE_DAY,
    m.WAIT_PERCENTILE: P90,
}


def read(prometheus: Prometheus, municipality: str) -> Reading:
    """Ask Prometheus for all that the table shows."""
    values: dict[str, dict[Key, float]] = {}
    for metric, selector in _ASKED.items():
        query = f'{m.PREFIX}{metric.name}{{municipality="{municipality}",{selector}}}'
        values[metric.name] = {
            (sample.labels["queue"], sample.labels.get("target", "")): sample.value
            for sample in prometheus.query(query)
        }
    return Reading(values)


NARROW: Final = 79
"""Under so many columns the promise and p90 are left out: a number is never cut."""
_CAPTION: Final = (
    "Väntar: hur många just nu (den längsta väntan). I tid: andelen samtal som fått svar så fort "
    "som löftet säger. Förlorade: andelen som inte fick svar alls."
)
_CAPTION_P90: Final = " p90: nio av tio besvarade väntade högst så länge."


def draw(municipality: Municipality, reading: Reading, now: datetime, width: int) -> Table:
    """Return the table: a row per queue, its promise of service level and of lost calls."""
    is_wide = width >= NARROW
    table = Table(
        title=f"{municipality.name} i dag till kl. {now:%H.%M.%S}",
        caption=_CAPTION + _CAPTION_P90 * is_wide,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    table.add_column("Kö", no_wrap=True)
    table.add_column("Samtal", justify="right", no_wrap=True)
    table.add_column("Väntar", justify="right", no_wrap=True, min_width=10 if is_wide else 8)
    if is_wide:
        table.add_column("Löfte", no_wrap=True)
    table.add_column("I tid", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Förlorade", justify="right", no_wrap=True)
    if is_wide:
        table.add_column("p90", justify="right", no_wrap=True, min_width=len("100 s"))
    for queue in municipality.queues.values():
        name, calls, waiting, promised, *share, lost, p90 = _row(queue, reading, now)
        if is_wide:
            table.add_row(name, calls, waiting, promised, *share, lost, p90)
        else:
            table.add_row(name, calls, waiting, *share, lost)
    return table


def _row(queue: Queue, reading: Reading, now: datetime) -> list[str]:
    promises = {target.measure: target for target in targets_on(queue, now.date())}
    level, lost = promises.get("answered_within"), promises.get("lost")
    lost_share = reading.of(m.LOST.ratio, queue.id)
    return [
        queue.name,
        _whole(reading.of(m.ARRIVED, queue.id)),
        _waiting(reading, queue.id),
        *(_level(level, reading, queue.id) if level else ("–", "", "")),
        percent(lost_share)
        + (
            _mark(lost_share, lost_share is not None and lost_share <= (lost.goal or 0))
            if lost
            else ""
        ),
        _short(reading.of(m.WAIT_PERCENTILE, queue.id)),
    ]


def _level(target: ServiceTarget, reading: Reading, queue: str) -> tuple[str, str, str]:
    ratio = reading.of(m.SERVICE_LEVEL, queue, target.id)
    kept = ratio is not None and ratio >= (target.goal or 0)
    word = "" if ratio is None else "[green]✓ hålls[/]" if kept else "[bold red]✗ under[/]"
    return promise(target.goal, target.limit_seconds), percent(ratio), word


def _mark(value: float | None, kept: bool) -> str:
    return "" if value is None else " [green]✓[/]" if kept else " [bold red]✗[/]"


def _waiting(reading: Reading, queue: str) -> str:
    longest = reading.of(m.LONGEST_WAIT, queue)
    number = _whole(reading.of(m.WAITING, queue))
    return number if longest is None else f"{number} ({_short(longest)})"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{round(value)}\N{NO-BREAK SPACE}s"


def _whole(value: float | None) -> str:
    return "–" if value is None else count(round(value))
