"""Splits and merges: remembered against every later decision, undone without a trace."""

from __future__ import annotations

import pytest
from made import poll, prepared, sources, words

from aggregator.errors import NotFoundError, UsageError
from aggregator.model import TimelineSpec


def groups(store):
    """Every story as the ids of its articles, by the story's id."""
    return {s.id: sorted(a.id for a in s.articles) for s in store.timeline(TimelineSpec())}


@pytest.fixture
def filled(store, clock):
    """Story 1: articles 1, 3 and 4; story 2: article 2."""
    store.sync_sources(sources(5), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("a", "Wire", text)])
    poll(store, clock(), "s1", [prepared("b", "Other", words("other"))])
    poll(store, clock(), "s2", [prepared("c", "Wire again", text + "\n\n" + words("tail", 12))])
    poll(store, clock(), "s3", [prepared("d", "Wire once more", text)])
    assert groups(store) == {1: [1, 3, 4], 2: [2]}
    clock.forward(minutes=5)
    return store


def test_split_and_undo(filled):
    """The article becomes a new, unread story; undoing puts it back, and the new id redirects."""
    filled.mark("ann", [1], read=True)
    new = filled.corrections.split(3, author="ann", reason="another visit")
    assert (new, groups(filled)) == (3, {1: [1, 4], 2: [2], 3: [3]})
    assert (filled.story(3, reader="ann").read, filled.story(1, reader="ann").read) == (False, True)
    assert filled.upkeep.integrity() == []
    kept = filled.corrections.listed()[0]
    assert (kept.kind, kept.author, kept.reason, kept.undone) == ("split", "ann", "another visit", None)
    assert "article 3" in filled.corrections.undo(author="bob")
    assert groups(filled) == {1: [1, 3, 4], 2: [2]}
    assert filled.story(3) == 1
    assert filled.article(3).reason in ("copy", "version")
    assert filled.corrections.listed()[0].undone_by == "bob"
    assert filled.upkeep.integrity() == []
    with pytest.raises(NotFoundError):
        filled.corrections.undo(author="bob")


def test_a_split_holds_against_new_copies(filled, clock):
    """A text that resembles both stories joins one of them, and does not make them one again."""
    filled.corrections.split(3, author="ann")
    applied = poll(
        filled, clock(), "s4", [prepared("e", "Wire, late", words("wire") + "\n\n" + words("tail", 12))]
    )
    assert applied.copies == 1
    assert sorted(len(found) for found in groups(filled).values()) in ([1, 1, 3], [1, 2, 2])
    stories = groups(filled)
    assert not any({1, 3} <= set(found) for found in stories.values())
    assert filled.upkeep.integrity() == []


def test_splitting_the_canonical(filled, clock):
    """The story gets another canonical article, and its text has changed for readers."""
    canonical = filled.story(1).canonical.id
    filled.corrections.split(canonical, author="ann")
    story = filled.story(1)
    assert story.canonical.id != canonical
    assert story.updated == clock()
    filled.corrections.undo(author="ann")
    assert filled.story(1).canonical.id == canonical


def test_merge_and_undo(filled):
    """The older id survives, the other redirects, read and starred are OR-ed; undoing gives both back."""
    filled.mark("ann", [2], read=True, starred=True)
    assert filled.corrections.merge(2, 1, author="ann", reason="one event") == 1
    assert groups(filled) == {1: [1, 2, 3, 4]}
    assert filled.story(2) == 1
    assert (filled.story(1, reader="ann").read, filled.story(1, reader="ann").starred) == (True, True)
    assert filled.upkeep.integrity() == []
    with pytest.raises(UsageError, match="one already"):
        filled.corrections.merge(1, 2, author="ann")
    filled.mark("ann", [2], starred=False)
    assert not filled.story(1, reader="ann").starred, "a merged id marks the story that it is now"
    filled.corrections.undo(author="ann")
    assert groups(filled) == {1: [1, 3, 4], 2: [2]}
    assert filled.upkeep.integrity() == []


def test_ids_are_never_used_again(filled, clock):
    """After a merge, the next story has the next id."""
    filled.corrections.merge(1, 2, author="ann")
    poll(filled, clock(), "s4", [prepared("e", "New", words("new"))])
    assert max(groups(filled)) == 3


def test_undo_of_merges_in_a_row(filled, clock):
    """Three stories merged one after the other come apart in the opposite order."""
    poll(filled, clock(), "s4", [prepared("e", "Third", words("third"))])
    filled.corrections.merge(2, 3, author="ann")
    filled.corrections.merge(1, 2, author="ann")
    assert (filled.story(3), filled.story(2)) == (1, 1)
    filled.corrections.undo(author="ann")
    assert groups(filled) == {1: [1, 3, 4], 2: [2, 5]}
    assert filled.story(3) == 2
    filled.corrections.undo(author="ann")
    assert groups(filled) == {1: [1, 3, 4], 2: [2], 3: [5]}
    assert filled.upkeep.integrity() == []


def test_what_cannot_be_corrected(filled):
    """An article alone in its story, and what is not there, are said so."""
    with pytest.raises(UsageError, match="alone"):
        filled.corrections.split(2, author="ann")
    with pytest.raises(NotFoundError, match="article 99"):
        filled.corrections.split(99, author="ann")
    with pytest.raises(NotFoundError, match="story 99"):
        filled.corrections.merge(1, 99, author="ann")
