"""The race as a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from benchmarks.race import OWN, Result

OURS: Final = "#005a9c"
THEIRS: Final = "#9aa5b1"


def plot(results: Mapping[int, Mapping[str, Result]], to: Path) -> None:
    """Draw events a second of each contender, on a scale of tenfolds."""
    figure = Figure(figsize=(10, 2.2 + 2.4 * len(results)), layout="constrained")
    axes = figure.subplots(len(results), 2, squeeze=False, sharex=True)
    for row, (each, contenders) in zip(axes, results.items(), strict=True):
        names = list(contenders)[::-1]
        for axis, what in zip(row, ("cold", "steady"), strict=True):
            values = [getattr(contenders[name], what) for name in names]
            bars = axis.barh(names, values, color=[OURS if n == OWN else THEIRS for n in names])
            axis.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3)
            axis.set_xscale("log")
            axis.set_xlim(right=max(values) * 6)
            axis.set_title(f"{what}, {each} event{'s' * (each > 1)} a message", loc="left")
            axis.spines[["top", "right"]].set_visible(False)
        row[1].set_yticklabels([])
    figure.supxlabel("events a second")
    figure.savefig(to)
