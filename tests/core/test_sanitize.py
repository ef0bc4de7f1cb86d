"""Markup from strangers: nothing that runs or tells on the reader survives."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.sources.sanitize import clean_html, html_of_text, plain

BASE = "https://wire.example/news/feed.xml"
PAYLOADS = [
    "<script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=' &#1;javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<img src=x onerror=alert(1)//",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<object data='javascript:alert(1)'></object><embed src='x'>",
    "<form action='//evil.example'><input name=a autofocus onfocus=alert(1)><button>x</button></form>",
    "<style>*{background:url(//evil.example)}</style><p style='background:url(//evil.example)'>x</p>",
    "<base href='//evil.example/'><link rel=stylesheet href='//evil.example/a.css'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<video poster='javascript:alert(1)'><source onerror=alert(1) src='javascript:x'></video>",
    "<img src='x' srcset='javascript:alert(1) 2x' style='position:fixed'>",
    "<a href='https://ok.example/' onclick=alert(1) target=_top ping='//evil.example'>x</a>",
    "<p><<script>script>alert(1)<</script>/script>",
    "<title><img src=x onerror=alert(1)></title>",
    "<isindex type=image src=x onerror=alert(1)><marquee onstart=alert(1)>x</marquee>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<details open ontoggle=alert(1)>x</details>",
]
PIECES = ["<", ">", '"', "'", "&", "<p>", "</p>", "<img ", " src=", "x"]
FORBIDDEN_NAMES = """
    script style iframe object embed form input button svg math link meta base template textarea noscript
    title frame frameset applet
"""
ATTRIBUTE_NAMES = """
    dir lang title href hreflang rel src controls cite alt width height start type colspan rowspan scope
    datetime poster
"""
FORBIDDEN = set(FORBIDDEN_NAMES.split())
ATTRIBUTES = set(ATTRIBUTE_NAMES.split())


class Check(HTMLParser):
    """Fails at anything that may not be there."""

    def handle_starttag(self, tag, attrs):
        assert tag not in FORBIDDEN
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name in ("href", "src", "cite", "poster"):
                assert value.startswith(("https://", "http://", "mailto:"))
        if tag == "a":
            assert ("rel", "noopener noreferrer") in attrs

    def handle_comment(self, data):
        raise AssertionError("a comment")


def check(markup):
    """Parse what came out."""
    parser = Check()
    parser.feed(markup)
    parser.close()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_are_inert(payload):
    """Every way in that we know is closed, in markup, in plain text and in titles."""
    check(clean_html(payload, BASE, 10_000))
    check(html_of_text(payload, 10_000))
    assert "\x00" not in plain(payload, is_html=True, limit=100)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*PAYLOADS, *PIECES]), max_size=6))
def test_combinations_are_inert(parts):
    """So are combinations of them; cleaning twice changes nothing more."""
    cleaned = clean_html("".join(parts), BASE, 100_000)
    check(cleaned)
    assert clean_html(cleaned, BASE, 100_000) == cleaned


def test_addresses_are_resolved():
    """Relative addresses are made absolute in the same pass; broken ones lose the attribute alone."""
    cleaned = clean_html('<a href="../a?b=1&c=2">x</a><img src="/i.png" alt="A">', BASE, 1_000)
    assert 'href="https://wire.example/a?b=1&amp;c=2"' in cleaned
    assert '<img src="https://wire.example/i.png" alt="A">' in cleaned


PIXELS = [
    '<img src="/t.gif" width="1" height="1">',
    "<img height=0 src=/t.gif>",
    "<img width='1px' src='/t.gif'>",
    '<img src="https://pixel.wp.com/b.gif?x">',
    '<img alt="nothing to show">',
    '<img src="https://feeds.feedburner.com/~r/news/~4/abc">',
]


@pytest.mark.parametrize("image", PIXELS)
def test_tracking_pixels_go(image):
    """Images that nobody can see only tell who reads."""
    assert clean_html(f"<p>a{image}b</p>", BASE, 1_000) == "<p>ab</p>"


def test_real_images_stay():
    """An image of a size is one, and 100 is not 1."""
    assert "<img" in clean_html('<img src="/a.jpg" width="100" height="10">', BASE, 1_000)


def test_plain_text():
    """Titles lose tags and entities, white space is folded, and their length is bounded."""
    assert plain("A <b>bold</b> &amp; new\n day", is_html=True, limit=100) == "A bold & new day"
    assert plain("a < b", is_html=False, limit=100) == "a < b"
    assert plain("x" * 500, is_html=True, limit=10) == "x" * 9 + "…"
    assert (
        html_of_text("one\ntwo\n\nthree & <four>", 100) == "<p>one<br>two</p><p>three &amp; &lt;four&gt;</p>"
    )
