"""Who called: nothing of what a system wrote leaves, whatever it looks like.

No rule can tell a number from a hash for certain: a number may be written in hexadecimal, and a
hash without a key is a number to whoever tries them all. So what stands in ``data.caller`` never
passes. It is hashed under the municipality's key of the day, always:

- a number, also as ``tel:`` or ``sip:`` has it, becomes the pseudonym that every other producer of
  the municipality gives it, however it is written;
- anything else with a digit in it, such as a hash made at the source, is hashed as it stands;
- a word without a digit (``anonymous``) is nobody, and neither is anything without a key file, or
  of a day whose key is not kept.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final

from producers.pseudonym import HASH_DIGITS, Keys, normalised

CallerHash = Callable[[str, datetime, tzinfo], str | None]
"""What a caller who called then is called, where that is; None for nobody."""

_ADDRESS: Final = re.compile(r"(?:tel|sips?):([^@;?]+).*", re.IGNORECASE | re.DOTALL)
_DIGIT: Final = re.compile(r"[0-9]")


def no_caller(text: str, at: datetime, zone: tzinfo) -> None:
    """Return None: there is no key to hash by."""
    del text, at, zone


def hashed(text: str, key: bytes) -> str | None:
    """Return what a caller is called under the key of a day: 16 hex digits; None for nobody."""
    bare = text.strip()
    if address := _ADDRESS.fullmatch(bare):
        bare = address[1]
    number = normalised(bare)
    if number is None:
        if not _DIGIT.search(bare):
            return None
        number = f"text {bare}"  # as no number is written
    return hmac.digest(key, number.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[
        :HASH_DIGITS
    ]


def hashed_callers(keys: Keys, now: Callable[[], datetime]) -> CallerHash:
    """Return what hashes a caller under the key of the local day of the call.

    It raises :class:`~producers.pseudonym.KeyFileError`.
    """

    def caller(text: str, at: datetime, zone: tzinfo) -> str | None:
        key = keys.key(at.astimezone(zone).date(), now().astimezone(zone).date())
        return None if key is None else hashed(text, key)

    return caller
