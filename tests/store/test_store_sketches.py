"""Sketches of signatures: what is kept of them changes nothing of what is placed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made import poll, prepared, sources, words
from sqlalchemy import Connection

from aggregator.store import Store
from aggregator.store.sketches import Sketches


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
        stored = rows(connection)
        ids = [row[0] for row in stored]
        for _ in range(2):  # also right after others took their places
            known = sketches.of(connection, store.access.database, ids)
            assert known.there.all()
            assert [each.tobytes() for each in known.made] == [bytes(row[3])[::4] for row in stored]
            assert known.effective.tolist() == [row[1] for row in stored]
            assert known.tokens.tolist() == [row[2] for row in stored]
        known = sketches.of(connection, store.access.database, [ids[0], 10**9])
        assert known.there.tolist() == [True, False], "what is not there is not"
        when = sketches.effective(connection, store.access.database, ids)
        assert when == {row[0]: row[1] for row in stored}
    sketches.drop(ids)


def rows(connection: Connection) -> list[tuple[int, int, int, bytes]]:
    """Of each article: id, effective time, tokens, signature."""
    return connection.exec_driver_sql(
        "SELECT a.id, a.effective, a.tokens, f.signature FROM articles a"
        " JOIN fingerprints f ON f.article = a.id ORDER BY a.id"
    ).all()


def test_what_another_process_changed_is_read_anew(open_store: Callable[[], Store], clock) -> None:
    """A text that became another one has another sketch, whoever wrote it."""
    store, other = open_store(), open_store()
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "Report", words(1)), prepared("b", "Another", words(2))])
    kept = store.access.shelf.sketches
    with store.access.write() as connection:
        kept.trust(store.access.database.stamp(connection))
        ids = [row[0] for row in rows(connection)]
        kept.of(connection, store.access.database, ids)
    other.sync_sources(sources(1), lambda: 0.5)
    poll(other, clock(), "s0", [prepared("a", "Report", words(3)), prepared("b", "Another", words(2))])
    with store.access.write() as connection:
        kept.trust(store.access.database.stamp(connection))
        known = kept.of(connection, store.access.database, ids)
        assert [each.tobytes() for each in known.made] == [bytes(row[3])[::4] for row in rows(connection)]
        assert known.tokens.tolist() == [row[2] for row in rows(connection)]


def test_nothing_is_read_of_what_is_known(store: Store, clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nobody else writes: SQLite has one daemon, and each batch asks for thousands of articles."""
    database = store.access.database
    if database.name != "sqlite":
        pytest.skip("daemons share PostgreSQL: what they wrote is not known")
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "Report", words(1))])
    kept = store.access.shelf.sketches
    with store.access.write() as connection:
        [(article, effective, tokens, _)] = rows(connection)

        def read(*_: object) -> None:
            raise AssertionError("nothing is to be read")

        monkeypatch.setattr(database, "fetch", read)
        kept.trust(database.stamp(connection))
        known = kept.of(connection, database, [article])
        assert (known.effective.tolist(), known.tokens.tolist()) == ([effective], [tokens])
        assert kept.effective(connection, database, [article]) == {article: effective}
