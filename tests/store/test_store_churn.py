"""Sources that change guids, addresses, titles and dates: what is an article that we hold, what is news.

Each case is two or more polls of one source. Everything is read after the first poll; what is unread at the
end is what the case says is news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import START
from made import poll, prepared, sources, words

from aggregator.model import Prepared, TimelineSpec
from aggregator.store import Store
from aggregator.urls import url_key


@dataclass(frozen=True)
class Case:
    """Polls, each of entries; how many articles there are then, and the guids of what is unread."""

    polls: Sequence[Sequence[Prepared]]
    articles: int
    news: tuple[str, ...] = ()
    hours: float = 1.0  # between two polls
    revisions: int = 0


def entry(
    guid: str, title: str = "The lock is built", text: str | None = None, url: str | None = None,
    *, published: datetime | None = START - timedelta(hours=2), **more: Any,
) -> Prepared:  # fmt: skip
    """An entry with the key of its address as the pipeline makes it."""
    text = words("lock") if text is None else text
    made = prepared(guid, title, text, url=url, published=published, **more)
    return replace(made, url_key=url_key(url))


def day(number: int) -> datetime:
    """The date of one of several days' reports."""
    return START + timedelta(days=number - 1)


HOURS = [words(f"hour {n}", 60) for n in range(9)]
HOME = "https://h0.example/"
EDITED = words("lock") + "\n\n" + words("more", 30)
SHORT = "A line about the lock."
CASES = {
    "a guid with a session's token": Case(
        [[entry(f"{HOME}lock?sid={n}", url=f"{HOME}lock")] for n in (111, 222, 333)], 1
    ),
    "guid and address with tracking parameters": Case(
        [[entry(u, url=u)] for u in (f"{HOME}lock?utm_source=rss", f"{HOME}lock?utm_source=rss&utm_id=7")], 1
    ),
    "a token in the address that is no known parameter, a short text": Case(
        [[entry(u, text=SHORT, url=u)] for u in (f"{HOME}lock?tok=a1", f"{HOME}lock?tok=b2")], 1
    ),
    "http becomes https": Case(
        [[entry(u, url=u)] for u in ("http://h0.example/lock", "https://h0.example/lock")], 1
    ),
    "http becomes https, little more than a title": Case(
        [[entry(u, text="", url=u)] for u in ("http://h0.example/lock", "https://www.h0.example/lock/")], 1
    ),
    "two titles are tried on readers": Case(
        [[entry("g", title, url=f"{HOME}lock")] for title in ("The lock is built", "Why?", "Built!")],
        1,
    ),
    "two titles are tried on readers, with a guid each": Case(
        [[entry(title, title, url=f"{HOME}lock")] for title in ("The lock is built", "Why we need it")], 1
    ),
    "two titles are tried on readers, little more than a title": Case(
        [[entry("g", title, "", f"{HOME}lock")] for title in ("The lock is built", "Why we need it")], 1
    ),
    "another guid, address, title and date, the same text": Case(
        [[entry("1", url=f"{HOME}1")], [entry("2", "Built", url=f"{HOME}two", published=START)]], 1
    ),
    "another guid and address, a text that was edited": Case(
        [[entry("1", url=f"{HOME}1")], [entry("2", text=EDITED, url=f"{HOME}2")]],
        1,
        revisions=1,
    ),
    "another guid, address and title, a text that was edited: a version of the same story": Case(
        [
            [entry("1", url=f"{HOME}1")],
            [entry("2", "Built at last", EDITED, f"{HOME}2", published=START)],
        ],
        2,
    ),
    "dates stamped anew at every poll": Case(
        [[entry("g", url=f"{HOME}lock", published=START + timedelta(hours=n))] for n in range(5)], 1
    ),
    "dates stamped anew and guids that follow them": Case(
        [[entry(f"g{n}", url=f"{HOME}lock", published=START + timedelta(hours=n))] for n in range(5)], 1
    ),
    "all guids change at once": Case(
        [[entry(f"{n}-{i}", f"Report {i}", words(i), f"{HOME}{i}") for i in range(20)] for n in (1, 2)], 20
    ),
    "a feed that moved to another domain": Case(
        [
            [entry(f"{home}{i}", f"Report {i}", words(i), f"{home}{i}") for i in range(5)]
            for home in (HOME, "https://new.example/")
        ],
        5,
    ),
    "a feed that moved to another domain, titles alone, dates stamped anew": Case(
        [
            [entry(f"{home}{i}", f"Report {i}", "", f"{home}{i}", published=at) for i in range(5)]
            for home, at in ((HOME, START), ("https://new.example/", START + timedelta(hours=1)))
        ],
        5,
    ),
    "a guid that is the place in the list": Case(
        [
            [entry(str(place), f"Report {i}", words(i), f"{HOME}{i}") for place, i in enumerate(shown, 1)]
            for shown in ((3, 2, 1), (4, 3, 2), (6, 5, 4))
        ],
        6,
        news=("1", "2", "3"),
    ),
    "a guid that is used for the next day's report": Case(
        [
            [entry("daily", f"Harbour on day {n}", words(f"day {n}"), f"{HOME}daily", published=day(n))]
            for n in (1, 2, 3)
        ],
        3,
        news=("daily", "daily"),
        hours=24,
    ),
    "a guid and a title that are used for the next day's report": Case(
        [
            [entry("daily", "Harbour report", words(f"day {n}"), f"{HOME}daily", published=day(n))]
            for n in (1, 2)
        ],
        2,
        news=("daily",),
        hours=24,
    ),
    "a title and an address that are used for the next day's report, with its own guid": Case(
        [
            [entry(f"d{n}", "Harbour report", words(f"day {n}"), f"{HOME}daily", published=day(n))]
            for n in (1, 2)
        ],
        2,
        news=("d2",),
        hours=24,
    ),
    "a guid that is used again for another short entry": Case(
        [
            [entry("x", "Storm closes the outer pier", "", f"{HOME}storm")],
            [entry("x", "Council elects a new mayor", "", f"{HOME}mayor")],
        ],
        2,
        news=("x",),
    ),
    "a live page that goes on": Case(
        [
            [entry("live", f"Live: hour {n}", "\n\n".join(HOURS[n : n + 4]), HOME)]
            for n in (1, 2, 3, 4)
        ],
        1,
        revisions=3,
    ),
    "a live page that begins anew": Case(
        [[entry("live", f"Live: {name}", words(name), HOME)] for name in ("storm", "election")],
        2,
        news=("live",),
    ),
    "a page that is rewritten from end to end under its title": Case(
        [[entry("g", text=words(name), url=f"{HOME}lock")] for name in ("draft", "final")], 1, revisions=1
    ),
    "a short notice that becomes the whole report": Case(
        [[entry("g", "Just in", SHORT, f"{HOME}lock")], [entry("g", "The lock is built", url=f"{HOME}lock")]],
        1,
        revisions=1,
    ),
    "an entry that goes away and comes back weeks later": Case(
        [[entry("g"), entry("h", "Other", SHORT)], [entry("h", "Other", SHORT)], [entry("g")]],
        2,
        hours=24 * 20,
    ),
    "an entry that comes back weeks later under another guid": Case(
        [[entry("g", url=f"{HOME}g")], [], [entry("h", url=f"{HOME}h", published=day(41))]],
        1,
        hours=24 * 20,
    ),
    "two entries with one text, one of which changes its guid": Case(
        [[entry("a"), entry("b")], [entry("a"), entry("c")]], 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_churn(store: Store, clock, name: str):
    """What changed its name is not new and stays read; what is new is not swallowed."""
    case = CASES[name]
    store.sync_sources(sources(1), lambda: 0.5)
    for number, entries in enumerate(case.polls):
        if number:
            clock.forward(hours=case.hours)
        poll(store, clock(), "s0", entries)
        if not number:
            store.mark_through("reader", max(story.id for story in store.timeline(TimelineSpec())))
    unread = store.timeline(TimelineSpec(unread=True))
    assert tuple(sorted(story.canonical.guid for story in unread)) == case.news
    assert store.upkeep.stats()["articles"] == case.articles
    assert store.upkeep.stats()["revisions"] == case.revisions
    assert set(store.known("s0")) == {each.entry.guid for each in case.polls[-1]}
    assert store.upkeep.integrity() == []


def test_a_displaced_article_keeps_its_text_and_its_past(store: Store, clock):
    """The report before keeps id, story, text and dates; it left the feed when its guid was given away."""
    store.sync_sources(sources(1), lambda: 0.5)
    start = clock()
    for name in ("storm", "election"):
        poll(store, clock(), "s0", [entry("live", f"Live: {name}", words(name), HOME)])
        clock.forward(hours=1)
    before, now = store.article(1), store.article(2)
    assert (before.title, before.text, before.guid) == ("Live: storm", words("storm"), "live")
    assert (before.last_seen, before.first_seen) == (start, start)
    assert (now.title, now.guid, now.first_seen) == ("Live: election", "live", start + timedelta(hours=1))
    poll(store, clock(), "s0", [entry("live", "Live: storm", words("storm"), HOME)])
    assert store.upkeep.stats()["articles"] == 2, "it is found again by its text"
    assert (store.article(1).last_seen, store.article(1).guid) == (clock(), "live")
