"""The articles that are placed, as `dedup.place` asks for them: one statement a question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select

from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.sorting import numbered
from aggregator.model import Fingerprint, Held, Tie
from aggregator.store import queries, tying
from aggregator.store.database import Database
from aggregator.store.numbers import Recipes
from aggregator.store.rows import MAX_KEYS, keys_of
from aggregator.store.shelf import Shelf
from aggregator.store.sketches import promising
from aggregator.store.sources import Book, Facts
from aggregator.store.values import KEY_BITS, PART, digest64, hash64, micros, moment, slots_in


class Placed:
    """A `dedup.neighbourhood.Neighbourhood` over one connection. Every `Held` is loaded once.

    ``shelf``: what is kept between updates; used only by whoever holds the placing lock.
    """

    def __init__(
        self,
        connection: Connection,
        database: Database,
        book: Book,
        numbers: Recipes,
        shelf: Shelf | None = None,
    ) -> None:
        self._connection = connection
        self._database = database
        self.book = book
        self.recipes = numbers
        self.shelf = shelf or Shelf()
        self._stories: dict[int, list[Held]] = {}
        self.held: dict[int, Held] = {}
        self.crowded: set[int] = set()  # slots that hold more articles than could make candidates

    def same_url(self, url_keys: Collection[str]) -> Sequence[Held]:
        """Return the articles with one of these canonical addresses."""
        found = self._load(queries.HEAD_BY_URL, {"hashes": [hash64(key) for key in url_keys]})
        wanted = set(url_keys)
        return [held for held in found if held.url_key in wanted]

    def same_text(self, text_sha256s: Collection[bytes]) -> Sequence[Held]:
        """Return the oldest article with each of these texts."""
        found = self._load(queries.HEAD_BY_TEXT, {"hashes": [digest64(digest) for digest in text_sha256s]})
        wanted = set(text_sha256s)
        return [held for held in found if held.fingerprint.text_sha256 in wanted]

    def candidates(
        self, arrivals: Sequence[Held], horizon: timedelta, hot_keys: int
    ) -> Mapping[int, Sequence[Held]]:
        """Return the articles that share a key with each arrival, within the horizon, without hot keys and
        without those that their signatures rule out."""
        width = micros_of(horizon)
        self.shelf.sketches.trust(self._database.stamp(self._connection))
        slots, keys = self._slots(arrivals, width)
        if not len(slots):
            return {}
        different, asks = numbered(slots)
        found = self._database.sharing(self._connection, different.tolist())
        if not len(found):
            return {}
        found = found[found[:, 0].argsort(kind="stable")]
        begins, ends = (found[:, 0].searchsorted(different, side) for side in ("left", "right"))
        counts = ends - begins
        # As common as that in a part, a key is hot for every horizon around it: no more rows.
        most = 2 * hot_keys * max(1, -(-PART // max(1, width)))
        self.crowded = set(different[counts > most].tolist())
        sizes = counts[asks]
        rows_of = np.arange(sizes.sum()) + (begins[asks] - sizes.cumsum() + sizes).repeat(sizes)
        sharing = found[rows_of, 1], keys.repeat(sizes)
        pairs = self._sharing(arrivals, *sharing, width, hot_keys)
        kept = promising(self._connection, self._database, self.shelf.sketches, arrivals, *pairs, horizon)
        held = self._around({article for ids in kept.values() for article in ids})
        return {
            arrival.id: [
                other
                for article in kept.get(arrival.id, ())
                if (other := held[article]).fingerprint.recipe == arrival.fingerprint.recipe
            ]
            for arrival in arrivals
        }

    def _sharing(
        self, arrivals: Sequence[Held], articles: NDArray[np.int64], keys: NDArray[np.intp], width: int,
        hot_keys: int,
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:  # fmt: skip
        """The pairs that share a key that is not hot, each once: place of the arrival and article, ascending.

        ``articles``: those that share the keys beside them; a key is `MAX_KEYS` times the arrival's place,
        plus the key's.
        """
        # Whether a key is hot is a question of the horizon only where it is common at all.
        common = np.bincount(keys, minlength=len(arrivals) * MAX_KEYS) > hot_keys
        asked = common[keys]
        if asked.any():
            common_to = articles[asked].tolist()
            when = self.shelf.sketches.effective(self._connection, self._database, common_to)
            middles = np.array([micros(arrival.effective) for arrival in arrivals], np.int64)
            times = np.array([when[article] for article in common_to], np.int64)
            near = np.ones(len(keys), np.bool_)
            near[asked] = np.abs(times - middles[keys[asked] // MAX_KEYS]) <= width
            articles, keys = articles[near], keys[near]
            hot = np.bincount(keys, minlength=len(common)) > hot_keys
            articles, keys = articles[~hot[keys]], keys[~hot[keys]]
        order = np.lexsort((articles, keys // MAX_KEYS))
        places, articles = keys[order] // MAX_KEYS, articles[order]
        first = np.ones(len(places), np.bool_)
        first[1:] = (places[1:] != places[:-1]) | (articles[1:] != articles[:-1])
        return places[first], articles[first]

    def members(self, stories: Collection[int]) -> Mapping[int, Sequence[Held]]:
        """Return all articles of each of these stories."""
        missing = set(stories) - self._stories.keys()
        if missing:
            self._stories |= {story: [] for story in missing}
            self._know(self._load(queries.HEAD_BY_STORY, {"stories": missing}))
        return {story: self._stories[story] for story in stories}

    def _know(self, members: Iterable[Held]) -> None:
        """Keep who is of stories, of each of which all ``members`` are given."""
        by_story: dict[int, list[Held]] = defaultdict(list)
        for held in sorted(members, key=attrgetter("id")):
            assert held.story is not None
            by_story[held.story].append(held)
        self._stories |= by_story

    def constraints(self, articles: Collection[int]) -> Sequence[Constraint]:
        """Return the corrections, not undone, that name at least one of these articles."""
        stored = [article for article in articles if article > 0]
        if not stored:
            return []
        latest: dict[tuple[int, int], bool] = {}  # a person may change their mind: the last word counts
        for a, b, together in self._database.fetch(self._connection, queries.CONSTRAINTS, {"ids": stored}):
            latest[min(a, b), max(a, b)] = bool(together)
        return [Constraint(a, b, together) for (a, b), together in latest.items()]

    def ties(self, articles: Collection[int]) -> Sequence[Tie]:
        """Return the decided pairs of these articles."""
        stored = [article for article in articles if article > 0]
        return tying.of(self._connection, self._database, stored) if stored else []

    def by_ids(self, ids: Collection[int]) -> Sequence[Held]:
        """Return these articles, those of them that exist."""
        held = self.by_id(ids)
        return [held[article] for article in ids if article in held]

    def keep(self, arrival: int, placed: Held, raw_sha256: bytes, facts: Facts) -> None:
        """Keep an arrival for the updates that follow, as it was ``placed``."""
        self.shelf.views.rename(arrival, placed.id)
        self.shelf.put(placed, raw_sha256, facts)

    # ------------------------------------------------------------------ loading

    def _slots(self, arrivals: Sequence[Held], width: int) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The slots of the parts around each arrival that have any rows, of each of its keys.

        Beside each slot whose key it is of: `MAX_KEYS` times the arrival's place, plus the key's.
        """
        [ends] = self._database.fetch(self._connection, queries.PARTS, {})
        known = [end for end in ends if end is not None]
        if not known:
            return np.zeros(0, np.int64), np.zeros(0, np.intp)
        made = keys_of(
            [arrival.fingerprint.keys for arrival in arrivals],
            [
                self.recipes.number(self._connection, self._database, arrival.fingerprint.recipe)
                for arrival in arrivals
            ],
        )
        middles = np.array([micros(arrival.effective) for arrival in arrivals], np.int64)
        first = np.maximum((middles - width) // PART, part_of_slot(min(known)))
        last = np.minimum((middles + width) // PART, part_of_slot(max(known)))
        slots: list[NDArray[np.int64]] = []
        keys: list[NDArray[np.intp]] = []
        own = made.whose * MAX_KEYS + made.places
        for further in range(int((last - first).max(initial=-1)) + 1):
            there = (first + further <= last)[made.whose]
            slots.append(slots_in((first + further)[made.whose[there]], made.below[there]))
            keys.append(own[there])
        if not slots:
            return np.zeros(0, np.int64), np.zeros(0, np.intp)
        return np.concatenate(slots), np.concatenate(keys)

    def _around(self, ids: set[int]) -> dict[int, Held]:
        """As `by_id`; with them come all of their stories, which are asked for next."""
        missing = ids - self.held.keys()
        if missing:
            self._know(self._load(queries.HEAD_AROUND, {"ids": missing}))
        return self.held

    def by_id(self, ids: Iterable[int]) -> dict[int, Held]:
        """Return everything that is loaded, and these articles among it where they exist."""
        missing = set(ids) - self.held.keys()
        if missing:
            self._load(queries.HEAD_BY_ID, {"ids": missing})
        return self.held

    def _load(self, statement: Select[Any], params: dict[str, Any]) -> list[Held]:
        """Return the articles of a statement's heads; what is not known of them is read in one more."""
        heads = self._database.fetch(self._connection, statement, params)
        held, shelf = self.held, self.shelf
        missing: dict[int, tuple[Any, ...]] = {}
        for head in heads:
            number, source, story, _, raw_sha256, text_sha256, reason, canonical = head
            if number in held:
                continue
            facts = self.book.by_no(self._connection, source)
            known = shelf.get(number, raw_sha256, text_sha256, facts)
            if known is None:
                missing[number] = head
                continue
            if (known.story, known.canonical, known.reason) != (story, bool(canonical), reason):
                known = known.placed(story, reason, canonical=bool(canonical))
                shelf.again(known)
            held[number] = known
        if missing:
            for row in self._database.fetch(self._connection, queries.BODY, {"ids": missing}):
                head = missing[row[0]]
                made = held[row[0]] = self._as_held(head, row)
                shelf.put(made, head[4], self.book.by_no(self._connection, head[1]))
        return [held[head[0]] for head in heads if head[0] in held]

    def _as_held(self, head: tuple[Any, ...], body: tuple[Any, ...]) -> Held:
        number, source, story, effective, _, text_sha256, reason, canonical = head
        _, guid, title, url_key, language, credit, tokens, recipe, signature, evidence = body
        facts = self.book.by_no(self._connection, source)
        return Held(
            id=number,
            source=facts.id,
            group=facts.group,
            title=title,
            effective=moment(effective),
            fingerprint=Fingerprint(
                recipe=self.recipes.name(self._connection, recipe),
                keys=(),  # their work is done: the candidate index has them
                signature=signature,
                evidence=evidence,
                text_sha256=text_sha256,
                tokens=tokens,
            ),
            story=story,
            canonical=bool(canonical),
            url_key=url_key,
            guid=guid,
            language=language,
            authority=facts.authority,
            agency=facts.agency,
            paywall=facts.paywall,
            credit=credit,
            fold=facts.fold,
            reason=reason,
        )


def micros_of(duration: timedelta) -> int:
    """Microseconds of a duration."""
    return duration // timedelta(microseconds=1)


def part_of_slot(where: int) -> int:
    """Return the part of a slot: the inverse of `values.slot`."""
    return where >> KEY_BITS
