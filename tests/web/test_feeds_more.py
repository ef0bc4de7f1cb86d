"""Feeds of searches and of starred stories, and the archives of RFC 5005."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree
from test_feeds import ATOM, SITE, Held, story

from aggregator.model import StoryView, TimelineSpec
from aggregator.publish import FORMATS
from aggregator.search import parse
from aggregator.web.feeds import router
from tests.web.newsroom import NOW

sys.path.insert(0, str(Path(__file__).parents[1]))

from feedcheck import CHECKS

SAVED = replace(SITE, searches={"ferries": ("Ferries", "ferry -film")})


class Searched(Held):
    """Stories in memory that also know who starred them; a search finds what has its words in the title."""

    def timeline(self, spec: TimelineSpec) -> list[StoryView]:
        """As the store's."""
        wanted = replace(spec, limit=10_000)
        found = super().timeline(wanted)
        if spec.search:
            parse(spec.search, NOW)
            found = [one for one in found if one.id % 2]
        if spec.starred:
            found = [one for one in found if spec.reader == "mina" and one.id == 3]
        return found[: spec.limit]


@pytest.fixture
def client() -> TestClient:
    """A hundred and thirty stories; every second one is of the topic."""
    app = FastAPI()
    app.include_router(router(Searched([story(n) for n in range(1, 131)]), lambda: SAVED, lambda _: "mina"))
    return TestClient(app)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("address", "title", "count"),
    [
        ("/searches/ferries/feed.{}", "Ferries – Every story once", 50),
        ("/search/feed.{}?q=ferry+-film", "Search: ferry -film – Every story once", 50),
        ("/starred/feed.{}", "Starred – Every story once", 1),
        ("/starred/feed.{}?token=abc%2F", "Starred – Every story once", 1),
    ],
)
def test_searches_and_stars_are_feeds(
    client: TestClient, name: str, address: str, title: str, count: int
) -> None:
    """Each is valid, knows its own address with its query and token, and has its title."""
    answer = client.get(address.format(name))
    assert answer.status_code == 200
    assert CHECKS[name](answer.content) == []
    assert f"http://testserver{address.format(name)}".encode() in answer.content.replace(b"&amp;", b"&")
    if name == "json":
        shown = answer.json()
        assert (shown["title"], len(shown["items"])) == (title, count)


def test_what_is_wrong_with_a_search_is_said(client: TestClient) -> None:
    """As a sentence; and a saved search that is not there is told."""
    answer = client.get('/search/feed.atom?q="ferry')
    assert (answer.status_code, "never closed" in answer.text) == (400, True)
    assert "no saved search 'none'" in client.get("/searches/none/feed.rss").text


def _archived(client: TestClient, address: str) -> tuple[list[list[str]], etree._Element]:
    """The entries of each archive, the oldest first, and the newest document."""
    newest = root = etree.fromstring(client.get(address).content)
    found = []
    while href := root.xpath("string(a:link[@rel='prev-archive']/@href)", namespaces={"a": ATOM[1:-1]}):
        document = client.get(href).content
        assert CHECKS["atom"](document) == []
        root = etree.fromstring(document)
        assert b"history/1.0" in document
        found.insert(0, [entry.findtext(f"{ATOM}id", "") for entry in root.findall(f"{ATOM}entry")])
        (current,) = root.xpath("a:link[@rel='current']/@href", namespaces={"a": ATOM[1:-1]})
        assert current == f"http://testserver{address}"
    return found, newest


@pytest.mark.parametrize(("address", "step"), [("/feed.atom", 1), ("/topics/talks/feed.atom", 2)])
def test_archives_and_the_newest_document_have_every_story(
    client: TestClient, address: str, step: int
) -> None:
    """Each story is in one archive or in the newest document or both, and in no two archives."""
    archives, newest = _archived(client, address)
    assert [len(ids) for ids in archives] == [50 // step, 50 // step]
    inside = [guid for ids in archives for guid in ids]
    assert len(set(inside)) == len(inside)
    shown = {entry.findtext(f"{ATOM}id") for entry in newest.findall(f"{ATOM}entry")}
    assert len(set(inside) | shown) == 130 // step


@pytest.mark.parametrize("name", FORMATS)
def test_an_archive_is_valid_and_complete(client: TestClient, name: str) -> None:
    """One that could still grow is not served."""
    assert CHECKS[name](client.get(f"/feed.{name}?archive=2").content) == []
    assert client.get(f"/feed.{name}?archive=3").status_code == 404
