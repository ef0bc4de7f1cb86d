"""Applying polls: what is new, what is a copy, what changed, what left; all of it or nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from made import KEYS, LEASE, RULES, poll, prepared, sources, words
from sqlalchemy import event

from aggregator.errors import NotFoundError
from aggregator.model import Fold, StoryView, TimelineSpec
from aggregator.store import Store, following_up
from aggregator.store.retention import DROPPED
from aggregator.store.schema import candidate_keys
from aggregator.store.values import PART, micros, slots_of
from aggregator.topics import Topic, Topics


def stories(store: Store, **spec: object) -> list[StoryView]:
    """The front page."""
    return store.timeline(TimelineSpec(**spec))  # type: ignore[arg-type]


def shape(store: Store) -> list[list[tuple[str, str]]]:
    """Every story as its articles' source and guid, in no order of its own."""
    return sorted(sorted((each.source, each.guid) for each in story.articles) for story in stories(store))


def test_copies_of_one_text_are_one_story(store: Store, clock):
    """A text that two outlets carry is one story; its canonical article is of the higher authority."""
    store.sync_sources([*sources(1), *sources(2, authority=3)[1:]], lambda: 0.5)
    text = words("visit")
    poll(store, clock(), "s0", [prepared("a", "Minister visits", text), prepared("b", "Oil", words("oil"))])
    clock.forward(minutes=10)
    applied = poll(store, clock(), "s1", [prepared("x", "A visit", text + "\n\n" + words("footer", 12))])
    assert (applied.new, applied.copies) == (1, 1)
    assert shape(store) == [[("s0", "a"), ("s1", "x")], [("s0", "b")]]
    story = next(story for story in stories(store) if len(story.articles) == 2)
    assert story.canonical.source == "s1"
    assert [each.reason for each in story.articles] == ["first", "copy"]
    assert story.updated == story.placed, "a copy that joins changes no text"
    assert story.guid == f"{store.tag}:story:{story.id}"
    assert store.upkeep.integrity() == []


def test_order_of_polls_does_not_matter(clock, tmp_path):
    """In whatever order four outlets are polled, with a restart between any two, the stories are the same."""
    text = words("wire")
    found: list[list[list[tuple[str, str]]]] = []
    feeds = {
        "s0": [prepared("a", "Wire story", text)],
        "s1": [
            prepared("b", "Wire story cut", "\n\n".join(text.split("\n\n")[:3])),
            prepared("c", "Own", words("own")),
        ],
        "s2": [prepared("d", "Story, re-headlined", text + "\n\nLeave a reply")],
        "s3": [prepared("e", "Other news", words("other"))],
    }
    for number, order in enumerate(itertools.permutations(feeds)):
        if number % 6:
            continue
        store = Store.open(f"sqlite:///{tmp_path}/{number}.db", now=clock)
        store.sync_sources(sources(4), lambda: 0.5)
        for source in order:
            poll(store, clock(), source, feeds[source])
            store.close()
            store = Store.open(f"sqlite:///{tmp_path}/{number}.db", now=clock)
        found.append(shape(store))
        assert store.upkeep.integrity() == []
        store.close()
    assert all(each == found[0] for each in found)
    assert found[0] == [[("s0", "a"), ("s1", "b"), ("s2", "d")], [("s1", "c")], [("s3", "e")]]


def test_a_changed_text_is_a_revision(store: Store, clock):
    """The article keeps id, story and first date; the story's ``updated`` moves with the canonical text."""
    store.sync_sources(sources(1), lambda: 0.5)
    text = words("report")
    poll(store, clock(), "s0", [prepared("a", "Report", text, published=clock() - timedelta(hours=2))])
    before = stories(store)[0]
    clock.forward(hours=1)
    applied = poll(store, clock(), "s0", [prepared("a", "Report", text + "\n\n" + words("correction", 60))])
    after = stories(store)[0]
    assert (applied.new, applied.updated) == (0, 1)
    assert after.id == before.id
    assert after.canonical.id == before.canonical.id
    assert after.published == before.published
    assert (after.updated, after.revised, before.revised) == (clock(), True, False)
    assert after.canonical.text.endswith(words("correction", 60))
    assert store.upkeep.stats()["revisions"] == 1
    clock.forward(hours=1)
    poll(store, clock(), "s0", [prepared("a", "Report!", text + "\n\n" + words("correction", 60))])
    assert stories(store)[0].title == "Report!"
    assert stories(store)[0].updated == after.updated, "a title is no text"
    assert store.upkeep.stats()["revisions"] == 1
    assert store.upkeep.integrity() == []


def test_the_first_and_the_last_twenty_revisions_are_kept(store: Store, clock):
    """A live page does not fill the disk, and what was first published stays."""
    store.sync_sources(sources(1), lambda: 0.5)
    for version in range(30):
        poll(store, clock(), "s0", [prepared("a", "Live", words(f"live {version}"))])
        clock.forward(minutes=1)
    with store.access.read() as connection:
        kept = connection.exec_driver_sql("SELECT no, text FROM revisions ORDER BY no").all()
    assert [no for no, _ in kept] == [1, *range(10, 30)]
    assert kept[0][1] == words("live 0")
    assert store.upkeep.integrity() == []


def test_changed_guids_do_not_make_articles_new(store: Store, clock):
    """A feed that gives every entry another guid, at the same addresses, has the same articles."""
    store.sync_sources(sources(1), lambda: 0.5)
    entries = [
        ("Title one", words(1), "https://h0.example/1"),
        ("Title two", words(2), "https://h0.example/2"),
    ]
    poll(store, clock(), "s0", [prepared(f"old-{i}", *e[:2], url=e[2]) for i, e in enumerate(entries)])
    before = {each.canonical.id for each in stories(store)}
    clock.forward(hours=1)
    applied = poll(
        store, clock(), "s0", [prepared(f"new-{i}", *e[:2], url=e[2]) for i, e in enumerate(entries)]
    )
    assert applied.new == 0
    assert {each.canonical.id for each in stories(store)} == before
    assert set(store.known("s0")) == {"new-0", "new-1"}


def test_one_address_for_ever_new_entries_swallows_none(store: Store, clock):
    """A live page has one address; entries that follow each other there are news, not one article."""
    store.sync_sources(sources(1), lambda: 0.5)
    for n in range(3):
        poll(
            store,
            clock(),
            "s0",
            [prepared(f"g{n}", f"News {n}", words(f"live {n}"), url="https://h0.example/live")],
        )
        clock.forward(hours=1)
    assert store.upkeep.stats()["articles"] == 3
    assert len(stories(store)) == 3


def test_evidence_of_time(store: Store, clock):
    """First seen, last absent before it, last seen: intervals that say who may have been first."""
    store.sync_sources(sources(1), lambda: 0.5)
    one, two = prepared("one", "One", words("one")), prepared("two", "Two", words("two"))
    start = clock()
    poll(store, clock(), "s0", [one])
    clock.forward(minutes=10)
    poll(store, clock(), "s0", [two], also=["one"])
    first, second = store.article(1), store.article(2)
    assert (first.last_absent, first.first_seen, first.last_seen) == (None, start, clock())
    assert (second.last_absent, second.first_seen) == (start, clock())
    clock.forward(minutes=10)
    poll(store, clock(), "s0", [], also=["two"])
    clock.forward(minutes=10)
    poll(store, clock(), "s0", [], also=["two"])
    assert store.article(1).last_seen == start + timedelta(minutes=10)
    assert store.article(2).last_seen == clock()
    poll(store, clock(), "s0", [], also=["two", "one"])
    assert store.article(1).last_seen == clock()


def test_dates_that_are_absent_or_to_come_give_first_seen(store: Store, clock):
    """The effective time is the earlier of published and first seen."""
    store.sync_sources(sources(1), lambda: 0.5)
    past, future = clock() - timedelta(days=400), clock() + timedelta(days=1)
    poll(
        store,
        clock(),
        "s0",
        [
            prepared("a", "A", words("a"), published=past, published_claimed="long ago"),
            prepared("b", "B", words("b"), published=future),
            prepared("c", "C", words("c")),
        ],
    )
    found = {each.canonical.guid: each.canonical for each in stories(store)}
    assert [found[guid].published for guid in "abc"] == [past, clock(), clock()]
    assert [found[guid].published_from for guid in "abc"] == ["feed", "first-seen", "first-seen"]
    assert found["a"].published_claimed == "long ago"


def test_all_or_nothing(store: Store, clock, monkeypatch):
    """When anything fails, nothing of the poll is kept: no entries, nor validators, nor the next poll."""
    store.sync_sources(sources(1), lambda: 0.5)
    due = store.claim(1, owner="me", lease=LEASE, per_host=1)[0]
    monkeypatch.setattr(following_up, "topics", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    monkeypatch.undo()
    assert (store.upkeep.stats()["articles"], store.known("s0"), store.version()) == (0, {}, 1)
    clock.forward(minutes=6)
    again = store.claim(1, owner="other", lease=LEASE, per_host=1)[0]
    assert (again.etag, again.body_sha256) == (due.etag, None)
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    assert [each.id for each in stories(store)] == [1], "an id that was rolled back was never given out"


def test_failure_keeps_what_was(store: Store, clock):
    """A failed poll keeps the reason, and touches neither validators nor articles."""
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    version = store.version()
    for failures in (1, 2):
        clock.forward(hours=1)
        store.claim(1, owner="me", lease=LEASE, per_host=1)
        applied = poll(
            store,
            clock(),
            "s0",
            [],
            status="failed",
            present=None,
            info=None,
            etag=None,
            body_sha256=None,
            http_status=503,
            error_kind="status",
            error="the server answered 503",
        )
        assert applied.error == "the server answered 503"
        view = store.sources(sources(1))[0]
        assert (view.state, view.failures, view.error_kind, view.http_status) == (
            "failing",
            failures,
            "status",
            503,
        )
    clock.forward(hours=1)
    due = store.claim(1, owner="me", lease=LEASE, per_host=1)[0]
    assert (due.etag, due.body_sha256, due.failures, due.last_status) == ('"1"', b"b" * 32, 2, 503)
    assert store.known("s0").keys() == {"a"}
    assert store.version() == version


def test_an_unknown_source_is_refused(store: Store, clock):
    """An update of a source that was never configured names it."""
    with pytest.raises(NotFoundError, match="s9"):
        poll(store, clock(), "s9", [])


def test_topics_follow_articles(store: Store, clock):
    """A story is of a topic when one of its articles is; changed definitions are applied to what is held."""
    store.sync_sources(sources(2), lambda: 0.5)
    iran = Topics([Topic("iran", "Iran", any=("tehran", "이란", "伊朗"))])
    text = words("visit")
    poll(
        store,
        clock(),
        "s0",
        [prepared("a", "A visit", text), prepared("b", "Oil", words("oil"))],
        topics=iran,
    )
    assert stories(store, topic="iran") == []
    poll(store, clock(), "s1", [prepared("c", "A visit to Tehran", text)], topics=iran)
    assert [len(each.articles) for each in stories(store, topic="iran")] == [2]
    oil = Topics([Topic("oil", "Oil", any=("oil",))])
    assert store.topics.rematch(oil, definition="v2") == 2
    assert stories(store, topic="iran") == []
    assert [each.canonical.guid for each in stories(store, topic="oil")] == ["b"]
    assert store.topics.definition() == "v2"
    assert store.topics.rematch(oil) == 0


def test_text_that_databases_refuse(store: Store, clock):
    """NUL and lone surrogates are taken out; guids and addresses of any length are told apart."""
    store.sync_sources(sources(1), lambda: 0.5)
    long = "https://h0.example/" + "x" * 5000
    poll(
        store,
        clock(),
        "s0",
        [
            prepared("a\0b", "NUL\0 and \ud800", words("a") + "\0", url=long + "1"),
            prepared(long, "Long", words("b"), url=long + "2"),
            prepared(long + "!", "Longer", words("c"), url=None),
        ],
    )
    assert len(stories(store)) == 3
    assert store.upkeep.integrity() == []


def test_few_statements_a_poll(store: Store, clock):
    """Thirty new entries cost at most twenty-two statements, and an unchanged poll three."""
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    seen: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(store.access.database.writer, "before_cursor_execute", count)
    poll(store, clock(), "s0", [prepared(f"n{i}", f"News {i}", words(f"n{i}")) for i in range(30)])
    assert len(seen) <= 22, "\n".join(seen)
    seen.clear()
    poll(store, clock(), "s0", [], status="unchanged", present=None, info=None)
    assert len(seen) <= 3, "\n".join(seen)


def test_hot_keys_stay_bounded(store: Store, clock):
    """A key that very many articles share keeps a bounded number of rows a day, and makes no candidates."""
    store.sync_sources(sources(1), lambda: 0.5)
    same = words("template", 60)
    entries = [prepared(f"n{i}", f"News {i}", f"{same}\n\n{words(f'n{i}', 240)}") for i in range(150)]
    for start in range(0, 150, 30):
        poll(store, clock(), "s0", entries[start : start + 30], also=[e.entry.guid for e in entries[:start]])
    with store.access.read() as connection:
        most = connection.exec_driver_sql(
            f"SELECT max(n) FROM (SELECT count(*) AS n FROM {KEYS} GROUP BY slot) AS counted"
        ).scalar()
    assert most <= 2 * RULES.hot_keys + 30
    assert store.upkeep.integrity() == []
    assert store.detector.drop_keys(clock() + timedelta(days=2)) > 0
    assert store.upkeep.stats()["candidate_keys"] == 0


def test_candidate_keys_of_old_parts_are_dropped_a_batch_at_a_time(store: Store, clock):
    """No transaction is long, whatever the part holds; the newer part stays whole."""
    part = micros(clock()) // PART
    old, new = (slots_of(one)[0] for one in (part - 3, part))
    with store.access.write() as connection:
        rows = [(old + number // 2, number) for number in range(25_000)] + [(new, n) for n in range(10)]
        store.access.database.bulk_insert(connection, candidate_keys, ("slot", "article"), rows)
    dropped = list(iter(lambda: store.detector.drop_keys(clock() - timedelta(days=14)), 0))
    assert sum(dropped) == 25_000
    assert max(dropped) <= DROPPED + 2
    assert store.upkeep.stats()["candidate_keys"] == 10


def test_a_source_that_is_never_folded_is_not_merged_by_a_third(store, clock):
    """Its story stays apart in every order of arrival, also where a later copy resembles it and another."""
    text, at = words("never"), clock()
    held = sources(3)
    held[0] = replace(held[0], fold=Fold("never"))
    store.sync_sources(held, lambda: 0.5)
    for name in ("s0", "s1", "s2"):
        poll(store, at, name, [prepared(name, f"Told by {name}", text)])
    assert shape(store) == [[("s0", "s0")], [("s1", "s1"), ("s2", "s2")]]
