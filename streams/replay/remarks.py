"""What replay says of its input beside the figures, in Swedish. Never what stands in an event."""

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from typing import Final

from streams.domain.books import Books
from streams.domain.catalogue import Catalogue
from streams.domain.instants import MINUTE, NEVER, moment
from streams.domain.ledger import Tally
from streams.domain.swedish import clock, count, counted, listed
from streams.domain.why_rejected import why_rejected
from streams.domain.windows import DAYS, NAMES, day_of, midnight
from streams.replay import Refused

STDIN: Final = "standard in"
_QUEUE_LOG: Final = re.compile(rb"\d{9,11}(?:\.\d+)?\|[^|]*\|[^|]*\|")


KINDS: Final = {
    "calls": "samtal",
    "questions": "frågor",
    "cases": "ärenden",
    "surveys": "",
    "presence": "bemanning",
    "sources": "",
}
"""Kind of what came → what it is called where it begins later than the window, if it is told."""


class NothingToCountError(ValueError):
    """There is no event in the input that can be used. The message is one line."""


def events_read(tally: Tally) -> int:
    """Return the number of events that could be read, also those of no use here."""
    return tally.folded + tally.skipped + tally.expired


def refuse_nothing(
    sources: Sequence[str], catalogue: Catalogue, tally: Tally, refused: Sequence[Refused]
) -> None:
    """Raise :class:`NothingToCountError` if no event could be read, and say what to do."""
    if events_read(tally):
        return
    if not refused:
        named = listed([_shown(source) for source in sources])
        raise NothingToCountError(f"{named} innehåller inga händelser")
    first = refused[0]
    if first.log.partition is None and _QUEUE_LOG.match(first.rejection.raw):
        file = "FIL" if first.log.name == "-" else shlex.quote(first.log.name)
        ids = list(catalogue.municipalities)
        raise NothingToCountError(
            f"{_shown(first.log.name)} är en queue_log, inte händelser: kör svarsgrad "
            f"follow-queue-log {file} --municipality {ids[0] if len(ids) == 1 else 'ID'} --once "
            "--to händelser.jsonl först"
        )
    groups = _grouped(refused)
    most = max(groups, key=len)
    mostly = (
        f" (de flesta, {count(len(most))} av {count(len(refused))})" if len(groups) > 1 else ""
    )
    raise NothingToCountError(f"ingen händelse går att använda{mostly}: {_why(most)}")


def rejections(refused: Sequence[Refused]) -> list[str]:
    """Return a line for each kind of fault: how many, what would be right, where the first is."""
    return [f"{_events(len(alike))} avvisades: {_why(alike)}" for alike in _grouped(refused)]


def came(books: Mapping[str, Books]) -> dict[str, list[int]]:
    """Return when what was read came, by its kind: calls, questions and so on, but no measures.

    A call comes when it arrives, a question when it is received, a case when it is opened.
    """
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for its in books.values():
        if len(its.calls):
            found["calls"] += its.calls.frame().arrived.tolist()
        found["questions"] += [received for _, _, received, _ in its.questions.facts()]
        found["cases"] += [opened for _, _, opened, _ in its.cases.facts()]
        found["surveys"] += [answer.at for answer in its.surveys.frame(0, NEVER).answers]
        presence = its.presence.frame(NEVER)
        found["presence"] += [at for of in presence.staffed.values() for at in of.at]
        found["sources"] += presence.last_heartbeat.values()
    return found


def none_in_window(
    name: str,
    over: tuple[int, int],
    tally: Tally,
    arrivals: Mapping[str, Sequence[int]],
    zone: tzinfo | None,
) -> str | None:
    """Return what to say where events were read but nothing came in the window called ``name``.

    ``arrivals`` are as of :func:`came`. None if something did, or if all there is are others'
    measures, which belong to no window.
    """
    instants = [at for its in arrivals.values() for at in its]
    if any(over[0] <= at < over[1] for at in instants):
        return None
    begins = f"Inget kom i fönstret. {_events(events_read(tally))} lästes"
    latest = max([tally.last_expired_at, *instants])
    if not latest and tally.folded + tally.expired:
        return None
    if not latest:
        return f"{begins}, alla av typer som den här versionen inte känner"
    at = moment(latest).astimezone(zone or UTC)
    return (
        f"{begins}; det senaste kom {at.date()} kl. {clock(at)}: "
        f"visa det med {_option_that_shows(name, latest, zone)}"
    )


def begins_later(
    over: tuple[int, int],
    tally: Tally,
    arrivals: Mapping[str, Sequence[int]],
    zone: tzinfo | None,
) -> str | None:
    """Return from when there is data, if the window began on an earlier day; None if it did not.

    None too if older events were left out: then nobody knows when they began.
    """
    if tally.expired:
        return None
    starts = day_of(over[0], zone or UTC)
    firsts = {
        kind: day_of(min(at), zone or UTC)
        for kind, at in arrivals.items()
        if at and KINDS[kind] and over[0] < min(at) < over[1]
    }
    later = [f"{KINDS[kind]} {day}" for kind, day in firsts.items() if day > starts]
    if not later:
        return None
    return f"Fönstret börjar {starts}, men det som lästes börjar senare: {listed(later)}"


def recorded_later(books: Mapping[str, Books], now: int, zone: tzinfo | None) -> str | None:
    """Return how many values were typed in when it was too late to know them; None if none was."""
    recorded = [
        value.at for its in books.values() for of in its.measures.facts().values() for value in of
    ]
    later = sum(at >= now for at in recorded)
    if not later:
        return None
    last = moment(max(recorded)).astimezone(zone or UTC)
    return (
        f"{counted(later, 'mätvärde', 'mätvärden')} skrevs in senare, det sista "
        f"{last.date()} kl. {clock(last)}, och räknas inte med"
    )


def _option_that_shows(name: str, arrived: int, zone: tzinfo | None) -> str:
    """Return what to type to see what came then: at the end of its day, or just after."""
    day = day_of(arrived, zone or UTC)
    start, end = (midnight(day + timedelta(days=n), zone or UTC) for n in (0, 1))
    if name not in {*NAMES, *DAYS}:
        return f"--window {_typed(start, zone)}/{_typed(end, zone)}"
    at = arrived - arrived % MINUTE + MINUTE
    if name in DAYS and zone:
        at = max(end - MINUTE, min(at, end - 1))
    return f"--at {_typed(at, zone)}"


def _typed(instant: int, zone: tzinfo | None) -> str:
    precision = "microseconds" if instant % MINUTE else "minutes"
    return moment(instant).astimezone(zone or UTC).isoformat(timespec=precision)


def _grouped(refused: Sequence[Refused]) -> list[list[Refused]]:
    """Return those alike together, in order of the first of each kind."""
    groups: dict[tuple[str, str], list[Refused]] = {}
    for one in refused:
        groups.setdefault((one.rejection.reason, one.rejection.path), []).append(one)
    return list(groups.values())


def _why(alike: Sequence[Refused]) -> str:
    first = alike[0]
    others = "den första: " if len(alike) > 1 else ""
    why = why_rejected(first.rejection.reason, first.rejection.path)
    return f"{why} ({others}{_place(first)})"


def _place(refused: Refused) -> str:
    log, found = refused.log, refused.rejection
    if log.partition is not None:
        return f"{log.name}, offset {found.offset}, index {found.index}"
    within = f", händelse {found.index + 1}" if found.index else ""
    return f"{_shown(log.name)}, rad {found.offset + 1}{within}"


def _shown(source: str) -> str:
    return STDIN if source == "-" else source


def _events(number: int) -> str:
    return f"{count(number)} {'händelse' if number == 1 else 'händelser'}"
