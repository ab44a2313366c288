"""The review of how files of rows are read: what is missing, and what contradicts itself."""

from collections.abc import Collection
from typing import Any, Final

from streams.domain.catalogue.document import Document, Path
from streams.domain.catalogue.wording import missing
from streams.domain.nearest import nearest

_INSTEAD: Final = {
    "queue": ("queue_column", "alla rader har den kön, så kolumnen läses inte"),
    "channel": ("channel_column", "alla ärenden har den kanalen, så kolumnen läses inte"),
    "unanswered": ("outcome", "kolumnen säger hur det gick"),
    "assumed_wait_seconds": ("mean_wait", "kolumnen säger det"),
}
"""Key → the one that says the same of each row, and why not both."""
_NEEDS: Final = {
    "outcomes": "outcome",
    "queues": "queue_column",
    "channels": "channel_column",
    "origins": "origin",
    "administrations": "administration",
    "handed_over": "administration",
    "first_resolved": "reopened",
    "first_resolved_by": "first_resolved",
}
"""Key → another without which it means nothing."""


def review_calls(document: Document, here: Path, its: dict[str, Any]) -> None:
    """Blame what a list of calls can't be read by."""
    _require_one(document, here, its, ("queue", "unanswered"))
    _require_all(document, here, its)
    if "outcome" in its and "outcomes" not in its:
        document.blame((*here, "outcomes"), missing("outcomes"))
    if "unanswered" in its and "answered" not in its:
        document.blame((*here, "answered"), missing("answered"))
    if its.get("unanswered") == "answered":
        document.blame((*here, "unanswered"), "ett samtal utan svar är inte answered")


def review_overflow(
    document: Document, here: Path, its: dict[str, Any], municipality: dict[str, Any]
) -> None:
    """Blame what a partner's report can't be read by, and queues that no call goes on to."""
    if here[-1] == "overflow_calls":
        review_calls(document, here, its)
        outcomes = its.get("outcomes")
        for word, what in outcomes.items() if isinstance(outcomes, dict) else ():
            if what not in {"answered", "abandoned"}:
                why = "hos den som tar över är ett samtal answered eller abandoned"
                document.blame((*here, "outcomes", word), why)
    else:
        _require_one(document, here, its, ("queue", "assumed_wait_seconds"))
        _require_all(document, here, its)
    queues = municipality.get("queues")
    every = queues.values() if isinstance(queues, dict) else ()
    partners = {queue.get("overflow_to") for queue in every if isinstance(queue, dict)}
    named = its.get("queues")
    for key, queue in (
        (("queue",), its.get("queue")),
        *((("queues", name), id_) for name, id_ in _items(named)),
    ):
        if isinstance(queue, str) and queue not in partners:
            document.blame((*here, *key), f"ingen kö har overflow_to: {queue}")


def _items(part: Any) -> list[tuple[str, Any]]:
    return list(part.items()) if isinstance(part, dict) else []


def review_cases(
    document: Document, here: Path, its: dict[str, Any], administrations: Collection[str]
) -> None:
    """Blame what an export of cases can't be read by; ``administrations`` are ids there are."""
    _require_one(document, here, its, ("queue", "channel"))
    _require_all(document, here, its)
    if ("resolved_by" in its or "first_resolved_by" in its) and "who" not in its:
        document.blame((*here, "who"), missing("who"))
    named = its.get("administrations")
    for name, id_ in named.items() if isinstance(named, dict) else ():
        if isinstance(id_, str) and id_ not in administrations:
            path = (*here, "administrations", name)
            near = nearest(id_, administrations)
            right = f"menade du {near}?" if near else "lägg till den under administrations"
            document.blame(path, f"förvaltningen {document.written(path)} finns inte; {right}")


def _require_one(
    document: Document, here: Path, its: dict[str, Any], keys: tuple[str, ...]
) -> None:
    for key in keys:
        other, why = _INSTEAD[key]
        if key in its and other in its:
            document.blame((*here, key), f"{why}: skriv {key} eller {other}, inte båda")
        elif key not in its and other not in its:
            path = (*here, other)
            document.blame(path, f"{missing(other)}, eller {key} om det är lika för alla rader")


def _require_all(document: Document, here: Path, its: dict[str, Any]) -> None:
    for key, needed in _NEEDS.items():
        if its.get(key) and needed not in its:
            document.blame((*here, needed), f"{missing(needed)}; utan den säger {key} ingenting")
