"""An error in words, with where it was raised, and with nothing of what was read.

A message of Python's or a library's may quote the value that it stumbled over. So it is shown only
of kinds that speak of the system, of code, or in our own words; of others its shape is.
"""

import traceback
from collections.abc import Iterable, Iterator
from typing import Final

from streams.domain.masking import mask

OF_SYSTEM: Final = (
    OSError, TypeError, AttributeError, NameError, ImportError, ArithmeticError, AssertionError,
    MemoryError, RuntimeError,
)  # fmt: skip
OF_PACKAGES: Final = frozenset(
    {"aiokafka", "kafka", "faust", "mode", "streams", "producers", "dashboards", "click"}
)
"""Whose errors say what they mean, and quote nothing."""
MOST_FRAMES: Final = 20
"""Of each error in a chain: its last ones."""
MOST_ERRORS: Final = 5
"""Of a chain: the one that was raised, and those before it."""


def described(error: BaseException | None) -> str:
    """Return an error's kind and message, in one line or more."""
    kind = type(error).__qualname__
    said = _said(error)
    return f"{kind}: {said}" if said else kind


def unquoted(text: str, errors: Iterable[BaseException]) -> str:
    """Return a text in which a library quotes errors, with what these may say alone."""
    for error in errors:
        for _, its in _chain(error):
            whole, shown = str(its), _said(its)
            if whole != shown:
                text = text.replace(whole, shown).replace(repr(whole)[1:-1], shown)
    return text


def _said(error: BaseException | None) -> str:
    """Return an error's message, or its shape if it may quote what was read."""
    package = type(error).__module__.partition(".")[0]
    if isinstance(error, OF_SYSTEM) or package in OF_PACKAGES:
        return str(error)
    return mask(str(error).encode("utf-8", "replace"))


def traced(error: BaseException) -> str:
    """Return an error as Python tells it, with those that it came of; bounded."""
    parts = []
    for link, its in _chain(error):
        frames = traceback.format_list(traceback.extract_tb(its.__traceback__, limit=-MOST_FRAMES))
        head = "Traceback (most recent call last):\n" if frames else ""
        parts.append(f"{head}{''.join(frames)}{described(its)}{link}")
    return "\n\n".join(reversed(parts))


def _chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield an error and those before it, each with how it led to the next, the last one first."""
    link, seen = "", set[int]()
    its: BaseException | None = error
    while its is not None and len(seen) < MOST_ERRORS and id(its) not in seen:
        seen.add(id(its))
        yield link, its
        if its.__cause__ is not None:
            link, its = "\n\nwhich was the direct cause of:", its.__cause__
        else:
            link = "\n\nwhile it was handled:"
            its = None if its.__suppress_context__ else its.__context__
