"""Real services for the tests: a missing component is an error that says so, never a skip."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.broker import Broker
from stack.ports import free_ports
from stack.prometheus import Prometheus


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real broker for all tests; each makes topics of its own."""
    port, controller_port = free_ports(2)
    with Broker(tmp_path_factory.mktemp("kafka"), port, controller_port) as running:
        yield running


@pytest.fixture(scope="session")
def make_prometheus(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Prometheus]]:
    """Start a Prometheus with these targets, and options by name; all stop at the end."""
    with contextlib.ExitStack() as running:

        def make(*targets: str, **options: object) -> Prometheus:
            directory: Path = tmp_path_factory.mktemp("prometheus")
            (port,) = free_ports(1)
            made = Prometheus(directory, port, targets, **options)  # type: ignore[arg-type]
            return running.enter_context(made)

        yield make
