"""What the detector keeps of articles, shown to people and made anew when it reads texts otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from aggregator.dedup.explain import Explanation
from aggregator.dedup.fingerprint import Analysis
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError
from aggregator.model import Held
from aggregator.store import explaining, passages, reprinting, retention
from aggregator.store.access import Access
from aggregator.store.passages import Boilerplate
from aggregator.store.reprinting import Page
from aggregator.store.schema import sources
from aggregator.store.values import DAY, micros


class Detector:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def held(self, articles: Collection[int]) -> list[Held]:
        """Return articles as the detector reads them, in the order asked for."""
        with self._access.read() as connection:
            near = self._access.near(connection)
            found = near.by_id(articles)
        if missing := [number for number in articles if number not in found]:
            raise NotFoundError(f"there is no article {missing[0]}")
        return [found[number] for number in articles]

    def recent(self, limit: int) -> tuple[list[Held], list[Constraint]]:
        """Return the newest articles, with candidate keys, by id; and what people said of them."""
        with self._access.read() as connection:
            near = self._access.near(connection)
            return explaining.recent(connection, near, limit)

    def explain(self, a: int, b: int, rules: Rules) -> Explanation:
        """Return why two articles are, or are not, one story."""
        with self._access.read() as connection:
            near = self._access.near(connection)
            return explaining.explained(connection, near, a, b, rules)

    def boilerplate(self, source: str) -> Boilerplate:
        """Return what was learnt to be boilerplate of a source. Raises NotFoundError."""
        with self._access.read() as connection:
            row = connection.execute(select(sources).where(sources.c.id == source)).one_or_none()
            if row is None:
                raise NotFoundError(f"{source}: nothing is stored of such a source")
            return passages.listed(connection, self._access.database, row)

    def take_recipe(self) -> bool:
        """Whether the horizon must be fingerprinted anew before anything is placed: see `reprinting`."""
        with self._access.write() as connection:
            return reprinting.take_recipe(connection)

    def out_of_date(self, since: datetime, *, urgent: bool = False) -> Page | None:
        """Some articles since then whose fingerprints are to be made anew; None when there are no more.

        ``urgent``: only what must be done before polling.
        """
        with self._access.read() as connection:
            return reprinting.page(connection, self._access.configured, micros(since) // DAY, urgent=urgent)

    def reprint(self, page: Page, made: Sequence[Analysis | None]) -> int:
        """Write what the page's texts were read as; returns how many fingerprints changed."""
        with self._access.write() as connection:
            self._access.shelf.drop(each.article for each in page.again)
            return reprinting.write(connection, self._access.database, self._access.recipes, page, made)

    def drop_keys(self, before: datetime) -> int:
        """Drop a batch of the candidate index of whole weeks before; how many keys, 0: nothing is left."""
        with self._access.write() as connection:
            return retention.drop_keys(connection, before)
