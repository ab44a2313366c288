"""The review of sources in a catalogue: queues that they speak of and don't have."""

from collections.abc import Iterator
from typing import Any, Final

from streams.domain.catalogue import tables_review
from streams.domain.catalogue.document import Document, Path
from streams.domain.catalogue.wording import nearest

FOLDERS: Final = ("questions", "answered_otherwise", "no_answer_needed", "spam")
"""What a folder of a queue can be."""
OVERFLOW: Final = ("overflow_calls", "overflow_intervals")
"""Keys of how a partner's report is read."""


def review(
    document: Document, here: Path, source: dict[str, Any], municipality: dict[str, Any]
) -> None:
    """Blame what a source can't be read by, and queues that aren't among the source's own."""
    own = source.get("queues")
    ids = [id_ for id_ in own if isinstance(id_, str)] if isinstance(own, list) else []
    its = source.get("queue_log")
    if isinstance(its, dict):
        _review_queues(document, (*here, "queue_log"), its, ids)
        agents = its.get("agents")
        for name, answered in agents.items() if isinstance(agents, dict) else ():
            for at, queue in enumerate(answered if isinstance(answered, list) else []):
                _require_own(document, (*here, "queue_log", "agents", name, at), queue, ids)
    _review_mailbox(document, (*here, "mailbox"), source, ids)
    for key in ("calls_file", "cases_file", *OVERFLOW):
        its = source.get(key)
        if isinstance(its, dict):
            _review_queues(document, (*here, key), its, ids)
            _require_own(document, (*here, key, "queue"), its.get("queue"), ids)
    if isinstance(its := source.get("calls_file"), dict):
        tables_review.review_calls(document, (*here, "calls_file"), its)
        _require_phones(document, (*here, "calls_file"), its, municipality)
    if all(key in source for key in OVERFLOW):
        document.blame((*here, OVERFLOW[1]), f"källan har redan {OVERFLOW[0]}: ta bort en av dem")
    for key in OVERFLOW:
        if isinstance(its := source.get(key), dict):
            tables_review.review_overflow(document, (*here, key), its, municipality)
    if isinstance(its := source.get("cases_file"), dict):
        administrations = municipality.get("administrations")
        known = list(administrations) if isinstance(administrations, dict) else []
        tables_review.review_cases(document, (*here, "cases_file"), its, known)


def _review_queues(document: Document, here: Path, its: dict[str, Any], ids: list[str]) -> None:
    queues = its.get("queues")
    for name, queue in queues.items() if isinstance(queues, dict) else ():
        _require_own(document, (*here, "queues", name), queue, ids)


def _require_phones(
    document: Document, here: Path, its: dict[str, Any], municipality: dict[str, Any]
) -> None:
    """Blame queues of a list of calls in which no callers wait."""
    queues, named = municipality.get("queues"), its.get("queues")
    places: list[tuple[Path, Any]] = [((*here, "queue"), its.get("queue"))]
    places += [
        ((*here, "queues", name), queue)
        for name, queue in (named.items() if isinstance(named, dict) else ())
    ]
    for path, queue in places:
        if not isinstance(queues, dict) or not isinstance(queue, str):
            continue
        its_queue = queues.get(queue)
        if isinstance(its_queue, dict) and its_queue.get("kind") in {"mailbox", "cases"}:
            document.blame(path, f"{document.written(path)} är ingen telefonkö; ange en sådan")


def _require_own(document: Document, path: Path, queue: Any, ids: list[str]) -> None:
    if isinstance(queue, str) and queue not in ids:
        near = nearest(queue, ids)
        what = (
            f"menade du {near}?" if near else "lägg till den i källans queues, eller ta bort den"
        )
        document.blame(path, f"kön {document.written(path)} hör inte till källan; {what}")


def _review_mailbox(
    document: Document, here: Path, source: dict[str, Any], ids: list[str]
) -> None:
    """Blame queues and accounts that aren't there, two ways to log in, a folder twice."""
    its = source.get("mailbox")
    if not isinstance(its, dict):
        return
    accounts = _parts(its, "accounts")
    for path, one in [(here, its), *(((*here, "accounts", id_), a) for id_, a in accounts)]:
        if one.get("password_file") is not None and one.get("token_file") is not None:
            document.blame((*path, "token_file"), "password_file står också där; ta bort den ena")
    names = [id_ for id_, _ in accounts]
    for queue, folders in _parts(its, "mailboxes"):
        path = (*here, "mailboxes", queue)
        if queue not in ids:
            near = nearest(queue, ids)
            what = f"menade du {near}?" if near else "lägg till den i källans queues"
            document.blame(path, f"kön {queue} hör inte till källan; {what}")
        account = folders.get("account")
        if isinstance(account, str) and account not in names:
            near = nearest(account, names)
            what = f"menade du {near}?" if near else "lägg till det under accounts"
            written = document.written((*path, "account"))
            document.blame((*path, "account"), f"kontot {written} finns inte; {what}")
    seen: set[tuple[str | None, str]] = set()
    for path, account, folder in _folders(its, here):
        if (account, folder) in seen:
            written = document.written(path)
            document.blame(path, f"mappen {written} står redan på ett annat ställe; ta bort en")
        seen.add((account, folder))


def _folders(its: dict[str, Any], here: Path) -> Iterator[tuple[Path, str | None, str]]:
    """Yield where each folder is written, and its account (None for the first) and name."""
    accounts = _parts(its, "accounts")
    lists: list[tuple[Path, str | None, Any]] = [((*here, "sent"), None, its.get("sent"))]
    lists += [((*here, "accounts", id_, "sent"), id_, one.get("sent")) for id_, one in accounts]
    for queue, folders in _parts(its, "mailboxes"):
        account = folders.get("account")
        place = account if isinstance(account, str) else None
        for key in FOLDERS:
            default = ["INBOX"] if key == "questions" else []
            path = (*here, "mailboxes", queue, key)
            lists.append((path, place, folders.get(key, default)))
    for path, account, names in lists:
        for at, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str):
                yield (*path, at), account, "INBOX" if name.upper() == "INBOX" else name


def _parts(its: dict[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    parts = its.get(key)
    return [
        (id_, one)
        for id_, one in (parts.items() if isinstance(parts, dict) else ())
        if isinstance(id_, str) and isinstance(one, dict)
    ]
