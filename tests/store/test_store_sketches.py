"""Sketches of signatures: what is kept of them changes nothing of what is placed."""

from __future__ import annotations

import pytest
from made import poll, prepared, sources, words

from aggregator.store import Store
from aggregator.store.sketches import Sketches
from aggregator.store.values import digest64


@pytest.mark.parametrize("limit", [1, 7, 1_000])
def test_as_many_as_there_is_room_for(store: Store, clock, limit: int) -> None:
    """However few are kept, each report and its copy are a story, whoever is new takes another's place."""
    sketches = store.access.shelf.sketches = Sketches(limit)
    store.sync_sources(sources(2), lambda: 0.5)
    for n in range(20):
        own = [prepared(f"a{n}", f"Report {n}", words(n)), prepared(f"b{n}", f"Copied {n}", words(n - 1))]
        poll(store, clock(), f"s{n % 2}", own)
    with store.access.read() as connection:
        found = dict(connection.exec_driver_sql("SELECT guid, story FROM articles").all())
        assert all(found[f"b{n}"] == found[f"a{n - 1}"] for n in range(1, 20))
        rows = connection.exec_driver_sql(
            "SELECT a.id, a.text_hash, f.signature FROM articles a JOIN fingerprints f ON f.article = a.id"
        ).all()
        ids, hashes = [row[0] for row in rows], [row[1] for row in rows]
        for _ in range(2):  # also right after others took their places
            made, there = sketches.of(connection, store.access.database, ids, hashes)
            assert there.all()
            assert [each.tobytes() for each in made] == [bytes(row[2])[::4] for row in rows]
        stale = digest64(b"another text that it had") if limit > 1 else None
        made, there = sketches.of(connection, store.access.database, [ids[0], 10**9], [stale, 5])
        assert there.tolist() == [True, False], "read anew, and what is not there is not"
    sketches.drop(ids)
