"""What a producer says of itself: metrics at an address, and that its source is alive."""

import json
import socket
import time
import urllib.request
from collections import Counter
from threading import Event
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from producers.vitals import Pulse, Turning, Vitals, shown
from stack.loopback import request
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.events import decode, encode
from streams.endpoints import ListenError

NOW = 1_790_000_000_000_000
ITS = {"municipality": "lulea", "source": "vaxel-pbx"}


def fetched(port: int) -> dict[str, list[tuple[dict[str, str], float]]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = list(parsed(answer.read().decode()))
    return {
        family.name: [(dict(its.labels), its.value) for its in family.samples]
        for family in families
    }


def test_metrics_are_those_of_the_table_and_no_data_is_no_sample() -> None:
    vitals = Vitals(**ITS)
    (port,) = free_ports(1)
    with shown(vitals, f"127.0.0.1:{port}"):
        first = fetched(port)
        vitals.read, vitals.events, vitals.latest = 7, 5, NOW
        vitals.faults = Counter(malformed=2)
        vitals.checked_at, vitals.is_waiting = 1_790_000_001.5, True
        then = fetched(port)
    names = {m.PREFIX + metric.name for metric in m.PRODUCER}
    assert set(first) == set(then) == names
    assert first["svarsgrad_source_read"] == [(ITS, 0)]
    for absent in ("unusable", "checked_seconds", "latest_event_seconds"):
        assert first[f"svarsgrad_source_{absent}"] == []
    assert then == {
        "svarsgrad_source_read": [(ITS, 7)],
        "svarsgrad_source_events": [(ITS, 5)],
        "svarsgrad_source_unusable": [({**ITS, "fault": "malformed"}, 2)],
        "svarsgrad_source_checked_seconds": [(ITS, 1_790_000_001.5)],
        "svarsgrad_source_latest_event_seconds": [(ITS, 1_790_000_000)],
        "svarsgrad_source_waiting_for_kafka": [(ITS, 1)],
    }
    with pytest.raises(OSError, match="refused"):
        fetched(port)


def test_an_address_that_is_none_or_taken_is_said_in_one_line() -> None:
    vitals = Vitals(**ITS)
    with shown(vitals, None):
        pass
    with pytest.raises(ListenError, match="saknar värd eller port"):
        shown(vitals, "9109")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError, match="upptagen"), shown(vitals, address):
            pass


def probed(port: int, path: str) -> tuple[int, Any]:
    status, body = request(port, "GET", path)
    return status, json.loads(body)


def test_probes_hear_whether_the_loop_turns_and_the_source_can_be_read() -> None:
    vitals = Vitals(**ITS)
    (port,) = free_ports(1)
    with shown(vitals, f"127.0.0.1:{port}"):
        assert probed(port, "/healthz") == (200, {"ok": True})
        not_yet = {"ok": False, "source": "has not been read yet"}
        assert probed(port, "/readyz") == (503, not_yet)
        vitals.checked_at = time.time()
        assert probed(port, "/readyz") == (200, {"ok": True})
        vitals.wait_for_kafka(is_waiting=True)
        assert probed(port, "/readyz") == (503, {"ok": False, "kafka": "does not take events"})
        assert probed(port, "/healthz")[0] == 200, "another process could do no more"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, {}), (600, {}), (601, {"loop": "has stood still for 601 s"})]
)
def test_a_loop_that_stands_still_is_not_well(seconds: float, said: dict[str, str]) -> None:
    vitals = Vitals(**ITS)
    assert vitals.health(vitals.turns_by + seconds) == said


def test_a_loop_that_asks_whether_to_stop_turns_and_one_that_waits_does_so_in_time() -> None:
    vitals, told = Vitals(**ITS), Event()
    stopping = Turning(told, vitals)
    vitals.turns_by = 0.0
    assert not stopping.is_set()
    assert time.monotonic() - vitals.turns_by < 60
    told.set()
    assert stopping.wait(1800.0), "without sleeping"
    assert vitals.turns_by - time.monotonic() > 1700, "that is no reason to end it"
    assert stopping.is_set()


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, {}), (120, {}), (121, {"source": "was last read 121 s ago"})]
)
def test_a_source_that_was_not_read_lately_is_not_ready(
    seconds: float, said: dict[str, str]
) -> None:
    vitals = Vitals(**ITS, checked_at=1000.0)
    assert vitals.readiness(1000.0 + seconds) == said


def test_where_others_could_listen_nothing_is_shown_in_the_clear() -> None:
    with pytest.raises(ListenError, match=r"--listen 0\.0\.0\.0:9109 nås från andra maskiner"):
        shown(Vitals(**ITS), "0.0.0.0:9109")


def test_a_heart_beats_every_half_minute_and_is_an_event_as_any_other() -> None:
    seconds = 0.0
    pulse = Pulse("lulea", "vaxel-pbx", lambda: seconds)
    (first,) = pulse.due(NOW)
    seconds = 29.9
    assert pulse.due(NOW + 1) == []
    seconds = 30.0
    (second,) = pulse.due(NOW + 2)
    assert (first.subject, first.partitionkey) == ("vaxel-pbx", "lulea")
    assert first.id != second.id
    assert decode(encode(first)) == first
