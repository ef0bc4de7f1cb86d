"""Which of a poll's entries are new, which are articles that we hold with other bytes, and which left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from aggregator.model import Prepared, Update
from aggregator.store import queries
from aggregator.store.values import digest64, hash64


@dataclass(slots=True)
class Sorted:
    """``new``: never seen. ``changed``: (row, entry) of articles whose bytes changed; the guid may have, too.

    ``left``: ids of articles that were in the feed at the last good poll and are not now. ``back``: ids of
    articles that had left and are in the feed again.
    """

    new: list[Prepared] = field(default_factory=list)
    changed: list[tuple[Any, Prepared]] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)


def sort(connection: Connection, no: int, change: Update) -> Sorted:
    """Compare a poll with what its source has; at most two statements."""
    prepared = {hash64(each.entry.guid): each for each in change.prepared}
    present = None if change.present is None else {hash64(guid) for guid in change.present} | prepared.keys()
    own = {row.guid_hash: row for row in connection.execute(queries.PRESENT, {"no": no})}
    asked = (prepared.keys() if present is None else present) - own.keys()
    if asked:
        rows = connection.execute(queries.BY_GUID, {"no": no, "hashes": asked})
        own |= {row.guid_hash: row for row in rows}
    found = Sorted()
    missing = {} if present is None else {guid: row for guid, row in own.items() if guid not in present}
    churned = _churned(list(missing.values()), [each for guid, each in prepared.items() if guid not in own])
    for guid, each in prepared.items():
        row = own.get(guid) or churned.get(guid)
        if row is None:
            found.new.append(each)
        elif row.raw_sha256 != each.entry.raw_sha256 or row.guid_hash != guid:
            found.changed.append((row, each))
    renamed = {row.id for row in churned.values()}
    found.left = [row.id for row in missing.values() if row.id not in renamed]
    if present is not None:
        found.back = [row.id for guid, row in own.items() if guid in present and row.last_seen is not None]
    return found


def _churned(gone: Sequence[Any], unknown: Sequence[Prepared]) -> dict[int, Any]:
    """Entries whose guid alone is new: the article that each of them is, by the hash of the new guid.

    Only where there is one answer: exactly one article of the source left the feed in this very poll with
    the same text, or with the same address and the same title, and exactly one unknown entry matches it.
    (An address alone is not enough: a live page has one address and ever new entries.)
    """
    if not gone or not unknown:
        return {}
    rows: dict[object, list[Any]] = defaultdict(list)
    for row in gone:
        for mark in _marks(row.text_hash, row.url_hash, row.title):
            rows[mark].append(row)
    entries: dict[object, list[Prepared]] = defaultdict(list)
    for each in unknown:
        for mark in _marks(*_of(each)):
            entries[mark].append(each)
    found: dict[int, Any] = {}
    taken: set[int] = set()
    for mark, candidates in rows.items():
        if len(candidates) == 1 and len(entries[mark]) == 1 and candidates[0].id not in taken:
            guid = hash64(entries[mark][0].entry.guid)
            if guid not in found:
                found[guid] = candidates[0]
                taken.add(candidates[0].id)
    return found


def _of(each: Prepared) -> tuple[int | None, int | None, str]:
    url = None if each.url_key is None else hash64(each.url_key)
    return digest64(each.fingerprint.text_sha256), url, each.entry.title


def _marks(text: int | None, url: int | None, title: str) -> list[object]:
    marks: list[object] = []
    if text is not None:
        marks.append(("text", text))
    if url is not None and title:
        marks.append(("url", url, title))
    return marks
