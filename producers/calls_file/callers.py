"""Who called, in lists of calls, as keyed hashes."""

from datetime import tzinfo
from pathlib import Path

from producers.pseudonym import CallerHash, Keys, hashed_callers, no_caller
from streams.domain.instants import moment


def callers_of(key_file: Path | None, zone: tzinfo, now: int, *, is_dry: bool) -> CallerHash:
    """Return what hashes numbers under the key of the day they called; of old days, none is.

    Without a key file every number is left out; a dry run makes none.
    """
    if key_file is None or (is_dry and not key_file.exists()):
        return no_caller
    return hashed_callers(Keys(key_file), zone, lambda: moment(now))
