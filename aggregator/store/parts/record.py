"""What those read who look after the stories: corrections, what was folded, digests, texts as they were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from aggregator.model import Change, Cited, Folded, Notice, Origin
from aggregator.store import changes, citing, folded, notices
from aggregator.store.access import Access


class Record:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def note_changes(self) -> int:
        """Look for corrections that were made since the last call; returns how many are told from now on."""
        with self._access.write() as connection:
            return changes.note(connection, self._access.database, self._access.now())

    def withdrawn(self) -> list[dict[str, Any]]:
        """Look for reports that left their feeds out of turn, for `keep_changes`; reads a day's articles."""
        with self._access.read() as connection:
            return list(changes.withdrawn(connection, self._access.now()))

    def keep_changes(self, found: Sequence[dict[str, Any]]) -> int:
        """Keep what `withdrawn` found; returns how many were new."""
        with self._access.write() as connection:
            return changes.keep(connection, self._access.database, found)

    def changes(self, *, before: int | None = None, limit: int = 50) -> list[Change]:
        """Return corrections by outlets and people, the newest first; ``before``: an id."""
        with self._access.read() as connection:
            return changes.listed(connection, self._access.book, before=before, limit=limit)

    def folded(
        self, *, mark: str | None = None, before: tuple[bool, int] | None = None, limit: int = 50
    ) -> list[Folded]:
        """Return what was folded, the marked first; ``before``: whether the last was marked, and its id."""
        with self._access.read() as connection:
            return folded.listed(connection, self._access.book, mark=mark, before=before, limit=limit)

    def cited(self, article: int, no: int) -> Cited:
        """Return the text that an article had as its ``no``-th. Raises NotFoundError."""
        with self._access.read() as connection:
            return citing.cited(connection, self._access.book, article, no)

    def origins(self, articles: Collection[int]) -> dict[int, Origin]:
        """Return what is known of where articles come from, by id."""
        with self._access.read() as connection:
            return citing.origins(connection, articles)

    def digests(self, rule: str = "digest", limit: int = 30) -> list[Notice]:
        """Return the last digests, the newest first."""
        with self._access.read() as connection:
            return notices.digests(connection, rule, limit)
