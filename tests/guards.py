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
        "streams/worker/recovery.py",
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
        "streams/worker/state.py",
        "            and self.ledgers.is_ready(partition)\n            and not self._waits",
        "            and not self._waits",
        "tests/chaos/test_outage.py",
    ),
    Guard(
        "a worker that the group may have given up on shows nothing",
        "streams/worker/state.py",
        "            and self.clock() - heard < self.session_seconds\n",
        "",
        "tests/streams/worker/test_worker_state.py",
    ),
    Guard(
        "what stood still is not shown until it follows its log",
        "streams/worker/ownership.py",
        "        if was_out:\n            self.state.must_catch_up(self.ledgers.owned())\n",
        "",
        "tests/streams/worker/test_ownership.py::"
        "test_what_is_kept_by_who_was_put_out_of_the_group_must_catch_up",
    ),
    Guard(
        "the watchdog ends a process that stands still",
        "streams/transport/watchdog.py",
        '                _end(f"the event loop has stood still for {stood:.0f} s")\n',
        "                pass\n",
        "tests/streams/transport/test_watchdog.py",
    ),
    Guard(
        "lag without progress is told to the watchdog",
        "streams/worker/state.py",
        "            if position != last or not must_move:\n",
        "            if True:\n",
        "tests/streams/worker/test_worker_state.py",
    ),
    Guard(
        "another log at the same offsets is known by its last record",
        "streams/worker/recovery.py",
        "                    if there.get(tp) != mark:\n",
        "                    if False:\n",
        "tests/stack/test_reading.py::"
        "test_another_log_at_the_same_offsets_is_known_by_its_last_record",
    ),
    Guard(
        "a log that was cut while it was away is known by the last record before that",
        "streams/worker/state.py",
        "was_away=now - since > AWAY_SECONDS",
        "was_away=False",
        "tests/streams/worker/test_worker_state.py::"
        "test_what_was_last_of_a_log_before_it_was_away_is_remembered",
    ),
    Guard(
        "only what was committed is read",
        "streams/transport/consumer_thread.py",
        'isolation_level="read_committed"',
        'isolation_level="read_uncommitted"',
        "tests/stack/test_reading.py::test_what_holds_no_records_at_the_end_of_a_log_is_no_lag",
    ),
    Guard(
        "a commit never comes to the broker behind a join",
        "streams/transport/consumer_thread.py",
        "        coordinator._do_commit_offsets = between_joins\n",
        "",
        "tests/chaos/test_workers_under_load.py::"
        "test_a_member_that_joins_late_does_not_make_the_others_join_again",
    ),
    Guard(
        "the committed position stays at the first rejection that waits",
        "streams/worker/commits.py",
        "position if waiting is None else min(position, waiting)",
        "position",
        "tests/streams/worker/test_commits.py",
    ),
    Guard(
        "what is read again and was told before is not told again",
        "streams/worker/app.py",
        "[r for r in rejections if r.offset >= published]",
        "list(rejections)",
        "tests/stack/test_bad_input.py::"
        "test_after_kill_9_nothing_below_the_committed_offset_is_published_again",
    ),
    Guard(
        "folding waits when too many rejections do",
        "streams/worker/rejected.py",
        "        if not self._room.is_set():\n",
        "        if False:\n",
        "tests/streams/worker/test_rejected.py::test_folding_goes_on_below_the_bound_and_waits_at_it",
    ),
    Guard(
        "nothing of what was rejected can be read",
        "streams/domain/masking.py",
        "    return word if word in KNOWN else _masked(word)\n",
        "    return word\n",
        "tests/streams/domain/test_masking.py",
    ),
    Guard(
        "an event far ahead of its log is refused",
        "streams/domain/ledger.py",
        "if ahead > SKEW_REFUSED:",
        "if False:",
        "tests/streams/domain/test_ledger.py::test_skew_is_event_time_less_append_time",
    ),
    Guard(
        "a log that is not heard from is not shown",
        "streams/worker/state.py",
        "            and not self._is_silent(partition)\n",
        "",
        "tests/streams/worker/test_worker_state.py::"
        "test_a_partition_whose_log_is_not_heard_from_is_not_shown_and_not_ready",
    ),
    Guard(
        "a log that is not followed to its end is not shown",
        "streams/worker/state.py",
        "            and not self._is_behind(partition)\n",
        "",
        "tests/streams/worker/test_worker_state.py::"
        "test_a_partition_that_stood_still_is_not_shown_until_it_is_at_the_end_of_its_log",
    ),
    Guard(
        "figures that were ours before a pause and no more are not told",
        "streams/exposition/__init__.py",
        "            if all(map(state.shows, copied.partitions)):\n",
        "            if True:\n",
        "tests/streams/test_exposition.py::"
        "test_figures_that_were_ours_when_they_were_computed_and_no_more_are_not_told",
    ),
    Guard(
        "a position that the log does not have is not read on from",
        "streams/transport/consumer_thread.py",
        "            self._stand_outside(consumer, error.args[0])\n",
        "",
        "tests/streams/transport/test_consumer.py::"
        "test_a_position_outside_the_log_is_told_once_and_not_read_on",
    ),
    Guard(
        "a connection that is lost takes no place among those given the metrics",
        "streams/endpoints/door.py",
        "        if connection not in self._deadlines:\n",
        "        if False:\n",
        "tests/streams/endpoints/test_door.py::"
        "test_a_connection_that_is_lost_in_the_instant_of_its_request_takes_no_place",
    ),
    Guard(
        "who lacks the token is given no figures",
        "streams/endpoints/door.py",
        "        if not self._may_know(request):\n",
        "        if False:\n",
        "tests/streams/endpoints/test_serving.py::"
        "test_who_knows_the_token_is_answered_and_others_hear_whether_all_is_well",
    ),
    Guard(
        "those that never encrypt are bounded",
        "streams/endpoints/handshake.py",
        "        if len(self._within) > MOST_HANDSHAKES:\n",
        "        if False:\n",
        "tests/streams/endpoints/test_serving.py::"
        "test_those_that_never_encrypt_take_no_place_from_others",
    ),
    Guard(
        "beyond the machine nothing is said in the clear unless that is told",
        "streams/endpoints/security.py",
        "    if not (is_covered or is_loopback(host)):\n",
        "    if False:\n",
        "tests/streams/endpoints/test_listen_security.py::"
        "test_beyond_the_machine_there_is_tls_or_it_is_said_that_all_can_be_heard",
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
