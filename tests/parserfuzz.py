"""Feeds made to part the fast parser from feedparser: real ones mutated, and documents of odd elements."""

# ruff: noqa: E501  a piece a line reads better than a piece in pieces

from __future__ import annotations

import random
import re

PIECES = (
    b"<title>other</title>", b"<title type='html'>&lt;b>x&lt;/b> y</title>", b"<link>https://a.example/1?a=1&amp;b=2</link>",
    b"<link href='https://a.example/2'/>", b"<link rel='enclosure' href='https://a.example/3' length='9'/>",
    b"<guid>https://a.example/4</guid>", b"<guid isPermaLink='false'>x</guid>", b"<id>tag:a</id>",
    b"<description>d &lt;p>e&lt;/p></description>", b"<description/>", b"<summary>s &amp;amp; t</summary>",
    b"<content type='text'>c</content>", b"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>x<b>y</b></div></content>",
    b"<author>Ann</author>", b"<author>ann@a.example (Ann B)</author>", b"<author><name>N</name><email>e@a.example</email></author>",
    b"<author><uri>https://a.example</uri><name>M</name></author>", b"<author>t<name>N</name></author>", b"<author/>",
    b"<category>c</category>", b"<category domain='d'>c</category>", b"<category term='t' label='l'/>", b"<keywords>k</keywords>",
    b"<pubDate>Thu, 09 Aug 2018 14:00:00 GMT</pubDate>", b"<pubDate>soon</pubDate>", b"<updated>2018-08-09T14:00:00Z</updated>",
    b"<published>2018-08-08</published>", b"<created>2018-08-07</created>", b"<date>2018-08-07</date>",
    b"<image><title>i</title><url>https://a.example/i.png</url></image>", b"<image>i</image>", b"<source url='https://a.example/s'>S</source>",
    b"<source><title>S</title><id>q</id></source>", b"<enclosure url='https://a.example/e.mp3' type='Audio/MPEG' length='10'/>",
    b"<language>fa</language>", b"<ttl>60</ttl>", b"<skipHours><hour>3</hour></skipHours>", b"<odd><title>deep</title></odd>",
    b"<odd a='1'>text</odd>", b"<p>html</p>", b"<!-- c -->", b"<?pi x?>", b"<![CDATA[<item>]]>", b"&#233;&#146;\xc3\x82\xc2\x92",
    b"<title xml:lang='de_AT'>h</title>", b"<description xml:base='https://b.example/x/'>r</description>", b"<link xml:base='/y/'>z</link>",
    b"<media:title xmlns:media='http://search.yahoo.com/mrss/'>m</media:title>",
    b"<media:group xmlns:media='http://search.yahoo.com/mrss/'><media:content url='u' fileSize='5'/><media:description>md</media:description></media:group>",
    b"<media:keywords xmlns:media='http://search.yahoo.com/mrss/'>a, b,,a</media:keywords>",
    b"<media:thumbnail xmlns:media='http://search.yahoo.com/mrss/'>https://a.example/t</media:thumbnail>",
    b"<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>C</dc:creator>", b"<dc:date xmlns:dc='http://purl.org/dc/elements/1.1/'>2018-08-06</dc:date>",
    b"<dc:title xmlns:dc='http://purl.org/dc/elements/1.1/'>D</dc:title>", b"<dc:subject xmlns:dc='http://purl.org/dc/elements/1.1/'>S</dc:subject>",
    b"<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'><![CDATA[<p>full</p>]]></content:encoded>",
    b"<itunes:summary xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>it</itunes:summary>",
    b"<itunes:author xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>I</itunes:author>",
    b"<itunes:owner xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><itunes:name>O</itunes:name></itunes:owner>",
    b"<a:title xmlns:a='http://www.w3.org/2005/Atom'>at</a:title>", b"<x:title xmlns:x='urn:x'>xt</x:title>", b"<dc:creator xmlns:dc='urn:x'>xt</dc:creator>",
    b"<title xmlns='urn:other'>o</title>", b"<link/>", b"<name>n</name>", b"<email>e@a.example</email>", b"<item><title>in</title></item>",
    b"<cc:license xmlns:cc='http://web.resource.org/cc/'/>", b"<rating>r</rating>", b"<links>l</links>", b"<tags>a,b</tags>",
)  # fmt: skip
_TAG = re.compile(rb"<[^<>!?]{1,300}>")
_ITEM = re.compile(rb"<(item|entry)[\s>].*?</\1\s*>", re.DOTALL)
_ELEMENT = re.compile(rb"<([A-Za-z][\w:-]*)(?:\s[^<>]*)?>[^<>]*</\1>")


def shortened(body: bytes, items: int = 3) -> bytes:
    """A feed with only its first items, so that a mutation is parsed quickly."""
    spans = [found.span() for found in _ITEM.finditer(body)]
    return body if len(spans) <= items else body[: spans[items - 1][1]] + body[spans[-1][1] :]


def mutated(body: bytes, dice: random.Random) -> bytes:
    """``body`` with one to three accidents."""
    for _ in range(dice.randint(1, 3)):
        body = dice.choice(ACCIDENTS)(body, dice)
    return body


def _somewhere(body: bytes, dice: random.Random, pattern: re.Pattern[bytes]) -> tuple[int, int]:
    spans = [found.span() for found in pattern.finditer(body)]
    return dice.choice(spans) if spans else (len(body) // 2, len(body) // 2)


def _insert(body: bytes, dice: random.Random) -> bytes:
    at = _somewhere(body, dice, _TAG)[dice.randint(0, 1)]
    return body[:at] + dice.choice(PIECES) + body[at:]


def _repeat(body: bytes, dice: random.Random) -> bytes:
    start, end = _somewhere(body, dice, _ELEMENT)
    at = _somewhere(body, dice, _TAG)[1]
    return body[:at] + body[start:end] + body[at:]


def _drop(body: bytes, dice: random.Random) -> bytes:
    start, end = _somewhere(body, dice, dice.choice((_TAG, _ELEMENT, _ITEM)))
    return body[:start] + body[end:]


def _cut(body: bytes, dice: random.Random) -> bytes:
    return body[: dice.randint(0, len(body))]


def _flip(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body) or 1)
    return body[:at] + bytes([dice.choice((dice.randrange(256), 60, 38, 62, 34, 0, 32))]) + body[at + 1 :]


def _wrap(body: bytes, dice: random.Random) -> bytes:
    start, end = _somewhere(body, dice, _ELEMENT)
    inner = body[start:end]
    wrapped = dice.choice(
        (b"<![CDATA[" + inner + b"]]>", b"<odd>" + inner + b"</odd>", b"<!--" + inner + b"-->")
    )
    return body[:start] + wrapped + body[end:]


def _prologue(body: bytes, dice: random.Random) -> bytes:
    rest = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", body)
    start = dice.choice((
        b"", b"\xef\xbb\xbf", b"  \n", b"<!-- c -->", b"<?xml version='1.1'?>", b"<?xml version='1.0' encoding='iso-8859-1'?>",
        b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>", b"<!DOCTYPE rss [<!ENTITY e 'x'>]>",
        b"<?xml version='1.0' encoding='windows-1251'?>", b"<?xml-stylesheet href='x'?>",
    ))  # fmt: skip
    return start + rest


def _attribute(body: bytes, dice: random.Random) -> bytes:
    start, end = _somewhere(body, dice, _TAG)
    tag = body[start:end]
    if tag.startswith(b"</"):
        return body
    added = dice.choice((
        b' xml:lang="fa"', b' lang=""', b' xml:base="https://b.example/"', b' type="html"', b' type="text/plain"', b' type="xhtml"',
        b' href="https://a.example/h"', b' isPermaLink="false"', b' rel="self"', b' a="1"', b' mode="base64"', b' TYPE="HTML"',
        b' xmlns="urn:x"', b' xmlns="http://www.w3.org/2005/Atom"', b' url="https://a.example/u"', b' version="2.0"',
    ))  # fmt: skip
    at = -2 if tag.endswith(b"/>") else -1
    return body[:start] + tag[:at] + added + tag[at:] + body[end:]


def _case(body: bytes, dice: random.Random) -> bytes:
    start, end = _somewhere(body, dice, _ELEMENT)
    return body[:start] + dice.choice((body[start:end].upper(), body[start:end].lower())) + body[end:]


def _text(body: bytes, dice: random.Random) -> bytes:
    found = _somewhere(body, dice, re.compile(rb">[^<>]+<"))
    word = dice.choice((b"&amp;eacute;", b"&amp;nope;", b"&nbsp;", b"&lt;i&gt;x&lt;/i&gt;", b"&lt;x-y&gt;", b" \xc2\xa0 ", b"caf\xc3\x83\xc2\xa9",
                        "م".encode(), b"]]>", b"\r\n", b"&#x80;", b"&#0;", b"://///", b"a@b.example"))  # fmt: skip
    at = dice.randint(found[0] + 1, max(found[0] + 1, found[1] - 1))
    return body[:at] + word + body[at:]


ACCIDENTS = (
    _insert, _insert, _insert, _repeat, _drop, _cut, _flip, _wrap, _prologue, _attribute, _attribute, _case, _text, _text,
)  # fmt: skip

HEADS = (
    (b"<rss version='2.0'><channel><title>T</title><link>https://a.example/</link>", b"</channel></rss>", b"item"),
    (b"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'><title>T</title><id>f</id>", b"</feed>", b"entry"),
    (b"<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom' xml:base='https://a.example/b'><channel>", b"</channel></rss>", b"item"),
)  # fmt: skip


def composed(kind: int, feed: list[int], items: list[list[int]], tail: list[int]) -> bytes:
    """A document of `PIECES`: of the feed, of each item, and after the items."""
    head, end, item = HEADS[kind]
    made = [b"<" + item + b">" + b"".join(PIECES[i] for i in each) + b"</" + item + b">" for each in items]
    return head + b"".join(PIECES[i] for i in feed) + b"".join(made) + b"".join(PIECES[i] for i in tail) + end
