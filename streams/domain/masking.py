"""Masks what was received, so that its shape can be shown and no person can be found in it."""

import re
from typing import Final

from streams.domain.events import CALL_TYPES

SHOWN_BYTES: Final = 300

_KNOWN: Final = frozenset(
    {
        *("specversion", "id", "source", "type", "subject", "time", "partitionkey", "data"),
        *("queue", "arrived_at", "caller", "origin", "datacontenttype", "dataschema"),
        *("null", "true", "false"),
        *CALL_TYPES,
    }
)
_WORD: Final = re.compile(r"[^\W_][\w.]*", re.UNICODE)


def mask(raw: bytes) -> str:
    """Return the beginning of ``raw`` with every digit as 9 and every letter as x.

    Only the words of the event format itself are kept, so the sender can see what is wrong
    where; no name, number or address can be read.
    """
    text = raw[:SHOWN_BYTES].decode("utf-8", errors="replace")
    return _WORD.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    word = match.group()
    if word in _KNOWN:
        return word
    return "".join("9" if c.isdigit() else "x" if c.isalpha() else c for c in word)
