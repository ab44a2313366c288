"""The weekly list: what is overdue and nothing else, shown or mailed to whom it concerns."""

import csv
import io
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from archived import fill
from click.testing import CliRunner, Result
from mail_inbox import Inbox, serving
from secured import Authority

from producers.simulator import command as simulate
from reports.lists import overdue_command
from reports.lists.overdue import MOST
from streams.archive import database, migrating
from streams.domain.catalogue import load_catalogue
from streams.domain.swedish import count
from streams.instants_as_typed import typed_instant
from streams.replay import Log, fold, live_report

AT = "2025-02-24T07:00"
TOLD = "overdue_list_to: [kundtjanst@example.org, registrator@example.org]"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def skelleftea(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the events of Skellefteå, and an archive of them."""
    folder = tmp_path_factory.mktemp("skelleftea")
    log, file = folder / "log.jsonl", folder / "arkiv.db"
    asked = ("--municipality", "skelleftea", "--with", "emails,cases", "--scale", "0,1")
    dates = ("--date", "2025-02-03/2025-03-01", "--to", str(log))
    assert CliRunner().invoke(simulate.command, [*asked, *dates]).exit_code == 0
    engine = database.engine_of(database.address(str(file)))
    migrating.upgrade(engine)
    fill(engine, log.read_bytes().splitlines(), "skelleftea")
    engine.dispose()
    return log, file


def catalogue(tmp_path: Path, told: str = TOLD) -> Path:
    text = Path("examples/skelleftea.yaml").read_text(encoding="utf-8")
    file = tmp_path / "katalog.yaml"
    text = text.replace("    teams:", f"    {told}\n    teams:", 1)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def run(skelleftea: tuple[Path, Path], tmp_path: Path) -> Run:
    def invoked(*more: object, told: str = TOLD) -> Result:
        usual = ("--catalogue", catalogue(tmp_path, told), "--database", skelleftea[1], "--at", AT)
        return CliRunner().invoke(overdue_command.command, [str(its) for its in (*usual, *more)])

    return invoked


def test_what_is_overdue_is_what_the_live_system_says(
    run: Run, skelleftea: tuple[Path, Path], tmp_path: Path
) -> None:
    loaded = load_catalogue(catalogue(tmp_path).read_text(encoding="utf-8"), "k")
    now = typed_instant(AT, "--at", loaded.municipalities["skelleftea"].zone)
    lines = [Line(n, line) for n, line in enumerate(skelleftea[0].read_bytes().splitlines())]
    books, _ = fold(loaded, [Log("f", lines)], now)  # type: ignore[list-item]
    live = live_report(loaded, books, now)["skelleftea"]
    cases = len(live.cases.overdue)
    questions = sum(
        max((its.pending.overdue for its in mailbox.promises.values()), default=0)
        for mailbox in live.questions.mailboxes.values()
    )
    assert cases > MOST
    said = run("--dry-run").output
    assert f"Skellefteå: {count(cases + questions)} förfallna" in said
    first = live.cases.overdue[0]
    assert f"Ärende {first.case} skulle" in said


@dataclass(frozen=True)
class Line:
    offset: int
    value: bytes
    timestamp: int = 1 << 50


def test_administrations_get_theirs_and_the_file_has_all(run: Run, inbox: Inbox) -> None:
    result = run("--smtp", f"127.0.0.1:{inbox.port}", "--smtp-plain")
    assert result.exit_code == 0, result.output
    (mail,) = inbox.mails
    assert mail["To"] == "kundtjanst@example.org, registrator@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body()
    assert body is not None
    text = body.get_content()
    assert "till, i bilagan" in text
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "forfallet-skelleftea-2025-v09.csv"
    rows = list(csv.reader(io.StringIO(str(file.get_content()).lstrip("\ufeff")), delimiter=";"))
    how_many = int("".join(filter(str.isdigit, str(mail["Subject"]).partition(",")[0])))
    assert len(rows) - 1 == how_many
    late = [float(row[-1].replace(",", ".")) for row in rows[1:]]
    assert late == sorted(late, reverse=True)


def test_without_receivers_it_says_what_to_write(run: Run) -> None:
    result = run(told="")
    assert result.exit_code == 2
    assert "skriv overdue_list_to" in result.stderr.strip().splitlines()[-1]


def test_over_tls_the_server_is_verified_and_the_password_comes_from_a_file(
    run: Run, tmp_path: Path
) -> None:
    authority, other = Authority(tmp_path, "ca"), Authority(tmp_path, "annan")
    secret = tmp_path / "losenord"
    secret.write_text("ljus i Kiruna\n", encoding="utf-8")
    secret.chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("post"))
    users = {"lista": "ljus i Kiruna"}
    with serving(users, tls_context=context, require_starttls=True) as its:
        server = ("--smtp", f"127.0.0.1:{its.port}")
        login = ("--smtp-user", "lista", "--smtp-password-file", secret)
        refused = run(*server, *login, "--smtp-ca-file", other.file)
        assert refused.exit_code == 1
        assert "går inte att lita på" in refused.stderr
        wrong = run(*server, "--smtp-user", "annan", *login[2:], "--smtp-ca-file", authority.file)
        assert "godtar inte --smtp-user" in wrong.stderr
        assert its.mails == []
        sent = run(*server, *login, "--smtp-ca-file", authority.file)
        assert sent.exit_code == 0, sent.output
        assert len(its.mails) == 1


def test_a_server_without_tls_gets_nothing_unless_it_is_told_so(run: Run, inbox: Inbox) -> None:
    result = run("--smtp", f"127.0.0.1:{inbox.port}")
    assert result.exit_code == 1
    assert "kan inte TLS" in result.stderr.strip().splitlines()[-1]
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--smtp", "post"), "--smtp post saknar värd eller port"),
        (("--smtp-user", "x"), "hör ihop"),
        (("--smtp-ca-file", "ingen.pem"), "filen finns inte"),
        (("--smtp", "127.0.0.1:1", "--smtp-plain"), "127.0.0.1:1 går inte att nå: ingen lyssnar"),
    ],
)
def test_what_is_wrong_with_the_mail_is_said_in_one_line(
    run: Run, more: tuple[str, ...], said: str
) -> None:
    result = run(*more)
    assert result.exit_code != 0
    assert said in result.stderr.strip().splitlines()[-1]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serving() as its:
        yield its
