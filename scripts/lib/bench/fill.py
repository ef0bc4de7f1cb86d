"""Stores that hold many articles already: real rows in bulk, kept in a folder, so that placing can be timed.

A few thousand articles of the made-up stream are read by the real code. Every further thousand are the same
articles in other words: each token's hash is changed by a bijection of that thousand's own, and shingles,
signature, keys and evidence are made of them by the real code. So what a store holds is as much, as long and
as alike among itself as the stream, in a tenth of the time. Texts and the full-text index repeat.
"""

# ruff: noqa: SLF001, S608  a benchmark fills the tables itself
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from lib.bench.news import SOURCES, Item, News, outlets
from sqlalchemy import select

from aggregator.dedup import fingerprint as detector
from aggregator.dedup import prints
from aggregator.dedup.evidence import unpack
from aggregator.dedup.rules import Rules
from aggregator.model import Fingerprint, Placement, Prepared, Tie
from aggregator.prepare import prepare_all
from aggregator.store import Store, passages, queries, rows, search, tying
from aggregator.store.schema import (
    article_passages,
    articles,
    candidate_keys,
    fingerprints,
    sources,
    stories,
    texts,
)
from aggregator.store.values import DAY, micros
from aggregator.text.tokens import Tokens

BASE = 6_000  # articles that are read
CHUNK = 2_000  # a transaction
AT_ONCE = 25  # fingerprinted together
IN_FEEDS = 30 * SOURCES  # articles that are still in their feeds
START = datetime(2026, 9, 1, tzinfo=UTC)
REACH = 2 * max(Rules().horizon, Rules().context)  # as far back as the detector looks
_PLAIN = outlets(1)[0]

Made = tuple[Item, Prepared, search.Tokens]


class Clock:
    """The time of the stream."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now


def opened(path: Path, clock: Clock) -> Store:
    """The store in a file, with the stream's sources."""
    store = Store.open(f"sqlite:///{path}", now=clock)
    store.sync_sources(outlets(), lambda: 0.5)
    return store


def held(store: Store) -> int:
    """How many articles a store holds."""
    with store.access.read() as connection:
        return int(connection.execute(queries.COUNTERS).one().last_article)


def made_ready(items: Sequence[Item]) -> list[Prepared]:
    """The entries as the worker processes make them ready."""
    return list(prepare_all([item.entry for item in items], boilerplate=frozenset(), source=_PLAIN))


class Filling:
    """Fills stores. ``a_day``: articles a day; the n-th article is of the time ``at(n)``.

    ``base``: how many articles are read, before they come again in other words. ``start``: of the first.
    """

    def __init__(self, a_day: float, base: int = BASE, start: datetime = START) -> None:
        self.a_day = a_day
        self.base = base
        self.start = start
        self._base: list[Made] = []

    def at(self, number: int) -> datetime:
        """When the article of this number appeared."""
        return self.start + number * timedelta(days=1) / self.a_day

    def fill(self, path: Path, size: int) -> None:
        """Bring the store to ``size`` articles, where it has fewer."""
        path.parent.mkdir(parents=True, exist_ok=True)
        store = opened(path, Clock(self.at(size)))
        if (number := held(store)) < size:
            self._base = self._base or _read(self.a_day, self.base)
            with store.access.database.writer.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA synchronous = OFF")  # what the power takes is made again
                driver.execute("PRAGMA cache_size = -400000")
                driver.execute("PRAGMA wal_autocheckpoint = 20000")
            store.access.database._synchronous = "NORMAL"  # type: ignore[attr-defined]  # as far as it knows
            since = self.at(size) - REACH
            while number < size:
                count = min(CHUNK, size - number)
                batch = [self._variant(i) for i in range(number, number + count)]
                _write(store, number, batch, self.base, since)
                number += count
            _tidied(store, since)
        store.close()

    def _variant(self, number: int) -> Made:
        item, each, tokens = self._base[number % self.base]
        source = f"outlet-{number % SOURCES}"
        address = f"https://{source}.example/old/{number}"
        at = self.at(number)
        entry = replace(each.entry, guid=address, url=address, published=at)
        moved = replace(
            item, source=source, number=number, original=number - number % self.base + item.original
        )
        return moved, replace(each, entry=entry, url_key=address), tokens


def _tidied(store: Store, since: datetime) -> None:
    """What housekeeping and polls would have done: old keys and passages dropped, counts kept."""
    while store.detector.drop_keys(since):
        pass
    if (counting := store.upkeep.tallying(since)) is not None:
        while store.upkeep.tally(counting):
            pass
        store.upkeep.keep_tallies(counting)
    with store.access.write() as connection:
        every = connection.execute(select(sources.c.no)).scalars().all()
        days = dict.fromkeys(every, micros(since) // DAY)
        for _ in range(-(-held(store) // (SOURCES * passages.AT_ONCE))):
            passages.trim(connection, store.access.database, days)


def _read(a_day: float, base: int) -> list[Made]:
    news = News(START, a_day)
    items = [next(news) for _ in range(base)]
    return [
        (item, each, search.tokens(each.entry.title, each.text))
        for item, each in zip(items, made_ready(items), strict=True)
    ]


def _in_other_words(batch: Sequence[Fingerprint], masks: Sequence[int]) -> list[Fingerprint]:
    """The fingerprints of the same texts with every word another one, by the detector's own code."""
    hashes, flags, bounds, firsts = [], [], [0], []
    for made, mask in zip(batch, masks, strict=True):
        seen = unpack(made.evidence)
        firsts.append(len(bounds) - 1)
        for words, marks in ((seen.title, seen.title_flags), (seen.body, seen.body_flags)):
            hashes.append(words ^ np.uint32(mask & 0xFFFFFFFF))
            flags.append(marks)
            bounds.append(bounds[-1] + len(words))
    wide = np.concatenate(hashes).astype(np.uint64)
    wide |= wide << np.uint64(32)
    tokens = Tokens(wide, np.concatenate(flags), np.array(bounds, np.intp))
    return prints.fingerprints(tokens, firsts)


def _fingerprinted(batch: Sequence[Made], base: int) -> Iterator[Made]:
    for at in range(0, len(batch), AT_ONCE):
        part = batch[at : at + AT_ONCE]
        made = _in_other_words(
            [each.fingerprint for _, each, _ in part],
            [(item.number // base + 1) * 0x9E3779B1 for item, _, _ in part],
        )
        for (item, each, tokens), fingerprint in zip(part, made, strict=True):
            yield item, replace(each, fingerprint=fingerprint), tokens


def _write(store: Store, number: int, batch: Sequence[Made], base: int, since: datetime) -> None:
    """Write decided articles after the first ``number``. ``since``: as far back as the detector looks."""
    database = store.access.database
    made: dict[str, list[tuple[Any, ...]]] = {name: [] for name in "satfkp"}
    docs, ties = [], []
    with store.access.write() as connection:
        last_story = connection.execute(queries.COUNTERS).one().last_story
        recipe = store.access.recipes.number(connection, database, detector.RECIPE)
        known = _stories(connection, batch)
        for item, each, tokens in _fingerprinted(batch, base):
            number += 1
            facts = store.access.book.by_id(connection, item.source)
            assert facts is not None
            assert each.entry.published is not None
            seen = each.entry.published + timedelta(minutes=10)
            when = micros(rows.effective(each.entry.published, seen))
            original = item.original + 1
            story = known.get(original)
            if story is not None and original != number:
                ties.append(Tie(number, original, 0.97, "copy", 120, 0.1))
            placement = Placement(number, story or 0, None, "copy", 0.97, "copy")
            if story is None:
                last_story += 1
                story = known[number] = last_story
                placement = Placement(number, story, None, "original", 1.0, "first")
                made["s"].append((story, number, micros(seen), micros(seen), micros(seen), None, None))
            made["a"].append(
                rows.article(
                    each, placement, number=number, story=story, source=facts.no, when=when,
                    first_seen=micros(seen), last_absent=micros(seen),
                )
            )  # fmt: skip
            made["t"].append(rows.text(each, number))
            made["f"].append(rows.fingerprint(each.fingerprint, number, recipe))
            made["k"] += rows.candidates([rows.Indexed(each.fingerprint.keys, recipe, when, number)])
            docs.append((number, tokens))
            if seen >= since:
                made["p"].append(
                    passages.row(
                        each.passages, each.words, each.fingerprint.evidence, article=number, source=facts.no,
                        when=when, recipe=recipe, version=0,
                    )
                )  # fmt: skip
        bulk = database.bulk_insert
        bulk(connection, stories, rows.STORY, made["s"])
        bulk(connection, articles, rows.ARTICLE, made["a"])
        bulk(connection, texts, rows.TEXT, made["t"])
        bulk(connection, fingerprints, rows.FINGERPRINT, made["f"])
        bulk(connection, candidate_keys, rows.KEY, sorted(made["k"]))
        bulk(connection, article_passages, passages.ROW, sorted(made["p"]))
        tying.write(connection, database, ties, number - len(batch))
        search.add(connection, database, docs)
        connection.execute(queries.COUNT_ON, {"the_article": number, "the_story": last_story})
        connection.exec_driver_sql(
            "UPDATE articles SET last_seen = effective + 3600000000 "
            f"WHERE last_seen IS NULL AND id <= {number - IN_FEEDS}"
        )


def _stories(connection: Any, batch: Sequence[Made]) -> dict[int, int]:
    """The stories of the stored articles that these are copies of, by article."""
    wanted = {item.original + 1 for item, _, _ in batch}
    marks = ",".join(map(str, sorted(wanted)))
    return dict(
        connection.exec_driver_sql(f"SELECT id, story FROM articles WHERE id IN ({marks})").fetchall()
    )
