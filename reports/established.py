"""Reports that a board has established: what they said, and by which promises as they read then.

What is established doesn't change. If the figures do, since a source told of something late or a
catalogue was corrected, the next report of the period says what was established and what is now.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from reports.document import Cell, Kind, Paragraph, Part, Section, Table
from reports.evidence import Evidence
from reports.outcomes import Outcome, Promise, promises_of
from reports.wording import place_of
from streams.archive import schema
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.swedish import counted
from streams.domain.working_time import Hours


@dataclass(frozen=True, slots=True)
class Established:
    """A report as it was established."""

    at: int
    dated: str
    decision: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """That a report is established now."""

    said: str
    at: int
    dated: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a report is a draft or established, and what has changed since it was."""

    established: tuple[Established, ...]
    """The first one first; with a decision, the report itself is the last."""
    place: tuple[str, str, str]
    """Municipality, period, administration."""
    is_new: bool
    now: dict[str, Any]
    """What the report says, as :func:`content_of` has it, in the form that JSON gives it."""

    @classmethod
    def of(
        cls,
        connection: Connection,
        evidence: Evidence,
        administration: str | None,
        decision: Decision | None,
    ) -> "Standing":
        """Return how a report stands, by what the archive knows and by a decision of now."""
        place = (evidence.municipality.id, evidence.period.name, administration or "")
        said = content_of(evidence, promises_of(evidence, administration))
        content = json.loads(json.dumps(said))
        established = _read(connection, place)
        if decision is not None:
            established.append(Established(decision.at, decision.dated, decision.said, content))
        return cls(tuple(established), place, decision is not None, content)

    @property
    def is_draft(self) -> bool:
        """Say whether what the report says has not been established."""
        return not self.established or any(_changes(self.established[-1].content, self.now))

    @property
    def said(self) -> str:
        """Return how it stands, in a few words."""
        if not self.established:
            return "Utkast"
        last = self.established[-1]
        said = f"Fastställd enligt {last.decision} (daterad {last.dated})"
        return f"Utkast till rättelse ({said[0].lower()}{said[1:]})" if self.is_draft else said

    @property
    def is_unchanged(self) -> bool:
        """Say whether it is established anew with nothing changed since it was last."""
        before = self.established[:-1]
        return bool(self.is_new and before and not any(_changes(before[-1].content, self.now)))

    @property
    def section(self) -> Section | None:
        """Return when it was established, and what has been corrected; None of a first draft."""
        if not self.established:
            return None
        said = [
            f"Fastställd enligt {its.decision} (daterad {its.dated})." for its in self.established
        ]
        table = self._corrections()
        if table is None and not self.is_new:
            said.append("Inget har ändrats sedan dess.")
        parts: tuple[Part, ...] = (Paragraph(" ".join(said)), *([table] if table else ()))
        return Section("rattelser-avsnitt", "Fastställande och rättelser", parts)

    def _corrections(self) -> Table | None:
        """Return what each establishing corrected in the one before, and what has changed since.

        None if nothing ever was.
        """
        steps = [
            (before.content, after.content, f"{after.decision} ({after.dated})")
            for before, after in pairwise(self.established)
        ]
        steps.append((self.established[-1].content, self.now, "inte fastställt"))
        rows = tuple(
            (*row, Cell(when)) for before, after, when in steps for row in _changes(before, after)
        )
        if not rows:
            return None
        columns = ("Löfte", "Var", "Vad", "Fastställt", "Rättat till", "Rättelsen fastställd")
        return Table("rattelser", "Rättelser", columns, rows)

    def keep(self, connection: Connection) -> None:
        """Note the report that was established now."""
        municipality, period, administration = self.place
        last = self.established[-1]
        connection.execute(
            insert(schema.established).values(
                municipality=municipality,
                period=period,
                administration=administration,
                at=last.at,
                dated=last.dated,
                decision=last.decision,
                content=json.dumps(last.content, ensure_ascii=False, sort_keys=True),
            )
        )


def _read(connection: Connection, place: tuple[str, str, str]) -> list[Established]:
    municipality, period, administration = place
    its = schema.established.c
    found = connection.execute(
        select(its.at, its.dated, its.decision, its.content)
        .where(its.municipality == municipality)
        .where(its.period == period)
        .where(its.administration == administration)
        .order_by(its.at)
    )
    return [
        Established(at, dated, decision, json.loads(content))
        for at, dated, decision, content in found
    ]


def content_of(evidence: Evidence, promises: Sequence[Promise]) -> dict[str, Any]:
    """Return what is kept of a report: all figures, and each outcome with what judged it."""
    return {
        "as_of": evidence.as_of,
        "counted": _counted(evidence.municipality),
        "figures": evidence.figures.data,
        "outcomes": [
            {
                "place": place_of(evidence.municipality, outcome),
                "figure": outcome.value.figure,
                "kind": outcome.value.kind,
                "value": outcome.value.value,
                "n": outcome.number.value,
                "kept": outcome.is_kept,
                "held": [day.isoformat() for day in outcome.held],
                "promise": _as_data(outcome.target),
            }
            for outcome in _all(promises)
        ],
    }


def _counted(municipality: Municipality) -> dict[str, Any]:
    """Return what else in the catalogue says how figures are counted."""
    return {
        "korta avbrutna samtal räknas bort, sekunder": municipality.exclude_short_abandons_seconds,
        **{
            f"{queue.name}: {said}": value
            for queue in municipality.queues.values()
            for said, value in (
                ("väntan räknas från", queue.wait_starts),
                ("går vidare till", queue.overflow_to),
                ("förvaltning", queue.administration),
                ("utlovad tid", _digest(queue.promised)),
            )
        },
    }


def _digest(hours: Hours | None) -> str | None:
    """Return what differs if opening hours do; None of round the clock."""
    if hours is None:
        return None
    said = repr((hours.week, hours.seasons, sorted(hours.shortened.items()),
                 sorted(hours.exceptions.items())))  # fmt: skip
    return blake2b(said.encode(), digest_size=4).hexdigest()


def _as_data(target: ServiceTarget) -> dict[str, Any]:
    """Return a version of a promise whole, as it reads now."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in asdict(target).items()
    }


def _all(promises: Sequence[Promise]) -> Iterator[Outcome]:
    for promise in promises:
        yield promise.whole
        yield from promise.of_queues


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Yield what differs between two reports, as :func:`content_of` has them."""
    ways, ways_now = before["counted"], after["counted"]
    for said in {**ways, **ways_now}:
        then, now = (its.get(said) for its in (ways, ways_now))
        if then != now:
            both = (Cell("–" if its is None else str(its)) for its in (then, now))
            yield (Cell("Beräkningssättet har ändrats"), Cell("alla"), Cell(said), *both)
    was = {_key(its): its for its in before["outcomes"]}
    is_ = {_key(its): its for its in after["outcomes"]}
    for key in {**was, **is_}:
        yield from _differences(was.get(key), is_.get(key))
    shown = {its["figure"] for its in before["outcomes"]}
    others = [
        path for path in _differing(before["figures"], after["figures"]) if path not in shown
    ]
    if others:
        how_many = counted(len(others), "siffra", "siffror")
        yield (
            Cell("Andra siffror"), Cell("–"), Cell(f"{how_many}, först {others[0]}"),
            Cell("som då"), Cell("som i rapporten"),
        )  # fmt: skip


def _differing(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each figure that differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            inner = f"{path}.{name}" if path else name
            yield from _differing(before.get(name), after.get(name), inner)
    elif before != after:
        yield path


def _key(outcome: dict[str, Any]) -> tuple[str, str, str]:
    return outcome["promise"]["id"], outcome["held"][0], outcome["figure"]


def _differences(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Iterator[tuple[Cell, ...]]:
    one = before or after or {}
    named = Cell(one["promise"]["name"]), Cell(one["place"])
    if before is None or after is None:
        there = (Cell("fanns inte"), Cell("finns")) if before is None else (
            Cell("fanns"), Cell("finns inte")
        )  # fmt: skip
        yield (*named, Cell("löftet"), *there)
        return
    kind: Kind = one["kind"]
    for said, key, of in (("Utfall", "value", kind), ("Antal", "n", "count")):
        if before[key] != after[key]:
            yield (*named, Cell(said), *_beside(before[key], after[key], of))
    for key, said in _DEFINED.items():
        then, now = before["promise"][key], after["promise"][key]
        if then != now:
            yield (*named, Cell(f"Löftet är ändrat: {said}"), Cell(_text(then)), Cell(_text(now)))


_DEFINED = {
    "goal": "mål",
    "limit_seconds": "gräns i sekunder",
    "limit": "gräns",
    "rule": "regel",
    "channels": "kanaler",
    "questions": "frågor",
    "of": "av vad",
    "better": "bättre",
    "source": "källa",
}
"""What of a promise says how it is judged."""


def _text(value: Any) -> str:
    match value:
        case None | []:
            return "–"
        case list():
            return ", ".join(map(str, value))
        case {"count": number, "unit": unit}:
            return f"{number}{unit}"
        case _:
            return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def _beside(then: float | None, now: float | None, kind: Kind) -> tuple[Cell, Cell]:
    """Return two values so that it is seen that they differ: in words, if not in figures."""
    cells = Cell(then, kind), Cell(now, kind)
    if cells[0].shown == cells[1].shown and then is not None and now is not None:
        return Cell(repr(then).replace(".", ",")), Cell(repr(now).replace(".", ","))
    return cells
