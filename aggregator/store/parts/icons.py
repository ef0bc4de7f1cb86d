"""The icons of outlets."""

from __future__ import annotations

from aggregator.model import Icon
from aggregator.store import icons
from aggregator.store.access import Access


class Icons:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def take(self, limit: int) -> list[tuple[str, str, str]]:
        """Claim outlets whose icon is due: (site, its page, id of one of its sources)."""
        with self._access.write() as connection:
            return icons.take(connection, self._access.database, self._access.now(), limit)

    def keep(self, site: str, icon: Icon | None, error: str | None = None) -> None:
        """Keep what was found; without an icon the one before stays."""
        with self._access.write() as connection:
            icons.keep(connection, site, icon, error, self._access.now())

    def holders(self) -> frozenset[str]:
        """Return the ids of the sources whose outlet's icon we have."""
        with self._access.read() as connection:
            return icons.holders(connection)

    def of(self, source: str) -> Icon | None:
        """Return the icon of a source's outlet."""
        with self._access.read() as connection:
            return icons.of(connection, source)
