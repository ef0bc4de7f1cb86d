"""Decided pairs in the database: one row for each of the two articles, so that either end finds the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from aggregator.model import TIE_KINDS, Tie
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import ties

COLUMNS = ("article", "other", "kind", "probability", "shared", "said")
_OF = select(*(ties.c[name] for name in COLUMNS)).where(among(ties.c.article, "ids"))
_NUMBERS = {kind: number for number, kind in enumerate(TIE_KINDS)}


def of(connection: Connection, database: Database, articles: Collection[int]) -> list[Tie]:
    """The ties of these articles, whatever is at the other end; each once."""
    asked = frozenset(articles)
    return [
        Tie(article, other, probability, TIE_KINDS[kind], shared, said)
        for article, other, kind, probability, shared, said in database.fetch(
            connection, _OF, {"ids": articles}
        )
        if article < other or other not in asked
    ]


def write(connection: Connection, database: Database, found: Sequence[Tie], last: int) -> None:
    """Keep ties. ``last``: the highest id of what was stored before; a tie between two of those replaces."""
    fresh = [row for tie in found if max(tie.a, tie.b) > last for row in _rows(tie)]
    database.bulk_insert(connection, ties, COLUMNS, sorted(fresh))
    changed = [row for tie in found if max(tie.a, tie.b) <= last for row in _rows(tie)]
    if changed:
        insert = database.insert(ties)
        statement = insert.on_conflict_do_update(
            index_elements=["article", "other"], set_={name: insert.excluded[name] for name in COLUMNS[2:]}
        )
        connection.execute(statement, [dict(zip(COLUMNS, row, strict=True)) for row in changed])


def _rows(tie: Tie) -> list[tuple[int, int, int, float, int, float]]:
    kind = _NUMBERS[tie.kind]
    return [
        (tie.a, tie.b, kind, tie.probability, tie.shared, tie.said),
        (tie.b, tie.a, kind, tie.probability, tie.shared, tie.said),
    ]
