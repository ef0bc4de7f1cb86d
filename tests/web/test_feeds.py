"""The feed routes over a real application: addresses, validators, conditional requests, pages, errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree

from aggregator.model import ArticleView, StoryView, TimelineSpec
from aggregator.publish import FORMATS
from aggregator.web.feeds import Site, router

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests/feedcheck.py serves several folders

from feedcheck import CHECKS

NOON = datetime(2018, 8, 7, 12, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def story(number: int, copies: int = 1) -> StoryView:
    """A story that was placed ``number`` minutes after noon."""
    when = NOON + timedelta(minutes=number)
    articles = tuple(
        ArticleView(
            id=number * 10 + n, source=f"o{n}", source_title=f"Outlet {n}", guid=f"g{number}-{n}",
            url=f"https://o{n}.example/{number}", title=f"Talks, day {number}", published=when,
            first_seen=when + timedelta(minutes=n), similarity=1.0, reason="copy", site_url=f"https://o{n}.example/",
            content=f"<p>Day {number} of the talks.</p>", text=f"Day {number} of the talks.",
        )
        for n in range(copies + 1)
    )  # fmt: skip
    return StoryView(
        id=number, guid=f"tag:a.example,2018:{number}", title=articles[0].title, url=articles[0].url,
        published=when, updated=when, placed=when, canonical=articles[0], articles=articles,
        topics=("talks",) if number % 2 else (), groups=("asia",),
    )  # fmt: skip


class Held:
    """Stories in memory that answer as the store does, newest first, and count how often they were asked."""

    def __init__(self, stories: Sequence[StoryView]) -> None:
        self.stories = list(stories)
        self.changes = 0
        self.asked = 0

    def version(self) -> int:
        """The number of changes."""
        return self.changes

    def timeline(self, spec: TimelineSpec) -> list[StoryView]:
        """The stories by topic, group and cursor."""
        self.asked += 1
        found = [
            s
            for s in sorted(self.stories, key=lambda s: -s.id)
            if (spec.topic is None or spec.topic in s.topics)
            and (spec.group is None or spec.group in s.groups)
            and (spec.before is None or s.id < spec.before)
        ]
        return found[: spec.limit]


SITE = Site(
    title="Every story once",
    public_url="http://testserver",
    id="tag:a.example,2018",
    born=datetime(2018, 8, 1, tzinfo=UTC),
    topics={"talks": "The talks", "quiet": "Nothing yet"},
    groups={"asia": "Asia"},
    language="en",
)


@pytest.fixture
def held() -> Held:
    """Nine stories."""
    return Held([story(n) for n in range(1, 10)])


@pytest.fixture
def client(held: Held) -> TestClient:
    """The routes in an application of their own."""
    app = FastAPI()
    app.include_router(router(held, lambda: SITE))
    return TestClient(app)


PLACES = ["/feed", "/topics/talks/feed", "/groups/asia/feed", "/topics/quiet/feed"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FORMATS)
def test_every_feed_is_valid_and_knows_its_address(client: TestClient, place: str, name: str) -> None:
    """Each feed passes the strict checks, has its content type, and says where it is."""
    answer = client.get(f"{place}.{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FORMATS[name].content_type
    assert CHECKS[name](answer.content) == []
    assert f"http://testserver{place}.{name}".encode() in answer.content


@pytest.mark.parametrize("name", FORMATS)
def test_a_browser_is_given_xml_that_it_can_style(client: TestClient, name: str) -> None:
    """A browser gets the same bytes as application/xml, and caches are told what it depends on."""
    reader = client.get(f"/feed.{name}")
    browser = client.get(f"/feed.{name}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert browser.content == reader.content
    assert browser.headers["vary"] == reader.headers["vary"] == "Accept"
    expected = FORMATS[name].content_type if name == "json" else "application/xml; charset=utf-8"
    assert browser.headers["content-type"] == expected


def test_topic_and_group_feeds_hold_their_stories(client: TestClient) -> None:
    """A topic's feed has that topic's stories alone, and its own title and id."""
    everything, topic = (client.get(p).json() for p in ("/feed.json", "/topics/talks/feed.json"))
    assert [i["title"] for i in topic["items"]] == [f"Talks, day {n}" for n in (9, 7, 5, 3, 1)]
    assert len(everything["items"]) == 9
    assert topic["title"] == "The talks – Every story once"
    assert topic["_aggregator"]["id"] != everything["_aggregator"]["id"]


@pytest.mark.parametrize(
    "tags", ["{}", "W/{}", '"x", {}', '"x",W/{} , "y"', "*", " {} "], ids=lambda t: t.replace("{}", "TAG")
)
def test_if_none_match_gives_304(client: TestClient, tags: str) -> None:
    """A client that names the entity tag in any legal way gets 304 with the same headers and no body."""
    first = client.get("/feed.atom")
    second = client.get("/feed.atom", headers={"If-None-Match": tags.format(first.headers["etag"])})
    assert (second.status_code, second.content) == (304, b"")
    for name in ("etag", "last-modified", "cache-control", "vary"):
        assert second.headers[name] == first.headers[name]


def test_an_entity_tag_goes_before_a_date(client: TestClient) -> None:
    """With another If-None-Match, If-Modified-Since counts for nothing (RFC 9110 section 13.1.3)."""
    first = client.get("/feed.rss")
    stale = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]}
    assert client.get("/feed.rss", headers=stale).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Tue, 07 Aug 2018 12:10:00 GMT", 304),
        ("Wed, 08 Aug 2018 00:00:00 GMT", 304),
        ("Tue, 07 Aug 2018 12:09:59 GMT", 200),
        ("yesterday", 200),
        ("", 200),
        ("Tue, 07 Aug 99999999999 12:10:00 GMT", 200),
    ],
)
def test_if_modified_since(client: TestClient, since: str, status: int) -> None:
    """Dates are compared in whole seconds; what is no date is left out of account."""
    assert client.get("/feed.atom").headers["last-modified"] == "Tue, 07 Aug 2018 12:10:00 GMT"
    assert client.get("/feed.atom", headers={"If-Modified-Since": since}).status_code == status


def test_head_has_the_headers_of_get(client: TestClient) -> None:
    """HEAD sends what GET would, without the body."""
    get, head = client.get("/feed.json"), client.head("/feed.json")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_pages_hold_every_story_once(client: TestClient) -> None:
    """Following RFC 5005's next links gives each story once, and ends."""
    address, seen = "/feed.atom?limit=4", []
    while address:
        document = client.get(address).content
        assert CHECKS["atom"](document) == []
        root = etree.fromstring(document)
        seen += [e.findtext(f"{ATOM}title") for e in root.findall(f"{ATOM}entry")]
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
        assert links["self"].endswith(address)
        assert links["first"] == "http://testserver/feed.atom?limit=4"
        address = links.get("next", "").removeprefix("http://testserver")
    assert seen == [f"Talks, day {n}" for n in range(9, 0, -1)]


def test_a_feed_is_written_once_for_each_state(client: TestClient, held: Held) -> None:
    """The store is asked again only after a change; the same stories then give the same tag."""
    tags = [client.get("/feed.atom").headers["etag"] for _ in range(3)]
    assert held.asked == 1
    held.changes += 1
    assert client.get("/feed.atom").headers["etag"] == tags[0]
    assert held.asked == 2


def test_a_copy_that_joins_is_sent_but_is_no_news(client: TestClient, held: Held) -> None:
    """A joined copy changes the tag and the content, and neither the entry's dates nor the feed's."""
    old = client.get("/feed.json")
    held.stories[0] = replace(story(1, copies=2))
    held.changes += 1
    new = client.get("/feed.json", headers={"If-None-Match": old.headers["etag"]})
    assert new.status_code == 200
    before, after = old.json(), new.json()
    assert before["_aggregator"] == after["_aggregator"]
    for one, other in zip(before["items"], after["items"], strict=True):
        assert {n: one[n] for n in ("id", "date_published", "date_modified")} == {
            n: other[n] for n in ("id", "date_published", "date_modified")
        }
    assert "Outlet 2" in json.dumps(after)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/topics/nowhere/feed.atom", "nowhere"),
        ("/groups/nowhere/feed.rss", "nowhere"),
        ("/topics/%3Cscript%3E/feed.atom", "<script>"),
        ("/feed.xml", "feed.atom, feed.rss, feed.json"),
    ],
)
def test_unknown_feeds_are_404_in_words(client: TestClient, address: str, names: str) -> None:
    """A feed that is not there is a sentence in plain text that no browser takes for a page."""
    answer = client.get(address)
    assert answer.status_code == 404
    assert names in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "before=0", "before=-1"])
def test_impossible_pages_are_refused(client: TestClient, query: str) -> None:
    """A page that cannot be is the client's mistake."""
    assert client.get(f"/feed.atom?{query}").status_code == 422
