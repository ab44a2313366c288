"""Digests of books: whether two hold the same facts, without telling what those are.

A digest is the sum of a strong hash of each fact, so the order in which they were folded, and in
which they stand, is of no meaning. Two books with the same facts have the same digest, in whatever
process; two with other facts do, by chance, once in 2**128.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

from msgspec.json import Encoder

BYTES: Final = 16

_canonical: Final = Encoder(order="deterministic").encode
"""Sets and mappings are sorted."""


def digest(facts: Iterable[tuple[Any, Any]]) -> str:
    """Return the digest of facts, each with what it is about, as 32 hexadecimal digits."""
    total = 0
    for fact in facts:
        total += int.from_bytes(blake2b(_canonical(fact), digest_size=BYTES).digest(), "big")
    return f"{total % (1 << 8 * BYTES):0{2 * BYTES}x}"
