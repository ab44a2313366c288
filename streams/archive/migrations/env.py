"""Alembic's door: migrations run in the connection, and the transaction, that they are given."""

from alembic import context

from streams.archive.database import VERSION_TABLE
from streams.archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
