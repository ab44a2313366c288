"""Figures as a table for people, in Swedish: a row per queue and promise."""

from collections.abc import Mapping
from datetime import datetime

from rich.table import Table

from streams.domain.catalogue import Catalogue, Municipality, targets_on
from streams.domain.evaluation import QueueReport
from streams.domain.service_level import Figures
from streams.domain.swedish import count, percent, seconds

INDICATION_BELOW = 30
"""With fewer decided calls a ratio is an indication only (docs/decisions/0003)."""


def table(
    catalogue: Catalogue,
    reports: Mapping[tuple[str, str], QueueReport],
    window: str,
    now: datetime,
) -> Table:
    """Return the reports of a window as a table."""
    names = {"15m": "senaste 15 min", "30m": "senaste 30 min", "1h": "senaste timmen"}
    drawn = Table(
        title=f"Servicenivå, {names.get(window, 'i dag' if window == 'today' else window)}"
    )
    drawn.add_column("Kö")
    for heading in ("Inkomna", "Besvarade", "Lagt på", "Väntar", "Förlorade", "p90"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("Löfte")
    for heading in ("Hållet", "Mål", "n"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("Osäkerhet 95 %", justify="right")
    for (municipality, queue), report in reports.items():
        of = catalogue.municipalities[municipality]
        for row in _rows(of, queue, report.figures[window], now):
            drawn.add_row(*row)
    return drawn


def _rows(
    municipality: Municipality, queue: str, figures: Figures, now: datetime
) -> list[list[str]]:
    known = municipality.queues.get(queue)
    name = f"{municipality.name}: {known.name if known else queue}"
    row = [
        name,
        count(figures.arrived),
        count(figures.counts["answered"]),
        count(figures.counts["abandoned"]),
        count(figures.counts["waiting"]),
        percent(figures.lost_ratio),
        seconds(figures.waits.percentiles[90] if figures.waits else None),
    ]
    goals = (
        {t.id: t for t in targets_on(known, now.astimezone(municipality.zone).date())}
        if known
        else {}
    )
    rows: list[list[str]] = []
    for target, level in figures.service_levels.items():
        low, high = level.interval or (None, None)
        promised = goals.get(target)
        rows.append(
            [
                *(row if not rows else [""] * len(row)),
                promised.name if promised else target,
                percent(level.ratio),
                percent(promised.goal, 0) if promised else "–",
                count(level.decided)
                + (" (indikation)" if level.decided < INDICATION_BELOW else ""),
                "–" if low is None else f"{percent(low)} – {percent(high)}",
            ]
        )
    return rows or [[*row, "–", "–", "–", "–", "–"]]
