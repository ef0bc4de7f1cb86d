"""The passages of a source's articles: what boilerplate is learnt from, and what is learnt.

One small row an article, the rows of a source beside each other, so that the newest are read in one sweep;
one row a learnt passage. What is learnt is worked out before the transaction (`dedup.boilerplate`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, literal, select, update

from aggregator.dedup import boilerplate
from aggregator.dedup.boilerplate import RECENT, Text
from aggregator.dedup.evidence import title_tokens
from aggregator.dedup.fingerprint import passages as hashes_of
from aggregator.model import Learnt
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.queries import Polled
from aggregator.store.schema import article_passages, passages, sources, texts
from aggregator.store.values import DAY, storable

ROW = ("source", "article", "day", "recipe", "version", "passages", "words", "title")
A = article_passages.c
AT_ONCE = 200  # rows of a source that are looked at for `trim`


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
    kept = boilerplate.text(hashes, words or (0,) * len(hashes), title_tokens(evidence))
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


def counted(connection: Connection, database: Database, no: int) -> list[Text]:
    """The newest texts of a source, as boilerplate is learnt from them."""
    return list(map(Text._make, database.fetch(connection, _COUNTED, {"no": no})))


_BEYOND = (
    select(A.article).where(A.source == bindparam("no")).order_by(A.article.desc()).offset(RECENT).limit(1)
)
_OLDEST = select(A.article).where(A.source == bindparam("no")).order_by(A.article).limit(AT_ONCE)
_TRIM = delete(article_passages).where(
    A.source == bindparam("no"),
    A.article.in_(_OLDEST),
    A.day < bindparam("first"),
    A.article + literal(0) <= _BEYOND.scalar_subquery(),  # which is read where there is anything to drop
)


def trim(connection: Connection, database: Database, first: Mapping[int, int]) -> None:
    """Drop what is neither of the newest articles of a source (by number) nor of its day or later.

    Of the oldest only, `AT_ONCE` of each source: it is done at each poll, and a source may have thousands.
    """
    database.many(connection, _TRIM, [{"no": no, "first": day} for no, day in first.items()])


# ----------------------------------------------------------------------------- what is learnt


class Lesson(NamedTuple):
    """What a poll learnt of its source: its boilerplate, all of it. ``day``: since 1970."""

    source: Polled
    found: Collection[Learnt]
    day: int


_LEARNT = select(passages.c.source, passages.c.hash).where(
    among(passages.c.source, "numbers"), passages.c.learnt
)
_UNLEARN = (
    update(passages)
    .where(passages.c.source == bindparam("no"), passages.c.hash == bindparam("passage"))
    .values(learnt=False, changed=bindparam("version"))
)
_WITH_ARTICLES = select(sources.c.no).where(
    among(sources.c.no, "numbers"), exists().where(A.source == sources.c.no)
)
_RAISE = (
    update(sources)
    .where(sources.c.no == bindparam("the_no"))
    .values(boilerplate_version=bindparam("version"), fingerprinted=bindparam("as_of"))
)


def learnt(connection: Connection, database: Database, numbers: Collection[int]) -> dict[int, set[int]]:
    """What is boilerplate of sources, by their numbers."""
    found: dict[int, set[int]] = {no: set() for no in numbers}
    for no, passage in database.fetch(connection, _LEARNT, {"numbers": numbers}):
        found[no].add(passage)
    return found


def learn(connection: Connection, database: Database, lessons: Mapping[int, Lesson]) -> dict[int, int]:
    """Set what is boilerplate of sources, by number. Returns their versions: others where that changed.

    What is no longer learnt stays, marked, until the articles that had it are fingerprinted anew.
    """
    if not lessons:
        return {}
    before = learnt(connection, database, lessons.keys())
    versions: dict[int, int] = {}
    lost: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for no, lesson in sorted(lessons.items()):  # locked in one order everywhere
        now = {each.passage: each for each in lesson.found}
        versions[no] = version = lesson.source.boilerplate_version + (before[no] != now.keys())
        lost += [{"no": no, "passage": each, "version": version} for each in sorted(before[no] - now.keys())]
        new += [
            {
                "source": no, "hash": each, "articles": now[each].texts, "day": lesson.day,
                "learnt": True, "changed": version, "sample": storable(now[each].sample),
            }
            for each in sorted(now.keys() - before[no])
        ]  # fmt: skip
    database.many(connection, _UNLEARN, lost)
    if new:
        insert = database.insert(passages)
        names = ("articles", "day", "learnt", "changed", "sample")
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["source", "hash"], set_={name: insert.excluded[name] for name in names}
            ),
            new,
        )
    _raise(connection, database, lessons, versions)
    return versions


def _raise(
    connection: Connection, database: Database, lessons: Mapping[int, Lesson], versions: Mapping[int, int]
) -> None:
    """Set the versions that changed. What a source without articles would have to do is done."""
    raised = [
        lesson.source for no, lesson in lessons.items() if versions[no] != lesson.source.boilerplate_version
    ]
    ready = [row.no for row in raised if row.fingerprinted == row.boilerplate_version]
    empty = set(ready)
    if ready:
        empty -= {no for (no,) in database.fetch(connection, _WITH_ARTICLES, {"numbers": ready})}
    database.many(
        connection,
        _RAISE,
        [
            {
                "the_no": row.no,
                "version": versions[row.no],
                "as_of": versions[row.no] if row.no in empty else row.fingerprinted,
            }
            for row in raised
        ],
    )


def tell(connection: Connection, no: int) -> None:
    """Note that a source's patterns in the YAML changed: each of its articles may be another now."""
    connection.execute(update(article_passages).where(A.source == no).values(version=-1))


def listed(connection: Connection, database: Database, source: Any) -> Boilerplate:
    """What is learnt of a source, most frequent first, counted now."""
    texts_ = boilerplate.texts(counted(connection, database, source.no))
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
