"""Simulated cases as a case system exports them: a row for each, as it stands at the end.

The rows are of the cases that were opened on the days simulated. An export says less than the
events do: how many times the resident got in touch, not when; and whole seconds.
"""

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from streams.domain.event_types import CASE_TYPES, CaseEvent
from streams.domain.events import Event

HEADER: Final = (
    "Ärendenummer", "Registrerat", "Kanal", "Förvaltning", "Överlämnat", "Återkopplat",
    "Först avslutat", "Först avslutat av", "Återöppnat", "Avslutat", "Avslutat av",
    "Antal kontakter", "Senast ändrat",
)  # fmt: skip
CHANNELS: Final = {
    "phone": "Telefon",
    "email": "E-post",
    "e_service": "E-tjänst",
    "chat": "Chatt",
    "social": "Sociala medier",
    "visit": "Besök",
    "post": "Brev",
}
WHO: Final = {"customer_centre": "Kundtjänst", "administration": "Förvaltning"}


@dataclass(slots=True)
class CaseExport:
    """Gathers what is told of cases, and gives it as rows."""

    zone: tzinfo
    _cases: dict[str, dict[str, CaseEvent]] = field(default_factory=dict)
    """Subject → what was told, by what tells it apart however often it is told."""

    def take(self, event: Event) -> None:
        """Take an event; only those of cases are used."""
        if isinstance(event, CaseEvent):
            fact = f"{event.type} {event.time.isoformat()}"
            self._cases.setdefault(event.subject, {}).setdefault(fact, event)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows of cases that were seen to be opened, by number."""
        told = (list(facts.values()) for _, facts in sorted(self._cases.items()))
        return [
            self._row(facts)
            for facts in told
            if any(CASE_TYPES[fact.type] == "opened" for fact in facts)
        ]

    def _row(self, facts: list[CaseEvent]) -> tuple[str, ...]:
        by_what: dict[str, list[CaseEvent]] = {}
        for fact in sorted(facts, key=lambda fact: fact.time):
            by_what.setdefault(CASE_TYPES[fact.type], []).append(fact)
        opened = by_what["opened"][0]
        handed_over = by_what.get("handed_over", [])
        reopened = by_what.get("reopened", [])
        resolved = by_what.get("resolved", [])
        first = resolved[0] if reopened else None
        last = resolved[-1] if resolved and (not reopened or len(resolved) > 1) else None
        return (
            opened.subject,
            self._shown(opened),
            CHANNELS[opened.data.channel or "phone"],
            (handed_over[-1].data.administration or "") if handed_over else "",
            self._shown(*handed_over[-1:]),
            self._shown(*by_what.get("feedback", [])[:1]),
            self._shown(*filter(None, [first])),
            WHO[first.data.by or ""] if first else "",
            self._shown(*reopened[-1:]),
            self._shown(*filter(None, [last])),
            WHO[last.data.by or ""] if last else "",
            str(1 + len(by_what.get("contacted", []))),
            self._shown(max(facts, key=lambda fact: fact.time)),
        )

    def _shown(self, *facts: CaseEvent) -> str:
        """Return when the one fact there is was; nothing if there is none."""
        return "".join(f"{fact.time.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" for fact in facts)
