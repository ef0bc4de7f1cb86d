"""OPML out and in: what we export we can import; what others or attackers send is taken whole or refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import UsageError
from aggregator.model import Source
from aggregator.publish import opml as export
from aggregator.sources import opml

AT = datetime(2018, 8, 7, 12, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "publish"


def written(*sources: Source) -> bytes:
    """The sources as OPML."""
    return export.render(sources, "Ours & theirs", AT, {"asia": "Asia <East>"})


def test_what_is_exported_can_be_imported() -> None:
    """Addresses, titles, groups and languages survive; an address with credentials stays home."""
    sources = [
        Source("a", "https://a.example/feed?x=1&y=2", 'The "A" & <B>', group="asia", language="fa"),
        Source("b", "https://b.example/rss", "", group="other"),
        Source("c", "https://me:secret@c.example/", "C", group="asia", password="hidden"),
        Source("d", "https://d.example/rss", "D", group="asia"),
    ]
    document = written(*sources)
    assert b"secret" not in document
    assert b"hidden" not in document
    found = opml.read(document)
    assert found.skipped == ()
    assert [(f.url, f.title, f.group, f.language) for f in found.feeds] == [
        ("https://a.example/feed?x=1&y=2", 'The "A" & <B>', "Asia <East>", "fa"),
        ("https://d.example/rss", "D", "Asia <East>", None),
        ("https://b.example/rss", "b", "other", None),
    ]


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=10))
@settings(max_examples=60, deadline=None)
def test_any_title_survives_well_formed(title: str, group: str, language: str) -> None:
    """Whatever titles and groups hold, the export can be read again."""
    found = opml.read(written(Source("x", "https://x.example/", title, group=group, language=language)))
    assert [feed.url for feed in found.feeds] == ["https://x.example/"]


def test_a_file_as_other_readers_write_it() -> None:
    """Nested folders, categories, feed: addresses, repeated and impossible ones, odd case."""
    found = opml.read((DATA / "others.opml").read_bytes(), "others.opml")
    assert found.feeds == (
        opml.Subscription("https://a.example/rss", "A daily", "Korea", "https://a.example/", "ko"),
        opml.Subscription("http://b.example/rss", "b.example", "Asia"),
        opml.Subscription("https://c.example/rss", "C", "Weather"),
        opml.Subscription("https://d.example/rss", "D"),
    )
    assert [skipped.line for skipped in found.skipped] == [16, 17, 18]


def lines(body: str) -> bytes:
    """An OPML file around a body, which begins on line 2."""
    return f'<opml version="2.0"><body>\n{body}\n</body></opml>'.encode()


LAUGHS = (
    '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><opml><body><outline text="&b;"/></body></opml>'
)
OUTSIDE = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><outline text="&x;"/></opml>'


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "subs.opml:1: is not well-formed"),
        (b"hello", "subs.opml:1: is not well-formed"),
        (b"<html><body/></html>", "subs.opml:1: is no OPML: its root is <html>"),
        (lines('<outline xmlUrl="https://a.example/"/>\n<outline'), "subs.opml:4: is not well-formed"),
        (lines('<outline text="&nbsp;"/>'), "subs.opml:2: is not well-formed"),
        (LAUGHS.encode(), "subs.opml:1: declares entities"),
        (OUTSIDE.encode(), "subs.opml:1: declares entities"),
        (lines("<outline>" * 100_000), "subs.opml:2: nests more than 50 elements"),
        (lines("<outline/>" * 1_000_000), "subs.opml:2: has more than 50,000 outlines"),
        (b"x" * 20_000_001, "subs.opml: is larger than 20 MB"),
        (b'<?xml version="1.0" encoding="no-such"?><opml/>', "subs.opml"),
    ],
    ids=[
        "empty",
        "text",
        "html",
        "cut",
        "entity",
        "laughs",
        "outside",
        "deep",
        "million",
        "large",
        "encoding",
    ],
)
def test_what_is_no_sound_opml_is_refused_by_line(document: bytes, said: str) -> None:
    """A file that is broken or hostile is one clear mistake, quickly, and nothing of it is taken."""
    start = time.process_time()
    with pytest.raises(UsageError) as caught:
        opml.read(document, "subs.opml")
    assert str(caught.value).startswith(said)
    assert time.process_time() - start < 2


def test_five_thousand_outlines_take_no_time() -> None:
    """A large collection is read within a second."""
    body = "\n".join(f'<outline text="S{n}" xmlUrl="https://s{n}.example/rss"/>' for n in range(5_000))
    start = time.process_time()
    assert len(opml.read(lines(body)).feeds) == 5_000
    assert time.process_time() - start < 1


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1256", "iso-8859-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    """The declared encoding counts."""
    title = "Zeitung für alle" if encoding == "iso-8859-1" else "روزنامه تهران"[:5]
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml><outline text="{title}" xmlUrl="https://a.example/"/></opml>'
    assert opml.read(text.encode(encoding)).feeds[0].title == title
