"""A sample tells which answers would be missed, and what to switch on."""

from datetime import UTC, datetime, timedelta

from dovecot import deliver
from imap_tools import AND
from mail_sites import Site

NOW = datetime.now(UTC).replace(microsecond=0)


def message(name: str, sender: str, to: str, *fields: str) -> bytes:
    told = [f"Message-ID: <hemligt.{name}>", f"From: {sender}", f"To: {to}", *fields]
    return ("\r\n".join(told) + "\r\n\r\nVantarna\r\n").encode()


def asks(name: str, *fields: str, sender: str = "fragare@example.net") -> bytes:
    return message(name, sender, "kundtjanst@example.org", *fields)


def replies(name: str, *fields: str, sender: str = "kundtjanst@example.org") -> bytes:
    return message(name, sender, "fragare@example.net", *fields)


def fill(site: Site) -> None:
    box = site.box()
    told = [
        ("INBOX", asks("a@example.net"), ()),
        ("Skickat", replies("b@example.org", "In-Reply-To: <hemligt.a@example.net>"), ()),
        ("INBOX", asks("c@example.net"), ()),
        (
            "INBOX",
            replies("d@example.org", "References: <x@example.net>\r\n <hemligt.c@example.net>"),
            (),
        ),
        ("INBOX", asks("e@example.net", "Subject: Om KC-12"), ()),
        ("INBOX", replies("f@example.com", "Subject: KC-12", sender="arenden@example.com"), ()),
        ("INBOX", asks("g@example.net"), ()),
        (
            "INBOX",
            asks(
                "h@example.net",
                "In-Reply-To: <hemligt.svar@example.org>",
                "References: <hemligt.g@example.net> <hemligt.svar@example.org>",
            ),
            (),
        ),
        ("INBOX", asks("i@example.net"), ("\\Answered",)),
        ("INBOX", asks("j@example.net", sender="formular@example.org"), ()),
        ("INBOX", asks("k@example.net", "Auto-Submitted: auto-replied"), ()),
        ("INBOX", asks("l@example.net", sender="mailer-daemon@example.net"), ()),
        ("Skickat", replies("m@example.org"), ()),
    ]
    for number, (folder, raw, flags) in enumerate(told):
        deliver(box, folder, raw, NOW - timedelta(hours=2, seconds=-number), flags)


def test_it_counts_what_is_found_and_how_and_what_is_missed(mail: Site) -> None:
    fill(mail)
    done = mail.run(command="check-mailbox")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:9] == [
        "Källan epost, de senaste 30 dygnen: 13 meddelanden i 6 mappar.",
        "Frågor: 6, varav via e-tjänst 1. Uppföljningar: 1.",
        "Svar: 3 (hittade genom In-Reply-To 1, References 1, ärendenumret 1). "
        "Skickat utan någon fråga: 1.",
        "Besvarade på annat sätt: 0. Behövde inget svar: 0. Skräppost och studsar: 1.",
        "Inga frågor (automatiska, utskick, interna): 1.",
        "Öppna: 3.",
        "  I 1 fråga svarar den som frågade på ett brev som inte finns i mapparna: någon har "
        "svarat från en annan plats.",
        "  1 öppen fråga är märkt som besvarad i e-postprogrammet, men svaret finns inte i "
        "mapparna.",
        "Ärendenumret finns i 2 ämnesrader.",
    ]
    assert "MessageCopyForSentAsEnabled $true" in done.stdout
    assert "MessageCopyForSendOnBehalfEnabled $true" in done.stdout
    assert "2 svar syns inte (33,3" in done.stdout
    for secret in ("hemligt", "fragare", "KC-12", "kundtjanst@"):
        assert secret not in done.stdout
    box = mail.box()
    box.folder.set("INBOX")
    assert not list(box.uids(AND(seen=True)))
    assert not mail.state.exists()


def test_an_older_sample_is_not_read(mail: Site) -> None:
    deliver(mail.box(), "INBOX", asks("a@example.net"), NOW - timedelta(days=20))
    assert "Frågor: 1," in mail.run(command="check-mailbox").stdout
    assert "Frågor: 0," in mail.run("--days", "7", command="check-mailbox").stdout
    refused = mail.run("--days", "91", command="check-mailbox")
    assert refused.returncode == 2


def test_a_reply_to_what_was_never_seen_is_told(mail: Site) -> None:
    raw = asks("a@example.net", "In-Reply-To: <hemligt.borta@example.org>")
    deliver(mail.box(), "INBOX", raw, NOW - timedelta(hours=1))
    said = mail.run(command="check-mailbox").stdout
    assert "  1 fråga svarar på ett brev härifrån som inte finns i mapparna: " in said


def test_folders_that_are_missing_are_said_and_the_others_read(mail: Site) -> None:
    fill(mail)
    text = mail.catalogue.read_text()
    mail.catalogue.write_text(text.replace("spam: [Skräppost]", "spam: [Skrappost]"))
    done = mail.run(command="check-mailbox")
    assert "- Mappen Skrappost finns inte hos källans konto på 127.0.0.1" in done.stdout
    assert "menade du Skräppost?" in done.stdout
    assert "Frågor: 6," in done.stdout


def test_mailboxes_in_which_all_is_found_look_good(mail: Site) -> None:
    text = mail.catalogue.read_text().replace("          case_number: 'KC-([0-9]+)'\n", "")
    text = text.replace("no_answer_needed: [Inget svar]", "answered_otherwise: [Inget svar]")
    mail.catalogue.write_text(text)
    deliver(mail.box(), "INBOX", asks("a@example.net"), NOW)
    raw = replies("b@example.org", "In-Reply-To: <hemligt.a@example.net>")
    deliver(mail.box(), "Skickat", raw, NOW + timedelta(seconds=5))
    assert mail.run(command="check-mailbox").stdout.splitlines()[-1] == "Allt ser bra ut."


def test_queues_where_nothing_says_that_one_was_answered_otherwise_are_named(mail: Site) -> None:
    fill(mail)
    said = mail.run(command="check-mailbox").stdout
    assert "- Frågor till teknik som besvaras per telefon eller på plats förblir öppna: " in said


def test_a_source_without_a_mailbox_or_none_at_all_is_said(mail: Site) -> None:
    text = mail.catalogue.read_text()
    mail.catalogue.write_text(text.replace("      epost:\n", "      epst:\n"))
    done = mail.run(command="check-mailbox")
    assert done.returncode == 2
    said = f"--source: källan epost finns inte i {mail.catalogue}; menade du epst?"
    assert said in " ".join(done.stderr.split())
    start, end = text.index("        mailbox:"), text.index("    queues:\n      skola: {")
    mail.catalogue.write_text(text[:start] + text[end:])
    assert "Källan epost har inget mailbox i" in mail.run(command="check-mailbox").stderr
