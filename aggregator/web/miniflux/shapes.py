"""What categories, feeds and entries look like."""

from __future__ import annotations

import hashlib
from typing import Any

from aggregator.model import Served, StoryView
from aggregator.publish import html
from aggregator.publish.markup import clean, media_type, rfc3339, uri
from aggregator.publish.view import shown
from aggregator.web.desk import Desk, Subscription, plain
from aggregator.web.fever import folder_of

WORDS_A_MINUTE = 265  # of who reads; for `reading_time`, in minutes


def user_id(name: str) -> int:
    """A number for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1


def category(desk: Desk, no: int, title: str) -> dict[str, Any]:
    """A folder."""
    return {"id": no, "title": title, "user_id": user_id(desk.reader), "hide_globally": False}


def feed_shapes(desk: Desk) -> dict[int, dict[str, Any]]:
    """Every subscription by number."""
    subscriptions = desk.subscriptions()
    home = {one.no: folder_of(desk, one) for one in subscriptions}
    numbers = desk.numbers([stream for stream, _ in home.values()])
    checked = rfc3339(desk.store.newest(desk.view) or desk.services.now())
    return {
        one.no: _feed(desk, one, category(desk, numbers[home[one.no][0]], home[one.no][1]), checked)
        for one in subscriptions
    }


def _feed(desk: Desk, one: Subscription, home: dict[str, Any], checked: str) -> dict[str, Any]:
    return {
        "id": one.no, "user_id": user_id(desk.reader), "title": one.title, "site_url": one.site,
        "feed_url": one.url, "checked_at": checked, "next_check_at": checked, "etag_header": "",
        "last_modified_header": "", "parsing_error_message": "", "parsing_error_count": 0,
        "scraper_rules": "", "rewrite_rules": "", "crawler": False, "blocklist_rules": "",
        "keeplist_rules": "", "user_agent": "", "username": "", "password": "", "disabled": False,
        "ignore_http_cache": False, "fetch_via_proxy": False, "hide_globally": False,
        "category": home, "icon": None,
    }  # fmt: skip


def entry_shape(
    desk: Desk, shapes: dict[int, dict[str, Any]], served: Served, story: StoryView
) -> dict[str, Any]:
    """A story as an entry."""
    lead, text = story.canonical, shown(story)
    at = rfc3339(served.at)
    files = [(n, uri(one.url), one) for n, one in enumerate(text.enclosures)]
    return {
        "id": story.id,
        "user_id": user_id(desk.reader),
        "feed_id": served.origin,
        "status": "read" if story.read else "unread",
        "hash": hashlib.sha256(story.guid.encode()).hexdigest(),
        "title": plain(story.title) or "–",
        "url": uri(story.url) or uri(lead.url) or f"{desk.base}/stories/{story.id}",
        "comments_url": "",
        "published_at": rfc3339(story.published),
        "created_at": at,
        "changed_at": at if story.updated < served.at else rfc3339(story.updated),
        "content": clean(html.content(story)),
        "author": ", ".join(filter(None, map(plain, lead.authors))) or plain(lead.source_title),
        "share_code": "",
        "starred": story.starred,
        "reading_time": -(-len(text.text.split()) // WORDS_A_MINUTE),
        "enclosures": [
            {
                "id": story.id * 100 + n, "user_id": user_id(desk.reader), "entry_id": story.id, "url": url,
                "mime_type": media_type(one.type), "size": one.length or 0, "media_progression": 0,
            }
            for n, url, one in files if url
        ],
        "tags": desk.labels_of(story),
        "feed": shapes.get(served.origin),
    }  # fmt: skip
