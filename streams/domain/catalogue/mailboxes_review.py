"""The review of how mailboxes are read: accounts and folders that aren't there, or are twice."""

from collections.abc import Iterator
from typing import Any, Final

from streams.domain.catalogue.document import Document, Path
from streams.domain.nearest import nearest

FOLDERS: Final = ("questions", "answered_otherwise", "no_answer_needed", "spam")
"""What a folder of a queue can be."""


def review(document: Document, here: Path, its: dict[str, Any], ids: list[str]) -> None:
    """Blame queues and accounts that aren't there, two ways to log in, a folder twice."""
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
