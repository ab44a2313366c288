"""How many people answer each queue, as an exchange's log tells of who comes, pauses and goes.

A member of a queue who is not paused answers it. The log says who is added to a queue, removed,
paused and called back (ADDMEMBER, REMOVEMEMBER, PAUSE, UNPAUSE), and which agents log in and out;
these answer the queues that the catalogue says. Of a queue that nobody is ever added to nothing is
stated: its members stand in the exchange's configuration, and who of them is there isn't logged. A
name that pauses, and was never added, may be another form of one that was (an exchange may add an
interface and pause a name), so that it says nothing, and is counted.

What is stated holds to midnight, so all is stated anew by the first line of a day. Several changes
in a second are a microsecond apart, in their order. A restart of the exchange changes nothing.

Names stay in memory only as long as a line: what is kept, also on the disk, is a keyed hash, whose
key stands beside it and is made at random for each place in a log.

Source: set_queue_member_pause(), aqm_exec() and queue_agent_cb() in apps/app_queue.c of Asterisk
22.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from producers.queue_log.line import Line
from streams.domain.instants import HOUR, SECOND
from streams.domain.windows import day_of, midnight

LATE: Final = HOUR
"""Lines of the day before that come so late begin no day."""
SHORTEST_DAY: Final = 23 * HOUR


class Memory(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is remembered from line to line."""

    key: str = msgspec.field(default_factory=lambda: secrets.token_hex(16))
    members: dict[str, dict[str, bool]] = {}
    """Queue → member, as a keyed hash → whether they are paused."""
    added_to: list[str] = []
    """Queues that members have been added to."""
    stated: dict[str, tuple[int, int]] = {}
    """Queue → when how many people were last stated."""
    midnight: int = 0
    """The one before the last line."""


@dataclass(frozen=True, slots=True)
class Statement:
    """From an instant on so many people answer a queue."""

    queue: str
    at: int
    people: int


@dataclass(slots=True)
class Staffing:
    """Follows who answers. ``agents`` says which queues those who log in answer.

    Its keys may have wildcards, as ``Agent/3*``; the first one that fits is taken. ``strangers``
    counts lines about somebody who can't be placed.
    """

    zone: tzinfo = UTC
    agents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    strangers: int = 0

    def begin_day(self, at: int) -> Iterator[Statement]:
        """Yield what holds at midnight, if a line that came ``at`` is the first of its day."""
        before = self.memory.midnight
        if before - LATE < at < before + SHORTEST_DAY:
            return
        today = self.memory.midnight = midnight(day_of(at, self.zone), self.zone)
        if today > before:
            for queue, (stated_at, _) in self.memory.stated.items():
                if not today <= stated_at <= at:  # after a line of a day before it stands still
                    yield self._stated(queue, today, self._people(queue))

    def take(self, line: Line, queue: str) -> Iterator[Statement]:
        """Yield what a line about who answers ``queue``, as the catalogue names it, changes."""
        what = line.verb.what
        queues = self._answered_by(line.agent) if what in ("logs_in", "logs_out") else [queue]
        if not queues:
            self.strangers += 1
        for its in queues:
            if self._change(its, self._hashed(line.agent), what, is_paused=_is_paused(line)):
                people = self._people(its)
                if self.memory.stated.get(its, (0, -1))[1] != people:
                    yield self._stated(its, self._after(its, line.at), people)

    def _answered_by(self, agent: str) -> Sequence[str]:
        return next((its for form, its in self.agents.items() if fnmatchcase(agent, form)), ())

    def _hashed(self, agent: str) -> str:
        return hmac.digest(self.memory.key.encode(), agent.encode(), hashlib.sha256).hex()[:16]

    def _change(self, queue: str, member: str, what: str, *, is_paused: bool) -> bool:
        """Return whether it is known who answers the queue, now that somebody did something."""
        members = self.memory.members.setdefault(queue, {})
        if what in ("joins", "logs_in"):
            if queue not in self.memory.added_to:
                self.memory.added_to.append(queue)
            members[member] = is_paused
        elif what in ("parts", "logs_out"):
            members.pop(member, None)
        elif member in members:
            members[member] = what == "pauses"
        else:
            self.strangers += queue in self.memory.added_to
        return queue in self.memory.added_to

    def _people(self, queue: str) -> int:
        return sum(not is_paused for is_paused in self.memory.members.get(queue, {}).values())

    def _after(self, queue: str, at: int) -> int:
        """Return an instant in the second that began ``at``, after what was stated in it."""
        last, _ = self.memory.stated.get(queue, (0, 0))
        return last + 1 if at <= last < at + SECOND else at

    def _stated(self, queue: str, at: int, people: int) -> Statement:
        self.memory.stated[queue] = (at, people)
        return Statement(queue, at, people)


def _is_paused(line: Line) -> bool:
    return line.name == "ADDMEMBER" and line.data[:1] == [b"PAUSED"]
