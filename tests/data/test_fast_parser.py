"""The fast parser against feedparser: the same, or it stands back. What it takes for granted is held, too."""

from __future__ import annotations

import dataclasses
import random
import tarfile
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

import feedparser.api
import feedparser.mixin
import feedparser.sanitizer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model import Source
from aggregator.sources import fasttext
from aggregator.sources.authority import by_authority
from aggregator.sources.fast import parse_fast
from aggregator.sources.fastnames import ELSEWHERE, HANDLED, MARKUP_TAGS, NAMESPACES
from aggregator.sources.feed import (
    CHECKED_SHARE,
    cleaned,
    difference,
    parse,
    parse_changed,
    parse_raw,
)
from tests.parserfuzz import HEADS, PIECES, composed, mutated, shortened

FEEDS = Path(__file__).parent / "feeds"
OWN = {path.name: path.read_bytes() for path in sorted(FEEDS.iterdir()) if path.suffix != ".json"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://feeds.example/feed"
SOURCE = Source(id="x", url=URL, title="X")

warnings.filterwarnings("ignore", category=DeprecationWarning, module="feedparser")


def compared(body: bytes) -> bool:
    """Read both ways; whether the fast parser took it. Fails where they differ."""
    try:
        raw = parse_raw(body, url=URL, content_type=None, parser="check")
    except ParseError:
        return False
    assert not raw.differs, (raw.differs, body[:5_000])
    return raw.fast


def archive() -> dict[str, bytes]:
    """The real feeds."""
    path = Path(__file__).parents[2].parent / "shared" / "data" / "feeds.tar.xz"
    if not path.exists():
        pytest.skip("../shared is not here")
    with tarfile.open(path) as files:
        return {one.name: files.extractfile(one).read() for one in files if one.isfile()}


@pytest.mark.parametrize("name", OWN)
def test_own_feeds(name):
    """Our own feeds, broken ones among them."""
    compared(OWN[name])


def test_plain_feeds_take_the_fast_path():
    """Plain RSS 2.0 and Atom are read by the fast path; XHTML inside an entry is not."""
    assert all(compared(OWN[name]) for name in ("full.rss", "same-guid.rss", "bom-utf8.xml"))
    atom = b"<entry><title>N</title><id>urn:n</id><content type='html'>&lt;p>t&lt;/p></content></entry>"
    assert compared(HEADS[1][0] + atom + HEADS[1][1])
    assert not compared(OWN["full.atom"])


def test_the_choice_of_parser():
    """Each setting gives the same feed, and says which parser read it."""
    body = OWN["full.rss"]
    one, other = (parse(body, url=URL, content_type=None, source=SOURCE, now=NOW, parser=p)
                  for p in ("auto", "authority"))  # fmt: skip
    assert one == other
    asked = parse_changed(body, url=URL, content_type=None, source=SOURCE, now=NOW, known={}, parser="check")
    assert (asked.fast, asked.checked, asked.differs) == (True, True, "")


def test_a_disagreement_is_found(monkeypatch):
    """The comparison sees a title, a count and a feed's field that the fast path would get wrong."""
    from aggregator.sources import feed

    good = parse_fast(OWN["full.rss"], None)
    wrong = (
        (dataclasses.replace(good, items=good.items[1:]), "entries, not"),
        (dataclasses.replace(good, info=dataclasses.replace(good.info, title="no")), "the feed's title"),
        (dataclasses.replace(good, items=(dataclasses.replace(good.items[0], guid="no"), *good.items[1:])),
         "guid of entry 1"),
    )  # fmt: skip
    for raw, told in wrong:
        monkeypatch.setattr(feed, "parse_fast", lambda *_, raw=raw: raw)
        found = parse_raw(OWN["full.rss"], url=URL, content_type=None, parser="check")
        assert told in found.differs
        assert found.items == parse_raw(OWN["full.rss"], url=URL, content_type=None, parser="authority").items


def test_a_share_is_checked():
    """Without being asked to, one body in so many is read both ways."""
    bodies = [OWN["full.rss"] + b"<!-- %d -->" % n for n in range(6 * CHECKED_SHARE)]
    checked = sum(parse_raw(each, url=URL, content_type=None).checked for each in bodies)
    assert 1 <= checked <= 20


def test_two_channels_are_the_authoritys():
    """A document with a second channel is none that the fast path is sure of."""
    two = b'<rss version="2.0"><channel><title>a</title></channel><channel><title>b</title></channel></rss>'
    assert parse_fast(two, None) is None
    assert parse_raw(two, url=URL, content_type=None).info.title


def test_a_prefix_for_what_had_none_is_the_authoritys():
    """A namespace without a prefix that gets one later: to feedparser all its names have it from there on."""
    late = (
        b'<rss version="2.0" xmlns="urn:x"><channel><title>a</title><item><guid>1</guid>'
        b'<x:note xmlns:x="urn:x">n</x:note></item><item><guid>2</guid></item></channel></rss>'
    )
    assert parse_fast(late, None) is None
    compared(late)


PIECE = st.integers(0, len(PIECES) - 1)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, len(HEADS) - 1),
    st.lists(PIECE, max_size=3),
    st.lists(st.lists(PIECE, max_size=5), min_size=1, max_size=2),
    st.lists(PIECE, max_size=1),
)
def test_composed_documents(kind, feed, items, tail):
    """Documents of elements that feedparser treats in odd ways."""
    compared(composed(kind, feed, items, tail))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(OWN)), st.integers(0, 2**32))
def test_mutated_own_feeds(name, seed):
    """Our own feeds after accidents: cut, bytes, elements, prologues, namespaces, entities."""
    compared(mutated(OWN[name], random.Random(seed)))


def test_names_are_feedparsers():
    """What the fast path knows of feedparser's names holds for the version that is installed."""
    strict = feedparser.api.StrictFeedParser
    methods = {name.split("_", 2)[2] for name in dir(strict) if name.startswith(("_start_", "_end_"))}
    assert methods <= HANDLED
    mixin = feedparser.mixin._FeedParserMixin
    known = {uri.lower(): prefix for uri, prefix in mixin.namespaces.items()}
    meant = {name.split("_")[0].lower() for name in methods if "_" in name} | {"", "xml", "xlink"}
    for uri, prefix in known.items():
        if uri in NAMESPACES:
            assert NAMESPACES[uri] == prefix, uri
        elif uri and prefix.lower() in meant and "backend.userland.com/rss" not in uri:
            assert uri in ELSEWHERE, uri
    assert set(NAMESPACES) <= set(known)
    assert not any(uri.startswith("https:") for uri in known)
    assert feedparser.sanitizer._HTMLSanitizer.acceptable_elements >= MARKUP_TAGS
    assert feedparser.mixin._cp1252 == fasttext._WINDOWS


def timed(read):
    """What a reader gives, and the CPU seconds of the quicker of two times: the first one may import."""
    spent = []
    for _ in range(2):
        start = time.process_time()
        found = read()
        spent.append(time.process_time() - start)
    return found, min(spent)


def equal_or_left(bodies: dict[str, bytes]) -> tuple[int, float]:
    """How many of the feeds the fast path took, all equal; and how many times less CPU all of them cost."""
    taken, fast, authority = 0, 0.0, 0.0
    for name, body in bodies.items():
        found, quick = timed(lambda body=body: parse_fast(body, None))
        believed, slow = timed(lambda body=body: cleaned(by_authority(body, None), URL))
        taken += found is not None
        authority += slow
        fast += quick + (slow if found is None else 0)
        if found is not None:
            assert not difference(cleaned(found, URL), believed), name
    return taken, authority / fast


@pytest.mark.shared
def test_every_third_real_feed_is_equal():
    """A third of the real feeds, equal or left to feedparser."""
    bodies = dict(list(archive().items())[::3])
    taken, times = equal_or_left(bodies)
    assert taken >= 0.9 * len(bodies)
    assert times > 2  # loosely: the machine may be busy


@pytest.mark.long
@pytest.mark.shared
def test_all_real_feeds_are_equal_for_a_fifth_of_the_cost():
    """All real feeds, what feedparser reads counted: at most a fifth of the CPU of feedparser alone."""
    bodies = archive()
    taken, times = equal_or_left(bodies)
    print(f"fast parser: {taken} of {len(bodies)} real feeds, {times:.1f} times less CPU in all")
    assert taken >= 0.9 * len(bodies)
    assert times >= 5


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_fuzz():
    """Ten minutes of accidents to real feeds and of composed documents: no difference."""
    dice = random.Random(2018)
    bases = [shortened(body) for body in (OWN | archive()).values()]
    bases = [body for body in bases if len(body) < 60_000]
    end, read = time.monotonic() + 600, 0
    while time.monotonic() < end:
        pieces = [[dice.randrange(len(PIECES)) for _ in range(dice.randint(0, 6))] for _ in range(4)]
        made = composed(dice.randrange(len(HEADS)), pieces[0][:3], pieces[1:3], pieces[3][:1])
        body = dice.choice(bases) if dice.random() < 0.6 else made
        read += compared(mutated(body, dice) if dice.random() < 0.8 else body)
    assert read > 1_000
