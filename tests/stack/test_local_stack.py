"""The local stack is real, keeps to loopback, keeps its data, and leaves nothing behind."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from stack.alertmanager import Alertmanager
from stack.broker import NO_PROPERTIES, Broker
from stack.errors import StackError
from stack.local import Stack, start_stack
from stack.loopback import request
from stack.ports import free_ports
from stack.process import Service
from stack.prometheus import Prometheus

REPOSITORY = Path(__file__).parents[2]
MakePrometheus = Callable[..., Prometheus]


def a_broker(
    directory: Path, lib: Path | None = None, properties: Mapping[str, str] = NO_PROPERTIES
) -> Broker:
    port, controller_port = free_ports(2)
    return Broker(directory, port, controller_port, lib, properties=properties)


def a_service(make: type[Service], directory: Path, port: int) -> Service:
    ports = [port, *free_ports(1)] if make is Broker else [port]
    return cast("Callable[..., Service]", make)(directory, *ports)


def new_topic(broker: Broker) -> str:
    topic = f"test.{uuid.uuid4().hex[:12]}"
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)) as admin:
        admin.create_topics([NewTopic(topic, 1, 1)])
    return topic


def produce(broker: Broker, topic: str, *values: bytes) -> None:
    servers = broker.bootstrap_servers
    with contextlib.closing(KafkaProducer(bootstrap_servers=servers, acks="all")) as producer:
        for value in values:
            producer.send(topic, value).get(timeout=20)


def consume(broker: Broker, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap_servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=20_000,
    )
    with contextlib.closing(consumer):
        return [record.value for _, record in zip(range(count), consumer, strict=False)]


def until(is_so: Callable[[], bool], within_seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + within_seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in {"Z", "X"}
    return False


def children(pid: int) -> list[int]:
    """The living children of all of a process's threads."""
    with contextlib.suppress(FileNotFoundError):
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]
    return []


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """The addresses where these processes take TCP connections or UDP datagrams of anybody."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                inodes.add(str(descriptor.readlink()))
    open_to_all = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
    found = set()
    for table, state in open_to_all.items():
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, has, *rest = line.split()
            if has == state and f"socket:[{rest[5]}]" in inodes:
                address, port = local.split(":")
                found.add((_address(address), int(port, 16)))
    return found


def _address(kernel: str) -> str:
    words = [bytes.fromhex(kernel[at : at + 8])[::-1] for at in range(0, len(kernel), 8)]
    return str(ip_address(b"".join(words)))


@pytest.fixture(scope="module")
def two_stacks() -> Iterator[tuple[Stack, Stack]]:
    """Two stacks, each of which scrapes a target of its own."""
    with (
        an_exporter("legs 42\n") as its,
        an_exporter("legs 7.5\n") as others,
        start_stack(targets=[its]) as one,
        start_stack(targets=[others]) as other,
    ):
        yield one, other


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with a_broker(tmp_path_factory.mktemp("å ä,ö")) as running:
        yield running


@contextlib.contextmanager
def an_exporter(text: str) -> Iterator[str]:
    """A target that Prometheus can scrape; its `host:port`."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


@contextlib.contextmanager
def in_foreground(
    directory: Path, once_it_says: str = "i gång"
) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """`python -m stack` as a process of its own, and the services that it has started by then."""
    ports = free_ports(3)
    names = ("--kafka-port", "--prometheus-port", "--alertmanager-port")
    options = [f"{name}={port}" for name, port in zip(names, ports, strict=True)]
    command = subprocess.Popen(
        [sys.executable, "-m", "stack", *options, f"--directory={directory}"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    services: list[int] = []
    try:
        read_until(command, once_it_says)
        services = children(command.pid)
        yield command, services
    finally:
        command.kill()
        command.communicate()
        for service in filter(is_alive, services):  # a test has failed; leave nothing all the same
            os.kill(service, signal.SIGKILL)


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"the stack ended without saying {text!r}")


def test_a_record_that_is_produced_can_be_consumed(broker: Broker) -> None:
    topic = new_topic(broker)
    produce(broker, topic, b"ett", b"tv\xc3\xa5")
    assert consume(broker, topic, 2) == [b"ett", b"tv\xc3\xa5"]


def test_two_stacks_run_side_by_side_and_share_nothing(two_stacks: tuple[Stack, Stack]) -> None:
    one, other = two_stacks
    topic = new_topic(one.broker)
    produce(one.broker, topic, b"ett")
    assert consume(one.broker, topic, 1) == [b"ett"]
    with contextlib.closing(
        KafkaAdminClient(bootstrap_servers=other.broker.bootstrap_servers)
    ) as admin:
        assert topic not in admin.list_topics()
    for stack in two_stacks:
        stack.check()


def test_nothing_listens_beyond_loopback(two_stacks: tuple[Stack, Stack]) -> None:
    for stack in two_stacks:
        broker, alertmanager, prometheus = stack.broker, stack.alertmanager, stack.prometheus
        pids = {service.pid for service in stack.services if service.pid is not None}
        assert len(pids) == 3
        ports = {broker.port, broker.controller_port, alertmanager.port, prometheus.port}
        assert listening(pids) == {("127.0.0.1", port) for port in ports}


def test_prometheus_sends_its_alerts_to_the_alertmanager_of_its_stack(
    two_stacks: tuple[Stack, Stack],
) -> None:
    def receivers(stack: Stack) -> bytes:
        return request(stack.prometheus.port, "GET", "/api/v1/alertmanagers")[1]

    one, other = two_stacks
    assert until(lambda: f'"{one.alertmanager.url}/api/'.encode() in receivers(one))
    assert until(lambda: f'"{other.alertmanager.url}/api/'.encode() in receivers(other))
    assert f'"{other.alertmanager.url}/api/'.encode() not in receivers(one)


def test_prometheus_scrapes_its_targets_and_follows_a_change_of_them(
    two_stacks: tuple[Stack, Stack],
) -> None:
    prometheus, other = (stack.prometheus for stack in two_stacks)
    (target,) = prometheus.targets
    assert until(lambda: bool(prometheus.query("legs")))
    assert prometheus.query("legs") == [
        ({"__name__": "legs", "instance": target, "job": "svarsgrad"}, 42.0)
    ]
    prometheus.set_targets(other.targets)
    assert until(lambda: [sample.value for sample in prometheus.query("legs")] == [7.5])
    assert prometheus.query("scalar(sum(legs) * 2)") == [({}, 15.0)]


def test_prometheus_says_what_it_does_not_accept(
    make_prometheus: MakePrometheus, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: []\n")
    prometheus = make_prometheus(rule_files=[rules])
    prometheus.reload()
    rules.write_text("groups: 7\n")
    with pytest.raises(StackError, match="läste inte om"):
        prometheus.reload()
    with pytest.raises(StackError, match=r"avvisade frågan.*parse error"):
        prometheus.query("sum(")


def test_alertmanager_works_by_the_configuration_it_is_given(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with Alertmanager(tmp_path, port) as alertmanager:
        alertmanager.reload("route: {receiver: other}\nreceivers: [{name: other}]\n")
        assert b"other" in request(port, "GET", "/api/v2/receivers")[1]
        with pytest.raises(StackError, match="läste inte om"):
            alertmanager.reload("route: {}\n")


def test_data_survive_a_stop_and_a_start(own_broker: Broker) -> None:
    topic = new_topic(own_broker)
    produce(own_broker, topic, b"ett")
    own_broker.stop()
    assert own_broker.pid is None
    assert (own_broker.directory / "data" / ".kafka_cleanshutdown").exists()
    own_broker.start()
    assert consume(own_broker, topic, 1) == [b"ett"]


def test_acknowledged_data_survive_kill_9_and_a_start(own_broker: Broker) -> None:
    topic = new_topic(own_broker)
    produce(own_broker, topic, b"ett")
    own_broker.kill()
    assert own_broker.pid is None
    own_broker.start()
    assert consume(own_broker, topic, 1) == [b"ett"]


def test_the_command_prints_addresses_and_leaves_nothing_running(tmp_path: Path) -> None:
    with in_foreground(tmp_path) as (command, services):
        assert len(services) == 3
        assert all(os.getsid(pid) == pid for pid in services)  # the terminal's Ctrl-C misses them
        command.send_signal(signal.SIGINT)
        out, _ = command.communicate(timeout=30)
        assert command.returncode == 0
        assert not any(map(is_alive, services))
    assert [line.split("  ")[0] for line in out.splitlines()] == [
        "Kafka",
        "Prometheus",
        "Alertmanager",
        "Data och loggar",
    ]


def test_the_command_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    with in_foreground(tmp_path, once_it_says="Startar") as (command, _):
        assert until(lambda: len(children(command.pid)) > 0)
        started = children(command.pid)
        command.send_signal(signal.SIGTERM)
        out, _ = command.communicate(timeout=30)
        assert (command.returncode, out) == (0, "")
        # One that was just being made is not known yet: it dies of its leash, a moment later.
        assert until(lambda: not any(map(is_alive, started)))


def test_the_services_die_with_a_parent_that_is_killed_with_9(tmp_path: Path) -> None:
    with in_foreground(tmp_path) as (command, services):
        assert len(services) == 3
        command.kill()
        command.wait(30)
        assert until(lambda: not any(map(is_alive, services)))


def test_the_thread_that_started_a_service_can_end_before_it(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    alertmanager = Alertmanager(tmp_path, port)
    try:
        starter = threading.Thread(target=alertmanager.start)
        starter.start()
        starter.join()
        assert not until(lambda: alertmanager.pid is None, within_seconds=0.5)
    finally:
        alertmanager.stop()


def test_a_stack_that_fails_to_start_leaves_nothing_running_and_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(children(os.getpid()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} för Prometheus är upptagen"):
            start_stack(prometheus_port=port).__enter__()
    assert set(children(os.getpid())) <= before
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [Broker, Prometheus, Alertmanager])
def test_a_busy_port_is_one_clear_line(tmp_path: Path, make: type[Service]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = a_service(make, tmp_path, port)
        with pytest.raises(StackError) as told:
            service.start()
    assert str(told.value) == (
        f"Port {port} för {make.name} är upptagen: stoppa det som lyssnar där, "
        f"eller välj en annan port med --{make.name.lower()}-port."
    )


def test_services_with_the_same_port_are_refused() -> None:
    with pytest.raises(StackError, match="samma port"):
        start_stack(kafka_port=20_001, prometheus_port=20_001).__enter__()


def test_a_directory_in_use_is_refused(two_stacks: tuple[Stack, Stack]) -> None:
    directory = two_stacks[0].directory
    with pytest.raises(StackError, match="används av en annan stack"):
        start_stack(directory).__enter__()


def test_a_directory_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fil").touch()
    (tmp_path / "halv" / "lock").mkdir(parents=True)
    (tmp_path / "full" / "kafka").mkdir(parents=True)
    (tmp_path / "full" / "kafka" / "server.properties").mkdir()
    other = "välj en annan med --directory."
    assert refusal(tmp_path / "fil" / "x") == (
        f"katalogen {tmp_path}/fil/x går inte att skapa (en fil är i vägen): {other}"
    )
    assert refusal(tmp_path / "halv") == (
        f"katalogen {tmp_path}/halv går inte att skriva i (det är en mapp): {other}"
    )
    assert refusal(tmp_path / "full") == (
        f"katalogen {tmp_path}/full går inte att skriva i (det är en mapp): {other}"
    )
    for number, why in (
        (errno.EACCES, "behörighet saknas"),
        (errno.EROFS, "filsystemet är skrivskyddat"),
    ):

        def refuse(*_: object, number: int = number, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(Path, "mkdir", refuse)
        assert refusal(Path("/root/x")) == (
            f"katalogen /root/x går inte att skapa ({why}): {other}"
        )


def refusal(directory: Path) -> str:
    """What the stack says of a directory."""
    with pytest.raises(StackError) as told:
        start_stack(directory).__enter__()
    return str(told.value)


def test_a_broker_that_dies_says_why_on_one_line(tmp_path: Path) -> None:
    broker = a_broker(tmp_path, properties={"num.io.threads": "0"})
    with pytest.raises(StackError, match=r"num\.io\.threads") as told:
        broker.start()
    assert "\n" not in str(told.value)


def test_a_service_that_is_gone_is_noticed(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with Alertmanager(tmp_path, port) as alertmanager:
        assert alertmanager.pid is not None
        os.kill(alertmanager.pid, signal.SIGKILL)
        assert until(lambda: alertmanager.pid is None)
        with pytest.raises(StackError, match=r"Alertmanager har avslutats \(kod -9\)"):
            alertmanager.check()


def test_missing_jars_say_make_setup(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"jar-filer saknas.*make setup"):
        a_broker(tmp_path / "kafka", lib=tmp_path / "lib").start()


@pytest.mark.parametrize("make", [Broker, Prometheus, Alertmanager])
def test_a_missing_program_says_make_setup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: type[Service]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    service = a_service(make, tmp_path, free_ports(1)[0])
    with pytest.raises(StackError, match=r"saknas\. Kör: make setup"):
        service.start()
