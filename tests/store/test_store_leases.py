"""Several daemons on one store: leases, hosts that ask for rest, the inbox, one configuration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import NO_TOPICS, RULES, poll, prepared, sources, update, words

from aggregator.errors import StoreError
from aggregator.model import FeedInfo, Hints, Source, Update
from aggregator.store import Store
from aggregator.store.claiming import retry_after
from aggregator.store.daemons import Daemon
from aggregator.store.inbox import ATTEMPTS, packed, unpacked

LEASE = timedelta(seconds=60)
HALF = lambda: 0.5  # noqa: E731


def claim(store, owner="me", limit=100, per_host=2, **more):
    """The ids of what is claimed."""
    due = store.claim(limit, owner=owner, lease=LEASE, per_host=per_host, **more)
    return [each.source.id for each in due]


def daemon(owner: str, clock, roles=("poll", "place")) -> Daemon:
    """A daemon that has just been started."""
    return Daemon(owner, frozenset(roles), clock(), clock())


def one_host(count: int) -> list[Source]:
    """Sources that are all served by one host."""
    return [replace(each, url=f"https://one.example/{each.id}") for each in sources(count)]


def test_a_lease_that_is_renewed_does_not_end(open_store, clock):
    """A daemon that lives keeps what it polls; one that is silent for a lease loses it to another."""
    mine, theirs = open_store(), open_store()
    for store in (mine, theirs):
        store.sync_sources(sources(2), HALF)
    assert claim(mine) == ["s0", "s1"]
    for _ in range(4):
        clock.forward(seconds=50)
        assert mine.daemons.beat(daemon("me", clock), LEASE, ["s0", "s1"]) == 2
        assert claim(theirs, "them") == []
    clock.forward(seconds=59)
    assert mine.daemons.beat(daemon("me", clock), LEASE, ["s1"]) == 1, (
        "the other's result could not be stored"
    )
    clock.forward(seconds=1)
    assert claim(theirs, "them") == ["s0"]
    clock.forward(seconds=59)
    assert claim(theirs, "them") == ["s1"]
    assert mine.daemons.beat(daemon("me", clock), LEASE, ["s0", "s1"]) == 0


def test_a_result_counts_only_while_its_claim_does(open_store, clock):
    """A daemon that slept through its lease does not write over what another has stored since."""
    mine, theirs = open_store(), open_store()
    for store in (mine, theirs):
        store.sync_sources(sources(1), HALF)
    claim(mine)
    clock.forward(seconds=61)
    assert claim(theirs, "them") == ["s0"]
    new = [prepared("a", "A", words("a")), prepared("b", "B", words("b"))]
    late = update(clock(), "s0", new[:1], owner="me")
    assert mine.arrivals.apply(late, rules=RULES, topics=NO_TOPICS).status == "skipped"
    assert poll(theirs, clock(), "s0", new, owner="them").new == 2
    assert mine.arrivals.apply(late, rules=RULES, topics=NO_TOPICS).status == "skipped"
    assert mine.known("s0").keys() == {"a", "b"}


def test_losses_in_a_row_are_tried_ever_later(store, clock):
    """A source that kills whoever polls it is asked ever more rarely; a result ends that."""
    store.sync_sources(sources(1), HALF)
    waits = []
    for _ in range(8):
        assert claim(store) == ["s0"]
        store.daemons.release("me")
        for minutes in range(1, 61):
            clock.forward(minutes=1)
            if claim(store, "probe", limit=0, per_host=1) or store.sources(sources(1))[0].next_due <= clock():
                waits.append(minutes)
                break
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    claim(store)
    poll(store, clock(), "s0", [], next_due=clock())
    assert claim(store) == ["s0"]
    clock.forward(seconds=60)
    assert claim(store) == ["s0"]


@given(st.integers(0, 10**6), st.integers(1, 300), st.integers(1, 90), st.integers(1, 90))
def test_a_lost_claim_waits_at_least_its_lease_or_the_minimum(lost, lease, minimum, interval):
    """Never sooner than the lesser of the two; never later than the interval, unless they are later."""
    source = Source(
        "s", "https://h.example/", "S",
        interval=timedelta(minutes=interval), min_interval=timedelta(minutes=minimum),
    )  # fmt: skip
    first = min(timedelta(seconds=lease), source.min_interval)
    found = retry_after(lost, timedelta(seconds=lease), source)
    assert first <= found <= max(first, source.interval)


def test_a_gap_between_two_requests_to_a_host(open_store, clock):
    """With a gap a host is asked one thing at a time, by whichever daemon, and rests before the next."""
    mine, theirs = open_store(), open_store()
    for store in (mine, theirs):
        store.sync_sources([*one_host(3), replace(sources(4)[3], id="other")], HALF)
    gap = timedelta(seconds=5)
    assert sorted(claim(mine, gap=gap)) == ["other", "s0"]
    assert claim(theirs, "them", gap=gap) == []
    clock.forward(seconds=4.9)
    assert claim(theirs, "them", gap=gap) == []
    clock.forward(seconds=0.1)
    assert claim(theirs, "them", gap=gap) == ["s1"]
    clock.forward(seconds=5)
    assert claim(mine, gap=gap) == [], "two are under way, which is the limit"
    poll(mine, clock(), "s0", [], owner="me")
    assert claim(mine, gap=gap) == ["s2"]


def test_full_hosts_do_not_hide_the_others(open_store, clock):
    """Many hosts at their limit, all with overdue sources, do not keep a free place from the rest."""
    mine, theirs = open_store(), open_store()
    crowd = [replace(each, url=f"https://h{n // 2}.example/{n}") for n, each in enumerate(sources(300))]
    late = replace(sources(301)[300], url="https://late.example/")
    for store in (mine, theirs):
        store.sync_sources(crowd, HALF)
    clock.forward(minutes=1)
    for store in (mine, theirs):
        store.sync_sources([*crowd, late], HALF)
    clock.forward(minutes=1)
    assert len(claim(mine, limit=200, per_host=1)) == 150 + 1
    mine.daemons.release("me")
    clock.forward(minutes=2)
    assert len(claim(mine, limit=150, per_host=1)) == 150
    assert claim(theirs, "them", limit=1, per_host=1) == ["s300"]


@pytest.mark.parametrize("second", ["s0", "s1"])
def test_a_host_that_asks_for_rest_twice_rests(store, clock, second):
    """Retry-After holds for the feed that was told; told to another of the host's meanwhile, for the host."""
    store.sync_sources(one_host(3), HALF)
    for source, minutes in (("s0", 10), (second, 20)):
        claim(store)
        until = clock() + timedelta(minutes=minutes)
        poll(
            store, clock(), source, [], status="failed", present=None, info=None, http_status=429,
            next_due=until, not_before=until,
        )  # fmt: skip
        store.daemons.release("me")
        clock.forward(seconds=1)
    free = claim(store, ignore_schedule=True)
    store.daemons.release("me")
    if second == "s0":
        assert free == ["s1", "s2"]
    else:
        assert free == []
        clock.forward(minutes=10)
        assert sorted(claim(store, ignore_schedule=True)) == ["s0", "s2"]


def test_a_person_asks_for_a_source(store, clock):
    """A source is made due for whoever polls; its server's limit holds."""
    store.sync_sources(sources(2), HALF)
    claim(store)
    later = clock() + timedelta(hours=1)
    poll(store, clock(), "s0", [], next_due=later)
    poll(store, clock(), "s1", [], next_due=later, not_before=later)
    assert [store.want(name) for name in ("s0", "s1", "never")] == [True, False, False]
    assert claim(store) == ["s0"]


def test_daemons_say_that_they_live(open_store, clock):
    """Each is listed with what it does; the dead are known by their silence, and forgotten after a day."""
    mine, theirs = open_store(), open_store()
    mine.daemons.beat(daemon("a", clock, ["poll"]), LEASE, [])
    clock.forward(seconds=1)
    theirs.daemons.beat(replace(daemon("b", clock, ["web", "place"]), polls=3, version=2), LEASE, [])
    clock.forward(seconds=60)
    found = mine.daemons.listed()
    assert [(each.owner, sorted(each.roles), each.polls, each.version) for each in found] == [
        ("a", ["poll"], 0, 0),
        ("b", ["place", "web"], 3, 2),
    ]
    assert [each.until > clock() for each in found] == [False, False]
    mine.daemons.release("b")
    mine.daemons.release_dead(lambda owner: owner == "c")
    assert [each.owner for each in mine.daemons.listed()] == ["a"]
    clock.forward(days=2)
    mine.daemons.release_dead(lambda _: False)
    assert mine.daemons.listed() == []


# ----------------------------------------------------------------------------- the inbox


def rich_update(clock) -> Update:
    """An update with something in every kind of field."""
    entry = prepared("ü\n", "Titel", words(1), published=clock(), url="https://h0.example/1")
    info = FeedInfo("atom10", hints=Hints(timedelta(minutes=90), frozenset({0, 1}), frozenset({6})))
    return update(clock(), "s0", [entry], info=info, owner="me", not_before=clock(), elapsed=0.25)


def test_an_update_is_the_same_after_the_inbox(clock):
    """Every field, to the microsecond and the byte."""
    change = rich_update(clock)
    assert unpacked(packed(change)) == change
    broken = replace(change, error="half \ud800 a pair")
    assert unpacked(packed(broken)).error == "half ? a pair"
    with pytest.raises(ValueError, match="not a packed update"):
        unpacked(b"nonsense")


st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=25, deadline=None)
@given(st.from_type(Update))
def test_any_update_is_the_same_after_the_inbox(change):
    """Whatever fields an update has or is given later, they come through."""
    assert unpacked(packed(change)) == change


def test_what_one_daemon_fetched_another_places(open_store, clock):
    """The source is not polled meanwhile, its host is free, and its validators come with its articles."""
    poller, placer = open_store(), open_store()
    for store in (poller, placer):
        store.sync_sources(one_host(2), HALF)
    assert claim(poller, "p", per_host=1) == ["s0"]
    change = update(clock(), "s0", [prepared("a", "A", words("a"))], owner="p")
    assert poller.arrivals.hand_over(change).status == "fetched"
    assert (poller.arrivals.waiting(), poller.known("s0")) == (1, {})
    assert claim(poller, "p", per_host=1, ignore_schedule=True) == ["s1"]
    clock.forward(minutes=20)
    assert "s0" not in claim(poller, "q", ignore_schedule=True)
    applied = placer.arrivals.place_next(rules=RULES, topics=NO_TOPICS)
    assert (applied.source, applied.new, placer.arrivals.waiting()) == ("s0", 1, 0)
    assert placer.arrivals.place_next(rules=RULES, topics=NO_TOPICS) is None
    clock.forward(minutes=10)
    (due,) = poller.claim(1, owner="p", lease=LEASE, per_host=9, only=["s0"])
    assert due.etag == '"1"'


def test_an_address_that_changes_while_an_update_waits(store, clock):
    """The articles count; the validators, which are of the old address, do not."""
    store.sync_sources(sources(1), HALF)
    claim(store)
    store.arrivals.hand_over(update(clock(), "s0", [prepared("a", "A", words("a"))], owner="me"))
    store.sync_sources([replace(sources(1)[0], url="https://elsewhere.example/")], HALF)
    assert store.arrivals.place_next(rules=RULES, topics=NO_TOPICS).new == 1
    (due,) = store.claim(1, owner="me", lease=LEASE, per_host=1)
    assert (due.url, due.etag) == ("https://elsewhere.example/", None)


def test_several_place_at_once(open_store, clock):
    """Three placers at one inbox: each update once, and the copies of one text in one story."""
    stores = [open_store() for _ in range(3)]
    for store in stores:
        store.sync_sources(sources(24), HALF)
    claim(stores[0])
    for n in range(24):
        entries = [prepared(f"{n}", f"Report {n}", words(n % 6))]
        stores[0].arrivals.hand_over(update(clock(), f"s{n}", entries, owner="me"))

    def work(store: Store) -> list[str]:
        done = []
        while applied := store.arrivals.place_next(rules=RULES, topics=NO_TOPICS):
            done.append(applied.source)
        return done

    with ThreadPoolExecutor(3) as pool:
        done = [source for each in pool.map(work, stores) for source in each]
    assert sorted(done) == sorted(f"s{n}" for n in range(24))
    assert (stores[0].upkeep.stats()["articles"], stores[0].upkeep.stats()["stories"]) == (24, 6)
    assert stores[0].upkeep.integrity() == []


def test_an_update_that_cannot_be_placed_is_given_up(store, clock, monkeypatch):
    """It holds up nobody, is tried three times, and its source is then polled anew."""
    store.sync_sources(sources(2), HALF)
    claim(store)
    for name in ("s0", "s1"):
        store.arrivals.hand_over(update(clock(), name, [prepared("a", f"A {name}", words(name))], owner="me"))

    class Broken:
        def match(self, title, *rest, **more):
            if title == "A s0":
                raise ZeroDivisionError("a defect")
            return ()

    with pytest.raises(ZeroDivisionError):
        store.arrivals.place_next(rules=RULES, topics=Broken())
    assert store.arrivals.place_next(rules=RULES, topics=Broken()).source == "s1"
    for left in (1, 0):
        assert store.arrivals.waiting() == 1
        with pytest.raises(ZeroDivisionError):
            store.arrivals.place_next(rules=RULES, topics=Broken())
        assert store.arrivals.waiting() == left
    assert ATTEMPTS == 3
    (due,) = store.claim(9, owner="me", lease=LEASE, per_host=1)
    assert (due.source.id, due.etag) == ("s0", None)


# ----------------------------------------------------------------------------- one configuration


def test_the_last_changed_file_says_what_holds(open_store, clock):
    """Equal files are one version; a daemon that comes back with its old file changes nothing."""
    mine, theirs = open_store(), open_store()
    assert (mine.daemons.configured_version(), mine.daemons.configuration()) == (0, None)
    assert mine.daemons.offer("a:/x", "d1", "one").version == 1
    assert theirs.daemons.offer("b:/x", "d1", "one").version == 1
    assert theirs.daemons.offer("b:/x", "d2", "two").version == 2
    again = mine.daemons.offer("a:/x", "d1", "one")
    assert (again.version, again.content, again.origin) == (2, "two", "b:/x")
    assert mine.daemons.offer("a:/x", "d3", "three").version == 3
    assert theirs.daemons.configuration().content == "three"
    assert theirs.daemons.configured_version() == 3


def test_daemons_that_start_at_once(empty_url, clock):
    """Four of them open one empty database at the same time: one makes it, all agree on what it is."""

    def start(number: int) -> tuple[str, int, float]:
        store = Store.open(empty_url, now=clock)
        try:
            store.sync_sources(sources(5), HALF)
            version = store.daemons.offer(f"host {number}", "same", "files").version
            return store.instance, version, (store.daemons.time() - clock()).total_seconds()
        finally:
            store.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(start, range(4)))
    assert len({(instance, version) for instance, version, _ in found}) == 1
    assert found[0][1] == 1
    assert all((apart == 0) == empty_url.startswith("sqlite") for _, _, apart in found), (
        "the server has its own time"
    )


def test_one_daemon_on_sqlite_any_number_on_postgresql(open_store):
    """A second one on one SQLite file is refused in one line, until the first has ended."""
    mine, theirs = open_store(), open_store()
    mine.daemons.become()
    mine.daemons.become()
    if mine.shared:
        theirs.daemons.become()
        return
    with pytest.raises(StoreError, match=r"another daemon \(process \d+\) works on it") as error:
        theirs.daemons.become()
    assert "\n" not in str(error.value)
    mine.close()
    theirs.daemons.become()
