"""What is seen in folders, as events about questions. Pure: looks in, events out.

A message by somebody outside begins a thread, or belongs to one: by In-Reply-To, else References,
else a case number in its subject line. One of ours that belongs to a thread answers it, or
forwards it; where a message lies, and its flags, can end a thread, and moving it back opens it
again. Each fact is told once, with an id made of the message's hash and what happened, so that
reading again tells the same.

- A message keeps its clock: that of its arrival at the server, wherever it is moved.
- A message that is gone says nothing: who deletes a question has not answered it. One that is
  gone from its queue's folders and lies in another queue's is forwarded.
- A mark on what is answered already says nothing: what is moved to spam then was no spam.
- In a folder of spam what was never elsewhere is nobody's question.
- When a message was moved or flagged is when it was saved in its folder, if the server tells;
  else when we saw it. What lay there before we ever looked has no known end: it is left out, and
  counted.

Source: docs/decisions/0009-questions.md; RFC 5322, section 3.6.4.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from producers.mailbox import memory as m
from producers.mailbox import senders
from producers.mailbox.keyed import Keyed
from producers.mailbox.letter import Letter
from producers.mailbox.memory import ANSWER, DAY, Held, Known, Memory, Thread, Waiting
from producers.mailbox.source import Arrival, Ending, Folder, Holds, Look
from streams.domain.catalogue import Mailbox, MailFolders
from streams.domain.event_types import Kind, QuestionData, QuestionEvent, type_of
from streams.domain.instants import MINUTE, moment
from streams.domain.text_patterns import Finder, finder

AHEAD: Final = 5 * MINUTE
"""How far ahead of us the server's clock may be and be believed."""

Way = Literal["replies_to", "references", "case_number"]
Why = Literal["spam", "bounce", "no_answer_needed"]
_ENDS: Final[Mapping[Ending, tuple[str, Why | None]]] = {
    "answered_otherwise": ("answered_otherwise", None),
    "no_answer_needed": ("dismissed", "no_answer_needed"),
    "spam": ("dismissed", "spam"),
}
"""What a mark says → the event, and why a question is dismissed."""


@dataclass(slots=True)
class Tally:
    """What came of what was read. Counts only."""

    messages: int = 0
    events: int = 0
    told: Counter[str] = field(default_factory=Counter)
    """What was told, by the event's word."""
    answers: Counter[Way] = field(default_factory=Counter)
    """How answers were found to belong to their questions."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Messages that are no question: automatic ones, lists, old ones."""
    faults: Counter[str] = field(default_factory=Counter)
    """Messages that could not be used: ``unknown_end``."""
    odd: Counter[str] = field(default_factory=Counter)
    """Those that were used all the same: ``no_message_id``, ``same_message_id``,
    ``from_the_future``."""
    elsewhere: set[str] = field(default_factory=set)
    """Threads in which somebody outside replies to a message that we have not seen."""
    unlinked: int = 0
    """Messages of ours that belong to no question that has been seen."""
    case_numbers: int = 0
    """Messages in whose subject line the number of a case was found."""
    strange_replies: int = 0
    """Questions that reply to a message of our own domains, but to none that we have seen."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A message that is new in a folder, and what it links to, hashed."""

    folder: Folder
    at: int
    letter: Letter
    key: str
    print: str
    replies_to: list[str]
    references: list[str]
    case: str
    has_known_end: bool


@dataclass(slots=True)
class Teller:
    """Tells what looks at one source's folders mean; ``memory`` is all it remembers."""

    municipality: str
    source: str
    mailbox: Mailbox
    keyed: Keyed
    memory: Memory = field(default_factory=Memory)
    tally: Tally = field(default_factory=Tally)
    _case: Finder | None = field(init=False)
    _saved: dict[tuple[str, Holds], int] = field(init=False, default_factory=dict)
    """Of this round: message and what it is new among → when it was put there."""
    _events: list[QuestionEvent] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        its = self.mailbox.case_number
        self._case = finder(its) if its else None

    def place(self, folder: Folder) -> str:
        """Return the hash by which a folder is remembered."""
        account = self.mailbox.accounts[folder.account]
        named = (account.host, account.user, folder.name, folder.holds, folder.queue)
        return self.keyed.hash("folder", *named)

    def take(self, looks: Iterable[Look], now: int) -> list[QuestionEvent]:
        """Return what looks at all folders, at one time, have to tell; in order of time."""
        looks = list(looks)
        self._events, self._saved = [], {}
        folders = {self.place(look.folder): look.folder for look in looks}
        touched: set[str] = set()
        seen: list[tuple[_Seen, Arrival, Held]] = []
        for place, look in zip(folders, looks, strict=True):
            is_first = place not in self.memory.folders
            held = self._hold(place, look, touched)
            seen += [(self._see(look, one, now, is_first), one, held) for one in look.arrivals]
        seen.sort(key=lambda its: self._order(its[0]))
        for its, arrival, held in seen:
            self.tally.messages += 1
            key = self._arrive(its, now)
            if key is None or its.folder.holds == "sent":
                continue
            touched.add(key)
            held.messages[arrival.number] = key  # also of spam: a copy may be a question
            if arrival.saved_at is not None:
                self._saved[key, its.folder.holds] = min(arrival.saved_at, now)
        for place, look in zip(folders, looks, strict=True):
            self._flag(look, self.memory.folders[place], touched)
        self._settle_waiting()
        self._mark(touched, now)
        m.forget(self.memory, now)
        self.tally.events += len(self._events)
        return sorted(self._events, key=lambda event: event.time)

    def _order(self, its: _Seen) -> tuple[int, bool, int, str]:
        is_ours = senders.role(its.letter, its.folder.holds, self.mailbox) == "ours"
        return its.at, is_ours, len(its.references) + len(its.replies_to), its.key

    def _hold(self, place: str, look: Look, touched: set[str]) -> Held:
        """Note what is no longer in a folder, and return what is held of it."""
        held = self.memory.folders.get(place)
        if held is None:
            held = self.memory.folders[place] = Held(mark=look.mark)
        gone = [n for n in held.messages if look.is_anew or n not in look.present]
        for number in gone:
            touched.add(held.messages.pop(number))
            held.flagged.pop(number, None)
        held.mark = look.mark
        return held

    def _flag(self, look: Look, held: Held, touched: set[str]) -> None:
        meaning = dict(look.folder.flags)
        for number, flags in look.flags.items():
            if number not in held.messages:
                continue
            said = sorted({meaning[flag] for flag in flags if flag in meaning})
            if said != held.flagged.get(number, []):
                touched.add(held.messages[number])
            held.flagged.pop(number, None)
            if said:
                held.flagged[number] = said

    def _see(self, look: Look, arrival: Arrival, now: int, is_first: bool) -> _Seen:
        letter, at = arrival.letter, arrival.at
        if at > now + AHEAD:
            self.tally.odd["from_the_future"] += 1
            at = now
        told = self.keyed.hash("message", letter.sender, letter.date)
        if letter.message_id:
            key = self.keyed.hash("message", letter.message_id)
        else:
            self.tally.odd["no_message_id"] += 1
            named = (str(at), letter.sender, letter.date, letter.subject, *letter.recipients)
            key = self.keyed.hash("message", "", *named)
        flags = look.flags.get(arrival.number, frozenset())
        is_flagged = any(flag in flags for flag, _ in look.folder.flags)
        is_moved = look.folder.holds not in ("questions", "sent") and arrival.saved_at is None
        return _Seen(
            folder=look.folder,
            at=at,
            letter=letter,
            key=key,
            print=told,
            replies_to=[self.keyed.hash("message", its) for its in letter.replies_to],
            references=[self.keyed.hash("message", its) for its in reversed(letter.references)],
            case=self._case_of(letter),
            has_known_end=not (is_first and (is_flagged or is_moved)),
        )

    def _case_of(self, letter: Letter) -> str:
        number = self._case(letter.subject) if self._case else None
        if number is None:
            return ""
        self.tally.case_numbers += 1
        return self.keyed.hash("case", "".join(number.split()).lower())

    def _arrive(self, its: _Seen, now: int) -> str | None:
        """Tell what a message says, and return its hash if it is known from now on."""
        key, known = self._known(its)
        if known is not None:
            self._again(its, key, known)
            return key
        if its.at < now - m.KEPT_DAYS * DAY:
            self.tally.left_out["old"] += 1
            return None
        if its.folder.holds == "spam":
            return key
        if senders.role(its.letter, its.folder.holds, self.mailbox) == "ours":
            return self._we_wrote(its, key)
        return self._asked(its, key)

    def _known(self, its: _Seen) -> tuple[str, Known | None]:
        """Return the hash of a message, and what is known of it.

        Two that are not the same can have one id where a program gives all it writes the same:
        the later ones are told apart by who wrote them, and when.
        """
        known = self.memory.messages.get(its.key)
        if known is None or known.print == its.print:
            return its.key, known
        key = self.keyed.hash("message", its.key, its.print)
        other = self.memory.messages.get(key)
        if other is None:
            self.tally.odd["same_message_id"] += 1
        return key, other

    def _again(self, its: _Seen, key: str, known: Known) -> None:
        """Tell of a copy in another mailbox, if it came there by itself."""
        thread = self.memory.threads[known.thread]
        folder = its.folder
        if known.thread != key or folder.holds != "questions" or folder.queue in known.told_in:
            return
        if its.at != thread.received_at:  # what was moved or copied keeps its instant
            known.told_in.append(folder.queue)
            if its.at < thread.received_at:
                thread.received_at, thread.queue = its.at, folder.queue
            self._tell("received", its.at, key, thread, queue=folder.queue, received_at=its.at)

    def _asked(self, its: _Seen, key: str) -> str | None:
        role = senders.role(its.letter, its.folder.holds, self.mailbox)
        channel: Literal["email", "e_service"] = "e_service" if role == "e_service" else "email"
        if channel == "email" and its.letter.nature in ("auto_reply", "automatic", "list"):
            self.tally.left_out[its.letter.nature] += 1
            return None
        if not its.has_known_end:
            self.tally.faults["unknown_end"] += 1
            return None
        if channel == "email" and its.letter.nature == "bounce":
            thread = self._begin(its, key, channel)
            self._end(thread, m.BOUNCE, its.at)
            self._tell("dismissed", its.at, key, thread, why="bounce")
            return key
        subject, _ = self._link(its.replies_to, its.references, its.case)
        if subject is None:
            self._begin(its, key, channel)
            self.tally.strange_replies += self._replies_to_us(its)
            return key
        thread = self.memory.threads[subject]
        if its.replies_to and its.replies_to[0] not in self.memory.messages:
            self.tally.elsewhere.add(subject)
        self._know(its.print, key, subject, its.case, its.at)
        if thread.ended_by and its.at > thread.ended_at:
            thread.ended_by, thread.asked_at = "", its.at
        self._tell("followed_up", its.at, key, thread)
        return key

    def _replies_to_us(self, its: _Seen) -> bool:
        return any(
            senders.is_among(id_.lower(), self.mailbox.own) for id_ in its.letter.replies_to
        )

    def _begin(self, its: _Seen, key: str, channel: Literal["email", "e_service"]) -> Thread:
        queue = its.folder.queue
        thread = self.memory.threads[key] = Thread(
            queue=queue,
            received_at=its.at,
            channel=channel,
            is_in=queue,
            asked_at=its.at,
            last=its.at,
        )
        self._know(its.print, key, key, its.case, its.at).told_in.append(queue)
        self._tell("received", its.at, key, thread)
        return thread

    def _we_wrote(self, its: _Seen, key: str) -> str | None:
        what = senders.what_we_wrote(its.letter, its.folder.holds, self.mailbox)
        if what is None:
            self.tally.left_out["internal"] += 1
            return None
        if key in self.memory.waiting:
            return None  # the first copy has the clock
        one = Waiting(
            print=its.print,
            what=what,
            at=its.at,
            replies_to=its.replies_to,
            references=its.references,
            case=its.case,
        )
        if self._answer(key, one):
            return key
        self.memory.waiting[key] = one
        self.tally.unlinked += 1
        return None

    def _answer(self, key: str, one: Waiting) -> bool:
        """Tell what a message of ours says of its question; False if that is not known."""
        subject, way = self._link(one.replies_to, one.references, one.case)
        if subject is None or way is None:
            return False
        thread = self.memory.threads[subject]
        self._know(one.print, key, subject, one.case, one.at).is_ours = True
        at = max(one.at, thread.received_at)
        if one.what == "answered":
            self.tally.answers[way] += 1
            if not thread.ended_by and at >= thread.asked_at:
                self._end(thread, ANSWER, at)
        self._tell(one.what, at, key, thread)
        return True

    def _settle_waiting(self) -> None:
        """Tell what was written before its question was seen."""
        waiting = self.memory.waiting
        while found := [key for key, one in waiting.items() if self._answer(key, one)]:
            for key in found:  # others may reply to it
                del waiting[key]
                self.tally.unlinked -= 1

    def _link(
        self, replies_to: list[str], references: list[str], case: str
    ) -> tuple[str | None, Way | None]:
        """Return which thread a message belongs to, and how that is known."""
        ways: tuple[tuple[Way, list[str]], ...] = (
            ("replies_to", replies_to),
            ("references", references),
        )
        for way, ids in ways:
            for id_ in ids:
                if id_ in self.memory.messages:
                    return self.memory.messages[id_].thread, way
        if case in self.memory.cases:
            return self.memory.cases[case], "case_number"
        return None, None

    def _know(self, told: str, key: str, subject: str, case: str, at: int) -> Known:
        known = self.memory.messages[key] = Known(thread=subject, print=told)
        if case:
            self.memory.cases.setdefault(case, subject)
        thread = self.memory.threads[subject]
        thread.last = max(thread.last, at)
        return known

    def _mark(self, touched: set[str], now: int) -> None:
        """Tell what it means that messages are moved, flagged, or no longer so.

        What is taken back comes first: of two messages of a thread one may end it anew.
        """
        lying = self._lying(touched)
        keys = sorted(key for key in lying if not self.memory.messages[key].is_ours)
        marks = {key: _marks(lying[key]) for key in keys}
        for key in keys:
            back_at = self._saved.get((key, "questions"), now)
            queues = {folder.queue for folder, _ in lying[key] if folder.holds == "questions"}
            self._reopen(key, marks[key], queues, back_at)
            self._pass_on(key, queues, back_at)
        for mark in _ENDS:
            for key in keys:
                if mark in marks[key]:
                    self._close(key, mark, self._saved.get((key, mark), now))

    def _reopen(self, key: str, marks: set[Ending], queues: set[str], at: int) -> None:
        known = self.memory.messages[key]
        thread = self.memory.threads[known.thread]
        if known.marks and not marks and queues and thread.ended_by == key:
            at = max(at, thread.received_at)
            thread.ended_by, thread.asked_at = "", at
            self._change(key, thread, "reopened", None, at)
        if marks or queues:  # what is gone keeps what was said of it
            known.marks = [mark for mark in known.marks if mark in marks]

    def _pass_on(self, key: str, queues: set[str], at: int) -> None:
        thread = self.memory.threads[self.memory.messages[key].thread]
        if key != self.memory.messages[key].thread or not queues or thread.is_in in queues:
            return
        thread.is_in = min(queues)
        if not thread.ended_by:
            self._change(key, thread, "forwarded", None, max(at, thread.received_at))

    def _close(self, key: str, mark: Ending, at: int) -> None:
        known = self.memory.messages[key]
        thread = self.memory.threads[known.thread]
        if mark in known.marks:
            return
        known.marks = sorted([*known.marks, mark])
        if not thread.ended_by:
            at = max(at, thread.received_at)
            self._end(thread, key, at)
            self._change(key, thread, *_ENDS[mark], at)

    def _lying(self, keys: set[str]) -> dict[str, list[tuple[Folder, list[Ending]]]]:
        """Return where messages lie now, and what their flags there say."""
        found: dict[str, list[tuple[Folder, list[Ending]]]] = {}
        for folder in watched(self.mailbox):
            held = self.memory.folders.get(self.place(folder))
            for number, key in held.messages.items() if held else ():
                if held and key in keys and key in self.memory.messages:
                    found.setdefault(key, []).append((folder, held.flagged.get(number, [])))
        return found

    def _change(self, key: str, thread: Thread, what: str, why: Why | None, at: int) -> None:
        known = self.memory.messages[key]
        known.changes += 1
        thread.last = max(thread.last, at)
        self._tell(what, at, key, thread, why=why, number=known.changes)

    def _end(self, thread: Thread, by: str, at: int) -> None:
        thread.ended_by, thread.ended_at = by, at
        thread.last = max(thread.last, at)

    def _tell(
        self,
        what: str,
        at: int,
        key: str,
        thread: Thread,
        *,
        why: Why | None = None,
        queue: str = "",
        received_at: int | None = None,
        number: int = 0,
    ) -> None:
        queue = queue or thread.queue
        told = f"{what}/{queue}" if what == "received" else f"{what}/{number}" if number else what
        began = thread.received_at if received_at is None else received_at
        self.tally.told[why or what] += 1
        self._events.append(
            QuestionEvent(
                id=f"{key}/{told}",
                source=f"/mailbox/{self.municipality}/{self.source}",
                type=type_of(Kind.QUESTION, what),
                subject=self.memory.messages[key].thread,
                time=moment(max(at, began)),
                partitionkey=self.municipality,
                data=QuestionData(
                    queue=queue, received_at=moment(began), channel=thread.channel, why=why
                ),
            )
        )


def _marks(lying: list[tuple[Folder, list[Ending]]]) -> set[Ending]:
    """Return what lying in these folders, with these flags, says of a message.

    What lies among questions too is no spam: a filter took one copy of several.
    """
    holds = {folder.holds for folder, _ in lying}
    marks = {mark for mark in _ENDS if mark in holds}.union(*(flags for _, flags in lying))
    return marks - {"spam"} if "questions" in holds else marks


def watched(mailbox: Mailbox) -> list[Folder]:
    """Return all folders of a source, in the order in which they are to be read.

    What was sent is read first: then the question of an answer that is seen is seen too.
    """
    sent = [
        Folder(account=id_, name=name, holds="sent")
        for id_, account in mailbox.accounts.items()
        for name in account.sent
    ]
    return sent + [folder for queue, its in mailbox.queues.items() for folder in _of(queue, its)]


def _of(queue: str, its: MailFolders) -> Iterator[Folder]:
    meaning: dict[str, Ending] = {}
    meaning |= dict.fromkeys(map(str.lower, its.answered_otherwise_flags), "answered_otherwise")
    meaning |= dict.fromkeys(map(str.lower, its.no_answer_needed_flags), "no_answer_needed")
    kinds: tuple[tuple[Holds, tuple[str, ...]], ...] = (
        ("answered_otherwise", its.answered_otherwise),
        ("no_answer_needed", its.no_answer_needed),
        ("spam", its.spam),
        ("questions", its.questions),
    )
    for holds, names in kinds:
        flags = tuple(sorted(meaning.items())) if holds == "questions" else ()
        for name in names:
            yield Folder(account=its.account, name=name, holds=holds, queue=queue, flags=flags)
