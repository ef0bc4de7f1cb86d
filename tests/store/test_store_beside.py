"""Subscriptions at hubs and icons of sites, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

from aggregator.model import FeedInfo, HubSays, Icon, Update
from tests.store.made import NO_TOPICS, RULES, poll, prepared, sources, words

HUB, TOPIC = "https://hub.example/", "https://a.example/feed"


def named(store, clock, source, *, hub=HUB, site="https://a.example/news"):
    """A poll whose feed names a hub, itself and its site."""
    info = FeedInfo("rss20", hub=hub, self_url=TOPIC, site_url=site)
    poll(store, clock(), source, [], info=info)


def tokens():
    """Tokens that can be told apart."""
    numbers = count()
    return lambda: f"token{next(numbers)}"


def says(mode="subscribe", topic=TOPIC, days=8):
    """What a hub asks."""
    return HubSays(mode, topic, "challenge", timedelta(days=days))


def test_a_subscription_lives(store, clock):
    """Asked once, confirmed once, renewed in time; another hub gets another address; an end is asked for."""
    store.sync_sources(sources(2), lambda: 0.5)
    named(store, clock, "s0")
    token = tokens()
    (ask,) = store.hubs.take(9, token, wanted=True)
    assert (ask.source, ask.mode, ask.hub, ask.topic) == ("s0", "subscribe", HUB, TOPIC)
    assert ask.token != ask.secret
    assert store.hubs.take(9, token, wanted=True) == []
    assert store.hubs.subscription(ask.token) is None
    assert not store.hubs.verify("guess", says())
    assert not store.hubs.verify(ask.token, says(topic=TOPIC + "?"))
    assert not store.hubs.verify(ask.token, says("unsubscribe"))
    assert store.hubs.verify(ask.token, says())
    assert not store.hubs.verify(ask.token, says()), "once"
    assert store.hubs.subscription(ask.token).source == "s0"
    assert store.unclaimed("s0").pushed
    clock.forward(days=5)
    assert store.hubs.take(9, token, wanted=True) == []
    clock.forward(days=1.1)
    assert [again.token for again in store.hubs.take(9, token, wanted=True)] == [ask.token]
    assert store.unclaimed("s0").pushed, "while it is renewed"
    clock.forward(days=2)
    assert store.hubs.subscription(ask.token) is None, "the lease ended"
    assert not store.unclaimed("s0").pushed
    assert store.hubs.verify(ask.token, says())
    named(store, clock, "s0", hub="https://other.example/")
    (other,) = store.hubs.take(9, token, wanted=True)
    assert other.token != ask.token
    assert store.hubs.subscription(ask.token) is None
    assert store.hubs.verify(other.token, says())
    store.sync_sources(sources(2)[1:], lambda: 0.5)
    (end,) = store.hubs.take(9, token, wanted=True)
    assert (end.mode, end.token) == ("unsubscribe", other.token)
    assert not store.hubs.verify(other.token, says())
    assert store.hubs.verify(other.token, says("unsubscribe"))
    assert store.hubs.take(9, token, wanted=True) == []


def test_what_nobody_confirms(store, clock):
    """Requests come further and further apart; a denial rests a day; unwanted ones end by themselves."""
    store.sync_sources(sources(1), lambda: 0.5)
    named(store, clock, "s0")
    token, gaps, waited = tokens(), [], 0
    for minute in range(300):
        if store.hubs.take(9, token, wanted=True):
            gaps.append(minute - waited)
            waited = minute
        clock.forward(minutes=1)
    assert gaps == [0, 15, 30, 60, 120]
    clock.forward(hours=8)
    (ask,) = store.hubs.take(9, token, wanted=True)
    assert store.hubs.verify(ask.token, replace(says("denied"), reason="no"))
    clock.forward(hours=23)
    assert store.hubs.take(9, token, wanted=True) == []
    clock.forward(hours=2)
    assert len(store.hubs.take(9, token, wanted=True)) == 1
    clock.forward(days=2)
    assert store.hubs.take(9, token, wanted=False) == []
    assert not store.hubs.verify(ask.token, says())


def test_a_hub_is_relied_on_while_it_pushes(store, clock):
    """Two polls that find what was not pushed end it, a push begins it again."""
    store.sync_sources(sources(1), lambda: 0.5)
    named(store, clock, "s0")
    (ask,) = store.hubs.take(9, tokens(), wanted=True)
    assert store.hubs.verify(ask.token, says())
    for number in range(2):
        assert store.unclaimed("s0").pushed
        one = prepared(f"n{number}", f"News {number}", words(number))
        change = Update("s0", clock(), "fetched", clock(), prepared=(one,), present=frozenset({f"n{number}"}))
        assert store.arrivals.apply(change, rules=RULES, topics=NO_TOPICS).new == 1
    assert not store.unclaimed("s0").pushed
    store.hubs.pushed(ask.token)
    assert store.unclaimed("s0").pushed


def test_what_comes_beside_a_poll_leaves_the_poll_alone(store, clock):
    """Entries that were pushed are placed; schedule, lease, validators and the feed's entries stay."""
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    before = store.sources(sources(1))[0]
    clock.forward(minutes=5)
    change = Update("s0", clock(), "added", clock(), prepared=(prepared("b", "B", words("b")),))
    assert store.arrivals.apply(change, rules=RULES, topics=NO_TOPICS).new == 1
    after = store.sources(sources(1))[0]
    assert (after.next_due, after.last_polled, after.last_success) == (
        before.next_due, before.last_polled, before.last_success,
    )  # fmt: skip
    assert store.known("s0").keys() == {"a", "b"}


def test_icons_are_due_weekly_and_one_a_site(store, clock):
    """Sources of one site share an icon; a failure keeps the one before; a claim is taken once."""
    store.sync_sources(sources(3), lambda: 0.5)
    assert store.icons.take(9) == []
    named(store, clock, "s0")
    named(store, clock, "s1", site="https://a.example/sport")
    named(store, clock, "s2", site="javascript:x")
    assert store.icons.take(9) == [("https://a.example", "https://a.example/news", "s0")]
    assert store.icons.take(9) == []
    picture = Icon("https://a.example/i.png", "image/png", b"\x89PNG")
    store.icons.keep("https://a.example", picture)
    assert store.icons.of("s0") == store.icons.of("s1") == picture
    assert store.icons.of("s2") is store.icons.of("never") is None
    assert store.icons.holders() == {"s0", "s1"}
    clock.forward(days=6.9)
    assert store.icons.take(9) == []
    clock.forward(days=0.2)
    assert len(store.icons.take(9)) == 1
    store.icons.keep("https://a.example", None, "HTTP 503")
    assert store.icons.of("s0") == picture


def test_a_daemon_that_only_serves_knows_the_sources(store, open_store, clock):
    """What hubs push reaches it too: it is told of the sources, and writes none of them down."""
    store.sync_sources(sources(1), lambda: 0.5)
    named(store, clock, "s0")
    other = open_store()
    assert other.unclaimed("s0") is None
    other.refresh(sources(1))
    assert other.unclaimed("s0").source == sources(1)[0]
