"""The books of a municipality: what the log says of it, one book for each kind of thing.

A book keeps a fact if and only if its horizon does, when the fact is folded and when the book is
pruned alike. So what it holds is a function of the log and of now.

Source: docs/decisions/0001-position-follows-ledger.md, 0009-questions.md.
"""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

from streams.domain.phone.legs import Legs
from streams.domain.windows import horizon, item_horizon


class Books:
    """All that is known of one municipality."""

    __slots__ = ("calls",)

    def __init__(self, now: int, zone: tzinfo) -> None:
        self.calls = Legs(horizon(now, zone))

    def prune(self, now: int, zone: tzinfo) -> None:
        """Let go of what lies behind the horizons as of now."""
        self.calls.prune(horizon(now, zone))

    def facts(self) -> dict[Any, Any]:
        """Return every fact by what it is about: to compare books."""
        return self.calls.facts()


STARTS: Final[dict[str, Callable[[int, tzinfo], int]]] = {
    "calls": horizon,
    "emails": lambda now, zone: item_horizon(now, zone).began,
    "cases": lambda now, zone: item_horizon(now, zone).began,
    "presence": horizon,
    "measures": lambda _now, _zone: 0,
}
"""Topic → the instant from which its events are needed, as of now."""
