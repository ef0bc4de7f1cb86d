"""Timelines, stories and what readers mark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from made import poll, prepared, sources, words
from sqlalchemy import event

from aggregator.errors import NotFoundError
from aggregator.model import Enclosure, TimelineSpec


@pytest.fixture
def filled(store, clock):
    """Six stories of four sources; story 2 has a copy of the other group."""
    store.sync_sources(sources(4), lambda: 0.5)
    for n in range(6):
        clock.forward(minutes=10)
        title, text = f"News {n}", words(n)
        poll(
            store,
            clock(),
            f"s{n % 3}",
            [prepared(f"g{n}", title, text, published=clock() - timedelta(days=6 - n))],
        )
    clock.forward(minutes=10)
    poll(store, clock(), "s3", [prepared("copy", "News one, again", words(1))])
    return store


def ids(store, **spec):
    """The ids of a timeline."""
    return [story.id for story in store.timeline(TimelineSpec(**spec))]


def test_timelines(filled, clock):
    """Newest placed first; by source, group, time, and in pages by cursor."""
    assert ids(filled) == [6, 5, 4, 3, 2, 1]
    assert ids(filled, limit=2) == [6, 5]
    assert ids(filled, limit=2, before=5) == [4, 3]
    assert ids(filled, source="s3") == [2], "a source's stream holds every story with an article of it"
    assert ids(filled, source="s1") == [5, 2]
    assert ids(filled, group="odd") == [5, 2]
    assert ids(filled, group="even") == [6, 4, 3, 1]
    assert ids(filled, group="none") == []
    assert ids(filled, since=clock() - timedelta(days=3)) == [6, 5]
    assert ids(filled, until=clock() - timedelta(days=3)) == [4, 3, 2, 1]
    with pytest.raises(NotFoundError, match="s9"):
        ids(filled, source="s9")


def test_what_most_outlets_carry_leads(filled, clock):
    """Stories of two outlets at least, the widest carried first, then the newest; for a reader; none old."""
    for n, source in ((4, "s0"), (5, "s0"), (5, "s1")):
        poll(filled, clock(), source, [prepared(f"again{n}", f"News {n} again", words(n))])
    lately = clock() - timedelta(days=10)
    assert [one.id for one in filled.leading(lately, 9)] == [6, 5, 2]
    assert [one.id for one in filled.leading(lately, 2)] == [6, 5]
    assert [one.id for one in filled.leading(clock() - timedelta(days=4), 9)] == [6, 5]
    filled.mark("mina", [6], read=True)
    assert [one.id for one in filled.leading(lately, 9, reader="mina")] == [5, 2]
    filled.corrections.merge(6, 5, author="mina", reason="")
    assert [one.id for one in filled.leading(lately, 9)] == [5, 2]


def test_a_story_has_everything(filled, clock):
    """A story with its articles in time order, groups, and all their texts; lists carry the canonical's."""
    story = filled.story(2)
    assert [article.source for article in story.articles] == ["s1", "s3"]
    assert story.groups == ("odd",)
    assert all(article.text == words(1) for article in story.articles)
    assert story.articles[1].similarity > 0.5
    listed = next(each for each in filled.timeline(TimelineSpec()) if each.id == 2)
    assert [bool(article.text) for article in listed.articles] == [True, False]
    assert not filled.timeline(TimelineSpec(with_content=False))[0].canonical.content
    with pytest.raises(NotFoundError, match="77"):
        filled.story(77)
    with pytest.raises(NotFoundError, match="77"):
        filled.article(77)
    assert [held.id for held in filled.detector.held([3, 1])] == [3, 1]


def test_details_of_an_entry_survive(store, clock):
    """Authors, categories, enclosures, language, markup: as the feed had them."""
    store.sync_sources(sources(1), lambda: 0.5)
    entry = prepared(
        "a",
        "تهران و پیونگ‌یانگ",
        words("a"),
        authors=("A. Writer", "이기자"),
        categories=("x y", "세계"),
        language="fa",
        enclosures=(Enclosure("https://h0.example/a.mp3", "audio/mpeg", 5),),
        summary="<b>sum</b>",
    )
    poll(store, clock(), "s0", [entry])
    view = store.story(1).canonical
    for name in (
        "title",
        "authors",
        "categories",
        "language",
        "enclosures",
        "summary",
        "content",
        "raw_sha256",
    ):
        assert getattr(view, name) == getattr(entry.entry, name), name


def test_search_finds_every_script(store, clock):
    """Every word must occur, in title or text, as a whole token; Han and kana as sequences."""
    store.sync_sources(sources(1), lambda: 0.5)
    titles = [
        "Speaker meets minister in Tehran",
        "朝鲜外相访问伊朗",
        "이란 국회의장 회담",
        "دیدار در تهران",
        "O'Brien's report",
    ]
    for n, title in enumerate(titles, 1):
        poll(store, clock(), "s0", [prepared(f"g{n}", title, f"{words(n, 60)}\n\nTirana closing line {n}")])
    found = {
        "tehran": [1],
        "TEHRAN speaker": [1],
        "tehran nothing": [],
        "iran": [],
        "伊朗": [2],
        "朗伊": [],
        "이란": [3],
        "تهران": [4],
        "closing": [5, 4, 3, 2, 1],
        "closing 3": [3],
        "a* OR NEAR": [],
        "brien": [5],
    }
    assert {query: ids(store, search=query) for query in found} == found
    revised = f"{words(1, 60)}\n\nPrishtina closing line 1"
    poll(store, clock(), "s0", [prepared("g1", "Another title", revised)])
    assert ids(store, search="tehran") == []
    assert ids(store, search="another title") == ids(store, search="prishtina closing") == [1]
    poll(store, clock(), "s0", [prepared("g1", "A report of its own", words("rewritten"))])
    assert ids(store, search="another title") == [1], "what the guid was before is kept"
    assert ids(store, search="report own") == [6]


def test_few_statements_a_page(filled):
    """A page costs at most seven statements, however many stories it has."""
    seen: list[str] = []
    event.listen(
        filled.access.database.reader,
        "before_cursor_execute",
        lambda c, k, statement, *_: seen.append(statement),
    )
    filled.timeline(TimelineSpec())
    assert len(seen) <= 7, "\n".join(seen)


def test_read_and_starred(filled):
    """Marks are a reader's own; a timeline of what is unread or starred follows them."""
    filled.mark("ann", [1, 2], read=True)
    filled.mark("ann", [2, 3], starred=True)
    filled.mark("bob", [6], read=True)
    assert ids(filled, reader="ann", unread=True) == [6, 5, 4, 3]
    assert ids(filled, reader="ann", starred=True) == [3, 2]
    assert ids(filled, reader="bob", unread=True) == [5, 4, 3, 2, 1]
    assert ids(filled, reader="new", unread=True) == [6, 5, 4, 3, 2, 1]
    story = filled.story(2, reader="ann")
    assert (story.read, story.starred) == (True, True)
    filled.mark("ann", [2], starred=False)
    filled.mark("ann", [1], read=False)
    assert ids(filled, reader="ann", starred=True) == [3]
    assert filled.story(2, reader="ann").read
    assert ids(filled, reader="ann", unread=True) == [6, 5, 4, 3, 1]
    with pytest.raises(NotFoundError, match="99"):
        filled.mark("ann", [99], read=True)


def test_everything_up_to_here_is_read(filled):
    """Mark all as read is one number; stars stay, and a story can be made unread again."""
    filled.mark("ann", [2], read=False, starred=True)
    filled.mark_through("ann", 4)
    assert ids(filled, reader="ann", unread=True) == [6, 5]
    assert ids(filled, reader="ann", starred=True) == [2]
    filled.mark("ann", [3], read=False)
    assert ids(filled, reader="ann", unread=True) == [6, 5, 3]
    assert [filled.story(n, reader="ann").read for n in (2, 3, 4, 5)] == [True, False, True, False]
    filled.mark_through("ann", 1_000_000)
    assert ids(filled, reader="ann", unread=True) == []


def test_version_changes_with_what_readers_see(filled, open_store, clock):
    """Another process sees another version after every change, and the same one after none."""
    other = open_store()
    before = other.version()
    assert other.version() == before
    filled.mark("ann", [1], read=True)
    marked = other.version()
    poll(filled, clock(), "s0", [], status="unchanged", present=None, info=None)
    assert other.version() == marked != before
    poll(filled, clock(), "s0", [prepared("new", "New", words("new"))])
    assert other.version() != marked
    assert (other.instance, other.tag, other.born) == (filled.instance, filled.tag, filled.born)


def test_newer_stories_are_counted(filled):
    """Those of a timeline with a greater id, up to a limit; of what is unread, too."""
    assert filled.newer(TimelineSpec(), 2, 100) == 4
    assert filled.newer(TimelineSpec(), 2, 3) == 3
    assert filled.newer(TimelineSpec(group="odd"), 2, 100) == 1
    assert filled.newer(TimelineSpec(), 6, 100) == 0
    filled.mark_through("ann", 4)
    filled.mark("ann", [6], read=True)
    filled.mark("ann", [3], read=False)
    assert filled.newer(TimelineSpec(unread=True, reader="ann"), 1, 100) == 2


def test_what_is_unread_is_read_in_the_order_of_an_index(filled):
    """Both parts of a list of unread stories come in pages, in one order, without sorting the table."""
    filled.mark_through("ann", 5)
    filled.mark("ann", [4, 2, 1], read=False)
    assert ids(filled, reader="ann", unread=True) == [6, 4, 2, 1]
    assert ids(filled, reader="ann", unread=True, limit=2) == [6, 4]
    assert ids(filled, reader="ann", unread=True, limit=2, before=4) == [2, 1]
    assert ids(filled, reader="ann", unread=True, group="odd") == [2]
