"""The merged feed in every format: valid, complete, inert, and steady while copies join."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import ArticleView, Enclosure, StoryView
from aggregator.publish import FORMATS, FeedView, Fragments
from aggregator.publish.markup import rfc822, uri

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests/feedcheck.py serves several folders

from feedcheck import CHECKS, bad_rfc822

NOON = datetime(2018, 8, 7, 12, tzinfo=UTC)


def article(number: int, **changes: object) -> ArticleView:
    """An article of outlet ``number``."""
    values: dict[str, object] = {
        "id": number,
        "source": f"outlet-{number}",
        "source_title": f"Outlet {number}",
        "guid": f"guid-{number}",
        "url": f"https://outlet{number}.example/visit?a=1&b=2",
        "title": "Minister arrives for talks",
        "published": NOON + timedelta(minutes=number),
        "first_seen": NOON + timedelta(minutes=number + 1),
        "similarity": 1.0,
        "reason": "first",
        "site_url": f"https://outlet{number}.example/",
        "content": "<p>The minister landed at <b>noon</b> &amp; went straight to the talks.</p>",
        "text": "The minister landed at noon & went straight to the talks.",
        "authors": ("A. Writer",),
        "language": "en",
        "categories": ("Diplomacy",),
        "enclosures": (Enclosure(f"https://outlet{number}.example/a.mp3", "audio/mpeg", 1234),),
    }
    return ArticleView(**{**values, **changes})  # type: ignore[arg-type]


def story(number: int, copies: int = 2, **changes: object) -> StoryView:
    """A story with its canonical article and some copies."""
    first = article(number * 100)
    rest = [
        article(number * 100 + n, reason="copy", relation="copy", marks=("adds",) if n == 1 else ())
        for n in range(1, copies + 1)
    ]
    values: dict[str, object] = {
        "id": number,
        "guid": f"tag:aggregator.example,2018:story/{number}",
        "title": first.title,
        "url": first.url,
        "published": first.published,
        "updated": first.published,
        "placed": first.first_seen,
        "canonical": first,
        "articles": (first, *rest),
        "topics": ("tehran-pyongyang",),
        "groups": ("iran",),
    }
    return StoryView(**{**values, **changes})  # type: ignore[arg-type]


def feed(*stories: StoryView, **changes: object) -> FeedView:
    """A feed of the stories."""
    values: dict[str, object] = {
        "title": "Every story once",
        "id": "tag:aggregator.example,2018:feed",
        "self_url": "http://127.0.0.1:8787/feed.atom",
        "site_url": "http://127.0.0.1:8787/",
        "updated": NOON,
        "stories": stories,
        "language": "en",
        "first_url": "http://127.0.0.1:8787/feed.atom",
        "next_url": "http://127.0.0.1:8787/feed.atom?before=1",
        "hub": "https://hub.example/",
        "stylesheet": "http://127.0.0.1:8787/static/feed.css",
    }
    return FeedView(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FORMATS)
def test_feeds_are_valid(name: str) -> None:
    """Feeds with many stories, one and none pass the strict checks."""
    for stories in ([story(1), story(2, copies=0), story(3, copies=9)], [story(1)], []):
        assert CHECKS[name](FORMATS[name].render(feed(*stories))) == []


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_feedparser_reads_what_was_meant(name: str) -> None:
    """An independent parser finds every field, and every copy by outlet and address."""
    whole = story(7)
    parsed = feedparser.parse(io.BytesIO(FORMATS[name].render(feed(whole))))
    entry = parsed.entries[0]
    assert not parsed.bozo
    assert (entry.id, entry.title, entry.link) == (whole.guid, whole.title, whole.url)
    assert entry.published_parsed[:6] == whole.published.timetuple()[:6]
    assert entry.author == "A. Writer"
    assert {tag.term for tag in entry.tags} == {"tehran-pyongyang", "iran", "Diplomacy"}
    assert entry.enclosures[0].href == "https://outlet700.example/a.mp3"
    assert entry.source.title == "Outlet 700"
    related = {(link.title, link.href) for link in entry.links if link.rel == "related"}
    assert related == {(a.source_title, a.url) for a in whole.articles[1:]}
    content = entry.content[0].value
    assert "went straight to the talks" in content
    for copy in whole.articles[1:]:
        assert copy.source_title in content


def test_json_names_every_copy() -> None:
    """The JSON Feed's extension and its HTML carry outlet, address, time and marks of each copy."""
    whole = story(7)
    item = json.loads(FORMATS["json"].render(feed(whole)))["items"][0]
    copies = item["_aggregator"]["copies"]
    assert [copy["outlet"] for copy in copies] == ["Outlet 701", "Outlet 702"]
    assert copies[0]["marks"] == ["adds"]
    assert copies[0]["published"] == "2018-08-07T23:41:00Z"
    assert 'href="https://outlet701.example/visit?a=1&amp;b=2"' in item["content_html"]
    assert "2018-08-07 23:41 UTC, adds to it" in item["content_html"]
    assert item["attachments"][0]["size_in_bytes"] == 1234


def dates(name: str, document: bytes) -> list[object]:
    """What clients take for a story's identity and dates."""
    if name == "json":
        return [[i["id"], i["date_published"], i["date_modified"]] for i in json.loads(document)["items"]]
    return [
        [e.id, e.published, e.updated if name == "atom" else None]
        for e in feedparser.parse(io.BytesIO(document)).entries
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_that_joins_changes_no_date(name: str) -> None:
    """A later copy is named, and neither the story's id nor its dates move."""
    before, after = story(1, copies=1), story(1, copies=2)
    old, new = FORMATS[name].render(feed(before)), FORMATS[name].render(feed(after))
    assert old != new
    assert b"Outlet 102" in new
    assert dates(name, old) == dates(name, new)


@pytest.mark.parametrize("name", FORMATS)
def test_a_story_never_appears_twice(name: str) -> None:
    """A query that returns a story twice still makes a feed that shows it once."""
    assert CHECKS[name](FORMATS[name].render(feed(story(1), story(2), story(1)))) == []


@pytest.mark.parametrize("name", FORMATS)
def test_fragments_change_nothing_but_the_work(name: str) -> None:
    """Kept fragments give the same bytes, and a changed story is written again."""
    kept, render = Fragments(size=3), FORMATS[name].render
    stories = [story(n) for n in range(1, 6)]
    for _ in range(2):
        assert render(feed(*stories), kept) == render(feed(*stories))
    renamed = replace(stories[4], title="Minister leaves again")
    assert b"Minister leaves again" in render(feed(renamed), kept)
    copy = replace(renamed.articles[1], source_title="Renamed Gazette")
    assert b"Renamed Gazette" in render(feed(replace(renamed, articles=(renamed.articles[0], copy))), kept)


def test_right_to_left_content_says_so() -> None:
    """Persian content stands in a block of its direction; the list of copies in one of ours."""
    persian = article(100, language="fa", content="<p>وزیر خارجه به تهران رسید.</p>")
    whole = replace(story(1), canonical=persian)
    html = json.loads(FORMATS["json"].render(feed(whole)))["items"][0]["content_html"]
    assert html.startswith('<div dir="rtl" lang="fa"><p>وزیر')
    assert '<div dir="ltr" lang="en"><hr>' in html


HOSTILE = [
    "<script>alert(1)</script>",
    "]]><x>&#0;",
    "\x00\x08\ud800\ufffe plain",
    "&lt;img src=x onerror=alert(1)&gt;",
    "\u202eevil\u202c \r\n\t spaced",
    '" onclick="x" \'',
    "",
    "   ",
]
LINKS = [
    "javascript:alert(1)",
    "data:text/html,x",
    "https://user:secret@host.example/",
    "//host.example/x",
    "https://host.example/a b<c>\"d'?q=ä&x=%zz#\x01",
    "https://bücher.example/نمونه",
    "http://[::1]:80/x",
    "http://[broken/",
    "http://host.example:port/",
    "",
    None,
]


def test_text_and_link_of_others_than_the_credited() -> None:
    """The credit stays the canonical outlet's; title, text, files and language are of the text's article."""
    big = article(1, content="", text="", summary="", enclosures=(), language="fr", categories=())
    free = article(
        2, title="Talks begin", content="<p>The free text.</p>", text="The free text.", language="de"
    )
    early = article(3, content="<p>Early.</p>")
    one = story(1, title=free.title, url=early.url, canonical=big, articles=(big, free, early), shown=free)
    for name, format_ in FORMATS.items():
        document = format_.render(feed(one))
        assert CHECKS[name](document) == []
        assert b"The free text." in document
        assert b"Outlet 2</a> \xe2\x80\x9c" not in document, "its title is the story's"
        assert b"the text above is its" in document
        assert b"outlet2.example/a.mp3" in document
    atom = etree.fromstring(FORMATS["atom"].render(feed(one)))
    entry = atom.find("{*}entry")
    assert entry.findtext("{*}title") == "Talks begin"
    assert entry.find("{*}link[@rel='alternate']").get("href").startswith("https://outlet3.example/")
    assert entry.findtext("{*}source/{*}title") == "Outlet 1"
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    fragments = Fragments()
    before = FORMATS["atom"].render(feed(one), fragments)
    told = replace(free, content="<p>Told on.</p>")
    assert FORMATS["atom"].render(feed(replace(one, shown=told)), fragments) != before


words = st.sampled_from(HOSTILE) | st.text(max_size=30)
links = st.sampled_from(LINKS) | st.text(max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    words,
    words,
    words,
    links,
    links,
    st.lists(words, max_size=3),
    st.sampled_from(["fa", "e n", "", None, "zh_Hans"]),
)
def test_hostile_fields_leave_feeds_valid(
    title: str,
    outlet: str,
    author: str,
    url: str | None,
    site: str | None,
    tags: list[str],
    language: str | None,
) -> None:
    """Whatever a field holds, every format stays valid and nothing in it can run."""
    bad = article(
        1, title=title, source_title=outlet, url=url, site_url=site, language=language, content="",
        summary="", text=title, authors=(author, author), categories=tuple(tags),
        enclosures=(Enclosure(url or "", author, -5), Enclosure(site or "", None, None)),
    )  # fmt: skip
    copy = replace(bad, id=2, marks=tuple(tags), published=datetime(1, 1, 1, tzinfo=UTC))
    whole = replace(story(1), title=title, url=url, canonical=bad, articles=(bad, copy), topics=tuple(tags))
    page = feed(whole, title=title or "x", language=language)
    for name, format_ in FORMATS.items():
        document = format_.render(page)
        assert CHECKS[name](document) == []
        assert b"secret@" not in document
        assert name == "json" or b"<script" not in document  # JSON Feed says that titles are plain


def test_rss_titles_cannot_be_taken_for_html() -> None:
    """A title that looks like a tag is inert in RSS, where readers disagree on what a title is."""
    document = FORMATS["rss"].render(feed(story(1, title="<img src=x onerror=alert(1)> 3 < 5")))
    assert etree.fromstring(document).findtext("channel/item/title") == "‹img src=x onerror=alert(1)> 3 < 5"


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("https://bücher.example/a b?q=ä", "https://xn--bcher-kva.example/a%20b?q=%C3%A4"),
        ("HTTPS://Host.Example:8443/%zz%41", "https://host.example:8443/%25zz%41"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("javascript:alert(1)", None),
        ("https://u:p@host.example/", None),
        ("http://host.example:port/", None),
        ("/relative", None),
        (None, None),
    ],
)
def test_addresses_become_uris_or_nothing(given_: str | None, expected: str | None) -> None:
    """Addresses leave as URIs in ASCII; those that are none, that run or that tell secrets do not leave."""
    assert uri(given_) == expected


@given(st.integers(-30_000_000_000, 200_000_000_000))
def test_dates_name_the_right_day(seconds: int) -> None:
    """RFC 822 dates parse back to the same second."""
    when = NOON + timedelta(seconds=seconds)
    assert parsedate_to_datetime(rfc822(when)) == when
    assert bad_rfc822(rfc822(when)) is None
