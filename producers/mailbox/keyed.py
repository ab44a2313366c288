"""What links messages, as keyed hashes: the same for as long as a question can be open.

A Message-ID, a case number and the place of a folder become HMAC-SHA-256 under one key of the
municipality. It must stay the same: with another key every message would be a new question. So it
is made once, is its owner's alone, and its fingerprint stands in the state, where another key is
noticed. Who has the key can tell whether a message that is at hand was counted, and no more.

Source: docs/decisions/0002-event-format.md (ids from the source alone, nothing in clear).
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from streams.domain.swedish import reason
from streams.whole_file import write_whole

KEY_BYTES: Final = 32
HASH_DIGITS: Final = 16
"""64 bits: two of ten million messages share one once in 370,000 such mailboxes."""

Kind = Literal["message", "case", "folder", "key"]
_KEY: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """The key file can't be used; the text is one Swedish line that says what to do."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """Hashes under a key that is never shown."""

    _key: bytes

    def __repr__(self) -> str:
        return "Keyed('…')"

    def hash(self, kind: Kind, *parts: str) -> str:
        """Return the hash of what is one thing of its kind, 16 hex digits."""
        told = "\0".join((kind, *parts)).encode("utf-8", "surrogateescape")
        return hmac.digest(self._key, told, hashlib.sha256).hex()[:HASH_DIGITS]

    @property
    def fingerprint(self) -> str:
        """Return what tells this key from others."""
        return self.hash("key")


def random_key() -> Keyed:
    """Return a key for what nobody shall see again."""
    return Keyed(secrets.token_bytes(KEY_BYTES))


def read_key(path: Path, *, may_make: bool) -> Keyed:
    """Return the key in a file, which is made if there is none and it may be.

    Raises :class:`KeyFileError` for a file that is missing and may not be made, that others than
    its owner may read, or that has something else in it.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        return _made(path, may_make=may_make)
    except OSError as error:
        raise KeyFileError(
            f"Nyckelfilen {path} går inte att läsa ({reason(error)}): rätta rättigheterna, eller "
            "ange en annan --key-file."
        ) from None
    if mode & _OTHERS:
        raise KeyFileError(
            f"Nyckelfilen {path} får läsas av fler än sin ägare: kör chmod 600 {path}"
        )
    if not _KEY.fullmatch(text):
        raise KeyFileError(
            f"Nyckelfilen {path} är trasig: där ska stå 64 hexsiffror. Lägg tillbaka den från en "
            "säkerhetskopia; en ny nyckel räknar alla frågor en gång till."
        )
    return Keyed(bytes.fromhex(text))


def _made(path: Path, *, may_make: bool) -> Keyed:
    if not may_make:
        raise KeyFileError(
            f"Nyckelfilen {path} saknas, men läget är sparat med en: lägg tillbaka den. En ny "
            "nyckel räknar alla frågor en gång till."
        )
    key = secrets.token_bytes(KEY_BYTES)
    try:
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(13, "")
        write_whole(path, f"{key.hex()}\n".encode())
    except OSError as error:
        raise KeyFileError(
            f"Nyckelfilen {path} går inte att skriva ({reason(error)}): se till att katalogen "
            "finns och får skrivas, eller ange en annan --key-file."
        ) from None
    return Keyed(key)
