"""What somebody may have meant who wrote a word that isn't one."""

import difflib
from collections.abc import Collection
from typing import Final

_MOST_COMPARED: Final = 500


def nearest(word: str, words: Collection[str], most: int = _MOST_COMPARED) -> str | None:
    """Return the word most like another; none if none is, or there are too many to compare."""
    near = difflib.get_close_matches(word[:80], words, n=1) if len(words) <= most else []
    return near[0] if near else None
