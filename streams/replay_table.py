"""Figures as a table for people, in Swedish: a row per queue and promise."""

from collections.abc import Mapping
from datetime import datetime

from rich import box
from rich.table import Table

from streams.domain.catalogue import Catalogue, Municipality, targets_on
from streams.domain.evaluation import QueueReport
from streams.domain.figures import Figures, ServiceLevel
from streams.domain.swedish import count, percent, promise, seconds, span
from streams.domain.windows import TODAY

INDICATION_BELOW = 30
"""With fewer decided calls a ratio is an indication only (docs/decisions/0003)."""
_NAMES = {"15m": "senaste 15 min", "30m": "senaste 30 min", "1h": "senaste timmen", TODAY: "i dag"}
_NUMBERS = ("Samtal", "Besvarade", "Lagt på", "Vidare", "Väntar", "Förlorade", "p90")


def table(
    catalogue: Catalogue,
    reports: Mapping[tuple[str, str], QueueReport],
    window: str,
    now: datetime,
) -> Table:
    """Return the reports of a window as a table."""
    drawn = Table(
        title=f"Servicenivå, {_NAMES.get(window, window)}",
        caption="Vidare: till partner eller annan kö. p90: så länge väntade högst 90 % av de "
        f"besvarade. * färre än {INDICATION_BELOW} samtal: bara en indikation.",
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    drawn.add_column("Kö")
    for heading in _NUMBERS:
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("Löfte", no_wrap=True)
    for heading in ("Hållet", "av", "Säkert inom"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    several = len(catalogue.municipalities) > 1
    for (name, queue), report in reports.items():
        municipality = catalogue.municipalities[name]
        for row in _rows(municipality, queue, report.figures[window], now):
            drawn.add_row(
                f"{municipality.name}: {row[0]}" if several and row[0] else row[0], *row[1:]
            )
    return drawn


def _rows(
    municipality: Municipality, queue: str, figures: Figures, now: datetime
) -> list[list[str]]:
    known = municipality.queues.get(queue)
    counts = figures.counts
    state = [
        known.name if known else queue,
        *(count(n) for n in (figures.arrived, counts["answered"], counts["abandoned"])),
        *(count(n) for n in (counts["overflowed"] + counts["callback"], counts["waiting"])),
        percent(figures.lost_ratio),
        seconds(figures.waits.percentiles[90] if figures.waits else None),
    ]
    today = now.astimezone(municipality.zone).date()
    promised = {t.id: t for t in targets_on(known, today)} if known else {}
    rows = [
        [promise(promised[target].goal, promised[target].limit_seconds), *_level(level)]
        for target, level in figures.service_levels.items()
        if target in promised
    ]
    blank = [""] * len(state)
    return [[*(blank if n else state), *row] for n, row in enumerate(rows or [["–", "", "", ""]])]


def _level(level: ServiceLevel) -> list[str]:
    mark = "*" if 0 < level.decided < INDICATION_BELOW else ""
    return [
        percent(level.ratio),
        f"{count(level.decided)}{mark}",
        span(*(level.interval or (None, None))),
    ]
