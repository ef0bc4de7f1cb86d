"""The schema's version: Alembic's migrations, which travel in the package and are run from the program."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from aggregator.errors import StoreError
from aggregator.store.database import Database
from aggregator.store.schema import REVISION


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def ensure(database: Database, *, upgrade: bool) -> None:
    """Bring the schema to ours, where that is allowed; else raise StoreError with what to do."""
    with database.read() as connection:
        found = revision(connection)
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise StoreError(
            f"the database has schema {found}, this program knows {REVISION}: "
            "a newer version made it; install that"
        )
    if found is not None and not upgrade:  # an empty database has nobody at work on it
        raise StoreError(
            f"the database has schema {found}, this program needs {REVISION}; run `aggregator db upgrade` "
            "once, with the other daemons stopped"
        )
    run(database)


def run(database: Database) -> None:
    """Upgrade to the newest schema, in one transaction; of several processes one does it."""
    from alembic import command
    from alembic.config import Config

    with database.write(person=True) as connection:
        database.lock_upgrade(connection)
        config = Config()
        config.set_main_option("script_location", "aggregator.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
