"""Keyed hashes that stay the same: of what is told of again for as long as it is open.

A case's number, or a message's id, becomes HMAC-SHA-256 under one random key of the municipality,
so that what is said later is said of the same one. The key stands in a file of its own, 64 hex
digits, that is its owner's alone (or root's, who lends it to our group), and never leaves the
machine. Without it every case would be another: it needs a backup.

Source: docs/decisions/0002-event-format.md.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

from producers.pseudonym import FOR_OTHERS, KEY_BYTES, KeyFileError
from streams.domain.swedish import reason
from streams.whole_file import sync_directory

HASH_DIGITS: Final = 32
"""128 bits: no two of any number of cases share one."""
_BEYOND_LENT: Final = 0o037
"""Rights that a file of root's may not give. That our group reads it is how root lends it to a
service, as Kubernetes does with a Secret."""
_MOST_BYTES: Final = 4096
_KEY: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def stable_hash(key: bytes, *identity: str) -> str:
    """Return the keyed hash of texts, 32 hex digits; where one ends and the next begins counts."""
    told = b"".join(b"%d:%b" % (len(raw), raw) for raw in map(str.encode, identity))
    return hmac.digest(key, told, hashlib.sha256).hex()[:HASH_DIGITS]


def read_key(path: Path) -> bytes | None:
    """Return the key in a file; None if there is no file. Raises :class:`KeyFileError`."""
    try:
        with path.open("rb") as file:
            state, content = os.fstat(file.fileno()), file.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from None
    text = content.decode("ascii", "replace").strip()
    if not _KEY.fullmatch(text):
        raise KeyFileError(
            f"Nyckelfilen {path} är inte rätt sorts nyckel: där ska stå 64 hexsiffror på en rad. "
            "Ange rätt fil, eller lägg tillbaka den från en säkerhetskopia."
        )
    is_lent = state.st_uid == 0 != os.geteuid()
    if state.st_mode & (_BEYOND_LENT if is_lent else FOR_OTHERS):
        raise KeyFileError(f"Nyckelfilen {path} är inte bara ägarens: kör chmod 600 {path}.")
    return bytes.fromhex(text)


def make_key(path: Path) -> bytes:
    """Return a new key, written to a file that is nobody else's to read.

    If another has just made the file, its key is the one. Raises :class:`KeyFileError`.
    """
    key = secrets.token_bytes(KEY_BYTES)
    # A name that nothing has: what a crash left there would be taken for another's key.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)  # whole or not at all, and never over one that is there
        sync_directory(path.parent)
    except FileExistsError:
        return read_key(path) or make_key(path)
    except OSError as error:
        raise _unusable(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()
    return key


def _unusable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(
        f"Nyckelfilen {path} går inte att använda ({reason(error)}): se till att mappen finns och "
        "får skrivas, eller välj en annan --key-file."
    )
