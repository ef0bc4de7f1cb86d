"""What another reader holds of a person: feeds in folders, and which entries are read or starred.

The two protocols that readers speak to each other: Miniflux's own API, and Google Reader's, as FreshRSS and
others have it. Both are asked politely, page by page, and bounded. Nothing is changed there.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from aggregator.errors import FetchError, UsageError
from aggregator.model import Due, Fetched, Source
from aggregator.sources.http import Client
from aggregator.sources.opml import Subscription

PAGE = 500  # entries of one answer
MOST_ENTRIES = 100_000
MOST_BODY = 100_000_000  # bytes of one answer
RECENT = timedelta(days=90)  # read entries that are older are in no feed any more
TIMEOUT = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class BroughtEntry:
    """An entry as the other reader holds it. ``feed``: the address of its feed.

    ``guid``: the feed's own, ``guid_sha256``: its hash in hex, where the protocol gives one of them.
    ``content``: HTML, not sanitised.
    """

    feed: str
    url: str | None
    title: str
    read: bool
    starred: bool
    content: str = ""
    published: datetime | None = None
    author: str = ""
    guid: str | None = None
    guid_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """All of it, bounded."""

    feeds: tuple[Subscription, ...]
    entries: tuple[BroughtEntry, ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the other reader: a token, or a name and a password."""

    token: str | None = None
    user: str | None = None
    password: str | None = None


async def from_miniflux(client: Client, url: str, credentials: Credentials, now: datetime) -> Brought:
    """By Miniflux's API (``/v1/feeds``, ``/v1/entries``). Raises FetchError, UsageError."""
    base = url.rstrip("/").removesuffix("/v1")
    ask = _asker(client, base, credentials, {"X-Auth-Token": credentials.token or ""})
    feeds = _items(await ask(f"{base}/v1/feeds", {}), None, base)
    by_no = {feed.get("id"): str(feed.get("feed_url") or "") for feed in feeds}
    found: dict[Any, BroughtEntry] = {}
    recent = int((now - RECENT).timestamp())
    for wanted in ({"starred": "true"}, {"status": "unread"}, {"status": "read", "published_after": recent}):
        last = 0
        while len(found) < MOST_ENTRIES:
            paging = {"order": "id", "direction": "asc", "limit": PAGE, "after_entry_id": last}
            entries = _items(await ask(f"{base}/v1/entries", wanted | paging), "entries", base)
            for entry in entries:
                last = max(last, int(entry.get("id") or 0))
                if by_no.get(entry.get("feed_id")):
                    found[entry.get("id")] = _of_miniflux(entry, by_no[entry.get("feed_id")])
            if len(entries) < PAGE:
                break
    listed = tuple(
        Subscription(
            url=str(feed.get("feed_url")),
            title=_line(feed.get("title")),
            group=_line((feed.get("category") or {}).get("title")) or None,
        )
        for feed in feeds
        if _is_web(feed.get("feed_url"))
    )
    return Brought(listed, tuple(found.values()))


def _of_miniflux(entry: Mapping[str, Any], feed: str) -> BroughtEntry:
    return BroughtEntry(
        feed=feed, url=_web(entry.get("url")), title=_line(entry.get("title")),
        read=entry.get("status") != "unread", starred=entry.get("starred") is True,
        content=str(entry.get("content") or ""), published=_iso(entry.get("published_at")),
        author=_line(entry.get("author")), guid_sha256=str(entry.get("hash") or "") or None,
    )  # fmt: skip


async def from_greader(client: Client, url: str, credentials: Credentials, now: datetime) -> Brought:
    """By the Google Reader API, at the address that holds ``/accounts/ClientLogin``.

    FreshRSS has it at ``/api/greader.php``. Raises FetchError, UsageError.
    """
    base = url.rstrip("/").removesuffix("/reader/api/0")
    form = {"Email": credentials.user or "", "Passwd": credentials.password or credentials.token or ""}
    answer = await _signed_in(client, base, form)
    said = dict(
        line.partition("=")[::2] for line in (answer.body or b"").decode("utf-8", "replace").split("\n")
    )
    if not said.get("Auth"):
        raise UsageError(f"{base}: no Google Reader API answers there; is the address right?")
    ask = _asker(client, base, Credentials(), {"Authorization": f"GoogleLogin auth={said['Auth'].strip()}"})
    api, json_ = f"{base}/reader/api/0", {"output": "json"}
    listed = _items(await ask(f"{api}/subscription/list", json_), "subscriptions", base)
    addresses = {str(each.get("id")): str(each.get("url") or str(each.get("id"))[5:]) for each in listed}
    found: dict[Any, BroughtEntry] = {}
    state = "user/-/state/com.google"
    recent = {"ot": int((now - RECENT).timestamp())}
    for stream, more in ((f"{state}/starred", {}), (f"{state}/reading-list", recent)):
        mark: str | None = ""
        while mark is not None and len(found) < MOST_ENTRIES:
            asked = json_ | {"n": PAGE} | more | ({"c": mark} if mark else {})
            page = await ask(f"{api}/stream/contents/{stream}", asked)
            for item in _items(page, "items", base):
                feed = addresses.get(str((item.get("origin") or {}).get("streamId")))
                if feed:
                    found[item.get("id")] = _of_greader(item, feed, state)
            following = str(page.get("continuation") or "") or None if isinstance(page, dict) else None
            mark = None if following == mark else following
    return Brought(
        tuple(
            Subscription(
                url=addresses[str(each.get("id"))],
                title=_line(each.get("title")),
                group=next((_line(c.get("label")) or None for c in each.get("categories") or []), None),
            )
            for each in listed
            if _is_web(addresses[str(each.get("id"))])
        ),
        tuple(found.values()),
    )


async def _signed_in(client: Client, base: str, form: Mapping[str, str]) -> Fetched:
    try:
        return await client.answer(_probe(base, {}), f"{base}/accounts/ClientLogin", form)
    except FetchError as error:
        if error.status in (401, 403):
            raise UsageError(f"{base}: name or password is not accepted") from error
        raise


def _of_greader(item: Mapping[str, Any], feed: str, state: str) -> BroughtEntry:
    name = state.rpartition("/")[2]
    marks = {str(each).rpartition(f"/state/{name}/")[2] for each in item.get("categories") or []}
    links = [*(item.get("canonical") or []), *(item.get("alternate") or [])]
    text = item.get("content") or item.get("summary") or {}
    published = item.get("published")
    at = (
        datetime.fromtimestamp(published, UTC)
        if isinstance(published, int) and 0 < published < 1e10
        else None
    )
    return BroughtEntry(
        feed=feed, url=next((found for link in links if (found := _web(link.get("href")))), None),
        title=_line(item.get("title")), read="read" in marks, starred="starred" in marks,
        content=str(text.get("content") or ""), published=at, author=_line(item.get("author")),
        guid=str(item["guid"]) if item.get("guid") else None,
    )  # fmt: skip


def as_feed(entries: list[BroughtEntry]) -> bytes:
    """Entries as a JSON Feed (version 1.1), so that they take the way of every feed: sanitised, bounded."""
    items = [
        {
            "id": entry.guid or entry.url or entry.guid_sha256 or entry.title,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.content or entry.title,
            "date_published": entry.published.isoformat() if entry.published else None,
            "authors": [{"name": entry.author}] if entry.author else [],
        }
        for entry in entries
    ]
    kept = [{name: value for name, value in item.items() if value} for item in items]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "brought", "items": kept}
    return json.dumps(feed).encode()


# ----------------------------------------------------------------------------- asking


def _probe(base: str, headers: Mapping[str, str], credentials: Credentials | None = None) -> Source:
    """A source for an API that a person named: its host may be a private one."""
    host = urlsplit(base).hostname
    if not _is_web(base) or host is None:
        raise UsageError(f"{base}: must be a web address, such as https://reader.example.org")
    return Source(
        id="import", url=base, title=base, timeout=TIMEOUT, max_body=MOST_BODY, allow_private=True,
        private_hosts=frozenset({host}), headers=dict(headers),
        username=credentials.user if credentials else None,
        password=credentials.password if credentials else None,
    )  # fmt: skip


def _asker(
    client: Client, base: str, credentials: Credentials, headers: Mapping[str, str]
) -> Callable[[str, Mapping[str, Any]], Awaitable[Any]]:
    sent = {name: value for name, value in headers.items() if value}
    source = _probe(base, sent, None if credentials.token else credentials)

    async def ask(url: str, query: Mapping[str, Any]) -> Any:
        address = f"{url}?{urlencode(query)}" if query else url
        try:
            fetched: Fetched = await client.fetch(Due(source, address), accept="application/json")
        except FetchError as error:
            if error.status in (401, 403):
                raise UsageError(f"{base}: name, password or token is not accepted") from error
            raise
        try:
            return json.loads(fetched.body or b"")
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{address}: the answer is no JSON; is the address right?") from error

    return ask


def _items(answer: Any, key: str | None, base: str) -> list[dict[str, Any]]:
    """The objects of an answer's list."""
    found = answer.get(key) if key and isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise UsageError(f"{base}: the answer is another than the protocol's; is the address right?")
    return [each for each in found if isinstance(each, dict)]


def _line(value: Any) -> str:
    return " ".join(str(value or "").split())[:2_000]


def _is_web(value: Any) -> bool:
    return _web(value) is not None


def _web(value: Any) -> str | None:
    text = str(value or "")
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    sound = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return text if sound and len(text) <= 2_000 and text.isprintable() and " " not in text else None


def _iso(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo and found.year > 1 else None


def by_feed(entries: tuple[BroughtEntry, ...]) -> Iterator[tuple[str, list[BroughtEntry]]]:
    """Entries by the address of their feed."""
    found: dict[str, list[BroughtEntry]] = {}
    for entry in entries:
        found.setdefault(entry.feed, []).append(entry)
    yield from found.items()
