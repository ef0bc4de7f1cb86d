"""A stranger gets nothing: every address of the application, asked for by everybody who should not have it.

The addresses are the application's own list; one that is added later is walked, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import newsroom
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from aggregator.config import load
from aggregator.daemon.composition import Reading
from aggregator.dedup.rules import Rules
from aggregator.store import Store
from aggregator.topics import Topics
from aggregator.web.access import needed
from aggregator.web.accounts import Account, Accounts
from aggregator.web.app import Services, WebSettings, create_app
from aggregator.web.feeds import Site
from tests.commands import write_config
from tests.web.test_web_with_store import AGENCY, OTHER, SOURCES, StoreCorrecting, update

PEOPLE = [
    Account("anna-the-owner", "a password", "an api password", "admin"),
    Account("mina-who-reads", "another password", "another api password", "reader"),
]
ANNA, MINA = (each.name for each in PEOPLE)
# What must never reach a stranger: what the stories say, who publishes them, who reads, what for.
KNOWN = re.compile(
    r"ferry|clockmaker|Council reopens|caspian|meydan|old-quay|Tehran and Pyongyang|Korea|anna-the|mina-who|"
    r"agg_|argon2|api password|Private feed of|urn:|tag:[0-9a-f]{8}"
)
OPEN = {"/healthz", "/readyz", "/login", "/favicon.ico"}  # as the README says


@dataclass
class Place:
    """The application over a store, and what a test knows of it."""

    app: FastAPI
    store: Store
    accounts: Accounts

    def client(self, token: str = "", **headers: str) -> TestClient:
        """Somebody with a token, or without."""
        client = TestClient(
            self.app, base_url="http://localhost", follow_redirects=False, raise_server_exceptions=False
        )
        client.headers.update({"Authorization": f"Bearer {token}"} if token else {})
        client.headers.update(headers)
        return client


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Two readers, three articles, everything of the application that this store can serve."""
    store = Store.open(f"sqlite:///{tmp_path}/news.db", now=lambda: newsroom.NOW)
    store.sync_sources(SOURCES, lambda: 0.5)
    for one in (
        update(SOURCES[0], "Council reopens the old ferry line", AGENCY, 120),
        update(SOURCES[1], "Ferry returns to Elverum", AGENCY[:2], 60),
        update(SOURCES[2], "Town hall bell is back", OTHER, 30),
    ):
        store.arrivals.apply(one, rules=Rules(), topics=Topics())
    listed = [{"id": one.id, "url": one.url, "title": one.title, "group": one.group} for one in SOURCES]
    groups = {name: {"title": title} for name, title in newsroom.GROUPS.items()}
    settings = load(write_config(tmp_path, listed, groups=groups), {})
    parts: Any = SimpleNamespace(store=store, settings=settings, now=lambda: newsroom.NOW)
    accounts = Accounts(store.people, lambda: PEOPLE, lambda: newsroom.NOW)
    site = Site("News", "http://localhost", store.tag, store.born, newsroom.TOPICS, newsroom.GROUPS)
    services = Services(
        reading=Reading(parts), correcting=StoreCorrecting(store), topics=lambda: newsroom.TOPICS,
        groups=lambda: newsroom.GROUPS, now=lambda: newsroom.NOW, settings=WebSettings(user=ANNA),
        site=lambda: site, watching=store.record, accounts=accounts, closing=lambda: True,
    )  # fmt: skip
    yield Place(create_app(services), store, accounts)
    store.close()


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and address, with values of this store in place of the parameters."""
    values = {"story": "1", "a": "1", "b": "2", "article": "1", "name": "atom", "topic": "tehran-pyongyang",
              "group": "iran", "source": "meydan", "path": "style.css"}  # fmt: skip
    found: list[tuple[str, str]] = []

    def take(path: str, methods: Any) -> None:
        filled = re.sub(r"\{(\w+)[^}]*\}", lambda match: values.get(match[1], "1"), path)
        found.extend((method, filled) for method in sorted(methods or ()) if method != "HEAD")

    for route in app.routes:
        if hasattr(route, "effective_route_contexts"):
            for each in route.effective_route_contexts():
                take(each.path, each.methods)
        elif hasattr(route, "methods"):
            take(route.path, route.methods)  # type: ignore[attr-defined]
    assert len(found) > 40
    return found


def closed(app: FastAPI) -> list[tuple[str, str]]:
    """Those that the guard itself closes; the sync APIs' ask for passwords of their own."""
    return [(m, p) for m, p in addresses(app) if needed(m, p).scope is not None]


def test_only_what_is_named_is_open(place: Place) -> None:
    """And the sync APIs, which have a sign-in of their own: no page and no API of ours is among them."""
    for method, path in addresses(place.app):
        need = needed(method, path)
        if need.scope is None and not need.own:
            assert path in OPEN, path
        if need.own:
            assert not path.startswith(("/api/v1", "/stories", "/feed")), path


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
def test_nobody(place: Place, accept: str) -> None:
    """Without anything, every address answers with the way to sign in alone, whatever is kept ready."""
    warm(place, accept)
    with place.client(Accept=accept) as client:
        for method, path in addresses(place.app):
            answer = client.request(method, path)
            said = f"{answer.headers} {answer.text}".replace(quote(path, safe=""), "what was asked for")
            assert not KNOWN.search(said), (method, path, said)
            need = needed(method, path)
            if need.scope is not None:
                login = answer.status_code == 303 and answer.headers["location"].startswith("/login?")
                assert login or answer.status_code == 401, (method, path, answer.status_code)
            elif need.own:
                assert answer.status_code >= 400 or '"auth": 0' in said or '"auth":0' in said, (method, path)


def warm(place: Place, accept: str) -> None:
    """Let the owner see everything, so that it is kept ready to be sent again."""
    secret, token = place.accounts.add_token("warm", "admin", ANNA)
    with place.client(secret, Accept=accept) as client:
        seen = [client.get(path).text for method, path in closed(place.app) if method == "GET"]
    assert any(KNOWN.search(text) for text in seen)
    place.store.people.revoke(token.no)


def test_what_is_wrong_opens_nothing(place: Place) -> None:
    """Tokens that are none, revoked or cut, sessions that are none, passwords of another use or person."""
    revoked, token = place.accounts.add_token("old", "admin", ANNA)
    place.store.people.revoke(token.no)
    live, _ = place.accounts.add_token("new", "admin", ANNA)
    wrong: list[dict[str, str]] = [
        {"Authorization": f"Bearer {secret}"} for secret in (revoked, live[:-1], live + "x", "agg_", "")
    ]
    wrong += [{"Cookie": f"aggregator-session={secret}"} for secret in ("x", live, "")]
    paths = closed(place.app)
    for number, headers in enumerate(wrong):
        with place.client(**headers) as client:
            for method, path in paths if number == 0 else paths[number :: len(wrong)]:
                answer = client.request(method, path)
                assert answer.status_code == 401, (headers, method, path)
                assert not KNOWN.search(answer.text)
    with place.client() as client:
        for user, password in ((ANNA, "an api password"), (ANNA, "another password"), (MINA, "a password")):
            assert client.get("/", auth=(user, password)).status_code == 401


@pytest.mark.parametrize("scope", ["feeds", "read", "write"])
def test_lesser_scopes(place: Place, scope: str) -> None:
    """Even the owner's token opens no more than its scope, and never what makes tokens."""
    secret, _ = place.accounts.add_token("a script", scope, ANNA)
    rank = ("feeds", "read", "write", "admin").index
    opened = 0
    with place.client(secret, Accept="application/json") as client:
        for method, path in closed(place.app):
            need = needed(method, path)
            answer = client.request(method, path)
            if need.personal or rank(need.scope or "admin") > rank(scope):
                assert answer.status_code == 403, (method, path)
                assert not KNOWN.search(answer.text.replace(ANNA, ""))
            else:
                assert answer.status_code not in (401, 403), (method, path, answer.text)
                opened += 1
    assert opened > 3
    if scope != "feeds":
        return
    with place.client() as client:  # in an address: feeds, and only there
        for method, path in closed(place.app):
            feeds = needed(method, path).scope == "feeds"
            answer = client.request(method, path, params={"token": secret, "q": "ferry"})
            assert (answer.status_code != 401) == feeds, (method, path)


def test_another_reader(place: Place) -> None:
    """What one reader has read, starred, signed in with and made is nowhere for the other."""
    read, _ = place.accounts.add_token("mine", "write", MINA)
    paths = [
        path
        for method, path in closed(place.app)
        if method == "GET" and path != "/metrics" and not needed("GET", path).personal
    ]
    paths += ["/?unread=true", "/api/v1/stories?unread=true", "/api/v1/stories?starred=true"]

    def seen() -> dict[str, str]:
        with place.client(read) as client:
            return {path: quiet(client.get(path).text) for path in paths}

    before = seen()
    place.store.mark(ANNA, [1, 2], read=True, starred=True)
    place.accounts.add_token("Private feed of the owner", "read", ANNA)
    warm(place, "*/*")
    after = seen()
    assert {path: (before[path], text) for path, text in after.items() if text != before[path]} == {}
    with place.client(read) as client:
        for method, path in closed(place.app):
            if method != "GET" and needed(method, path).scope == "admin":
                assert client.request(method, path).status_code == 403, (method, path)
        assert client.post("/stories/1/state", data={"read": "false", "starred": "false"}).status_code == 303
        assert client.post("/read", data={"stories": "1,2"}).status_code == 303
    mine = {reader: place.store.story(1, reader=reader) for reader in (ANNA, MINA)}
    assert [(one.read, one.starred) for one in mine.values()] == [(True, True), (True, False)]  # type: ignore[union-attr]


def quiet(text: str) -> str:
    """A page without its form token, which is another one for each browser."""
    return re.sub(r"\b[0-9a-f]{64}\b", "…", text)


def test_corrections_name_their_author(place: Place) -> None:
    """Whoever signed in made them: shared by all, with the name."""
    secret, _ = place.accounts.add_token("mine", "admin", ANNA)
    with place.client(secret) as client:
        assert client.post("/articles/2/split").status_code == 303
    assert [one.author for one in place.store.corrections.listed()] == [ANNA]
