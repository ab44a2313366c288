"""Secrets come from files: variables and arguments can be seen by others on the machine.

A file that everybody on the machine can read is remarked on, not refused: Kubernetes mounts
secrets so unless told otherwise.

Source: docs/decisions/0013-kafka-security.md.
"""

import hashlib
import hmac
import stat
from pathlib import Path
from typing import Final, NamedTuple

from streams.domain.swedish import reason

MOST_BYTES: Final = 4096
"""A longer secret is another file."""
SHORTEST: Final = 16
"""A secret that others may try, and has fewer characters, can be guessed."""


class SecretFileError(ValueError):
    """A file has no secret to be used; whoever named it must act. The message is one line."""


class Secret(str):
    """A text that is not shown with what holds it: clients log their options."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


NO_SECRET: Final = Secret()


class Kind(NamedTuple):
    """What a secret is called in Swedish."""

    it: str
    one: str


PASSWORD: Final = Kind("lösenordet", "ett lösenord")
TOKEN: Final = Kind("token", "en token")


def read_secret(path: str, told: str, kind: Kind = PASSWORD, *, is_long: bool = False) -> Secret:
    """Return the secret that is the only line of a file; ``told`` is how the file was named.

    Raises :class:`SecretFileError` for a file that can't be read, or has something else; also for
    a secret that can be guessed, where it ``is_long``: ours to ask others for.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SecretFileError(unreadable(told, error)) from None
    try:
        secret = Secret(content.decode().removesuffix("\n").removesuffix("\r"))
    except UnicodeDecodeError:
        raise SecretFileError(f"{told} är inte text: spara den i UTF-8") from None
    if not secret.strip():
        raise SecretFileError(f"{told} är tom: skriv {kind.it} i den")
    if len(content) > MOST_BYTES or not secret.isprintable():
        raise SecretFileError(
            f"{told} har mer än {kind.one} på en rad: ta bort allt annat (tabbar, fler rader)"
        )
    if is_long and len(secret) < SHORTEST:
        raise SecretFileError(
            f"{told} har {kind.one} under {SHORTEST} tecken: gör en längre, till exempel med "
            "openssl rand -hex 16"
        )
    return secret


def is_same(told: str, secret: str) -> bool:
    """Say whether that is the secret; it takes as long whatever is told."""
    one, other = (
        hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (told, secret)
    )
    return hmac.compare_digest(one, other)


def readable_by_all(path: str, told: str) -> tuple[str, ...]:
    """Return what is to be remarked of a file with a secret, if anything is."""
    if not path or not Path(path).stat().st_mode & stat.S_IROTH:
        return ()
    return (f"{told} kan läsas av alla på maskinen: chmod o-r {path}",)


def unreadable(told: str, error: OSError) -> str:
    """Return that a file can't be read, and what to do."""
    is_there = isinstance(error, PermissionError)
    what_to_do = "ge den som kör svarsgrad rätt att läsa den" if is_there else "rätta sökvägen"
    return f"{told} går inte att läsa ({reason(error)}): {what_to_do}"
