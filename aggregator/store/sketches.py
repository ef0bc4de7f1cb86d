"""Sketches of stored signatures, by which most candidates are ruled out before anything else is read of them.

Of the articles that share a key with another few are copies of it. A sketch is an eighth of what the detector
reads of an article, and is kept for many more of them than the shelf holds. What is kept is used while the
hash of the text is what it was; nothing is lost when it is forgotten.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from aggregator.dedup.screen import SKETCH, may_be_alike, sketch
from aggregator.dedup.sorting import different
from aggregator.model import Held
from aggregator.store import queries
from aggregator.store.database import Database
from aggregator.store.values import digest64, micros

LIMIT = 30_000  # of some 250 bytes


class Sketches:
    """Sketches by article, each with the hash of its text: those that came last, in arrays.

    Signatures of another recipe may be of another length; those are not kept, and compared with none.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.forget()

    def forget(self) -> None:
        """After a transaction was rolled back: ids that it gave are none."""
        self._rows: dict[int, int] = {}
        self._next = 0  # the row that is written next; what it holds goes
        self._articles, self._hashes = array("q", [0]) * self._limit, array("q", [0]) * self._limit
        self._made = np.zeros((self._limit, SKETCH), np.uint8)

    def put(self, article: int, text_hash: int | None, signature: bytes) -> None:
        """Keep an article's sketch. A text too short for a hash cannot be told from another."""
        made = sketch(signature)
        if text_hash is None or len(made) != SKETCH:
            return
        row = self._rows.get(article)
        if row is None:
            row = self._next
            self._next = (row + 1) % self._limit
            self._rows.pop(self._articles[row], None)
            self._rows[article], self._articles[row] = row, article
        self._hashes[row] = text_hash
        self._made[row] = np.frombuffer(made, np.uint8)

    def keep(self, held: Held) -> None:
        """Keep an article's sketch."""
        self.put(held.id, digest64(held.fingerprint.text_sha256), held.fingerprint.signature)

    def of(
        self, connection: Connection, database: Database, articles: Sequence[int],
        hashes: Sequence[int | None],
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:  # fmt: skip
        """The sketches of these articles, whose texts have these hashes: uint8[n, SKETCH], and which there
        are: bool[n]. Those unknown are read."""
        rows = [self._rows.get(article, -1) for article in articles]
        missing = {
            article: place
            for place, (article, row, text_hash) in enumerate(zip(articles, rows, hashes, strict=True))
            if row < 0 or self._hashes[row] != text_hash
        }
        made, there = self._made[rows], np.ones(len(rows), np.bool_)
        there[list(missing.values())] = False
        if missing:
            asked = {"ids": list(missing)}
            for article, signature in database.fetch(connection, queries.SIGNATURES, asked):
                place, small = missing[article], sketch(signature)
                if len(small) == SKETCH:
                    made[place], there[place] = np.frombuffer(small, np.uint8), True
                    self.put(article, hashes[place], signature)
        return made, there

    def drop(self, articles: Iterable[int]) -> None:
        """Forget articles whose fingerprint was made anew."""
        for article in articles:
            row = self._rows.pop(article, None)
            if row is not None:
                self._articles[row] = 0


def promising(
    connection: Connection, database: Database, sketches: Sketches, arrivals: Sequence[Held],
    places: NDArray[np.intp], articles: NDArray[np.int64], horizon: timedelta,
) -> dict[int, list[int]]:  # fmt: skip
    """Of pairs of arrival and stored article: those in time that signatures do not rule out, by arrival's id.

    ``places``: which of the arrivals each pair is of, ascending; ``articles``: the stored article.
    """
    ids = different(articles).tolist()
    known = sorted(database.fetch(connection, queries.CANDIDATES, {"ids": ids})) if ids else []
    if not known:
        return {}
    stored, effective, hashes, tokens = zip(*known, strict=True)
    made, there = sketches.of(connection, database, stored, hashes)
    mine, comparable = _own(arrivals)
    # An article without a row, or without a fingerprint, is none of the candidates.
    where = np.array(stored, np.int64).searchsorted(articles)
    where = np.minimum(where, len(stored) - 1)
    middles = np.array([micros(arrival.effective) for arrival in arrivals], np.int64)
    width = horizon // timedelta(microseconds=1)
    asked = (np.array(stored, np.int64)[where] == articles) & there[where] & comparable[places]
    asked &= np.abs(np.array(effective, np.int64)[where] - middles[places]) <= width
    places, articles, where = places[asked], articles[asked], where[asked]
    sizes = np.array([arrival.fingerprint.tokens for arrival in arrivals], float)
    alike = may_be_alike(mine[places], sizes[places], made[where], np.array(tokens, float)[where])
    kept: dict[int, list[int]] = {}
    for place, article in zip(places[alike].tolist(), articles[alike].tolist(), strict=True):
        kept.setdefault(arrivals[place].id, []).append(article)
    return kept


def _own(arrivals: Sequence[Held]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The arrivals' sketches, and which can be compared: those of another length stand empty."""
    made = [sketch(arrival.fingerprint.signature) for arrival in arrivals]
    comparable = np.array([len(each) == SKETCH for each in made])
    joined = b"".join([each if len(each) == SKETCH else bytes(SKETCH) for each in made])
    return np.frombuffer(joined, np.uint8).reshape(-1, SKETCH), comparable
