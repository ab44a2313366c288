"""On a real server, what happens in mailboxes is told as the reference has it."""

import contextlib
import json
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from dovecot import deliver
from imap_tools import AND, MailBox
from imap_tools.utils import encode_folder
from mail_sites import Site
from mailbox_history import FLAG, FOLDERS, Copy, Fact, History, Mail, Reference

from producers.mailbox.chosen import choose
from producers.mailbox.follower import Follower
from producers.mailbox.keyed import Keyed
from producers.mailbox.memory import Memory
from producers.mailbox.teller import Teller
from producers.vitals import Vitals
from streams.domain.event_types import QUESTION_TYPES
from streams.domain.events import Event, QuestionEvent
from streams.domain.instants import micros

KEYED = Keyed(bytes(32))


class DovecotWorld:
    """An account on a real server, as somebody works with it in a mail program."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.box: MailBox = site.box()

    def deliver(self, folder: str, mail: Mail, at: datetime) -> None:
        deliver(self.box, folder, mail.raw, at)

    def _number(self, one: Copy) -> str:
        self.box.folder.set(one.folder)
        found = self.box.client.uid("SEARCH", f'HEADER MESSAGE-ID "<{one.mail.message_id}>"')
        uids = found[1][0].decode().split()
        for uid in uids:
            told = self.box.client.uid("FETCH", uid, "(INTERNALDATE)")[1][0].decode()
            stamp = told.split('"')[1].strip()
            if datetime.strptime(stamp, "%d-%b-%Y %H:%M:%S %z") == one.at:
                return uid
        raise AssertionError(one)

    def move(self, one: Copy, to: str) -> None:
        uid = self._number(one)
        kind, told = self.box.client.uid("MOVE", uid, encode_folder(to).decode())
        assert kind == "OK", told

    def flag(self, one: Copy, is_on: bool) -> None:
        self.box.flag(self._number(one), [FLAG], is_on)

    def expunge(self, one: Copy) -> None:
        self.box.delete(self._number(one))

    def renumber(self, folder: str) -> None:
        """Let all messages of a folder have new numbers, as after a restore."""
        self.box.logout()
        root = self.site.server.home / "mail" / self.site.user
        where = root if folder == "INBOX" else root / f".{encode_folder(folder).decode()[1:-1]}"
        assert (where / "cur").is_dir(), where
        for name in (
            "dovecot-uidlist",
            "dovecot.index",
            "dovecot.index.log",
            "dovecot.index.cache",
        ):
            (where / name).unlink(missing_ok=True)
        self.box = self.site.box()


class Sink:
    def __init__(self, dies_after: int | None) -> None:
        self.sent: list[Event] = []
        self.dies_after = dies_after

    def send(self, events: Sequence[Event]) -> None:
        self.sent += events[: self.dies_after]
        if self.dies_after is not None:
            raise ConnectionAbortedError

    def wait(self, seconds: float) -> bool:  # noqa: ARG002 # it has no time
        return True

    def close(self) -> None:
        pass


@dataclass
class Run:
    site: Site
    saved: bytes = b""
    sent: dict[str, Event] = field(default_factory=dict)

    def round(self, now: datetime, dies_after: int | None = None) -> None:
        chosen = choose(self.site.catalogue, "epost", None)
        memory = msgspec.json.decode(self.saved, type=Memory) if self.saved else Memory()
        source, sink = chosen.connect(), Sink(dies_after)
        follower = Follower(
            source,
            Teller("lulea", "epost", chosen.mailbox, KEYED, memory),
            sink,
            lambda its: setattr(self, "saved", msgspec.json.encode(its)),
            vitals=Vitals(municipality="lulea", source="epost"),
            secrets=lambda: None,
            now=lambda: micros(now),
        )
        with contextlib.suppress(ConnectionAbortedError):
            follower.once(threading.Event())
        source.close()
        for event in sink.sent:
            assert self.sent.setdefault(event.id, event) == event

    def facts(self, mails: list[Mail]) -> Counter[Fact]:
        numbers = {KEYED.hash("message", mail.message_id): mail.number for mail in mails}
        found: Counter[Fact] = Counter()
        for event in self.sent.values():
            assert isinstance(event, QuestionEvent)
            its, what = event.data, QUESTION_TYPES[event.type]
            of = numbers[event.subject]
            found[what, of, its.queue, event.time, its.received_at, its.channel, its.why] += 1
        return found


@pytest.mark.parametrize(("fixture", "seed"), [("mail", 1), ("mail", 2), ("old_mail", 3)])
def test_a_history_on_a_real_server_is_told_as_the_reference_has_it(
    request: pytest.FixtureRequest, fixture: str, seed: int
) -> None:
    """Killed at random, numbers changed at random; nothing is marked as read."""
    site = request.getfixturevalue(fixture)
    chance = random.Random(seed)
    world = DovecotWorld(site)
    history, run = History(seed, world), Run(site)
    reference = Reference(lambda mail: KEYED.hash("message", mail.message_id))
    run.round(history.now)
    reference.look(history.copies, history.now)
    for _ in range(25):
        history.step()
        if chance.random() < 0.3:
            run.round(history.now, dies_after=chance.randint(0, 3))
        run.round(history.now)
        reference.look(history.copies, history.now)
        assert run.facts(history.mails) == Counter(reference.facts)
    assert len(reference.facts) >= 15
    for name in FOLDERS:
        world.box.folder.set(name)
        assert not list(world.box.uids(AND(seen=True))), name
    assert json.loads(run.saved)["threads"]


def test_the_instant_of_a_move_is_when_the_server_saved_it(mail: Site) -> None:
    """Also if nobody followed then."""
    world = DovecotWorld(mail)
    history, run = History(1, world), Run(mail)
    history.now = datetime.now(UTC).replace(microsecond=0)
    history.random.choice = lambda its: its[0]  # type: ignore[method-assign,assignment]
    history.ask()
    (one,) = history.copies
    world.move(one, "Besvarat på annat sätt")
    moved_at = datetime.now(UTC)
    run.round(datetime.now(UTC) + timedelta(hours=5))
    (received, answered) = run.sent.values()
    assert received.time == history.now
    assert abs((answered.time - moved_at).total_seconds()) <= 2
