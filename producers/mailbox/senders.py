"""Who writes, and what it is that we write: by addresses and headers, as the catalogue says."""

from collections.abc import Iterable
from typing import Literal

from producers.mailbox.letter import Letter
from producers.mailbox.memory import What
from producers.mailbox.source import Holds
from streams.domain.catalogue import Mailbox

Role = Literal["asks", "e_service", "ours"]


def role(letter: Letter, holds: Holds, mailbox: Mailbox) -> Role:
    """Return whether a message in a folder asks, by e-mail or e-service, or is one of ours.

    A copy of an answer that reaches a mailbox is ours as much as what lies among what was sent; so
    is what a case system writes, and whoever questions are forwarded to.
    """
    if holds == "sent":
        return "ours"
    if is_among(letter.sender, mailbox.e_service_senders):
        return "e_service"
    ours = (mailbox.case_senders, mailbox.own, mailbox.forwarded_to)
    return "ours" if any(is_among(letter.sender, its) for its in ours) else "asks"


def what_we_wrote(letter: Letter, holds: Holds, mailbox: Mailbox) -> What | None:
    """Return what a message of ours is to the question that it belongs to; None for nothing.

    What a case system sends is written by a program and an answer all the same, but for its
    acknowledgements, which are replies to whatever comes. An answer goes to somebody outside. What
    only goes to those whom questions are forwarded to is forwarding if it lies among what was
    sent, and what colleagues write to each other is nothing.
    """
    is_of_cases = letter.nature == "automatic" and is_among(letter.sender, mailbox.case_senders)
    if letter.nature == "auto_reply" or (letter.nature == "automatic" and not is_of_cases):
        return "auto_replied"
    if letter.nature != "person" and not is_of_cases:
        return None
    inside = (mailbox.own, mailbox.forwarded_to)
    if any(not any(is_among(to, its) for its in inside) for to in letter.recipients):
        return "answered"
    passed_on = any(is_among(to, mailbox.forwarded_to) for to in letter.recipients)
    return "forwarded" if passed_on and holds == "sent" else None


def is_among(address: str, senders: frozenset[str]) -> bool:
    """Say whether an address is one of these, or in one of these domains or below it."""
    if address in senders:
        return True
    domain = address.rpartition("@")[2]
    return bool(domain) and any(its in senders for its in _above(domain))


def _above(domain: str) -> Iterable[str]:
    while domain:
        yield domain
        domain = domain.partition(".")[2]
