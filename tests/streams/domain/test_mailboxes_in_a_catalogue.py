"""How mailboxes are read, as a catalogue says."""

import textwrap
from pathlib import Path

import pytest

from streams.domain.catalogue import (
    CatalogueError,
    MailAccount,
    Mailbox,
    MailFolders,
    load_catalogue,
)

WHOLE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams: {alla: {name: Alla}}
    sources:
      epost:
        name: E-post
        queues: [skola, teknik]
        mailbox:
          host: imap.example.org
          user: kundtjanst@example.org
          password_file: /etc/svarsgrad/secrets/epost
          sent: [Skickat]
          accounts:
            egna:
              user: handlaggare@example.org
              security: starttls
              token_file: /run/token
              sent: [Skickat]
          own: [Example.org]
          e_service_senders: [formular@example.org]
          case_senders: [arenden@example.com]
          forwarded_to: [teknik@example.org]
          case_number: 'KC-([0-9]+)'
          mailboxes:
            skola:
              answered_otherwise: [Besvarat]
              answered_otherwise_flags: [$Ringt, \\Flagged]
              no_answer_needed: [Inget svar]
              no_answer_needed_flags: [$Inget]
              spam: [Skräppost]
            teknik:
              account: egna
              questions: [INBOX, Inkorg 2]
    queues:
      skola: {name: Skola, kind: mailbox, team: alla}
      teknik: {name: Teknik, kind: mailbox, team: alla}
"""
ROOT = Path(__file__).parents[3]
HERE = "municipalities.lulea.sources.epost.mailbox"


def mailbox(text: str = WHOLE) -> Mailbox | None:
    return load_catalogue(text, "lulea.yaml").municipalities["lulea"].sources["epost"].mailbox


def test_a_mailbox_is_read_as_it_says() -> None:
    found = mailbox()
    assert found is not None
    assert found.accounts == {
        "": MailAccount(
            id="",
            host="imap.example.org",
            port=993,
            security="tls",
            ca_file=None,
            user="kundtjanst@example.org",
            password_file="/etc/svarsgrad/secrets/epost",  # noqa: S106 # a path
            token_file=None,
            sent=("Skickat",),
        ),
        "egna": MailAccount(
            id="egna",
            host="imap.example.org",
            port=143,
            security="starttls",
            ca_file=None,
            user="handlaggare@example.org",
            password_file=None,
            token_file="/run/token",  # noqa: S106 # a path
            sent=("Skickat",),
        ),
    }
    assert found.queues["skola"] == MailFolders(
        account="",
        questions=("INBOX",),
        answered_otherwise=("Besvarat",),
        answered_otherwise_flags=frozenset({"$Ringt", "\\Flagged"}),
        no_answer_needed=("Inget svar",),
        no_answer_needed_flags=frozenset({"$Inget"}),
        spam=("Skräppost",),
    )
    assert found.queues["teknik"].questions == ("INBOX", "Inkorg 2")
    assert found.own == {"example.org"}
    assert found.case_number == "KC-([0-9]+)"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("          host: imap.example.org\n", "", "host: saknas; skriv host: imap.example.org"),
        ("host: imap.ex", "prt: 1\n          host: imap.ex", "okänd nyckel; menade du port?"),
        (
            "host: imap.ex",
            "port: 0\n          host: imap.ex",
            "port: 0 är ingen port; skriv till ",
        ),
        (
            "host: imap.ex",
            "port: x\n          host: imap.ex",
            "port: x är ingen port; skriv till ",
        ),
        ("host: imap.ex", "port: 70000\n          host: imap.ex", "70000 är ingen port; skriv"),
        ("security: starttls", "security: ssl", "security: ssl finns inte; "),
        ("own: [Example.org]", "own: [hej]", "own[0]: hej är varken adress eller domän; skriv ti"),
        ("own: [Example.org]", "own: example.org", "own: ska vara en lista; skriv [example.org]"),
        ("own: [Example.org]", "own: []", "own: är tom; skriv till exempel own: [example.org]"),
        ("sent: [Skickat]\n          acc", "sent: Skickat\n          acc", "skriv [Skickat]"),
        ("'KC-([0-9]+)'", "'KC-([0-9]+'", "är inget reguljärt uttryck för ett ärendenummer"),
        ("'KC-([0-9]+)'", "'[0-9]*'", "är inget reguljärt uttryck för ett ärendenummer"),
        ("$Ringt,", "$På väg,", "$På väg är ingen flagga i IMAP; skriv till exempel $Ringt"),
        (
            "            skola:\n",
            "            skla:\n",
            "kön skla hör inte till källan; menade du",
        ),
        ("account: egna", "account: egan", "account: kontot egan finns inte; menade du egna?"),
        (
            "skola: {name: Skola, kind: mailbox, team: alla}",
            "skola: {name: Skola, kind: switchboard, team: alla}",
            "mailboxes.skola: kön skola är ingen brevlåda; ange en sådan",
        ),
        ("[INBOX, Inkorg 2]", "[Skickat]", "mappen Skickat står redan på ett annat ställe"),
        ("[INBOX, Inkorg 2]", "[inbox, INBOX]", "mappen INBOX står redan på ett annat ställe"),
        ("token_file: /run/token", "token_file: a\n              password_file: b", "ta bort den"),
    ],
)
def test_a_mistake_is_said_where_it_stands(old: str, new: str, said: str) -> None:
    assert WHOLE.count(old) == 1
    with pytest.raises(CatalogueError) as error:
        mailbox(WHOLE.replace(old, new))
    (mistake,) = error.value.mistakes
    told = mistake.told("lulea.yaml")
    assert HERE in told
    assert said in told


def test_the_documented_mailbox_can_be_written_as_it_stands() -> None:
    page = (ROOT / "docs" / "sources" / "mailbox.md").read_text("utf-8")
    block = page.split("```yaml\n")[1].split("```")[0]
    text = WHOLE[: WHOLE.index("    sources:")] + textwrap.indent(block, "    ")
    queues = "".join(f"      epost-{n}: {{name: {n}, kind: mailbox, team: alla}}\n" for n in "ab")
    queues = queues.replace("epost-a", "epost-teknik").replace("epost-b", "epost-skola")
    found = mailbox(f"{text}    queues:\n{queues}")
    assert found is not None
    assert set(found.accounts) == {"", "skola"}
    assert set(found.queues) == {"epost-teknik", "epost-skola"}
