"""What polls brought, placed: each poll wholly or not at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError, TryAgainError
from aggregator.model import Applied, Update
from aggregator.store import inbox, placing, search
from aggregator.store.access import Access
from aggregator.store.placing import Matcher

log = logging.getLogger(__name__)


class Arrivals:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def apply(self, update: Update, *, rules: Rules, topics: Matcher) -> Applied:
        """Apply one poll of one source, in one transaction, or not at all. Raises NotFoundError."""
        (applied,) = self._together([update], rules, topics)
        if isinstance(applied, Exception):
            raise applied
        return applied

    def apply_all(
        self, updates: Sequence[Update], *, rules: Rules, topics: Matcher
    ) -> list[Applied | Exception]:
        """Apply polls of several sources, in one transaction where it can be: each wholly, or not at all.

        Returns for each what `apply` returns, or the exception that it raises. What is new in all of them is
        one batch for the detector and for the database.
        """
        try:
            return self._together(updates, rules, topics)
        except TryAgainError as error:
            return [error] * len(updates)
        except Exception as error:  # the transaction as a whole: whose fault it was shows when each is alone
            if len(updates) == 1:
                return [error]
            log.warning("%d updates could not be stored together", len(updates), exc_info=True)
        return [result for each in updates for result in self.apply_all([each], rules=rules, topics=topics)]

    def _together(
        self, updates: Sequence[Update], rules: Rules, topics: Matcher
    ) -> list[Applied | Exception]:
        made = self._ready(updates, topics)
        found: list[Applied | Exception] = []
        documents: list[tuple[int, search.Tokens]] = []
        with self._access.write() as connection:
            for part in placing.rounds(list(zip(updates, made, strict=True))):
                found += self._apply(connection, part, rules, documents)
            search.add(connection, self._access.database, documents)
        for update, applied in zip(updates, found, strict=True):
            if isinstance(applied, Applied):
                self._access.book.learn_of(update)
        return found

    def _ready(self, updates: Sequence[Update], topics: Matcher) -> list[placing.Ready]:
        """Most polls found nothing new, and need nothing."""
        bringing = [update.source for update in updates if update.prepared]
        if not bringing:
            return [placing.NOTHING] * len(updates)
        with self._access.read() as connection:
            self._access.book.meet(connection, bringing)
            return [
                placing.ready(update, self._access.book.by_id(connection, update.source), topics)
                if update.prepared
                else placing.NOTHING
                for update in updates
            ]

    def _apply(
        self, connection: Connection, changes: Sequence[tuple[Update, placing.Ready]], rules: Rules,
        documents: list[tuple[int, search.Tokens]],
    ) -> Sequence[Applied | NotFoundError]:  # fmt: skip
        return placing.apply(
            connection, self._access.database, self._access.book, self._access.recipes, changes, rules=rules,
            documents=documents, shelf=self._access.shelf,
        )  # fmt: skip

    def hand_over(self, update: Update) -> Applied:
        """Keep one poll's update in the inbox, for a daemon that places."""
        with self._access.write() as connection:
            return placing.hand_over(connection, update)

    def place_next(self, *, rules: Rules, topics: Matcher) -> Applied | None:
        """Place the update that waits longest; None when none waits that no other daemon works on.

        An update that cannot be placed goes to the end, and is given up after three attempts.
        """
        number = None
        try:
            with self._access.write() as connection:
                row = self._access.database.take_inbox(connection)
                if row is None:
                    return None
                number, update = row.no, inbox.unpacked(row.content)
                (made,) = self._ready([update], topics)  # before the lock on placing is asked for
                documents: list[tuple[int, search.Tokens]] = []
                (applied,) = self._apply(connection, [(update, made)], rules, documents)
                search.add(connection, self._access.database, documents)
                inbox.remove(connection, number)
        except TryAgainError:
            raise
        except Exception:
            if number is not None:
                with self._access.write() as connection:
                    inbox.failed(connection, number, self._access.now())
            raise
        if isinstance(applied, NotFoundError):  # its source is no more
            raise applied
        self._access.book.learn_of(update)
        return applied

    def waiting(self) -> int:
        """Return how many updates wait to be placed."""
        with self._access.read() as connection:
            return inbox.waiting(connection)
