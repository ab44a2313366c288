"""What a process that runs until it is told to stop says of itself: one line an event, to stderr.

What may be said stands in one table, ``streams.logs.entries``, with what it means and what to do;
``docs/logs.md`` is made from it. Nothing of what is read or sent ever stands in a line.
"""

import logging
from importlib.metadata import version

from streams.logs import entries as e
from streams.logs.entries import Entry

__all__ = ["Entry", "e", "tell", "tell_remark", "tell_start"]

log = logging.getLogger(__name__)


def tell(
    log: logging.Logger,
    entry: Entry,
    message: str,
    *,
    error: BaseException | None = None,
    **fields: object,
) -> None:
    """Log an entry. ``fields`` are those that it is to have; one that is None is left out.

    ``error`` is told with where it was raised, and with its message only if that can't hold
    anything of what was read.
    """
    extra = {"entry": entry, "fields": {k: v for k, v in fields.items() if v is not None}}
    log.log(entry.level, message, exc_info=error, extra=extra, stacklevel=2)


def tell_remark(message: str) -> None:
    """Log what is to be remarked of the settings."""
    tell(log, e.REMARK, message)


def tell_start(command: str, **settings: object) -> None:
    """Log what a process is, and what it was told: never a secret, or the content of a file."""
    ours = version("svarsgrad")
    told = ", ".join(f"{name} {value}" for name, value in settings.items() if value is not None)
    message = f"svarsgrad {ours} {command}: {told}"
    tell(log, e.STARTED, message, error=None, command=command, version=ours, **settings)
