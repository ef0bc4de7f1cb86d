"""SQLite's candidate index in three tables: keys go over in slices, and none is lost or found twice."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import KEYS, TABLES, poll, prepared, sources, words

from aggregator.store import Store, fresh
from aggregator.store.rows import MAX_KEYS, Indexed, candidates
from aggregator.store.values import PART


def placed(store: Store, clock) -> list[tuple[str, int, str]]:
    """Forty polls, each a new report and a copy of the one before; what became of each article."""
    store.sync_sources(sources(2), lambda: 0.5)
    for n in range(40):
        own = [prepared(f"a{n}", f"Report {n}", words(n)), prepared(f"b{n}", f"Copied {n}", words(n - 1))]
        poll(store, clock(), f"s{n % 2}", own)
    with store.access.read() as connection:
        found = connection.exec_driver_sql("SELECT guid, story, reason FROM articles ORDER BY id").all()
    return [tuple(row) for row in found]


def counts(store: Store) -> tuple[int, ...]:
    """Rows of each table, the large one first, and different rows in all."""
    with store.access.read() as connection:
        ask = lambda what: connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one()  # noqa: E731
        return *map(ask, TABLES), ask(f"(SELECT DISTINCT slot, article FROM {KEYS}) AS k")


@pytest.mark.parametrize(("most", "gathered"), [(100, 300), (100, 10_000), (10_000, 10_000)])
def test_slices_go_over_and_nothing_else_changes(
    store: Store, clock, monkeypatch: pytest.MonkeyPatch, most: int, gathered: int
):
    """Whatever goes over, each report and its copy are a story, and each key is in one table, once."""
    monkeypatch.setattr(fresh, "MOST", {"fresh_keys": most, "gathered_keys": gathered})
    monkeypatch.setattr(fresh, "SLICE", most // 3)
    found = {guid: story for guid, story, _ in placed(store, clock)}
    assert all(found[f"b{n}"] == found[f"a{n - 1}"] for n in range(1, 40))
    assert len(set(found.values())) == 41
    large, between, small, different = counts(store)
    assert large + between + small == different > 1000
    if store.access.database.name == "sqlite":
        assert small <= most
        assert between <= gathered
        assert (between > 0) == (most == 100)
        assert (large > 0) == (gathered == 300)
    assert store.upkeep.integrity() == []


def test_a_transaction_that_fails_leaves_no_key(store: Store, clock, monkeypatch: pytest.MonkeyPatch):
    """After a rollback in the middle of a slice the tables are as before, and what follows is placed."""
    monkeypatch.setattr(fresh, "MOST", {"fresh_keys": 40, "gathered_keys": 90})
    monkeypatch.setattr(fresh, "SLICE", 15)
    before = placed(store, clock), counts(store)
    with suppress(ZeroDivisionError), store.access.write() as connection:
        store.access.database.add_keys(connection, [(n, 1) for n in range(100)])
        raise ZeroDivisionError
    assert counts(store) == before[1]
    poll(store, clock(), "s0", [prepared("last", "Copied 39 again", words(39))])
    assert store.upkeep.integrity() == []
    with store.access.read() as connection:
        story = "SELECT story FROM articles WHERE guid = '{}'"
        last, first = (
            connection.exec_driver_sql(story.format(guid)).scalar_one() for guid in ("last", "a39")
        )
    assert last == first


INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)


@given(
    st.lists(
        st.tuples(
            st.lists(INTEGERS, max_size=MAX_KEYS + 3), st.integers(1, 9), INTEGERS, st.integers(1, 1 << 40)
        ),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_slots_in_columns_are_those_of_each_key(made):
    """Rows of the index are in order, each once: the part, clipped, above 44 bits of key and recipe."""

    def where(key: int, recipe: int, when: int) -> int:
        part = min(max(when // PART, -(1 << 19)), (1 << 19) - 1)
        return part << 44 | ((key ^ key >> 20 ^ recipe * 0x9E3779B97F4A7C15) & ((1 << 44) - 1))

    wanted = {
        (where(key, recipe, when), article) for keys, recipe, when, article in made for key in keys[:MAX_KEYS]
    }
    indexed = [Indexed(*each) for each in made]
    assert candidates(indexed) == sorted(wanted)
    crowded = {slot for slot, _ in sorted(wanted)[::3]}
    assert candidates(indexed, crowded) == sorted(row for row in wanted if row[0] not in crowded)


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 173])
def test_what_is_added_is_found(store: Store, count: int):
    """However many keys come at once; and of slots without any nothing is found."""
    keys = sorted((n * 7 - (1 << 62), n % 5) for n in range(count))
    database = store.access.database
    with store.access.write() as connection:
        database.add_keys(connection, keys)
        found = database.sharing(connection, sorted({slot for slot, _ in keys} | {3}))
    assert found.shape == (count, 2)
    assert sorted(map(tuple, found.tolist())) == keys
