"""The weekly list of what is overdue: cases and questions, administration by administration."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from streams.domain.books import Books
from streams.domain.cases.figures import NOT_HANDED_OVER, UNKNOWN_ADMINISTRATION
from streams.domain.catalogue import Municipality
from streams.domain.instants import moment
from streams.domain.questions import overdue as questions
from streams.domain.report import Spans, frames_of, report_of
from streams.domain.swedish import clock, count, counted, decimal
from streams.domain.windows import TODAY, day_of, window
from streams.spreadsheet_text import BOM, harmless

COLUMNS: Final = ("Förvaltning", "Var", "Vad", "Skulle vara klart", "Dygn sent")
MOST: Final = 20
"""So many of an administration stand in the text; all of them in the file."""
ELSEWHERE: Final = "Ingen förvaltning"
_SHOULD: Final = {"resolved_within": "vara klart", "feedback_within": "ha fått besked"}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Late:
    """Something that is overdue. They sort by how late they are, the latest last."""

    due: int
    what: str
    where: str
    administration: str | None
    """Its id; None where none has it."""


def late_of(municipality: Municipality, books: Books, now: int) -> list[Late]:
    """Return all that is overdue as of now, the earliest due first."""
    today = window(TODAY, now, municipality.zone)
    frames = frames_of(municipality, books, now, Spans((today,), (today,)))
    cases = report_of(municipality, frames).cases.overdue
    found = [
        Late(
            one.due,
            f"Ärende {one.case} skulle {_SHOULD[municipality.targets[one.target][-1].measure]}",
            _queue(municipality, one.queue),
            None
            if one.administration in {NOT_HANDED_OVER, UNKNOWN_ADMINISTRATION}
            else one.administration,
        )
        for one in cases
    ]
    for its in questions.overdue_questions(municipality, frames.questions, now):
        at = moment(its.received).astimezone(municipality.zone)
        known = municipality.queues[its.queue]
        found.append(
            Late(
                its.due,
                f"Fråga som kom {at:%Y-%m-%d} kl. {clock(at.replace(microsecond=0))}",
                known.name,
                known.administration,
            )
        )
    return sorted(found)


def _queue(municipality: Municipality, id_: str) -> str:
    known = municipality.queues.get(id_)
    return known.name if known else id_


@dataclass(frozen=True, slots=True)
class List:
    """What is overdue, as it is told to somebody."""

    subject: str
    text: str
    rows: bytes
    """The same as a file for Excel."""
    count: int


def list_of(
    municipality: Municipality, late: Iterable[Late], now: int, administration: str | None = None
) -> List:
    """Return the list of the whole municipality, or of one administration."""
    its = [one for one in late if administration in {None, one.administration}]
    day = day_of(now, municipality.zone)
    of = municipality.name
    if administration is not None:
        of = municipality.administrations[administration].name
    how_many = counted(len(its), "förfallet", "förfallna") if its else "inget förfallet"
    subject = f"{of}: {how_many}, {day}"
    parts = [f"Förfallna ärenden och frågor {day}: {of}.", ""]
    if not its:
        parts.append("Inget är förfallet.")
    for name, those in _by_administration(municipality, its):
        parts.append(f"{name} ({counted(len(those), 'förfallet', 'förfallna')})")
        parts += [
            f"  {_days(one, now)} dygn sent: {one.what} ({one.where}); "
            f"senast {_due(municipality, one)}"
            for one in those[:MOST]
        ]
        if len(those) > MOST:
            parts.append(f"  … och {count(len(those) - MOST)} till, i bilagan.")
        parts.append("")
    return List(subject, "\n".join(parts).rstrip() + "\n", _rows(municipality, its, now), len(its))


def _by_administration(
    municipality: Municipality, late: list[Late]
) -> list[tuple[str, list[Late]]]:
    found: dict[str, list[Late]] = {
        name: []
        for name in (
            *(its.name for its in municipality.administrations.values()), ELSEWHERE
        )
    }  # fmt: skip
    for one in late:
        found[_administration(municipality, one)].append(one)
    return [(name, those) for name, those in found.items() if those]


def _administration(municipality: Municipality, one: Late) -> str:
    known = municipality.administrations.get(one.administration or "")
    return known.name if known else ELSEWHERE


def _days(one: Late, now: int) -> str:
    return decimal(round((now - one.due) / 86_400_000_000, 1))


def _due(municipality: Municipality, one: Late) -> str:
    at = moment(one.due).astimezone(municipality.zone)
    return f"{at:%Y-%m-%d} kl. {clock(at.replace(microsecond=0))}"


def _rows(municipality: Municipality, late: list[Late], now: int) -> bytes:
    made = io.StringIO()
    rows = csv.writer(made, delimiter=";", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for one in late:
        told = (_administration(municipality, one), one.where, one.what, _due(municipality, one))
        rows.writerow([*map(harmless, told), _days(one, now)])
    return (BOM + made.getvalue()).encode()


def week_of(day: date) -> str:
    """Return what a list's file is called after: the year and week of a day, ``2025-v09``."""
    year, week, _ = day.isocalendar()
    return f"{year}-v{week:02}"
