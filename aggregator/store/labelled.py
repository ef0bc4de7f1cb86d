"""What people corrected, as labelled pairs: the form that scripts/fit and scripts/evaluate read.

Lines of two kinds (README, "Corrections"). A pair::

    {"a", "b", "label": "copy"|"different", "weight", "kind", "correction", "at", "reason"}

and, on request, before the pairs the documents that it takes to compute their signals elsewhere, in the form
that ``aggregator dedup`` reads: the two texts, and those near them, since what many stories say alike weighs
less. Ids are ``<instance>:<article>``, so that exports of several databases can be read together. Who made a
correction is not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from aggregator.dedup.rules import Rules
from aggregator.model import Held
from aggregator.store import article_views
from aggregator.store.among import among
from aggregator.store.neighbourhood import Placed
from aggregator.store.schema import constraints, corrections, fingerprints, texts
from aggregator.store.values import moment, unpacked


def pairs(connection: Connection, instance: str) -> list[dict[str, Any]]:
    """Every pair that a correction which stands has labelled, the oldest first; of a pair the last word.

    ``weight``: all pairs of one correction weigh 1 together, however many copies the story had.
    """
    rows = connection.execute(
        select(
            constraints.c.a, constraints.c.b, constraints.c.together,
            corrections.c.id, corrections.c.kind, corrections.c.at, corrections.c.reason,
        )
        .join_from(constraints, corrections, corrections.c.id == constraints.c.correction)
        .where(corrections.c.undone.is_(None))
        .order_by(corrections.c.id, constraints.c.a, constraints.c.b)
    ).all()  # fmt: skip
    last = {(min(row.a, row.b), max(row.a, row.b)): row for row in rows}
    of_correction = Counter(row.id for row in last.values())
    return [
        {
            "a": identity(instance, a),
            "b": identity(instance, b),
            "label": "copy" if row.together else "different",
            "weight": round(1 / of_correction[row.id], 4),
            "kind": row.kind,
            "correction": row.id,
            "at": _rfc3339(moment(row.at)),
            "reason": row.reason,
        }
        for (a, b), row in last.items()
    ]


def identity(instance: str, article: int) -> str:
    """An article's id outside of this database."""
    return f"{instance.partition('-')[0]}:{article}"


def article_of(identified: str) -> int:
    """The article's number in its own database: the inverse of `identity`."""
    return int(identified.rpartition(":")[2])


def documents(
    connection: Connection, near: Placed, instance: str, found: Sequence[dict[str, Any]], rules: Rules
) -> Iterator[dict[str, Any]]:
    """The documents of these pairs and of what is near them, by article."""
    own = {article_of(pair[side]) for pair in found for side in ("a", "b")}
    held = [near.by_id(own)[number] for number in sorted(own) if number in near.by_id(own)]
    reach = max(rules.horizon, rules.context)
    around = near.candidates(with_keys(connection, held), reach, rules.hot_keys)
    wanted = own | {other.id for found_near in around.values() for other in found_near}
    for number in sorted(wanted):
        yield _document(connection, near, instance, number)


def with_keys(connection: Connection, held: Sequence[Held]) -> list[Held]:
    """The articles with their candidate keys, which `Placed` does not load: only arrivals need them."""
    rows = connection.execute(
        select(fingerprints.c.article, fingerprints.c.bands).where(among(fingerprints.c.article, "ids")),
        {"ids": [each.id for each in held]},
    )
    keys = {row.article: keys_of(row.bands) for row in rows}
    return [replace(each, fingerprint=replace(each.fingerprint, keys=keys.get(each.id, ()))) for each in held]


def keys_of(bands: bytes) -> tuple[int, ...]:
    """Candidate keys from their stored form: signed 64-bit little-endian."""
    return tuple(int.from_bytes(bands[i : i + 8], "little", signed=True) for i in range(0, len(bands), 8))


def left_out_of(connection: Connection, articles: Collection[int]) -> dict[int, tuple[int, ...]]:
    """For each article: the indexes of the paragraphs that its fingerprint leaves out."""
    rows = connection.execute(
        select(texts.c.article, texts.c.boilerplate).where(among(texts.c.article, "ids")), {"ids": articles}
    )
    return {row.article: tuple(int(str(i)) for i in unpacked(row.boilerplate)) for row in rows}


def _document(connection: Connection, near: Placed, instance: str, number: int) -> dict[str, Any]:
    """A line for ``aggregator dedup``: the text as it is compared, without the source's boilerplate."""
    article = article_views.article(connection, near.book, number)
    silent = set(left_out_of(connection, [number]).get(number, ()))
    kept = [part for i, part in enumerate(article.text.split("\n\n")) if i not in silent]
    return {
        "id": identity(instance, number),
        "source": article.source,
        "title": article.title,
        "text": "\n\n".join(kept),
        "url": article.url,
        "published": _rfc3339(article.published),
        "language": article.language,
    }


def _rfc3339(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
