"""The book of sources: read again, it keeps what did not change."""

from __future__ import annotations

from dataclasses import replace

from made import sources

from aggregator.store.sources import Book


def test_reading_again_keeps_what_did_not_change(store):
    """More sources than are read at a time: only the changed and the new one are new objects."""
    made = sources(1_050)
    store.sync_sources(made, lambda: 0.5)
    book = Book()
    with store._read() as connection:
        book.load(connection)
        before = {each: book.by_id(connection, each) for each in book.ids}
    store.sync_sources([replace(made[0], title="Another"), *made[1:], *sources(1_051)[1_050:]], lambda: 0.5)
    with store._read() as connection:
        book.load(connection)
        after = {each: book.by_id(connection, each) for each in book.ids}
        assert all(book.by_no(connection, facts.no) is facts for facts in after.values())
    assert len(before) == 1_050
    assert len(after) == 1_051
    assert {each for each in after if after[each] is not before.get(each)} == {"s0", "s1050"}
    assert after["s0"].title == "Another"
