"""What `dedup.explain` and `dedup.tuning` need, from the database."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from aggregator.dedup.explain import Explanation, Said, explain
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Held
from aggregator.store import article_views, labelled
from aggregator.store.among import among
from aggregator.store.neighbourhood import Placed
from aggregator.store.schema import articles, constraints, corrections
from aggregator.store.values import moment


def explained(connection: Connection, near: Placed, a: int, b: int, rules: Rules) -> Explanation:
    """Return the argument about two articles. Raises NotFoundError; UsageError for one with itself."""
    if a == b:
        raise UsageError(f"article {a} is one article; give two to explain")
    found = near.by_id([a, b])
    if missing := [number for number in (a, b) if number not in found]:
        raise NotFoundError(f"there is no article {missing[0]}")
    first, second = labelled.with_keys(connection, [found[a], found[b]])
    texts = [article_views.article(connection, near.book, number).text for number in (a, b)]
    silent = labelled.left_out_of(connection, [a, b])
    members = near.members({held.story for held in (first, second) if held.story is not None})
    everyone = {held.id for some in members.values() for held in some}
    names = {}
    for held in (held for some in members.values() for held in some):
        facts = near.book.by_id(connection, held.source)
        names[held.source] = held.source if facts is None else facts.title
    return explain(
        first,
        second,
        texts[0].split("\n\n"),
        texts[1].split("\n\n"),
        near,
        rules,
        left_out_a=silent.get(a, ()),
        left_out_b=silent.get(b, ()),
        said=said_of(connection, everyone),
        names=names,
    )


def recent(connection: Connection, near: Placed, limit: int) -> tuple[list[Held], list[Constraint]]:
    """Return the newest articles, with their candidate keys, by id; and the corrections that name them."""
    ids = sorted(
        connection.execute(select(articles.c.id).order_by(articles.c.id.desc()).limit(limit)).scalars()
    )
    found = near.by_id(ids)
    held = labelled.with_keys(connection, [found[number] for number in ids if number in found])
    return held, list(near.constraints(ids))


def said_of(connection: Connection, articles: set[int]) -> list[Said]:
    """Return what persons said of these articles and still stands, the oldest first."""
    rows = connection.execute(
        select(
            constraints.c.a, constraints.c.b, constraints.c.together,
            corrections.c.author, corrections.c.at, corrections.c.reason,
        )
        .join_from(constraints, corrections, corrections.c.id == constraints.c.correction)
        .where(
            corrections.c.undone.is_(None),
            or_(among(constraints.c.a, "ids"), among(constraints.c.b, "ids")),
        )
        .order_by(corrections.c.id),
        {"ids": articles},
    )  # fmt: skip
    return [Said(row.a, row.b, row.together, row.author, moment(row.at), row.reason) for row in rows]
