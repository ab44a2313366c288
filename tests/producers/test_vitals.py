"""What a producer says of itself: metrics at an address, and that its source is alive."""

import socket
import urllib.request
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from producers.vitals import Pulse, Vitals, shown
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
