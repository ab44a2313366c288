"""Archives in each kind of database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from stack.ports import free_ports
from stack.postgresql import PostgreSQL
from streams.archive import database, migrating


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    (port,) = free_ports(1)
    with PostgreSQL(tmp_path_factory.mktemp("postgresql"), port) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Return an archive with nothing in it, in each kind of database."""
    if request.param == "sqlite":
        url = database.address(str(tmp_path_factory.mktemp("arkiv") / "arkiv.db"))
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = database.address(server.new_database(), str(server.password_file))
    made = database.engine_of(url)
    migrating.upgrade(made)
    yield made
    made.dispose()
