"""What links messages, as keyed hashes: the same for as long as a question can be open.

A Message-ID, a case number and the place of a folder are hashed under the municipality's stable
key. It must stay the same: with another key every message would be a new question. So it is its
owner's alone, and its fingerprint stands in the state, where another key is noticed. Who has the
key can tell whether a message that is at hand was counted, and no more.

Source: docs/decisions/0002-event-format.md (ids from the source alone, nothing in clear).
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from producers.pseudonym import KEY_BYTES, KeyFileError
from producers.stable_key import make_key, read_key, stable_hash

Kind = Literal["message", "case", "folder", "key"]


@dataclass(frozen=True, slots=True)
class Keyed:
    """Hashes under a key that is never shown."""

    _key: bytes

    def __repr__(self) -> str:
        return "Keyed('…')"

    def hash(self, kind: Kind, *parts: str) -> str:
        """Return the hash of what is one thing of its kind; headers may have broken bytes."""
        whole = (part.encode("utf-8", "backslashreplace").decode() for part in parts)
        return stable_hash(self._key, kind, *whole)

    @property
    def fingerprint(self) -> str:
        """Return what tells this key from others."""
        return self.hash("key")


def random_key() -> Keyed:
    """Return a key for what nobody shall see again."""
    return Keyed(secrets.token_bytes(KEY_BYTES))


def key_in(path: Path, *, may_make: bool) -> Keyed:
    """Return the key in a file, which is made if there is none and it may be.

    Raises :class:`~producers.pseudonym.KeyFileError` for a file that is missing and may not be
    made, that others than its owner may read, or that has something else in it.
    """
    key = read_key(path)
    if key is None and not may_make:
        raise KeyFileError(
            f"Nyckelfilen {path} saknas, men läget är sparat med en: lägg tillbaka den. En ny "
            "nyckel räknar alla frågor en gång till."
        )
    return Keyed(key or make_key(path))
