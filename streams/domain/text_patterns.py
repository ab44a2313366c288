r"""Regular expressions that a catalogue has, for texts that anybody can write.

RE2 matches them: its time grows with the text and no faster, whatever the expression. Python's own
takes hours for 40 digits in a subject line and ``(\d+\s*)+#``, which is easily written.
"""

from collections.abc import Callable
from typing import Final

import re2

Finder = Callable[[str], str | None]
"""What an expression finds in a text: its first group, or all of it if that is empty."""

_OPTIONS: Final = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False


class PatternError(ValueError):
    """A text is no regular expression as RE2 knows them; whoever wrote it must act."""


def finder(pattern: str) -> Finder:
    """Return what finds an expression anywhere in a text, small letters or capital.

    Raises :class:`PatternError`, also for one that fits where there is nothing.
    """
    try:
        compiled = re2.compile(pattern, _OPTIONS)
    except (re2.error, UnicodeEncodeError):
        raise PatternError(pattern) from None
    if compiled.match(""):
        raise PatternError(pattern)

    def find(text: str) -> str | None:
        found = compiled.search(text.encode(errors="replace").decode())
        if found is None:
            return None
        return str((compiled.groups and found[1]) or found[0])

    return find
