"""What is kept is sent only where it is true, and only to whom it is for, before the routes are asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.dedup.rules import Rules
from aggregator.errors import StoreError
from aggregator.store import Store
from aggregator.topics import Topics
from aggregator.web.accounts import Account, Accounts
from aggregator.web.app import Services, WebSettings, create_app
from aggregator.web.feeds import Site
from aggregator.web.guard import SECURITY_HEADERS
from tests.web.test_web_with_store import AGENCY, OTHER, SOURCES, StoreCorrecting, StoreReading, update

ANNA, MINA = "anna", "mina"
PEOPLE = [Account(ANNA, "a password"), Account(MINA, "another password", role="reader")]


class Counting:
    """The store's read side, which counts how often stories were asked for."""

    def __init__(self, store: Store) -> None:
        self._store = StoreReading(store)
        self.asked = 0
        self.away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def timeline(self, spec: Any) -> Any:
        """Count, and ask."""
        self.asked += 1
        return self._store.timeline(spec)

    def version(self) -> int:
        """As the database says, while it is there."""
        if self.away:
            raise StoreError("the disk is gone")
        return self._store.version()  # type: ignore[no-any-return]


class Room:
    """Two readers of two stories, over a real store."""

    def __init__(self, folder: Path, *, glancing: bool) -> None:
        self.now = newsroom.NOW
        self.store = Store.open(f"sqlite:///{folder}/news.db", now=lambda: self.now)
        self.store.sync_sources(SOURCES, lambda: 0.5)
        for one in (update(SOURCES[0], "The ferry", AGENCY, 120), update(SOURCES[2], "The bell", OTHER, 30)):
            self.store.arrivals.apply(one, rules=Rules(), topics=Topics())
        self.site = Site("News", "http://localhost", self.store.tag, self.store.born)
        self.topics: dict[str, str] = {}
        self.reading = Counting(self.store)
        self.accounts = Accounts(self.store.people, lambda: PEOPLE, lambda: self.now)
        services = Services(
            reading=self.reading, correcting=StoreCorrecting(self.store), topics=lambda: self.topics,
            groups=dict, now=lambda: self.now, settings=WebSettings(user=ANNA), site=lambda: self.site,
            accounts=self.accounts, glance=self.glance if glancing else lambda: None,
        )  # fmt: skip
        self.app = create_app(services)

    def glance(self) -> int | None:
        """As a database that can tell at once."""
        return None if self.reading.away else self.store.glance()

    def client(self, reader: str | None) -> TestClient:
        """A browser of somebody; None: of a stranger."""
        client = TestClient(
            self.app, base_url="http://localhost", follow_redirects=False, raise_server_exceptions=False
        )
        if reader is not None:
            client.headers["Authorization"] = f"Bearer {self.accounts.add_token('t', 'write', reader)[0]}"
        return client


@pytest.fixture(params=[True, False], ids=["glance", "thread"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """With a database that tells its version at once, and with one that must be waited for."""
    made = Room(tmp_path, glancing=request.param)
    yield made
    made.store.close()


def test_a_kept_feed_is_sent_until_the_data_or_the_settings_change(room: Room) -> None:
    """The same bytes and headers without a look at the stories; then anew."""
    anna = room.client(ANNA)
    first = anna.get("/feed.atom")
    asked = room.reading.asked
    again = anna.get("/feed.atom")
    assert (again.status_code, again.content, again.headers) == (200, first.content, first.headers)
    held = anna.get("/feed.atom", headers={"If-None-Match": first.headers["etag"]})
    assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", first.headers["etag"])
    head = anna.head("/feed.atom")
    assert (head.status_code, head.content, head.headers["content-length"]) == (
        200,
        b"",
        str(len(first.content)),
    )
    browser = anna.get("/feed.atom", headers={"Accept": "text/html"})
    assert browser.headers["content-type"] == "application/xml; charset=utf-8"
    assert room.reading.asked == asked
    room.store.arrivals.apply(
        update(SOURCES[1], "A bridge", AGENCY[:1] + OTHER, 5), rules=Rules(), topics=Topics()
    )
    changed = anna.get("/feed.atom", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.content != first.content
    room.site = replace(room.site, title="Other news")
    assert b"Other news" in anna.get("/feed.atom").content


def test_a_kept_feed_passes_the_same_guards(room: Room) -> None:
    """Strangers, foreign names and wrong tokens are refused, and every answer has the headers."""
    anna, stranger = room.client(ANNA), room.client(None)
    assert anna.get("/feed.atom").status_code == 200
    assert anna.get("/feed.atom?token=agg_wrong").status_code == 200  # of the header
    assert stranger.get("/feed.atom").status_code == 401
    assert stranger.get("/feed.atom?token=agg_wrong").status_code == 401
    secret, token = room.accounts.add_token("feeds", "feeds", MINA)
    for _ in range(2):
        private = stranger.get(f"/feed.atom?token={secret}")
        assert private.status_code == 200
        assert secret in private.text
    assert secret not in anna.get("/feed.atom").text
    room.accounts.people.revoke(token.no)
    assert stranger.get(f"/feed.atom?token={secret}").status_code == 401
    assert anna.get("/feed.atom", headers={"Host": "evil.example"}).status_code == 421
    for name, value in SECURITY_HEADERS.items():
        assert anna.get("/feed.atom").headers[name] == value


def test_starred_is_each_readers_own(room: Room) -> None:
    """One address, two readers, two documents, however often and in whichever order they are asked for."""
    anna, mina = room.client(ANNA), room.client(MINA)
    room.store.mark(ANNA, [1], starred=True)
    room.store.mark(MINA, [2], starred=True)
    for _ in range(3):
        for client, own, other in ((anna, "The ferry", "The bell"), (mina, "The bell", "The ferry")):
            text = client.get("/starred/feed.atom").text
            assert own in text
            assert other not in text


def test_a_database_that_is_away_is_told(room: Room) -> None:
    """Nothing kept is sent for true when nobody can say whether it is."""
    anna = room.client(ANNA)
    assert anna.get("/feed.atom").status_code == 200
    room.reading.away = True
    assert anna.get("/feed.atom").status_code == 503
    room.reading.away = False
    assert anna.get("/feed.atom").status_code == 200


def test_a_kept_page_is_sent_until_anything_that_it_shows_changes(room: Room) -> None:
    """With the form token of who asks, without a look at the stories; anew after a change and a minute."""
    anna, mina = room.client(ANNA), room.client(MINA)
    first = anna.get("/")
    asked = room.reading.asked
    again = anna.get("/")
    assert (again.status_code, again.text) == (200, first.text)
    assert room.reading.asked == asked
    second = TestClient(room.app, base_url="http://localhost", headers=anna.headers)
    other = second.get("/")  # another browser, which has no cookie yet
    assert room.reading.asked == asked
    assert "aggregator-form" in other.cookies
    token = re.compile(r'name="csrf-token" content="([0-9a-f]{64})"')
    (mine,), (theirs,) = token.findall(first.text), token.findall(other.text)
    assert mine != theirs
    assert first.text.replace(mine, theirs) == other.text
    room.store.mark(ANNA, [1], starred=True)
    assert anna.get("/").text.count('aria-pressed="true"') == 1
    assert mina.get("/").text.count('aria-pressed="true"') == 0
    for name, value in (("now", room.now + timedelta(minutes=1)), ("topics", {"bridges": "Bridges"})):
        before, asked = anna.get("/").text, room.reading.asked
        setattr(room, name, value)
        assert anna.get("/").text != before
        assert room.reading.asked == asked + 1
    room.reading.away = True
    assert anna.get("/").status_code == 503


def test_who_asks_while_a_page_is_made_gets_what_was_made(room: Room) -> None:
    """After a change one of twenty at once has the page made; the others get it without a thread."""
    anna = room.client(ANNA)
    anna.get("/")
    entered: list[str] = []
    routed = room.app.router.middleware_stack

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        entered.append(scope["path"])
        await anyio.sleep(0.05)  # the others come meanwhile
        await routed(scope, receive, send)

    room.app.router.middleware_stack = counting
    room.store.mark(ANNA, [1], starred=True)
    texts: list[str] = []

    async def twenty() -> None:
        transport = httpx.ASGITransport(app=room.app)
        async with (
            httpx.AsyncClient(
                transport=transport,
                base_url="http://localhost",
                headers=anna.headers,
                cookies=dict(anna.cookies),
            ) as client,
            anyio.create_task_group() as group,
        ):

            async def ask() -> None:
                texts.append((await client.get("/")).text)

            for _ in range(20):
                group.start_soon(ask)

    anyio.run(twenty)
    assert entered == ["/"]
    assert len(set(texts)) == 1
    assert texts[0].count('aria-pressed="true"') == 1
