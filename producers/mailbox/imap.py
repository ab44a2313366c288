"""Mailboxes by IMAP: what is new in folders, without a trace in them.

Folders are opened read-only and headers are peeked at, so nothing is ever marked as read; bodies
are not asked for. One connection to each account asks for the status of its folders, which costs
the server next to nothing, and looks into those that have changed. Meanwhile the connection of the
first folder of questions idles in it (RFC 2177), so that what comes there is seen at once; what
comes elsewhere, or where the server can't, is seen in the next round.

Only times, numbers and flags are asked of the server as such; CONDSTORE (RFC 7162) and SAVEDATE
(RFC 8514) are used where there are.
"""

import contextlib
import imaplib
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.utils import encode_folder

from producers.following import Stopping
from producers.mailbox import logins, refusals
from producers.mailbox.letter import FIELDS, read_letter
from producers.mailbox.source import (
    Arrival,
    Folder,
    Look,
    Mark,
    RefusedError,
    SetupError,
    SourceError,
)
from streams.domain.catalogue import MailAccount
from streams.domain.instants import micros, moment

TIMEOUT_SECONDS: Final = 30.0
"""How long a server may be silent when it is asked something."""
IDLE_SLICE_SECONDS: Final = 0.5
CHUNK: Final = 200
"""How many messages are asked for at a time."""
MOST_BYTES: Final = 65_536
"""Of the headers of a message that are asked for; of one with more, each field by itself."""
MOST_BYTES_OF_A_FIELD: Final = 16_384

_STATUS: Final = re.compile(rb"([A-Z]+) (\d+)")
_UID: Final = re.compile(rb"\bUID (\d+)")
_FLAGS: Final = re.compile(rb"\bFLAGS \(([^)]*)\)")
_RECEIVED: Final = re.compile(rb'INTERNALDATE "([^"]+)"')
_SAVED: Final = re.compile(rb'SAVEDATE "([^"]+)"')
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class ImapSource:
    """The accounts of a source, each with a connection that is made when it is needed."""

    def __init__(
        self,
        accounts: Mapping[str, MailAccount],
        idles_in: Folder,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """``idles_in`` is the folder where news are waited for."""
        self._accounts = accounts
        self._idles_in = idles_in
        self._timeout = timeout_seconds
        self._open: dict[str, _Connection] = {}

    def look(
        self, folder: Folder, mark: Mark | None, lowest: int | None, since: int
    ) -> Look | None:
        """Return what has become of a folder since a mark; None if nothing has."""
        with self._asking(folder.account) as connection:
            return connection.look(folder, mark, lowest, since)

    def wait(self, seconds: float, stopping: Stopping) -> None:
        """Return after so long, when told to stop, or when the server has news."""
        if self._idles_in.account not in self._open:
            stopping.wait(seconds)
            return
        with self._asking(self._idles_in.account) as connection:
            connection.wait(self._idles_in, seconds, stopping)

    def marked_sent(self, account: str) -> list[str]:
        """Return the folders that the server itself says are for what was sent (RFC 6154)."""
        with self._asking(account) as connection:
            return connection.marked_sent()

    def close(self) -> None:
        """Let go of all connections."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    @contextlib.contextmanager
    def _asking(self, id_: str) -> Iterator["_Connection"]:
        """Give an account's connection; what fails in it ends it, and is told in Swedish."""
        account = self._accounts[id_]
        connection = self._open.get(id_)
        try:
            if connection is None:
                connection = self._open[id_] = _connect(account, self._timeout)
            yield connection
        except SetupError:
            raise  # the connection is as good as before
        except SourceError:
            self._drop(id_)
            raise
        except (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError) as error:
            self._drop(id_)
            raise SourceError(refusals.told(account, error)) from None

    def _drop(self, id_: str) -> None:
        connection = self._open.pop(id_, None)
        if connection is not None:
            connection.abandon()


def _connect(account: MailAccount, timeout: float) -> "_Connection":
    """Return a connection that is logged in. Raises as :meth:`ImapSource.look`, or OSError."""
    secret = logins.secret_of(account)  # before the server is troubled
    context = logins.tls(account)
    kind = MailBox if account.security == "tls" else MailBoxStartTls
    try:
        made = kind(account.host, account.port, timeout, ssl_context=context)
    except TimeoutError:
        raise SourceError(refusals.no_greeting(account)) from None
    try:
        if secret.is_token:
            made.xoauth2(account.user, secret.text, initial_folder=None)
        elif account.user.isascii() and secret.text.isascii():
            made.login(account.user, secret.text, initial_folder=None)
        else:
            made.login_utf8(account.user, secret.text, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        _shut(made)
        if isinstance(error, imaplib.IMAP4.abort) or refusals.is_passing(error):
            raise
        raise RefusedError(refusals.not_let_in(account)) from None
    except BaseException:
        _shut(made)
        raise
    return _Connection(made, account)


class _Connection:
    """One that is logged in. Raises OSError and the errors of imaplib and imap_tools."""

    def __init__(self, box: BaseMailBox, account: MailAccount) -> None:
        self._box = box
        self._account = account
        self._next: dict[Folder, int] = {}
        """Folder → the number that the next message there would have had at the last look."""
        self._last_flags: dict[Folder, Mapping[int, frozenset[str]]] = {}
        """Folder → the flags there: a server without CONDSTORE does not say that they changed."""
        _, told = box.client.capability()
        self._can = frozenset(b" ".join(told).decode("ascii", "replace").upper().split())

    def look(
        self, folder: Folder, mark: Mark | None, lowest: int | None, since: int
    ) -> Look | None:
        """Return what has become of a folder; None for nothing."""
        now = self._status(folder)
        self._next[folder] = now.next
        is_blind = bool(folder.flags) and "CONDSTORE" not in self._can
        if now == mark and not is_blind:
            return None
        self._examine(folder, now)
        is_anew = mark is None or mark.version != now.version
        if is_anew or mark is None:
            day = moment(since) - timedelta(days=1)  # the server's own days, in its own zone
            asked = f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
            start = 1
        else:
            start = mark.next
            asked = f"UID {min(start, lowest or start)}:*"
        found = [number for number in self._search(asked) if number < now.next]
        new = [number for number in found if number >= start]
        changed_since = 0 if is_anew or mark is None else mark.change
        flags = self._flags(found, changed_since) if folder.flags else {}
        if now == mark and flags == self._last_flags.get(folder):
            return None
        self._last_flags[folder] = flags
        return Look(
            folder=folder,
            mark=now,
            is_anew=is_anew,
            arrivals=tuple(self._arrivals(new)),
            present=frozenset(found),
            flags=flags,
        )

    def wait(self, folder: Folder, seconds: float, stopping: Stopping) -> None:
        """Idle in a folder, or just sleep where the server can't; then see that it is alive."""
        until = time.monotonic() + seconds
        if "IDLE" not in self._can:
            stopping.wait(seconds)
        elif not self._has_more(folder):
            self._box.idle.start()  # type: ignore[no-untyped-call] # imap-tools'
            while not stopping.is_set() and (left := until - time.monotonic()) > 0:
                asked_at, slice_ = time.monotonic(), min(IDLE_SLICE_SECONDS, left)
                lines = self._box.idle.poll(slice_)
                is_cut_off = not lines and time.monotonic() - asked_at < slice_ / 2
                if is_cut_off or any(map(_is_news, lines)):
                    break
            self._box.idle.stop()  # type: ignore[no-untyped-call] # likewise
        self._box.client.noop()

    def _has_more(self, folder: Folder) -> bool:
        """Open a folder, and say whether something has come since it was looked at.

        Of that the server would say nothing: it was there when the folder was opened.
        """
        self._box.folder.set(folder.name, readonly=True)
        told = self._box.client.untagged_responses.get("UIDNEXT", [b""])[-1]
        return isinstance(told, bytes) and told.isdigit() and int(told) > self._next.get(folder, 0)

    def names(self) -> list[str]:
        """Return the names of all folders."""
        return [folder.name for folder in self._box.folder.list()]

    def marked_sent(self) -> list[str]:
        """Return the folders that are marked as being for what was sent."""
        return [its.name for its in self._box.folder.list() if "\\Sent" in its.flags]

    def close(self) -> None:
        """Say goodbye, if the server listens."""
        self._box.client.sock.settimeout(2.0)
        with contextlib.suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            self._box.logout()
        _shut(self._box)

    def abandon(self) -> None:
        """Let go without a word: the server may not answer."""
        _shut(self._box)

    def _status(self, folder: Folder) -> Mark:
        asked = "MESSAGES UIDNEXT UIDVALIDITY"
        if "CONDSTORE" in self._can:
            asked += " HIGHESTMODSEQ"
        name = encode_folder(folder.name)
        kind, told = self._box.client.status(name, f"({asked})")  # type: ignore[arg-type] # as bytes, too
        text = told[-1] if kind == "OK" and told else None
        if not isinstance(text, bytes):
            raise SetupError(refusals.no_such_folder(self._account, folder.name, self.names()))
        values = {key: int(value) for key, value in _STATUS.findall(text[text.rfind(b"(") :])}
        if not values.keys() >= {b"UIDVALIDITY", b"UIDNEXT", b"MESSAGES"}:
            raise ValueError("a status without what was asked for")
        return Mark(
            version=values[b"UIDVALIDITY"],
            next=values[b"UIDNEXT"],
            messages=values[b"MESSAGES"],
            change=values.get(b"HIGHESTMODSEQ", 0),
        )

    def _examine(self, folder: Folder, status: Mark) -> None:
        try:
            self._box.folder.set(folder.name, readonly=True)
        except MailboxFolderSelectError:
            raise SetupError(refusals.not_readable(self._account, folder.name)) from None
        told = self._box.client.untagged_responses.get("UIDVALIDITY", [b""])[-1]
        if isinstance(told, bytes) and told not in (b"", b"%d" % status.version):
            raise ValueError("the folder was made anew just now")

    def _search(self, asked: str) -> list[int]:
        lines = [line for line in self._ask("SEARCH", asked) if isinstance(line, bytes)]
        return sorted({int(part) for line in lines for part in line.split()})

    def _flags(self, numbers: Sequence[int], changed_since: int) -> dict[int, frozenset[str]]:
        if not numbers:
            return {}
        asked = [f"{numbers[0]}:{numbers[-1]}", "(UID FLAGS)"]
        if changed_since:
            asked.append(f"(CHANGEDSINCE {changed_since})")
        lines = [line for line in self._ask("FETCH", *asked) if isinstance(line, bytes)]
        told = [(_UID.search(line), _FLAGS.search(line)) for line in lines]
        flags = {int(uid[1]): _words(its[1]) for uid, its in told if uid and its}
        present = frozenset(numbers)
        return {number: its for number, its in flags.items() if number in present}

    def _arrivals(self, numbers: Sequence[int]) -> Iterator[Arrival]:
        saved = " SAVEDATE" if "SAVEDATE" in self._can else ""
        wanted = f"BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})]<0.{MOST_BYTES}>"
        for start in range(0, len(numbers), CHUNK):
            chunk = ",".join(map(str, numbers[start : start + CHUNK]))
            data = self._ask("FETCH", chunk, f"(UID FLAGS INTERNALDATE{saved} {wanted})")
            for told, fields in _messages(data):
                uid, received = _UID.search(told), _RECEIVED.search(told)
                if uid is None or received is None:
                    continue
                number = int(uid[1])
                saved_at, flags = _SAVED.search(told), _FLAGS.search(told)
                is_cut = len(fields) >= MOST_BYTES
                yield Arrival(
                    number=number,
                    at=_instant(received[1]),
                    saved_at=_instant(saved_at[1]) if saved_at else None,
                    flags=_words(flags[1]) if flags else frozenset(),
                    letter=read_letter(self._field_by_field(number) if is_cut else fields),
                )

    def _field_by_field(self, number: int) -> bytes:
        """Return the beginning of each field: a huge one must not hide the others."""
        wanted = " ".join(
            f"BODY.PEEK[HEADER.FIELDS ({name})]<0.{MOST_BYTES_OF_A_FIELD}>" for name in FIELDS
        )
        told = self._ask("FETCH", str(number), f"(UID {wanted})")
        parts = [line[1].strip(b"\r\n") for line in told if isinstance(line, tuple)]
        return b"\r\n".join(filter(None, parts)) + b"\r\n\r\n"

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        kind, data = self._box.client.uid(command, *arguments)
        if kind != "OK":
            raise imaplib.IMAP4.error(command)
        return data


def _messages(data: Iterable[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield of each message in an answer what stands outside its literal, and the literal."""
    told, fields = b"", None
    for line in data:
        if isinstance(line, tuple):
            if fields is not None:
                yield told, fields
            told, fields = line
        elif isinstance(line, bytes) and fields is not None:
            yield told + b" " + line, fields
            told, fields = b"", None
    if fields is not None:
        yield told, fields


def _words(flags: bytes) -> frozenset[str]:
    return frozenset(flags.decode("ascii", "replace").lower().split())


def _instant(text: bytes) -> int:
    """Return an instant as IMAP writes them; months are in English whatever the locale is."""
    day, month, rest = text.decode("ascii").strip().split("-", 2)
    number = _MONTHS.index(month.capitalize()) + 1
    return micros(datetime.strptime(f"{day}-{number}-{rest}", "%d-%m-%Y %H:%M:%S %z"))


def _is_news(line: bytes) -> bool:
    return b"EXISTS" in line or b"EXPUNGE" in line or b"FETCH" in line or b"BYE" in line


def _shut(box: BaseMailBox) -> None:
    with contextlib.suppress(OSError):
        box.client.shutdown()
