"""The review of sources in a catalogue: queues that they speak of and don't have."""

from typing import Any, Final

from streams.domain.catalogue import mailboxes_review, tables_review
from streams.domain.catalogue.document import Document, Path
from streams.domain.nearest import nearest

OVERFLOW: Final = ("overflow_calls", "overflow_intervals")
"""Keys of how a partner's report is read."""
_PHONES: Final = (("switchboard", "customer_centre", "partner"), "ingen telefonkö")
OF_KINDS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "queue_log": _PHONES,
    "calls_file": _PHONES,
    "mailbox": (("mailbox",), "ingen brevlåda"),
    "cases_file": (("cases", "customer_centre"), "varken ärendeinkorg eller kundtjänst"),
}
"""Key → the kinds of queues that it is about, and what another one is called."""


def review(
    document: Document, here: Path, source: dict[str, Any], municipality: dict[str, Any]
) -> None:
    """Blame what a source can't be read by, and queues that aren't among the source's own."""
    own = source.get("queues")
    ids = [id_ for id_ in own if isinstance(id_, str)] if isinstance(own, list) else []
    if isinstance(its := source.get("queue_log"), dict):
        _review_queues(document, (*here, "queue_log"), its, ids)
        _review_agents(document, (*here, "queue_log", "agents"), its.get("agents"), ids)
    for key in OF_KINDS:
        if isinstance(its := source.get(key), dict):
            _require_kinds(document, (*here, key), its, municipality)
    if isinstance(its := source.get("mailbox"), dict):
        mailboxes_review.review(document, (*here, "mailbox"), its, ids)
    for key in ("calls_file", "cases_file", *OVERFLOW):
        its = source.get(key)
        if isinstance(its, dict):
            _review_queues(document, (*here, key), its, ids)
            _require_own(document, (*here, key, "queue"), its.get("queue"), ids)
    if isinstance(its := source.get("calls_file"), dict):
        tables_review.review_calls(document, (*here, "calls_file"), its)
    if all(key in source for key in OVERFLOW):
        document.blame((*here, OVERFLOW[1]), f"källan har redan {OVERFLOW[0]}: ta bort en av dem")
    for key in OVERFLOW:
        if isinstance(its := source.get(key), dict):
            tables_review.review_overflow(document, (*here, key), its, municipality)
    if isinstance(its := source.get("cases_file"), dict):
        administrations = municipality.get("administrations")
        known = list(administrations) if isinstance(administrations, dict) else []
        tables_review.review_cases(document, (*here, "cases_file"), its, known)


def _review_agents(document: Document, here: Path, agents: Any, ids: list[str]) -> None:
    for name, answered in agents.items() if isinstance(agents, dict) else ():
        for at, queue in enumerate(answered if isinstance(answered, list) else []):
            _require_own(document, (*here, name, at), queue, ids)


def _review_queues(document: Document, here: Path, its: dict[str, Any], ids: list[str]) -> None:
    queues = its.get("queues")
    for name, queue in queues.items() if isinstance(queues, dict) else ():
        _require_own(document, (*here, "queues", name), queue, ids)


def _require_kinds(
    document: Document, here: Path, its: dict[str, Any], municipality: dict[str, Any]
) -> None:
    """Blame queues of another kind than what is read is about."""
    kinds, called = OF_KINDS[str(here[-1])]
    queues, named = municipality.get("queues"), its.get("queues")
    mailboxes = its.get("mailboxes")
    places: list[tuple[Path, Any]] = [((*here, "queue"), its.get("queue"))]
    places += [
        ((*here, "queues", name), queue)
        for name, queue in (named.items() if isinstance(named, dict) else ())
    ]
    places += [
        ((*here, "mailboxes", queue), queue)
        for queue in (mailboxes if isinstance(mailboxes, dict) else ())
    ]
    for path, queue in places:
        if not isinstance(queues, dict) or not isinstance(queue, str):
            continue
        its_queue = queues.get(queue)
        if isinstance(its_queue, dict) and its_queue.get("kind") not in (*kinds, None):
            document.blame(path, f"kön {queue} är {called}; ange en sådan")


def _require_own(document: Document, path: Path, queue: Any, ids: list[str]) -> None:
    if isinstance(queue, str) and queue not in ids:
        near = nearest(queue, ids)
        what = (
            f"menade du {near}?" if near else "lägg till den i källans queues, eller ta bort den"
        )
        document.blame(path, f"kön {document.written(path)} hör inte till källan; {what}")
