"""Random histories of mailboxes, and what must be told of each, worked out in the slow way.

The reference knows what every message is, and to which question it belongs: it reads no headers,
keeps no numbers, and looks at whole folders each time.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from streams.domain.catalogue import Mailbox, load_catalogue

CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams: {{alla: {{name: Alla}}}}
    sources:
      epost:
        name: E-post
        queues: [skola, teknik]
        mailbox:
          host: 127.0.0.1
          port: {port}
          user: kundtjanst
          sent: [Skickat]
          {more}
          own: [example.org]
          e_service_senders: [formular@example.org]
          case_senders: [arenden@example.com]
          forwarded_to: [teknik@example.org]
          case_number: 'KC-([0-9]+)'
          mailboxes:
            skola:
              questions: [INBOX]
              answered_otherwise: [Besvarat på annat sätt]
              answered_otherwise_flags: [$Ringt]
              spam: [Skräppost]
            teknik:
              questions: [Teknik]
              no_answer_needed: [Inget svar]
    queues:
      skola: {{name: Skola, kind: mailbox, team: alla}}
      teknik: {{name: Teknik, kind: mailbox, team: alla}}
"""
FOLDERS = {
    "INBOX": ("questions", "skola"),
    "Besvarat på annat sätt": ("answered_otherwise", "skola"),
    "Skräppost": ("spam", "skola"),
    "Teknik": ("questions", "teknik"),
    "Inget svar": ("no_answer_needed", "teknik"),
    "Skickat": ("sent", ""),
    "Arkiv": ("nothing", ""),
}
FLAG = "$Ringt"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
TITLE = "Frågan gäller kvarglömda vantar"
"""What stands in every subject line, and must be nowhere else."""


def mailbox(port: int = 993, more: str = "") -> Mailbox:
    text = CATALOGUE.format(port=port, more=more)
    found = load_catalogue(text, "katalog.yaml").municipalities["lulea"].sources["epost"].mailbox
    assert found is not None
    return found


@dataclass(eq=False)
class Mail:
    """A message as it truly is."""

    number: int
    role: str
    """asks, follows, answers, forwards, acknowledges, is_automatic, bounces"""
    root: "Mail | None"
    at: datetime
    fields: list[str] = field(default_factory=list)
    is_e_service: bool = False

    @property
    def message_id(self) -> str:
        host = "example.org" if self.role in ("answers", "forwards") else "example.net"
        return f"hemligt.{self.number}@{host}"

    @property
    def raw(self) -> bytes:
        return ("\r\n".join(self.fields) + "\r\n\r\nhemlig text\r\n").encode()


class World(Protocol):
    """Something with folders, as those who work with the mail see it."""

    def deliver(self, folder: str, mail: Mail, at: datetime) -> None: ...
    def move(self, one: "Copy", to: str) -> None: ...
    def flag(self, one: "Copy", is_on: bool) -> None: ...
    def expunge(self, one: "Copy") -> None: ...
    def renumber(self, folder: str) -> None: ...


@dataclass
class Copy:
    mail: Mail
    folder: str
    at: datetime
    is_flagged: bool = False


class History:
    """Makes things happen in a world at random, and knows what lies where."""

    def __init__(self, seed: int, world: World) -> None:
        self.random = random.Random(seed)
        self.world = world
        self.now = START
        self.mails: list[Mail] = []
        self.copies: list[Copy] = []
        self.cases: dict[Mail, int] = {}
        self.parents: dict[Mail, list[Mail]] = {}
        self.known: set[Mail] = set()
        """What lay where somebody looks: what follows on anything else is a new question."""

    def step(self) -> None:
        """Let some things happen."""
        for _ in range(self.random.randint(0, 4)):
            self.now += timedelta(seconds=self.random.randint(1, 7200))
            self.random.choice(
                [self.ask, self.ask, self.reply, self.reply, self.reply, self.shift, self.shift,
                 self.mark, self.delete, self.copy, self.noise, self.renumber]
            )()  # fmt: skip
        self.now += timedelta(seconds=1)
        lying = [copy for copy in self.copies if copy.folder not in ("Skräppost", "Arkiv")]
        self.known |= {copy.mail for copy in lying}

    def ask(self) -> None:
        mail = self._mail("asks", None)
        mail.is_e_service = self.random.random() < 0.2
        sender = "formular@example.org" if mail.is_e_service else "fragare@example.net"
        self._headers(mail, sender, "kundtjanst@example.org", [], way="none")
        self._deliver(mail, self.random.choice(["INBOX", "INBOX", "Teknik", "Skräppost"]))

    def reply(self) -> None:
        roots = [mail for mail in self.mails if mail.role == "asks" and mail in self.parents]
        if not roots:
            return
        root = self.random.choice(roots)
        role = self.random.choice(
            ["answers", "answers", "follows", "forwards", "acknowledges", "case_answers"]
        )
        numbered = [one for one in self.parents[root] if one.role == "acknowledges"]
        if role == "case_answers" and not self.known & set(numbered):
            role = "acknowledges"
        if role == "follows" and root not in self.known:
            role = "answers"
        chain = self.parents[root]
        mail = self._mail("answers" if role == "case_answers" else role, root)
        sender, to, folder = {
            "answers": ("kundtjanst@example.org", "fragare@example.net", "Skickat"),
            "follows": ("fragare@example.net", "kundtjanst@example.org", "INBOX"),
            "forwards": ("kundtjanst@example.org", "teknik@example.org", "Skickat"),
            "acknowledges": ("arenden@example.com", "fragare@example.net", "INBOX"),
            "case_answers": ("arenden@example.com", "fragare@example.net", "INBOX"),
        }[role]
        if role == "answers" and self.random.random() < 0.3:
            folder = "INBOX"  # a copy that reaches the mailbox
        if role == "acknowledges":
            self.cases.setdefault(root, root.number)
        way = "case" if role == "case_answers" else self.random.choice(["reply", "references"])
        self._headers(mail, sender, to, chain, way=way, case=self.cases.get(root))
        if role == "acknowledges":
            mail.fields.append("Auto-Submitted: auto-replied")
        if role == "case_answers":  # by a program, and an answer all the same
            by = ["Auto-Submitted: auto-generated", "Precedence: bulk", "X-Mailer: arenden"]
            mail.fields.append(self.random.choice(by))
        if role == "follows" and self.random.random() < 0.3:
            mail.fields.append("X-Auto-Response-Suppress: OOF")
        self._deliver(mail, folder)
        if role != "forwards":
            chain.append(mail)

    def noise(self) -> None:
        mail = self._mail(self.random.choice(["is_automatic", "bounces", "internal"]), None)
        sender = "a@example.org" if mail.role == "internal" else "fragare@example.net"
        self._headers(mail, sender, "kundtjanst@example.org", [], way="none")
        mail.fields += {
            "is_automatic": ["Precedence: bulk"],
            "bounces": ['Content-Type: multipart/report; report-type="delivery-status"'],
            "internal": [],
        }[mail.role]
        self._deliver(mail, "INBOX")

    def copy(self) -> None:
        """The same message reaches the other mailbox too, a little later."""
        asked = [copy for copy in self.copies if copy.folder == "INBOX"]
        if asked:
            one = self.random.choice(asked)
            self.world.deliver("Teknik", one.mail, self.now)
            self.copies.append(Copy(one.mail, "Teknik", self.now))

    def shift(self) -> None:
        movable = [copy for copy in self.copies if copy.folder != "Skickat"]
        if movable:
            one = self.random.choice(movable)
            to = self.random.choice([f for f in FOLDERS if f not in ("Skickat", one.folder)])
            self.world.move(one, to)
            one.folder = to

    def mark(self) -> None:
        markable = [copy for copy in self.copies if copy.folder == "INBOX"]
        if markable:
            one = self.random.choice(markable)
            one.is_flagged = not one.is_flagged
            self.world.flag(one, one.is_flagged)

    def delete(self) -> None:
        if self.copies and self.random.random() < 0.5:
            one = self.random.choice(self.copies)
            self.world.expunge(one)
            self.copies.remove(one)

    def renumber(self) -> None:
        self.world.renumber(self.random.choice([f for f in FOLDERS if f != "Arkiv"]))

    def _mail(self, role: str, root: Mail | None) -> Mail:
        mail = Mail(len(self.mails), role, root, self.now)
        self.mails.append(mail)
        if role == "asks":
            self.parents[mail] = [mail]
        return mail

    def _headers(
        self,
        mail: Mail,
        sender: str,
        to: str,
        chain: list[Mail],
        *,
        way: str,
        case: int | None = None,
    ) -> None:
        number = f" [KC-{case}]" if case is not None else ""
        mail.fields = [
            f"Message-ID: <{mail.message_id}>",
            f"From: Någon <{sender}>",
            f"To: {to}",
            f"Subject: {TITLE}{number}",
            f"Date: Thu, 01 Jan 1970 00:{mail.number // 60:02}:{mail.number % 60:02} +0000",
        ]
        if way == "reply":
            seen = [one for one in chain if one in self.known] or chain[:1]
            mail.fields.append(f"In-Reply-To: <{self.random.choice(seen).message_id}>")
        elif way == "references":
            ids = "\r\n ".join(f"<{one.message_id}>" for one in chain)
            mail.fields += ["In-Reply-To: <borta@example.com>", f"References: {ids}"]

    def _deliver(self, mail: Mail, folder: str) -> None:
        is_late = self.random.random() < 0.2  # seen long after it was received
        at = self.now - timedelta(seconds=self.random.randint(1, 20_000) * is_late)
        self.world.deliver(folder, mail, at)
        self.copies.append(Copy(mail, folder, at))


Fact = tuple[str, int, str, datetime, datetime, str, str | None]
"""What, the question's first message, queue, time, received, channel, why."""


@dataclass
class Question:
    queue: str
    received: datetime
    is_in: str
    told_in: set[str]
    ended_by: object = None
    ended: datetime = START
    asked: datetime = START


class Reference:
    """What is to be told, look by look, of the copies that lie in folders then."""

    def __init__(self, order: Callable[[Mail], object]) -> None:
        """``order`` is which of two messages is taken first that are marked at once."""
        self.order = order
        self.facts: list[Fact] = []
        self.questions: dict[Mail, Question] = {}
        self.seen: set[Mail] = set()
        self.marks: dict[Mail, set[str]] = {}
        self.waiting: list[Copy] = []

    def look(self, copies: list[Copy], now: datetime) -> None:
        found = [copy for copy in copies if copy.folder != "Arkiv"]
        kept = {copy.mail for copy in self.waiting}  # their first copy has the clock
        for copy in sorted(found, key=lambda copy: copy.at):
            if copy.mail not in kept:
                self._arrived(Copy(copy.mail, copy.folder, copy.at))
        waiting, self.waiting = self.waiting, []
        for copy in waiting:
            if copy.mail not in self.seen:
                self._arrived(copy)
        self.waiting = [c for c in self.waiting if c.at >= now - timedelta(days=7)]
        mails = sorted({copy.mail for copy in found} & self.seen, key=self.order)
        marked = [mail for mail in mails if mail.role in ("asks", "follows", "bounces")]
        lying = {mail: [copy for copy in found if copy.mail is mail] for mail in marked}
        for mail in marked:
            self._back(mail, lying[mail], now)
        for mark in ("answered_otherwise", "no_answer_needed", "spam"):
            for mail in marked:
                if mark in marks_of(lying[mail]) - self.marks.get(mail, set()):
                    self._ends(mail, mark, now)

    def _arrived(self, copy: Copy) -> None:
        mail, (holds, queue) = copy.mail, FOLDERS[copy.folder]
        if mail in self.seen:
            self._copied(copy)
            return
        if holds == "spam" or mail.role in ("is_automatic", "internal"):
            return
        root = mail.root or mail
        if mail.root and root not in self.questions:
            if all(mail is not other.mail for other in self.waiting):
                self.waiting.append(copy)
            return
        self.seen.add(mail)
        if mail.root is None:
            self.questions[mail] = Question(queue, copy.at, queue, {queue}, asked=copy.at)
            self._fact("received", mail, copy.at)
            if mail.role == "bounces":
                self.questions[mail].ended_by = "bounce"
                self._fact("dismissed", mail, copy.at, why="bounce")
            return
        question = self.questions[root]
        if mail.role == "follows":
            if question.ended_by and copy.at > question.ended:
                question.ended_by, question.asked = None, copy.at
            self._fact("followed_up", root, copy.at)
        elif mail.role == "answers":
            at = max(copy.at, question.received)
            if not question.ended_by and at >= question.asked:
                question.ended_by, question.ended = "answer", at
            self._fact("answered", root, at)
        else:
            what = {"forwards": "forwarded", "acknowledges": "auto_replied"}[mail.role]
            self._fact(what, root, max(copy.at, question.received))

    def _copied(self, copy: Copy) -> None:
        its, (holds, queue) = self.questions.get(copy.mail), FOLDERS[copy.folder]
        if its and holds == "questions" and queue not in its.told_in and copy.at != its.received:
            its.told_in.add(queue)
            if copy.at < its.received:
                its.received, its.queue = copy.at, queue
            self._fact("received", copy.mail, copy.at, queue=queue, received=copy.at)

    def _back(self, mail: Mail, copies: list[Copy], now: datetime) -> None:
        root = mail.root or mail
        its = self.questions[root]
        queues = {FOLDERS[c.folder][1] for c in copies if FOLDERS[c.folder][0] == "questions"}
        marks, before = marks_of(copies), self.marks.get(mail, set())
        if before and not marks and queues and its.ended_by is mail:
            its.ended_by, its.asked = None, now
            self._fact("reopened", root, now)
        if marks or queues:
            self.marks[mail] = marks & before
        if root is mail and queues and its.is_in not in queues:
            its.is_in = min(queues)
            if not its.ended_by:
                self._fact("forwarded", root, now)

    def _ends(self, mail: Mail, mark: str, now: datetime) -> None:
        self.marks.setdefault(mail, set()).add(mark)
        its = self.questions[mail.root or mail]
        if not its.ended_by:
            its.ended_by, its.ended = mail, now
            why = {"no_answer_needed": "no_answer_needed", "spam": "spam"}.get(mark)
            self._fact("dismissed" if why else mark, mail.root or mail, now, why=why)

    def _fact(
        self,
        what: str,
        root: Mail,
        at: datetime,
        *,
        why: str | None = None,
        queue: str = "",
        received: datetime | None = None,
    ) -> None:
        its = self.questions[root]
        channel = "e_service" if root.is_e_service else "email"
        began = received or its.received
        self.facts.append(
            (what, root.number, queue or its.queue, max(at, began), began, channel, why)
        )


def marks_of(copies: list[Copy]) -> set[str]:
    """What lying where they lie, and their flags, say of copies of a message."""
    found = {FOLDERS[copy.folder][0] for copy in copies}
    found -= {"questions", "spam"} if "questions" in found else {"questions"}
    is_flagged = any(copy.is_flagged and copy.folder == "INBOX" for copy in copies)
    return found | ({"answered_otherwise"} if is_flagged else set())
