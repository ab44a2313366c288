"""What keeps the figures right, and for each guard a test that fails when it is taken away.

Each is a piece of code and what is left without it. tests/chaos/test_guards.py takes them away.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that keeps the figures right; without it, ``test`` fails."""

    name: str
    file: str
    code: str
    without: str
    test: str


GUARDS = (
    Guard(
        "a ledger's position is where it has been read to",
        "streams/recovery.py",
        "positions = {tp.topic: starts[tp] for tp in places if tp.partition == partition}",
        "positions = {tp.topic: ends[tp] for tp in places if tp.partition == partition}",
        "tests/stack/test_all_channels.py::test_every_number_of_every_channel_equals_replay",
    ),
    Guard(
        "a batch that leaves a gap is not folded",
        "streams/ledgers.py",
        "elif batch.start > ledger.positions.get(batch.topic, -1):",
        "elif False:",
        "tests/stack/test_reading.py::test_a_batch_that_is_lost_on_the_way_is_read_again",
    ),
    Guard(
        "a batch of another epoch is not folded",
        "streams/ledgers.py",
        " or batch.epoch != self._epochs[batch.partition]:",
        ":",
        "tests/streams/test_ledgers.py",
    ),
    Guard(
        "what has been folded is passed over",
        "streams/domain/ledger.py",
        "                if record.offset < position:\n                    continue\n",
        "",
        "tests/streams/domain/test_ledger.py",
    ),
    Guard(
        "facts merge: the earliest counts, however often it is told",
        "streams/domain/phone/legs.py",
        "elif (fact := at * times + code) < column[row]:",
        "elif fact := at * times + code:",
        "tests/streams/domain/test_phone_examples.py",
    ),
    Guard(
        "a half filled ledger shows nothing",
        "streams/worker_state.py",
        "            and self.ledgers.is_ready(partition)\n            and not self._waits",
        "            and not self._waits",
        "tests/chaos/test_outage.py",
    ),
    Guard(
        "a worker that the group may have given up on shows nothing",
        "streams/worker_state.py",
        "            and self.clock() - heard < self.session_seconds\n",
        "",
        "tests/streams/test_worker_state.py",
    ),
    Guard(
        "what stood still is not shown until it follows its log",
        "streams/ownership.py",
        "        if was_out:\n            self.state.must_catch_up(self.ledgers.owned())\n",
        "",
        "tests/streams/test_ownership.py::"
        "test_what_is_kept_by_who_was_put_out_of_the_group_must_catch_up",
    ),
    Guard(
        "the watchdog ends a process that stands still",
        "streams/watchdog.py",
        '                _end(f"the event loop has stood still for {stood:.0f} s")\n',
        "                pass\n",
        "tests/streams/test_watchdog.py",
    ),
    Guard(
        "lag without progress is told to the watchdog",
        "streams/worker_state.py",
        "            if position != last or not must_move:\n",
        "            if True:\n",
        "tests/streams/test_worker_state.py",
    ),
    Guard(
        "another log at the same offsets is known by its last record",
        "streams/recovery.py",
        "                    if there.get(tp) != mark:\n",
        "                    if False:\n",
        "tests/stack/test_reading.py::"
        "test_another_log_at_the_same_offsets_is_known_by_its_last_record",
    ),
    Guard(
        "a log that was cut while it was away is known by the last record before that",
        "streams/worker_state.py",
        "was_away=now - since > AWAY_SECONDS",
        "was_away=False",
        "tests/streams/test_worker_state.py::"
        "test_what_was_last_of_a_log_before_it_was_away_is_remembered",
    ),
    Guard(
        "only what was committed is read",
        "streams/consumer_thread.py",
        'isolation_level="read_committed"',
        'isolation_level="read_uncommitted"',
        "tests/stack/test_reading.py::test_what_holds_no_records_at_the_end_of_a_log_is_no_lag",
    ),
    Guard(
        "the committed position stays at the first rejection that waits",
        "streams/commits.py",
        "position if waiting is None else min(position, waiting)",
        "position",
        "tests/streams/test_commits.py",
    ),
    Guard(
        "a municipality belongs to one partition",
        "streams/domain/ledger.py",
        "        if not self._belongs(municipality):\n"
        '            raise EventError("misplaced", "$.partitionkey")\n',
        "",
        "tests/streams/domain/test_ledger.py",
    ),
)
