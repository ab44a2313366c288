"""Every answer of an intake, over real connections and with a real Kafka behind it."""

import asyncio
import json
import re
import socket
import ssl
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_run import BATCHED, STRUCTURED, Answer, Make, Running, certificate
from poison import PERSON, traces_of
from pushing import NUMBER, call, case, token_line, tokens_file

from producers.intake.grants import new_token
from producers.intake.limits import MAX_BODY_BYTES, MAX_EVENTS
from stack.broker import Broker
from streams import metrics as m
from streams.domain.events import decode, elements

PROBLEM = "application/problem+json"


def is_problem(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == PROBLEM
    assert answer.said["status"] == status
    assert answer.said["detail"]
    assert not traces_of(answer.body.decode())


def test_three_ways_to_push_put_the_same_event_into_kafka(shared: Running) -> None:
    event = call("tre sätt: å, 100 %", caller=NUMBER)
    attributes = {f"ce-{key}": quote(str(value)) for key, value in event.items() if key != "data"}
    ways: list[tuple[Any, str, dict[str, str]]] = [
        (event, STRUCTURED, {}),
        ([event], BATCHED, {}),
        (event["data"], "application/json", attributes),
    ]
    for body, kind, headers in ways:
        answer = shared.push(json.dumps(body).encode(), kind=kind, **headers)
        assert (answer.status, answer.said) == (202, {"accepted": 1})
    same = shared.events("calls")[-3:]
    assert same[0] == same[1] == same[2]
    assert same[0]["data"]["queue"] == "vaxel"
    assert len(same[0]["data"]["caller"]) == 16


def test_a_batch_of_several_kinds_goes_to_the_topic_of_each_keyed_by_municipality(
    shared: Running,
) -> None:
    opened, contacted = case(1), case(1, "contacted")
    mail = case(2, "received") | {"type": "se.svarsgrad.email.received.v1"}
    mail["data"] = {"queue": "epost", "received_at": mail["time"]}
    assert shared.push([opened, mail, contacted], by="arenden").said == {"accepted": 3}
    assert [event["type"].split(".")[3] for event in shared.events("cases")[-2:]] == [
        "opened",
        "contacted",
    ]
    assert shared.events("emails")[-1]["data"]["queue"] == "epost"
    assert {record.key for log in shared.logs() for record in log.records} == {b"lulea"}


def test_an_empty_batch_is_accepted(shared: Running) -> None:
    assert shared.push([]).said == {"accepted": 0}


def test_a_batch_is_all_or_nothing_and_each_fault_is_told_by_its_place(shared: Running) -> None:
    before = len(shared.events("calls"))
    wrong = call(2, caller="x" * 201)
    answer = shared.push([call(1), wrong, call(3, queue="arenden"), call(4)])
    is_problem(answer, 400)
    told = [(its["index"], its["field"], its["reason"]) for its in answer.said["errors"]]
    assert told == [(1, "$.data.caller", "invalid"), (2, "$.data.queue", "queue_not_allowed")]
    assert len(shared.events("calls")) == before


def test_of_very_many_faults_the_first_are_told_and_all_are_counted(shared: Running) -> None:
    answer = shared.push([call(queue="arenden")] * MAX_EVENTS)
    is_problem(answer, 403)
    assert answer.said["faults"] == MAX_EVENTS
    assert len(answer.said["errors"]) == 20


def test_another_source_can_not_speak_of_a_queue_nor_mean_the_same_thing(shared: Running) -> None:
    is_problem(shared.push(call(7), by="arenden"), 403)
    is_problem(shared.push(call(7) | {"partitionkey": "boden"}), 403)
    assert shared.push(case("samma", queue="arenden"), by="arenden").status == 202
    is_problem(shared.push(case("samma", queue="arenden"), by="ace"), 403)
    assert shared.push(case("samma", queue="vaxel"), by="ace").status == 202
    one, other = shared.events("cases")[-2:]
    assert one["subject"] != other["subject"]
    assert one["id"] != other["id"]


@pytest.mark.parametrize(
    "told", ["", "Bearer", "Bearer fel", "Basic eDp5", "Bearer svg_" + "a" * 43]
)
def test_without_a_token_in_use_there_is_nothing(shared: Running, told: str) -> None:
    for method, path in (("POST", "/events"), ("GET", "/alive")):
        answer = shared.ask(method, path, b"{}", Authorization=told, Content_Type=STRUCTURED)
        is_problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/event", "/events/", "/metrics", f"/{quote(PERSON)}"])
def test_nothing_else_is_found(shared: Running, path: str) -> None:
    is_problem(shared.ask("GET", path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/events", "POST"), ("PUT", "/events", "POST"), ("POST", "/alive", "GET, HEAD")],
)
def test_another_method_is_told_which_to_use(
    shared: Running, method: str, path: str, allowed: str
) -> None:
    answer = shared.ask(method, path)
    is_problem(answer, 405)
    assert answer.headers["allow"] == allowed


def raw(running: Running, *said: bytes, pause: float = 0.1) -> bytes:
    """Say something over a connection of one's own; return all that is answered within 2 s."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=2) as connection:
        for part in said:
            connection.sendall(part)
            time.sleep(pause)
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except OSError:
            pass
        return answer


def head(running: Running, *lines: str) -> bytes:
    token = running.tokens["ace"]
    told = ("POST /events HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", *lines)
    told += ("Connection: close",)
    return ("\r\n".join(told) + "\r\n\r\n").encode()


KIND = f"Content-Type: {STRUCTURED}"


def test_a_body_needs_a_length_or_chunks(shared: Running) -> None:
    assert b" 411 " in raw(shared, head(shared, KIND))
    body = json.dumps(call()).encode()
    half = len(body) // 2
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b"")]
    answer = raw(shared, head(shared, KIND, "Transfer-Encoding: chunked"), *chunks)
    assert answer.startswith(b"HTTP/1.1 202")


def test_a_body_that_is_too_large_is_refused_before_it_is_read_or_as_soon_as_it_is_known(
    shared: Running,
) -> None:
    told = raw(shared, head(shared, KIND, f"Content-Length: {MAX_BODY_BYTES + 1}"))
    assert told.startswith(b"HTTP/1.1 413")
    chunk = b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
    many = raw(shared, head(shared, KIND, "Transfer-Encoding: chunked"), *[chunk] * 10, pause=0.01)
    assert many.startswith(b"HTTP/1.1 413")
    is_problem(shared.push([call()] * (MAX_EVENTS + 1)), 413)


def test_a_body_as_large_as_it_may_be_is_taken(shared: Running) -> None:
    body = json.dumps([case(n, queue="vaxel") for n in range(MAX_EVENTS)]).encode()
    assert shared.push(body.ljust(MAX_BODY_BYTES), kind=BATCHED).said == {"accepted": MAX_EVENTS}


@pytest.mark.parametrize(
    "lines",
    [
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -5",),
        ("Transfer-Encoding: gzip, chunked",),
    ],
)
def test_a_length_that_can_be_read_two_ways_is_never_accepted(
    shared: Running, lines: tuple[str, ...]
) -> None:
    answer = raw(shared, head(shared, KIND, *lines) + b"zz\r\nhello", pause=0)
    assert answer[9:12] in {b"400", b"415", b""}


def test_a_chunk_that_is_none_is_400(shared: Running) -> None:
    begun = head(shared, KIND, "Transfer-Encoding: chunked")
    for said in ([begun, b"zz\r\nhello\r\n"], [begun + b"2\r\n{}\r\n-5\r\n"]):
        for pause in (0.1, *[0.0] * 20):
            answer = raw(shared, *said, pause=pause)
            assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))


def test_whoever_asks_first_is_told_to_go_on(shared: Running) -> None:
    body = json.dumps(call()).encode()
    lines = (KIND, f"Content-Length: {len(body)}", "Expect: 100-continue")
    answer = raw(shared, head(shared, *lines), body)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202")
    lines = (KIND, f"Content-Length: {len(body)}", "Expect: a-miracle")
    assert raw(shared, head(shared, *lines)).startswith(b"HTTP/1.1 417")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("text/plain", {}),
        ("application/json", {}),
        ("application/cloudevents+xml", {}),
        (STRUCTURED + "; charset=latin-1", {}),
        (STRUCTURED, {"Content_Encoding": "gzip"}),
    ],
)
def test_another_kind_of_body_is_told_which_to_send(
    shared: Running, kind: str, more: dict[str, str]
) -> None:
    answer = shared.push(b"{}", kind=kind, **more)
    is_problem(answer, 415)
    assert STRUCTURED in answer.headers["accept-post"]


def test_a_connection_is_kept_for_the_next_request(shared: Running) -> None:
    body = json.dumps(call()).encode()
    headers = {"Authorization": f"Bearer {shared.tokens['ace']}", "Content-Type": STRUCTURED}
    connection = HTTPConnection("127.0.0.1", shared.port, timeout=5)
    connection.connect()
    kept = connection.sock
    for body_sent, status in ((body, 202), (b"{}", 400), (body, 202)):
        connection.request("POST", "/events", body_sent, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    assert connection.sock is kept
    connection.close()


def test_what_others_ask_about_it_is_answered(shared: Running) -> None:
    assert shared.ask("GET", "/healthz").said == {"ok": True}
    assert shared.ask("GET", "/readyz").said == {"ok": True}
    assert shared.ask("HEAD", "/healthz").status == 200
    assert shared.ask("GET", "/openapi.json").said["openapi"] == "3.1.0"
    scraped = shared.scraped()
    assert scraped.count("# TYPE svarsgrad_source_events_total counter") == 1
    assert 'svarsgrad_source_events_total{municipality="lulea",source="arenden"}' in scraped
    assert 'svarsgrad_intake_answers_total{status="200"}' in scraped
    shown = set(re.findall(r"^# TYPE (svarsgrad_\w+?)(?:_total)? ", scraped, re.MULTILINE))
    assert shown == {m.PREFIX + metric.name for metric in (*m.PRODUCER, *m.INTAKE)}
    assert shared.ask("GET", "/events", port=shared.metrics).status == 404
    assert shared.ask("GET", "/metrics", port=shared.metrics).status == 401
    assert shared.ask("GET", "/healthz", port=shared.metrics).said == {"ok": True}
    is_problem(shared.ask("GET", "/metrics"), 404)


async def test_a_thousand_at_a_time_are_all_answered(shared: Running) -> None:
    headers = {"Authorization": f"Bearer {shared.tokens['ace']}", "Content-Type": STRUCTURED}
    url = f"http://127.0.0.1:{shared.port}/events"
    statuses: Counter[int] = Counter()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def push(number: int) -> None:
            for _ in range(2):
                body = json.dumps(call(f"tusen-{number}")).encode()
                async with session.post(url, data=body, headers=headers) as answer:
                    statuses[answer.status] += 1

        await asyncio.gather(*(push(number) for number in range(1000)))
    assert statuses == {202: 2000}
    found = Counter(event["subject"] for event in await asyncio.to_thread(shared.events, "calls"))
    assert sum(1 for times in found.values() if times == 2) >= 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
KEYS = ("id", "source", "type", "subject", "time", "partitionkey", "data", "specversion")


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, str]:
    """Draw a body, near to what is right or far from it, that a person stands in; and its kind."""
    kind = draw(st.sampled_from([STRUCTURED, BATCHED, "application/json"]))
    event: dict[str, Any] = call(PERSON, caller=PERSON)
    for key in draw(st.sets(st.sampled_from(KEYS), max_size=2)):
        event[key] = draw(JSON | st.just(PERSON))
    for key in draw(st.sets(st.sampled_from(["queue", "arrived_at", "caller", PERSON]))):
        if isinstance(event["data"], dict):
            event["data"][key] = draw(JSON | st.just(PERSON))
    body = json.dumps([event] if kind == BATCHED else event).encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=6)) + body[at + draw(st.integers(0, 9)) :]
    return draw(st.sampled_from([body, PERSON.encode() + body, draw(st.binary()) or body])), kind


@settings(max_examples=300)
@given(bodies())
def test_no_body_is_our_fault_and_nothing_of_a_person_is_told(
    shared: Running, drawn: tuple[bytes, str]
) -> None:
    body, kind = drawn
    headers = {"ce-subject": quote(PERSON), "ce-id": quote(PERSON)} if "json" in kind else {}
    answer = shared.push(body, kind=kind, **headers)
    assert answer.status in {202, 400, 403, 413, 415}
    assert not traces_of(answer.body.decode())


def test_nothing_of_a_person_stands_in_the_topics_the_log_or_the_metrics(shared: Running) -> None:
    told = call(PERSON, caller=NUMBER, note=PERSON) | {"id": PERSON, "source": f"/{PERSON}"}
    assert shared.push(told | {"traceparent": PERSON}).status == 202
    is_problem(shared.push(told | {"type": PERSON}), 400)
    is_problem(shared.push(told | {"partitionkey": PERSON}), 403)
    is_problem(shared.push([told | {"data": {"queue": PERSON, "arrived_at": PERSON}}]), 400)
    for log in shared.logs():
        for record in log.records:
            assert not traces_of((record.value or b"").decode())
            for element in elements(record.value or b""):
                assert decode(element).type
    for text in (shared.console, shared.scraped()):
        assert not traces_of(text)
    for file in shared.directory.iterdir():
        if file.is_file():
            assert not traces_of(file.read_text("utf-8", "replace"))
    for token in shared.tokens.values():
        assert token not in shared.console + shared.scraped()


def test_a_token_that_sends_too_much_is_told_when_to_come_back(
    broker: Broker, make_intake: Make
) -> None:
    with make_intake(broker, "takten", events_per_second=400) as running:
        batch = [call(number) for number in range(MAX_EVENTS)]
        answers = [running.push(batch) for _ in range(10)]
        assert [its.status for its in answers[:8]] == [202] * 8
        is_problem(answers[-1], 429)
        assert running.push([case(queue="epost")], by="arenden").status == 202
        wait = int(answers[-1].headers["retry-after"])
        assert 1 <= wait <= 2
        time.sleep(wait)
        assert running.push(batch).status == 202


def test_whoever_comes_back_as_told_is_let_in_however_little_it_may_send(
    broker: Broker, make_intake: Make
) -> None:
    with make_intake(broker, "langsam", events_per_second=1) as running:
        assert running.push([call(number) for number in range(MAX_EVENTS)]).status == 202
        batch = [call(number) for number in range(3)]
        waited = 0
        while (answer := running.push(batch)).status == 429:
            waited += (wait := int(answer.headers["retry-after"]))
            assert waited <= 5, "each attempt takes what had come since the last"
            time.sleep(wait)
        assert answer.status == 202


def test_tokens_are_changed_while_it_runs_and_a_mistake_changes_nothing(
    broker: Broker, make_intake: Make
) -> None:
    with make_intake(broker, "bytet") as running:
        file = running.directory / "tokens.yaml"
        old, new = running.tokens["ace"], new_token()
        tokens_file(file, [token_line(old), token_line(new)])
        running.wait_for("på nytt: 2 token för 1 källa")
        assert [running.push(call(), by=token).status for token in (old, new)] == [202, 202]
        tokens_file(file, [token_line(new, "acce")])
        running.wait_for(
            "Det som gällde förut gäller fortfarande: tokens.yaml rad 2, tokens[0].source"
        )
        assert [running.push(call(), by=token).status for token in (old, new)] == [202, 202]
        tokens_file(file, [token_line(new)])
        running.wait_for("på nytt: 1 token för 1 källa")
        assert [running.push(call(), by=token).status for token in (old, new)] == [401, 202]
        file.unlink()
        running.wait_for("går inte att läsa")
        assert running.push(call(), by=new).status == 202


def test_while_the_key_of_a_caller_can_not_be_had_the_call_is_to_come_again_and_it_is_said_once(
    broker: Broker, make_intake: Make
) -> None:
    with make_intake(broker, "nyckeln") as running:
        keys = running.directory / "callers.keys"
        whole = keys.read_text()
        keys.write_text("trasig\n")
        before = datetime.now(UTC) - timedelta(days=2)  # whose key is in no zone in mind yet
        for _ in range(3):
            is_problem(running.push(call(at=before, caller=NUMBER)), 503)
        assert running.console.count("callers.keys är trasig på rad 1") == 1
        assert running.push(call(at=before)).status == 202
        keys.write_text(whole)
        assert running.push(call(at=before, caller=NUMBER)).status == 202


def test_a_heartbeat_is_sent_for_whoever_asks_regularly_and_for_nobody_else(
    broker: Broker, make_intake: Make
) -> None:
    with make_intake(broker, "livet") as running:
        tokens_file(
            running.directory / "tokens.yaml",
            [
                token_line(running.tokens["ace"], alive="asks"),
                token_line(running.tokens["arenden"], "arenden"),
            ],
        )
        running.wait_for("på nytt")
        ask = {who: {"Authorization": f"Bearer {token}"} for who, token in running.tokens.items()}
        assert running.ask("GET", "/alive", **ask["arenden"]).said == {"heartbeats": False}
        assert running.push(case(), by="arenden").status == 202
        is_problem(running.push(call(queue="arenden")), 403)
        assert running.events("presence") == []
        assert running.push(call()).status == 202
        for _ in range(3):
            assert running.ask("GET", "/alive", **ask["ace"]).said == {"heartbeats": True}
        (beat,) = running.events("presence")
        assert beat["type"] == "se.svarsgrad.presence.heartbeat.v1"
        assert (beat["subject"], beat["partitionkey"]) == ("ace", "lulea")


async def test_a_request_that_is_being_read_at_the_end_has_its_answer(
    broker: Broker, make_intake: Make
) -> None:
    with make_intake(broker, "slutet") as running:
        body = json.dumps(call()).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(head(running, KIND, f"Content-Length: {len(body)}") + body[:20])
        await asyncio.sleep(0.3)
        process = running.process._process
        assert process is not None
        process.terminate()
        await asyncio.sleep(0.5)
        with pytest.raises(OSError, match="Connect"):
            await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(body[20:])
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 202")
        assert await asyncio.to_thread(process.wait, 5) == 0
        assert len(await asyncio.to_thread(running.events, "calls")) == 1


async def test_it_speaks_tls_and_takes_a_new_certificate_without_a_restart(
    broker: Broker, make_intake: Make, tmp_path: Any
) -> None:
    cert, key = certificate(tmp_path, "intake")
    with make_intake(broker, "tls", "--cert", str(cert), "--key", str(key)) as running:

        async def served() -> bytes:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            _, writer = await asyncio.open_connection("127.0.0.1", running.port, ssl=context)
            found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
            return bytes(found)

        first = await served()
        assert raw(running, b"GET /healthz HTTP/1.1\r\n\r\n") == b""
        key.write_text("trasig")
        await asyncio.to_thread(running.wait_for, "Det som gällde förut gäller fortfarande")
        assert await served() == first
        certificate(tmp_path, "intake")
        await asyncio.to_thread(running.wait_for, "intake.crt på nytt")
        assert await served() != first
