"""Why Kafka does not take us, in words: the client libraries try again for ever and don't say.

A broker that is away is no refusal: it is waited for.

Source: docs/decisions/0013-kafka-security.md.
"""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.addresses import read_address
from streams.kafka.security import PREFIX, KafkaSecurity

Address = tuple[str, int]
"""Host and port."""
PATIENCE_SECONDS: Final = 5.0
ANOTHER_HOST: Final = "gäller inte för den värden", "ange värden som i certifikatet, med --kafka"
CERTIFICATES: Final = {
    9: ("gäller inte än", "rätta klockan eller certifikatet"),
    10: ("har gått ut", "förnya det"),
    62: ANOTHER_HOST,
    64: ANOTHER_HOST,
}
"""What is wrong with a certificate, and what to do, by OpenSSL's number."""
NOT_TRUSTED: Final = (
    "är inte utfärdat av någon vi litar på",
    f"ange utfärdarens certifikat i {PREFIX}CA_FILE",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a server does not take us, and what to do, in one line."""

    why: str
    is_certain: bool = True
    """Or it may only be on its way down, or up."""


def refusal(servers: str, security: KafkaSecurity, *, has_failed: bool = False) -> Refusal | None:
    """Return what :func:`refused_by` does. Not to be called on an event loop."""
    if not (has_failed or _can_be_refused(security)):
        return None
    return asyncio.run(refused_by(servers, security, has_failed=has_failed))


async def refused_by(
    servers: str, security: KafkaSecurity, *, has_failed: bool = False
) -> Refusal | None:
    """Return why a server refuses us; None if another takes us, or all are away.

    ``has_failed`` says that a client has tried in vain: then it is also told when a server that
    answers seems to speak otherwise than we do.
    """
    if not (has_failed or _can_be_refused(security)):
        return None
    asked = [address for text in servers.split(",") if (address := read_address(text))]
    answers = [await _answer(*address, security) for address in asked]
    for at, answer in zip(asked, answers, strict=True):
        if isinstance(answer, set):
            return await _misled(at, answer.difference(asked), security) if has_failed else None
    refusals = [one for one in answers if isinstance(one, Refusal)]
    certain = [one for one in refusals if one.is_certain]
    return next(iter(certain or (refusals if has_failed else ())), None)


def _can_be_refused(security: KafkaSecurity) -> bool:
    """Say whether there is a certificate or a user; a broker without knows nobody to refuse."""
    return security.context is not None or security.has_user


async def _misled(
    at: Address, others: Iterable[Address], security: KafkaSecurity
) -> Refusal | None:
    """Return what is wrong with where a server that takes us says that the brokers are.

    None if one of them takes us, or there are no others.
    """
    fault = None
    for other in sorted(others):
        answer = await _answer(*other, security)
        if isinstance(answer, set):
            return None
        there = f"Kafka på {_text(at)} hänvisar till {_text(other)}"
        if isinstance(answer, Refusal):
            what = answer.why.partition(": ")[0]
            fault = Refusal(f"{there}, men {what}: rätta advertised.listeners i Kafka", False)
        else:
            fault = Refusal(f"{there}, som inte svarar: rätta advertised.listeners i Kafka", False)
    return fault


def _text(address: Address) -> str:
    return f"{address[0]}:{address[1]}"


async def _answer(host: str, port: int, security: KafkaSecurity) -> set[Address] | Refusal | None:
    """Return where a server that takes us says that the brokers are, or why it refuses us.

    None of one that is away.
    """
    try:
        connection = await create_conn(
            host, port, request_timeout_ms=int(PATIENCE_SECONDS * 1000), **security.options()
        )
        try:
            metadata = await connection.send(MetadataRequest([]))
        finally:
            connection.close()
    except (OSError, TimeoutError, KafkaError) as error:
        return _in_words(error, f"{host}:{port}", security)
    return {(host, port) for _, host, port, *_ in metadata.brokers}


def _of_tls(error: ssl.SSLError, at: str, security: KafkaSecurity) -> str:
    """Return what is wrong with their certificate, with ours, or with the ways to speak."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why, what_to_do = CERTIFICATES.get(error.verify_code, NOT_TRUSTED)
        return f"certifikatet hos Kafka på {at} {why}: {what_to_do}"
    why = error.reason or "okänt fel"
    if security.certificate and "ALERT" in why:
        return (
            f"Kafka på {at} godtar inte {PREFIX}CERT_FILE={security.certificate} ({why}): "
            "förnya det, eller se att Kafka litar på dess utfärdare"
        )
    return f"Kafka på {at} och vi har ingen TLS gemensam ({why}): tillåt TLS 1.2 eller 1.3 i Kafka"


def _own_certificate(security: KafkaSecurity) -> str:
    """Return what may be wrong with our own certificate, to be said last."""
    if security.certificate:
        return f"; eller så godtar den inte {PREFIX}CERT_FILE={security.certificate}: förnya det"
    return f", eller eget certifikat med {PREFIX}CERT_FILE" if security.context else ""


def _in_words(error: Exception, at: str, security: KafkaSecurity) -> Refusal | None:
    """Return what an error says of us; None if it is about Kafka alone."""
    if isinstance(error, ssl.SSLError):
        return Refusal(_of_tls(error, at, security))
    if isinstance(error, SaslAuthenticationFailed):
        return Refusal(
            f"Kafka på {at} godtar inte användaren {security.user} med det lösenordet "
            f"({security.mechanism}): rätta {PREFIX}USER eller filen i {PREFIX}PASSWORD_FILE"
        )
    if isinstance(error, (IllegalSaslStateError, UnsupportedSaslMechanismError)):
        return Refusal(
            f"Kafka på {at} tar inte emot {security.mechanism}: "
            f"ange en annan med {PREFIX}MECHANISM"
        )
    if isinstance(error, (ConnectionResetError, KafkaConnectionError)):
        # One that asks for a client's certificate closes the connection too.
        return Refusal(
            f"något svarar på {at}, men inte på {security.protocol}: ange en annan port, eller "
            f"hur den talar med {PREFIX}PROTOCOL{_own_certificate(security)}",
            is_certain=False,
        )
    return None
