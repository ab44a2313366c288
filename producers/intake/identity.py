"""What events are about, as keyed hashes: whatever a system calls a case, that name stays here.

``subject`` is what facts are put together by, and ``id`` tells facts apart. Both leave as
HMAC-SHA-256 of municipality, source and what the system wrote, so that

- a case's number, or a name that somebody uses as one, is told nowhere;
- two sources can't mean the same thing by accident, nor one of them another's on purpose;
- what is sent again is the same again, for as long as the key is the same.

A question or a case may be open for years, so the key doesn't rotate, as those of callers do
(``producers.pseudonym``). Without it nobody can tell which case a hash is; with another one, what
is open already would be taken for other cases.
"""

import hashlib
import hmac
from typing import Final

HASH_DIGITS: Final = 32
"""128 bits: no two of all subjects there ever are share one."""


class Names:
    """What one source's names are called when they leave."""

    def __init__(self, key: bytes, municipality: str, source: str) -> None:
        self._key = hmac.digest(key, f"{municipality}\0{source}".encode(), hashlib.sha256)

    def subject(self, text: str) -> str:
        """Return what a subject, or a contact that is one, is called: 32 hex digits."""
        return self._hash(b"s", text)

    def id(self, text: str) -> str:
        """Return what the id of an event is called: 32 hex digits."""
        return self._hash(b"i", text)

    def _hash(self, what: bytes, text: str) -> str:
        said = what + text.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, hashlib.sha256).hex()[:HASH_DIGITS]
