"""Masks what was received, so that its shape can be shown and no person can be found in it."""

import re
from typing import Final

from streams.domain.events import CALL_TYPES

SHOWN_BYTES: Final = 300

KNOWN: Final = frozenset(
    {
        *("specversion", "id", "source", "type", "subject", "time", "partitionkey", "data"),
        *("queue", "arrived_at", "caller", "origin", "datacontenttype", "dataschema"),
        *("null", "true", "false"),
        *CALL_TYPES,
    }
)
"""Words of the event format itself: all that is ever shown as it was."""

_WORD: Final = re.compile(r"\w[\w.]*")
# Everything that says nothing by itself. A list of what to hide would always miss some script.
_SHOWN: Final = frozenset(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r\N{REPLACEMENT CHARACTER}")


def mask(raw: bytes) -> str:
    """Return the beginning of ``raw`` with digits as 9 and all but ASCII punctuation as x.

    Only the words of the event format itself are kept, so the sender can see what is wrong
    where; no name, number or address can be read. At most ``SHOWN_BYTES`` characters.
    """
    text = raw[:SHOWN_BYTES].decode("utf-8", errors="replace")
    shown, end = [], 0
    for word in _WORD.finditer(text):
        shown += [_masked(text[end : word.start()]), _word(word.group())]
        end = word.end()
    return "".join([*shown, _masked(text[end:])])


def _word(word: str) -> str:
    return word if word in KNOWN else _masked(word)


def _masked(text: str) -> str:
    return "".join(c if c in _SHOWN else "9" if c.isdigit() else "x" for c in text)
