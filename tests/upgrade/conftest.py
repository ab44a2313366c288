"""Archives in each kind of database, for tests of how they are brought forwards and back."""

from collections.abc import Iterator

import pytest

from stack.ports import free_ports
from stack.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    (port,) = free_ports(1)
    with PostgreSQL(tmp_path_factory.mktemp("postgresql"), port) as running:
        yield running
