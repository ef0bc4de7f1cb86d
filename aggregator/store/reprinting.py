"""Fingerprinting anew, from the stored texts: after the recipe changed, or a source's boilerplate did.

In pages: what is out of date is a question to the database, so nothing is lost when the work ends at any
moment, and several daemons may do it. No article moves to another story by it. Between the reading and the
writing of a page its texts are read in worker processes; what changed meanwhile is left for a later page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, exists, func, or_, select, update

from aggregator.dedup.fingerprint import RECIPE, Analysis
from aggregator.model import Fingerprint, Source
from aggregator.store import passages, rows
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.numbers import Recipes
from aggregator.store.queries import KEYS
from aggregator.store.schema import (
    article_passages,
    articles,
    fingerprints,
    instance,
    sources,
    texts,
)
from aggregator.store.schema import passages as learnt_passages
from aggregator.store.schema import recipes as recipe_names
from aggregator.store.values import digest64, packed

LOOKED_AT = 500  # rows of one page …
READ_AGAIN = 40  # … and articles of it whose texts are read again: a short transaction
NEVER = -1  # version of what was fingerprinted under rules that are not known
A, P = article_passages.c, learnt_passages.c


@dataclass(frozen=True, slots=True)
class Again:
    """An article whose text is read again, and by what it is known not to have changed meanwhile."""

    article: int
    title: str
    paragraphs: tuple[str, ...]
    raw_sha256: bytes
    recipe: int
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some articles of a source that are out of date; none at all: the source is done.

    ``same``: ids of those that have none of the passages that changed; ``gone``: of those that are no more.
    """

    source: str
    no: int
    version: int  # of the boilerplate that is left out
    leave_out: frozenset[int]
    patterns: tuple[str, ...]
    again: tuple[Again, ...] = ()
    same: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


# ----------------------------------------------------------------------------- what is out of date


def take_recipe(connection: Connection) -> bool:
    """Whether the horizon must be fingerprinted anew before anything is placed: the recipe is another one."""
    row = connection.execute(select(instance.c.recipe, instance.c.last_article).with_for_update()).one()
    if row.recipe == RECIPE:
        return bool(connection.execute(select(exists().where(sources.c.fingerprinted == NEVER))).scalar_one())
    connection.execute(update(instance).values(recipe=RECIPE))
    if row.last_article:
        connection.execute(update(sources).values(fingerprinted=NEVER))
    return bool(row.last_article)


def page(
    connection: Connection, configured: Mapping[str, Source], first: int, *, urgent: bool
) -> Page | None:
    """The next page, None when all is up to date. ``first``: day from which articles matter.

    ``urgent``: only what must be done before polling.
    """
    column = sources.c
    pending = column.fingerprinted == NEVER if urgent else column.fingerprinted < column.boilerplate_version
    row = connection.execute(select(sources).where(pending).order_by(column.no).limit(1)).one_or_none()
    if row is None:
        return None
    current = select(func.coalesce(func.max(recipe_names.c.no), NEVER)).where(recipe_names.c.name == RECIPE)
    recipe = connection.execute(current).scalar_one()
    stale = connection.execute(
        select(A.article, A.recipe, A.version, A.passages)
        .where(A.source == row.no, A.day >= first)
        .where(or_(A.version < row.boilerplate_version, A.recipe != recipe))
        .order_by(A.article.desc())
        .limit(LOOKED_AT)
    ).all()
    learnt = connection.execute(select(P.hash, P.learnt, P.changed).where(P.source == row.no)).all()
    changed = {each.hash: each.changed for each in learnt}
    same: list[int] = []
    wanted: dict[int, Any] = {}
    for each in stale:
        if each.recipe == recipe and not _affected(each, changed):
            same.append(each.article)
        elif len(wanted) < READ_AGAIN:
            wanted[each.article] = each
        else:
            break
    source = configured.get(row.id)
    again = _texts(connection, wanted)
    return Page(
        source=row.id,
        no=row.no,
        version=row.boilerplate_version,
        leave_out=frozenset(each.hash for each in learnt if each.learnt),
        patterns=() if source is None else source.boilerplate,
        again=again,
        same=tuple(same),
        gone=tuple(wanted.keys() - {each.article for each in again}),
    )


def _affected(row: Any, changed: Mapping[int, int]) -> bool:
    """Whether one of its passages was learnt, or is no longer, since it was fingerprinted."""
    if row.version == NEVER:
        return True
    found = np.frombuffer(row.passages, "<i8").tolist()
    return any(changed.get(passage, 0) > row.version for passage in found)


def _texts(connection: Connection, wanted: Mapping[int, Any]) -> tuple[Again, ...]:
    if not wanted:
        return ()
    found = connection.execute(
        select(articles.c.id, articles.c.title, articles.c.raw_sha256, texts.c.text)
        .join_from(articles, texts, texts.c.article == articles.c.id)
        .where(among(articles.c.id, "ids")),
        {"ids": wanted.keys()},
    )
    return tuple(
        Again(
            each.id, each.title, tuple(each.text.split("\n\n")) if each.text else (), each.raw_sha256,
            wanted[each.id].recipe, wanted[each.id].version,
        )
        for each in found
    )  # fmt: skip


# ----------------------------------------------------------------------------- writing


def write(
    connection: Connection,
    database: Database,
    recipes: Recipes,
    done: Page,
    made: Sequence[Analysis | None],
) -> int:
    """Write what a page's texts were read as (None: could not be read, stays). Returns how many changed."""
    database.lock_placing(connection)
    if not (done.again or done.same or done.gone):
        connection.execute(update(sources).where(sources.c.no == done.no).values(fingerprinted=done.version))
        connection.execute(
            delete(learnt_passages).where(P.source == done.no, ~P.learnt, P.changed <= done.version)
        )
        return 0
    own = A.source == done.no
    connection.execute(delete(article_passages).where(own, among(A.article, "ids")), {"ids": done.gone})
    recipe = recipes.number(connection, database, RECIPE)
    found = _unchanged(connection, done)
    unread = [each.article for each, of in zip(done.again, made, strict=True) if of is None]
    connection.execute(
        update(article_passages)
        .where(own, among(A.article, "ids"))
        .values(version=done.version, recipe=recipe),
        {"ids": [*done.same, *unread]},
    )
    anew = {
        each.article: of
        for each, of in zip(done.again, made, strict=True)
        if of is not None and each.article in found
    }
    if anew:
        when = {article: found[article] for article in anew}
        replace_prints(
            connection, database, recipes, [(n, when[n], of.fingerprint) for n, of in anew.items()]
        )
        _note(connection, anew)
        passages.put(
            connection,
            database,
            [
                passages.row(
                    of.passages, of.words, of.fingerprint.evidence, article=article, source=done.no,
                    when=when[article], recipe=recipe, version=done.version,
                )
                for article, of in sorted(anew.items())
            ],
        )  # fmt: skip
    return len(anew)


def _unchanged(connection: Connection, done: Page) -> dict[int, int]:
    """The effective times of the articles that are as they were when the page was read."""
    before = {each.article: (each.raw_sha256, each.recipe, each.version) for each in done.again}
    found = connection.execute(
        select(articles.c.id, articles.c.effective, articles.c.raw_sha256, A.recipe, A.version)
        .join_from(articles, article_passages, A.article == articles.c.id)
        .where(A.source == done.no, among(A.article, "ids")),
        {"ids": before.keys()},
    )
    return {
        each.id: each.effective
        for each in found
        if (each.raw_sha256, each.recipe, each.version) == before[each.id]
    }


def _note(connection: Connection, anew: Mapping[int, Analysis]) -> None:
    """What articles and texts say of their fingerprints."""
    connection.execute(
        update(articles)
        .where(articles.c.id == bindparam("the_id"))
        .values({name: bindparam(f"new_{name}") for name in ("text_sha256", "text_hash", "tokens")}),
        [
            {
                "the_id": article,
                "new_text_sha256": of.fingerprint.text_sha256,
                "new_text_hash": digest64(of.fingerprint.text_sha256),
                "new_tokens": of.fingerprint.tokens,
            }
            for article, of in anew.items()
        ],
    )
    connection.execute(
        update(texts)
        .where(texts.c.article == bindparam("the_id"), texts.c.boilerplate != bindparam("now"))
        .values(boilerplate=bindparam("now")),
        [{"the_id": article, "now": packed(of.left_out)} for article, of in anew.items()],
    )


def replace_prints(
    connection: Connection,
    database: Database,
    recipes: Recipes,
    made: Sequence[tuple[int, int, Fingerprint]],
) -> None:
    """Replace fingerprints, and their keys on the day of the article.

    ``made``: (article, its effective time in microseconds, fingerprint).
    """
    when = {article: effective for article, effective, _ in made}
    kept = connection.execute(
        select(fingerprints.c.article, fingerprints.c.recipe, fingerprints.c.bands).where(
            among(fingerprints.c.article, "ids")
        ),
        {"ids": when.keys()},
    ).all()
    taken = rows.candidates(
        [
            rows.Indexed(rows.unpack_keys(row.bands), row.recipe, when[row.article], row.article)
            for row in kept
        ]
    )
    old = [{"the_slot": where, "the_article": article} for where, article in taken]
    for of in KEYS if old else ():
        gone = delete(of).where(of.c.slot == bindparam("the_slot"), of.c.article == bindparam("the_article"))
        connection.execute(gone, old)
    connection.execute(delete(fingerprints).where(among(fingerprints.c.article, "ids")), {"ids": when.keys()})
    prints, keys = [], []
    for article, effective, print_ in made:
        recipe = recipes.number(connection, database, print_.recipe)
        prints.append(rows.fingerprint(print_, article, recipe))
        keys.append(rows.Indexed(print_.keys, recipe, effective, article))
    database.bulk_insert(connection, fingerprints, rows.FINGERPRINT, prints)
    database.add_keys(connection, rows.candidates(keys))
