"""The validators that judge our feeds catch what is broken: each rule by a document that breaks it alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests/feedcheck.py serves several folders

from feedcheck import check_atom, check_json, check_rss

DATA = Path(__file__).parents[1] / "data" / "publish"

ATOM = [
    ("<id>tag:a.example,2018:feed</id>", "", "feed has 0 of id"),
    ("<title>Feed</title>", "<title>Feed</title><title>Again</title>", "feed has 2 of title"),
    ("2018-08-07T12:00:00Z</updated><author>", "2018-08-07 12:00</updated><author>", "no RFC 3339 date"),
    ("2018-08-07T12:00:00Z</updated><author>", "2018-02-30T12:00:00Z</updated><author>", "is impossible"),
    ("<author><name>Ann</name></author>", "", "entry 1 has no author"),
    ("<name>Ann</name>", "<name> </name>", "has an empty name"),
    ("<name>Ann</name>", "<name>Ann</name><email>ann</email>", "has the email"),
    ('rel="self"', 'rel="via"', "feed has no link rel=self"),
    ('rel="related"', 'rel="sibling"', "unregistered rel 'sibling'"),
    ('rel="related"', 'rel="next"', "rel=next belongs to the feed"),
    ('rel="related" href', 'rel="alternate" href', "occurs 2 times"),
    ("https://b.example/1", "javascript:alert(1)", "can run"),
    ("https://b.example/1", "/relative", "is no absolute IRI"),
    ("https://b.example/1", "https://b.example/a b", "is no absolute IRI"),
    ("tag:a.example,2018:2", "tag:a.example,2018:1", "entry id 'tag:a.example,2018:1' occurs 2 times"),
    ("2018-08-07T12:00:02Z", "2018-08-07T12:00:01Z", "entry updated"),
    ('term="talks"', 'label="talks"', "has no term"),
    ('type="html">&lt;p', 'type="markdown">&lt;p', "has the type 'markdown'"),
    ('type="html">&lt;p', 'type="xhtml">&lt;p', "is not one xhtml:div"),
    ("&lt;p>Text", "<p>Text</p>", "has child elements"),
    ("&lt;p>Text", "&lt;script>x&lt;/script>", "has <script>"),
    ("&lt;p>Text", "&lt;img src='https://a.example/i' onerror='x'>", "has the handler onerror"),
    ("&lt;p>Text", "&lt;a href='/x'>Text&lt;/a>", "has href='/x'"),
    ("&lt;p>Text", "&lt;div>Text", "leaves <div> open"),
    ("&lt;p>Text", "Text&lt;/b>", "closes <b>"),
    ("&lt;p>Text", "Te\x85xt", "control characters"),
    ("&lt;p>Text", "Te\x08xt", "not well-formed"),
    ("&lt;p>Text", "Text &nbsp;", "not well-formed"),
    ('xml:lang="en"', 'xml:lang="e n"', "has xml:lang"),
    ("<entry>", '<x xmlns="urn:x:y"/><entry>', "unknown namespace urn:x:y"),
    ("<entry>", "<item/><entry>", "feed has atom:item"),
    ("</feed>", "<subtitle>Late</subtitle></feed>", "metadata after its first entry"),
    ("<source>", "<source><entry/>", "source has an entry"),
    ("<title>Outlet</title>", "", "source has 0 of title"),
    ('<?xml version="1.0" encoding="utf-8"?>', "", "no XML declaration"),
    ('utf-8"?>', 'utf-8"?><!DOCTYPE feed [<!ENTITY x "y">]>', "has a DOCTYPE"),
    ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "not atom:feed"),
]
RSS = [
    ("<title>Feed</title>", "", "channel has 0 of title"),
    ("<link>https://a.example/</link>", "<link>a.example</link>", "channel link is no absolute IRI"),
    ("Tue, 07 Aug 2018 12:00:00 GMT", "Mon, 07 Aug 2018 12:00:00 GMT", "names the wrong day"),
    ("Tue, 07 Aug 2018 12:00:00 GMT", "Tue, 7 Aug 18 12:00 GMT", "is no RFC 822 date"),
    ("Tue, 07 Aug 2018 12:00:00 GMT", "Tue, 31 Feb 2018 12:00:00 GMT", "is impossible"),
    ("tag:a.example,2018:2", "tag:a.example,2018:1", "guid 'tag:a.example,2018:1' occurs 2 times"),
    ('isPermaLink="false">tag', 'isPermaLink="no">tag', "isPermaLink='no'"),
    ('<guid isPermaLink="false">tag:a.example,2018:2', "<guid>two", "guid is no absolute IRI"),
    ('length="12"', "", "length is None"),
    ('length="12"', 'length="-1"', "length is '-1'"),
    ('type="audio/mpeg"', "", "type is None"),
    ('url="https://a.example/a.mp3"', 'url="ftp://a.example/a"', "has the scheme 'ftp'"),
    (
        "<enclosure",
        '<enclosure url="https://a.example/b" length="1" type="a/b"/><enclosure',
        "2 of enclosure",
    ),
    ("<dc:creator>Ann</dc:creator>", "<author>Ann</author>", "is no email address"),
    ("<dc:creator>Ann", "<author>ann@a.example</author><dc:creator>Ann", "both author and dc:creator"),
    ("<title>First</title>", "<title>First &lt;b></title>", "title has HTML"),
    ("<title>First</title>", "<title>First &amp;amp;</title>", "title has HTML"),
    ("<title>First</title>", "<title>A</title><title>B</title>", "item 1 has 2 of title"),
    ('<source url="https://a.example/">', "<source>", "source is empty"),
    ('rel="self"', 'rel="via"', "one atom:link rel=self"),
    ("<description>Lead</description>", "", "no description before content:encoded"),
    ("<category>talks</category>", "<category> </category>", "category is empty"),
    ("<category>talks</category>", "<keyword>x</keyword>", "unknown element keyword"),
    ("<language>en</language>", "<language>English language</language>", "channel language"),
    ("&lt;p>Text", "&lt;iframe>", "has <iframe>"),
    ('version="2.0"', 'version="0.91"', "not rss 2.0"),
    ("</channel>", "</channel><channel/>", "has 2 channels"),
]
JSON = [
    ('"https://jsonfeed.org/version/1.1"', '"https://jsonfeed.org/version/1"', "feed version"),
    ('"title": "Feed",', "", "feed has no title"),
    ('"id": "2"', '"id": "1"', "id '1' occurs 2 times"),
    ('"id": "2"', '"id": 2', "id is no str"),
    ('"id": "2",', "", "item 2 has no id"),
    ('"content_html": "<p>Text</p>"', '"content_html": ""', "has no content"),
    ('"content_html": "<p>Text</p>"', '"content_html": "<script></script>"', "has <script>"),
    ('"2018-08-07T12:00:00Z"', '"7 August"', "date_published is no RFC 3339 date"),
    ('"https://a.example/1"', '"javascript:x"', "url has the scheme"),
    ('"authors": [{"name": "Ann"}]', '"authors": [{}]', "has the author"),
    ('"authors": [{"name": "Ann"}]', '"author": {"name": "Ann"}', "unknown member author"),
    ('"tags": ["talks"]', '"tags": [1]', "has a tag"),
    ('"tags": ["talks"]', '"tags": "talks"', "tags is no list"),
    ('"language": "en"', '"language": "e n"', "language is"),
    ('"mime_type": "audio/mpeg"', '"mime_type": "audio"', "attachment has the type"),
    ('"size_in_bytes": 12', '"size_in_bytes": "12"', "attachment has the size"),
    ('"_x": {}', '"_x": 1', "extension _x is no object"),
    ('"_x": {}', '"x": {}', "unknown member x"),
    ('"_x": {}', '"_x": {"n": NaN}', "is no JSON"),
    ('"_x": {}', '"_x": {}, "_x": {}', "a name occurs twice"),
    ('"hubs": [{"type": "WebSub", "url": "https://hub.example/"}]', '"hubs": [{}]', "has the hub"),
]


@pytest.mark.parametrize(
    ("name", "check"), [("sound.atom", check_atom), ("sound.rss", check_rss), ("sound.json", check_json)]
)
def test_sound_documents_pass(name: str, check: object) -> None:
    """The documents that the others are broken copies of have no problem."""
    assert check((DATA / name).read_bytes()) == []  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "check", "sound", "broken", "said"),
    [("sound.atom", check_atom, *case) for case in ATOM]
    + [("sound.rss", check_rss, *case) for case in RSS]
    + [("sound.json", check_json, *case) for case in JSON],
)
def test_broken_documents_are_caught(name: str, check: object, sound: str, broken: str, said: str) -> None:
    """One change that breaks a rule is named."""
    document = (DATA / name).read_text(encoding="utf-8")
    assert sound in document
    problems = check(document.replace(sound, broken, 1).encode())  # type: ignore[operator]
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("check", [check_atom, check_rss, check_json])
def test_what_is_no_document_is_caught(check: object) -> None:
    """Nothing, text, and bytes that are no UTF-8 are problems, not exceptions."""
    for document in (b"", b"hello", b"[]", b'<?xml version="1.0"?><a>\xff</a>'):
        assert check(document)  # type: ignore[operator]
