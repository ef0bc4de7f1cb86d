"""The daemons on one database: who lives, what they hold, the configuration that they share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from aggregator.store import configured, daemons
from aggregator.store.access import Access
from aggregator.store.configured import Configured
from aggregator.store.daemons import Daemon


class Daemons:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def release(self, owner: str) -> int:
        """Give up what ``owner`` holds, and forget it. Returns how many sources that were."""
        with self._access.write() as connection:
            return daemons.leave(connection, owner)

    def release_dead(self, is_dead: Callable[[str], bool]) -> int:
        """Give up what dead owners hold, so that a restart need not wait for their leases."""
        with self._access.write() as connection:
            return daemons.bury(connection, is_dead, self._access.now())

    def become(self) -> None:
        """Raise StoreError where another daemon is at work, and the database is for one."""
        self._access.database.become_daemon()

    def time(self) -> datetime:
        """Return the time of the database's server, which all daemons share; our own, where there is none."""
        with self._access.read() as connection:
            return self._access.database.time(connection) or self._access.now()

    def beat(self, me: Daemon, lease: timedelta, polling: Collection[str]) -> int:
        """Say that this daemon lives, and renew what it holds of these sources. Returns how many that is."""
        with self._access.write() as connection:
            return daemons.beat(connection, self._access.database, me, polling, self._access.now(), lease)

    def listed(self) -> list[Daemon]:
        """Return the daemons of the last day, the eldest first, dead ones with an ``until`` in the past."""
        with self._access.read() as connection:
            return daemons.listed(connection)

    def offer(self, origin: str, digest: str, content: str) -> Configured:
        """Say what a configuration file says; returns what holds for all daemons from now on."""
        with self._access.write(person=True) as connection:
            return configured.offer(
                connection, self._access.database, origin, digest, content, self._access.now()
            )

    def configured_version(self) -> int:
        """Return the number of the configuration that holds, 0 when none was ever kept."""
        with self._access.read() as connection:
            return configured.newest(connection)

    def configuration(self) -> Configured | None:
        """Return the configuration that holds for all daemons."""
        with self._access.read() as connection:
            return configured.current(connection)
