"""JSON Feed 1.1 (jsonfeed.org/version/1.1), with the copies in the extension ``_aggregator``."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aggregator.model import ArticleView, StoryView
from aggregator.publish import html
from aggregator.publish.markup import clean, language, lead, line, media_type, outlet, rfc3339, uri
from aggregator.publish.view import FeedView, Fragments, copies, shown, written

NAME = "json"
CONTENT_TYPE = "application/feed+json; charset=utf-8"
VERSION = "https://jsonfeed.org/version/1.1"


def render(feed: FeedView, fragments: Fragments | None = None) -> bytes:
    """The feed as a document in UTF-8."""
    head = {
        "version": VERSION,
        "title": line(feed.title) or "–",
        "home_page_url": uri(feed.site_url),
        "feed_url": uri(feed.self_url),
        "next_url": uri(feed.next_url),
        "language": language(feed.language),
        "hubs": [{"type": "WebSub", "url": uri(feed.hub)}] if uri(feed.hub) else None,
        "_aggregator": {"id": line(feed.id), "updated": rfc3339(feed.updated)},
    }
    items = written(NAME, feed, item, fragments)
    return b"".join([_json(head)[:-1], b',"items":[', b",\n".join(items), b"]}\n"])


def _json(members: Mapping[str, object]) -> bytes:
    """An object without its absent members (None, empty)."""
    kept = {name: value for name, value in members.items() if value not in (None, "", [], {})}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def item(story: StoryView) -> bytes:
    """A story as an item; depends on nothing but the story."""
    article, text = story.canonical, shown(story)
    people = [line(name) for name in article.authors if line(name)] or [outlet(article)]
    kinds = dict.fromkeys(map(line, (*story.topics, *story.groups, *text.categories)))
    return _json(
        {
            "id": line(story.guid),
            "url": uri(story.url or article.url),
            "title": line(story.title),
            "content_html": clean(html.content(story)),
            "summary": lead(text),
            "date_published": rfc3339(story.published),
            "date_modified": rfc3339(story.updated),
            "authors": [{"name": name} for name in dict.fromkeys(people)],
            "tags": [kind for kind in kinds if kind],
            "language": language(text.language),
            "attachments": _attachments(text),
            "_aggregator": {
                "source": {
                    "id": line(article.source),
                    "title": outlet(article),
                    "url": uri(article.site_url),
                },
                "copies": [_copy(copy) for copy in copies(story)],
            },
        }
    )


def _copy(copy: ArticleView) -> dict[str, object]:
    return {
        "source": line(copy.source),
        "outlet": outlet(copy),
        "url": uri(copy.url),
        "title": line(copy.title),
        "published": rfc3339(copy.published),
        "relation": copy.relation,
        "marks": [line(mark) for mark in copy.marks],
    }


def _attachments(article: ArticleView) -> list[dict[str, object]]:
    files: list[dict[str, object]] = []
    for file in article.enclosures:
        address = uri(file.url)
        if address:
            size = {"size_in_bytes": file.length} if file.length and file.length > 0 else {}
            files.append({"url": address, "mime_type": media_type(file.type), **size})
    return files
