"""The passages of a source's articles: what boilerplate is learnt from, and what is learnt.

One small row an article, the rows of a source beside each other, so that the newest are read in one sweep;
one row a learnt passage. What is learnt is worked out before the transaction (`dedup.boilerplate`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from aggregator.dedup import boilerplate
from aggregator.dedup.boilerplate import RECENT, Text
from aggregator.dedup.evidence import unpack
from aggregator.dedup.fingerprint import passages as hashes_of
from aggregator.model import Learnt
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import article_passages, passages, sources, texts
from aggregator.store.values import DAY, storable

ROW = ("source", "article", "day", "recipe", "version", "passages", "words", "title")
A = article_passages.c


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """What a source was found to print everywhere. ``texts``: how many of its texts that is counted from."""

    source: str
    version: int
    texts: int
    passages: tuple[Learnt, ...]


# ----------------------------------------------------------------------------- what is counted


def row(
    hashes: Sequence[int], words: Sequence[int], evidence: bytes, *, article: int, source: int, when: int,
    recipe: int, version: int,
) -> tuple[Any, ...]:  # fmt: skip
    """A row of ``article_passages``, in the order of `ROW`. ``when``: effective time, microseconds.

    ``words``: how many each passage has; empty: not known, then it is never counted.
    """
    kept = boilerplate.text(hashes, words or (0,) * len(hashes), unpack(evidence).title)
    return (source, article, when // DAY, recipe, version, *kept)


def put(connection: Connection, database: Database, made: Sequence[tuple[Any, ...]]) -> None:
    """Write rows in the place of those that their articles, which are of one source, have."""
    if made:
        connection.execute(
            delete(article_passages).where(A.source == made[0][0], among(A.article, "ids")),
            {"ids": [each[1] for each in made]},
        )
        database.bulk_insert(connection, article_passages, ROW, made)


_COUNTED = (
    select(A.passages, A.words, A.title)
    .where(A.source == bindparam("no"))
    .order_by(A.article.desc())
    .limit(RECENT)
)


def counted(connection: Connection, no: int) -> list[Text]:
    """The newest texts of a source, as boilerplate is learnt from them."""
    return [Text(*each) for each in connection.execute(_COUNTED, {"no": no})]


_BEYOND = (
    select(A.article).where(A.source == bindparam("no")).order_by(A.article.desc()).offset(RECENT).limit(1)
)
_TRIM = delete(article_passages).where(
    A.source == bindparam("no"), A.article <= _BEYOND.scalar_subquery(), A.day < bindparam("first")
)


def trim(connection: Connection, no: int, first: int) -> None:
    """Drop what is neither of the newest articles of a source nor of the day ``first`` or later."""
    connection.execute(_TRIM, {"no": no, "first": first})


# ----------------------------------------------------------------------------- what is learnt


def learn(
    connection: Connection, database: Database, source: Any, found: Collection[Learnt], day: int
) -> int:
    """Set what is boilerplate of a source (its row). Returns the version: another one where that changed.

    What is no longer learnt stays, marked, until the articles that had it are fingerprinted anew.
    """
    own = passages.c.source == source.no
    before = set(connection.execute(select(passages.c.hash).where(own, passages.c.learnt)).scalars())
    now = {each.passage: each for each in found}
    version = int(source.boilerplate_version)
    if before == now.keys():
        return version
    version += 1
    if lost := before - now.keys():
        connection.execute(
            update(passages)
            .where(own, among(passages.c.hash, "hashes"))
            .values(learnt=False, changed=version),
            {"hashes": lost},
        )
    if new := sorted(now.keys() - before):
        insert = database.insert(passages)
        names = ("articles", "day", "learnt", "changed", "sample")
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["source", "hash"], set_={name: insert.excluded[name] for name in names}
            ),
            [
                {
                    "source": source.no, "hash": each, "articles": now[each].texts, "day": day,
                    "learnt": True, "changed": version, "sample": storable(now[each].sample),
                }
                for each in new
            ],
        )  # fmt: skip
    _raise(connection, source, version)
    return version


def _raise(connection: Connection, source: Any, version: int) -> None:
    """Set the version. What a source without articles would have to do is done."""
    up_to_date = source.fingerprinted == source.boilerplate_version
    anything = up_to_date and connection.execute(select(exists().where(A.source == source.no))).scalar_one()
    values = {"boilerplate_version": version}
    if up_to_date and not anything:
        values["fingerprinted"] = version
    connection.execute(update(sources).where(sources.c.no == source.no).values(values))


def tell(connection: Connection, no: int) -> None:
    """Note that a source's patterns in the YAML changed: each of its articles may be another now."""
    connection.execute(update(article_passages).where(A.source == no).values(version=-1))


def listed(connection: Connection, source: Any) -> Boilerplate:
    """What is learnt of a source, most frequent first, counted now."""
    texts_ = boilerplate.texts(counted(connection, source.no))
    counts = boilerplate.count(texts_)
    rows = connection.execute(
        select(passages.c.hash, passages.c.sample).where(passages.c.source == source.no, passages.c.learnt)
    ).all()
    missing = {each.hash for each in rows if not each.sample}
    samples = _samples(connection, source.no, missing) if missing else {}
    found = (
        Learnt(each.hash, counts.get(each.hash, 0), each.sample or samples.get(each.hash, ""))
        for each in rows
    )
    ordered = sorted(found, key=lambda each: (-each.texts, each.sample, each.passage))
    return Boilerplate(source.id, source.boilerplate_version, len(texts_.sizes), tuple(ordered))


def _samples(connection: Connection, no: int, wanted: set[int]) -> dict[int, str]:
    """The words of passages, of the newest articles that have them."""
    found: dict[int, str] = {}
    rows = connection.execute(
        select(texts.c.text)
        .join_from(article_passages, texts, texts.c.article == A.article)
        .where(A.source == no)
        .order_by(A.article.desc())
        .limit(RECENT)
    )
    for body in rows.scalars():
        if wanted <= found.keys():
            break
        lines = body.split("\n\n")
        for passage, line in zip(hashes_of(lines), lines, strict=True):
            if passage in wanted:
                found.setdefault(passage, line[:300])
    return found
