"""The book of sources: what is met is read, and only so much is kept."""

from __future__ import annotations

from dataclasses import replace

from made import sources
from sqlalchemy import event

from aggregator.store import sources as sourcing
from aggregator.store.sources import Book


def test_sources_are_read_when_they_are_met_and_a_bounded_number_is_kept(store):
    """The second look asks nothing; the oldest makes room; what is not there is none."""
    made = sources(5)
    store.sync_sources(made, lambda: 0.5)
    book, asked = Book(most=3), []
    with store.access.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *_: asked.append(_[2]))
        first = book.by_id(connection, "s0")
        assert first is not None
        assert book.by_no(connection, first.no) is first
        assert len(asked) == 1
        for name in ("s1", "s2", "s3"):
            assert book.by_id(connection, name).id == name
        again = book.by_no(connection, first.no)
        assert len(asked) == 5
        assert again == first
        assert book.by_id(connection, "never") is None


def test_what_changed_is_read_anew_after_forgetting(store):
    """Titles and groups of the new configuration, and the same objects where nothing changed."""
    made = sources(3)
    store.sync_sources(made, lambda: 0.5)
    with store.access.read() as connection:
        before = {each.id: store.access.book.by_id(connection, each.id) for each in made}
        assert {each.title for each in before.values()} == {each.title for each in made}
    store.sync_sources([replace(made[0], title="Another", group="else"), *made[1:]], lambda: 0.5)
    with store.access.read() as connection:
        after = {each.id: store.access.book.by_id(connection, each.id) for each in made}
        assert after["s0"].title == "Another"
        assert after["s1"] == before["s1"]
        assert sourcing.of_group(connection, "else") == [after["s0"].no]
        assert set(sourcing.ids(connection)) == {"s0", "s1", "s2"}


def test_more_sources_than_are_read_at_a_time_are_brought_up_to_date(store):
    """New, changed and removed ones among 1,050; the others' rows stay as they are."""
    made = sources(1_050)
    store.sync_sources(made, lambda: 0.5)
    wanted = [replace(made[0], title="Another"), *made[2:], *sources(1_051)[1_050:]]
    store.sync_sources(wanted, lambda: 0.5)
    views = {view.source.id: view for view in store.sources(wanted)}
    with store.access.read() as connection:
        rows = {row.id: row for row in connection.execute(sourcing._HELD)}
    assert len(rows) == 1_051
    assert [name for name, row in rows.items() if row.removed] == ["s1"]
    assert rows["s0"].title == "Another"
    assert views["s1050"].state == "new"
