"""What is said with WebSub hubs, and what they pushed."""

from __future__ import annotations

from collections.abc import Callable

from aggregator.model import HubAsk, HubSays, Subscription
from aggregator.store import subscriptions
from aggregator.store.access import Access


class Hubs:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def take(self, limit: int, token: Callable[[], str], *, wanted: bool) -> list[HubAsk]:
        """Claim what WebSub hubs must be asked now. ``token`` makes secrets. ``wanted``: push at all."""
        with self._access.write() as connection:
            return subscriptions.take(
                connection, self._access.database, self._access.now(), limit, token, wanted=wanted
            )

    def trouble(self, token: str, error: str | None) -> None:
        """Keep why a hub could not be asked, None when it could."""
        with self._access.write() as connection:
            subscriptions.trouble(connection, token, error)

    def verify(self, token: str, said: HubSays) -> bool:
        """Take a hub's question about intent; True only for what we asked and it has not confirmed yet."""
        with self._access.write(person=True) as connection:
            return subscriptions.verify(connection, token, said, self._access.now())

    def subscription(self, token: str) -> Subscription | None:
        """Return the subscription of a callback, while its lease runs."""
        with self._access.read() as connection:
            return subscriptions.confirmed(connection, token, self._access.now())

    def pushed(self, token: str) -> None:
        """Count a push that was signed."""
        with self._access.write() as connection:
            subscriptions.pushed(connection, token, self._access.now())
