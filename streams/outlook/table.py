"""The rest of the day as tables for people, in Swedish, and as plain data."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from streams.domain.catalogue import Catalogue, Municipality
from streams.domain.instants import moment
from streams.domain.outlook.evaluation import QueueOutlook, TargetOutlook
from streams.domain.outlook.rest import Reach
from streams.domain.report import Report
from streams.domain.swedish import NO_DATA, clock, count, percent, promise
from streams.domain.windows import TODAY
from streams.replay.cells import Prose, Row, fitting, name_of

LOST: Final = "förlorad"
WON: Final = "vunnen"
_QUARTERS: Final = 6
"""So many quarters of an hour are told of people."""
_LEGEND: Final = (
    "Brukar: så många har kommit vid den tiden en sådan dag. Väntas: så många till, och inom vad "
    "det blir de flesta dagar. Blir: om det går som i dag, som den senaste timmen och med dem som "
    "svarar. Som bäst: om alla som väntas besvaras i tid. Krävs: av dem, för att nå "
    "målet. Missar: så stor del av de missar som målet tillåter hela dagen har redan gjorts."
)
_PEOPLE_LEGEND: Final = (
    "Behövs: så många som svarar, för att löftena ska hållas i den kvarten. Underbemannad: de "
    "som svarar hinner inte ens med samtalen, så kön växer."
)


def tables(catalogue: Catalogue, reports: Mapping[str, Report], now: int) -> Group:
    """Return the outlook of each municipality under its heading. Print it with ``crop=False``."""
    parts: list[RenderableType] = []
    has_people = False
    for id_, municipality in catalogue.municipalities.items():
        report = reports[id_]
        at = moment(now).astimezone(municipality.zone)
        title = f"{municipality.name} {at.date()} kl. {clock(at)}: resten av dagen"
        parts += [Text(title, style="italic"), _reach(municipality, report), ""]
        people = _people(municipality, report)
        if people is not None:
            has_people = True
            parts += [people, ""]
        told = [*map(Prose, _remarks(municipality, report))]
        parts += [*told, ""] if told else []
    parts.append(Prose(_LEGEND, style="dim"))
    if has_people:
        parts.append(Prose(_PEOPLE_LEGEND, style="dim"))
    return Group(*parts)


def _reach(municipality: Municipality, report: Report) -> RenderableType:
    rows = []
    for queue, outlook in report.outlook.items():
        name = name_of(municipality, queue)
        calls = (count(outlook.arrived), _number(outlook.usual), _to_come(outlook))
        targets = list(_targets(municipality, report, queue, outlook)) or [("",) * 6]
        for number, cells in enumerate(targets):
            rows.append(("", "", "", "", *cells) if number else (name, *calls, *cells))
    of_calls = ("Kö", "Hittills", "Brukar", "Väntas")
    headings = (*of_calls, "Löfte", "Nu", "Blir", "Som bäst", "Krävs", "Missar")
    return fitting(headings, rows, left=("Löfte",), fewer=[(2,), (2, 9), (1, 2, 9)])


def _targets(
    municipality: Municipality, report: Report, queue: str, outlook: QueueOutlook
) -> Iterator[Row]:
    levels = report.phone.queues[queue].figures[TODAY].service_levels
    versions = {target.id: target for target in municipality.queues[queue].targets}
    for target, its in outlook.targets.items():
        limit = versions[target].limit_seconds
        yield (
            promise(its.goal, limit),
            percent(levels[target].ratio),
            percent(its.projected),
            percent(its.likely.best),
            _needed(its),
            "–" if its.likely.spent is None else percent(its.likely.spent, 0),
        )


def _needed(its: TargetOutlook) -> str:
    if its.is_lost:
        return f"[bold red]{LOST}[/]"
    needed = its.likely.needed
    if needed is None:
        return "–"
    return f"[green]{WON}[/]" if needed == 0 else percent(needed)


def _number(value: float | None) -> str:
    return "–" if value is None else count(round(value))


def _to_come(outlook: QueueOutlook) -> str:
    rest = outlook.rest
    if rest is None:
        return NO_DATA
    return f"{count(round(rest.mean))} ({count(rest.low)}–{count(rest.high)})"


def _people(municipality: Municipality, report: Report) -> RenderableType | None:
    """Return how many people are needed in the next quarters; None if it is known of no queue."""
    next_ones = {
        queue: [*islice(outlook.quarters, _QUARTERS)] for queue, outlook in report.outlook.items()
    }
    shown = {
        queue: quarters
        for queue, quarters in next_ones.items()
        if any(quarter.people is not None for quarter in quarters)
    }
    if not shown:
        return None
    starts = sorted({quarter.start for quarters in shown.values() for quarter in quarters})
    starts = starts[:_QUARTERS]
    rows = []
    for queue, quarters in shown.items():
        by_start = {quarter.start: quarter for quarter in quarters}
        people = _people_now(report, queue)
        cells = [
            "–" if (its := by_start.get(start)) is None else _number(its.people)
            for start in starts
        ]
        now = "–" if people is None else count(people)
        rows.append((name_of(municipality, queue), now, *cells))
    times = [clock(moment(start).astimezone(municipality.zone)) for start in starts]
    fewer = [range(last, _QUARTERS + 2) for last in (6, 4)]
    return fitting(("Behövs", "Svarar nu", *times), rows, fewer=fewer)


def _people_now(report: Report, queue: str) -> int | None:
    staffing = report.presence[TODAY].queues.get(queue) if TODAY in report.presence else None
    return None if staffing is None else staffing.people


def _remarks(municipality: Municipality, report: Report) -> Iterator[str]:
    unlearnt = [
        name_of(municipality, queue) for queue, its in report.outlook.items() if not its.days
    ]
    if unlearnt:
        yield (
            f"{', '.join(unlearnt)}: ingen egen profil, så dagens form är en typisk kommuns. Lär "
            "den med svarsgrad learn-profile."
        )
    for queue, outlook in report.outlook.items():
        people, quarter = _people_now(report, queue), next(outlook.quarters, None)
        erlangs = quarter.erlangs if quarter else None
        if people is not None and erlangs is not None and people <= erlangs:
            yield f"{name_of(municipality, queue)} är underbemannad: {people} svarar nu."
        versions = {target.id: target for target in municipality.queues[queue].targets}
        for target, its in outlook.targets.items():
            if its.expected is not None and its.expected < its.goal:
                promised = promise(its.goal, versions[target].limit_seconds)
                yield (
                    f"{name_of(municipality, queue)}: de som har svarat den senaste halvtimmen "
                    f"hinner {percent(its.expected)} i tid; löftet är {promised}."
                )


def as_data(municipality: Municipality, report: Report) -> dict[str, Any]:
    """Return the outlook of a municipality as plain data; no value is None."""
    return {
        queue: {
            "profile_days": outlook.days,
            "arrived": outlook.arrived,
            "usual": outlook.usual,
            "to_come": None
            if outlook.rest is None
            else {
                "mean": outlook.rest.mean,
                "low": outlook.rest.low,
                "high": outlook.rest.high,
            },
            "targets": {
                target: {
                    "goal": its.goal,
                    "likely": _reach_as_data(its.likely),
                    "of_few": _reach_as_data(its.of_few),
                    "of_many": _reach_as_data(its.of_many),
                    "is_lost": its.is_lost,
                    "expected": its.expected,
                    "projected": its.projected,
                }
                for target, its in outlook.targets.items()
            },
            "alerting": {
                target: {
                    "level": by.level,
                    "is_chronic": by.is_chronic,
                    "clustering": by.clustering,
                    "highest": dict(by.highest),
                }
                for target, by in outlook.alerting.items()
            },
            "staffed": _people_now(report, queue),
            "quarters": [
                {
                    "start": moment(quarter.start).astimezone(municipality.zone).isoformat(),
                    "calls": quarter.calls,
                    "erlangs": quarter.erlangs,
                    "people": quarter.people,
                }
                for quarter in outlook.quarters
            ],
        }
        for queue, outlook in report.outlook.items()
    }


def _reach_as_data(its: Reach) -> dict[str, float | None]:
    return {"best": its.best, "needed": its.needed, "spent": its.spent}
