"""The review of sources in a catalogue: queues that they speak of and don't have."""

from typing import Any

from streams.domain.catalogue.document import Document, Path
from streams.domain.catalogue.wording import nearest


def review(document: Document, here: Path, source: dict[str, Any]) -> None:
    """Blame queues of how a source is read that aren't among the source's own."""
    its = source.get("queue_log")
    if not isinstance(its, dict):
        return
    own = source.get("queues")
    ids = [id_ for id_ in own if isinstance(id_, str)] if isinstance(own, list) else []
    queues, agents = its.get("queues"), its.get("agents")
    for name, queue in queues.items() if isinstance(queues, dict) else ():
        _require_own(document, (*here, "queue_log", "queues", name), queue, ids)
    for name, answered in agents.items() if isinstance(agents, dict) else ():
        for at, queue in enumerate(answered if isinstance(answered, list) else []):
            _require_own(document, (*here, "queue_log", "agents", name, at), queue, ids)


def _require_own(document: Document, path: Path, queue: Any, ids: list[str]) -> None:
    if isinstance(queue, str) and queue not in ids:
        near = nearest(queue, ids)
        what = (
            f"menade du {near}?" if near else "lägg till den i källans queues, eller ta bort den"
        )
        document.blame(path, f"kön {document.written(path)} hör inte till källan; {what}")
