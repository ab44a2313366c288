"""The loop of a follower: look at all folders, tell, deliver, remember, wait; and begin again.

A round is all folders or none: what lies in one is told by what lies in the others. So whatever
stops the follower, the next one goes on at a memory before which nothing is missing; what it tells
again has the same ids.

A server that is away is asked again, ever more seldom. One that does not let us in is not: the
account could be locked. It is asked when the secret has changed, or after half an hour.
"""

import logging
import time
from collections.abc import Callable, Hashable
from typing import Final

from producers.following import Stopping, await_delivery
from producers.mailbox.memory import Memory, since
from producers.mailbox.source import (
    Look,
    MailSource,
    RefusedError,
    SetupError,
    SourceError,
)
from producers.mailbox.teller import Teller, watched
from producers.sinks import Sink
from producers.vitals import Pulse, Vitals
from streams.logs import Entry, e, tell

ROUND_SECONDS: Final = 10.0
"""How often all folders are looked at."""
FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 60.0
REFUSED_SECONDS: Final = 1800.0
"""How long a server that does not let us in is left alone, unless the secret changes."""
SECRET_SECONDS: Final = 5.0
"""How often it is looked at whether it has."""
log = logging.getLogger(__name__)


def look_round(
    source: MailSource, teller: Teller, now: int, turned: Callable[[], None]
) -> list[Look]:
    """Return what has become of each folder in which anything has. Raises SourceError.

    ``turned`` is told at each: a round may take long.
    """
    looks = []
    for folder in watched(teller.mailbox):
        turned()
        held = teller.memory.folders.get(teller.place(folder))
        mark = held.mark if held else None
        lowest = min(held.messages, default=None) if held else None
        look = source.look(folder, mark, lowest, since(teller.memory, now))
        if look is not None:
            looks.append(look)
    return looks


class Follower:
    """Follows one source."""

    def __init__(
        self,
        source: MailSource,
        teller: Teller,
        sink: Sink,
        save: Callable[[Memory], None],
        *,
        vitals: Vitals,
        secrets: Callable[[], Hashable],
        now: Callable[[], int],
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        """``secrets`` returns what changes when a secret does; ``now`` an instant."""
        self._source = source
        self._teller = teller
        self._sink = sink
        self._save = save
        self._vitals = vitals
        self._secrets = secrets
        self._now = now
        self._round_seconds = round_seconds
        self._pulse = Pulse(vitals.municipality, vitals.source, time.monotonic)
        self._said = ""
        self._failures = 0
        self._has_begun = False

    def once(self, stopping: Stopping) -> None:
        """Look at all folders once. Raises SourceError, and what :meth:`follow` does."""
        self._round(stopping, is_alive=False)

    def follow(self, stopping: Stopping) -> None:
        """Look, and wait, until told to stop.

        Raises :class:`SetupError` if it is seen at the first look; what the sink raises, and
        ``save``; :class:`~producers.following.UndeliveredError`. Nothing else.
        """
        while not stopping.is_set():
            tried = self._secrets()
            try:
                self._round(stopping, is_alive=True)
                self._recovered()
                self._source.wait(self._round_seconds, stopping)
            except RefusedError as error:
                self._source.close()
                told = f"{error} Nytt försök när filen är ändrad, eller om 30 minuter."
                self._tell(e.MAILBOX_REFUSED, told)
                self._await_other(tried, stopping)
            except SourceError as error:
                if isinstance(error, SetupError) and not self._has_begun:
                    raise
                self._source.close()  # what this round saw in other folders is new in the next
                self._tell(e.MAILBOX_AWAY, f"{error} Försöker igen.")
                stopping.wait(self._patience())

    def _round(self, stopping: Stopping, *, is_alive: bool) -> None:
        now = self._now()
        looks = look_round(self._source, self._teller, now, self._vitals.turn)
        events = self._teller.take(looks, now) if looks else []
        beats = self._pulse.due(self._now()) if is_alive else []
        if events or beats:
            self._sink.send([*events, *beats])
            await_delivery(self._sink, stopping, tell_waiting=self._vitals.wait_for_kafka)
        if looks:
            self._save(self._teller.memory)
        tally, vitals = self._teller.tally, self._vitals
        vitals.read, vitals.faults = tally.messages, tally.faults
        vitals.count_safe(events)
        vitals.checked_at = time.time()
        self._has_begun = True

    def _recovered(self) -> None:
        if self._said:
            tell(log, e.MAILBOX_BACK, "Alla mappar går att läsa igen.")
        self._said, self._failures = "", 0

    def _tell(self, entry: Entry, text: str) -> None:
        """Say what is wrong, once for as long as it is the same."""
        if text != self._said:
            tell(log, entry, text)
        self._said = text

    def _patience(self) -> float:
        self._failures += 1
        doubled: float = FIRST_RETRY_SECONDS * 2.0 ** min(self._failures - 1, 10)
        return min(LAST_RETRY_SECONDS, doubled)

    def _await_other(self, refused: Hashable, stopping: Stopping) -> None:
        until = time.monotonic() + REFUSED_SECONDS
        while time.monotonic() < until and self._secrets() == refused:
            if stopping.wait(SECRET_SECONDS):
                return
