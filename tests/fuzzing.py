"""One random try of each part that reads what others wrote. A try raises nothing but what that part promises.

A try is a function of a `random.Random`, so that its seed alone repeats it: `scripts/fuzz TARGET --seed N`.
"""

# ruff: noqa: E501, PT017  # what must hold of an error, too
from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aggregator.config import load
from aggregator.dedup.archive import dedup
from aggregator.dedup.fingerprint import analyse
from aggregator.errors import ConfigError, FetchError, ParseError, UsageError
from aggregator.model import Source
from aggregator.publish import opml as written
from aggregator.sources import opml
from aggregator.sources.dates import to_utc
from aggregator.sources.discover import feed_links
from aggregator.sources.feed import parse
from aggregator.sources.guard import check_url, literal, refused
from aggregator.text import dateline, html_to_paragraphs, is_glue, normalise, plain_to_paragraphs, tokenise
from aggregator.urls import absolute, url_key
from tests.commands import ROOT
from tests.hostile_server import rss
from tests.parserfuzz import HEADS, PIECES, composed, mutated, shortened
from tests.payloads import PAYLOADS, dangers

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SOURCE = Source(id="fuzz", url="https://outlet.example/feed", title="Fuzz")
BITS = (
    "<p>", "</p>", "<br>", "<li>", "<script>", "&amp;", "&#0;", "&#xD800;", "&nbsp;", "\n", "\n\n", "\r", "\t", "\0",
    "\u200b", "\u202e", "\ufeff", "\ud800", "\U0001f600", "é", "e\u0301", "ß", "İ", "ﬁ", "２０１８", "تهران", "صحبت‌های",
    "리용호", "北朝鲜", "ไทย", "かな", "TEHRAN (IRNA) —", "Subscribe to our newsletter", "Leave a reply", "not", "3.5", "1,000",
    "harbour", "council", "winter", "http://a.example/x?y=1#z", "'", '"', "<", ">", "-", "…", "{", "}", "[", "]", ":", "- ", "#",
)  # fmt: skip


def text_of(dice: random.Random, most: int = 60) -> str:
    """Bits of everything, glued together."""
    glue = dice.choice(("", " ", " ", "\n"))
    return glue.join(dice.choices((*BITS, *PAYLOADS), k=dice.randint(0, most)))


def scratched(text: str, dice: random.Random) -> str:
    """A text with a few pieces cut out, doubled or put in."""
    for _ in range(dice.randint(1, 6)):
        at, end = sorted((dice.randint(0, len(text)), dice.randint(0, len(text))))
        end = min(end, at + dice.choice((1, 5, 80)))
        how = dice.randrange(3)
        put = "" if how == 0 else text[at:end] * 2 if how == 1 else dice.choice(BITS)
        text = text[:at] + put + text[end:]
    return text


@cache
def feeds() -> list[bytes]:
    """The feeds of the tests, shortened."""
    folder = ROOT / "tests" / "data" / "feeds"
    found = [
        path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix in (".xml", ".rss", ".atom", ".json")
    ]
    return [shortened(body) for body in found if b"expected" not in body[:20] and len(body) < 50_000]


def try_parser(dice: random.Random) -> None:
    """A feed is a feed with sane entries, or a ParseError."""
    if dice.random() < 0.3:
        picks = lambda: [dice.randrange(len(PIECES)) for _ in range(dice.randint(0, 6))]  # noqa: E731
        body = composed(
            dice.randrange(len(HEADS)), picks(), [picks() for _ in range(dice.randint(0, 3))], picks()
        )
    else:
        body = mutated(dice.choice(feeds()), dice)
    kind = dice.choice(
        (None, "text/html", "application/xml; charset=utf-16", "text/xml; charset=euc-kr", "x")
    )
    try:
        feed = parse(body, url=SOURCE.url, content_type=kind, source=SOURCE, now=NOW)
    except ParseError as error:
        assert error.kind in ("not-a-feed", "truncated", "encoding"), error
        assert "\n" not in error.message
        return
    guids = [entry.guid for entry in feed.entries]
    assert len(set(guids)) == len(guids)
    for entry in feed.entries:
        assert entry.url is None or entry.url.startswith("http")
        assert dangers(entry.content) == dangers(entry.summary) == [], (entry.content, entry.summary)
        assert entry.title.isprintable() or not any(ord(character) < 32 for character in entry.title)
        assert entry.published is None or entry.published <= NOW + timedelta(days=1)
        json.dumps(entry.title + entry.guid).encode()
        (entry.guid + entry.title + entry.content).encode()


def try_text(dice: random.Random) -> None:
    """Any string has paragraphs, tokens and a normal form."""
    text = text_of(dice)
    for paragraphs in (html_to_paragraphs(text), plain_to_paragraphs(text)):
        for paragraph in paragraphs:
            tokenise(paragraph)
            dateline(paragraph)
            is_glue(paragraph)
    normalise(text)


def try_detector(dice: random.Random) -> None:
    """The same text has the same fingerprint; an archive folds the same in any order."""
    title, paragraphs = text_of(dice, 8), plain_to_paragraphs(text_of(dice))
    assert analyse(title, paragraphs) == analyse(title, paragraphs)
    base = text_of(dice, 200)
    documents: list[dict[str, Any]] = [
        {
            "id": str(n), "source": f"s{n % 3}", "title": text_of(dice, 6),
            "text": base if dice.random() < 0.4 else scratched(base, dice) if dice.random() < 0.5 else text_of(dice),
            "published": (NOW - timedelta(hours=dice.randint(0, 200), seconds=n)).isoformat(),
        }
        for n in range(dice.randint(1, 8))
    ]  # fmt: skip
    found = dedup(documents)
    dice.shuffle(documents)
    assert dedup(documents) == found
    assert all(0 <= line["similarity"] <= 1 for line in found)


@cache
def configurations() -> list[str]:
    """The configurations of the tests, and the shipped one."""
    folder = ROOT / "tests" / "data" / "config"
    paths = [ROOT / "config" / "aggregator.yaml", *sorted(folder.rglob("*.yaml"))]
    return [path.read_text(encoding="utf-8") for path in paths]


def try_configuration(dice: random.Random) -> None:
    """A YAML file is settings, or an error that names the file."""
    lines = dice.choice(configurations()).splitlines(keepends=True)
    start = dice.randrange(max(1, len(lines)))
    text = scratched("".join(lines[start : start + 40] if dice.random() < 0.8 else lines[:80]), dice)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            load(path, {})
        except ConfigError as error:
            assert str(path) in str(error) or "a.yaml" in str(error)


def try_opml(dice: random.Random) -> None:
    """An OPML file is subscriptions, or an error for people."""
    listed = [
        Source(f"s{n}", f"https://h{n}.example/feed", text_of(dice, 4), group=f"g{n % 2}") for n in range(4)
    ]
    whole = written.render(listed, "Mine", NOW)
    assert len(opml.read(whole).feeds) == 4
    text = scratched(whole.decode(), dice)
    with suppress(UsageError):
        for feed in opml.read(text.encode("utf-8", "replace")).feeds:
            assert feed.url.startswith("http")


def try_addresses(dice: random.Random) -> None:
    """Any string is an address, or none; what is resolved stays of the web; dates are dates or none."""
    url = (
        text_of(dice, 5)
        if dice.random() < 0.5
        else scratched("https://user@h.example:80/a/../b?c=d&e#f", dice)
    )
    key = url_key(url)
    assert key is None or url_key(key) == key, (url, key)
    made = absolute("https://base.example/a/b", url)
    assert made is None or made.startswith(("http://", "https://", "mailto:")), made
    with suppress(FetchError):
        check_url(url, allow_private=dice.random() < 0.5)
    address = literal(url[:60])
    assert address is None or refused(address) in (True, False)
    to_utc(
        scratched(
            dice.choice(("Thu, 09 Aug 2018 14:00:00 GMT", "2018-08-09T14:00:00Z", "2018년 8월 9일")), dice
        )
    )
    feed_links(text_of(dice).encode("utf-8", "replace") + rss(), "https://base.example/")


TARGETS: dict[str, Callable[[random.Random], None]] = {
    "parser": try_parser,
    "text": try_text,
    "detector": try_detector,
    "configuration": try_configuration,
    "opml": try_opml,
    "addresses": try_addresses,
}
