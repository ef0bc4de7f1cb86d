"""One configuration for all daemons on one database.

A daemon that is given a file keeps it in the database, at its start and when it changes; every daemon takes
what was kept last, the one with the file too. One that is given only the database begins with what is there.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from aggregator.config import Settings, load
from aggregator.config.snapshot import settings_of, take
from aggregator.errors import ConfigError
from aggregator.store import Store

log = logging.getLogger(__name__)


class Sharing:
    """What this daemon knows of the configuration that all share."""

    def __init__(self, environ: Mapping[str, str], database: str) -> None:
        self.version = 0
        self._environ = environ
        self._database = database

    def offer(self, store: Store, settings: Settings) -> Settings:
        """Keep the files of ``settings`` for all; returns what holds, which another may have said since."""
        snapshot = take(settings)
        origin = f"{socket.gethostname()}:{settings.path}"
        held = store.daemons.offer(origin, snapshot.digest, snapshot.content)
        if held.digest != snapshot.digest:
            log.warning(
                "%s has not changed since %s was taken by all daemons (version %d of the configuration): "
                "that holds until a file is changed", settings.path, held.origin, held.version,
            )  # fmt: skip
        self.version = held.version
        return settings_of(held.content, self._environ, self._database)

    def news(self, store: Store) -> Settings | ConfigError | None:
        """What another daemon has kept since; or why it cannot be used here (told once); or None."""
        if store.daemons.configured_version() == self.version:
            return None
        held = store.daemons.configuration()
        if held is None:
            return None
        self.version = held.version
        try:
            return settings_of(held.content, self._environ, self._database)
        except ConfigError as error:
            return error


@dataclass(frozen=True, slots=True)
class Beginning:
    """The configuration to start with; what our own file says, if we have one; and how it is shared."""

    settings: Settings
    file: Settings | None
    sharing: Sharing | None


def begin(
    path: Path | None, environ: Mapping[str, str], database: str | None, now: Callable[[], datetime]
) -> Beginning | None:
    """What a daemon begins with; None when nobody has said yet what that is.

    Raises ConfigError when there is neither a file nor a database that several daemons share.
    """
    file = None if path is None else load(path, environ)
    settings = file if file is None or database is None else replace(file, database=database)
    url = settings.database if settings is not None else database
    if url is None:
        raise ConfigError("there is neither a configuration file nor a database that holds one")
    if url.startswith("sqlite"):
        if settings is None:
            raise ConfigError(
                "SQLite holds no configuration", hint="give the file with --config; PostgreSQL is for sharing"
            )
        return Beginning(settings, file, None)
    sharing = Sharing(environ, url)
    store = Store.open(url, now=now)
    try:
        if settings is not None:
            return Beginning(sharing.offer(store, settings), file, sharing)
        found = sharing.news(store)
    finally:
        store.close()
    if isinstance(found, ConfigError):
        raise found
    return None if found is None else Beginning(found, None, sharing)
