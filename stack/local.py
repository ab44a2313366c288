"""The whole local stack: broker, Alertmanager and Prometheus, started and stopped together."""

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.alertmanager import SILENT, Alertmanager
from stack.broker import NO_PROPERTIES, Broker
from stack.errors import StackError
from stack.ports import free_ports
from stack.process import Service
from stack.prometheus import Prometheus
from streams.domain.swedish import reason

TEMPORARY = "svarsgrad-stack-"


@dataclass(frozen=True, slots=True)
class Stack:
    """Three running services, and the directory that holds what they write."""

    directory: Path
    broker: Broker
    alertmanager: Alertmanager
    prometheus: Prometheus

    @property
    def services(self) -> tuple[Service, ...]:
        """Return them in the order they start; they stop in the reverse."""
        return (self.broker, self.alertmanager, self.prometheus)

    def check(self) -> None:
        """StackError when one of them has died."""
        for service in self.services:
            service.check()


@contextlib.contextmanager
def start_stack(
    directory: Path | None = None,
    *,
    kafka_port: int | None = None,
    controller_port: int | None = None,
    prometheus_port: int | None = None,
    alertmanager_port: int | None = None,
    targets: Sequence[str] = (),
    scrape_interval_seconds: float = 1.0,
    rule_files: Sequence[Path] = (),
    alertmanager_config: str = SILENT,
    lib: Path | None = None,
    properties: Mapping[str, str] = NO_PROPERTIES,
) -> Iterator[Stack]:
    """Start a stack for as long as the context lasts; however that ends, the stack is stopped.

    It yields when all three answer. Without a directory the stack gets one of its own, which goes
    when it ends; a port that is not given is a free one. StackError when something is missing,
    busy, or dies at start.
    """
    given = [
        port
        for port in (kafka_port, controller_port, prometheus_port, alertmanager_port)
        if port is not None
    ]
    if len(set(given)) < len(given):
        raise StackError("Två tjänster har fått samma port: ge var och en sin egen.")
    spare = iter(free_ports(4, but_not=given))
    with contextlib.ExitStack() as ending:
        if directory is None:
            directory = Path(
                ending.enter_context(
                    tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True)
                )
            )
        ending.enter_context(sole_use(directory))
        broker = Broker(
            directory / "kafka",
            kafka_port or next(spare),
            controller_port or next(spare),
            lib,
            properties=properties,
        )
        alertmanager = Alertmanager(
            directory / "alertmanager", alertmanager_port or next(spare), alertmanager_config
        )
        prometheus = Prometheus(
            directory / "prometheus",
            prometheus_port or next(spare),
            targets,
            scrape_interval_seconds=scrape_interval_seconds,
            rule_files=rule_files,
            alertmanager_url=alertmanager.url,
        )
        stack = Stack(directory, broker, alertmanager, prometheus)
        for service in stack.services:
            ending.callback(service.stop)
            with _told(directory, "skriva i"):
                service.launch()
        for service in stack.services:
            service.wait_ready()
        yield stack


@contextlib.contextmanager
def sole_use(directory: Path) -> Iterator[None]:
    """Hold the directory. StackError when another process does, or when it can't be used."""
    with _told(directory, "skapa"):
        directory.mkdir(parents=True, exist_ok=True)
    with _told(directory, "skriva i"):
        lock = (directory / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"Katalogen {directory} används av en annan stack: stoppa den, "
                "eller välj en annan katalog med --directory."
            ) from None
        yield


@contextlib.contextmanager
def _told(directory: Path, what: str) -> Iterator[None]:
    """Tell an error of the file system as one of the directory that the stack was given."""
    try:
        yield
    except OSError as error:
        raise StackError(
            f"katalogen {directory} går inte att {what} ({reason(error)}): "
            "välj en annan med --directory."
        ) from None
