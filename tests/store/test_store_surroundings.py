"""What stands around a story: links to others, questions and their answers, earlier texts."""

from __future__ import annotations

import pytest
from made import poll, prepared, sources, words

from aggregator.model import Fold


def asking(count):
    """Sources of which the last one asks before it is folded."""
    made = sources(count)
    return [*made[:-1], type(made[-1])(**{**fields(made[-1]), "fold": Fold("ask")})]


def fields(source):
    """A source's values by name."""
    return {name: getattr(source, name) for name in source.__slots__}


@pytest.fixture
def filled(store, clock):
    """Story 1 of articles 1 and 2; story 2 of article 3, whose source asks; story 3 shares a passage."""
    store.sync_sources(asking(4), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("a", "Wire", text)])
    poll(store, clock(), "s1", [prepared("b", "Wire again", text + "\n\n" + words("tail", 12))])
    poll(store, clock(), "s3", [prepared("c", "Wire, asked", text + "\n\n" + words("end", 10))])
    long = words("other", 120) + "\n\n" + "\n\n".join(text.split("\n\n")[:2]) + "\n\n" + words("more", 120)
    poll(store, clock(), "s2", [prepared("d", "A larger report", long)])
    return store


def test_links_come_with_the_story(filled):
    """A question first, then what shares passages; each names both ends."""
    question, *more = filled.story(1).links
    assert (question.relation, question.there.story, question.there.article) == ("copy", 2, 3)
    assert question.there.source_title == "Outlet 3"
    assert question.here.article in (1, 2)
    assert [(link.there.story, link.relation) for link in more] == [(3, "partial")]
    assert filled.story(2).links[0].there.story == 1
    assert filled.links(1) == list(filled.story(1).links)


def test_an_answer_is_a_labelled_pair(filled):
    """Not the same: it asks no more, and is a label; the same: they are one story. Both can be taken back."""
    assert filled.corrections.answer(1, 3, same=False, author="ann", reason="an interview") == 2
    assert {p["label"] for p in filled.corrections.labelled_pairs()} == {"different"}
    assert all(link.relation != "copy" for link in filled.story(2).links if link.here.article == 1)
    (kept,) = filled.corrections.listed()
    filled.corrections.undo(author="ann", correction=kept.id)
    assert filled.corrections.labelled_pairs() == []
    assert filled.corrections.answer(2, 3, same=True, author="ann") == 1
    assert {p["label"] for p in filled.corrections.labelled_pairs()} == {"copy"}
    assert sorted(article.id for article in filled.story(1).articles) == [1, 2, 3]
    filled.corrections.undo(author="ann")
    assert filled.story(2).links[0].relation == "copy"
    assert filled.upkeep.integrity() == []


def test_earlier_texts_come_with_the_story(filled, clock):
    """A text that changed is kept, with when the next one was seen."""
    assert filled.story(3).revisions == ()
    clock.forward(minutes=30)
    corrected = filled.story(3).canonical.text.replace(words("more", 120), words("anew", 120))
    poll(filled, clock(), "s2", [prepared("d", "A larger report, corrected", corrected)])
    (kept,) = filled.story(3).revisions
    assert (kept.article, kept.no, kept.until, kept.title) == (4, 1, clock(), "A larger report")
    assert kept.text.startswith(words("other", 120)[:40])
