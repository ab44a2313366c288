"""Which cases matter to a report: how far back they were due, by any promise.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Iterable
from typing import Final

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import NEVER
from streams.domain.windows import Window

RESOLVED_WITHIN: Final = "resolved_within"
FEEDBACK_WITHIN: Final = "feedback_within"
MEASURES: Final = (FEEDBACK_WITHIN, RESOLVED_WITHIN)


def versions_by_promise(targets: Iterable[ServiceTarget]) -> dict[str, list[ServiceTarget]]:
    """Return the versions of each promise of when cases are told about or resolved."""
    found: dict[str, list[ServiceTarget]] = {}
    for target in targets:
        if target.measure in MEASURES:
            found.setdefault(target.id, []).append(target)
    return found


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant such that no window needs what is resolved and was silent since.

    Without windows nothing is needed but what is open.
    """
    starts = [span.start for span in windows]
    if not starts:
        return NEVER
    start = min(starts)
    reaches = [
        municipality.due_times(queue.id, version).reach(start)
        for queue in municipality.queues.values()
        for versions in versions_by_promise(queue.targets).values()
        for version in versions
    ]
    return min((start, *reaches))
