"""The articles that are placed, as `dedup.place` asks for them: one statement a question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select

from aggregator.dedup.neighbourhood import Constraint
from aggregator.model import Fingerprint, Held
from aggregator.store import queries
from aggregator.store.database import Database
from aggregator.store.schema import recipes
from aggregator.store.sources import Book
from aggregator.store.values import DAY, KEY_BITS, digest64, hash64, micros, moment, slot


class Recipes:
    """Fingerprints' recipes by number; a text of a hundred bytes is not kept with each of a million."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def number(self, connection: Connection, database: Database, name: str) -> int:
        """Return the number of a recipe, which is given when it is met first."""
        if name not in self._numbers:
            self._load(connection)
        if name not in self._numbers:
            connection.execute(database.insert(recipes).on_conflict_do_nothing(), {"name": name})
            self._load(connection)
        return self._numbers[name]

    def name(self, connection: Connection, number: int) -> str:
        """Return the recipe of a number."""
        if number not in self._names:
            self._load(connection)
        return self._names[number]

    def _load(self, connection: Connection) -> None:
        rows = connection.execute(queries.RECIPES).all()
        self._names = {row.no: row.name for row in rows}
        self._numbers = {row.name: row.no for row in rows}

    def forget(self) -> None:
        """After a transaction was rolled back: a number that it gave is none."""
        self._names, self._numbers = {}, {}


class Placed:
    """A `dedup.neighbourhood.Neighbourhood` over one connection. Every `Held` is loaded once."""

    def __init__(self, connection: Connection, database: Database, book: Book, numbers: Recipes) -> None:
        self._connection = connection
        self._database = database
        self.book = book
        self.recipes = numbers
        self._stories: dict[int, list[Held]] = {}
        self.held: dict[int, Held] = {}
        self.crowded: set[int] = set()  # slots that hold more articles than could make candidates

    def same_url(self, url_keys: Collection[str]) -> Sequence[Held]:
        """Return the articles with one of these canonical addresses."""
        found = self._load(queries.HELD_BY_URL, {"hashes": [hash64(key) for key in url_keys]})
        wanted = set(url_keys)
        return [held for held in found if held.url_key in wanted]

    def same_text(self, text_sha256s: Collection[bytes]) -> Sequence[Held]:
        """Return the oldest article with each of these texts."""
        found = self._load(queries.HELD_BY_TEXT, {"hashes": [digest64(digest) for digest in text_sha256s]})
        wanted = set(text_sha256s)
        return [held for held in found if held.fingerprint.text_sha256 in wanted]

    def candidates(
        self, arrivals: Sequence[Held], horizon: timedelta, hot_keys: int
    ) -> Mapping[int, Sequence[Held]]:
        """Return the articles that share a key with each arrival, within the horizon, without hot keys."""
        wanted = self._slots(arrivals, micros_of(horizon))
        if not wanted:
            return {}
        slots = {each for by_key in wanted.values() for found in by_key for each in found}
        by_slot: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for where, article, effective in self._connection.execute(queries.SLOTS, {"slots": slots}):
            by_slot[where].append((article, effective))
        # A day on which a key is that common makes it hot for every horizon around it: no more rows.
        self.crowded = {where for where, rows in by_slot.items() if len(rows) > 2 * hot_keys}
        near: dict[int, set[int]] = {}
        for arrival in arrivals:
            middle, width = micros(arrival.effective), micros_of(horizon)
            ids: set[int] = set()
            for found in wanted.get(arrival.id, ()):
                sharing = [
                    article
                    for where in found
                    for article, effective in by_slot.get(where, ())
                    if abs(effective - middle) <= width
                ]
                if len(sharing) <= hot_keys:
                    ids.update(sharing)
            near[arrival.id] = ids
        self.by_id({article for ids in near.values() for article in ids})
        return {
            arrival.id: [
                self.held[article]
                for article in sorted(near[arrival.id])
                if self.held[article].fingerprint.recipe == arrival.fingerprint.recipe
            ]
            for arrival in arrivals
        }

    def members(self, stories: Collection[int]) -> Mapping[int, Sequence[Held]]:
        """Return all articles of each of these stories."""
        missing = set(stories) - self._stories.keys()
        if missing:
            by_story: dict[int, list[Held]] = {story: [] for story in missing}
            for held in self._load(queries.HELD_BY_STORY, {"stories": missing}):
                assert held.story is not None
                by_story[held.story].append(held)
            for members in by_story.values():
                members.sort(key=lambda held: held.id)
            self._stories |= by_story
        return {story: self._stories[story] for story in stories}

    def constraints(self, articles: Collection[int]) -> Sequence[Constraint]:
        """Return the corrections, not undone, that name at least one of these articles."""
        stored = [article for article in articles if article > 0]
        if not stored:
            return []
        latest: dict[tuple[int, int], bool] = {}  # a person may change their mind: the last word counts
        for a, b, together in self._connection.execute(queries.CONSTRAINTS, {"ids": stored}):
            latest[min(a, b), max(a, b)] = together
        return [Constraint(a, b, together) for (a, b), together in latest.items()]

    # ------------------------------------------------------------------ loading

    def _slots(self, arrivals: Sequence[Held], width: int) -> dict[int, list[list[int]]]:
        """For each arrival, for each of its keys, the slots of the days around it that have any rows."""
        first, last = self._connection.execute(queries.DAYS).one()
        if first is None:
            return {}
        first_day, last_day = day_of_slot(first), day_of_slot(last)
        wanted: dict[int, list[list[int]]] = {}
        for arrival in arrivals:
            middle = micros(arrival.effective)
            days = range(max((middle - width) // DAY, first_day), min((middle + width) // DAY, last_day) + 1)
            recipe = self.recipes.number(self._connection, self._database, arrival.fingerprint.recipe)
            wanted[arrival.id] = [
                [slot(day, key, recipe) for day in days] for key in arrival.fingerprint.keys
            ]
        return wanted

    def by_id(self, ids: Iterable[int]) -> dict[int, Held]:
        """Return everything that is loaded, and these articles among it where they exist."""
        missing = set(ids) - self.held.keys()
        if missing:
            self._load(queries.HELD_BY_ID, {"ids": missing})
        return self.held

    def _load(self, statement: Select[Any], params: dict[str, Any]) -> list[Held]:
        return [self._kept(row) for row in self._connection.execute(statement, params)]

    def _kept(self, row: Any) -> Held:
        held = self.held.get(row.id)
        if held is None:
            held = self.held[row.id] = self._as_held(row)
        return held

    def _as_held(self, row: Any) -> Held:
        facts = self.book.by_no(self._connection, row.source)
        return Held(
            id=row.id,
            source=facts.id,
            group=facts.group,
            title=row.title,
            effective=moment(row.effective),
            fingerprint=Fingerprint(
                recipe=self.recipes.name(self._connection, row.recipe),
                keys=(),  # their work is done: the candidate index has them
                signature=row.signature,
                evidence=row.evidence,
                text_sha256=row.text_sha256,
                tokens=row.tokens,
            ),
            story=row.story,
            canonical=bool(row.canonical),
            url_key=row.url_key,
            guid=row.guid,
            language=row.language,
            authority=facts.authority,
            agency=facts.agency,
            paywall=facts.paywall,
            credit=row.credit,
            fold=facts.fold,
        )


def micros_of(duration: timedelta) -> int:
    """Microseconds of a duration."""
    return duration // timedelta(microseconds=1)


def day_of_slot(where: int) -> int:
    """Return the day of a slot: the inverse of `values.slot`."""
    return where >> KEY_BITS
