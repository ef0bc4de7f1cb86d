"""Entries, updates and sources for the store's tests, with fingerprints made by the real detector."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.dedup.fingerprint import analyse
from aggregator.dedup.rules import Rules
from aggregator.model import Applied, Entry, FeedInfo, Prepared, Source, Update
from aggregator.store import Store
from aggregator.topics import Topics

RULES = Rules()
NO_TOPICS = Topics()
LEASE = timedelta(minutes=5)

# The candidate index, whose newest rows SQLite keeps apart.
TABLES = ("candidate_keys", "gathered_keys", "fresh_keys")
KEYS = f"({' UNION ALL '.join(f'SELECT slot, article FROM {table}' for table in TABLES)}) AS keys"

SYLLABLES = [
    "ba",
    "de",
    "ki",
    "lo",
    "mu",
    "ra",
    "se",
    "ti",
    "vo",
    "za",
    "nor",
    "pel",
    "qui",
    "sta",
    "tre",
    "wim",
]


def stored(script: Path, file: Path) -> None:
    """The database of SQLite that a former version wrote, from its dump."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))


def words(seed: object, count: int = 240) -> str:
    """A text of invented words, the same for the same seed, unlike any other's; sixty words a paragraph."""
    roll = random.Random(str(seed))
    made = ["".join(roll.choices(SYLLABLES, k=roll.randint(2, 4))) for _ in range(count)]
    return "\n\n".join(" ".join(made[i : i + 60]).capitalize() + "." for i in range(0, count, 60))


def prepared(
    guid: str,
    title: str,
    text: str,
    *,
    url: str | None = None,
    published: datetime | None = None,
    **more: Any,
) -> Prepared:
    """An entry as a worker process returns it."""
    made = analyse(title, text.split("\n\n"))
    content = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    raw = repr((guid, title, text, url, published)).encode("utf-8", "replace")
    entry = Entry(
        guid=guid,
        url=url,
        title=title,
        published=published,
        content=content,
        raw_sha256=hashlib.sha256(raw).digest(),
        **more,
    )
    return Prepared(
        entry=entry,
        text=text,
        fingerprint=made.fingerprint,
        url_key=url,
        passages=made.passages,
        words=made.words,
        credit=made.credit,
    )


def sources(count: int, **more: Any) -> list[Source]:
    """Sources ``s0``, ``s1``… each on a host of its own, alternately of the groups ``even`` and ``odd``."""
    return [
        Source(
            id=f"s{i}",
            url=f"https://h{i}.example/feed",
            title=f"Outlet {i}",
            group=("even", "odd")[i % 2],
            **more,
        )
        for i in range(count)
    ]


def update(
    store_now: datetime, source: str, entries: Iterable[Prepared], *, also: Sequence[str] = (), **more: Any
) -> Update:
    """A poll that found these entries, and ``also`` these guids, whose bytes had not changed."""
    found = tuple(entries)
    values: dict[str, Any] = {
        "status": "fetched",
        "next_due": store_now + timedelta(minutes=30),
        "next_reason": "every 30 minutes",
        "present": frozenset({each.entry.guid for each in found} | set(also)),
        "info": FeedInfo("rss20", title="A feed", site_url=f"https://{source}.example/"),
        "etag": '"1"',
        "last_modified": "Tue, 24 Nov 2026 12:00:00 GMT",
        "body_sha256": b"b" * 32,
        "http_status": 200,
    }
    return Update(source=source, at=store_now, prepared=found, **(values | more))


def poll(store: Store, now: datetime, source: str, entries: Iterable[Prepared], **more: Any) -> Applied:
    """Apply such a poll."""
    topics, rules = more.pop("topics", NO_TOPICS), more.pop("rules", RULES)
    return store.arrivals.apply(update(now, source, entries, **more), rules=rules, topics=topics)
