"""A message's headers are read for what they say, whatever is in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailbox_history import mailbox

from producers.mailbox.letter import MOST_RECIPIENTS, MOST_REFERENCES, Letter, read_letter
from producers.mailbox.senders import is_among, role, what_we_wrote


def letter(*fields: str) -> Letter:
    return read_letter(("\r\n".join(fields) + "\r\n\r\n").encode("utf-8", "surrogateescape"))


def test_the_parts_of_a_message_are_found() -> None:
    found = letter(
        "Message-ID: <a.1@example.net>",
        "In-Reply-To: <b.2@example.org> (sagt i går)",
        "References: <c.3@example.org>",
        "\t<b.2@example.org>",
        'From: "Å, Ä" <Fragare@Example.NET>',
        "To: kundtjanst@example.org, =?utf-8?q?Sk=C3=B6la?= <skola@example.org>",
        "Cc: tredje@example.com",
        "Subject: =?iso-8859-1?Q?=C4rende?= KC-1",
        "Date: Mon, 02 Mar 2026 08:00:00 +0100",
    )
    assert found == Letter(
        message_id="a.1@example.net",
        replies_to=("b.2@example.org",),
        references=("c.3@example.org", "b.2@example.org"),
        sender="fragare@example.net",
        recipients=("kundtjanst@example.org", "skola@example.org", "tredje@example.com"),
        subject="Ärende KC-1",
        date="Mon, 02 Mar 2026 08:00:00 +0100",
        nature="person",
    )


@pytest.mark.parametrize(
    ("fields", "nature"),
    [
        ((), "person"),
        (("Auto-Submitted: no",), "person"),
        (("Precedence: first-class",), "person"),
        (("Auto-Submitted: auto-replied; owner-email=x",), "auto_reply"),
        (("Auto-Submitted: auto-generated",), "automatic"),
        (("X-Auto-Response-Suppress: OOF, AutoReply",), "person"),
        (("Precedence: Bulk",), "automatic"),
        (("Precedence: auto_reply",), "auto_reply"),
        (("Precedence: auto_reply", "List-Id: <x>"), "auto_reply"),
        (("Precedence: list",), "list"),
        (("List-Id: <nytt.example.org>",), "list"),
        (("Return-Path: <>",), "bounce"),
        (("Return-Path: <>", "Auto-Submitted: auto-replied"), "auto_reply"),
        (("Return-Path: <fragare@example.net>",), "person"),
        (("From: MAILER-DAEMON@example.com", "Auto-Submitted: auto-replied"), "bounce"),
        (("Content-Type: multipart/report; report-type=delivery-status",), "bounce"),
        (("Content-Type: multipart/report; report-type=disposition-notification",), "automatic"),
        (("Content-Type: multipart/mixed",), "person"),
    ],
)
def test_what_wrote_a_message_is_told_apart(fields: tuple[str, ...], nature: str) -> None:
    assert letter(*fields).nature == nature


@given(st.binary(max_size=3000))
def test_no_bytes_make_reading_raise(raw: bytes) -> None:
    read_letter(raw)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["From", "To", "Subject", "References", "Message-ID", "Content-Type"]),
            st.text(max_size=80),
        )
    )
)
def test_no_fields_make_reading_raise(fields: list[tuple[str, str]]) -> None:
    letter(*(f"{name}: {value}" for name, value in fields))


def test_every_part_has_a_limit() -> None:
    ids = " ".join(f"<{n}@example.net>" for n in range(1000))
    many = ", ".join(f"a{n}@example.net" for n in range(2000))
    found = letter(f"References: {ids}", f"To: {many}", f"Subject: {'x' * 100_000}")
    assert len(found.references) == MOST_REFERENCES
    assert found.references[0] == "0@example.net", "what began it is kept"
    assert found.references[-1] == "999@example.net"
    assert len(found.recipients) == MOST_RECIPIENTS
    assert len(found.subject) == 1000
    assert letter(f"Message-ID: <{'x' * 999}>").message_id == ""
    assert letter("Message-ID: utan.klamrar@example.net").message_id == "utan.klamrar@example.net"


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("a@example.org", True),
        ("a@mail.example.org", True),
        ("a@xexample.org", False),
        ("teknik@example.net", True),
        ("xteknik@example.net", False),
        ("", False),
    ],
)
def test_a_domain_has_all_that_is_below_it(address: str, is_one: bool) -> None:
    assert is_among(address, frozenset({"example.org", "teknik@example.net"})) is is_one


@pytest.mark.parametrize(
    ("to", "holds", "what"),
    [
        ("fragare@example.net", "sent", "answered"),
        ("fragare@example.net, teknik@example.org", "sent", "answered"),
        ("teknik@example.org", "sent", "forwarded"),
        ("teknik@example.org", "questions", None),
        ("kollega@example.org", "sent", None),
        ("arenden@example.com, fragare@example.net", "questions", "answered"),
    ],
)
def test_an_answer_goes_to_somebody_outside(to: str, holds: str, what: str | None) -> None:
    assert what_we_wrote(letter(f"To: {to}"), holds, mailbox()) == what  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sender", "holds", "is_"),
    [
        ("fragare@example.net", "questions", "asks"),
        ("nagon.annan@example.net", "sent", "ours"),
        ("kollega@example.org", "questions", "ours"),
        ("arenden@example.com", "questions", "ours"),
        ("formular@example.org", "questions", "e_service"),
        ("", "questions", "asks"),
    ],
)
def test_who_writes_is_told_by_the_address_and_the_folder(
    sender: str, holds: str, is_: str
) -> None:
    assert role(letter(f"From: {sender}"), holds, mailbox()) == is_  # type: ignore[arg-type]
