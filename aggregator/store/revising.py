"""Articles whose entry changed: they keep id, story and dates; a changed text is kept as a revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from aggregator.model import Prepared
from aggregator.store import passages, queries, reprinting, rows, search
from aggregator.store.among import among
from aggregator.store.batch import Batch, Poll
from aggregator.store.schema import articles, revisions, stories, texts
from aggregator.store.values import micros, storable

LAST = 20  # revisions kept besides the first


@dataclass(frozen=True, slots=True)
class Revised:
    """An article whose text changed (``rewritten``), or only its title, address or markup."""

    article: int
    story: int
    prepared: Prepared
    rewritten: bool


def revise(batch: Batch, poll: Poll) -> list[Revised]:
    """Write what changed; a dozen statements for any number of articles, two where no text did."""
    changed = poll.found.changed
    if not changed:
        return []
    connection = batch.connection
    search.add(connection, batch.database, batch.documents)  # what is taken out of the index must be in it
    batch.documents.clear()
    old = dict(connection.execute(queries.TEXTS, {"ids": [row.id for row, _ in changed]}).all())
    rewritten = {row.id for row, each in changed if _rewritten(row, each, old.get(row.id, ""))}
    retold = [
        (row, each)
        for row, each in changed
        if row.id in rewritten or row.title != rows.entry_values(each)["title"]
    ]
    if rewritten:
        _keep(batch, poll, [(row, old.get(row.id, "")) for row, _ in changed if row.id in rewritten])
    _update(batch, poll, rewritten)
    batch.near.shelf.drop(row.id for row, _ in changed)
    if retold:
        _fingerprints(batch, poll, retold)
        search.remove(
            connection, batch.database, [(row.id, row.title, old.get(row.id, "")) for row, _ in retold]
        )
        search.add(
            connection,
            batch.database,
            [(row.id, poll.ready.tokens[each.entry.guid]) for row, each in retold],
        )
    if rewritten:
        connection.execute(
            update(stories)
            .where(
                among(stories.c.id, "stories"),
                among(func.coalesce(stories.c.text, stories.c.canonical), "ids"),
            )
            .values(updated=micros(poll.change.at)),
            {"stories": {row.story for row, _ in changed if row.id in rewritten}, "ids": rewritten},
        )
    return [Revised(row.id, row.story, each, row.id in rewritten) for row, each in retold]


def _rewritten(row: Any, each: Prepared, before: str) -> bool:
    """Whether the normalised text changed. Texts too short for a hash of their own are compared as words."""
    now = each.fingerprint.text_sha256
    if (row.text_sha256 or now) and row.text_sha256 == now:
        return False
    # Another hash alone may come of boilerplate that was learnt meanwhile.
    return before.split() != storable(each.text).split()


def _update(batch: Batch, poll: Poll, rewritten: set[int]) -> None:
    at = micros(poll.change.at)
    values = [
        rows.entry_values(each) | {"the_id": row.id, "updated": at if row.id in rewritten else None}
        for row, each in poll.found.changed
    ]
    statement = update(articles).where(articles.c.id == bindparam("the_id"))
    keeping = statement.values(updated=func.coalesce(bindparam("updated"), articles.c.updated), dropped=None)
    batch.connection.execute(keeping, values)
    # Only where it differs: a feed that stamps every entry at every poll must not rewrite all its texts.
    names = [name for name in rows.TEXT if name != "article"]
    differs = or_(*(texts.c[name] != bindparam(f"new_{name}") for name in names))
    statement = update(texts).where(texts.c.article == bindparam("the_id"), differs)
    batch.connection.execute(
        statement.values({name: bindparam(f"new_{name}") for name in names}),
        [
            {"the_id": row.id}
            | {f"new_{name}": value for name, value in zip(names, rows.text(each, row.id)[1:], strict=True)}
            for row, each in poll.found.changed
        ],
    )


def _keep(batch: Batch, poll: Poll, replaced: Sequence[tuple[Any, str]]) -> None:
    """Keep the texts that are replaced: the first, and the last twenty."""
    connection = batch.connection
    numbers = dict(
        connection.execute(
            select(revisions.c.article, func.max(revisions.c.no))
            .where(among(revisions.c.article, "ids"))
            .group_by(revisions.c.article),
            {"ids": [row.id for row, _ in replaced]},
        ).all()
    )
    connection.execute(
        insert(revisions),
        [
            {
                "article": row.id, "no": numbers.get(row.id, 0) + 1, "until": micros(poll.change.at),
                "title": row.title, "text": text, "raw_sha256": row.raw_sha256,
                "text_sha256": row.text_sha256,
            }
            for row, text in replaced
        ],
    )  # fmt: skip
    if full := [
        {"the_article": article, "upto": last + 1 - LAST} for article, last in numbers.items() if last > LAST
    ]:
        connection.execute(
            delete(revisions).where(
                revisions.c.article == bindparam("the_article"),
                revisions.c.no > 1,
                revisions.c.no <= bindparam("upto"),
            ),
            full,
        )


def _fingerprints(batch: Batch, poll: Poll, retold: Sequence[tuple[Any, Prepared]]) -> None:
    """Replace the fingerprints, and their keys on the day of the article."""
    reprinting.replace_prints(
        batch.connection,
        batch.database,
        batch.recipes,
        [(row.id, row.effective, each.fingerprint) for row, each in retold],
    )
    passages.put(
        batch.connection,
        batch.database,
        [
            passages.row(
                each.passages, each.words, each.fingerprint.evidence, article=row.id, source=poll.row.no,
                when=row.effective, version=poll.version,
                recipe=batch.recipes.number(batch.connection, batch.database, each.fingerprint.recipe),
            )
            for row, each in retold
        ],
    )  # fmt: skip
