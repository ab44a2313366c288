"""Whatever is lost, delayed, reordered or read twice on the way, a ledger holds the log once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lines import NOW, Line, call

from streams.domain.instants import SECOND, micros
from streams.domain.ledger import Ledger, Rejection
from streams.ledgers import MARGIN, PART_BYTES, Batch, Fate, Ledgers, Mark, partition_of

TOPIC, OTHER = "calls", "emails"


def make(partitions: int = 1) -> Ledgers:
    return Ledgers({"lulea": UTC}, partitions, clock=lambda: micros(NOW))


def batch(
    ledgers: Ledgers, start: int, end: int, *offsets: int, epoch: int | None = None
) -> Batch:
    epoch = ledgers.epoch(0) if epoch is None else epoch
    return Batch(TOPIC, 0, epoch, start, end, [call(offset) for offset in offsets])


def contacts(ledger: Ledger) -> set[str]:
    return {contact for books in ledger.books.values() for contact, *_ in books.calls.facts()}


def ready(ledgers: Ledgers, position: int = 0) -> Ledger:
    ledger = ledgers.open(0, {TOPIC: position})
    assert ledgers.mark_ready(0, ledger)
    return ledger


def test_a_batch_that_follows_is_folded_and_moves_the_position_to_its_end() -> None:
    ledgers = make()
    ledger = ready(ledgers)
    assert ledgers.fold(batch(ledgers, 0, 5, 0, 1, 2)) == (Fate.FOLDED, [])
    assert ledgers.position(TOPIC, 0) == 5
    assert len(contacts(ledger)) == 3


def test_a_batch_without_records_moves_the_position_over_what_holds_none() -> None:
    ledgers = make()
    ready(ledgers)
    ledgers.fold(batch(ledgers, 0, 3, 0))
    assert ledgers.fold(batch(ledgers, 3, 4))[0] is Fate.FOLDED
    assert ledgers.position(TOPIC, 0) == 4
    assert ledgers.mark(TOPIC, 0) == Mark.of(call(0)), "the last record, not the last batch"


def test_a_batch_that_begins_before_the_position_is_folded_from_there() -> None:
    ledgers = make()
    ledger = ready(ledgers)
    ledgers.fold(batch(ledgers, 0, 2, 0, 1))
    assert ledgers.fold(batch(ledgers, 0, 4, 0, 1, 2, 3))[0] is Fate.FOLDED
    assert len(contacts(ledger)) == 4
    assert ledgers.tally.folded == 4


def test_an_old_batch_never_moves_the_position_back() -> None:
    ledgers = make()
    ready(ledgers)
    old = batch(ledgers, 0, 2, 0, 1)
    ledgers.fold(batch(ledgers, 0, 4, 0, 1, 2, 3))
    ledgers.fold(old)
    assert ledgers.position(TOPIC, 0) == 4


def test_a_batch_after_a_lost_one_is_a_gap_and_changes_nothing() -> None:
    ledgers = make()
    ledger = ready(ledgers)
    assert ledgers.fold(batch(ledgers, 3, 5, 3, 4))[0] is Fate.GAP
    assert ledgers.position(TOPIC, 0) == 0
    assert contacts(ledger) == set()


@pytest.mark.parametrize("renewed", ["renew", "drop"])
def test_a_batch_of_an_earlier_epoch_is_stale(renewed: str) -> None:
    ledgers = make()
    ready(ledgers)
    waiting = batch(ledgers, 0, 2, 0, 1)
    getattr(ledgers, renewed)(0)
    if renewed == "drop":
        ready(ledgers)
    assert ledgers.fold(waiting)[0] is Fate.STALE
    assert ledgers.position(TOPIC, 0) == 0


def test_the_fates_are_counted() -> None:
    ledgers = make()
    ready(ledgers)
    ledgers.fold(batch(ledgers, 0, 1, 0))
    ledgers.fold(batch(ledgers, 5, 6, 5))
    ledgers.fold(batch(ledgers, 1, 2, 1, epoch=-1))
    assert ledgers.batches == {Fate.FOLDED: 1, Fate.GAP: 1, Fate.STALE: 1}


def test_a_ledger_that_is_being_filled_takes_no_batch_of_the_stream() -> None:
    ledgers = make()
    ledger = ledgers.open(0, {TOPIC: 0})
    assert ledgers.fold(batch(ledgers, 0, 1, 0))[0] is Fate.STALE
    ledgers.fill(0, ledger, TOPIC, 2, [call(0), call(1)])
    assert not ledgers.is_ready(0)
    ledgers.mark_ready(0, ledger)
    assert ledgers.fold(batch(ledgers, 2, 3, 2))[0] is Fate.FOLDED


def test_a_filling_that_was_overtaken_touches_no_later_ledger() -> None:
    ledgers = make()
    old = ledgers.open(0, {TOPIC: 0})
    new = ledgers.open(0, {TOPIC: 0})
    ledgers.fill(0, old, TOPIC, 1, [call(0)])
    assert ledgers.mark(TOPIC, 0) is None
    assert not ledgers.mark_ready(0, old)
    ledgers.drop_unfilled(0, old)
    assert ledgers.owned() == {0: new}


def test_only_a_half_filled_ledger_is_dropped_as_such() -> None:
    ledgers = make()
    ledger = ready(ledgers)
    ledgers.drop_unfilled(0, ledger)
    assert ledgers.owned() == {0: ledger}
    half = ledgers.open(1, {})
    ledgers.drop_unfilled(1, half)
    assert set(ledgers.owned()) == {0}


def test_a_dropped_partition_leaves_nothing_behind() -> None:
    ledgers = make()
    ready(ledgers)
    ledgers.fold(batch(ledgers, 0, 1, 0))
    ledgers.drop(0)
    assert ledgers.owned() == {}
    assert not ledgers.is_ready(0)
    assert ledgers.position(TOPIC, 0) is None
    assert ledgers.last_append(TOPIC, 0) is None


def test_rejections_come_with_the_fold() -> None:
    ledgers = make()
    ready(ledgers)
    fate, rejections = ledgers.fold(Batch(TOPIC, 0, 1, 0, 1, [Line(0, b"{")]))
    assert (fate, [type(r) for r in rejections]) == (Fate.FOLDED, [Rejection])


def test_a_record_is_known_by_offset_append_time_and_content() -> None:
    mark = Mark.of(Line(7, b"a", 1000))
    assert mark == Mark.of(Line(7, b"a", 1000))
    others = [Line(8, b"a", 1000), Line(7, b"b", 1000), Line(7, b"a", 1001), Line(7, None, 1000)]
    assert all(Mark.of(other) != mark for other in others)


def test_municipalities_are_those_of_the_catalogue_in_that_partition() -> None:
    names = [f"k{n}" for n in range(20)]
    ledgers = Ledgers(dict.fromkeys(names, UTC), 4)
    placed = [ledgers.municipalities(partition) for partition in range(4)]
    assert sorted(name for of_one in placed for name in of_one) == sorted(names)
    assert all(partition_of(name, 4) == n for n, of_one in enumerate(placed) for name in of_one)


def test_recovery_starts_where_the_log_holds_all_facts_since_yesterdays_midnight() -> None:
    yesterday = micros(NOW.replace(hour=0) - timedelta(days=1))
    assert make().recovery_start_ms("calls") == (yesterday - MARGIN) // 1000
    assert MARGIN > 15 * 60 * SECOND
    assert (
        Ledgers({}, 1, clock=lambda: micros(NOW)).recovery_start_ms("calls")
        < NOW.timestamp() * 1000
    )


class Reading(RuleBasedStateMachine):
    """A log of two topics, a reader that stands somewhere, and batches under way to the ledgers.

    Batches may wait as long as they like, overtake each other, or be lost; partitions may be
    assigned anew, lost and regained. The reader does as streams/transport/consumer.py: it says
    truly what it has read, and seeks the ledger's positions after an assignment, a filling or a
    gap.
    """

    @initialize(logs=st.tuples(*[st.lists(st.booleans(), max_size=30)] * 2))
    def begin(self, logs: tuple[list[bool], list[bool]]) -> None:
        # At some offsets there is no record: markers, aborted transactions.
        self.logs = dict(zip((TOPIC, OTHER), logs, strict=True))
        self.ledgers = make()
        self.under_way: list[Batch] = []
        self.lives = 0
        self.fill(0)

    def records(self, topic: str, start: int, end: int) -> Sequence[Line]:
        held = enumerate(self.logs[topic][start:end], start)
        return [call(offset, topic) for offset, is_record in held if is_record]

    def seek(self) -> None:
        self.ledgers.renew(0)
        self.stands = {topic: self.ledgers.position(topic, 0) or 0 for topic in self.logs}

    @rule(share=st.integers(0, 4))
    def fill(self, share: int) -> None:
        """Lose the partition, regain it, and fill its ledger up to somewhere."""
        self.ledgers.drop(0)
        before = self.ledgers.tally.folded
        ledger = self.ledgers.open(0, dict.fromkeys(self.logs, 0))
        for topic, log in self.logs.items():
            end = len(log) * share // 4
            self.ledgers.fill(0, ledger, topic, end, self.records(topic, 0, end))
        assert self.ledgers.mark_ready(0, ledger)
        self.folded_before = before
        self.seek()

    @rule(topic=st.sampled_from([TOPIC, OTHER]), some=st.booleans())
    def append(self, topic: str, some: bool) -> None:
        self.logs[topic].append(some)

    @rule(topic=st.sampled_from([TOPIC, OTHER]), count=st.integers(1, 9))
    def fetch(self, topic: str, count: int) -> None:
        start = self.stands[topic]
        end = min(start + count, len(self.logs[topic]))
        if end > start:
            self.stands[topic] = end
            records = self.records(topic, start, end)
            self.under_way.append(Batch(topic, 0, self.ledgers.epoch(0), start, end, records))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self.fold(self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1))))

    @precondition(lambda self: self.under_way)
    @rule()
    def deliver_in_order(self) -> None:
        self.fold(self.under_way.pop(0))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))

    @rule()
    def assign_again(self) -> None:
        self.ledgers.renew(0)
        self.seek()

    def fold(self, batch: Batch) -> None:
        fate, rejections = self.ledgers.fold(batch)
        note(fate)
        assert rejections == []
        if fate is Fate.GAP:
            self.seek()

    @invariant()
    def the_ledger_is_the_log_up_to_its_position(self) -> None:
        ledger = self.ledgers.owned().get(0) if hasattr(self, "logs") else None
        if ledger is None:
            return
        expected = {
            record.value and f"{topic}-{record.offset}"
            for topic in self.logs
            for record in self.records(topic, 0, ledger.positions[topic])
        }
        assert contacts(ledger) == expected
        assert self.ledgers.tally.folded - self.folded_before == len(expected), "once each"

    def teardown(self) -> None:
        """What was lost is read again, as long as anything comes; and then all is there."""
        if not hasattr(self, "logs"):
            return
        while self.under_way:
            self.deliver_in_order()
        for topic in self.logs:
            self.append(topic, True)
        for _ in range(200):
            for topic in self.logs:
                self.fetch(topic, 9)
            while self.under_way:
                self.deliver_in_order()
        self.the_ledger_is_the_log_up_to_its_position()
        ends = {topic: len(log) for topic, log in self.logs.items()}
        assert self.ledgers.owned()[0].positions == ends


TestReading: Any = Reading.TestCase
TestReading.settings = settings(max_examples=150, stateful_step_count=40)


@given(st.lists(st.integers(0, 3 << 19), max_size=8), st.integers(0, 2))
def test_a_batch_in_parts_is_the_same_batch(sizes: list[int], after: int) -> None:
    """Parts follow each other without a gap, and none is much larger than it may be."""
    records = [Line(10 + 2 * n, b"x" * size) for n, size in enumerate(sizes)]
    end = (records[-1].offset + 1 if records else 10) + after
    batch = Batch(TOPIC, 0, 3, 9, end, records)
    parts = list(batch.parts())
    assert [record for part in parts for record in part.records] == records
    assert (parts[0].start, parts[-1].end) == (9, end)
    assert all(earlier.end == later.start for earlier, later in pairwise(parts))
    for part in parts:
        assert part.epoch == 3
        before_last = sum(len(record.value or b"") for record in part.records[:-1])
        assert before_last < PART_BYTES


def test_a_part_has_few_events_to_reject_however_short_they_are() -> None:
    value = b"[" + b",".join([b"7"] * 10_000) + b"]"
    records = [Line(n, value) for n in range(53)]
    parts = [*Batch(TOPIC, 0, 1, 0, 53, records).parts()]
    assert [record for part in parts for record in part.records] == records
    assert all(len(part.records) <= 11 for part in parts), "a hundred thousand, give or take one"


def test_ledgers_are_pruned_though_nobody_looks() -> None:
    now = [micros(NOW)]
    ledgers = Ledgers({"lulea": UTC}, 1, clock=lambda: now[0])
    ready(ledgers)
    ledgers.fold(batch(ledgers, 0, 1, 0))
    assert len(ledgers.owned()[0].books["lulea"].calls) == 1
    now[0] += 2 * 24 * 3600 * SECOND
    ledgers.prune()
    assert len(ledgers.owned()[0].books["lulea"].calls) == 0


def test_recovery_starts_at_the_earliest_of_all_horizons() -> None:
    zones = {"a": timezone(timedelta(hours=12)), "b": timezone(timedelta(hours=-11))}
    now = micros(datetime(2026, 3, 10, 11, 30, tzinfo=UTC))
    start = Ledgers(zones, 1, clock=lambda: now).recovery_start_ms("calls")
    alone = [
        Ledgers({n: z}, 1, clock=lambda: now).recovery_start_ms("calls") for n, z in zones.items()
    ]
    assert start == min(alone) < max(alone)
