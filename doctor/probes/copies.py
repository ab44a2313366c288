"""Looks for backups where they are kept."""

from datetime import UTC, datetime
from pathlib import Path

from doctor.seen import CopiesSeen, Failed
from streams.backup import STAMP
from streams.backup.saving import whole_below
from streams.domain.swedish import reason


def see_copies(folder: Path) -> CopiesSeen | Failed:
    """Return which is the newest that is whole; each is named by when it was begun."""
    try:
        next(folder.iterdir(), None)  # of what may not be read, nothing would be found
        whole = whole_below(folder)
    except OSError as error:
        return Failed(
            f"{folder} går inte att läsa ({reason(error)}): kör som den som säkerhetskopierar"
        )
    if not whole:
        return CopiesSeen(str(folder), None)
    begun = datetime.strptime(whole[-1].name, STAMP).replace(tzinfo=UTC)
    return CopiesSeen(str(folder), begun.timestamp())
