"""Independent clients: PyPI's `miniflux` and `freshrss-api` (which speaks Fever), over HTTP."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from syncroom import ICE, PASSWORD, Room, filled

from tests.web.conftest import Server

miniflux = pytest.importorskip("miniflux")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Four stories that have settled."""
    made = filled(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def server(room: Room) -> Iterator[Server]:
    """Them over HTTP."""
    with Server(room.services()) as running:
        yield running


@pytest.fixture
def flux(server: Server) -> Any:
    """Miniflux's own client."""
    return miniflux.Client(server.address, "mina", PASSWORD)


@pytest.fixture
def fresh(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    """FreshRSS's Fever client. What it would log goes to the standard library where loguru is missing."""
    try:
        importlib.import_module("loguru")
    except ModuleNotFoundError:
        logs = ModuleType("loguru")
        logs.logger = logging.getLogger("freshrss_api")  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "loguru", logs)
    client = pytest.importorskip("freshrss_api")
    return client.FreshRSSAPI(host=server.address, username="mina", password=PASSWORD)


def test_miniflux_lists_and_reads(flux: Any, room: Room) -> None:
    """Categories, feeds, entries by feed, category and id; each story once, under one feed."""
    ids = room.ids()
    assert flux.me()["username"] == "mina"
    assert [one["title"] for one in flux.get_categories()] == ["The coast", "Hills"]
    feeds = {one["title"]: one for one in flux.get_feeds()}
    assert list(feeds) == ["Harbour Wire", "Pier Post", "Valley ‹b>Voice‹/b>"]
    assert feeds["Pier Post"]["category"]["title"] == "The coast"
    page = flux.get_entries(limit=3)
    assert (page["total"], [one["id"] for one in page["entries"]]) == (4, sorted(ids.values())[:0:-1])
    rest = flux.get_entries(limit=3, offset=3)
    assert [one["id"] for one in rest["entries"]] == [ids["Night"]]
    assert [one["id"] for one in flux.get_feed_entries(feeds["Harbour Wire"]["id"])["entries"]] == [
        ids["Night"]
    ]
    assert [one["id"] for one in flux.get_feed_entries(feeds["Pier Post"]["id"])["entries"]] == [ids["Ice"]]
    hills = feeds["Valley ‹b>Voice‹/b>"]["category"]["id"]
    assert {one["id"] for one in flux.get_category_entries(hills)["entries"]} == {ids["Bell"], ids["Goats"]}
    entry = flux.get_entry(ids["Night"])
    assert entry["feed"]["id"] == entry["feed_id"] == feeds["Harbour Wire"]["id"]
    assert "Pier Post" in entry["content"]
    assert set(entry["tags"]) == {"The coast", "Boats & piers"}
    with pytest.raises(miniflux.ResourceNotFound):
        flux.get_entry(99)


def test_miniflux_marks(flux: Any, room: Room) -> None:
    """Read, unread, starred, a feed, a category, everything; both ways."""
    ids = room.ids()
    flux.update_entries([ids["Night"], ids["Ice"]], "read")
    flux.update_entries([ids["Ice"]], "unread")
    flux.toggle_bookmark(ids["Ice"])
    assert room.marks()["Night"] == (True, False)
    assert room.marks()["Ice"] == (False, True)
    assert [one["id"] for one in flux.get_entries(starred=True)["entries"]] == [ids["Ice"]]
    assert [one["id"] for one in flux.get_entries(status="read")["entries"]] == [ids["Night"]]
    room.store.mark("mina", [ids["Night"]], read=False)
    assert flux.get_entries(status="unread")["total"] == 4
    feeds = {one["title"]: one for one in flux.get_feeds()}
    flux.mark_feed_entries_as_read(feeds["Harbour Wire"]["id"])
    assert flux.get_entries(status="unread")["total"] == 3
    flux.mark_category_entries_as_read(feeds["Valley ‹b>Voice‹/b>"]["category"]["id"])
    assert [one["id"] for one in flux.get_entries(status="unread")["entries"]] == [ids["Ice"]]
    assert flux.get_feed_counters()["unreads"] == {str(feeds["Pier Post"]["id"]): 1}
    flux.mark_user_entries_as_read(flux.me()["id"])
    assert flux.get_entries(status="unread")["total"] == 0


def test_miniflux_refuses_in_its_own_words(server: Server, room: Room) -> None:
    """Wrong passwords, tokens, bodies; a token is an API key."""
    with pytest.raises(miniflux.AccessUnauthorized):
        miniflux.Client(server.address, "mina", "wrong").me()
    with pytest.raises(miniflux.AccessUnauthorized):
        miniflux.Client(server.address, api_key="agg_none").me()
    secret, _ = room.accounts.add_token("phone", "read", "mina")
    reading = miniflux.Client(server.address, api_key=secret)
    assert reading.get_entries()["total"] == 4
    with pytest.raises(miniflux.AccessForbidden):
        reading.update_entries([1], "read")
    writing = miniflux.Client(server.address, "mina", PASSWORD)
    with pytest.raises(miniflux.BadRequest):
        writing.update_entries([1], "removed")


def test_fever_lists_and_reads(fresh: Any, room: Room) -> None:
    """Groups, feeds, unread and saved items, items after an id."""
    ids = room.ids()
    assert [one["title"] for one in fresh.get_groups()["groups"]] == ["The coast", "Hills"]
    feeds = {one["title"]: one["id"] for one in fresh.get_feeds()["feeds"]}
    unread = fresh.get_unreads()
    assert [one.id for one in unread] == sorted(ids.values())
    ferry = next(one for one in unread if one.id == ids["Night"])
    assert (ferry.feed_id, ferry.is_read, ferry.is_saved) == (feeds["Harbour Wire"], False, False)
    assert "Pier Post" in ferry.html
    assert ferry.url.startswith("https://harbour.example/")
    assert fresh.get_saved() == []


def test_fever_marks(fresh: Any, room: Room) -> None:
    """Read, saved and unsaved; both ways, and saving twice is saving."""
    ids = room.ids()
    fresh.set_mark("read", ids["Night"])
    fresh.set_mark("saved", ids["Goats"])
    fresh.set_mark("saved", ids["Goats"])
    assert room.marks()["Night"] == (True, False)
    assert room.marks()["Goats"] == (False, True)
    assert [one.id for one in fresh.get_saved()] == [ids["Goats"]]
    fresh.set_mark("unsaved", ids["Goats"])
    assert fresh.get_saved() == []
    room.store.mark("mina", [ids["Bell"]], read=True)
    assert {one.id for one in fresh.get_unreads()} == {ids["Goats"], ids["Ice"]}
    room.tell("harbour", "Ice carries, skaters say", ICE)
    room.clock.forward(minutes=10)
    assert {one.id for one in fresh.get_unreads()} == {ids["Goats"], ids["Ice"]}
