"""Callers as keyed hashes: who calls again can be counted, who calls can't be known.

A number becomes HMAC-SHA-256 under a random key of the day it called, so that a hash from one day
says nothing about another. The keys stand in one file per municipality, shared by its producers,
one ``YYYY-MM-DD hex`` line per local date; they never leave the machine and are dropped after
:data:`KEPT_DAYS`, after which nobody can tell whether a number ever called.

Source: docs/decisions/0002-event-format.md (``data.caller``).
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from streams.domain.instants import moment
from streams.domain.swedish import reason
from streams.whole_file import write_whole

KEPT_DAYS: Final = 14
KEY_BYTES: Final = 32
FOR_OTHERS: Final = 0o077
"""Rights that nobody but the owner may have."""
HASH_DIGITS: Final = 16
"""64 bits: among a million callers a day two share a hash once in 37 million days."""

_FILLING: Final = re.compile(r"[\s\-‐‑–().,/]+")
_NUMBER: Final = re.compile(r"\d{3,20}", re.ASCII)
_SURELY: Final = re.compile(r"(?:\+|00|0)[1-9](?:[\s\-()/.]*\d){6,13}", re.ASCII)
"""What is surely no counter: a zero, or that of abroad, and then no other."""
_KEY_LINE: Final = re.compile(r"(\d{4}-\d\d-\d\d) ([0-9a-f]{64})", re.ASCII)


CallerHash = Callable[[str, int], str | None]
"""The keyed hash of a number that called at an instant, or None."""


class KeyFileError(Exception):
    """The key file can't be used; the text is one Swedish line that says what to do."""


def normalised(number: str) -> str | None:
    """Return a number as everybody writes it alike, national form, or None if it is none.

    ``+46 8-465 004 00``, ``0046846500400`` and ``08 465 004 00`` are the same caller; blank,
    ``anonymous`` and other words are nobody.
    """
    bare = _FILLING.sub("", number)
    if bare.startswith("+"):
        bare = "00" + bare[1:]
    if bare.startswith("0046"):
        bare = "0" + bare[4:].removeprefix("0")  # +46 (0)8 is written too
    return bare if _NUMBER.fullmatch(bare) else None


def is_surely_number(text: str) -> bool:
    """Say whether a text that should be no telephone number, as a call's id, is one."""
    return _SURELY.fullmatch(text) is not None


def pseudonym(number: str, key: bytes) -> str | None:
    """Return the keyed hash of a number, 16 hex digits; None if it is no number."""
    bare = normalised(number)
    if bare is None:
        return None
    return hmac.digest(key, bare.encode(), hashlib.sha256).hex()[:HASH_DIGITS]


def is_kept(day: date, today: date) -> bool:
    """Return whether a key of ``day`` is kept: 14 days back; one ahead, since clocks differ."""
    return today - timedelta(days=KEPT_DAYS) <= day <= today + timedelta(days=1)


class Keys:
    """The keys of the days, read from a file and added to it when a day has none yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[date, bytes] = {}

    def key(self, day: date, today: date) -> bytes | None:
        """Return the key of an event's local date; None for a day whose key is not kept.

        Raises :class:`KeyFileError` when the file is not as it should be or can't be written.
        """
        if not is_kept(day, today):
            return None
        key = self._keys.get(day)
        if key is None:
            try:
                with self._locked():
                    self._keys = self._with(day, today)
            except OSError as error:
                raise KeyFileError(
                    f"Nyckelfilen {self.path} går inte att använda ({reason(error)}): "
                    "se till att katalogen finns och får skrivas, eller välj en annan --key-file."
                ) from None
            key = self._keys[day]
        return key

    def _with(self, day: date, today: date) -> dict[date, bytes]:
        """Return the file's keys with one for ``day``, having written it if it was new."""
        keys = {d: key for d, key in self._read().items() if is_kept(d, today)}
        if day not in keys:
            keys[day] = secrets.token_bytes(KEY_BYTES)
            text = "".join(f"{d} {key.hex()}\n" for d, key in sorted(keys.items()))
            write_whole(self.path, text.encode())
        return keys

    def _read(self) -> dict[date, bytes]:
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                mode = os.fstat(file.fileno()).st_mode
                lines = file.read().splitlines()
        except FileNotFoundError:
            return {}
        keys: dict[date, bytes] = {}
        for number, line in enumerate(lines, start=1):
            match = _KEY_LINE.fullmatch(line.strip())
            try:
                if line.strip() and match is None:
                    raise ValueError(number)
                if match is not None:
                    keys[date.fromisoformat(match[1])] = bytes.fromhex(match[2])
            except ValueError:
                raise KeyFileError(
                    f"Nyckelfilen {self.path} är trasig på rad {number}: där ska stå ett datum "
                    "och 64 hexsiffror. Ta bort raden; den dagens nummer får då nya pseudonymer."
                ) from None
        if mode & FOR_OTHERS:
            raise KeyFileError(
                f"Nyckelfilen {self.path} är inte bara ägarens: kör chmod 600 {self.path}."
            )
        return keys

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold off other producers. The lock is a file of its own, since ours is replaced."""
        lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def no_caller(_number: str, _at: int) -> None:
    """Leave every number out."""


def hashed_callers(keys: Keys, zone: tzinfo, now: Callable[[], datetime]) -> CallerHash:
    """Return what hashes a caller under the key of the local date it called on.

    Raises :class:`KeyFileError` at once for a file that can't be used.
    """
    keys.key(now().astimezone(zone).date(), now().astimezone(zone).date())

    def caller(number: str, at: int) -> str | None:
        if not number:
            return None
        day = moment(at).astimezone(zone).date()
        key = keys.key(day, now().astimezone(zone).date())
        return None if key is None else pseudonym(number, key)

    return caller
