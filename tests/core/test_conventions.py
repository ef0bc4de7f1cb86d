"""Feeds told from addresses of known shapes; nothing for any other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.sources.conventions import feed_of, feed_of_page

YOUTUBE = "https://www.youtube.com/feeds/videos.xml?"
KNOWN = {
    "https://www.youtube.com/channel/UCinvented_1-x/videos": YOUTUBE + "channel_id=UCinvented_1-x",
    "https://m.youtube.com/playlist?list=PL123": YOUTUBE + "playlist_id=PL123",
    "https://youtube.com/user/lorn": YOUTUBE + "user=lorn",
    "https://old.reddit.com/r/lighthouses": "https://www.reddit.com/r/lighthouses/.rss",
    "https://reddit.com/r/lighthouses+ferries/new/": "https://www.reddit.com/r/lighthouses+ferries/new/.rss",
    "https://www.reddit.com/u/keeper": "https://www.reddit.com/user/keeper/.rss",
    "https://github.com/lorn/ferry": "https://github.com/lorn/ferry/releases.atom",
    "https://github.com/lorn/ferry.git": "https://github.com/lorn/ferry/releases.atom",
    "https://github.com/lorn/ferry/tags": "https://github.com/lorn/ferry/tags.atom",
    "https://github.com/lorn/ferry/tree/main/docs": "https://github.com/lorn/ferry/commits/main/docs.atom",
    "https://github.com/lorn": "https://github.com/lorn.atom",
    "https://lorn.substack.com/p/a-letter": "https://lorn.substack.com/feed",
    "https://medium.com/@keeper/a-title-123": "https://medium.com/feed/@keeper",
    "https://sea.example/@keeper": "https://sea.example/@keeper.rss",
    "http://sea.example:3000/@keeper/with_replies": "http://sea.example:3000/@keeper.rss",
}


@pytest.mark.parametrize(("page", "feed"), KNOWN.items())
def test_known_shapes(page: str, feed: str) -> None:
    """The address of the page tells that of its feed, which tells no other."""
    found = feed_of(page)
    assert found is not None
    assert found.url == feed
    again = feed_of(feed)
    assert again is None or again.url == feed


@pytest.mark.parametrize(
    "page",
    ["https://www.youtube.com/@keeper", "https://github.com/features/actions", "https://github.com/",
     "https://news.example/2026/a-title", "https://news.example/feed", "ftp://sea.example/@keeper", "x",
     "https://substack.com/home", "https://[::1/@keeper", "https://sea.example/@keeper/123456"],
)  # fmt: skip
def test_unknown_shapes(page: str) -> None:
    """What no convention tells is left to the page itself."""
    assert feed_of(page) is None


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """No address makes it fail, and what it gives is an address of the web."""
    for start in (
        "",
        "https://github.com/",
        "https://medium.com/",
        "https://reddit.com/r/",
        "https://x.example/@",
    ):
        found = feed_of(start + text)
        assert found is None or found.url.startswith(("https://", "http://"))


def test_wordpress_by_its_own_word() -> None:
    """A page that announces WordPress's API tells where its root is; another host is not believed."""
    page = (
        b"<html><head><link rel='https://api.w.org/' href='https://lorn.example/blog/wp-json/'></head></html>"
    )
    found = feed_of_page(page, "https://lorn.example/blog/2026/x")
    assert found is not None
    assert found.url == "https://lorn.example/blog/feed/"
    assert feed_of_page(page, "https://other.example/") is None
    assert feed_of_page(b"", "https://lorn.example/") is None
