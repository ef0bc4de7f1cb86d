"""Addresses: what is one article, what is safe, what is absolute."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator import urls
from aggregator.urls import absolute, host, safe_link, url_key

SAME = [
    ("http://www.example.ir/news/1", "https://example.ir/news/1/"),
    ("https://example.ir:443/news/1#comments", "http://example.ir:80/news/1"),
    ("https://EXAMPLE.ir/news/1?utm_source=rss&utm_medium=feed", "https://example.ir/news/1"),
    ("https://example.ir/?p=12&fbclid=abc", "https://www.example.ir/?p=12"),
    ("https://example.ir/news/1?b=2&a=1", "https://example.ir/news/1?a=1&b=2"),
    ("https://example.ir/news/1/amp/", "https://example.ir/news/1"),
    ("https://amp.example.ir/news/1?amp=1", "https://example.ir/news/1"),
    ("https://example.ir/news/1.amp.html", "https://example.ir/news/1.html"),
    ("https://www.google.com/amp/s/example.ir/news/1", "https://example.ir/news/1"),
    ("https://example-ir.cdn.ampproject.org/c/s/example.ir/news/1", "https://example.ir/news/1"),
    ("https://www.google.com/url?sa=t&url=https%3A%2F%2Fexample.ir%2Fnews%2F1", "https://example.ir/news/1"),
    ("http://us.rd.yahoo.com/x/rss/*http://example.ir/news/1", "https://example.ir/news/1"),
    ("https://example.ir/%D8%AE%D8%A8%D8%B1", "https://example.ir/خبر"),
    ("https://example.ir/%7euser/a", "https://example.ir/~user/a"),
    ("https://example.ir/a/../b", "https://example.ir/b"),
    ("https://뉴스.example/1", "https://xn--3e0b797a.example/1"),
]
DIFFERENT = [
    ("https://example.ir/?p=12", "https://example.ir/?p=13"),
    ("https://example.ir/news/1?page=2", "https://example.ir/news/1"),
    ("https://example.ir/news/1", "https://example.kr/news/1"),
    ("https://example.ir/News", "https://example.ir/news"),
    ("https://example.ir/#!/1", "https://example.ir/#!/2"),
    ("https://example.ir:8080/1", "https://example.ir/1"),
    ("http://feeds.example/~r/News/~3/abc/", "http://feeds.example/~r/News/~3/abd/"),
]
NO_ARTICLE = [
    "https://example.ir",
    "https://example.ir/",
    "http://www.example.ir/index.php?utm_source=x",
    "mailto:a@b.c",
    "ftp://example.ir/a",
    "javascript:alert(1)",
    "",
    "tag:example.ir,2018:1",
    "http://",
    "http://[::1",
    "/news/1",
]
FRAGMENTS = """https:// http:// www. amp. example.ir 한국.kr / // /amp .amp .html .. . ? & = # #! % %2e %2F
    %25 %41 utm_source=a amp=1 :80 :443 :8080 google.com /amp/s/ /url?url= * http%3A%2F%2Fa.b%2Fc yahoo.com"""
UNSAFE = """javascript:alert(1)|jav\tascript:alert(1)| \x01javascript:x|data:text/html,x|vbscript:x|//evil
    |/\\evil|http:x|file:///etc/passwd|http://\ud800"""


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same_article(one, other):
    """Forms of one article's address have one key."""
    if "xn--" in other:  # computed, not remembered
        other = f"https://{'뉴스'.encode('idna').decode()}.example/1"
    assert url_key(one) == url_key(other) is not None


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_articles(one, other):
    """What may be two articles has two keys."""
    assert url_key(one) != url_key(other)
    assert url_key(one) is not None


@pytest.mark.parametrize("url", NO_ARTICLE)
def test_no_article(url):
    """A home page, another scheme and garbage have no key."""
    assert url_key(url) is None


PIECES = st.lists(
    st.one_of(
        st.sampled_from(FRAGMENTS.split()),
        st.text(max_size=4),
    ),
    max_size=10,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(PIECES, st.sampled_from(["", "https://example.ir/", "http://www.google.com/"]))
@example("https://h.ir/a/amp.amp", "")
def test_key_is_idempotent(tail, head):
    """The key of a key is the key itself."""
    key = url_key(head + tail)
    if key is not None:
        assert url_key(key) == key


HOSTS = """
    example.ir www.example.ir amp.a.b www.a a.b:80 a.b:8080 a.b:٣ a..b .a.b a-b.c www.google.com rd.yahoo.com
"""
STEPS = "/ a B.html . .. index.html amp .amp ~ (x) : ; é % %41 ? #! @"
PATHS = st.lists(st.sampled_from(STEPS.split()), max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["http", "https"]), st.sampled_from(HOSTS.split()), PATHS)
def test_the_short_way_to_a_key_is_the_long_one(scheme, host, path):
    """The key of an address without anything to look at is the one that a full look gives."""
    address = f"{scheme}://{host}/{path}"
    bare = urls._BARE.fullmatch(address)
    short = urls._key_of_bare(*bare.groups()) if bare else None
    assert short is None or (short, None) == urls._key_or_target(address)


@settings(max_examples=60, deadline=None)
@given(PIECES, st.sampled_from(["", "https://example.ir/", "java\tscript:", "data:", "mailto:a@"]))
def test_safe_link_is_safe(tail, head):
    """A safe link has one of three schemes, no quotes, no spaces, no control characters, and is stable."""
    link = safe_link(head + tail)
    if link is not None:
        assert link.lower().startswith(("http://", "https://", "mailto:"))
        assert link.isascii()
        assert not set(link) & set('"<>\\ \t\r\n\0`{}|^')
        assert safe_link(link) == link


@pytest.mark.parametrize("url", UNSAFE.split("|"))
def test_unsafe_links(url):
    """Scripts, data and addresses without a host are no links."""
    assert safe_link(url) is None


def test_absolute():
    """Relative addresses are resolved; what is unsafe afterwards is dropped."""
    base = "https://example.ir/news/feed.xml"
    assert absolute(base, "1.html") == "https://example.ir/news/1.html"
    assert absolute(base, "//cdn.example.ir/a.jpg") == "https://cdn.example.ir/a.jpg"
    assert absolute(base, "?p=1") == "https://example.ir/news/feed.xml?p=1"
    assert absolute(base, " javascript:alert(1)") is None
    assert absolute(base, "jav\nascript:alert(1)") is None
    assert absolute(base, "http://[bad") is None
    assert absolute(None, "/a") is None
    assert absolute(base, "خبر") == "https://example.ir/news/%D8%AE%D8%A8%D8%B1"


def test_host():
    """Hosts are lowercase ASCII; addresses without one have none."""
    assert host("https://WWW.Example.ir:80/a") == "www.example.ir"
    assert host("mailto:a@b") is None
    assert host("http://[bad") is None
