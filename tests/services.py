"""Real services for the tests: a missing component is an error that says so, never a skip."""

import contextlib
import gc
import warnings
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


@pytest.fixture
def sockets_collected(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Kafka's client leaves sockets of failed connections to the garbage collector: let it go.

    They may also go in the middle of a test, which so must ignore that warning. What was logged
    is let go of first: it has the errors, and these have the sockets.
    """
    yield
    caplog.get_records("call").clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


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
