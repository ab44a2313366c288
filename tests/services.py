"""Real services for the tests: a missing component is an error that says so, never a skip."""

import contextlib
import gc
import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workers import Site

from stack.broker import Broker
from stack.ports import free_ports
from stack.prometheus import Prometheus

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real broker for all tests; each makes topics of its own."""
    port, controller_port = free_ports(2)
    with Broker(tmp_path_factory.mktemp("kafka"), port, controller_port) as running:
        yield running


@pytest.fixture
def topics(request: pytest.FixtureRequest) -> str:
    """Return how the names of a test's own topics begin."""
    return f"{request.path.stem.removeprefix('test_')}{next(_numbers)}"


@pytest.fixture
def unmade_site(broker: Broker, topics: str, tmp_path: Path) -> Site:
    """Return a site whose topics have yet to be made."""
    return Site(broker.bootstrap_servers, topics, tmp_path)


@pytest.fixture
def site(unmade_site: Site) -> Site:
    """Return topics of a test's own, with nothing in them."""
    return unmade_site.make_topics()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let no test that leaves sockets fail by it: they may go in its middle."""
    ignored = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    for item in items:
        if item.get_closest_marker("leaves_sockets"):
            item.add_marker(ignored)


@pytest.fixture(autouse=True)
def _sockets_are_collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what a test leaves, before another one is told of it.

    What was logged is let go of first: it has the errors, and these have the sockets.
    """
    if request.node.get_closest_marker("leaves_sockets") is None:
        yield
        return
    caplog: pytest.LogCaptureFixture = request.getfixturevalue("caplog")
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
