"""Run by Alembic, inside the transaction that `migrate.run` opened."""

from __future__ import annotations

from alembic import context

from aggregator.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
