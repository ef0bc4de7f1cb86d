"""Claims: who polls what and when, over any number of daemons; sources as the configuration has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from made import LEASE, poll, prepared, sources, words

from aggregator.model import FeedInfo, Hints, Learnt, Source
from aggregator.store.sources import AT_ONCE, MAX_SPREAD, first_polls


def claim(store, owner="me", limit=100, per_host=2, **more):
    """The ids of what is claimed."""
    due = store.claim(limit, owner=owner, lease=LEASE, per_host=per_host, **more)
    return [each.source.id for each in due]


def one_host(count: int) -> list[Source]:
    """Sources that are all served by one host."""
    return [replace(each, url=f"https://one.example/{each.id}") for each in sources(count)]


def test_a_claim_is_a_lease(open_store, clock):
    """What one daemon claims no other gets, until the lease ends; then it is taken over."""
    mine, theirs = open_store(), open_store()
    for store in (mine, theirs):
        store.sync_sources(sources(3), lambda: 0.5)
    assert claim(mine, limit=2) == ["s0", "s1"]
    assert claim(theirs, "them") == ["s2"]
    clock.forward(minutes=4, seconds=59)
    assert claim(theirs, "them") == []
    clock.forward(seconds=1)
    assert sorted(claim(theirs, "them")) == ["s0", "s1", "s2"]


def test_a_poll_ends_the_lease(store, clock):
    """After an update the source is due when the update says, and free."""
    store.sync_sources(sources(1), lambda: 0.5)
    assert claim(store) == ["s0"]
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))], next_due=clock() + timedelta(minutes=20))
    clock.forward(minutes=19)
    assert claim(store) == []
    assert claim(store, ignore_schedule=True, only=["s0"]) == ["s0"]
    clock.forward(minutes=6)
    assert claim(store) == ["s0"]


def test_per_host_limit_over_all_daemons(open_store, clock):
    """At most two of a host are under way, whoever polls them."""
    mine, theirs = open_store(), open_store()
    for store in (mine, theirs):
        store.sync_sources(one_host(5), lambda: 0.5)
    assert claim(mine, limit=1) == ["s0"]
    assert claim(theirs, "them") == ["s1"]
    assert claim(mine) == []
    poll(mine, clock(), "s0", [])
    assert claim(mine) == ["s2"]


def test_a_crowded_host_does_not_hold_up_the_others(store):
    """Forty due sources of one host do not hide the one of another that is due after them."""
    crowded = [replace(each, id=f"c{each.id}") for each in one_host(40)]
    store.sync_sources([*crowded, *sources(1)], lambda: 0.5)
    found = claim(store, limit=3)
    assert "s0" in found
    assert len(found) == 3


def test_daemons_that_ask_at_once(open_store, clock):
    """Four daemons claim at the same time: every source once, and no host beyond its limit."""
    stores = [open_store() for _ in range(4)]
    many = [replace(each, url=f"https://h{n % 12}.example/{n}") for n, each in enumerate(sources(60))]
    for store in stores:
        store.sync_sources(many, lambda: 0.5)
    with ThreadPoolExecutor(4) as pool:
        rounds = [list(pool.map(lambda n: claim(stores[n], f"d{n}", limit=6), range(4))) for _ in range(12)]
    taken = [source for found in rounds for each in found for source in each]
    assert len(taken) == len(set(taken))
    hosts = [int(source[1:]) % 12 for source in taken]
    assert max(hosts.count(host) for host in range(12)) <= 2
    assert len(taken) == 24


def test_the_servers_limit_holds_against_everyone(store, clock):
    """``ignore_schedule`` asks before our own schedule, never before the server's."""
    store.sync_sources(sources(2), lambda: 0.5)
    claim(store)
    later = clock() + timedelta(hours=1)
    poll(store, clock(), "s0", [], next_due=later, not_before=clock() + timedelta(minutes=40))
    poll(store, clock(), "s1", [], next_due=later)
    assert claim(store, ignore_schedule=True) == ["s1"]
    clock.forward(minutes=40)
    assert "s0" in claim(store, ignore_schedule=True)


def test_what_a_poll_leaves_comes_back_with_the_next_claim(store, clock):
    """Validators exactly as served, hints, redirects seen, failures, learnt boilerplate."""
    store.sync_sources(sources(1), lambda: 0.5)
    hints = Hints(timedelta(minutes=90), frozenset({0, 1}), frozenset({6}))
    learnt = (Learnt(5, 6, "Subscribe"), Learnt(-7, 5))
    for guid, found in (("a", learnt), ("b", learnt[::-1])):
        poll(store, clock(), "s0", [prepared(guid, "T", words(guid))], learnt=found)
    poll(
        store,
        clock(),
        "s0",
        [],
        etag='W/"ü, \\"x"',
        last_modified="yesterday, roughly",
        info=FeedInfo("atom10", hints=hints, hub="https://hub.example/"),
        moved_to="https://new.example/",
        moved_seen=2,
    )
    clock.forward(hours=1)
    due = store.claim(1, owner="me", lease=LEASE, per_host=1)[0]
    assert (due.etag, due.last_modified) == ('W/"ü, \\"x"', "yesterday, roughly")
    assert (due.hints, due.moved_to, due.moved_seen) == (hints, "https://new.example/", 2)
    assert (due.boilerplate, due.boilerplate_version) == (frozenset({5, -7}), 1)
    poll(store, clock(), "s0", [], url="https://new.example/feed", etag=None, last_modified=None)
    clock.forward(hours=1)
    due = store.claim(1, owner="me", lease=LEASE, per_host=1)[0]
    assert (due.url, due.etag, due.moved_to) == ("https://new.example/feed", None, None)


def test_known_is_what_the_feed_has(store, clock):
    """The guids of the feed as last stored, with the hash of their bytes."""
    store.sync_sources(sources(2), lambda: 0.5)
    one, two = prepared("one", "One", words(1)), prepared("two", "Two", words(2))
    poll(store, clock(), "s0", [one, two])
    assert store.known("s0") == {"one": one.entry.raw_sha256, "two": two.entry.raw_sha256}
    assert store.known("s1") == store.known("never") == {}
    poll(store, clock(), "s0", [], also=["two"])
    assert store.known("s0").keys() == {"two"}
    assert poll(store, clock(), "s0", [one], also=["two"]).new == 0, "it came back"
    assert store.known("s0").keys() == {"one", "two"}


def test_sources_follow_the_configuration(store, clock):
    """A changed address drops the validators; what is removed keeps its articles; paused is not polled."""
    first = sources(3)
    store.sync_sources(first, lambda: 0.5)
    claim(store)
    for source in first:
        poll(store, clock(), source.id, [prepared("a", f"News of {source.id}", words(source.id))])
    moved = replace(first[0], url="https://elsewhere.example/feed", title="Renamed")
    paused = replace(first[1], paused=True)
    store.sync_sources([moved, paused], lambda: 0.5)
    due = store.claim(9, owner="me", lease=LEASE, per_host=1)
    assert [(each.source, each.url, each.etag, each.body_sha256) for each in due] == [
        (moved, moved.url, None, None)
    ]
    states = {view.source.id: view.state for view in store.sources([moved, paused])}
    assert states == {"s0": "ok", "s1": "paused", "s2": "removed"}
    assert store.upkeep.stats()["articles"] == 3
    assert store.article(1).source_title == "Renamed"
    clock.forward(hours=1)
    assert claim(store, ignore_schedule=True) == ["s0"]
    store.sync_sources(first, lambda: 0.5)
    clock.forward(minutes=6)
    assert sorted(claim(store)) == ["s0", "s1", "s2"]


def test_a_poll_of_the_old_address_leaves_no_validators(store, clock):
    """An address that changes while it is polled: the answer's entries count, its validators do not."""
    store.sync_sources(sources(1), lambda: 0.5)
    claim(store)
    moved = replace(sources(1)[0], url="https://elsewhere.example/feed")
    store.sync_sources([moved], lambda: 0.5)
    assert poll(store, clock(), "s0", [prepared("a", "A", words("a"))]).new == 1
    due = store.claim(1, owner="me", lease=LEASE, per_host=1)[0]
    assert (due.url, due.etag, due.last_modified, due.body_sha256) == (moved.url, None, None, None)


def test_first_polls_of_many_are_spread():
    """A few new sources are due at once; a hundred thousand within a quarter of an hour."""
    assert set(first_polls(AT_ONCE, lambda: 0.7)) == {timedelta(0)}
    assert max(first_polls(1000, lambda: 1.0)) == timedelta(seconds=10)
    assert max(first_polls(100_000, lambda: 1.0)) == MAX_SPREAD


def test_a_daemon_that_stops_gives_its_claims_back(store, clock):
    """What was claimed and not polled is free at once, and due when the claim said: not one request more."""
    store.sync_sources(sources(2), lambda: 0.5)
    claim(store)
    assert store.daemons.release("me") == 2
    assert claim(store) == []
    assert claim(store, ignore_schedule=True) == ["s0", "s1"]
    store.daemons.release("me")
    clock.forward(minutes=10)
    assert claim(store) == ["s0", "s1"]


def test_health_counts_copies_and_who_was_first(store, clock):
    """The sources page: articles, copies, and stories that a source carried before others did."""
    store.sync_sources(sources(2), lambda: 0.5)
    text = words("wire")
    early, late = words("early"), words("late")
    poll(store, clock(), "s1", [prepared("d", "Early", early)])
    clock.forward(minutes=5)
    poll(store, clock(), "s0", [prepared("a", "Wire", text), prepared("b", "Own", words("own"))])
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [], present=frozenset({"d"}))  # seen without the wire, after s0 had it
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("c", "Wire again", text), prepared("e", "Late", late)])
    clock.forward(minutes=5)
    poll(store, clock(), "s0", [prepared("f", "Early too", early), prepared("g", "Late too", late)])
    views = {view.source.id: view for view in store.sources(sources(2))}
    found = [(view.articles, view.copies, view.shared, view.first) for view in views.values()]
    assert found == [(4, 2, 3, 1), (3, 1, 3, 1)]  # "late" may have been anyone's
    assert views["s0"].site_url == "https://s0.example/"
    assert views["s0"].format == "rss20"
