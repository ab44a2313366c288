"""Pictures for people who would rather look: bars, lines and a map of the week.

Each shows what a table beside it has. Colour never stands alone: what is under its goal is hatched
too, and each bar has its figure. The same figures give the same bytes.
"""

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from streams.domain.swedish import count, decimal, percent

mpl.use("svg")
logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it has no home, it makes do

INK: Final = "#1f2933"
GREY: Final = "#8a94a0"
GRID: Final = "#d9dee3"
KEPT: Final = "#1b6f8a"
MISSED: Final = "#c8681c"
PLAIN: Final = "#5b7c99"
LOW_SPAN: Final = 0.3
"""So far below its goal a share is shown as low as can be, if none is lower."""
WIDTH: Final = 7.0
"""Inches: the width of the text on A4."""
_STYLE: Final[Any] = {
    "text.parse_math": False,  # a name may have dollar signs
    "font.family": "DejaVu Sans",  # it comes with Matplotlib: pictures are alike everywhere
    "font.size": 8.5,
    "svg.hashsalt": "svarsgrad",
    "svg.fonttype": "none",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
}
_SHARES: Final = FuncFormatter(lambda value, _: f"{100 * value:.0f}\N{NO-BREAK SPACE}%")
_FINE_SHARES: Final = FuncFormatter(lambda value, _: percent(value))
FINE: Final = 0.1
"""An axis of shares that is shorter has decimals."""
_COUNTS: Final = FuncFormatter(lambda value, _: count(round(value)))


@dataclass(frozen=True, slots=True)
class Bar:
    """A share in [0, 1] and its goal, if it has one."""

    label: str
    value: float
    goal: float | None
    is_kept: bool | None


@contextmanager
def _drawn(height: float) -> Iterator[tuple[Axes, list[bytes]]]:
    """Yield what to draw on, and where the picture is put when it has been drawn."""
    done: list[bytes] = []
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure.add_subplot(), done
        made = io.BytesIO()
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    done.append(made.getvalue())


def goal_bars(bars: Sequence[Bar]) -> bytes:
    """Return bars against their goals, the first one on top, as SVG."""
    lines_each = max(bar.label.count("\n") + 1 for bar in bars)
    with _drawn(0.5 + (0.16 + 0.14 * lines_each) * len(bars)) as (axes, done):
        for place, bar in enumerate(bars):
            colour = {True: KEPT, False: MISSED, None: PLAIN}[bar.is_kept]
            axes.barh(
                place, bar.value, height=0.6, color=colour, edgecolor="white",
                hatch="///" if bar.is_kept is False else None,
            )  # fmt: skip
            if bar.goal is not None:
                axes.plot([bar.goal] * 2, [place - 0.42, place + 0.42], color=INK, linewidth=2)
            axes.text(
                1.02, place, percent(bar.value), va="center", fontweight="bold",
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(_SHARES)
        axes.xaxis.grid(visible=True, color=GRID)
        axes.set_axisbelow(True)
    return done[0]


def week_map(
    cells: Mapping[tuple[int, int], float | None],
    days: Sequence[tuple[int, str]],
    hours: Sequence[int],
    *,
    goal: float | None = None,
    is_share: bool = False,
) -> bytes:
    """Return a map of the hours of a week as SVG: the darker, the more, or the lower a share.

    Of shares, the scale reaches well below the goal: what is just under it is no dark spot.
    """
    nothing = float("nan")
    values = [
        [nothing if (value := cells.get((day, hour))) is None else value for hour in hours]
        for day, _ in days
    ]
    known = [value for row in values for value in row if value == value]  # noqa: PLR0124 - NaN alone is not itself
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if is_share:
        low, high = min(low, (high if goal is None else goal) - LOW_SPAN), 1.0
    with _drawn(0.7 + 0.36 * len(days)) as (axes, done):
        shown = mpl.colormaps["YlOrBr_r" if is_share else "Blues"].with_extremes(bad="#f1f3f5")
        axes.imshow(values, cmap=shown, vmin=low, vmax=high, aspect="auto")
        for y, row in enumerate(values):
            for x, value in enumerate(row):
                if value != value:  # noqa: PLR0124 - there is none
                    continue
                tone = (value - low) / (high - low) if high > low else 0.0
                is_dark = tone < 0.45 if is_share else tone > 0.55
                said = f"{100 * value:.0f}" if is_share else count(round(value))
                axes.text(
                    x, y, said, ha="center", va="center", fontsize=8,
                    color="white" if is_dark else INK,
                )  # fmt: skip
        axes.set_xticks(range(len(hours)), [f"{hour:02}–{hour + 1:02}" for hour in hours])
        axes.set_yticks(range(len(days)), [name for _, name in days])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return done[0]


def lines(
    places: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    goal: float | None = None,
) -> bytes:
    """Return shares over time as SVG: a line each, named at its end, and the goal."""
    markers = ("o", "s", "^", "D", "v", "P")
    colours = (KEPT, MISSED, PLAIN, "#6b4c86", "#4b7f3f", "#9b2f4b")
    with _drawn(2.6) as (axes, done):
        ends: list[tuple[float, str, str]] = []
        for number, (name, values) in enumerate(series.items()):
            colour = colours[number % len(colours)]
            axes.plot(
                range(len(places)),
                [float("nan") if value is None else value for value in values],
                color=colour, marker=markers[number % len(markers)], markersize=4, linewidth=1.8,
            )  # fmt: skip
            known = [value for value in values if value is not None]
            if known:
                ends.append((known[-1], name, colour))
        if goal is not None:
            axes.axhline(goal, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
            ends.append((goal, "mål", INK))
        axes.set_xticks(range(len(places)), places)
        axes.yaxis.grid(visible=True, color=GRID)
        axes.set_axisbelow(True)
        low, high = axes.get_ylim()
        low, high = max(0.0, low - 0.02), min(1.0, high + 0.02)
        axes.set_ylim(low, high)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(_SHARES if high - low > FINE else _FINE_SHARES)
        for at, name, colour in _apart(sorted(ends), (high - low) / 12):
            axes.text(
                1.015, at, name, color=colour, va="center", fontsize=8.5,
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
    return done[0]


def _apart(
    ends: Sequence[tuple[float, str, str]], least: float
) -> Iterator[tuple[float, str, str]]:
    """Yield the names of lines at heights at which they don't stand on each other."""
    last: float | None = None
    for value, name, colour in ends:
        at = value if last is None else max(value, last + least)
        last = at
        yield at, name, colour


def columns(places: Sequence[str], values: Sequence[float], *, is_share: bool = True) -> bytes:
    """Return columns side by side as SVG, each with its figure on top."""
    with _drawn(2.3) as (axes, done):
        axes.bar(range(len(places)), values, color=PLAIN, width=0.75)
        for place, value in enumerate(values):
            said = percent(value) if is_share else count(round(value))
            axes.text(place, value, said, ha="center", va="bottom", fontsize=8)
        axes.set_xticks(range(len(places)), places)
        axes.yaxis.set_major_formatter(_SHARES if is_share else _COUNTS)
        axes.yaxis.grid(visible=True, color=GRID)
        axes.set_axisbelow(True)
        axes.margins(y=0.12)
    return done[0]


def years(
    at: Sequence[int], series: Mapping[str, Sequence[float | None]], breaks: Sequence[int]
) -> bytes:
    """Return values by year as SVG, a line each; a broken line where the series was broken."""
    styles = ((KEPT, "o", 2.4), (GREY, "s", 1.6), ("#4b7f3f", "^", 1.6))
    with _drawn(2.6) as (axes, done):
        ends: list[tuple[float, str, str]] = []
        for (name, values), (colour, marker, width) in zip(series.items(), styles, strict=True):
            known = [
                (year, value) for year, value in zip(at, values, strict=True) if value is not None
            ]
            for part in _unbroken(known, breaks):
                axes.plot(
                    [year for year, _ in part], [value for _, value in part], color=colour,
                    marker=marker, markersize=4, linewidth=width,
                )  # fmt: skip
            if known:
                ends.append((known[-1][1], name, colour))
        for year in breaks:
            axes.axvline(year - 0.5, color=GREY, linestyle=(0, (2, 3)), linewidth=1)
        axes.set_xticks(list(at), [str(year) for year in at])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: decimal(round(value, 6))))
        axes.yaxis.grid(visible=True, color=GRID)
        axes.set_axisbelow(True)
        axes.margins(y=0.15)
        low, high = axes.get_ylim()
        for where, name, colour in _apart(sorted(ends), (high - low) / 12):
            axes.text(
                1.015, where, name, color=colour, va="center", fontsize=8.5,
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
    return done[0]


def _unbroken(
    known: Sequence[tuple[int, float]], breaks: Sequence[int]
) -> Iterator[list[tuple[int, float]]]:
    edges = [-1, *breaks, 10_000]
    for first, after in pairwise(edges):
        if part := [its for its in known if first <= its[0] < after]:
            yield part
