"""A server on loopback that does what hostile and broken servers do: section 5 of the research on fetching.

Each `Case` is a path. It answers its first request with an ordinary feed of three entries and a validator, so
that there is something to lose, and every later one with the attack. The server speaks raw HTTP: most of what
it sends no HTTP library would send.
"""

# ruff: noqa: E501  # a case is a line
from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import brotli

Send = Callable[[bytes], Awaitable[None]]
Answer = Callable[[Send, "HostileServer"], Awaitable[None]]

MEGABYTE = 1_000_000
DRIP = 0.2  # seconds between two bytes of a slow answer


@dataclass(frozen=True)
class Case:
    """An attack.

    ``kinds``: how a poll of it may fail (`SourceError.kind`); empty: it is no failure. ``entries``: articles
    that the source has in the end, the first three included. ``first``: whether
    the ordinary feed comes first.
    """

    name: str
    answer: Answer
    kinds: tuple[str, ...] = ()
    entries: int = 3
    first: bool = True


def item(number: object, more: str = "", words: str = "harbour") -> str:
    """An entry of its own words."""
    text = " ".join(f"{words}{number}x{n}" for n in range(40))
    return (
        f"<item><guid isPermaLink='false'>{number}</guid><title>{words} {number} report</title>"
        f"<link>http://outlet.example/{words}/{number}</link><description>{text}</description>{more}</item>"
    )


def rss(*items: str, head: str = "", title: str = "Outlet") -> bytes:
    """A feed of these items."""
    return (
        f"<?xml version='1.0' encoding='utf-8'?>{head}<rss version='2.0'><channel><title>{title}</title>"
        f"<link>http://outlet.example/</link>{''.join(items)}</channel></rss>"
    ).encode()


def good(name: str) -> bytes:
    """The ordinary feed that a case serves first."""
    return rss(*(item(n, words=f"{name.replace('-', '')}") for n in range(3)), title=name)


def http(body: bytes = b"", status: str = "200 OK", *fields: str, length: bool = True) -> Answer:
    """An answer with a body and header fields; the connection is closed after it."""

    async def answer(send: Send, _: HostileServer) -> None:
        lines = [f"HTTP/1.1 {status}", "Connection: close", *fields]
        if not any(line.lower().startswith("content-type") for line in fields):
            lines.append("Content-Type: application/xml")
        if length:
            lines.append(f"Content-Length: {len(body)}")
        await send("\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body)

    return answer


def redirect(target: str, status: str = "302 Found") -> Answer:
    """A redirect; ``{port}`` is the server's own."""

    async def answer(send: Send, server: HostileServer) -> None:
        await http(b"", status, "Location: " + target.replace("{port}", str(server.port)))(send, server)

    return answer


def raw(data: bytes) -> Answer:
    """Bytes that are no HTTP."""

    async def answer(send: Send, _: HostileServer) -> None:
        await send(data)

    return answer


async def drip_body(send: Send, _: HostileServer) -> None:
    """A byte now and then, for ever."""
    await send(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<rss>")
    while True:
        await send(b" ")
        await asyncio.sleep(DRIP)


async def drip_head(send: Send, _: HostileServer) -> None:
    """Header fields now and then, for ever."""
    await send(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        await send(b"X-%d: y\r\n" % number)
        await asyncio.sleep(DRIP)


async def endless(send: Send, _: HostileServer) -> None:
    """A body without end, as fast as it is taken."""
    await send(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<rss><channel>")
    while True:
        await send(b"<item><title>more</title></item>" * 2_000)


async def endless_chunk(send: Send, _: HostileServer) -> None:
    """One chunk that says it is of 4 exabytes."""
    await send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3fffffffffffffff\r\n")
    while True:
        await send(b" " * 65_536)


def gzip_of_zeros(size: int) -> bytes:
    """A gzip member of ``size`` zeros: a thousandth of it on the wire."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = bytes(MEGABYTE)
    return b"".join(packer.compress(block) for _ in range(size // MEGABYTE)) + packer.flush()


def bombs() -> Iterator[Case]:
    """Bodies that are small on the wire only."""
    flat = gzip_of_zeros(200 * MEGABYTE)
    coded = {
        "gzip-bomb": (flat, "gzip"),
        "gzip-gzip-bomb": (gzip.compress(flat, mtime=0), "gzip, gzip"),
        "br-bomb": (brotli.compress(bytes(50 * MEGABYTE), quality=3), "br"),
    }
    for name, (body, coding) in coded.items():
        yield Case(name, http(body, "200 OK", f"Content-Encoding: {coding}"), ("size",))


def network_cases() -> list[Case]:
    """What servers do to an HTTP client."""
    feed = rss(item(9))
    large = "x" * 60_000
    return [
        Case("redirect-circle", redirect("http://127.0.0.1:{port}/redirect-circle"), ("redirect",)),
        Case("redirect-far", redirect("http://127.0.0.1:{port}/hop-1"), ("redirect",)),
        Case("redirect-nowhere", http(b"", "302 Found"), ("redirect",)),
        Case("redirect-metadata", redirect("http://169.254.169.254/latest/meta-data/"), ("address",)),
        Case("redirect-neighbour", redirect("http://127.0.0.2:{port}/secret"), ("address",)),
        Case("redirect-hex", redirect("http://0x7f.2:{port}/secret"), ("address",)),
        Case("redirect-number", redirect("http://2130706434:{port}/secret"), ("address",)),
        Case("redirect-octal", redirect("http://0177.0.0.2:{port}/secret"), ("address",)),
        Case("redirect-mapped", redirect("http://[::ffff:127.0.0.2]:{port}/secret"), ("address",)),
        Case("redirect-name", redirect("http://localhost:{port}/secret"), ("address",)),
        Case("redirect-slashes", redirect("//127.0.0.2:{port}/secret"), ("address",)),
        Case("redirect-backslash", redirect("http://127.0.0.1:{port}\\@127.0.0.2/secret"), ("url",)),
        Case("redirect-file", redirect("file:///etc/passwd"), ("url",)),
        Case("redirect-data", redirect("data:text/xml,<rss/>"), ("url",)),
        Case("redirect-javascript", redirect("javascript:alert(1)"), ("url",)),
        Case("redirect-login", redirect("http://me:secret@127.0.0.1:{port}/secret"), ("url",)),
        Case("redirect-control", redirect("http://127.0.0.1:{port}/a\x0bX"), ("url", "connect")),
        Case("permanent-neighbour", redirect("http://127.0.0.2:{port}/secret", "301 Moved"), ("address",)),
        Case("drip-body", drip_body, ("timeout",)),
        Case("drip-head", drip_head, ("timeout",)),
        Case("endless", endless, ("size",)),
        Case("endless-chunk", endless_chunk, ("size",)),
        Case("length-too-long", http(feed[:-9], "200 OK", "Content-Length: 99999", length=False), ("connect",)),
        Case("length-too-short", http(feed, "200 OK", "Content-Length: 200", length=False), ("truncated", "connect")),
        Case("length-huge", http(feed, "200 OK", "Content-Length: 99999999999", length=False), ("size",)),
        Case("length-negative", http(feed, "200 OK", "Content-Length: -5", length=False), ("connect",)),
        Case("lengths-two", http(feed, "200 OK", "Content-Length: 5", "Content-Length: 9"), ("connect",)),
        Case("head-5mb", http(feed, "200 OK", *(f"X-{n}: {large}" for n in range(84))), ("connect",)),
        Case("head-100k-fields", http(feed, "200 OK", *(f"X-{n}: y" for n in range(100_000))), ("connect",)),
        Case("head-one-long-line", http(feed, "200 OK", "X: " + "y" * 5 * MEGABYTE), ("connect",)),
        Case("gzip-corrupt", http(b"\x1f\x8b\x08\0" + b"junk" * 99, "200 OK", "Content-Encoding: gzip"), ("encoding",)),
        Case("gzip-cut", http(gzip.compress(feed)[:-20], "200 OK", "Content-Encoding: gzip"), ("encoding",)),
        Case("gzip-not", http(feed, "200 OK", "Content-Encoding: gzip"), ("encoding",)),
        Case("coding-unknown", http(feed, "200 OK", "Content-Encoding: zstd"), ("encoding",)),
        Case("coding-nine-fold", http(feed, "200 OK", "Content-Encoding: " + ", ".join(["gzip"] * 9)), ("encoding",)),
        Case("no-http", raw(b"220 mail.example ESMTP\r\n"), ("connect",)),
        Case("no-answer", raw(b""), ("connect",)),
        Case("status-absurd", http(feed, "999999 What"), ("status", "connect")),
        Case("status-304-unasked", http(b"", "304 Not Modified"), (), first=True),
        Case("status-500", http(b"", "500 No"), ("status",)),
        Case("status-206", http(feed, "206 Partial Content", "Content-Range: bytes 0-5/9"), ("status",)),
        Case("retry-after-absurd", http(b"", "503 No", "Retry-After: " + "9" * 500), ("status",)),
        *bombs(),
    ]  # fmt: skip


LAUGHS = "<!DOCTYPE rss [<!ENTITY l0 'ha'>" + "".join(
    f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 30)
) + "]>"  # fmt: skip
BLOWUP = f"<!DOCTYPE rss [<!ENTITY a '{'a' * 50_000}'>]>"
XXE = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY % p SYSTEM 'http://127.0.0.1:1/x.dtd'> %p;]>"


def feed_with(*more: str, head: str = "", words: str = "later") -> Answer:
    """A feed of one new entry in which something is wrong."""
    return http(rss(item(7, "".join(more), words), head=head))


def json_feed(items: str, words: str = "later") -> Answer:
    """A JSON Feed, its items as text."""
    start = '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": '
    return http(
        (start + items + "}").encode("utf-8", "surrogatepass"),
        "200 OK",
        "Content-Type: application/feed+json",
    )


async def changing_guids(send: Send, server: HostileServer) -> None:
    """One entry whose guid is another one at each poll."""
    told = item("later", words="later").replace(">later<", f">{sum(server.seen.values())}<", 1)
    await http(rss(told))(send, server)


def parsing_cases() -> list[Case]:
    """What documents do to parsers. ``later`` is the entry that comes with the attack."""
    refused = ("not-a-feed", "truncated", "deadline", "crashed", "encoding")
    nested = "<div>" * 3_000 + "deep" + "</div>" * 3_000
    long_text = "word " * 100_000
    return [
        Case("laughs", feed_with("<author>&l29;</author>", head=LAUGHS), refused, 4),
        Case("blowup", feed_with("<author>" + "&a;" * 3_000 + "</author>", head=BLOWUP), refused, 4),
        Case("xxe", feed_with("<author>&x;</author>", head=XXE), refused, 4),
        Case("attributes", feed_with("<x " + " ".join(f"a{n}='1'" for n in range(3_000)) + "/>"), refused, 4),
        Case("brackets", http(rss("<item><title>" + "<" * 100_000 + "</title></item>")), refused, 4),
        Case("nesting", feed_with("<d:div xmlns:d='urn:d'>", nested, "</d:div>"), refused, 4),
        Case("long-title", http(rss(f"<item><guid>t</guid><title>{long_text}</title></item>")), refused, 4),
        Case("control", feed_with("<author>a\0b\x01\x1b[31m&#0;&#x1b;&#xD800;</author>"), refused, 4),
        Case("utf-7", http(b"<?xml version='1.0' encoding='utf-7'?><rss>+ADw-script+AD4-</rss>"), ("encoding",)),
        Case("utf-7-header", http(rss(item(7)), "200 OK", "Content-Type: text/xml; charset=utf-7"), ("encoding",)),
        Case("utf-16-lie", http(rss(item(7, words="later")), "200 OK", "Content-Type: text/xml; charset=utf-16"), (), 4),
        Case("surrogates", json_feed('[{"id": "\\ud800", "title": "\\udfff later", "content_text": "\\ud83d x"}]'), (), 4),
        Case("json-deep", json_feed("[" * 100_000 + "]" * 100_000), ("not-a-feed",)),
        Case("json-huge", json_feed(f'[{{"id": {"9" * 50_000}, "title": 1e999, "content_text": "later"}}]'), (), 4),
        Case("json-types", json_feed('[{"id": {"a": 1}, "title": ["x"], "url": 5, "tags": {}, "authors": "x"}, 3, null]'), refused, 4),
        Case("json-cut", json_feed('[{"id": "a", "title": "cut'), ("truncated", "not-a-feed")),
        Case("dates", feed_with("<pubDate>Mon, 31 Feb 99999 99:99:99 +9999</pubDate>"), (), 4),
        Case("date-future", feed_with("<pubDate>Fri, 01 Jan 2999 00:00:00 GMT</pubDate>"), (), 4),
        Case("date-huge", feed_with(f"<pubDate>{'9' * 5_000}</pubDate>"), (), 4),
        Case("html", http(b"<!doctype html><title>Are you human?</title><form>"), ("not-a-feed",)),
        Case("empty-body", http(b""), ("not-a-feed",)),
        Case("emptied", http(rss()), (), 3),
        Case("binary", http(bytes(range(256)) * 400), refused),
        Case("cut", http(rss(item(7))[:-40]), ("truncated",)),
        Case("guids-same", http(rss(*(item("one", words=f"same{n}") for n in range(3)))), (), 6),
        Case("guids-empty", http(rss(*(item("", words=f"none{n}") for n in range(3)))), (), 6),
        Case("guid-1mb", http(rss(f"<item><guid>{'g' * MEGABYTE}</guid><title>later</title></item>")), (), 4),
        Case("guids-changing", changing_guids, (), 4),
        Case("guid-shared", http(rss(item("shared", words="alpha"))), (), 4),
        Case("guid-shared-too", http(rss(item("shared", words="beta"))), (), 4),
        Case("hours-all", http(rss("<skipHours>" + "".join(f"<hour>{n}</hour>" for n in range(24)) + "</skipHours>", item(7, words="later"))), (), 4),
        Case("ttl-absurd", http(rss(f"<ttl>{'9' * 400}</ttl>", item(7, words="later"))), (), 4),
    ]  # fmt: skip


def heavy_cases() -> list[Case]:
    """Attacks that cost seconds or minutes: for the long tests."""
    refused = ("not-a-feed", "truncated", "deadline", "crashed")
    nested = "<div>" * 100_000 + "</div>" * 100_000
    many = "".join(
        f"<item><guid>{n}</guid><title>{n} brief</title><pubDate>{1 + n % 28} Jan 20{10 + n // 10_000} 00:00:00 GMT"
        f"</pubDate></item>" for n in range(100_000)
    )  # fmt: skip
    return [
        Case("attributes-100k", feed_with("<x " + " ".join(f"a{n}='1'" for n in range(100_000)) + "/>"), refused, 4),
        Case("entries-100k", http(rss(many)), (), 2_003),
        Case("brackets-1mb", http(rss("<item><title>" + "<" * MEGABYTE + "</title></item>")), refused, 4),
        Case("nesting-100k", feed_with("<d:div xmlns:d='urn:d'>", nested, "</d:div>"), refused, 4),
        Case("title-10mb", http(rss(f"<item><guid>t</guid><title>{'word ' * 2_000_000}</title></item>")), refused, 4),
    ]  # fmt: skip


@dataclass
class HostileServer:
    """What is served, and what was seen: requests by path, and validators that came back by path."""

    cases: dict[str, Case]
    port: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    validators: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    referers: list[str] = field(default_factory=list)
    extra: dict[str, Answer] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Of the cases."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = request[0].split(" ")[1].lstrip("/").partition("?")[0]
            self._note(path, request[1:])

            async def send(data: bytes) -> None:
                writer.write(data)
                await writer.drain()

            await self._answer(path)(send, self)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # they went away, as they should
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _note(self, path: str, fields: list[str]) -> None:
        self.seen[path] += 1
        for line in fields:
            name, _, value = line.partition(": ")
            if name.lower() == "if-none-match":
                self.validators[path].append(value)
            if name.lower() == "referer":
                self.referers.append(value)

    def _answer(self, path: str) -> Answer:
        if path in self.extra:
            return self.extra[path]
        if path.startswith("hop-"):
            return redirect(f"http://127.0.0.1:{self.port}/hop-{int(path[4:]) + 1}")
        case = self.cases.get(path)
        if case is None:
            return http(b"nothing here", "404 Not Found")
        if case.first and self.seen[path] == 1:
            return http(good(path), "200 OK", f'ETag: "{path}"')
        return case.answer


@contextmanager
def hostile(
    cases: list[Case], extra: dict[str, Answer] | None = None, make: type[HostileServer] = HostileServer
) -> Iterator[HostileServer]:
    """Serve the cases on a free port of 127.0.0.1 (and 127.0.0.2, which nobody may reach) until the block ends."""
    server = make({case.name: case for case in cases}, extra=extra or {})
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    ending = asyncio.Event()

    async def main() -> None:
        first = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=512)
        server.port = first.sockets[0].getsockname()[1]
        second = await asyncio.start_server(server.serve, "127.0.0.2", server.port)
        ready.set()
        async with first, second:
            await ending.wait()
        for task in asyncio.all_tasks(loop) - {asyncio.current_task(loop)}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
        loop.close()


def sources_of(server: HostileServer, **more: object) -> list[dict[str, object]]:
    """The cases as the YAML has them: each may reach its own host on loopback, and no other."""
    return [
        {"id": case.name, "url": f"{server.address}/{case.name}", "timeout": "3s", "max_body": "2MB",
         "allow_private": True, **more}
        for case in server.cases.values()
    ]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps([case.name for case in (*network_cases(), *parsing_cases(), *heavy_cases())], indent=1))
