"""A story as an item, in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregator.model import Served, StoryView
from aggregator.publish import html
from aggregator.publish.markup import RTL, clean, language, media_type, uri
from aggregator.publish.view import shown
from aggregator.store.values import micros
from aggregator.web.desk import Desk, Subscription, plain
from aggregator.web.greader.ids import READ, READING_LIST, STARRED, feed_id, item_id, label_id


def items(desk: Desk, ids: list[int]) -> list[dict[str, Any]]:
    """Items in the order asked for; what is merged or not served is left out."""
    found = desk.stories(ids)
    if not found:
        return []
    subscriptions = {one.no: one for one in desk.subscriptions()}
    tags = desk.store.tagged(desk.reader, ids)
    return [item(desk, subscriptions, served, story, tags.get(story.id, ())) for served, story in found]


def item(
    desk: Desk,
    subscriptions: Mapping[int, Subscription],
    served: Served,
    story: StoryView,
    tags: tuple[str, ...],
) -> dict[str, Any]:
    """An item. ``timestampUsec``: since when it is served; ``published`` is frozen, ``updated`` not."""
    lead, text = story.canonical, shown(story)
    at = micros(served.at)
    link = uri(story.url) or uri(lead.url) or f"{desk.base}/stories/{story.id}"
    authors = [name for name in map(plain, lead.authors) if name]
    tongue = (language(text.language) or "").partition("-")[0].lower()
    made: dict[str, Any] = {
        "id": item_id(story.id),
        "crawlTimeMsec": str(at // 1_000),
        "timestampUsec": str(at),
        "published": int(story.published.timestamp()),
        "updated": int(story.updated.timestamp()),
        "title": plain(story.title) or "–",
        "canonical": [{"href": link}],
        "alternate": [{"href": link, "type": "text/html"}],
        "categories": categories(desk, story, tags),
        "origin": origin(desk, subscriptions, served, story),
        "summary": {"direction": "rtl" if tongue in RTL else "ltr", "content": clean(html.content(story))},
        "author": ", ".join(authors) or plain(lead.source_title) or lead.source,
        "comments": [],
    }
    files = [(uri(one.url), one) for one in text.enclosures]
    if any(address for address, _ in files):
        made["enclosure"] = [
            {"href": address, "type": media_type(one.type)} | ({"length": one.length} if one.length else {})
            for address, one in files
            if address
        ]
    return made


def categories(desk: Desk, story: StoryView, tags: tuple[str, ...]) -> list[str]:
    """The item's states, folders and tags."""
    states = [READING_LIST] + [READ] * story.read + [STARRED] * story.starred
    return [*states, *map(label_id, dict.fromkeys((*desk.labels_of(story), *tags)))]


def origin(
    desk: Desk, subscriptions: Mapping[int, Subscription], served: Served, story: StoryView
) -> dict[str, Any]:
    """The one subscription that the item stands under, for good."""
    held = subscriptions.get(served.origin)
    return {
        "streamId": feed_id(served.origin),
        "title": held.title if held else plain(story.canonical.source_title),
        "htmlUrl": held.site if held else f"{desk.base}/",
        "feedUrl": held.url if held else f"{desk.base}/feed.atom",
    }
