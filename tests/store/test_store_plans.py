"""What SQLite reads for the statements of each poll: never all that a source has, however much that is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite

from aggregator.store import Store, passages, queries


def plan(store: Store, statement: Executable) -> str:
    """The steps of a statement, as SQLite plans them."""
    sql = str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))
    # Literals are numbers, the rest may be anything: plans do not look at it.
    given = {name: "[1]" if name == "hashes" else 0 for name in re.findall(r":(\w+)", sql)}
    with store.access.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        return "\n".join(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}", given))


@pytest.fixture
def local(store: Store) -> Store:
    """The store, where it is SQLite."""
    if store.access.database.name != "sqlite":
        pytest.skip("plans of PostgreSQL follow from what its tables hold")
    return store


def test_what_left_a_feed_is_found_by_its_text(local: Store):
    """Not by its source, of which there may be thousands of articles."""
    assert "SEARCH articles USING INDEX ix_articles_text (text_hash=?)" in plan(local, queries.LEFT_BY_TEXT)


def test_known_guids_are_found_by_guid(local: Store):
    """Likewise."""
    assert "(source=? AND guid_hash=?)" in plan(local, queries.BY_GUID)


def test_old_passages_are_looked_for_among_the_oldest(local: Store):
    """The rows that are looked at are named one by one, those of a small list."""
    assert "(source=? AND article=?)" in plan(local, passages._TRIM)
