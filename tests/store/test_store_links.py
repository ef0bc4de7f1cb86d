"""Stories that are near each other and not folded: links, questions of sources that ask, and scopes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from made import RULES, poll, prepared, sources, words

from aggregator.errors import UsageError
from aggregator.model import Fold, Source, StoryView, TimelineSpec
from aggregator.store import Store


def stories(store: Store, **spec: Any) -> list[StoryView]:
    """The front page."""
    return store.timeline(TimelineSpec(**spec))


def shape(store: Store) -> list[list[str]]:
    """Every story as the guids of its articles, in no order of its own."""
    return sorted(sorted(each.guid for each in story.articles) for story in stories(store))


def asking(*scopes: str) -> list[Source]:
    """Sources ``s0``, ``s1``… with these scopes."""
    return [
        Source(**{name: getattr(made, name) for name in ("id", "url", "title", "group")}, fold=Fold(scope))  # type: ignore[arg-type]
        for made, scope in zip(sources(len(scopes)), scopes, strict=True)
    ]


def larger(text: str, seed: str) -> str:
    """A report of its own that takes long passages of a text over."""
    paragraphs = text.split("\n\n")
    return "\n\n".join([paragraphs[0], words(seed, 300), paragraphs[1], words(seed + "2", 240)])


def test_shared_passages_link_two_stories_in_both_directions(store: Store, clock):
    """A larger report that took passages over is another story, and each of the two leads to the other."""
    store.sync_sources(sources(3), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("a", "Ministers meet over the lock", text, url="https://a/1")])
    clock.forward(hours=1)
    poll(store, clock(), "s1", [prepared("b", "A year of the harbour", larger(text, "own"))])
    assert shape(store) == [["a"], ["b"]]
    later, first = stories(store)
    (out,) = store.links(later.id)
    (back,) = store.links(first.id)
    assert (out.relation, out.outgoing, back.outgoing) == ("partial", True, False)
    assert (out.here, out.there) == (back.there, back.here)
    assert out.there.title == "Ministers meet over the lock"
    assert (out.there.story, out.there.source_title, out.there.url) == (first.id, "Outlet 0", "https://a/1")
    assert store.corrections.questions() == []

    poll(store, clock(), "s2", [prepared("c", "Ministers meet", text)])
    assert [link.there.story for link in store.links(later.id)] == [first.id], "a story is linked once"
    split = store.corrections.split(3, author="ann")
    assert store.links(later.id)[0].there.story in {first.id, split}
    assert store.upkeep.integrity() == []


def test_links_follow_merges_and_splits(store: Store, clock):
    """A link is of the stories that its articles are of now, and of none while they are one."""
    store.sync_sources(sources(3), lambda: 0.5)
    text, other = words("wire"), words("other")
    poll(store, clock(), "s0", [prepared("a", "Wire", text), prepared("o", "Other", other)])
    clock.forward(hours=1)
    poll(store, clock(), "s1", [prepared("b", "Larger", larger(text, "own"))])
    a, o, b = (next(s.id for s in stories(store) if {x.guid for x in s.articles} == {guid}) for guid in "aob")
    store.corrections.merge(a, o, author="ann")
    assert [link.there.story for link in store.links(b)] == [min(a, o)]
    assert [link.there.story for link in store.links(min(a, o))] == [b]
    store.corrections.merge(a, b, author="ann")
    assert store.links(min(a, o)) == []
    store.corrections.undo(author="ann")
    assert [link.there.story for link in store.links(b)] == [min(a, o)]
    store.corrections.undo(author="ann")
    assert [link.there.story for link in store.links(b)] == [a]
    assert store.upkeep.integrity() == []


@pytest.mark.parametrize("asks", ["first", "second"])
@pytest.mark.parametrize("how", ["copy", "same-text", "same-url"])
def test_a_source_that_asks_folds_nothing_until_a_person_answers(store: Store, clock, how: str, asks: str):
    """Whichever of the two asks, and by whatever step they would be one: there are two, and a question."""
    store.sync_sources(asking(*(("ask", "all") if asks == "first" else ("all", "ask"))), lambda: 0.5)
    text = words("wire")
    second = {"copy": text + "\n\n" + words("end", 20), "same-text": text, "same-url": words("wire", 200)}[
        how
    ]
    url = "https://a/1" if how == "same-url" else None
    poll(store, clock(), "s0", [prepared("a", "Wire", text, url=url)])
    clock.forward(hours=1)
    poll(store, clock(), "s1", [prepared("b", "Wire", second, url=url)])
    assert shape(store) == [["a"], ["b"]]
    (question,) = store.corrections.questions()
    assert (question.relation, question.here.article, question.there.article) == ("copy", 2, 1)
    assert question.similarity >= 0.5
    assert store.links(question.here.story)[0].relation == "copy"

    store.corrections.merge(question.here.story, question.there.story, author="ann")
    assert shape(store) == [["a", "b"]]
    assert store.corrections.questions() == []
    store.corrections.undo(author="ann")
    assert [one.here.article for one in store.corrections.questions()] == [2]

    assert store.corrections.split(2, author="ann", reason="another lock") == question.here.story
    assert store.corrections.questions() == []
    assert store.links(question.here.story) == []
    assert next((one.kind, one.article) for one in store.corrections.listed()) == ("apart", 2)
    with pytest.raises(UsageError, match="nothing is asked about it"):
        store.corrections.split(2, author="ann")
    store.corrections.undo(author="ann")
    assert [one.here.article for one in store.corrections.questions()] == [2]
    store.corrections.answer(2, 1, same=False, author="ann")
    assert store.corrections.questions() == []
    assert store.corrections.answer(2, 1, same=True, author="ann") == question.there.story
    assert shape(store) == [["a", "b"]]
    assert store.upkeep.integrity() == []


def test_an_answer_lets_later_copies_follow(store: Store, clock):
    """Once a person said "the same", copies of other sources join the story; those of the asking one ask."""
    store.sync_sources(asking("all", "ask", "all"), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("a", "Wire", text)])
    poll(store, clock(), "s1", [prepared("b", "Wire", text)])
    store.corrections.answer(2, 1, same=True, author="ann")
    clock.forward(hours=1)
    poll(store, clock(), "s2", [prepared("c", "Wire", text + "\n\n" + words("end", 20))])
    assert shape(store) == [["a", "b", "c"]]
    poll(
        store,
        clock(),
        "s1",
        [prepared("d", "Wire again", text + "\n\n" + words("other end", 30))],
        also=["b"],
    )
    assert shape(store) == [["a", "b", "c"], ["d"]]
    assert [one.here.article for one in store.corrections.questions()] == [4]


def test_different_texts_ask_nothing(store: Store, clock):
    """A source that asks asks only where it would have folded."""
    store.sync_sources(asking("ask", "ask"), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "Wire", words("wire"))])
    poll(store, clock(), "s1", [prepared("b", "Own", words("own"))])
    assert store.corrections.questions() == []


@pytest.mark.parametrize(
    ("scopes", "ids", "folds"),
    [
        (("never", "all"), ("s0", "s1"), False),
        (("all", "never"), ("s0", "s1"), False),
        (("group", "all", "all"), ("s0", "s1"), False),
        (("group", "all", "all"), ("s0", "s2"), True),
        (("all", "all", "group"), ("s1", "s2"), False),
        (("other",), ("s0", "s0"), False),
        (("other", "all"), ("s0", "s1"), True),
        (("all", "all"), ("s0", "s1"), True),
        (("never", "ask"), ("s0", "s1"), False),
    ],
)
def test_scopes(store: Store, clock, scopes: tuple[str, ...], ids: tuple[str, str], folds: bool):
    """Never, with its own group, not within the same source: by the same text as by a near one."""
    store.sync_sources(asking(*scopes), lambda: 0.5)
    text, near = words("wire"), words("wire") + "\n\n" + words("end", 20)
    for name, second in (("t", text), ("n", near)):
        poll(store, clock(), ids[0], [prepared(f"{name}1", "Wire", text.replace("a", name))])
        clock.forward(hours=1)
        poll(
            store, clock(), ids[1], [prepared(f"{name}2", "Wire", second.replace("a", name))],
            also=[f"{name}1"] if ids[0] == ids[1] else [],
        )  # fmt: skip
        clock.forward(hours=1)
        together = [f"{name}1", f"{name}2"] in shape(store)
        assert together == folds
    assert store.corrections.questions() == []


def test_a_reprint_weeks_later_is_a_copy(store: Store, clock):
    """The same text and the same address know no horizon: not even when the candidate keys are dropped."""
    store.sync_sources(sources(4), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("a", "Wire", text, url="https://a/1")])
    clock.forward(days=36)
    store.detector.drop_keys(clock() - RULES.horizon - timedelta(days=1))
    assert store.upkeep.stats()["candidate_keys"] == 0
    poll(store, clock(), "s1", [prepared("b", "Reprinted", text)])
    poll(store, clock(), "s2", [prepared("c", "Wire", words("wire", 180), url="https://a/1")])
    poll(store, clock(), "s3", [prepared("d", "Nearly", text + "\n\n" + words("end", 20))])
    found = next(each for each in stories(store) if len(each.articles) > 1)
    assert {each.guid: each.reason for each in found.articles}.items() >= {
        "a": "first", "b": "same-text", "c": "same-url",
    }.items()  # fmt: skip
    assert found.id == 1
    assert found.canonical.guid == "a"
    clock.forward(days=300)
    poll(store, clock(), "s3", [prepared("e", "An old page", text)])
    assert "e" in {each.guid for each in stories(store)[-1].articles}
