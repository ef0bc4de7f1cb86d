"""Rule 12 of conduct: WebSub with a hub that is a process of its own, and our real callbacks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from aggregator.daemon.server import Web, listen
from aggregator.engine import Engine
from aggregator.model import HubAsk
from aggregator.sources.websub import form, links, signed, verification
from aggregator.store import Store
from aggregator.workers import Workers
from tests.conduct_server import START, Answer, World, conditional, free_port, rss, world
from tests.hub import Running, hub


def test_signatures() -> None:
    """Every method of the specification, in any case; nothing else."""
    for method in ("sha1", "sha256", "sha384", "sha512"):
        digest = hmac.new(b"secret", b"body", getattr(hashlib, method)).hexdigest()
        assert signed(f"{method}={digest}", b"body", "secret")
        assert signed(f"{method.upper()}={digest.upper()}", b"body", "secret")
        assert not signed(f"{method}={digest}", b"body!", "secret")
        assert not signed(f"{method}={digest}", b"body", "other")
        assert not signed(f"{method}={digest[:-1]}", b"body", "secret")
    md5 = hmac.new(b"secret", b"body", "md5").hexdigest()
    for header in (None, "", "sha256", "sha256=", f"md5={md5}", "sha256=ü", "new=1"):
        assert not signed(header, b"body", "secret")


def test_links_of_a_header() -> None:
    """Hub and self of a Link header, resolved; what is none is skipped."""
    header = '<https://hub.example/>; rel="hub", </feed?a,b>; title=x; rel="self alternate", <x>; rel=next'
    assert links(header, "https://a.example/f") == {
        "hub": "https://hub.example/", "self": "https://a.example/feed?a,b",
    }  # fmt: skip
    assert links(None, "https://a.example/") == {}
    assert links("<javascript:x>; rel=hub, rel=hub, <<>>; rel", "https://a.example/") == {}


def test_what_hubs_ask() -> None:
    """A question has a mode, a topic and a challenge; leases are believed up to a month."""
    query = {
        "hub.mode": "subscribe",
        "hub.topic": "t",
        "hub.challenge": "c",
        "hub.lease_seconds": "999999999",
    }
    said = verification(query)
    assert said is not None
    assert said.lease == timedelta(days=30)
    assert verification(query | {"hub.mode": "publish"}) is None
    assert verification(query | {"hub.challenge": ""}) is None
    assert verification({"hub.mode": "denied", "hub.topic": "t"}) is not None
    ask = HubAsk("a", "unsubscribe", "h", "t", "token", "secret")
    assert "hub.secret" not in form(ask, "https://me.example/websub/token")


@asynccontextmanager
async def reachable(on: World) -> AsyncIterator[Engine]:
    """A daemon with its web server, where hubs reach it."""
    async with on.daemon() as parts:
        web = Web(parts, listen(parts.settings, "127.0.0.1", on.web["port"]), None)
        serving = asyncio.create_task(web.serve())
        try:
            while not web.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield parts
        finally:
            await parts.subscriber.settle()
            web.should_exit = True
            await serving


Play = Callable[[Callable[[World, Running], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A hub."""
    with hub() as started:
        yield started


@pytest.fixture
def play(tmp_path: Path, workers: Workers, running: Running) -> Play:
    """Run a test with a feed server, a hub, and one feed `/a` that names it."""

    def run(scene: Callable[[World, Running], Awaitable[None]]) -> None:
        async def go() -> None:
            async with world(tmp_path, workers) as on:
                port = free_port()
                on.web = {"port": port, "public_url": f"http://127.0.0.1:{port}", "password": "s3cret"}
                on.add("a", max_body="1MB")
                on.server.answers["/a"] = conditional(feed(on, running, "one"), 'ETag: "1"')
                await scene(on, running)

        running.forget()
        asyncio.run(go())

    return run


def feed(on: World, running: Running, *entries: str) -> bytes:
    """A feed that names the hub and itself."""
    body = rss(
        *entries,
        head=f"<a:link rel='hub' href='{running.url}'/><a:link rel='self' href='{on.server.url('/a')}'/>",
    )
    return body.replace(b"<rss ", b"<rss xmlns:a='http://www.w3.org/2005/Atom' ")


async def told(running: Running, count: int, what: str = "verified") -> list[dict[str, object]]:
    """The hub's log of one kind, when it has so many lines."""
    for _ in range(500):
        found = [one for one in (await asyncio.to_thread(running.told))["log"] if one["what"] == what]
        if len(found) >= count:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"the hub did not come so far: {found}")


async def push(on: World, running: Running, parts: Engine, *entries: str, **about: str) -> list[int]:
    """Let the hub push a feed with these entries, and wait until it is placed."""
    body = feed(on, running, *entries)
    answers = await asyncio.to_thread(lambda: running.push(on.server.url("/a"), body, **about))
    await parts.subscriber.settle()
    return answers


def articles(store: Store) -> int:
    """How many articles there are."""
    return int(store.upkeep.stats()["articles"])


def test_a_hub_is_asked_verified_and_believed(play: Play) -> None:
    """Subscribed once, also across restarts; what is pushed is placed; polls go on, more seldom; leases are
    renewed in time; a removed source is unsubscribed."""

    async def scene(on: World, running: Running) -> None:
        async with reachable(on) as parts:
            await on.poll(parts)
            await parts.subscriber.tick()
            assert (await told(running, 1))[0]["agreed"] is True
            assert await push(on, running, parts, "two", "one") == [202]
            assert articles(parts.store) == 2
            for method in ("sha1", "sha384", "sha512"):
                await push(on, running, parts, method, method=method)
            assert articles(parts.store) == 5
            due = parts.store.unclaimed("a")
            assert due is not None
            assert (due.etag, due.pushed) == ('"1"', True), "a push is no poll: its validator stays"
        for minute in (20, 25, 30):
            async with on.daemon() as parts:
                await on.at(parts, minute)
                await parts.subscriber.tick()
        asked = await told(running, 1, "asked")
        assert len(asked) == 1, "restarts ask no hub again"
        async with reachable(on) as parts:
            await on.at(parts, 40)  # planned before the hub had answered
            assert len(on.server.asked("/a")) == 2
            await on.at(parts, 150)
            assert len(on.server.asked("/a")) == 2, "four times as seldom while a hub pushes"
            await on.at(parts, 180)
            assert len(on.server.asked("/a")) == 3, "and never not at all"
            on.clock.now = START + timedelta(days=7, hours=11)
            await parts.subscriber.tick()
            assert len(await told(running, 1, "asked")) == 1
            on.clock.now = START + timedelta(days=7, hours=13)
            await parts.subscriber.tick()
            assert len(await told(running, 2)) == 2, "renewed after three quarters of ten days"
            on.clock.now = START + timedelta(days=12)
            await push(on, running, parts, "late")
            assert articles(parts.store) == 6
            on.sources.clear()
            await parts.configure(on.settings())
            await parts.subscriber.tick()
            assert (await told(running, 3))[2] == {"what": "verified", "mode": "unsubscribe", "agreed": True}
            assert (await asyncio.to_thread(running.told))["callbacks"] == []

    play(scene)


def test_strangers_get_no_yes_and_no_article(play: Play) -> None:
    """A question that we did not ask gets no challenge back; an unsigned, wrongly signed or foreign push is
    nobody's; the callback needs no password, everything else does; what is no feed changes nothing."""

    async def scene(on: World, running: Running) -> None:
        async with reachable(on) as parts:
            await on.poll(parts)
            await parts.subscriber.tick()
            await told(running, 1)
            (callback,) = (await asyncio.to_thread(running.told))["callbacks"]
            topic = on.server.url("/a")
            async with aiohttp.ClientSession() as session:

                async def asks(address: str, **query: str) -> int:
                    asked = {f"hub.{name}": value for name, value in query.items()}
                    async with session.get(address, params=asked) as answer:
                        return answer.status

                for mode in ("subscribe", "unsubscribe"):
                    assert await asks(callback, mode=mode, topic=topic, challenge="x") == 404, (
                        "not asked, or again"
                    )
                assert await asks(callback, mode="subscribe", topic=topic + "x", challenge="x") == 404
                assert await asks(callback + "x", mode="subscribe", topic=topic, challenge="x") == 404
                assert await asks(callback) == 404
                assert await asks(callback.partition("/websub/")[0] + "/sources") == 401
                async with session.post(callback + "x", data=b"<rss/>") as answer:
                    assert answer.status == 404
            assert await push(on, running, parts, "bad", secret="guessed") == [202]
            assert await push(on, running, parts, "bad", unsigned="1") == [202]
            assert articles(parts.store) == 1
            page = lambda: running.push(topic, b"<html>no feed</html>")  # noqa: E731
            assert await asyncio.to_thread(page) == [202]
            await parts.subscriber.settle()
            assert articles(parts.store) == 1
            big = b"<rss>" + b" " * 1_000_000
            assert await asyncio.to_thread(lambda: running.push(topic, big)) == [413]

    play(scene)


def test_a_hub_that_pushes_nothing_is_not_relied_on(play: Play) -> None:
    """Two polls that find what was not pushed end the slower polling; a push begins it again."""

    async def scene(on: World, running: Running) -> None:
        async with reachable(on) as parts:
            await on.poll(parts)
            await parts.subscriber.tick()
            await told(running, 1)
            on.server.answers["/a"] = lambda seen: Answer(feed(on, running, str(seen.at)))
            await on.at(parts, 40, 180)
            due = parts.store.unclaimed("a")
            assert due is not None
            assert not due.pushed
            await on.at(parts, 340)
            before = len(on.server.asked("/a"))
            await on.at(parts, 375, 410)
            assert len(on.server.asked("/a")) == before + 2
            await push(on, running, parts, "pushed")
            due = parts.store.unclaimed("a")
            assert due is not None
            assert due.pushed

    play(scene)


def test_a_hub_that_is_away_or_denies(play: Play) -> None:
    """A hub that does not answer is asked more and more seldom; polls go on as if there were none."""

    async def scene(on: World, running: Running) -> None:
        on.server.answers["/hub"] = Answer(status="503 Service Unavailable")
        away = Running(on.server.url(""))
        on.server.answers["/a"] = conditional(feed(on, away, "one"), 'ETag: "1"')
        for begin in range(0, 600, 100):
            async with on.daemon() as parts:
                for minute in range(begin, begin + 100, 10):
                    await on.at(parts, minute)
                    await parts.subscriber.tick()
        assert on.server.times("/hub") == [0, 20, 50, 110, 230, 470]
        assert len(on.server.asked("/a")) >= 14

    play(scene)


def test_without_a_public_address_no_hub_is_asked(play: Play) -> None:
    """Nobody could reach us: there is nothing to ask for, and no callback."""

    async def scene(on: World, running: Running) -> None:
        on.web = {"port": on.web["port"]}
        async with reachable(on) as parts:
            await on.poll(parts)
            await parts.subscriber.tick()
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{on.web['port']}/websub/x?hub.mode=subscribe") as answer,
            ):
                assert answer.status == 404
        assert (await asyncio.to_thread(running.told))["log"] == []

    play(scene)
