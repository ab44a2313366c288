"""For which release of svarsgrad events are written: while readers are older than producers.

Readers are upgraded first, and then nothing need be told. Who upgrades a producer before them, or
wants to be able to go back, tells it so: ``SVARSGRAD_WRITE_AS=0.1``.

Source: docs/upgrade.md.
"""

import os
import re
from typing import Final

from streams.domain.event_versions import FIRST_RELEASE, Release, Written, written_for
from streams.release import release

VARIABLE: Final = "SVARSGRAD_WRITE_AS"
_RELEASE: Final = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?", re.ASCII)


class WriteAsError(ValueError):
    """What was told is no release that can be written for; the text is one Swedish line."""


def written_as_told() -> Written:
    """Return the versions to write, by the environment. Raises :class:`WriteAsError`."""
    told = os.environ.get(VARIABLE, "").strip()
    if not told:
        return {}
    asked, ours = _release(told), _release(release())
    if asked is None or ours is None or not FIRST_RELEASE <= asked <= ours:
        first, last = (_text(its or FIRST_RELEASE) for its in (FIRST_RELEASE, ours))
        choices = first if first == last else f"en version från {first} till {last}"
        raise WriteAsError(f"{VARIABLE}={told!r} går inte: skriv {choices}, eller ta bort den")
    return written_for(asked)


def _release(text: str) -> Release | None:
    found = _RELEASE.fullmatch(text)
    return None if found is None else (int(found[1]), int(found[2]))


def _text(release: Release) -> str:
    return f"{release[0]}.{release[1]}"
