"""Feeds as files, each with what must be read from it beside it (``NAME.expected.json``)."""

import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from aggregator.errors import ParseError
from aggregator.model import Source
from aggregator.sources.feed import parse, parse_changed

FEEDS = Path(__file__).parent / "feeds"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in FEEDS.glob("*.expected.json"))
NOW = datetime(2018, 8, 12, tzinfo=UTC)
URL = "https://feeds.example/feed"


def read(name, expected):
    """Parse one file as it would be served."""
    address = "https://wire.example/feed.xml" if name == "full.rss" else URL
    source = Source(id="x", url=address, title="X", timezone=expected.get("timezone"))
    body = (FEEDS / name).read_bytes()
    return parse(body, url=address, content_type=expected.get("content_type"), source=source, now=NOW)


def plain(entry, key):
    """A field of an entry as the expectation writes it."""
    value = getattr(entry, key)
    if isinstance(value, datetime):
        return value.isoformat()
    if key == "enclosures":
        return [[one.url, one.type, one.length] for one in value]
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", NAMES)
def test_feed_file(name):
    """Each file gives exactly what stands beside it, or its error."""
    expected = json.loads((FEEDS / f"{name}.expected.json").read_text())
    if "error" in expected:
        with pytest.raises(ParseError) as raised:
            read(name, expected)
        assert raised.value.kind == expected["error"]
        assert expected.get("message", "") in raised.value.message
        return
    feed = read(name, expected)
    for key in ("format", "title", "site_url", "hub", "self_url"):
        assert getattr(feed.info, key) == expected.get(key, getattr(feed.info, key))
    hints = feed.info.hints
    if "ttl_minutes" in expected:
        assert hints.ttl is not None
        assert hints.ttl.total_seconds() == 60 * expected["ttl_minutes"]
        assert sorted(hints.skip_hours) == expected["skip_hours"]
        assert sorted(hints.skip_days) == expected["skip_days"]
    assert len(feed.entries) == len(expected["entries"])
    for entry, wanted in zip(feed.entries, expected["entries"], strict=True):
        assert {key: plain(entry, key) for key in wanted} == wanted
        assert len(entry.raw_sha256) == 32
        assert entry.guid
    assert len({entry.guid for entry in feed.entries}) == len(feed.entries)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith((".rss", ".atom", ".xml"))])
def test_known_entries_are_left_out(name):
    """An entry whose bytes are known needs no work, and is still present."""
    expected = json.loads((FEEDS / f"{name}.expected.json").read_text())
    if "error" in expected:
        pytest.skip("gives no entries")
    feed = read(name, expected)
    known = {entry.guid: entry.raw_sha256 for entry in feed.entries}
    again = parse_changed(
        (FEEDS / name).read_bytes(), url=URL, content_type=expected.get("content_type"),
        source=Source(id="x", url=URL, title="X"), now=NOW, known=known,
    )  # fmt: skip
    assert again.entries == ()
    assert again.present == set(known)


@pytest.mark.shared
def test_real_feeds_lose_nothing():
    """Of every fifth real feed, each entry that feedparser finds is read, with title and date."""
    archive = Path(__file__).parents[2].parent / "shared" / "data" / "feeds.tar.xz"
    if not archive.exists():
        pytest.skip("../shared is not here")
    with tarfile.open(archive) as files:
        names = sorted(name for name in files.getnames() if name.endswith(".xml"))[::5]
        bodies = {name: files.extractfile(name).read() for name in names}
    for name, body in bodies.items():
        found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries
        source = Source(id="x", url=URL, title="X")
        feed = parse(body, url=URL, content_type="application/xml", source=source, now=datetime.now(UTC))
        distinct = {json.dumps(entry, sort_keys=True, default=str) for entry in found}
        assert len(feed.entries) >= len(distinct), name
        claimed = {entry.get("published") or entry.get("updated") for entry in found} - {None}
        assert len({entry.published_claimed for entry in feed.entries} - {None}) >= len(claimed), name
        assert sum(not entry.title for entry in feed.entries) <= sum(not e.get("title") for e in found), name
