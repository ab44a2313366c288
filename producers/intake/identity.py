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
import re
from pathlib import Path
from typing import Final

from streams.domain.swedish import reason

KEY_BYTES: Final = 32
HASH_DIGITS: Final = 32
"""128 bits: no two of all subjects there ever are share one."""
_KEY: Final = re.compile(rb"\s*([0-9a-f]{64})\s*", re.IGNORECASE)
_HOW: Final = "gör en med (umask 077; openssl rand -hex 32 >"


class IdentityKeyError(ValueError):
    """The file of the key can't be used; the text is one Swedish line that says what to do."""


def read_key(file: Path) -> bytes:
    """Return the key in a file: 64 hex digits, and nothing else. Others may not read it."""
    try:
        with file.open("rb") as stream:
            mode, content = file.stat().st_mode, stream.read(4096)
    except FileNotFoundError:
        raise IdentityKeyError(
            f"{file} finns inte: {_HOW} {file}), och spara en kopia, för med en annan nyckel "
            "blir det som är öppet nu andra ärenden"
        ) from None
    except OSError as error:
        raise IdentityKeyError(f"{file} går inte att läsa ({reason(error)})") from None
    if mode & 0o007:
        raise IdentityKeyError(f"{file} är öppen för alla på maskinen: chmod 640 {file}")
    found = _KEY.fullmatch(content)
    if found is None:
        raise IdentityKeyError(f"{file} ska ha 64 hexsiffror och inget annat: {_HOW} {file})")
    return bytes.fromhex(found[1].decode())


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
