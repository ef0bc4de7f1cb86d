"""Corrections as a feed, and the page of what was folded, over a real store."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.publish import FORMATS
from aggregator.store import Store
from aggregator.web.feeds import Site
from aggregator.web.services import Services

sys.path.insert(0, str(Path(__file__).parents[1]))  # their helpers serve several folders
sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from feedcheck import CHECKS
from made import poll, prepared, sources, words
from test_web_with_store import StoreReading

BORN = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SITE = Site("Every story once", "http://localhost", "tag:a.example,2026", BORN)
TEXT = words("wire", 180) + " The council counted 417 boats in Velmora on Sunday.\n\n" + words("after", 60)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two outlets with one text, one of which states another number now; and one hostile headline."""
    opened = Store.open(f"sqlite:///{tmp_path}/a.db", now=lambda: NOW)
    opened.sync_sources(sources(3), lambda: 0.5)
    at = NOW - timedelta(hours=1)
    poll(opened, at, "s0", [prepared("a", "Boats counted", TEXT)])
    poll(opened, at, "s1", [prepared("b", "<b>Boats</b> & bells", TEXT)])
    poll(opened, NOW, "s1", [prepared("b", "<i>Boats</i> & bells", TEXT.replace("417", "471"))])
    opened.corrections.split(2, author="mina", reason="<script>alert(1)</script>")
    opened.record.note_changes()
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store, make_client: Callable[[Services], TestClient]) -> TestClient:
    """The application around it."""
    return make_client(
        replace(
            newsroom.services(newsroom.Newsroom()),
            site=lambda: SITE,
            watching=store.record,
            reading=StoreReading(store),
        )
    )


@pytest.mark.parametrize("name", FORMATS)
def test_corrections_are_a_valid_feed(client: TestClient, name: str) -> None:
    """Each change is an entry with a guid of its own; nothing of a headline or a reason runs."""
    answer = client.get(f"/changes.{name}")
    assert answer.status_code == 200
    assert CHECKS[name](answer.content) == []
    assert (
        client.get(f"/changes.{name}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )
    assert client.get("/changes.xml").status_code == 404


def test_a_correction_says_what_stood_there(client: TestClient) -> None:
    """The old number, the new one, the old headline; and links to the story."""
    items = json.loads(client.get("/changes.json").content)["items"]
    assert [item["title"].partition(":")[0] for item in items] == ["Split off", "Corrected"]
    assert '<del dir="auto">417</del> → <ins dir="auto">471</ins>' in items[1]["content_html"]
    assert items[1]["url"] == "http://localhost/stories/2"
    assert len({item["id"] for item in items}) == 2


def test_the_page_of_what_was_folded(client: TestClient, store: Store) -> None:
    """It names the article, what it does, and where it went."""
    assert "Nothing was folded" in client.get("/folded").text
    poll(store, NOW, "s2", [prepared("c", "Boats, and more", TEXT + "\n\n" + words("own", 60))])
    page = client.get("/folded").text
    assert "Boats, and more" in page
    assert "adds something" in page
    assert "Boats, and more" not in client.get("/folded?mark=differs").text
    assert client.get("/folded?before=x").status_code == 422


def test_a_text_is_cited_for_good(client: TestClient) -> None:
    """Page and API show the text as it was, and the story that it is of now; what is not there is told."""
    page = client.get("/stories/1@2.1").text

    assert "417 boats" in page
    assert "was cited from story 1 and is of" in page
    assert "&lt;b&gt;Boats&lt;/b&gt;" in page
    found = client.get("/api/v1/stories/1@2.2").json()
    assert (found["story"], found["no"], found["until"], "471 boats" in found["text"]) == (2, 2, None, True)
    for path in ("1@2.9", "1@99.1", "99@2.1", "1@99999999999.1"):
        assert client.get(f"/stories/{path}").status_code in (404, 422), path
    assert client.get("/stories/1").status_code == 200
