"""Sketches of stored signatures, by which most candidates are ruled out before anything else is read of them.

Of the articles that share a key with another few are copies of it. A sketch is an eighth of what the detector
reads of an article, and is kept for many more of them than the shelf holds. What is kept is used while the
hash of the text is what it was; nothing is lost when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from aggregator.dedup.lately import Lately
from aggregator.dedup.screen import may_be_alike, sketch
from aggregator.model import Held
from aggregator.store import queries
from aggregator.store.database import Database
from aggregator.store.values import digest64, micros

LIMIT = 30_000  # of some 350 bytes


class Sketches:
    """Sketches by article, each with the hash of its text; those that were asked for lately."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.forget()

    def forget(self) -> None:
        """After a transaction was rolled back: ids that it gave are none."""
        self._kept: Lately[int, tuple[int, bytes]] = Lately(self._limit)

    def put(self, article: int, text_hash: int | None, signature: bytes) -> bytes:
        """Keep and return an article's sketch. A text too short for a hash cannot be told from another."""
        made = sketch(signature)
        if text_hash is not None:
            self._kept.put(article, (text_hash, made))
        return made

    def keep(self, held: Held) -> None:
        """Keep an article's sketch."""
        self.put(held.id, digest64(held.fingerprint.text_sha256), held.fingerprint.signature)

    def of(
        self, connection: Connection, database: Database, hashes: Mapping[int, int | None]
    ) -> dict[int, bytes]:
        """The sketches of these articles, whose texts have these hashes; those unknown are read."""
        found: dict[int, bytes] = {}
        missing: list[int] = []
        for article, text_hash in hashes.items():
            kept = self._kept.get(article)
            if kept is None or kept[0] != text_hash:
                missing.append(article)
            else:
                found[article] = kept[1]
        if missing:
            for article, signature in database.fetch(connection, queries.SIGNATURES, {"ids": missing}):
                found[article] = self.put(article, hashes[article], signature)
        return found

    def drop(self, articles: Iterable[int]) -> None:
        """Forget articles whose fingerprint was made anew."""
        for article in articles:
            self._kept.drop(article)


def promising(
    connection: Connection, database: Database, sketches: Sketches, arrivals: Sequence[Held],
    near: Mapping[int, set[int]], horizon: timedelta,
) -> dict[int, list[int]]:  # fmt: skip
    """Of the stored articles near each arrival (by its id): those in time that signatures do not rule out."""
    ids = {article for found in near.values() for article in found}
    if not ids:
        return {}
    known = {row[0]: row for row in database.fetch(connection, queries.CANDIDATES, {"ids": ids})}
    stored = sketches.of(connection, database, {article: row[2] for article, row in known.items()})
    width = horizon // timedelta(microseconds=1)
    pairs: list[tuple[int, int]] = []
    own: list[tuple[bytes, int]] = []
    others: list[tuple[bytes, int]] = []
    for arrival in arrivals:
        found = near.get(arrival.id)
        if not found:
            continue
        middle = micros(arrival.effective)
        mine = sketch(arrival.fingerprint.signature), arrival.fingerprint.tokens
        for article in sorted(found & stored.keys()):
            _, effective, _, tokens = known[article]
            theirs = stored[article]
            if abs(effective - middle) <= width and len(theirs) == len(mine[0]):
                pairs.append((arrival.id, article))
                own.append(mine)
                others.append((theirs, tokens))
    kept: dict[int, list[int]] = {}
    if pairs:
        for (arrival_id, article), may in zip(pairs, may_be_alike(own, others).tolist(), strict=True):
            if may:
                kept.setdefault(arrival_id, []).append(article)
    return kept
