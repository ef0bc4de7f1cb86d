"""Alerts over a real store to real receivers on loopback: a webhook, Apprise, an SMTP server."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from made import poll, prepared, sources, words

from aggregator.notify import Alerts, Digest, Mail, Quiet, Rule, Target
from aggregator.notify.notifier import Notifier
from aggregator.notify.websub import Pinger
from aggregator.sources.http import Client
from aggregator.store import Store
from aggregator.topics import Topic, Topics

SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of it!").decode()


class Receiver(ThreadingHTTPServer):
    """Takes what is posted; answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Hand)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}/hook"


class Hand(BaseHTTPRequestHandler):
    """One request."""

    server: Receiver

    def do_POST(self) -> None:
        """Keep it, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
        status, headers = self.server.answers.pop(0) if self.server.answers else (204, {})
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Post(socketserver.StreamRequestHandler):
    """A small SMTP server (RFC 5321): takes every mail, refuses what its server is told to refuse."""

    def handle(self) -> None:
        """One session."""
        mails: list[bytes] = self.server.mails  # type: ignore[attr-defined]
        self.wfile.write(b"220 post\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                mails.append(b"".join(lines))
            if word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            refused = word == b"MAIL" and self.server.refusing  # type: ignore[attr-defined]
            self.wfile.write(b"451 later\r\n" if refused else b"250 ok\r\n")


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """The server on a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook's receiver."""
    with running(Receiver()) as made:
        yield made


@pytest.fixture
def post() -> Iterator[Any]:
    """An SMTP server."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
    server.mails, server.refusing = [], False  # type: ignore[attr-defined]
    with running(server) as made:
        yield made


def look(store: Store, alerts: Alerts, clock: Any, rounds: int = 1) -> int:
    """Rounds of a notifier that knows nothing but the database: each may be after a restart."""

    async def change(fn: Callable[[], Any]) -> Any:
        return fn()

    async def go() -> int:
        client = Client()
        made = Notifier(
            store, change, client, alerts=lambda: alerts, site=lambda: "https://news.example", now=clock,
            roll=lambda: 0.5,
        )  # fmt: skip
        try:
            return sum([await made.look() for _ in range(rounds)])
        finally:
            await client.close()

    return asyncio.run(go())


def hook(receiver: Receiver, **rule: Any) -> Alerts:
    """A rule that tells a webhook."""
    target = Target("desk", webhook=receiver.address, secret=SECRET, allow_private=True)
    return Alerts((Rule("wide", ("desk",), **rule),), {"desk": target})


def test_a_story_is_told_once_when_enough_carry_it(store: Store, clock, receiver: Receiver):
    """Not what was there before; not for too few outlets; once, signed, whatever is restarted."""
    alerts = hook(receiver, outlets=2, groups=2)
    store.sync_sources(sources(4), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("old", "An old one", words("old"))])
    poll(store, clock(), "s1", [prepared("old", "An old one", words("old"))])
    assert look(store, alerts, clock) == 0
    poll(store, clock(), "s0", [prepared("a", "Ferry sails", text)], also=["old"])
    poll(store, clock(), "s2", [prepared("b", "Ferry", text)])
    assert look(store, alerts, clock, 3) == 0, "two outlets, but of one group"
    poll(store, clock(), "s1", [prepared("c", "Ferry again", text)], also=["old"])
    assert look(store, alerts, clock, 3) == 1
    poll(store, clock(), "s3", [prepared("d", "Ferry once more", text)])
    assert look(store, alerts, clock, 3) == 0
    ((headers, body),) = receiver.taken
    told = json.loads(body)
    assert (told["type"], told["data"]["rule"]) == ("story.alert", "wide")
    assert (told["data"]["story"]["title"], told["data"]["page"]) == (
        "Ferry sails", "https://news.example/stories/2",
    )  # fmt: skip
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(b"twenty-four bytes of it!", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_what_is_not_taken_is_sent_again_later(store: Store, clock, receiver: Receiver):
    """The same message under the same id, after the time that the server asks for; a 410 ends it."""
    alerts = hook(receiver)
    store.sync_sources(sources(1), lambda: 0.5)
    look(store, alerts, clock)
    poll(store, clock(), "s0", [prepared("a", "Ferry", words("a"))])
    receiver.answers = [(503, {"Retry-After": "1800"}), (500, {}), (204, {})]
    assert look(store, alerts, clock, 2) == 0
    assert len(receiver.taken) == 1
    clock.forward(minutes=29)
    assert look(store, alerts, clock, 2) == 0
    clock.forward(minutes=2)
    assert (look(store, alerts, clock, 2), len(receiver.taken)) == (0, 2)
    clock.forward(minutes=10)
    assert (look(store, alerts, clock, 2), len(receiver.taken)) == (1, 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    assert len({body for _, body in receiver.taken}) == 1
    poll(store, clock(), "s0", [prepared("b", "Bread", words("b"))], also=["a"])
    receiver.answers = [(410, {})]
    look(store, alerts, clock)
    clock.forward(days=3)
    assert look(store, alerts, clock, 3) == 0


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_private_addresses_are_refused_unless_permitted(store: Store, clock, receiver: Receiver):
    """The guard of addresses stands before webhooks too."""
    alerts = hook(receiver)
    closed = Alerts(alerts.rules, {"desk": replace(alerts.targets["desk"], allow_private=False)})
    store.sync_sources(sources(1), lambda: 0.5)
    look(store, closed, clock)
    poll(store, clock(), "s0", [prepared("a", "Ferry", words("a"))])
    assert look(store, closed, clock) == 0
    assert receiver.taken == []
    clock.forward(minutes=2)
    (notice,) = store.alerts.due(5)
    assert (notice.attempts, "not on the public internet" in notice.error) == (1, True)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_quiet_hours_put_off_and_urgent_rules_do_not_wait(store: Store, clock, receiver: Receiver):
    """What comes at night is told in the morning, once."""
    alerts = hook(receiver)
    night = Alerts(
        (*alerts.rules, Rule("now", ("desk",), urgent=True)), alerts.targets, Quiet(time(11), time(13))
    )
    store.sync_sources(sources(1), lambda: 0.5)
    look(store, night, clock)
    poll(store, clock(), "s0", [prepared("a", "Ferry", words("a"))])
    assert look(store, night, clock, 3) == 1
    clock.forward(hours=1)
    assert look(store, night, clock, 3) == 1
    assert [json.loads(body)["data"]["rule"] for _, body in receiver.taken] == ["now", "wide"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_apprise_sends(store: Store, clock, receiver: Receiver):
    """Through its plain JSON service."""
    pytest.importorskip("apprise")
    address = f"json://127.0.0.1:{receiver.server_port}/hook"
    alerts = Alerts((Rule("all", ("phone",)),), {"phone": Target("phone", apprise=address)})
    store.sync_sources(sources(1), lambda: 0.5)
    look(store, alerts, clock)
    poll(store, clock(), "s0", [prepared("a", "Ferry", words("a"))])
    assert look(store, alerts, clock, 2) == 1
    ((_, body),) = receiver.taken
    assert json.loads(body)["title"] == "Ferry"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_an_edited_topic_tells_nothing_old(store: Store, clock, receiver: Receiver):
    """Stories that an edit brings into a topic are no news; the next outlet that carries one makes it so."""
    alerts = Alerts(
        (Rule("boats", ("desk",), topic="boats"),),
        {"desk": Target("desk", webhook=receiver.address, secret=SECRET, allow_private=True)},
    )
    store.sync_sources(sources(2), lambda: 0.5)
    look(store, alerts, clock)
    poll(store, clock(), "s0", [prepared(guid, f"Ferry {guid}", words(guid)) for guid in "abc"])
    assert look(store, alerts, clock) == 0
    boats = Topics([Topic("boats", "Boats", any=("ferry",))])
    assert store.topics.rematch(boats) == 3
    assert look(store, alerts, clock, 3) == 0
    poll(store, clock(), "s1", [prepared("a", "Ferry a", words("a"))], topics=boats)
    assert look(store, alerts, clock, 2) == 1
    ((_, body),) = receiver.taken
    assert json.loads(body)["data"]["story"]["title"] == "Ferry a"


def test_a_digest_by_mail(store: Store, clock, post: Any):
    """Every day one, of what most outlets carry; kept for its feed; sent again when it was not taken."""
    mail = Mail("127.0.0.1", "news@example.org", post.server_address[1], "none")
    alerts = Alerts(digest=Digest(time(13), stories=2, to=("mina@example.org", "ali@example.org")), mail=mail)
    store.sync_sources(sources(3), lambda: 0.5)
    assert look(store, alerts, clock) == 0, "the first one is the next"
    for source, guid in (("s0", "b"), ("s1", "a"), ("s2", "a")):
        poll(store, clock(), source, [prepared(guid, f"Ferry {guid}\nBcc: x@y", words(guid))])
    poll(store, clock(), "s0", [prepared("c", "이란", words("c"))], also=["b"])
    clock.forward(hours=1, minutes=5)
    post.refusing = True
    assert look(store, alerts, clock, 2) == 0
    post.refusing = False
    clock.forward(minutes=2)
    assert look(store, alerts, clock, 3) == 1
    (raw,) = post.mails
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert (message["To"], message["Bcc"]) == ("mina@example.org, ali@example.org", None)
    text = message.get_body(("plain",)).get_content()
    assert text.index("Ferry a") < text.index("Ferry b")
    assert "2 outlets: Outlet 1, Outlet 2" in text
    assert "<ol>" in message.get_body(("html",)).get_content()
    clock.forward(days=1)
    assert look(store, alerts, clock, 2) == 1
    assert [json.loads(one.body)["title"] for one in store.record.digests()] == [
        "No stories, 25 November 2026", "The day's stories, 24 November 2026",
    ]  # fmt: skip


def test_a_hub_is_told_of_feeds_that_changed(receiver: Receiver):
    """Of all at first, then of those with other stories; again when it did not take it."""
    marks = {"https://news.example/feed.atom": "1", "https://news.example/topics/t/feed.atom": "1"}
    version = [1]

    async def go() -> list[int]:
        client, told = Client(), []
        pinger = Pinger(
            client, lambda: receiver.address, lambda: version[0], lambda: dict(marks), lambda: True
        )
        try:
            told += [await pinger.look(), await pinger.look()]
            version[0], marks["https://news.example/feed.atom"] = 2, "2"
            receiver.answers = [(500, {})]
            told += [await pinger.look() for _ in range(5)]
        finally:
            await client.close()
        return told

    assert asyncio.run(go()) == [2, 0, 0, 0, 0, 1, 0]
    forms = [body.decode() for _, body in receiver.taken]
    assert len(forms) == 4
    assert all("hub.mode=publish" in form for form in forms)
    assert "hub.url=https%3A%2F%2Fnews.example%2Ffeed.atom" in forms[-1]
