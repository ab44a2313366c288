"""What is wrong with a Kafka is told by who must act, and at once where it can be."""

import socket
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kafka import KafkaAdminClient
from kafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    PolicyViolationError,
    TopicAuthorizationFailedError,
)

from streams.addresses import KAFKA, read_address
from streams.kafka.administration import connect, create, faults
from streams.kafka.topics import TopicError, wanted


def an_admin(
    *fenced: bool, error: KafkaError | None = None, servers: str = KAFKA
) -> KafkaAdminClient:
    """Kafka's client, where it meets us: nodes without topics, and a refusal."""

    def refuse(_topics: object, **_: object) -> None:
        if error:
            raise error

    brokers = [{"node_id": number, "is_fenced": is_so} for number, is_so in enumerate(fenced)]
    client = SimpleNamespace(
        config={"bootstrap_servers": servers.split(",")},
        list_topics=list[str],
        create_topics=refuse,
        describe_topics=lambda names: [{"name": name, "error_code": 3} for name in names],
        describe_cluster=lambda: {"brokers": brokers},
    )
    return cast("KafkaAdminClient", client)


@pytest.mark.parametrize(
    ("fenced", "replication", "said"),
    [
        (
            [False],
            3,
            "det finns 1 Kafka-nod, men 3 kopior begärs: "
            "på en egen maskin, kör med --replication 1.",
        ),
        (
            [False, True, False],
            3,
            "det finns 2 Kafka-noder, men 3 kopior begärs: kör med --replication 2.",
        ),
        ([False], 1, "ämnena kunde inte skapas (InvalidReplicationFactorError): se i Kafkas logg"),
    ],
)
def test_more_copies_than_nodes_is_told_in_numbers(
    fenced: list[bool], replication: int, said: str
) -> None:
    admin = an_admin(*fenced, error=InvalidReplicationFactorError())
    with pytest.raises(TopicError) as told:
        create(admin, wanted(replication=replication))
    assert str(told.value).startswith(said)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TopicAuthorizationFailedError(), "Kafka låter inte oss skapa ämnen"),
        (PolicyViolationError(), "ämnena kunde inte skapas (PolicyViolationError)"),
    ],
)
def test_other_refusals_say_nothing_of_copies(error: KafkaError, said: str) -> None:
    with pytest.raises(TopicError) as told:
        create(an_admin(False, error=error), wanted())
    assert str(told.value).startswith(said)
    assert "kopior" not in str(told.value)


def test_what_makes_a_missing_topic_names_the_kafka_unless_it_is_the_usual() -> None:
    (usual, *_) = faults(an_admin(), wanted())
    (other, *_) = faults(an_admin(servers="a:1,b:2"), wanted())
    assert usual == "svarsgrad.calls finns inte: kör svarsgrad topics"
    assert other == "svarsgrad.calls finns inte: kör svarsgrad topics --kafka a:1,b:2"


@pytest.mark.parametrize(
    "typed", ["127.0.0.1", "9092", "a:1,", "a:b", "a:0", "a:65536", "a b:1", "http://a:1", ""]
)
def test_what_is_no_address_is_told_at_once(typed: str) -> None:
    before = time.monotonic()
    with pytest.raises(TopicError, match="är ingen adress; skriv värd:port, till exempel 127"):
        connect(typed)
    assert time.monotonic() - before < 1


@pytest.mark.parametrize(
    ("typed", "address"),
    [(" a:1 ", ("a", 1)), ("[::1]:9092", ("::1", 9092)), ("::1:9092", ("::1", 9092))],
)
def test_an_address_is_a_host_and_a_port(typed: str, address: tuple[str, int]) -> None:
    assert read_address(typed) == address


@pytest.mark.parametrize(
    ("typed", "error", "said"),
    [
        ("finns.inte:1", socket.gaierror(socket.EAI_NONAME, ""), "(namnet är okänt)"),
        ("finns.inte:1", socket.gaierror(socket.EAI_AGAIN, ""), "(namnet kan inte slås upp nu)"),
        ("a..b:1,c:2", UnicodeError(), "a..b:1,c:2 går inte att nå (namnet är okänt)"),
    ],
)
def test_a_name_that_has_no_address_is_told_at_once(
    typed: str, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(TopicError) as told:
        connect(typed)
    assert said in str(told.value)


def test_one_name_that_is_known_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(host: str, *_: object, **__: object) -> list[Any]:
        if host != "known":
            raise socket.gaierror(socket.EAI_NONAME, "")
        return []

    tried = []
    monkeypatch.setattr(socket, "getaddrinfo", known)
    monkeypatch.setattr(
        "streams.kafka.administration.KafkaAdminClient", lambda **given: tried.append(given)
    )
    connect("unknown:1, known:2")
    assert [given["bootstrap_servers"] for given in tried] == [["unknown:1", "known:2"]]
