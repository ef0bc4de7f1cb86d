"""Sketches of stored signatures, by which most candidates are ruled out before anything else is read of them.

Of the articles that share a key with another few are copies of it. A sketch is an eighth of what the detector
reads of an article, and is kept for many more of them than the shelf holds. What is kept is used while the
hash of the text is what it was; nothing is lost when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from aggregator.dedup.lately import Lately
from aggregator.dedup.screen import may_be_alike, sketch
from aggregator.dedup.sorting import different
from aggregator.model import Held
from aggregator.store import queries
from aggregator.store.database import Database
from aggregator.store.values import digest64, micros

LIMIT = 30_000  # of some 350 bytes
_NEVER = -(1 << 62)  # microseconds


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
    places: NDArray[np.intp], articles: NDArray[np.int64], horizon: timedelta,
) -> dict[int, list[int]]:  # fmt: skip
    """Of pairs of arrival and stored article: those in time that signatures do not rule out, by arrival's id.

    ``places``: which of the arrivals each pair is of, ascending; ``articles``: the stored article.
    """
    ids = different(articles)
    if not len(ids):
        return {}
    known = {row[0]: row for row in database.fetch(connection, queries.CANDIDATES, {"ids": ids.tolist()})}
    stored = sketches.of(connection, database, {article: row[2] for article, row in known.items()})
    width = horizon // timedelta(microseconds=1)
    middles = np.array([micros(arrival.effective) for arrival in arrivals], np.int64)
    # An article without a row, or without a fingerprint, is beyond every horizon.
    when = np.array([known[article][1] if article in stored else _NEVER for article in ids.tolist()])
    in_time = np.abs(when[ids.searchsorted(articles)] - middles[places]) <= width
    mine = [(sketch(each.fingerprint.signature), each.fingerprint.tokens) for each in arrivals]
    theirs = {article: (made, known[article][3]) for article, made in stored.items()}
    pairs = [
        (place, article)
        for place, article in zip(places[in_time].tolist(), articles[in_time].tolist(), strict=True)
        if len(theirs[article][0]) == len(mine[place][0])
    ]
    kept: dict[int, list[int]] = {}
    if pairs:
        may = may_be_alike([mine[place] for place, _ in pairs], [theirs[article] for _, article in pairs])
        for (place, article), alike in zip(pairs, may.tolist(), strict=True):
            if alike:
                kept.setdefault(arrivals[place].id, []).append(article)
    return kept
