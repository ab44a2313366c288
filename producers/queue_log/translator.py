"""Asterisk's queue_log as events about calls and who answers. Pure: a line's bytes in, events out.

Waits come from a line's own fields, never from the difference of two lines' epochs: a call is
answered at its arrival + its holdtime.

Of a line only call, queue, verb, times and a menu key are used. The caller's number leaves as a
keyed hash or not at all, and an event's id is a hash of the line *without* its data, since a plain
hash of a line with a number in it could be undone by trying all numbers.

Source: decision 0002; ``producers/queue_log/line.py`` for what the lines hold.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from producers.pseudonym import CallerHash, no_caller
from producers.queue_log.line import UNKNOWN_QUEUE, Line, LineError, Verb, parse, text
from producers.queue_log.open_legs import OpenLeg, OpenLegs
from producers.queue_log.staffing import Staffing, Statement
from streams.domain.event_types import (
    MAX_TEXT,
    STAFFED,
    CallData,
    CallEvent,
    Kind,
    PresenceData,
    PresenceEvent,
    type_of,
)
from streams.domain.events import Event
from streams.domain.instants import moment


@dataclass(slots=True)
class Translator:
    """Turns the lines of one exchange's log into events; ``legs`` and ``staffing`` remember.

    ``queues`` renames queues to the catalogue's ids; others keep their names. Of queues that are
    not among ``known_queues``, if these are told, nothing is stated: ``strange_queues`` counts
    their lines. Callers who leave by one of ``callback_keys`` have asked to be called back.
    ``own_verbs`` are those of a dialplan. ``exchange`` tells several exchanges of one municipality
    apart, where their call ids could be equal. ``repaired`` counts lines whose wait could not be
    used, so that the line's epoch had to do.
    """

    municipality: str
    exchange: str = ""
    queues: Mapping[str, str] = field(default_factory=dict)
    known_queues: frozenset[str] | None = None
    callback_keys: frozenset[str] = frozenset()
    own_verbs: Mapping[str, Verb | None] = field(default_factory=dict)
    caller: CallerHash = no_caller
    legs: OpenLegs = field(default_factory=OpenLegs)
    staffing: Staffing = field(default_factory=Staffing)
    repaired: int = 0
    strange_queues: Counter[str] = field(default_factory=Counter)
    source: str = field(init=False)
    """The ``source`` of the events: which exchange of which municipality."""

    def __post_init__(self) -> None:
        names = [self.municipality, *([self.exchange] if self.exchange else [])]
        self.source = "/queue_log/" + "/".join(quote(name, safe="") for name in names)

    def translate(self, raw: bytes) -> list[Event]:
        """Return what a line states: no event, one, or several (a restart ends many legs).

        Raises :class:`LineError` for a line that can't be used, and then nothing of it is
        remembered. What ``caller`` raises passes through; nothing else is raised.
        """
        line = parse(raw, self.own_verbs)
        if line is None:
            return []
        self._require_known(line)
        if line.verb.step == "staffs":
            changes = self.staffing.take(line, self._queue(line.queue))
            return [self._staffed(its) for its in (*self.staffing.begin_day(line.at), *changes)]
        told = self._of_calls(line)
        return [*map(self._staffed, self.staffing.begin_day(line.at)), *told]

    def _require_known(self, line: Line) -> None:
        if line.verb.step == "restarts" or line.queue == "NONE":
            return
        queue = self._queue(line.queue)
        names = (self._contact(line.call), queue)
        if not all(1 <= len(name) <= MAX_TEXT for name in names):
            raise LineError("malformed")
        if self.known_queues is not None and queue not in self.known_queues:
            self.strange_queues[line.queue] += 1
            raise LineError(UNKNOWN_QUEUE)

    def _of_calls(self, line: Line) -> list[CallEvent]:
        states = {
            "enters": self._enter,
            "is_answered": self._end_wait,
            "leaves": self._end_wait,
            "is_turned_away": self._turn_away,
            "is_out": self._leave,
            "is_reached": self._reach,
            "ends": self._end_talk,
            "restarts": self._restart,
        }
        return states[line.verb.step](line)

    def _turn_away(self, line: Line) -> list[CallEvent]:
        leg = self.legs.turned_away(line.call, line.queue, line.at)
        return [self._event(line, leg, line.verb.what, leg.arrived_at)]

    def _enter(self, line: Line) -> list[CallEvent]:
        number = text(line.data[1]) if len(line.data) > 1 else ""
        caller = self.caller(number, line.at)
        leg = self.legs.enter(line.call, line.queue, line.at)
        return [self._event(line, leg, line.verb.what, leg.arrived_at, caller=caller)]

    def _end_wait(self, line: Line) -> list[CallEvent]:
        wait = line.seconds(line.verb.wait)
        counted_back = None if wait is None else line.at - wait
        leg = self.legs.waited(line.call, line.queue, line.at, counted_back)
        if leg is None:
            raise LineError("malformed")
        if line.verb.step == "is_answered":
            leg.is_answered = True
        else:
            leg.has_ended = True
        if wait is None:
            self.repaired += line.verb.wait is not None
            at = max(leg.arrived_at, line.at)
        else:
            at = leg.arrived_at + wait
        what = self._what(line)
        leg.has_asked = what == "callback_requested"
        return [self._event(line, leg, what, at)]

    def _what(self, line: Line) -> str:
        is_key = line.name == "EXITWITHKEY" and line.data
        if is_key and text(line.data[0]) in self.callback_keys:
            return "callback_requested"
        return line.verb.what

    def _leave(self, line: Line) -> list[CallEvent]:
        """Return how a leg ended as a verb of a dialplan's own says; of one that has, nothing."""
        leg = self.legs.out(line.call, line.queue, line.at)
        if leg is None:
            return []
        leg.has_asked = line.verb.what == "callback_requested"
        return [self._event(line, leg, line.verb.what, max(line.at, leg.arrived_at))]

    def _reach(self, line: Line) -> list[CallEvent]:
        leg = self.legs.asked(line.call, line.queue, line.at)
        if leg is None:
            raise LineError("malformed")
        return [self._event(line, leg, line.verb.what, max(line.at, leg.arrived_at))]

    def _end_talk(self, line: Line) -> list[CallEvent]:
        wait, talk = line.seconds(line.verb.wait), line.seconds(line.verb.talk)
        counted_back = None if wait is None or talk is None else line.at - talk - wait
        leg = self.legs.talked(line.call, line.queue, line.at, counted_back)
        if leg is None:
            raise LineError("malformed")
        if wait is None:
            self.repaired += 1
            answered_at = max(leg.arrived_at, line.at - (talk or 0))
        else:
            answered_at = leg.arrived_at + wait
        leg.has_ended = True
        ended = self._event(line, leg, line.verb.what, max(line.at, answered_at))
        if leg.is_answered:
            return [ended]
        leg.is_answered = True  # its CONNECT was lost or comes late: this line knows it too
        return [self._event(line, leg, "answered", answered_at), ended]

    def _restart(self, line: Line) -> list[CallEvent]:
        """Return the end of every leg: a restart cuts off those that wait and those that talk."""
        return [
            self._event(
                line,
                leg,
                "completed" if leg.is_answered else "closed",
                max(line.at, leg.arrived_at),
                of=f"{leg.call}|{leg.queue}|{leg.arrived_at}",
            )
            for leg in self.legs.end_all()
        ]

    def _event(
        self,
        line: Line,
        leg: OpenLeg,
        what: str,
        at: int,
        *,
        caller: str | None = None,
        of: str = "",
    ) -> CallEvent:
        nth = str(leg.again) if leg.again else ""
        identity = (self.source, line.epoch, line.call, line.queue, line.name, what, of + nth)
        return CallEvent(
            id=_hashed(identity),
            source=self.source,
            type=type_of(Kind.CALL, what),
            subject=self._contact(leg.call),
            time=moment(at),
            partitionkey=self.municipality,
            data=CallData(
                queue=self._queue(leg.queue), arrived_at=moment(leg.arrived_at), caller=caller
            ),
        )

    def _staffed(self, stated: Statement) -> PresenceEvent:
        identity = (self.source, "staffed", stated.queue, str(stated.at), str(stated.people))
        return PresenceEvent(
            id=_hashed(identity),
            source=self.source,
            type=STAFFED,
            subject=stated.queue,
            time=moment(stated.at),
            partitionkey=self.municipality,
            data=PresenceData(queue=stated.queue, people=stated.people),
        )

    def _contact(self, call: str) -> str:
        return f"{self.exchange}:{call}" if self.exchange else call

    def _queue(self, queue: str) -> str:
        return self.queues.get(queue, queue)


def _hashed(identity: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()[:32]
