"""Sketches of signatures, by which most candidates are ruled out before anything else is read of them.

Of the articles that share a key with another few are copies of it. A sketch is an eighth of what the detector
reads of an article, and is kept for many more of them than the shelf holds, with all that is asked of an
article before its pairs are known to be worth a look. Nothing is lost when it is forgotten. What is kept is
used as it is while nobody else has written (`Database.stamp`); then, while the hash of the text is what it
was.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from aggregator.dedup.screen import SKETCH, may_be_alike, sketch
from aggregator.dedup.sorting import different
from aggregator.model import Held
from aggregator.store import queries
from aggregator.store.database import Database, Stamp
from aggregator.store.values import digest64, micros

LIMIT = 30_000  # of some 270 bytes


class Sketched(NamedTuple):
    """What is asked of n stored articles: ``effective``, int64[n], microseconds; ``tokens``, int64[n];
    ``made``, their sketches, uint8[n, SKETCH]; ``there``, bool[n]: which there are, with a signature that
    can be compared. The rest of one that is not there means nothing."""

    effective: NDArray[np.int64]
    tokens: NDArray[np.int64]
    made: NDArray[np.uint8]
    there: NDArray[np.bool_]


class Sketches:
    """Sketches by article, each with the hash of its text: those that came last, in arrays.

    Signatures of another recipe may be of another length; those are not kept, and compared with none.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._stamp: Stamp | None = None
        self._round = 1  # a higher one begins when somebody else has written
        self.forget()

    def forget(self) -> None:
        """After a transaction was rolled back: ids that it gave are none."""
        self._rows: dict[int, int] = {}
        self._next = 0  # the row that is written next; what it holds goes
        zeros = array("q", [0])
        self._articles, self._hashes = zeros * self._limit, zeros * self._limit
        self._effective, self._tokens = zeros * self._limit, zeros * self._limit
        self._sure = zeros * self._limit  # the round in which a row was known to be as the article is
        self._made = np.zeros((self._limit, SKETCH), np.uint8)

    def trust(self, stamp: Stamp | None) -> None:
        """Begin a transaction. ``stamp``: the database's, which tells whether somebody else has written."""
        if stamp is None or stamp != self._stamp:
            self._round += 1
            self._stamp = stamp

    def put(self, article: int, text_hash: int | None, effective: int, tokens: int, made: bytes) -> None:
        """Keep an article's sketch. A text too short for a hash cannot be told from another."""
        if text_hash is None or len(made) != SKETCH:
            return
        row = self._rows.get(article)
        if row is None:
            row = self._next
            self._next = (row + 1) % self._limit
            self._rows.pop(self._articles[row], None)
            self._rows[article], self._articles[row] = row, article
        self._hashes[row], self._effective[row], self._tokens[row] = text_hash, effective, tokens
        self._sure[row] = self._round
        self._made[row] = np.frombuffer(made, np.uint8)

    def keep(self, held: Held) -> None:
        """Keep an article's sketch."""
        made = held.fingerprint
        effective, text_hash = micros(held.effective), digest64(made.text_sha256)
        self.put(held.id, text_hash, effective, made.tokens, sketch(made.signature))

    def of(self, connection: Connection, database: Database, articles: Sequence[int]) -> Sketched:
        """What is known of these articles, each named once; what is not known for sure is read."""
        rows = np.array([self._rows.get(article, -1) for article in articles], np.intp)
        there = rows >= 0
        there &= np.frombuffer(self._sure, np.int64)[rows] == self._round
        found = Sketched(
            np.frombuffer(self._effective, np.int64)[rows], np.frombuffer(self._tokens, np.int64)[rows],
            self._made[rows], there,
        )  # fmt: skip
        unsure = {articles[place]: place for place in (~there).nonzero()[0].tolist()}
        if unsure:
            self._read(connection, database, unsure, found)
        return found

    def _read(
        self, connection: Connection, database: Database, places: dict[int, int], found: Sketched
    ) -> None:
        """Read what is to be known of articles into their ``places``."""
        missing: dict[int, tuple[int | None, int, int]] = {}
        for article, effective, text_hash, tokens in database.fetch(
            connection, queries.CANDIDATES, {"ids": list(places)}
        ):
            place, row = places[article], self._rows.get(article)
            found.effective[place], found.tokens[place] = effective, tokens
            if row is None or self._hashes[row] != text_hash:
                missing[article] = text_hash, effective, tokens
            else:
                found.there[place] = True
                self._tokens[row], self._sure[row] = tokens, self._round
        if missing:
            asked = {"ids": list(missing)}
            for article, signature in database.fetch(connection, queries.SIGNATURES, asked):
                place, made = places[article], sketch(signature)
                if len(made) == SKETCH:
                    found.made[place], found.there[place] = np.frombuffer(made, np.uint8), True
                    self.put(article, *missing[article], made)

    def effective(
        self, connection: Connection, database: Database, articles: Sequence[int]
    ) -> dict[int, int]:
        """When these articles were published, microseconds: the one thing of an article that stays."""
        rows = {article: self._rows.get(article) for article in articles}
        known = {article: self._effective[row] for article, row in rows.items() if row is not None}
        if missing := [article for article, row in rows.items() if row is None]:
            known |= dict(database.fetch(connection, queries.EFFECTIVE, {"ids": missing}))
        return known

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
    if not len(articles):
        return {}
    ids = different(articles)
    known = sketches.of(connection, database, ids.tolist())
    mine, comparable = _own(arrivals)
    where = ids.searchsorted(articles)
    middles = np.array([micros(arrival.effective) for arrival in arrivals], np.int64)
    width = horizon // timedelta(microseconds=1)
    asked = known.there[where] & comparable[places]
    asked &= np.abs(known.effective[where] - middles[places]) <= width
    places, articles, where = places[asked], articles[asked], where[asked]
    sizes = np.array([arrival.fingerprint.tokens for arrival in arrivals], float)
    alike = may_be_alike(mine[places], sizes[places], known.made[where], known.tokens[where].astype(float))
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
