"""The client against real servers on loopback: what they see of us, and what they can do to us."""

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import brotli
import pytest

from aggregator.errors import FetchError
from aggregator.model import Due, Source
from aggregator.sources.http import Client

NOW = datetime(2018, 8, 9, 12, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


class Server:
    """Says what it is told to say, byte by byte, and keeps what it heard."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.at_once = self.most_at_once = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def headers(self, index=-1):
        """The header fields of a request, names lowercased, values as sent."""
        lines = self.requests[index].split(b"\r\n")[1:]
        return {
            n.decode().lower(): v.strip().decode()
            for n, _, v in (line.partition(b":") for line in lines)
            if n
        }

    def paths(self):
        return [request.split(b" ")[1].decode() for request in self.requests]

    async def handle(self, reader, writer):
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            said = self.answer(request.split(b" ")[1].decode(), self)
            if isinstance(said, bytes):
                writer.write(said)
                await writer.drain()
            else:
                async for piece in said:
                    writer.write(piece)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()


@asynccontextmanager
async def serving(answer):
    """A server on a free port."""
    server = Server(answer)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def http(status="200 OK", body=FEED, *fields, length=True):
    """An answer as bytes."""
    head = [f"HTTP/1.1 {status}", *fields, "Connection: close"]
    if length:
        head.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body


def source(url, **more):
    """A source that may be on loopback, with a short time limit."""
    more = {"allow_private": True, "timeout": timedelta(seconds=5)} | more
    return Source(id="s", url=url, title="S", **more)


def get(answer, path="/feed", *, due=None, more=None, client=None):
    """Fetch once; what came (or the error), and the server."""

    async def go():
        async with serving(answer) as server:
            asked = Due(source(server.url + path, **(more or {})), server.url + path, **(due or {}))
            fetcher = Client(now=lambda: NOW, **(client or {}))
            try:
                return await fetcher.fetch(asked), server
            except FetchError as error:
                return error, server
            finally:
                await fetcher.close()

    return asyncio.run(go())


def fails(answer, kind, **about):
    """The error of a fetch that must fail."""
    got, _ = get(answer, **about)
    assert isinstance(got, FetchError), got
    assert got.kind == kind, got
    return got


# ----------------------------------------------------------------------------- what a server sees


def test_first_fetch_is_one_plain_get():
    """One GET; no cookie, no Referer, no conditions, gzip offered, our name told."""
    got, server = get(
        lambda *_: http("200 OK", FEED, "Set-Cookie: a=b"), client={"contact": "https://me.example/"}
    )
    assert got.body == FEED
    assert len(server.requests) == 1
    assert server.requests[0].startswith(b"GET /feed HTTP/1.1")
    seen = server.headers()
    assert not set(seen) & {
        "cookie",
        "referer",
        "if-none-match",
        "if-modified-since",
        "cache-control",
        "a-im",
    }
    assert "gzip" in seen["accept-encoding"]
    assert seen["user-agent"].startswith("aggregator/")
    assert seen["user-agent"].endswith("(+https://me.example/)")


def test_no_cookie_comes_back():
    """A cookie that was set is not sent to the next request, nor along a redirect."""
    _, server = get(
        lambda path, _: (
            http("302 Found", b"", "Location: /b", "Set-Cookie: a=b") if path == "/feed" else http()
        )
    )
    assert server.paths() == ["/feed", "/b"]
    assert "cookie" not in server.headers(1)
    assert "referer" not in server.headers(1)


@pytest.mark.parametrize(
    "etag", ['"abc"', 'W/"abc"', "unquoted", '"abc-gzip"', '"' + "x" * 8_000 + '"', '"é"', 'a"b', '"a, b"']
)
def test_validators_go_back_byte_for_byte(etag):
    """What was served as ETag and Last-Modified comes back as it was, however odd."""
    date = "Thu, 9 Aug 2018 12:00:00 +0000"
    answer = (
        f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nLast-Modified: {date}\r\nContent-Length: 1\r\n\r\nx".encode()
    )
    got, _ = get(lambda *_: answer)
    assert (got.etag, got.last_modified) == (etag, date)
    again, server = get(
        lambda *_: http("304 Not Modified", b""), due={"etag": got.etag, "last_modified": got.last_modified}
    )
    assert (again.status, again.body) == (304, None)
    assert f"\r\nIf-None-Match: {etag}\r\n".encode() in server.requests[0]
    assert f"\r\nIf-Modified-Since: {date}\r\n".encode() in server.requests[0]


def test_only_the_validator_that_was_served():
    """With one validator, one condition."""
    _, server = get(lambda *_: http("304 Not Modified", b""), due={"etag": '"a"'})
    assert "if-modified-since" not in server.headers()
    _, server = get(lambda *_: http("304 Not Modified", b""), due={"last_modified": "yesterday"})
    assert server.headers()["if-modified-since"] == "yesterday"
    assert "if-none-match" not in server.headers()


def test_304_without_condition_is_an_error():
    """A server that says "not modified" to a first request gave us nothing."""
    assert fails(lambda *_: http("304 Not Modified", b""), "status").status == 304


def test_304_carries_new_headers():
    """A 304 may name a new validator and a new lifetime."""
    got, _ = get(
        lambda *_: http("304 Not Modified", b"", 'ETag: "b"', "Cache-Control: max-age=7200"),
        due={"etag": '"a"'},
    )
    assert (got.etag, got.max_age) == ('"b"', timedelta(hours=2))


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        (["Cache-Control: public, max-age=3600"], 3600),
        (["Cache-Control: max-age=3600", "Age: 600"], 3000),
        (["Cache-Control: max-age=60", "Age: 600"], 0),
        (["Cache-Control: no-cache, max-age=3600"], None),
        (["Cache-Control: max-age=soon"], None),
        (["Cache-Control: max-age=-5"], None),
        (["Expires: Thu, 09 Aug 2018 13:00:00 GMT", "Date: Thu, 09 Aug 2018 12:00:00 GMT"], 3600),
        (["Expires: 0"], None),
        (["Cache-Control: max-age=99999999999999999999"], 2**31),
        ([], None),
    ],
)
def test_freshness(fields, seconds):
    """How long an answer is fresh comes from Cache-Control, Age, Expires; garbage is ignored."""
    got, _ = get(lambda *_: http("200 OK", FEED, *fields))
    assert got.max_age == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), ("Thu, 09 Aug 2018 13:00:00 GMT", 3600), ("99999999", 7 * 86_400), ("soon", None),
        ("Thu, 09 Aug 2018 11:00:00 GMT", 0), ("-3", None),
    ],
)  # fmt: skip
def test_retry_after(value, seconds):
    """Retry-After in seconds or as a date, at most seven days."""
    error = fails(lambda *_: http("503 Service Unavailable", b"", f"Retry-After: {value}"), "status")
    assert (error.status, error.retry_after) == (503, seconds)
    assert error.message == "HTTP 503 Service Unavailable"


# ----------------------------------------------------------------------------- redirects


def test_permanent_redirects_up_to_the_first_temporary_one():
    """The address to keep is the last one that was reached by permanent redirects alone."""
    way = {
        "/feed": ("301 Moved", "/b"),
        "/b": ("308 Moved", "/c"),
        "/c": ("302 Found", "/d"),
        "/d": ("301 Moved", "/e"),
    }

    def answer(path, _):
        return http(way[path][0], b"", f"Location: {way[path][1]}") if path in way else http()

    got, server = get(answer)
    assert got.url == server.url + "/e"
    assert got.permanent_url == server.url + "/c"
    assert server.paths() == ["/feed", "/b", "/c", "/d", "/e"]


def test_temporary_redirects_keep_the_address():
    """After 302, 303 and 307 the old address stays."""
    for status in ("302 Found", "303 See Other", "307 Temporary"):
        got, _ = get(lambda path, _, s=status: http(s, b"", "Location: /b") if path == "/feed" else http())
        assert got.permanent_url is None


def test_redirect_loops_and_long_ways_end():
    """A circle is seen at once; more than five hops are refused."""
    assert "circle" in fails(lambda *_: http("302 Found", b"", "Location: /feed"), "redirect").message
    got, server = get(lambda path, _: http("302 Found", b"", f"Location: {path}x"))
    assert got.kind == "redirect"
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("file:///etc/passwd", "url"),
        ("http://user:pw@127.0.0.1/", "url"),
        ("ftp://127.0.0.1/", "url"),
        ("", "redirect"),
    ],
)
def test_redirects_to_forbidden_places(target, kind):
    """Every hop is checked like the first address."""
    fails(lambda *_: http("302 Found", b"", f"Location: {target}"), kind)


def test_secrets_stay_at_their_own_origin():
    """Credentials and a source's own headers do not follow a redirect to another origin."""

    async def go():
        async with (
            serving(lambda *_: http()) as other,
            serving(lambda *_: http("302 Found", b"", f"Location: {other.url}/x")) as own,
        ):
            url = own.url + "/feed"
            headers = {"X-Key": "k1", "User-Agent": "mine"}
            client = Client()
            await client.fetch(Due(source(url, username="ava", password="s3cret", headers=headers), url))
            await client.close()
            return own.headers(), other.headers()

    own, other = asyncio.run(go())
    assert own["authorization"] == "Basic YXZhOnMzY3JldA=="
    assert (own["x-key"], own["user-agent"]) == ("k1", "mine")
    assert "authorization" not in other
    assert "x-key" not in other
    assert other["user-agent"].startswith("aggregator/")


def test_headers_cannot_break_the_request():
    """A header with a line end in it is not sent."""
    _, server = get(lambda *_: http(), more={"headers": {"X-A": "b\r\nX-Evil: 1", "X-Good": "1"}})
    assert b"Evil" not in server.requests[0]
    assert server.headers()["x-good"] == "1"


# ----------------------------------------------------------------------------- the guard


def test_loopback_is_refused_by_default():
    """Without permission no connection to a private address is made, in whatever spelling."""
    for name in ("127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"):

        async def go(name=name):
            async with serving(lambda *_: http()) as server:
                url = f"http://{name}:{server.port}/"
                client = Client()
                try:
                    with pytest.raises(FetchError) as raised:
                        await client.fetch(Due(source(url, allow_private=False), url))
                finally:
                    await client.close()
                assert raised.value.kind == "address"
                assert server.requests == []

        asyncio.run(go())


def test_names_that_resolve_to_private_addresses_are_refused(monkeypatch):
    """A public name with a private address (rebinding) is refused when connecting."""
    real = socket.getaddrinfo

    def lying(host, port, *rest, **more):
        return real("127.0.0.1" if host == "feeds.example.ir" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lying)

    async def go():
        async with serving(lambda *_: http()) as server:
            url = f"http://feeds.example.ir:{server.port}/"
            client = Client()
            try:
                # One that may, first: its open connection must not serve the other.
                assert (await client.fetch(Due(source(url), url))).status == 200
                with pytest.raises(FetchError) as raised:
                    await client.fetch(Due(source(url, allow_private=False), url))
            finally:
                await client.close()
            assert raised.value.kind == "address"
            assert len(server.requests) == 1

    asyncio.run(go())


def test_proxies_are_guarded_too():
    """A proxy at a private address needs the same permission; with it, it is used."""
    more = {"proxy": "http://127.0.0.1:1/", "allow_private": False}

    async def go():
        client = Client()
        try:
            with pytest.raises(FetchError) as raised:
                await client.fetch(
                    Due(source("http://feeds.example.ir/", **more), "http://feeds.example.ir/")
                )
            assert raised.value.kind == "address"
            async with serving(lambda *_: http()) as proxy:
                one = source("http://feeds.example.ir/a", proxy=proxy.url)
                assert (await client.fetch(Due(one, one.url))).body == FEED
                assert proxy.paths() == ["http://feeds.example.ir/a"]
        finally:
            await client.close()

    asyncio.run(go())


# ----------------------------------------------------------------------------- codings and sizes


CODINGS = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("br", brotli.compress),
    ("deflate", zlib.compress),
    ("deflate", lambda data: zlib.compress(data)[2:-4]),
    ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    ("identity", bytes),
    ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
    ("gzip", lambda data: gzip.compress(data) + b"\0\0padding"),
]


@pytest.mark.parametrize(("coding", "code"), CODINGS)
def test_codings(coding, code):
    """Every coding that servers use is undone."""
    coded = code(FEED)
    got, _ = get(lambda *_: http("200 OK", coded, f"Content-Encoding: {coding}"))
    assert got.body == FEED
    assert got.wire_bytes == len(coded)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"\x1f\x8bnot really"), ("gzip", gzip.compress(FEED, mtime=0)[:-9]), ("br", b"\xff\xff\xff"),
        ("br", brotli.compress(FEED * 50)[:-3]), ("gzip", FEED), ("zstd", b"x"), ("gzip, gzip, gzip", b"x"),
    ],
)  # fmt: skip
def test_corrupt_codings(coding, body):
    """Corrupt, cut off, unknown and stacked codings are one clean error."""
    fails(lambda *_: http("200 OK", body, f"Content-Encoding: {coding}"), "encoding")


@pytest.mark.parametrize("name", ["gzip", "gzip twice", "br"])
def test_bombs(name):
    """A small body that grows without end is stopped at max_body, and memory stays bounded."""
    zeros = bytes(100_000_000)
    bomb = brotli.compress(zeros, quality=1) if name == "br" else gzip.compress(zeros)
    coding = "br" if name == "br" else "gzip"
    if name == "gzip twice":
        bomb, coding = gzip.compress(bomb), "gzip, gzip"
    del zeros
    tracemalloc.start()
    fails(
        lambda *_: http("200 OK", bomb, f"Content-Encoding: {coding}"), "size", more={"max_body": 10_000_000}
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_endless_body_and_false_lengths():
    """Bodies without end, longer or shorter than they claim, are errors."""

    async def endless():
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield bytes(65_536)

    fails(lambda *_: endless(), "size", more={"max_body": 1_000_000})
    fails(lambda *_: b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx", "size")
    fails(lambda *_: b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort", "connect")
    fails(lambda *_: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "connect")


def test_slow_drip_ends():
    """A byte at a time does not get more than the source's time limit."""

    async def drip():
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            await asyncio.sleep(0.05)
            yield b"x"

    error = fails(lambda *_: drip(), "timeout", more={"timeout": timedelta(seconds=0.5)})
    assert error.message == "no complete answer within 0.5 s"


def test_many_headers_and_garbage():
    """Megabytes of headers, one giant header and what is not HTTP at all are errors."""
    many = b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 600_000 + b"\r\n"
    fails(lambda *_: many, "connect")
    fails(lambda *_: b"HTTP/1.1 200 OK\r\nX: " + b"a" * 5_000_000 + b"\r\n\r\n", "connect")
    fails(lambda *_: b"SSH-2.0-OpenSSH\r\n", "connect")
    fails(lambda *_: b"", "connect")


def test_messages_for_people():
    """Errors name what happened in plain words."""
    assert fails(lambda *_: http("404 Not Found", b""), "status").message == "HTTP 404 Not Found"
    assert fails(lambda *_: http("204 No Content", b""), "status").message == "HTTP 204 No Content"
    assert fails(lambda *_: http("226 IM Used", b""), "status").status == 226

    async def go():
        client = Client()
        try:
            with pytest.raises(FetchError) as raised:
                await client.fetch(Due(source("http://nowhere.invalid/"), "http://nowhere.invalid/"))
            assert (raised.value.kind, raised.value.message) == (
                "dns",
                "the name nowhere.invalid does not resolve",
            )
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{free.getsockname()[1]}/"
                with pytest.raises(FetchError, match="Connection refused"):
                    await client.fetch(Due(source(url), url))
        finally:
            await client.close()

    asyncio.run(go())


def test_no_tls_there():
    """A server that does not speak TLS on an https address is a TLS error, not a wait."""

    async def hello(reader, writer):
        writer.write(http())
        writer.close()

    async def go():
        listening = await asyncio.start_server(hello, "127.0.0.1", 0)
        url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        client = Client()
        with pytest.raises(FetchError) as raised:
            await client.fetch(Due(source(url), url))
        assert raised.value.kind == "tls"
        await client.close()
        listening.close()

    asyncio.run(go())


# ----------------------------------------------------------------------------- turns


def test_at_most_so_many_at_once():
    """A host sees at most ``per_host`` requests at once; waiting does not count against the time limit."""

    async def slow():
        await asyncio.sleep(0.1)
        yield http()

    async def go():
        async with serving(lambda *_: slow()) as server:
            client = Client(per_host=2)
            one = source(server.url + "/", timeout=timedelta(seconds=0.4))
            try:
                got = await asyncio.gather(*(client.fetch(Due(one, f"{server.url}/{n}")) for n in range(12)))
                assert {answer.status for answer in got} == {200}
                assert server.most_at_once == 2
                client.per_host = 4
                await asyncio.gather(*(client.fetch(Due(one, f"{server.url}/{n}")) for n in range(12)))
                assert server.most_at_once == 4
            finally:
                await client.close()

    asyncio.run(go())


def test_cancelled_waiters_leave_their_places():
    """A fetch that is cancelled while it waits or runs gives its place back."""

    async def slow():
        await asyncio.sleep(0.05)
        yield http()

    async def go():
        async with serving(lambda *_: slow()) as server:
            client = Client(per_host=1)
            one = source(server.url + "/")
            tasks = [
                asyncio.create_task(client.fetch(Due(replace(one, id=str(n)), one.url))) for n in range(6)
            ]
            await asyncio.sleep(0.02)
            for task in tasks[::2]:
                task.cancel()
            got = await asyncio.gather(*tasks, return_exceptions=True)
            assert [getattr(answer, "status", None) for answer in got] == [None, 200] * 3
            assert (await client.fetch(Due(one, one.url))).status == 200
            await client.close()

    asyncio.run(go())
