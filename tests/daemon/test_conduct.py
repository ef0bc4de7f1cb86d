"""What a feed server sees of us: a test for each rule of conduct, by a server that writes down every request.

The server and the daemon's parts are real; only the clock is the test's. The numbers are those of the list of
rules that the project keeps: one test each, across restarts where state could be lost.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from aggregator.engine import Engine
from aggregator.workers import Workers
from tests.conduct_server import START, Answer, Seen, World, conditional, rss, world

Play = Callable[[Callable[[World], Awaitable[None]]], None]
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@pytest.fixture
def play(tmp_path: Path, workers: Workers) -> Play:
    """Run a test within a world of its own."""

    def run(scene: Callable[[World], Awaitable[None]]) -> None:
        async def go() -> None:
            async with world(tmp_path, workers, HOSTS) as made:
                await scene(made)

        asyncio.run(go())

    return run


def articles(parts: Engine) -> int:
    """How many articles there are."""
    return int(parts.store.upkeep.stats()["articles"])


def test_1_the_first_fetch_is_one_plain_get(play: Play) -> None:
    """Exactly one GET, without conditions; no HEAD, no probe, no robots.txt, no icon."""

    async def scene(on: World) -> None:
        on.add("a")
        on.server.answers["/a"] = Answer(rss("one"), headers=['ETag: "1"'])
        async with on.daemon() as parts:
            await on.poll(parts)
            assert articles(parts) == 1
        assert [(seen.method, seen.path) for seen in on.server.log] == [("GET", "/a")]
        assert not {"if-none-match", "if-modified-since", "range"} & on.server.log[0].headers.keys()

    play(scene)


def test_2_validators_come_back_byte_for_byte(play: Play) -> None:
    """Each as it was served, however odd; both when both were, one when one was; also after a restart."""
    odd = ['"abc"', 'W/"abc"', "unquoted", '"abc-gzip"', '"' + "x" * 8_000 + '"', '"é"', 'a"b, "c"']
    dates = ["Thu, 9 Aug 2018 12:00:00 +0000", "yesterday"]

    async def scene(on: World) -> None:
        for number, tag in enumerate(odd):
            on.add(f"tag{number}")
            on.server.answers[f"/tag{number}"] = conditional(rss("one"), f"ETag: {tag}")
        for number, date in enumerate(dates):
            on.add(f"date{number}")
            on.server.answers[f"/date{number}"] = conditional(rss("one"), f"Last-Modified: {date}")
        on.add("both")
        both = conditional(rss("one"), f"ETag: {odd[0]}", f"Last-Modified: {dates[0]}")
        on.server.answers["/both"] = both
        async with on.daemon() as parts:
            await on.poll(parts)
        async with on.daemon() as parts:
            await on.at(parts, 40)
        for number, tag in enumerate(odd):
            again = on.server.asked(f"/tag{number}")[1]
            assert f"\r\nIf-None-Match: {tag}\r\n".encode() in again.raw
            assert "if-modified-since" not in again.headers
        for number, date in enumerate(dates):
            again = on.server.asked(f"/date{number}")[1]
            assert f"\r\nIf-Modified-Since: {date}\r\n".encode() in again.raw
            assert "if-none-match" not in again.headers
        again = on.server.asked("/both")[1].headers
        assert (again["if-none-match"], again["if-modified-since"]) == (odd[0], dates[0])

    play(scene)


def test_3_validators_are_forgotten_and_renewed(play: Play) -> None:
    """A 200 without one forgets it; a 304 with a new one has it; a moved feed starts without; a body that is
    no feed gives none; and a restart changes none of it."""
    said = {
        "/forgets": [
            Answer(rss("a"), headers=['ETag: "1"']), Answer(rss("b")), Answer(rss("c")), Answer(rss("d")),
        ],
        "/renews": [
            Answer(rss("a"), headers=['ETag: "1"']),
            Answer(status="304 Not Modified", headers=['ETag: "2"']),
            Answer(status="304 Not Modified"), Answer(status="304 Not Modified"),
        ],
        "/broken": [
            Answer(rss("a"), headers=['ETag: "1"']), Answer(b"<html><p>x", headers=['ETag: "2"']),
            Answer(status="304 Not Modified"), Answer(status="304 Not Modified"),
        ],
    }  # fmt: skip

    async def scene(on: World) -> None:
        for path, answers in said.items():
            on.add(path[1:])
            on.server.answers[path] = lambda seen, answers=answers: answers[
                len(on.server.asked(seen.path)) - 1
            ]
        on.add("moves")
        on.server.answers["/moves"] = Answer(status="301 Moved", headers=["Location: /there"])
        on.server.answers["/there"] = conditional(rss("a"), 'ETag: "there"')
        for minute in (0, 100, 200, 300):
            async with on.daemon() as parts:
                await on.at(parts, minute)
        sent = {
            path: [seen.headers.get("if-none-match") for seen in on.server.asked(path)]
            for path in [*said, "/there"]
        }
        assert sent["/forgets"] == [None, '"1"', None, None]
        assert sent["/renews"] == [None, '"1"', '"2"', '"2"']
        assert sent["/broken"] == [None, '"1"', '"1"', '"1"']
        assert sent["/there"] == [None, '"there"', '"there"', None], "the new address begins anew"

    play(scene)


def test_4_the_next_poll_is_what_all_ask_for(play: Play) -> None:
    """The longest of our minimum, max-age, Expires, ttl and update period counts, at most a day; garbage does
    not; a 304 counts too; skipHours and skipDays are kept, unless they leave nothing."""
    hours = {"max-age": 2, "expires": 3, "ttl": 4, "period": 6}
    noon_to_six, every_hour = (
        "".join(f"<hour>{hour}</hour>" for hour in hours) for hours in (range(12, 18), range(24))
    )
    sy = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
    period = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    plain = rss("x")
    said = {
        "max-age": Answer(plain, headers=["Cache-Control: public, max-age=7200"]),
        "expires": lambda seen: Answer(
            rss(str(seen.at)), headers=[f"Expires: {date(seen.at + timedelta(hours=3))}"]
        ),
        "ttl": Answer(rss("x", head="<ttl>240</ttl>")),
        "period": Answer(rss("x", head=period).replace(b"<rss ", f"<rss {sy} ".encode())),
        "year": Answer(plain, headers=["Cache-Control: max-age=31536000"]),
        "garbage": Answer(
            rss("x", head="<ttl>soon</ttl>"), headers=["Cache-Control: max-age=no", "Expires: 0"]
        ),
        "skips": Answer(rss("x", head=f"<skipHours>{noon_to_six}</skipHours>")),
        "day": Answer(rss("x", head="<skipDays><day>Tuesday</day></skipDays>")),
        "all": Answer(rss("x", head=f"<skipHours>{every_hour}</skipHours>")),
        "later": conditional(plain, 'ETag: "1"', "Cache-Control: max-age=10800"),
    }  # fmt: skip

    async def scene(on: World) -> None:
        for name, answer in said.items():
            on.add(name)
            on.server.answers[f"/{name}"] = answer
        async with on.daemon() as parts:
            await on.at(parts, 0, 29)
            assert len(on.server.log) == len(said), "never before our own minimum"
            await on.at(parts, 34)
            assert {seen.path for seen in on.server.log[len(said) :]} == {"/garbage", "/all"}
            for name, asked in sorted(hours.items(), key=lambda pair: pair[1]):
                await on.at(parts, asked * 60 - 1)
                assert len(on.server.asked(f"/{name}")) == 1, name
                await on.at(parts, asked * 66 + 1)
                assert len(on.server.asked(f"/{name}")) == 2, name
        async with on.daemon() as parts:
            await on.at(parts, 12 * 60 - 1, 12 * 60 + 11, 24 * 60 - 1)
            times = on.server.times("/later")
            assert min(b - a for a, b in itertools.pairwise(times)) >= 180, "the 304's max-age"
            assert on.server.times("/skips")[1] >= 6 * 60
            assert on.server.times("/day")[1:] == [12 * 60 + 11, 24 * 60 - 1], (
                "Wednesday begins after twelve hours"
            )
            assert len(on.server.asked("/year")) == 1
            await on.at(parts, 24 * 60)
            assert len(on.server.asked("/year")) == 2

    play(scene)


def date(moment: datetime) -> str:
    """An HTTP date."""
    return format_datetime(moment, usegmt=True)


def test_5_who_asks_for_rest_has_it(play: Play) -> None:
    """Retry-After in seconds or as a date, at most a week, across restarts and for people too; without it
    longer and longer; a failure is one request; and other feeds of the host go on."""
    busy, down = "429 Too Many Requests", "503 Service Unavailable"
    said = {
        "seconds": Answer(status=busy, headers=["Retry-After: 7200"]),
        "date": Answer(status=down, headers=[f"Retry-After: {date(START + timedelta(hours=3))}"]),
        "month": Answer(status=down, headers=["Retry-After: 2592000"]),
        "error": Answer(status="500 Internal Server Error"),
        "cut": Answer(rss("x"), cut=20),
        "slow": Answer(rss("x"), wait=1.2),
        "fine": lambda seen: Answer(rss(str(seen.at))),
    }  # fmt: skip

    async def scene(on: World) -> None:
        for name, answer in said.items():
            # Feeds that rest are of hosts of their own; "fine" shares one with the first.
            host = HOSTS[{"date": 1, "month": 2}.get(name, 0)]
            on.add(name, host=host, **({"timeout": "1s", "interval": "20h"} if name == "slow" else {}))
            on.server.answers[f"/{name}"] = answer
        async with on.daemon() as parts:
            await on.at(parts, 0)
            assert sorted(seen.path for seen in on.server.log) == sorted(f"/{name}" for name in said)
        for minute in (40, 80, 119):
            async with on.daemon() as parts:
                await on.at(parts, minute)
                assert not await parts.poller.ask("seconds"), "nor when a person asks"
        assert [len(on.server.asked(f"/{name}")) for name in ("seconds", "date", "month", "fine")] == [
            1,
            1,
            1,
            4,
        ]
        async with on.daemon() as parts:
            await on.at(parts, 135, 179)
            assert [len(on.server.asked(f"/{name}")) for name in ("seconds", "date")] == [2, 1]
            await on.at(parts, 200, *range(240, 24 * 60, 30))
            assert len(on.server.asked("/date")) >= 2
            assert len(on.server.asked("/slow")) == 2
            for name in ("error", "cut"):
                times = on.server.times(f"/{name}")
                gaps = [b - a for a, b in itertools.pairwise(times)]
                assert len(gaps) < 8, gaps
                assert max(gaps) >= 8 * 30, gaps
                assert all(b > 1.3 * a or b >= 8 * 30 for a, b in itertools.pairwise(gaps)), gaps
        async with on.daemon() as parts:
            await on.at(parts, 7 * 1440 - 1)
            assert len(on.server.asked("/month")) == 1
            await on.at(parts, 7 * 1440 + 1)
            assert len(on.server.asked("/month")) == 2, "a week is the most that is believed"

    play(scene)


def test_6_moved_gone_and_refused(play: Play) -> None:
    """Permanent redirects count after three sightings, up to the first temporary one; at most five hops; 410
    is confirmed once; 404 is asked more and more seldom; credentials stay at their host."""

    async def scene(on: World) -> None:
        hop = lambda status, to: Answer(status=status, headers=[f"Location: {to}"])  # noqa: E731
        on.server.answers |= {
            "/old": hop("301 Moved", "/newer"), "/newer": hop("308 Moved", "/newest"),
            "/newest": hop("302 Found", "/today"), "/today": lambda seen: Answer(rss(str(seen.at))),
            "/temporary": hop("307 Temporary", "/today"), "/circle": hop("302 Found", "/circle"),
            "/gone": Answer(status="410 Gone"), "/missing": Answer(status="404 Not Found"),
            "/secret": hop("302 Found", on.server.url("/elsewhere", "127.0.0.2")),
            "/elsewhere": Answer(rss("x")), "/refused": Answer(status="401 Unauthorized"),
        }  # fmt: skip
        for number in range(9):
            on.server.answers[f"/hop{number}"] = hop("302 Found", f"/hop{number + 1}")
        for name in ("old", "temporary", "circle", "gone", "missing", "refused"):
            on.add(name)
        on.add("far", "/hop0")
        on.add("secret", auth={"username": "ava", "password": "s3cret"}, headers={"X-Key": "k"})
        for minute in (0, 100, 200, 300, 400, 500):
            async with on.daemon() as parts:
                await on.at(parts, minute)
        assert len(on.server.asked("/old")) == 3, "then the new address is asked"
        assert len(on.server.asked("/newest")) == 6
        assert len(on.server.asked("/temporary")) == 6, "a temporary redirect never counts"
        first = [seen.path for seen in on.server.log if seen.at == START and "/hop" in seen.path]
        assert first == [f"/hop{number}" for number in range(6)], "five hops"
        assert len([1 for seen in on.server.asked("/circle") if seen.at == START]) == 1
        assert "authorization" in on.server.asked("/secret")[0].headers
        assert not {"authorization", "x-key"} & on.server.asked("/elsewhere")[0].headers.keys()
        assert len(on.server.asked("/gone")) == 2, "confirmed once"
        assert len(on.server.asked("/missing")) < 5
        assert len(on.server.asked("/refused")) < 5
        async with on.daemon() as parts:
            await on.at(parts, *range(600, 15_000, 1_500))
            assert len(on.server.asked("/gone")) == 2, "and asked no more"
            assert len(on.server.asked("/missing")) > 5, "what is missing may come back"
            views = {view.source.id: view for view in parts.store.sources(parts.settings.sources)}
            assert views["gone"].state == "gone"
            assert "410" in (views["gone"].error or "")
            assert await parts.poller.ask("gone"), "a person may ask again"
            await on.poll(parts)
        assert len(on.server.asked("/gone")) == 3

    play(scene)


def test_7_requests_say_who_asks_and_nothing_else(play: Play) -> None:
    """No cookie, no Referer, no cache-busting, no A-IM; a name with version and contact; gzip."""

    async def scene(on: World) -> None:
        on.polling["contact"] = "https://me.example/about"
        on.add("a")
        cookie = "Set-Cookie: a=b; Path=/"
        on.server.answers["/a"] = Answer(status="302 Found", headers=["Location: /b", cookie])
        on.server.answers["/b"] = lambda seen: Answer(rss(str(seen.at)), headers=[cookie])
        async with on.daemon() as parts:
            await on.at(parts, 0, 40, 80)
        assert len(on.server.log) == 6
        for seen in on.server.log:
            forbidden = {"cookie", "referer", "cache-control", "pragma", "a-im", "from", "origin"}
            assert not forbidden & seen.headers.keys()
            assert "?" not in seen.path
            assert seen.headers["user-agent"].startswith("aggregator/")
            assert seen.headers["user-agent"].endswith("(+https://me.example/about)")
            assert "gzip" in seen.headers["accept-encoding"]

    play(scene)


def test_8_restarts_and_crowds_cause_no_burst(play: Play) -> None:
    """Ten restarts in a minute cause no request more; two at once to a host; nobody is asked before the
    minimum, jitter or not; a refresh of everything keeps what the servers asked for."""

    async def scene(on: World) -> None:
        for number in range(24):
            on.add(f"s{number}", host=HOSTS[number % 3])
            headers = ["Cache-Control: max-age=7200"] if number % 2 else []
            on.server.answers[f"/s{number}"] = Answer(rss("x"), headers=headers, wait=0.02)
        for _ in range(10):
            async with on.daemon() as parts:
                await on.poll(parts)
            on.clock.forward(seconds=6)
        assert len(on.server.log) == 24
        assert max(on.server.most.values()) <= 2
        async with on.daemon() as parts:
            await on.at(parts, 10)
            assert len(on.server.log) == 24
            polled = {one.source async for one in parts.poller.once(None, ignore_schedule=True)}
            assert polled == {f"s{number}" for number in range(0, 24, 2)}
            on.server.log.clear()
            await on.at(parts, *range(10, 130, 3))
        for number in range(0, 24, 2):
            times = [10.0, *on.server.times(f"/s{number}")]
            gaps = [b - a for a, b in itertools.pairwise(times)]
            assert min(gaps) >= 30, gaps
            assert max(gaps) <= 37, gaps

    play(scene)


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0" + b"\0" * 40


def test_9_nothing_is_looked_for_that_nobody_asked_for(play: Play) -> None:
    """Feeds are discovered when people subscribe, not by polls; an icon is fetched once a week, as robots.txt
    allows, also across restarts; the feed that a person named needs no robots.txt."""

    async def scene(on: World) -> None:
        on.polling["icons"] = True
        for host, name in zip(HOSTS, ("open", "shut", "vector"), strict=True):
            link = f"<link>{on.server.url('/', host)}</link>"
            on.add(name, host=host)
            on.server.answers[f"/{name}"] = conditional(rss("x", head=link, title=name), 'ETag: "1"')
        on.add("page", "/page")
        alternate = b"<html><head><link rel=alternate type='application/rss+xml' href=/open></head></html>"
        on.server.answers["/page"] = Answer(alternate)
        on.server.answers |= {
            "/robots.txt": Answer(b"User-agent: *\nDisallow: /open\nDisallow: /hidden"),
            "127.0.0.2/robots.txt": Answer(b"User-agent: aggregator\nDisallow: /"),
            "127.0.0.1/": Answer(
                b"<link rel=icon href=/hidden.png><link rel=icon sizes=48x48 href=/fine.png>"
            ),
            "127.0.0.3/": Answer(b"<link rel=icon href=/a.png>"),
            "/fine.png": Answer(PNG), "/hidden.png": Answer(PNG),
            "/a.png": Answer(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        }  # fmt: skip
        async with on.daemon() as parts:
            await on.poll(parts)
            assert len(on.server.log) == 4, "the page at /page leads nowhere"
            for _ in range(3):
                await parts.surroundings()
            icon = parts.store.icons.of("open")
            assert icon is not None
            assert (icon.type, icon.content) == ("image/png", PNG)
            assert parts.store.icons.of("shut") is None
            assert parts.store.icons.of("vector") is None, "a document with scripts is no picture"
        asked = [(seen.host, seen.path) for seen in on.server.log[4:]]
        assert len(set(asked)) == len(asked)
        assert ("127.0.0.1", "/hidden.png") not in asked
        assert [path for host, path in asked if host == "127.0.0.2"] == ["/robots.txt"]
        for day in (1, 6.9, 7.1):
            before = len(on.server.log)
            on.clock.now = START + timedelta(days=day)
            async with on.daemon() as parts:
                await parts.surroundings()
            assert (len(on.server.log) > before) == (day > 7), day

    play(scene)


def test_10_what_is_no_feed_changes_nothing(play: Play) -> None:
    """A page, a captcha or half a feed with status 200 is an error: entries and validator stay."""
    whole = rss(*[f"e{number}" for number in range(40)])
    bad = {
        "page": Answer(b"<!doctype html><html><title>Log in</title>", headers=['ETag: "bad"']),
        "empty": Answer(b"", headers=['ETag: "bad"']),
        "half": Answer(whole[: len(whole) // 2], headers=['ETag: "bad"']),
        "cut": Answer(whole + b" " * 9, headers=['ETag: "bad"'], cut=200),
    }

    async def scene(on: World) -> None:
        for name, worse in bad.items():
            on.add(name)
            good = Answer(whole, headers=['ETag: "good"'])
            on.server.answers[f"/{name}"] = lambda seen, good=good, worse=worse: (
                worse if "if-none-match" in seen.headers else good
            )
        async with on.daemon() as parts:
            await on.poll(parts)
            assert articles(parts) == 160
            await on.at(parts, 40)
        async with on.daemon() as parts:
            await on.at(parts, 200)
            assert articles(parts) == 160
            for view in parts.store.sources(parts.settings.sources):
                assert view.state == "failing", view.source.id
                assert view.error
        for name in bad:
            sent = [seen.headers.get("if-none-match") for seen in on.server.asked(f"/{name}")]
            assert sent == [None, '"good"', '"good"'], name

    play(scene)


def test_11_the_same_bytes_are_not_read_again(play: Play) -> None:
    """Without validators the hash of the body tells, also after a restart: no parsing, nothing updated."""

    async def scene(on: World) -> None:
        on.add("a")
        on.server.answers["/a"] = Answer(rss("one", "two"))
        async with on.daemon() as parts:
            await on.poll(parts)
            version = parts.store.version()
        read = on.workers.readings.fast + on.workers.readings.authority
        async with on.daemon() as parts:
            version = parts.store.version()
            await on.at(parts, 40, 80)
            assert parts.store.version() == version
            assert articles(parts) == 2
        assert len(on.server.log) == 3
        assert on.workers.readings.fast + on.workers.readings.authority == read

    play(scene)


def test_12_an_archive_is_read_once_and_not_to_its_end(play: Play) -> None:
    """RFC 5005: the pages before are read after the first poll alone, and no more than was asked for. (What
    rule 12 says of WebSub is in test_websub.py, with a hub of its own.)"""

    async def scene(on: World) -> None:
        def page(number: int) -> Callable[[Seen], Answer]:
            before = f"<atom:link rel='prev-archive' href='/page{number + 1}'/>"
            body = rss(f"e{number}", head=before)
            named = body.replace(b"<rss ", b"<rss xmlns:atom='http://www.w3.org/2005/Atom' ")
            return lambda seen: Answer(named.replace(b"Test", str(seen.at).encode()))

        for number in range(9):
            on.server.answers[f"/page{number}"] = page(number)
        on.add("a", "/page0", backfill=3)
        on.add("none", "/page5")
        async with on.daemon() as parts:
            await on.poll(parts)
            assert articles(parts) == 5
        async with on.daemon() as parts:
            await on.at(parts, 40, 80)
            assert articles(parts) == 5
        assert [seen.path for seen in on.server.log if seen.at == START and seen.path != "/page5"] == [
            "/page0", "/page1", "/page2", "/page3",
        ]  # fmt: skip
        assert {seen.path for seen in on.server.log if seen.at != START} == {"/page0", "/page5"}

    play(scene)
