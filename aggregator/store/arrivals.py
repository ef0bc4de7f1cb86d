"""Which of a poll's entries are new, which are articles that we hold with other bytes, and which left.

A guid names an article only as long as its source keeps it. So entries whose guid alone is new are found
again by what they are, and an entry under a known guid that is another report is a new article; the one
before keeps its text, its story and its guid, and gives up the guid's place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, update

from aggregator.dedup.reuse import another_report
from aggregator.model import Fingerprint, Prepared, Update
from aggregator.store import queries
from aggregator.store.database import Database
from aggregator.store.queries import Own
from aggregator.store.schema import articles
from aggregator.store.values import digest64, hash64, micros, storable

REDATED = 12 * 3_600_000_000  # microseconds by which the date of another report is another one


@dataclass(slots=True)
class Sorted:
    """``new``: never seen. ``changed``: (row, entry) of articles whose bytes changed; the guid may have, too.

    ``left``: ids of articles that were in the feed at the last good poll and are not now. ``back``: ids of
    articles that had left and are in the feed again. ``displaced``: rows whose guid is now another report's.
    """

    new: list[Prepared] = field(default_factory=list)
    changed: list[tuple[Own, Prepared]] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    displaced: list[Own] = field(default_factory=list)


def sort(connection: Connection, database: Database, no: int, change: Update) -> Sorted:
    """Compare a poll with what its source has; at most five statements."""
    prepared = {hash64(each.entry.guid): each for each in change.prepared}
    present = None if change.present is None else {hash64(guid) for guid in change.present} | prepared.keys()
    own = {row.guid_hash: row for row in _own(connection, database, queries.PRESENT, {"no": no})}
    asked = (prepared.keys() if present is None else present) - own.keys()
    if asked:
        rows = _own(connection, database, queries.BY_GUID, {"no": no, "hashes": asked})
        own |= {row.guid_hash: row for row in rows}
    found = Sorted()
    known = [(own[guid], each) for guid, each in prepared.items() if guid in own]
    others = _others(connection, database, known)
    found.displaced = [own.pop(row.guid_hash) for row in list(own.values()) if row.id in others]
    gone = [] if present is None else [row for guid, row in own.items() if guid not in present]
    gone += found.displaced
    unknown = [each for guid, each in prepared.items() if guid not in own]
    if texts := {digest64(each.fingerprint.text_sha256) for each in unknown} - {None}:
        held = {row.id for row in (*own.values(), *gone)}
        rows = _own(connection, database, queries.LEFT_BY_TEXT, {"no": no, "hashes": texts})
        gone += [row for row in rows if row.id not in held]
    churned = _churned(gone, unknown)
    others = _others(connection, database, [(row, prepared[guid]) for guid, row in churned.items()])
    churned = {guid: row for guid, row in churned.items() if row.id not in others}
    for guid, each in prepared.items():
        row = own.get(guid) or churned.get(guid)
        if row is None:
            found.new.append(each)
        elif row.raw_sha256 != each.entry.raw_sha256 or row.guid_hash != guid or each.reread:
            found.changed.append((row, each))
    renamed = {row.id: row for row in churned.values()}
    found.left = [row.id for row in gone if row.id not in renamed and row.last_seen is None]
    if present is not None:
        here = [row for guid, row in own.items() if guid in present] + list(renamed.values())
        found.back = [row.id for row in here if row.last_seen is not None]
    return found


def _own(
    connection: Connection, database: Database, statement: Executable, params: Mapping[str, Any]
) -> list[Own]:
    return list(map(Own._make, database.fetch(connection, statement, params)))


def displace(connection: Connection, rows: Iterable[Own]) -> None:
    """Take from articles the place of their guid, which is another's now; what they say of it stays."""
    values = [{"the_id": row.id, "the_hash": hash64(f"{row.guid}\0{row.id}")} for row in rows]
    if values:
        statement = update(articles).where(articles.c.id == bindparam("the_id"))
        connection.execute(statement.values(guid_hash=bindparam("the_hash")), values)


def _others(connection: Connection, database: Database, pairs: Sequence[tuple[Own, Prepared]]) -> set[int]:
    """Of articles and entries that may be they: the ids of the articles whose entry is another report."""
    suspects: dict[int, tuple[Own, Prepared, dict[str, bool]]] = {}
    for row, each in pairs:
        now, before = micros(each.entry.published), row.published
        says = {
            "retitled": row.title != storable(each.entry.title),
            "readdressed": each.url_key is None or row.url_key != storable(each.url_key),
            "redated": now is not None and before is not None and abs(now - before) >= REDATED,
        }
        if (says["retitled"] or says["redated"]) and row.raw_sha256 != each.entry.raw_sha256:
            suspects[row.id] = row, each, says
    if not suspects:
        return set()
    others = set()
    for article, evidence, recipe in database.fetch(connection, queries.PRINTS, {"ids": suspects.keys()}):
        row, each, says = suspects[article]
        held = Fingerprint(recipe, (), b"", evidence, row.text_sha256, row.tokens)
        if another_report(held, each.fingerprint, **says):
            others.add(row.id)
    return others


def _churned(gone: Sequence[Own], unknown: Sequence[Prepared]) -> dict[int, Own]:
    """Entries whose guid alone is new: the article that each of them is, by the hash of the new guid.

    Only where there is one answer: exactly one article of the source that is not in its feed has the same
    text, or gave up its guid in this very poll and has the same title and the same address, path or date; and
    exactly one unknown entry has that. (An address alone is not enough: a live page has one address and ever
    new entries.)
    """
    if not gone or not unknown:
        return {}
    rows: dict[object, list[Own]] = defaultdict(list)
    for row in gone:
        for mark in _marks(row.text_hash, row.url_key, row.title, row.published):
            rows[mark].append(row)
    entries: dict[object, list[Prepared]] = defaultdict(list)
    for each in unknown:
        text = digest64(each.fingerprint.text_sha256)
        for mark in _marks(text, each.url_key, storable(each.entry.title), micros(each.entry.published)):
            entries[mark].append(each)
    found: dict[int, Own] = {}
    taken: set[int] = set()
    # The text says most, so it is asked first, whatever the order of the articles.
    for mark, candidates in sorted(rows.items(), key=lambda item: item[0][0] != "text"):  # type: ignore[index]
        if len(candidates) == 1 and len(entries[mark]) == 1 and candidates[0].id not in taken:
            guid = hash64(entries[mark][0].entry.guid)
            if guid not in found:
                found[guid] = candidates[0]
                taken.add(candidates[0].id)
    return found


def _marks(text: int | None, url_key: str | None, title: str, published: int | None) -> list[object]:
    """What tells that two entries of one source are one article. A feed that moved keeps path and date."""
    marks: list[object] = []
    if text is not None:
        marks.append(("text", text))
    if title and url_key is not None:
        marks.append(("address", url_key, title))
        path = url_key.partition("://")[2].partition("/")[2]
        if path:
            marks.append(("path", path, title))
    if title and published is not None:
        marks.append(("date", published, title))
    return marks
