"""Simulated mailboxes say what the events say, of the threads that are in them."""

import mailbox
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import pytest
from click.testing import CliRunner

from producers.simulator.command import command
from producers.simulator.mail_export import E_SERVICE, FORWARDED_TO, OWN
from streams.domain.event_types import QUESTION_TYPES, QuestionEvent
from streams.domain.events import decode

Fact = tuple[str, str, str, datetime]
"""Thread, what, mailbox, when."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with events, and with the mailboxes of the same days."""
    directory = tmp_path_factory.mktemp("made")
    result = CliRunner().invoke(
        command,
        [
            *("--with", "emails", "--date", "2026-03-02/2026-03-13", "--scale", "0,2"),
            *("--to", str(directory / "events"), "--mail", str(directory / "mail")),
        ],
    )
    assert result.exit_code == 0, result.output
    return directory


def told(made: Path) -> Counter[Fact]:
    """What the events say, in whole seconds, of threads that messages can tell of."""
    threads: dict[str, list[QuestionEvent]] = {}
    for raw in (made / "events").read_bytes().splitlines():
        event = decode(raw)
        assert isinstance(event, QuestionEvent)
        threads.setdefault(event.subject, []).append(event)
    untold = {"answered_otherwise", "dismissed", "reopened"}
    found: Counter[Fact] = Counter()
    for subject, events in threads.items():
        whats = {QUESTION_TYPES[event.type] for event in events}
        if "received" in whats and not whats & untold:
            found += Counter(
                (
                    subject,
                    QUESTION_TYPES[event.type],
                    event.data.queue,
                    event.time.replace(microsecond=0),
                )
                for event in events
            )
    return found


def read(made: Path) -> Counter[Fact]:
    """What the mailboxes say, by In-Reply-To alone."""
    replies: dict[str, str] = {}
    found: list[tuple[str, str, str, datetime]] = []
    for path in (made / "mail").iterdir():
        queue, _, sent = path.name.removesuffix(".mbox").partition(".")
        for message in messages(path):
            id_, to = message["Message-ID"], message["In-Reply-To"]
            if to:
                replies[id_] = to
            when = message.get_from().partition(" ")[2] + " +0000"
            at = datetime.strptime(when, "%a %b %d %H:%M:%S %Y %z")
            found.append((id_, what(message, sent), queue, at.astimezone(UTC)))
    return Counter((root(id_, replies), *its) for id_, *its in found)  # type: ignore[misc]


def messages(path: Path) -> list[mailbox.mboxMessage]:
    with closing(mailbox.mbox(path)) as box:
        return list(box)


def what(message: Message, sent: str) -> str:
    if not sent:
        return "followed_up" if message["In-Reply-To"] else "received"
    if message["Auto-Submitted"]:
        return "auto_replied"
    return "forwarded" if message["To"] == FORWARDED_TO else "answered"


def root(id_: str, replies: dict[str, str]) -> str:
    while id_ in replies:
        id_ = replies[id_]
    return id_.removeprefix("<0.").partition("@")[0]


def test_mailboxes_say_what_the_events_of_their_threads_say(made: Path) -> None:
    expected = told(made)
    assert read(made) == expected
    assert {fact[1] for fact in expected} == {
        "received", "auto_replied", "answered", "followed_up", "forwarded",
    }  # fmt: skip
    several = Counter(fact[0] for fact in expected if fact[1] == "received")
    assert max(several.values()) == 2, "some were sent to two mailboxes"


def test_messages_are_nobodys(made: Path) -> None:
    for path in (made / "mail").iterdir():
        for message in messages(path):
            for field in (message["From"], message["To"]):
                assert field.endswith(("@example.net", f"@{OWN}")) or field in {
                    E_SERVICE, FORWARDED_TO,
                }  # fmt: skip


def test_the_same_days_are_the_same_bytes(made: Path, tmp_path: Path) -> None:
    again = CliRunner().invoke(
        command,
        [
            *("--with", "emails", "--date", "2026-03-02/2026-03-13", "--scale", "0,2"),
            *("--mail", str(tmp_path)),
        ],
    )
    assert again.exit_code == 0
    for path in (made / "mail").iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_where_no_mail_can_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments, said in (
        (["--with", "calls", "--mail", str(tmp_path)], "ange emails bland --with"),
        (["--with", "emails", "--mail", str(tmp_path / "file" / "x")], "går inte att skriva"),
    ):
        result = CliRunner().invoke(command, ["--date", "2026-03-02", *arguments])
        assert result.exit_code == 1
        assert said in result.stderr
