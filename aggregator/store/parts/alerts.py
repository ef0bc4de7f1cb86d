"""What people are told of: of which stories, to whom, and whether it was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aggregator.model import Notice, StoryView
from aggregator.store import notices
from aggregator.store.access import Access


class Alerts:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def seek(self, decide: Callable[[StoryView], notices.Found] | None) -> int:
        """Ask about the stories that got articles since the last call, and keep what is to be told."""
        with self._access.write() as connection:
            return notices.seek(
                connection,
                self._access.database,
                self._access.book,
                self._access.tag,
                self._access.now(),
                decide,
            )

    def digest_due(self, day: int) -> bool:
        """Whether the digest of a day (its ordinal) is to be made; the first time only the next one is."""
        with self._access.write() as connection:
            return notices.digest_due(connection, day)

    def add_digest(self, rule: str, day: int, body: dict[str, Any], *, by_mail: bool) -> None:
        """Keep a digest: for its feed, and to be sent."""
        with self._access.write() as connection:
            now = self._access.now()
            notices.add_digest(connection, self._access.database, rule, day, body, now, by_mail=by_mail)

    def due(self, limit: int) -> list[Notice]:
        """Return what is to be sent now, what waits longest first."""
        with self._access.read() as connection:
            return notices.due(connection, self._access.now(), limit)

    def note(
        self, number: int, *, sent: datetime | None = None, error: str = "", due: datetime | None = None
    ) -> None:
        """Note that it was sent, or why not and when it is tried again (None: not), or put it off."""
        with self._access.write(person=True) as connection:
            notices.note(connection, number, sent=sent, error=error, due=due)
