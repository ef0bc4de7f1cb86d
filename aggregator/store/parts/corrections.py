"""What people say of stories: split, merged, answered, and taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from aggregator.dedup.rules import Rules
from aggregator.model import Correction, StoryLink
from aggregator.store import corrections, labelled, linking
from aggregator.store.access import Access
from aggregator.store.corrections import Desk

RULES = Rules()


class Corrections:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def split(
        self,
        article: int,
        *,
        author: str,
        reason: str = "",
        rules: Rules = RULES,
    ) -> int:
        """Take an article out of its story, for good. Returns the new story's id.

        Of an article that is alone it answers what is asked about it (`questions`): not the same.
        """
        with self._access.write(person=True) as connection:
            return corrections.split(self._place(connection, rules), article, author, reason)

    def merge(
        self, story_a: int, story_b: int, *, author: str, reason: str = "",
        rules: Rules = RULES,
    ) -> int:  # fmt: skip
        """Make two stories one, for good. Returns the surviving (older) id."""
        with self._access.write(person=True) as connection:
            return corrections.merge(self._place(connection, rules), story_a, story_b, author, reason)

    def answer(
        self, a: int, b: int, *, same: bool, author: str, reason: str = "", rules: Rules = RULES
    ) -> int:
        """Take a person's answer whether two articles are one story; returns the second one's story then."""
        with self._access.write(person=True) as connection:
            return corrections.answer(self._place(connection, rules), a, b, author, reason, same=same)

    def questions(self, limit: int = 50) -> list[StoryLink]:
        """Return what is asked, since a source or group is set to ``fold: ask``: the newest first."""
        with self._access.read() as connection:
            return linking.questions(connection, self._access.book, limit)

    def undo(self, *, author: str, correction: int | None = None, rules: Rules = RULES) -> str:
        """Take the last correction (or the one with this id) back; returns what was undone, in words."""
        with self._access.write(person=True) as connection:
            return corrections.undo(self._place(connection, rules), author, correction)

    def listed(self) -> list[Correction]:
        """Return every correction, the newest first."""
        with self._access.read() as connection:
            return corrections.listed(connection)

    def version(self) -> tuple[int, int]:
        """Return another pair of numbers after every correction, and after every one that is taken back."""
        with self._access.read() as connection:
            return corrections.version(connection)

    def labelled_pairs(self) -> list[dict[str, Any]]:
        """Return the pairs that corrections which stand have labelled (see `store.labelled`)."""
        with self._access.read() as connection:
            return labelled.pairs(connection, self._access.instance)

    def labelled_documents(self, rules: Rules) -> list[dict[str, Any]]:
        """Return the documents of these pairs, and those near them, as ``aggregator dedup`` reads them."""
        with self._access.read() as connection:
            near = self._access.near(connection)
            pairs = labelled.pairs(connection, self._access.instance)
            return list(labelled.documents(connection, near, self._access.instance, pairs, rules))

    def _place(self, connection: Connection, rules: Rules) -> Desk:
        self._access.database.lock_placing(connection)
        near = self._access.near(connection)
        return Desk(connection, self._access.database, near, self._access.now(), rules)
