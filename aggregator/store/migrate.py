"""The schema's version: Alembic's migrations, which travel in the package and are run from the program."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from aggregator.errors import StoreError
from aggregator.store.database import Database
from aggregator.store.schema import REVISION

log = logging.getLogger(__name__)


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def ensure(database: Database, *, upgrade: bool, copy: bool = True, folder: Path | None = None) -> None:
    """Bring the schema to ours, where that is allowed; else raise StoreError with what to do.

    ``copy``: keep one of what is there before; ``folder``: where, for databases that are no file.
    """
    with database.read() as connection:
        found = revision(connection)
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise StoreError(
            f"the database has schema {found}, this program knows {REVISION}: a newer version made it. "
            "Install that version, or `aggregator db restore` the copy that it kept before its upgrade"
        )
    if found is not None and not upgrade:  # an empty database has nobody at work on it
        raise StoreError(
            f"the database has schema {found}, this program needs {REVISION}; run `aggregator db upgrade` "
            "once, with the other daemons stopped"
        )
    run(database, copy=copy, folder=folder)


def run(database: Database, *, copy: bool = True, folder: Path | None = None) -> None:
    """Upgrade to the newest schema, in one transaction; of several processes one does it.

    What is there before is copied within the lock, so that the copy has the old schema whoever else upgrades.
    """
    from alembic import command
    from alembic.config import Config

    with database.write(person=True) as connection:
        database.lock_upgrade(connection)
        found = revision(connection)
        if found == REVISION:
            return
        if found is not None and copy:
            log.warning("schema %s becomes %s: %s", found, REVISION, _kept(database, found, folder))
        config = Config()
        config.set_main_option("script_location", "aggregator.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _kept(database: Database, found: str, folder: Path | None) -> str:
    try:
        return database.keep(f"schema-{found}", folder)
    except (OSError, StoreError) as error:
        raise StoreError(
            f"before the schema changes a copy is kept, and that failed: {error}. Make room, or keep a copy "
            "yourself and run `aggregator db upgrade --no-backup`"
        ) from error
