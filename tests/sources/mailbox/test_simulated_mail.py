"""The simulator's mailboxes on a real server are read as what its own events say of them."""

import mailbox
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner
from dovecot import PASSWORD, Dovecot, deliver
from secured import Authority

from producers.mailbox.command import command
from producers.simulator.command import command as simulate
from producers.simulator.mail_export import SENT, is_in_messages
from streams.domain.event_types import QUESTION_TYPES, QuestionEvent
from streams.domain.events import decode

LULEA = Path(__file__).parents[3] / "examples" / "lulea.yaml"
FOLDERS = {
    "epost-teknik": "Teknik",
    "epost-skola": "Skola",
    "epost-social": "Social",
    "e-tjanst": "E-tjänst",
}
"""As the example has them."""
Fact = tuple[str, str, str, datetime, datetime]


def facts(events: list[QuestionEvent]) -> Counter[Fact]:
    """What is said of questions, in whole seconds, whatever they are called."""
    return Counter(
        (
            QUESTION_TYPES[event.type],
            event.data.queue,
            event.data.channel,
            event.time.replace(microsecond=0),
            event.data.received_at.replace(microsecond=0),
        )
        for event in events
    )


def questions(raw: bytes) -> list[QuestionEvent]:
    found = [decode(line) for line in raw.splitlines()]
    assert all(isinstance(event, QuestionEvent) for event in found)
    return found  # type: ignore[return-value]


def threads(events: list[QuestionEvent]) -> Counter[frozenset[Fact]]:
    """What is said of each question, whatever it is called."""
    found: dict[str, list[QuestionEvent]] = {}
    for event in events:
        found.setdefault(event.subject, []).append(event)
    return Counter(frozenset(facts(its)) for its in found.values())


def told_by_messages(events: list[QuestionEvent]) -> list[QuestionEvent]:
    threads: dict[str, list[QuestionEvent]] = {}
    for event in events:
        threads.setdefault(event.subject, []).append(event)
    return [event for its in threads.values() if is_in_messages(its) for event in its]


def put(server: Dovecot, user: str, directory: Path) -> int:
    """Deliver simulated mailboxes to an account, and return how many messages that is."""
    number = 0
    with server.box(user) as box:
        for name in ("Skickat", *FOLDERS.values()):
            box.folder.create(name)
        for queue in FOLDERS.values():
            if queue != "E-tjänst":
                box.folder.create(f"{queue}.Besvarat på annat sätt")
        for path in sorted(directory.iterdir()):
            queue, _, sent = path.name.removesuffix(".mbox").partition(".")
            folder = "Skickat" if sent == SENT else FOLDERS[queue]
            with closing(mailbox.mbox(path)) as messages:
                for message in messages:
                    when = message.get_from().partition(" ")[2] + " +0000"
                    at = datetime.strptime(when, "%a %b %d %H:%M:%S %Y %z")
                    del message["Status"]
                    deliver(box, folder, message.as_bytes(), at)
                    number += 1
    return number


def test_simulated_mail_is_read_as_its_events(
    dovecot: Dovecot, authority: Authority, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in (25, 4)]
    made = CliRunner().invoke(
        simulate,
        [
            *("--with", "emails", "--date", "/".join(map(date.isoformat, days))),
            *("--scale", "0,3", "--seed", "5"),
            *("--to", str(tmp_path / "events"), "--mail", str(tmp_path / "mail")),
        ],
    )
    assert made.exit_code == 0, made.output
    user = "user99"
    number = put(dovecot, user, tmp_path / "mail")
    secret = tmp_path / "losenord"
    secret.write_text(f"{PASSWORD}\n", "utf-8")
    secret.chmod(0o600)
    catalogue = tmp_path / "katalog.yaml"
    catalogue.write_text(
        LULEA.read_text("utf-8")
        .replace("/Besvarat", ".Besvarat")  # as this server parts folders
        .replace("host: imap.example.org", f"host: 127.0.0.1\n          port: {dovecot.tls}")
        .replace("user: kundtjanst@kommun.example.org", f"user: {user}")
        .replace("/etc/svarsgrad/secrets/epost", f"{secret}\n          ca_file: {authority.file}"),
        "utf-8",
    )
    read = CliRunner().invoke(
        command,
        [
            *("--catalogue", str(catalogue), "--source", "epost", "--once", "--to", "-"),
            *("--key-file", str(tmp_path / "nyckel")),
        ],
    )
    assert read.exit_code == 0, read.output
    expected = told_by_messages(questions((tmp_path / "events").read_bytes()))
    assert number >= 200
    found = questions(read.stdout_bytes)
    assert facts(found) == facts(expected)
    assert threads(found) == threads(expected), "a message in two mailboxes is one question"
    assert {event.data.channel for event in expected} == {"email", "e_service"}
