"""The demo world is sound: feeds parse, encodings are right, texts overlap as they were meant to."""

from __future__ import annotations

import html
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tests.demo import world
from tests.demo.build import build

BASE = datetime(2018, 8, 9, 12, 0, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8001"
OUTLETS = sorted(world.outlets())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The demo on disk and what it expects."""
    root = tmp_path_factory.mktemp("demo")
    return root, build(BASE, root, ADDRESS)


@cache
def parsed(root: Path, outlet: str, edition: int = 1) -> list[dict[str, Any]]:
    """Title, address, HTML and date of each entry, by parsers that are not ours."""
    one = world.outlets()[outlet]
    body = (root / "editions" / str(edition) / one.file).read_bytes()
    if one.format.startswith("json"):
        return [
            {"title": item["title"], "url": item["url"], "published": item["date_published"],
             "html": item.get("content_html") or item["content_text"], "guid": item["id"]}
            for item in json.loads(body)["items"]
        ]  # fmt: skip
    feed = feedparser.parse(
        io.BytesIO(body), resolve_relative_uris=True, sanitize_html=False,
        response_headers={"content-type": "application/xml", "content-location": f"{ADDRESS}/{one.file}"},
    )  # fmt: skip
    assert not feed.bozo or "declared" in str(feed.bozo_exception), feed.bozo_exception
    return [
        {"title": entry.title, "url": entry.link.removesuffix("?utm_source=rss"), "guid": entry.get("id"),
         "published": entry.get("published"),
         "html": entry.content[0].value if "content" in entry else entry.summary}
        for entry in feed.entries
    ]  # fmt: skip


def words_of(markup: str) -> list[str]:
    """Tokens of HTML escaped up to twice; each Han character is one; both yehs are one letter."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))))
    text = text.replace("\N{ARABIC LETTER FARSI YEH}", "\N{ARABIC LETTER YEH}")
    return re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", text.casefold())


def shingles(words: list[str]) -> set[tuple[str, ...]]:
    """Word-3 shingles."""
    return {tuple(words[index : index + 3]) for index in range(len(words) - 2)}


def containment(a: set[Any], b: set[Any]) -> float:
    """Share of the smaller set that is in the other."""
    return len(a & b) / min(len(a), len(b))


def jaccard(a: set[Any], b: set[Any]) -> float:
    """Share in common of all."""
    return len(a & b) / len(a | b)


def entry_shingles(root: Path) -> Iterator[tuple[str, str, set[tuple[str, ...]]]]:
    """(story, outlet, shingles of the entry as printed) for every entry of the last edition."""
    last = world.editions()
    for outlet, items in world.items(BASE, last).items():
        by_url = {entry["url"]: entry for entry in parsed(root, outlet, last)}
        for item in items:
            entry = by_url[f"{ADDRESS}/{outlet}/articles/{item.slug}.html"]
            yield item.story.id, outlet, shingles(words_of(entry["html"]))


def test_size_and_spread(built: tuple[Path, dict[str, Any]]) -> None:
    """At least 150 entries in at least 14 feeds of 6 to 15 entries, in seven formats and five encodings."""
    _, expected = built
    counts = [count["1"] for count in expected["outlets"].values()]
    assert sum(counts) >= 150
    assert len(counts) >= 14
    assert min(counts) >= 6
    assert max(counts) <= 15
    outlets = world.outlets().values()
    assert {one.format for one in outlets} == {
        "rss091",
        "rss10",
        "rss20",
        "atom03",
        "atom10",
        "json10",
        "json11",
    }
    assert {one.encoding for one in outlets} == {"utf-8", "utf-16", "windows-1256", "euc-kr", "gb18030"}
    assert {one.language for one in outlets} == {"en", "fa", "ko", "ar", "zh"}
    visit = {outlet.outlet for story in world.stories() if story.kind == "visit" for outlet in story.prints}
    assert len(visit) >= 14


@pytest.mark.parametrize("outlet", OUTLETS)
def test_feed_parses_as_expected(built: tuple[Path, dict[str, Any]], outlet: str) -> None:
    """Every edition of a feed gives exactly the expected entries with their titles, addresses and texts."""
    root, expected = built
    for edition in range(1, world.editions() + 1):
        entries = parsed(root, outlet, edition)
        assert len(entries) == expected["outlets"][outlet][str(edition)]
        items = world.items(BASE, edition)[outlet]
        for entry, item in zip(entries, items, strict=True):
            assert words_of(html.escape(entry["title"])) == words_of(html.escape(item.title))
            assert entry["url"] == f"{ADDRESS}/{outlet}/articles/{item.slug}.html"
            found = " ".join(words_of(entry["html"]))
            for paragraph in item.paragraphs:
                assert " ".join(words_of(paragraph)) in found
            for line in item.furniture if item.outlet.body != "text" else ():
                assert " ".join(words_of(line)) in found, "the page's furniture is there"


@pytest.mark.parametrize("outlet", OUTLETS)
def test_bytes_are_in_the_declared_encoding(built: tuple[Path, dict[str, Any]], outlet: str) -> None:
    """The bytes decode strictly as what the outlet claims; UTF-16 has its byte order mark."""
    root, _ = built
    one = world.outlets()[outlet]
    body = (root / "editions" / "1" / one.file).read_bytes()
    text = body.decode(one.encoding)
    assert "&#" not in text.replace("&#x27;", "").replace("&#39;", ""), "no letter missing in the encoding"
    assert body.startswith(b"\xff\xfe") == (one.encoding == "utf-16")
    if not one.format.startswith("json"):
        assert f'encoding="{one.encoding}"' in text[:60]


def test_every_article_has_its_page(built: tuple[Path, dict[str, Any]]) -> None:
    """The addresses of all members lead to pages, in the edition that brings them."""
    root, expected = built
    for story in expected["stories"]:
        for member in story["members"]:
            path = member["url"].removeprefix(f"{ADDRESS}/")
            assert (root / "editions" / str(member["edition"]) / path).is_file()


def test_expected_stories_are_a_partition(built: tuple[Path, dict[str, Any]]) -> None:
    """Every entry of every edition is in exactly one expected story, and each story has one first print."""
    root, expected = built
    members = Counter(
        (one["source"], one["url"]) for story in expected["stories"] for one in story["members"]
    )
    assert set(members.values()) == {1}
    for edition in range(1, expected["editions"] + 1):
        for outlet in OUTLETS:
            assert {(outlet, entry["url"]) for entry in parsed(root, outlet, edition)} <= set(members)
    assert all(
        sum(one["relation"] == "original" for one in story["members"]) == 1 for story in expected["stories"]
    )
    assert len({story["id"] for story in expected["stories"]}) == len(expected["stories"])


def test_agency_texts_have_realistic_lengths() -> None:
    """Agency texts: 150 to 450 English words, 300 to 900 Chinese characters, 90 and more elsewhere."""
    for story in world.stories():
        if story.kind == "visit" and story.agency:
            count = len(words_of(story.text))
            low, high = (300, 900) if story.language == "zh" else (90, 450)
            if story.language == "en":
                low = 150
            assert low <= count <= high, (story.id, count)


def test_copies_overlap(built: tuple[Path, dict[str, Any]]) -> None:
    """Every print shares at least .6 of the smaller side's word-3 shingles with the story's text."""
    root, _ = built
    texts = {story.id: shingles(words_of(story.text)) for story in world.stories()}
    low = [
        (story, outlet, round(share, 2))
        for story, outlet, found in entry_shingles(root)
        if (share := containment(texts[story], found)) < 0.6
    ]
    assert low == []


def test_independent_reports_do_not_overlap(built: tuple[Path, dict[str, Any]]) -> None:
    """Independent reports, other events and unrelated news share at most .25 of the smaller side."""
    _, expected = built
    texts = {story.id: shingles(words_of(story.text)) for story in world.stories()}
    forms = {(a["a"], a["b"]) for a in expected["apart"] if "form" in a["why"] or "digest" in a["why"]}
    forms |= {(b, a) for a, b in forms}
    high = [
        (a, b, round(share, 2))
        for a, b in combinations(texts, 2)
        if (a, b) not in forms and (share := containment(texts[a], texts[b])) > 0.25
    ]
    # Two look-alikes of one original resemble each other as well.
    assert [pair for pair in high if not {pair[0], pair[1]} <= {form[1] for form in forms}] == []


def test_templates_resemble_but_differ(built: tuple[Path, dict[str, Any]]) -> None:
    """Look-alikes share enough form to tempt a detector (C ≥ .15), and less than a copy does (J ≤ .75)."""
    _, expected = built
    texts = {story.id: shingles(words_of(story.text)) for story in world.stories()}
    pairs = [(one["a"], one["b"]) for one in expected["apart"] if "form" in one["why"]]
    assert len(pairs) >= 12
    for a, b in pairs:
        assert containment(texts[a], texts[b]) >= 0.15, (a, b)
        assert jaccard(texts[a], texts[b]) <= 0.75, (a, b)


def test_corrected_editions_change_facts_only(built: tuple[Path, dict[str, Any]]) -> None:
    """A replaced entry keeps guid and address, and differs in its text."""
    root, _ = built
    changed = 0
    for outlet in OUTLETS:
        before = {entry["url"]: entry for entry in parsed(root, outlet, 1)}
        for entry in parsed(root, outlet, 3):
            old = before.get(entry["url"])
            if old is not None and old["html"] != entry["html"] and "articles/en-speaker" in entry["url"]:
                assert old["guid"] == entry["guid"]
                assert old["published"] == entry["published"]
                changed += "55 minutes" in entry["html"]
    assert changed == 1


def test_dates_follow_the_base(tmp_path: Path) -> None:
    """The same world built twice is byte-identical; another base moves the dates alone."""
    first, second = tmp_path / "a", tmp_path / "b"
    build(BASE, first, ADDRESS)
    build(BASE, second, ADDRESS)
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / file).read_bytes() == (second / file).read_bytes() for file in files)
    newest = max(item.updated for items in world.items(BASE, world.editions()).values() for item in items)
    assert newest <= BASE
