"""What happens in mailboxes is told as it is, once, whatever stops the follower."""

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailbox_history import (
    FLAG,
    FOLDERS,
    START,
    TITLE,
    Copy,
    Fact,
    History,
    Mail,
    Reference,
    mailbox,
)

from producers.mailbox.follower import Follower
from producers.mailbox.keyed import Keyed
from producers.mailbox.letter import read_letter
from producers.mailbox.memory import Memory
from producers.mailbox.source import Arrival, Folder, Look, Mark, Stopping
from producers.mailbox.teller import Teller
from producers.vitals import Vitals
from streams.domain.event_types import QUESTION_TYPES
from streams.domain.events import Event, QuestionEvent, decode, encode
from streams.domain.instants import micros

KEYED = Keyed(bytes(32))


def hashed(mail: Mail) -> str:
    return KEYED.hash("message", mail.message_id)


@dataclass
class Lying:
    mail: Mail
    at: datetime
    is_flagged: bool = False


@dataclass
class FakeFolder:
    version: int = 1
    next: int = 1
    messages: dict[int, Lying] = field(default_factory=dict)
    changes: int = 1

    def put(self, its: Lying) -> None:
        self.messages[self.next] = its
        self.next += 1
        self.changes += 1

    def number(self, one: Copy) -> int:
        found = self.messages.items()
        return next(n for n, its in found if (its.mail, its.at) == (one.mail, one.at))


class FakeWorld:
    """Folders in memory, as a world and as a source of mail."""

    def __init__(self) -> None:
        self.folders = {name: FakeFolder() for name in FOLDERS}

    def deliver(self, folder: str, mail: Mail, at: datetime) -> None:
        self.folders[folder].put(Lying(mail, at))

    def _take(self, one: Copy) -> Lying:
        its = self.folders[one.folder]
        its.changes += 1
        return its.messages.pop(its.number(one))

    def move(self, one: Copy, to: str) -> None:
        self.folders[to].put(self._take(one))

    def flag(self, one: Copy, is_on: bool) -> None:
        its = self.folders[one.folder]
        its.messages[its.number(one)].is_flagged = is_on
        its.changes += 1

    def expunge(self, one: Copy) -> None:
        self._take(one)

    def renumber(self, folder: str) -> None:
        old = self.folders[folder]
        new = self.folders[folder] = FakeFolder(old.version + 1)
        for its in old.messages.values():
            new.put(its)

    def look(
        self, folder: Folder, mark: Mark | None, lowest: int | None, since: int
    ) -> Look | None:
        its = self.folders[folder.name]
        now = Mark(
            version=its.version, next=its.next, messages=len(its.messages), change=its.changes
        )
        if now == mark:
            return None
        is_anew = mark is None or mark.version != its.version
        start = 1 if mark is None or is_anew else mark.next
        there = {n: one for n, one in its.messages.items() if n >= min(start, lowest or start)}
        return Look(
            folder=folder,
            mark=now,
            is_anew=is_anew,
            arrivals=tuple(
                Arrival(
                    number=n, at=micros(one.at), saved_at=None, letter=read_letter(one.mail.raw)
                )
                for n, one in its.messages.items()
                if n >= start and micros(one.at) >= since
            ),
            present=frozenset(there),
            flags={
                n: frozenset([FLAG.lower()] if one.is_flagged else []) for n, one in there.items()
            },
        )

    def wait(self, seconds: float, stopping: Stopping) -> None:
        raise AssertionError(seconds, stopping)

    def close(self) -> None:
        pass


class DiedError(Exception):
    """Stands for kill -9."""


class Sink:
    def __init__(self, dies_after: int | None) -> None:
        self.sent: list[Event] = []
        self.dies_after = dies_after

    def send(self, events: Sequence[Event]) -> None:
        self.sent += events if self.dies_after is None else events[: self.dies_after]
        if self.dies_after is not None:
            raise DiedError

    def wait(self, seconds: float) -> bool:  # noqa: ARG002 # it has no time
        return True

    def close(self) -> None:
        pass


@dataclass
class Run:
    """A follower that may be killed at any point of a round, and goes on from what is saved."""

    world: FakeWorld
    saved: bytes = b""
    sent: dict[str, bytes] = field(default_factory=dict)

    def round(self, now: datetime, *, dies_after: int | None = None, saves: bool = True) -> None:
        memory = msgspec.json.decode(self.saved, type=Memory) if self.saved else Memory()
        teller = Teller("lulea", "epost", mailbox(), KEYED, memory)
        sink = Sink(dies_after)

        def save(memory: Memory) -> None:
            if saves:
                self.saved = msgspec.json.encode(memory)

        follower = Follower(
            self.world,
            teller,
            sink,
            save,
            vitals=Vitals(municipality="lulea", source="epost"),
            secrets=lambda: None,
            now=lambda: micros(now),
        )
        with contextlib.suppress(DiedError):
            follower.once(threading.Event())
        for event in sink.sent:
            raw = encode(event)
            assert self.sent.setdefault(event.id, raw) == raw, (event, self.sent[event.id])


def facts(sent: dict[str, bytes], mails: list[Mail], keyed: Keyed = KEYED) -> Counter[Fact]:
    numbers = {keyed.hash("message", mail.message_id): mail.number for mail in mails}
    found: Counter[Fact] = Counter()
    for raw in sent.values():
        event = decode(raw)
        if not isinstance(event, QuestionEvent):
            continue
        its = event.data
        what = QUESTION_TYPES[event.type]
        number = numbers[event.subject]
        found[what, number, its.queue, event.time, its.received_at, its.channel, its.why] += 1
    return found


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_history_is_told_as_the_reference_has_it_wherever_the_follower_is_killed(
    seed: int,
) -> None:
    chance = random.Random(seed)
    world = FakeWorld()
    history, reference, run = History(seed, world), Reference(hashed), Run(world)
    run.round(history.now)
    reference.look(history.copies, history.now)
    for _ in range(chance.randint(1, 25)):
        history.step()
        if chance.random() < 0.3:
            run.round(history.now, dies_after=chance.randint(0, 5))
        if chance.random() < 0.2:
            run.round(history.now, saves=False)
        run.round(history.now)
        reference.look(history.copies, history.now)
        assert facts(run.sent, history.mails) == Counter(reference.facts)
    everything = b"\n".join(run.sent.values()) + run.saved
    for secret in (TITLE.encode(), b"hemligt", b"@", b"KC-", b"vantar"):
        assert secret not in everything


def test_most_kinds_of_facts_are_in_the_histories() -> None:
    told: Counter[tuple[str, str | None]] = Counter()
    for seed in range(60):
        world = FakeWorld()
        history, reference = History(seed, world), Reference(hashed)
        for _ in range(20):
            history.step()
            reference.look(history.copies, history.now)
        told.update((fact[0], fact[6]) for fact in reference.facts)
    assert {what for what, _ in told} == set(QUESTION_TYPES.values())
    assert {why for what, why in told if what == "dismissed"} == {
        "spam",
        "bounce",
        "no_answer_needed",
    }
    assert min(told.values()) >= 5


@pytest.mark.parametrize("seed", range(5))
def test_all_read_at_once_without_a_state_is_the_same_questions_and_answers(seed: int) -> None:
    """A lost state: what has clocks of its own is told alike; moves were seen by nobody."""
    world = FakeWorld()
    history, followed = History(seed, world), Run(world)
    history.renumber = lambda: None  # type: ignore[method-assign]
    history.delete = history.shift = history.mark = history.ask  # type: ignore[method-assign]
    for _ in range(20):
        history.step()
        followed.round(history.now)
    again = Run(world)
    again.round(history.now)
    assert again.sent.keys() == followed.sent.keys()


def mail(number: int, *fields: str, role: str = "asks") -> Mail:
    made = Mail(number, role, None, START)
    made.fields = [f"Message-ID: <{made.message_id}>", "From: fragare@example.net", *fields]
    return made


def told(run: Run) -> list[tuple[str, datetime]]:
    events = [decode(raw) for raw in run.sent.values()]
    return [(event.id.split("/")[1], event.time) for event in events]


def test_what_is_older_than_what_is_remembered_is_not_begun() -> None:
    world = FakeWorld()
    world.deliver("INBOX", mail(1), START - timedelta(days=89))
    world.deliver("INBOX", mail(2), START - timedelta(days=91))
    run = Run(world)
    run.round(START)
    world.deliver("INBOX", mail(3), START - timedelta(days=91))  # out of an archive
    run.round(START)
    assert told(run) == [("received", START - timedelta(days=89))]


def test_what_lay_ended_before_the_first_look_is_left_out_and_later_it_is_not() -> None:
    world = FakeWorld()
    run = Run(world)
    early, flagged, late = mail(1), mail(2), mail(3)
    world.deliver("Besvarat på annat sätt", early, START)
    world.deliver("INBOX", flagged, START)
    world.flag(Copy(flagged, "INBOX", START), True)
    run.round(START + timedelta(hours=1))
    assert told(run) == []
    world.deliver("Besvarat på annat sätt", late, START)
    run.round(START + timedelta(hours=2))
    assert told(run) == [
        ("received", START),
        ("answered_otherwise", START + timedelta(hours=2)),
    ]


def test_a_server_far_ahead_of_us_is_not_believed() -> None:
    world = FakeWorld()
    run = Run(world)
    world.deliver("INBOX", mail(1), START + timedelta(minutes=4))
    world.deliver("INBOX", mail(2), START + timedelta(days=26_000))
    run.round(START)
    assert sorted(told(run)) == [
        ("received", START),
        ("received", START + timedelta(minutes=4)),
    ]


def test_an_answer_whose_clock_is_behind_comes_at_the_question() -> None:
    world = FakeWorld()
    run = Run(world)
    world.deliver("INBOX", mail(1), START)
    reply = Mail(2, "answers", None, START)
    reply.fields = ["Message-ID: <x@example.org>", "In-Reply-To: <hemligt.1@example.net>"]
    reply.fields += ["From: kundtjanst@example.org", "To: fragare@example.net"]
    world.deliver("Skickat", reply, START - timedelta(minutes=1))
    run.round(START)
    assert told(run) == [("received", START), ("answered", START)]


def test_in_reply_to_goes_before_references_and_these_before_the_number() -> None:
    world = FakeWorld()
    run = Run(world)
    for number in (1, 2, 3):
        world.deliver("INBOX", mail(number, f"Subject: KC-{number}"), START)
    ids = [f"<hemligt.{n}@example.net>" for n in (1, 2)]
    fields = [f"In-Reply-To: {ids[0]}", f"References: {ids[1]}", "Subject: KC-3"]
    for number in (4, 5, 6):
        reply = mail(number, "To: fragare@example.net", *fields[number - 4 :])
        reply.fields[1] = "From: kundtjanst@example.org"
        world.deliver("Skickat", reply, START + timedelta(minutes=number))
    run.round(START + timedelta(hours=1))
    answers = [decode(raw) for raw in run.sent.values() if b"answered" in raw]
    assert [event.subject for event in answers] == [hashed(mail(n)) for n in (1, 2, 3)]


def test_two_that_have_one_id_are_two_questions_and_one_in_two_mailboxes_is_one() -> None:
    world = FakeWorld()
    run = Run(world)
    first, copy, other = mail(1, "Date: a"), mail(1, "Date: a"), mail(1, "Date: b")
    world.deliver("INBOX", first, START)
    world.deliver("Teknik", copy, START + timedelta(seconds=3))
    world.deliver("INBOX", other, START + timedelta(seconds=9))
    run.round(START + timedelta(hours=1))
    events = [decode(raw) for raw in run.sent.values()]
    assert [event.data.queue for event in events if isinstance(event, QuestionEvent)] == [
        "skola",
        "teknik",
        "skola",
    ]
    assert events[0].subject == events[1].subject != events[2].subject


def thread_of(number: int, minute: int, *, is_ours: bool) -> Mail:
    sender, to = ("kundtjanst@example.org", "fragare@example.net")[:: 1 if is_ours else -1]
    made = mail(number, f"To: {to}", "In-Reply-To: <hemligt.1@example.net>")
    made.fields[1] = f"From: {sender}"
    made.at = START + timedelta(minutes=minute)
    return made


@pytest.mark.parametrize(
    ("order", "is_ended"),
    [
        ([("ours", 2), ("theirs", 1)], True),
        ([("theirs", 1), ("ours", 2)], True),
        ([("ours", 2), ("theirs", 3)], False),
        ([("ours", 1), ("theirs", 3), ("ours", 2)], False),
    ],
)
def test_what_ends_a_thread_goes_by_the_clock_not_by_when_it_was_seen(
    order: list[tuple[str, int]], is_ended: bool
) -> None:
    """Seen by that a mark on what is answered says nothing."""
    world = FakeWorld()
    run = Run(world)
    asked = mail(1)
    world.deliver("INBOX", asked, START)
    for number, (who, minute) in enumerate(order, start=2):
        one = thread_of(number, minute, is_ours=who == "ours")
        world.deliver("Skickat" if who == "ours" else "INBOX", one, one.at)
        run.round(START + timedelta(hours=number))
    world.move(Copy(asked, "INBOX", START), "Besvarat på annat sätt")
    run.round(START + timedelta(hours=9))
    assert ("answered_otherwise" in [what for what, _ in told(run)]) is not is_ended
