"""Two days of one large municipality: the same catalogue and the same log in every run."""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import IO, Final
from zoneinfo import ZoneInfo

from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.event_types import Kind, type_of
from streams.domain.events import CallData, CallEvent, encode
from streams.domain.instants import micros
from streams.replay.event_files import Line

NAME: Final = "storstad"
ZONE: Final = ZoneInfo("Europe/Stockholm")
NOW: Final = datetime(2026, 3, 10, 16, 0, tzinfo=ZONE)
_SEED: Final = 2014
BATCH: Final = 5_000
"""Records folded at once: what a worker polls at most."""

_OPENS, _CLOSES = timedelta(hours=7, minutes=30), timedelta(hours=17, minutes=30)
_DAY: Final = NOW.replace(hour=0)
_YESTERDAY: Final = (_DAY - timedelta(days=1) + _OPENS, _DAY - timedelta(days=1) + _CLOSES)
_TODAY: Final = (_DAY + _OPENS, NOW)
"""When calls come: from half an hour before the promised hours to half an hour after them."""
_ENDS: Final = {
    "answered": 0.80, "abandoned": 0.15, "overflowed": 0.02, "closed": 0.01, "refused": 0.01,
    "callback_requested": 0.01,
}  # fmt: skip
_AGAIN: Final = 0.05
"""Share of legs that are another leg of a recent call, passed on."""


def queues(number: int) -> list[str]:
    """Return the names of so many queues."""
    return [f"ko-{n:03}" for n in range(number)]


def municipality(number: int) -> Municipality:
    """Return a municipality of so many queues, each with hours and two promises."""
    promise = "measure: answered_within, goal: 0.90, valid_from: 2014-01-01, source: Mätning"
    text = f"""
version: 1
municipalities:
  {NAME}:
    name: Storstad
    zone: {ZONE.key}
    hours:
      kontorstid: {{week: {{mon-fri: "08:00-17:00"}}}}
    teams: {{alla: {{name: Alla}}}}
    targets:
      svar-15s: {{name: Svar, limit_seconds: 15, {promise}}}
      svar-5min: {{name: Svar, limit_seconds: 300, {promise}}}
    queues:
""" + "".join(
        f"      {queue}: {{name: {queue}, kind: customer_centre, team: alla, "
        "promised_hours: kontorstid, targets: [svar-15s, svar-5min]}\n"
        for queue in queues(number)
    )
    return load_catalogue(text, "benchmark.yaml").municipalities[NAME]


def write(file: IO[bytes], legs: int, number_of_queues: int) -> None:
    """Write the log of so many legs, three events each, for :func:`batches` to read."""
    for record in _records(legs, number_of_queues):
        file.write(b"%d %b\n" % (record.timestamp, record.value))


def batches(file: IO[bytes]) -> Iterator[list[Line]]:
    """Yield a log that was written, in batches of records."""
    offset = 0
    while lines := list(islice(file, BATCH)):
        parts = (line.rstrip(b"\n").partition(b" ") for line in lines)
        yield [Line(offset + n, value, int(at)) for n, (at, _, value) in enumerate(parts)]
        offset += len(lines)


def _records(legs: int, number_of_queues: int) -> Iterator[Line]:
    """Yield events in order of when they were sent: a little after they happened, not evenly."""
    chance = random.Random(_SEED)
    waiting: list[tuple[datetime, int, CallEvent]] = []
    order, offset = 0, 0
    for leg in _legs(legs, number_of_queues, chance):
        arrived = leg[0].time
        while waiting and waiting[0][0] <= arrived:
            yield _record(offset, *heapq.heappop(waiting)[::2])
            offset += 1
        for event in leg:
            sent = event.time + timedelta(seconds=min(60.0, chance.expovariate(2)))
            heapq.heappush(waiting, (sent, order, event))
            order += 1
    while waiting:
        yield _record(offset, *heapq.heappop(waiting)[::2])
        offset += 1


def _record(offset: int, sent: datetime, event: CallEvent) -> Line:
    return Line(offset, encode(event), micros(sent) // 1_000)


def _legs(count: int, number_of_queues: int, chance: random.Random) -> Iterator[list[CallEvent]]:
    """Yield so many legs in order of arrival, each as its three events.

    How one left unanswered is stated twice, so that it too has three: senders repeat themselves.
    """
    names = queues(number_of_queues)
    popular = list(accumulate(1 / (n + 10) for n in range(number_of_queues)))
    ends, shares = list(_ENDS), list(accumulate(_ENDS.values()))
    recent: deque[str] = deque(maxlen=1_000)
    for n, arrived in enumerate(_arrivals(count, chance)):
        contact = f"{int(arrived.timestamp())}.{n}"
        if recent and chance.random() < _AGAIN:
            contact = chance.choice(recent)
        recent.append(contact)
        (end,) = chance.choices(ends, cum_weights=shares)
        ended = arrived + timedelta(seconds=min(1_200.0, chance.expovariate(1 / 40)))
        last = ("completed", ended + timedelta(seconds=chance.lognormvariate(4.4, 1)))
        facts = [("offered", arrived), (end, ended), last if end == "answered" else (end, ended)]
        (queue,) = chance.choices(names, cum_weights=popular)
        caller = f"{chance.getrandbits(64):016x}" if chance.random() < 0.95 else None
        yield [
            CallEvent(
                id=f"{contact}-{queue}-{what}",
                source="/benchmark",
                type=type_of(Kind.CALL, what),
                subject=contact,
                time=at,
                partitionkey=NAME,
                data=CallData(queue=queue, arrived_at=arrived, caller=caller, origin="external"),
            )
            for what, at in facts
        ]


def _arrivals(count: int, chance: random.Random) -> Iterator[datetime]:
    """Yield instants of both days in order, evenly but for chance."""
    spans = (_YESTERDAY, _TODAY)
    length = sum(((end - start) for start, end in spans), timedelta())
    for n in range(count):
        after = length * ((n + chance.random()) / count)
        for start, end in spans:
            if after < end - start:
                yield (start + after).astimezone(UTC)
                break
            after -= end - start
