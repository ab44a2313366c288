"""A simulated day of a municipality's telephones: queues with people answering, event by event.

The random process; its figures and the source of each stand in ``profile.py``:

- **Who calls.** First attempts come to each queue as a Poisson process whose rate follows the
  weekday and the quarter of the hour (most before noon), times a gamma factor for the day, shared
  by all queues, times one for each quarter: more variable than Poisson, as real arrivals are.
  A few call in the half hours before opening and after closing, and find it closed.
- **Who answers.** Each quarter has a whole number of people, rostered for the expected load, not
  for what comes. First come, first served, by the one who has been idle longest. A phone rings for
  some seconds before it is picked up; now and then nobody does: the caller keeps their place, and
  that phone is left alone for a minute. Waits are what follows from this: they cluster.
- **Patience.** A caller has a patience from a mixture of exponentials: some hang up at once, some
  when a message plays, the others with time. Who has waited the overflow time leaves for the
  partner's queue, as a new leg of the same contact, with the patience that is left; the partner
  answers after an exponential delay.
- **Full.** Where a queue has a largest length, the call that finds it full is refused.
- **Callbacks.** Where a queue offers them, some of those who have waited so long ask to be called
  back, and leave. Others than those who answer call them, after a while; some are never reached.
- **Talk.** Lognormal; then the one who answered has a short while of wrapping up. Some of the
  switchboard's calls are sent on to a customer centre: a new leg of the same contact, with a new
  patience. (All others are put through to an extension, which is no queue: the talk just ends.)
- **Again.** A caller who got no answer calls again, with a certain probability and after some
  minutes, as a new contact of the same caller.
- **Closing.** Those who wait at closing time are answered. A queue may have shorter hours than the
  municipality: who calls it outside them finds it closed, and nobody is sent on to it. After the
  municipality's closing nobody is sent on or calls again.

Each leg of each attempt of each caller draws from a stream of its own (``chance.py``),
so another staffing changes the waits and what follows from them, and nothing else. Same plan, day,
zone and seed: the same day to the microsecond, on every version of Python.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from functools import partial

from producers.simulator.arrivals import QUARTER, first_attempts
from producers.simulator.calls import Day, Leg, MemberChange, MissedRing
from producers.simulator.chance import Chance
from producers.simulator.profile import (
    CALLBACK_MEAN_SECONDS,
    CALLBACK_MEDIAN_SECONDS,
    CALLBACK_REACHED_RATIO,
    CLOSES_HOUR,
    MAX_ATTEMPTS,
    MISSED_PAUSE_SECONDS,
    MISSED_RING_RATIO,
    MISSED_RING_SECONDS,
    OPENS_HOUR,
    REDIAL_DELAY_SECONDS,
    REDIAL_RATIO,
    Patience,
    Plan,
    QueuePlan,
    is_open,
    roster,
)
from streams.domain.instants import HOUR, MINUTE, SECOND, micros


def simulate_day(plan: Plan, day: date, zone: tzinfo, seed: int, like: date | None = None) -> Day:
    """Return what happened in a municipality's queues on a local day; no legs if it was closed.

    With ``like`` the same happens as on that date, at the same times of day. Raises
    :class:`streams.domain.deadlines.UnknownHolidaysError`.
    """
    model = like or day
    opens_at = micros(datetime.combine(day, time(OPENS_HOUR), zone))
    simulation = _Simulation(plan, opens_at, (seed, plan.municipality, model))
    if is_open(plan, model):
        simulation.prepare(model.weekday())
        simulation.run()
    return Day(
        municipality=plan.municipality,
        date=day,
        opens_at=opens_at,
        callers=simulation.callers,
        legs=tuple(sorted(simulation.legs, key=lambda leg: (leg.arrived_at, leg.number))),
        members=tuple(simulation.members),
    )


def patience_seconds(kinds: tuple[Patience, ...], chance: Chance) -> float:
    """Return how long a caller would wait before they hang up."""
    left = chance.uniform(0, 1)
    for kind in kinds:
        left -= kind.share
        if left < 0:
            break
    return kind.after_seconds + chance.exponential(kind.mean_seconds)


@dataclass(slots=True)
class _Call:
    """One attempt of one caller: a contact in the making."""

    key: tuple[object, ...]
    first_queue: str
    caller: int
    attempt: int
    number: int = 0
    contact: str = ""
    parts: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class _Wait:
    """A call in a queue: a leg in the making, with all that is drawn for it."""

    call: _Call
    queue: "_Queue"
    part: int
    arrived_at: int
    position: int
    hangs_up_at: int
    is_first_ring_missed: bool
    ring_seconds: float
    talk_seconds: float
    onward: str
    is_ended_by_caller: bool
    is_waiting: bool = True
    agent: int | None = None
    rang_at: int | None = None
    called_back_at: int | None = None
    missed: list[MissedRing] = field(default_factory=list)


@dataclass(slots=True)
class _Queue:
    """A queue while the day runs: who waits, who is free, who is at work."""

    plan: QueuePlan
    index: int
    spans: tuple[tuple[int, int], ...]
    waiting: list[_Wait] = field(default_factory=list)
    idle: deque[int] = field(default_factory=deque)
    present: set[int] = field(default_factory=set)
    wanted: int = 0

    def is_open(self, instant: int) -> bool:
        """Return whether it takes calls at an instant."""
        return any(opens <= instant < closes for opens, closes in self.spans)

    def phone(self, agent: int) -> str:
        """Return the name of a person's phone, as an exchange has it."""
        if self.plan.answer_seconds is not None:
            return f"Local/{self.plan.name}@partner"
        return f"PJSIP/{1000 * (self.index + 1) + agent + 1}"


class _Simulation:
    def __init__(self, plan: Plan, opens_at: int, key: tuple[object, ...]) -> None:
        self.plan = plan
        self.key = key
        self.opens_at = opens_at
        self.closes_at = opens_at + (CLOSES_HOUR - OPENS_HOUR) * HOUR
        self.now = opens_at
        midnight = opens_at - OPENS_HOUR * HOUR
        self.queues = {
            queue.name: _Queue(
                queue,
                index,
                tuple(
                    (midnight + a * MINUTE, midnight + b * MINUTE) for a, b in queue.open_minutes
                ),
            )
            for index, queue in enumerate(plan.queues)
        }
        self.legs: list[Leg] = []
        self.members: list[MemberChange] = []
        self.callers = 0
        self._contacts = 0
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._scheduled = 0

    def prepare(self, weekday: int) -> None:
        """Put the day's first attempts and its roster on the agenda."""
        for queue in self.queues.values():
            if queue.plan.answer_seconds is None:
                people = roster(self.plan, queue.plan, weekday)
                for quarter, wanted in enumerate([*people, 0]):
                    at = self.opens_at + quarter * QUARTER
                    self._schedule(at, partial(self._staff, queue, wanted))
            for at in first_attempts(self.plan, queue.plan, weekday, self.opens_at, self.key):
                call = _Call(self.key, queue.plan.name, self.callers, attempt=1)
                self._schedule(at, partial(self._dial, call))
                self.callers += 1

    def run(self) -> None:
        """Do what is on the agenda, in order, until nothing is left."""
        while self._agenda:
            self.now, _, act = heapq.heappop(self._agenda)
            act()

    def _schedule(self, at: int, act: Callable[[], None]) -> None:
        self._scheduled += 1
        heapq.heappush(self._agenda, (at, self._scheduled, act))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._schedule(self.now + int(seconds * SECOND), act)

    # Callers: they dial, wait, and leave answered or not.

    def _dial(self, call: _Call) -> None:
        self._contacts += 1
        call.number = self._contacts
        call.contact = f"{self.now // SECOND}.{10 * call.number}"
        self._arrive(self._begin(call, self.queues[call.first_queue]))

    def _arrive(self, wait: _Wait) -> None:
        limit = wait.queue.plan.max_waiting
        if not wait.queue.is_open(self.now):
            self._lose(wait, "closed")
        elif limit is not None and len(wait.queue.waiting) >= limit:
            self._lose(wait, "refused")
        else:
            self._join(wait)

    def _begin(self, call: _Call, queue: _Queue) -> _Wait:
        """Return the next leg of a call, about to begin, with the patience of a new caller."""
        plan = queue.plan
        chance = Chance(*call.key, call.caller, call.attempt, call.parts)
        patience = patience_seconds(plan.patience, chance)
        if plan.answer_seconds is None:
            ring = chance.uniform(*plan.ring_seconds)
        else:
            ring = chance.exponential(plan.answer_seconds)
        wait = _Wait(
            call=call,
            queue=queue,
            part=call.parts,
            arrived_at=self.now,
            position=len(queue.waiting) + 1,
            hangs_up_at=self.now + int(patience * SECOND),
            ring_seconds=ring,
            is_first_ring_missed=chance.happens(MISSED_RING_RATIO),
            talk_seconds=chance.lognormal(plan.talk_median_seconds, plan.talk_mean_seconds),
            is_ended_by_caller=chance.happens(0.5),
            onward=self._onward(plan, chance),
        )
        call.parts += 1
        return wait

    def _onward(self, plan: QueuePlan, chance: Chance) -> str:
        """Return the queue that the call will be sent on to if it is answered; none for most."""
        if not chance.happens(plan.transfer_ratio):
            return ""
        left = chance.uniform(0, 1)
        for name, share in self.plan.transfers:
            left -= share
            if left < 0:
                return name
        return ""

    def _join(self, wait: _Wait) -> None:
        plan = wait.queue.plan
        wait.queue.waiting.append(wait)
        self._schedule(wait.hangs_up_at, partial(self._hang_up, wait))
        if plan.overflow_seconds is not None:
            self._after(plan.overflow_seconds, partial(self._overflow, wait))
        if plan.callback_seconds is not None:
            self._after(plan.callback_seconds, partial(self._offer_callback, wait))
        if plan.answer_seconds is None:
            self._offer(wait.queue)
        else:
            self._ring(wait, 0)

    def _hang_up(self, wait: _Wait) -> None:
        if wait.is_waiting:
            self._lose(wait, "abandoned")

    def _lose(self, wait: _Wait, outcome: str) -> None:
        """Let a caller leave with no answer, and perhaps call again."""
        self._leave(wait, outcome)
        call = wait.call
        chance = Chance(*call.key, call.caller, call.attempt, "again")
        least, mean = REDIAL_DELAY_SECONDS
        at = self.now + int((least + chance.exponential(mean)) * SECOND)
        if chance.happens(REDIAL_RATIO) and call.attempt < MAX_ATTEMPTS and at < self.closes_at:
            again = _Call(call.key, call.first_queue, call.caller, call.attempt + 1)
            self._schedule(at, partial(self._dial, again))

    def _overflow(self, wait: _Wait) -> None:
        if wait.is_waiting:
            self._leave(wait, "overflowed")
            onward = self._begin(wait.call, self.queues[wait.queue.plan.overflow_to])
            onward.hangs_up_at = wait.hangs_up_at
            self._join(onward)

    def _offer_callback(self, wait: _Wait) -> None:
        """Let a caller whose turn has not come choose to be called back, if there's time today."""
        if not wait.is_waiting or wait.agent is not None:
            return
        call = wait.call
        chance = Chance(*call.key, call.caller, call.attempt, wait.part, "callback")
        if chance.happens(wait.queue.plan.callback_ratio):
            seconds = chance.lognormal(CALLBACK_MEDIAN_SECONDS, CALLBACK_MEAN_SECONDS)
            at = self.now + int(seconds * SECOND)
            if chance.happens(CALLBACK_REACHED_RATIO) and at < self.closes_at:
                wait.called_back_at = at
            self._leave(wait, "callback_requested")

    def _leave(self, wait: _Wait, outcome: str) -> None:
        last_position = self._take_out(wait)
        self._record(wait, outcome, last_position=last_position)
        self._hang_up_phone(wait, 0)

    def _take_out(self, wait: _Wait) -> int:
        """Take a call out of its queue, and return the place that it had."""
        wait.is_waiting = False
        waiting = wait.queue.waiting
        if wait not in waiting:
            return wait.position
        place = waiting.index(wait)
        del waiting[place]
        if not wait.queue.is_open(self.now):
            self._free_idle(wait.queue)
        return place + 1

    # People: they come and go, are rung, answer, and talk.

    def _staff(self, queue: _Queue, wanted: int) -> None:
        queue.wanted = wanted
        for agent in range(wanted):
            if agent not in queue.present:
                queue.present.add(agent)
                self._note(queue, agent, "ADDMEMBER")
                self._free(queue, agent)
        self._free_idle(queue)

    def _free_idle(self, queue: _Queue) -> None:
        for agent in list(queue.idle):
            queue.idle.remove(agent)
            self._free(queue, agent)

    def _free(self, queue: _Queue, agent: int) -> None:
        """Let a person who has nothing to do take the next call, or go if their hours are over.

        After closing they go when nobody waits any more.
        """
        is_needed = not queue.is_open(self.now) and bool(queue.waiting)
        if agent < queue.wanted or is_needed:
            queue.idle.append(agent)
            self._offer(queue)
        else:
            queue.present.remove(agent)
            self._note(queue, agent, "REMOVEMEMBER")

    def _offer(self, queue: _Queue) -> None:
        for wait in list(queue.waiting):
            if not queue.idle:
                return
            if wait.agent is not None:
                continue
            self._ring(wait, queue.idle.popleft())

    def _ring(self, wait: _Wait, agent: int) -> None:
        wait.agent, wait.rang_at = agent, self.now
        is_staffed = wait.queue.plan.answer_seconds is None
        if wait.is_first_ring_missed and is_staffed and not wait.missed:
            self._after(MISSED_RING_SECONDS, partial(self._miss, wait))
        else:
            self._after(wait.ring_seconds, partial(self._pick_up, wait))

    def _miss(self, wait: _Wait) -> None:
        agent, queue = wait.agent, wait.queue
        if not wait.is_waiting or wait.rang_at is None or agent is None:
            return
        rang = (self.now - wait.rang_at) * 1000 // SECOND
        wait.missed.append(MissedRing(self.now, queue.phone(agent), rang))
        wait.agent, wait.rang_at = None, None
        self._note(queue, agent, "PAUSE")
        self._after(MISSED_PAUSE_SECONDS, partial(self._return, queue, agent))
        self._offer(queue)

    def _return(self, queue: _Queue, agent: int) -> None:
        self._note(queue, agent, "UNPAUSE")
        self._free(queue, agent)

    def _pick_up(self, wait: _Wait) -> None:
        if not wait.is_waiting:
            return
        self._take_out(wait)
        self._after(wait.talk_seconds, partial(self._end, wait, answered_at=self.now))

    def _end(self, wait: _Wait, answered_at: int) -> None:
        onward = wait.onward
        if onward and not self.queues[onward].is_open(self.now):
            onward = ""
        self._record(wait, "answered", answered_at=answered_at, onward=onward)
        if onward:
            self._arrive(self._begin(wait.call, self.queues[onward]))
        self._hang_up_phone(wait, wait.queue.plan.wrap_up_seconds)

    def _hang_up_phone(self, wait: _Wait, seconds: float) -> None:
        """Free the one who talked, or was rung, after so long; a partner's people aren't ours."""
        if wait.agent is not None and wait.queue.plan.answer_seconds is None:
            self._after(seconds, partial(self._free, wait.queue, wait.agent))

    # The record of it.

    def _record(
        self,
        wait: _Wait,
        outcome: str,
        *,
        answered_at: int | None = None,
        last_position: int = 1,
        onward: str = "",
    ) -> None:
        self.legs.append(
            Leg(
                contact=wait.call.contact,
                number=wait.call.number,
                part=wait.part,
                queue=wait.queue.plan.name,
                caller=wait.call.caller,
                arrived_at=wait.arrived_at,
                outcome=outcome,
                decided_at=self.now if answered_at is None else answered_at,
                ended_at=None if answered_at is None else self.now,
                transferred_to=onward,
                called_back_at=wait.called_back_at,
                is_ended_by_caller=wait.is_ended_by_caller,
                agent="" if wait.agent is None else wait.queue.phone(wait.agent),
                rang_at=wait.rang_at,
                position=wait.position,
                last_position=last_position,
                missed=tuple(wait.missed),
            )
        )

    def _note(self, queue: _Queue, agent: int, what: str) -> None:
        self.members.append(MemberChange(self.now, queue.plan.name, queue.phone(agent), what))
