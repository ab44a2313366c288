"""Days that are simulated, put in mailboxes on a real server, are told as they were simulated."""

import mailbox
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner
from dovecot import deliver
from mail_sites import Site

from producers.mailbox.keyed import key_in
from producers.simulator.mail_export import FORWARDED_TO, OWN, SENT, is_in_messages
from streams.__main__ import commands
from streams.domain.event_types import QUESTION_TYPES
from streams.domain.events import QuestionEvent, decode

Facts = Counter[tuple[str, str, str, datetime, str]]


def questions(lines: list[str]) -> list[QuestionEvent]:
    events = [decode(line.encode()) for line in lines]
    return [event for event in events if isinstance(event, QuestionEvent)]


def facts(events: list[QuestionEvent]) -> Facts:
    return Counter(
        (
            event.subject,
            QUESTION_TYPES[event.type],
            event.data.queue,
            event.time.replace(microsecond=0),
            event.data.channel,
        )
        for event in events
    )


def whole(events: list[QuestionEvent]) -> list[QuestionEvent]:
    threads: dict[str, list[QuestionEvent]] = {}
    for event in sorted(events, key=lambda event: event.time):
        threads.setdefault(event.subject, []).append(event)
    return [event for its in threads.values() if is_in_messages(its) for event in its]


def fill(site: Site, directory: Path) -> list[str]:
    """Put the simulated mailboxes in folders of the same names; return their queues."""
    box = site.box()
    for path in sorted(directory.iterdir()):
        box.folder.create(path.stem)
        with closing(mailbox.mbox(path)) as messages:
            for message in messages:
                at = time.strptime(message.get_from().split(" ", 1)[1])
                received = datetime(*at[:6], tzinfo=UTC)
                deliver(box, path.stem, message.as_bytes(), received)
    return [path.stem for path in directory.iterdir() if not path.stem.endswith(SENT)]


def test_simulated_days_are_told_as_they_were_simulated(mail: Site, tmp_path: Path) -> None:
    day = datetime.now(UTC).date() - timedelta(days=20)
    target, boxes = tmp_path / "dagar.jsonl", tmp_path / "post"
    told = ["--date", f"{day}/{day + timedelta(days=9)}", "--with", "emails", "--scale", "0.5"]
    made = CliRunner().invoke(
        commands, ["simulate", *told, "--to", str(target), "--mail", str(boxes)]
    )
    assert made.exit_code == 0, made.output
    queues = fill(mail, boxes)
    text = mail.catalogue.read_text()
    start = text.index("          mailboxes:\n")
    folders = "".join(f"            {queue}: {{questions: [{queue}]}}\n" for queue in queues)
    its = "".join(
        f"      {queue}: {{name: {queue}, kind: mailbox, team: alla}}\n" for queue in queues
    )
    text = f"{text[:start]}          mailboxes:\n{folders}    queues:\n{its}"
    sent = ", ".join(f"{queue}.{SENT}" for queue in queues)
    for old, new in (
        ("queues: [skola, teknik]", f"queues: [{', '.join(queues)}]"),
        ("sent: [Skickat]", f"sent: [{sent}]"),
        ("own: [example.org]", f"own: [{OWN}]"),
        ("forwarded_to: [teknik@example.org]", f"forwarded_to: [{FORWARDED_TO}]"),
        ("[formular@example.org]", "[tjanster.example.org]"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    mail.catalogue.write_text(text)

    found = questions(mail.once())

    expected = whole(questions(target.read_text().splitlines()))
    keyed = key_in(mail.key, may_make=False)
    hashes = {
        keyed.hash("message", f"0.{its.subject}@example.net"): its.subject for its in expected
    }
    got = facts(found)
    assert {what for _, what, _, _, _ in got} >= {"received", "answered", "followed_up"}
    named = Counter({(hashes[key], *rest): n for (key, *rest), n in got.items()})
    at_once = received_twice_in_a_second(expected)
    assert without(named, at_once) == without(facts(expected), at_once)
    assert got.total() > 500
    assert len(at_once) < 10


def received_twice_in_a_second(events: list[QuestionEvent]) -> set[str]:
    """Return the questions of which a server's clock can't tell a copy from one that is moved."""
    found = Counter(
        (its.subject, its.time.replace(microsecond=0))
        for its in events
        if QUESTION_TYPES[its.type] == "received"
    )
    return {subject for (subject, _), number in found.items() if number > 1}


def without(its: Facts, subjects: set[str]) -> Facts:
    return Counter({fact: number for fact, number in its.items() if fact[0] not in subjects})
