"""Boilerplate in the store: what is counted and learnt, and fingerprints that are made anew because of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from made import KEYS, NO_TOPICS, RULES, poll, prepared, sources, update, words

from aggregator.dedup import boilerplate
from aggregator.dedup.fingerprint import RECIPE, passages
from aggregator.errors import NotFoundError
from aggregator.model import Entry, Prepared, Source
from aggregator.prepare import Stored, prepare_and_learn, read_again
from aggregator.store import Store
from aggregator.store.reprinting import READ_AGAIN, Page

GLUED = ("Subscribe to the Veldmar Courier by post", "What do you think of it, leave us a reply below")
WEEK = timedelta(days=14)


def entry(guid: str, *, glued: Sequence[str] = GLUED, title: str | None = None) -> Entry:
    """An entry with a text of its own and what its outlet glues under every text."""
    body = [*words(guid, 120).split("\n\n"), *glued]
    content = "".join(f"<p>{line}</p>" for line in body)
    raw = hashlib.sha256(content.encode()).digest()
    return Entry(guid=guid, url=None, title=title or words(f"t{guid}", 5), content=content, raw_sha256=raw)


def arrive(store: Store, now: Any, source: Source, entries: Sequence[Entry]) -> tuple[Prepared, ...]:
    """Poll as the pipeline does: learn from what is stored and from what came, then place it."""
    due = next(one for one in claimed(store) if one.source.id == source.id)
    made, learnt = prepare_and_learn(
        entries, boilerplate=due.boilerplate, source=source, counted=store.counted(source.id)
    )
    poll(store, now, source.id, made, learnt=learnt)
    return made


def claimed(store: Store) -> Sequence[Any]:
    """Every source, as a poller gets it."""
    return store.claim(99, owner="me", lease=timedelta(), per_host=9, ignore_schedule=True)


def again(page: Page) -> Any:
    """What a worker makes of a page."""
    texts = tuple((each.title, each.paragraphs) for each in page.again)
    return read_again(Stored(texts, page.leave_out, page.patterns))


def refresh(store: Store, now: Any, *, urgent: bool = False, pages: int = 99) -> int:
    """Make fingerprints anew, as the daemon does; at most so many pages."""
    changed = 0
    while pages and (page := store.detector.out_of_date(now - WEEK, urgent=urgent)) is not None:
        changed += store.detector.reprint(page, again(page))
        pages -= 1
    return changed


def sound(store: Store) -> None:
    """Every article has one fingerprint of our recipe, exactly its keys, and a row of passages up to date."""
    with store.access.database.read() as connection:
        ask = lambda sql: connection.exec_driver_sql(sql).all()  # noqa: E731
        (count,) = ask("SELECT count(*) FROM articles")[0]
        made = ask("SELECT f.article, f.bands FROM fingerprints f JOIN recipes r ON r.no = f.recipe "
                   f"WHERE r.name = '{RECIPE}'")  # fmt: skip
        assert len(made) == count
        keys = dict(ask(f"SELECT article, count(*) FROM {KEYS} GROUP BY article"))
        assert keys == {article: len(set(_keys(bands))) for article, bands in made}
        assert ask("SELECT count(*) FROM article_passages") == [(count,)]
        assert ask("SELECT count(*) FROM article_passages p JOIN sources s ON s.no = p.source "
                   "WHERE p.version < s.boilerplate_version") == [(0,)]  # fmt: skip


def _keys(bands: bytes) -> list[bytes]:
    return [bytes(bands)[at : at + 8] for at in range(0, len(bands), 8)]


@pytest.fixture
def outlet(store: Store) -> Source:
    """One source that is configured."""
    (source,) = sources(1)
    store.sync_sources([source], lambda: 0.5)
    return source


def test_a_first_poll_learns_and_needs_nothing_made_anew(store: Store, clock: Any, outlet: Source) -> None:
    """Thirty entries with the same two lines glued on are fingerprinted without them, and that is shown."""
    made = arrive(store, clock(), outlet, [entry(str(n)) for n in range(30)])
    assert {each.boilerplate for each in made} == {(2, 3)}
    found = store.detector.boilerplate("s0")
    assert (found.version, found.texts) == (1, 30)
    assert {(one.sample, one.texts) for one in found.passages} == {(line, 30) for line in GLUED}
    assert claimed(store)[0].boilerplate == set(passages(GLUED))
    assert store.detector.out_of_date(clock() - WEEK) is None
    sound(store)


def test_what_is_stored_counts_with_what_comes(store: Store, clock: Any, outlet: Source) -> None:
    """Entries that come one by one are learnt from at the fifth; those before are fingerprinted anew."""
    for n in range(4):
        arrive(store, clock(), outlet, [entry(str(n))])
    assert store.detector.boilerplate("s0").passages == ()
    before = [held.fingerprint for held in store.detector.held([1, 2, 3, 4])]
    (fifth,) = arrive(store, clock(), outlet, [entry("4")])
    assert fifth.boilerplate == (2, 3)
    assert refresh(store, clock()) == 4
    after = [held.fingerprint for held in store.detector.held([1, 2, 3, 4])]
    assert all(one.text_sha256 != other.text_sha256 for one, other in zip(before, after, strict=True))
    again, _ = prepare_and_learn([entry("0")], boilerplate=frozenset(passages(GLUED)), source=outlet)
    assert replace(again[0].fingerprint, keys=()) == after[0]
    assert store.article(1).text == again[0].text, "the text stays whole"
    assert store.detector.out_of_date(clock() - WEEK) is None
    sound(store)


def test_only_what_has_a_changed_passage_is_read_again(store: Store, clock: Any, outlet: Source) -> None:
    """Another line that is learnt costs the articles that have it; the version of all is the newest."""
    arrive(store, clock(), outlet, [entry(f"a{n}") for n in range(10)])
    more = (*GLUED, "Most read this week in Veldmar: the quay")
    for n in range(4):
        arrive(store, clock(), outlet, [entry(f"b{n}", glued=more)])
    assert store.detector.out_of_date(clock() - WEEK) is None
    arrive(store, clock(), outlet, [entry("b4", glued=more)])
    page = store.detector.out_of_date(clock() - WEEK)
    assert page is not None
    assert (len(page.again), len(page.same), page.version) == (4, 10, 2)
    assert refresh(store, clock()) == 4
    sound(store)


def test_reprinting_ends_anywhere_and_goes_on(open_store: Any, clock: Any) -> None:
    """Each page is kept: what another process did not finish, the next one does; none is done twice."""
    store, other = open_store(), open_store()
    (source,) = sources(1)
    for each in (store, other):
        each.sync_sources([source], lambda: 0.5)
    count = 2 * READ_AGAIN + 5
    arrive(store, clock(), source, [entry(str(n), glued=()) for n in range(count)])
    told = replace(source, boilerplate=("^Subscribe",))
    store.sync_sources([told], lambda: 0.5)
    assert refresh(store, clock(), pages=1) == READ_AGAIN
    page = store.detector.out_of_date(clock() - WEEK)
    assert page is not None
    made = again(page)
    assert other.detector.reprint(page, made) == READ_AGAIN
    assert store.detector.reprint(page, made) == 0, "somebody else was faster"
    assert refresh(other, clock()) == 5
    assert store.detector.out_of_date(clock() - WEEK) is None
    sound(store)


def test_patterns_of_the_yaml_act_on_what_is_stored(store: Store, clock: Any, outlet: Source) -> None:
    """A changed `boilerplate:` is another version; the stored articles leave out what it says."""
    arrive(store, clock(), outlet, [entry("a"), entry("b")])
    store.sync_sources([replace(outlet, boilerplate=("^Subscribe to",))], lambda: 0.5)
    assert refresh(store, clock()) == 2
    with store.access.database.read() as connection:
        left_out = connection.exec_driver_sql("SELECT boilerplate FROM texts").scalars().all()
    assert left_out == ["[2]", "[2]"]
    sound(store)


def test_another_recipe_is_for_the_horizon_and_before_polling(
    store: Store, clock: Any, outlet: Source
) -> None:
    """After a change of the recipe everything recent is made anew first; older articles and stories stay."""
    assert store.detector.take_recipe() is False, "an empty store has nothing to do"
    old = entry("old")
    made, _ = prepare_and_learn([old], boilerplate=frozenset(), source=outlet)
    poll(store, clock(), "s0", made)
    clock.forward(days=30)
    arrive(store, clock(), outlet, [entry(str(n)) for n in range(3)])
    assert store.detector.take_recipe() is False
    with store.access.database.write() as connection:  # a version of the program before this one wrote it all
        connection.exec_driver_sql("UPDATE recipes SET name = 'text0'")
        connection.exec_driver_sql("UPDATE instance SET recipe = 'text0'")
    store.access.recipes.forget()
    stories = {story.id: len(story.articles) for story in store.timeline(spec())}
    assert store.detector.take_recipe() is True
    assert refresh(store, clock(), urgent=True, pages=1) == 3
    assert store.detector.take_recipe() is True, "not until the source is done"
    assert refresh(store, clock(), urgent=True) == 0
    assert store.detector.take_recipe() is False
    assert {held.fingerprint.recipe for held in store.detector.held([2, 3, 4])} == {RECIPE}
    assert store.detector.held([1])[0].fingerprint.recipe == "text0"
    assert {story.id: len(story.articles) for story in store.timeline(spec())} == stories


def test_a_text_that_changes_meanwhile_is_left_for_later(store: Store, clock: Any, outlet: Source) -> None:
    """A page that was read before an article was revised does not overwrite the newer fingerprint."""
    arrive(store, clock(), outlet, [entry("a")])
    store.sync_sources([replace(outlet, boilerplate=("^Subscribe",))], lambda: 0.5)
    page = store.detector.out_of_date(clock() - WEEK)
    assert page is not None
    first, _ = words("a", 120).split("\n\n")
    newer = prepared("a", entry("a").title, f"{first}\n\n{words('another', 60)}")
    poll(store, clock(), "s0", [newer])
    assert store.detector.reprint(page, again(page)) == 0
    assert store.detector.held([1])[0].fingerprint.text_sha256 == newer.fingerprint.text_sha256
    refresh(store, clock())
    sound(store)


def test_learning_alone_is_no_revision(store: Store, clock: Any, outlet: Source) -> None:
    """An entry whose bytes change when boilerplate was learnt has the same text: it is not "updated"."""
    arrive(store, clock(), outlet, [entry("0")])
    arrive(store, clock(), outlet, [entry(str(n)) for n in range(1, 9)])
    again, _ = prepare_and_learn(
        [replace(entry("0"), raw_sha256=b"stamped anew")],
        boilerplate=claimed(store)[0].boilerplate, source=outlet,
    )  # fmt: skip
    applied = store.arrivals.apply(update(clock(), "s0", again), rules=RULES, topics=NO_TOPICS)
    assert (applied.new, applied.updated) == (0, 0)
    refresh(store, clock())
    sound(store)


def test_what_is_counted_is_bounded(
    store: Store, clock: Any, outlet: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a source's texts the newest are kept, and those within reach of the detector."""
    assert boilerplate.RECENT == 500
    made = [prepared(str(n), f"Title {n}", words(n, 12)) for n in range(510)]
    poll(store, clock(), "s0", made)
    assert len(store.counted("s0")) == 500
    clock.forward(days=20)
    poll(store, clock(), "s0", [prepared("last", "Title", words("last"))])
    with store.access.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM article_passages").scalar() == 500


def test_what_is_forgotten_is_read_again(store: Store, clock: Any, outlet: Source) -> None:
    """A line that an outlet has dropped is its boilerplate no longer, once its texts are out of reach."""
    arrive(store, clock(), outlet, [entry(f"a{n}") for n in range(6)])
    assert len(store.detector.boilerplate("s0").passages) == 2
    with store.access.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM article_passages WHERE article > 1")
    arrive(store, clock(), outlet, [entry(f"b{n}", glued=()) for n in range(6)])
    assert store.detector.boilerplate("s0").passages == ()
    assert refresh(store, clock()) == 1
    with store.access.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM passages").scalar() == 0


def test_a_source_that_is_not_there(store: Store) -> None:
    """It is said so."""
    with pytest.raises(NotFoundError, match="nobody"):
        store.detector.boilerplate("nobody")


def spec() -> Any:
    """The front page."""
    from aggregator.model import TimelineSpec

    return TimelineSpec(limit=100)
