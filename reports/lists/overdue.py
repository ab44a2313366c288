"""The weekly list of what is overdue: cases and questions, administration by administration."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from streams.domain.books import Books
from streams.domain.cases.figures import NOT_HANDED_OVER, UNKNOWN_ADMINISTRATION
from streams.domain.catalogue import Municipality, targets_on
from streams.domain.instants import HOUR, moment
from streams.domain.questions import overdue as questions
from streams.domain.report import Spans, frames_of, report_of
from streams.domain.swedish import count, counted, decimal, listed
from streams.domain.windows import TODAY, day_of, window
from streams.spreadsheet_text import BOM, harmless

COLUMNS: Final = ("Förvaltning", "Var", "Vad", "Skulle vara klart", "Dygn sent")
MOST: Final = 20
"""So many of an administration stand in the text; all of them in the file."""
ELSEWHERE: Final = "Ingen förvaltning"
_SHOULD: Final = {"resolved_within": "vara klart", "feedback_within": "ha fått besked"}
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY


@dataclass(frozen=True, slots=True, order=True)
class Late:
    """Something that is overdue. They sort by how late they are, the latest last."""

    due: int
    what: str
    where: str
    administration: str | None
    """Its id; None where none has it."""


def late_of(municipality: Municipality, books: Books, now: int) -> list[Late]:
    """Return all that is overdue as of now, the earliest due first.

    Of any age: the books are of all that the archive has.
    """
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
                f"Fråga som kom {at:%Y-%m-%d} kl. {at:%H.%M}",
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
    subject = " ".join(f"{of}: {how_many}, {day}".split())  # on one line
    parts = [f"Förfallna ärenden och frågor {day}: {of}.", _limits(municipality, day), ""]
    if not its:
        parts.append("Inget är förfallet.")
    for name, those in _by_administration(municipality, its):
        parts.append(
            f"{name} ({counted(len(those), 'förfallet', 'förfallna')}: {_ages(those, now)})"
        )
        fresh = [one for one in those if now - one.due < WEEK]
        older = [one for one in those if now - one.due >= WEEK]
        parts += [
            f"  {_days(one, now)}: {one.what} ({one.where}); senast {_due(municipality, one)}"
            for one in (*fresh, *older)[:MOST]
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


def _limits(municipality: Municipality, day: date) -> str:
    """Return by which promises things are overdue, and that others have none."""
    held = {
        its.id: its
        for queue in municipality.queues.values()
        for its in targets_on(queue, day)
        if its.limit is not None
    }
    said = [f"Gräns: {listed([its.name for its in held.values()])}."] if held else []
    measures = {its.measure for its in held.values()}
    if not measures & set(_SHOULD):
        said.append("Ärenden: katalogen har ingen frist för dem.")
    return " ".join(said)


def _ages(late: list[Late], now: int) -> str:
    """Return how many are how late."""
    days = [(now - one.due) // DAY for one in late]
    parts = [
        (sum(day < 7 for day in days), "nya den här veckan"),
        (sum(7 <= day < 30 for day in days), "1–4 veckor"),
        (sum(day >= 30 for day in days), "äldre"),
    ]
    return ", ".join(f"{count(number)} {said}" for number, said in parts if number)


def _days(one: Late, now: int) -> str:
    """Return how late something is, in whole days."""
    days = (now - one.due) // DAY
    return f"{counted(days, 'dag', 'dagar')} för sent" if days else "sedan mindre än ett dygn"


def _due(municipality: Municipality, one: Late) -> str:
    at = moment(one.due).astimezone(municipality.zone)
    return f"{at:%Y-%m-%d} kl. {at:%H.%M}"


def _rows(municipality: Municipality, late: list[Late], now: int) -> bytes:
    made = io.StringIO()
    rows = csv.writer(made, delimiter=";", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for one in late:
        told = (_administration(municipality, one), one.where, one.what, _due(municipality, one))
        late_by = decimal(round((now - one.due) / DAY, 1))
        rows.writerow([*map(harmless, told), late_by])
    return (BOM + made.getvalue()).encode()


def week_of(day: date) -> str:
    """Return what a list's file is called after: the year and week of a day, ``2025-v09``."""
    year, week, _ = day.isocalendar()
    return f"{year}-v{week:02}"
