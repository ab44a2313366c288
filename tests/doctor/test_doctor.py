"""svarsgrad doctor, at real services: all is well; then one thing is wrong, and it is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation, hear_from_the_source, installed

from stack.broker import Broker


@pytest.fixture(scope="module")
def installation(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with installed(broker.bootstrap_servers, "undersokt", tmp_path_factory.mktemp("allt")) as its:
        yield its


def test_where_all_is_well_nothing_is_wrong(installation: Installation) -> None:
    done = installation.doctor()
    assert done.exit_code == 0, done.output
