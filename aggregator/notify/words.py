"""What is said: alerts and digests as data, plain text and HTML. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from aggregator.model import StoryView
from aggregator.publish.markup import line, uri
from aggregator.publish.shapes import rfc3339, story_shape
from aggregator.publish.view import shown

NAMED = 8  # outlets that are named


def outlets(story: StoryView) -> list[str]:
    """The outlets that carry a story, the first to print it first."""
    return list(dict.fromkeys(line(article.source_title or article.source) for article in story.articles))


def carried(story: StoryView) -> str:
    """How many outlets carry it, and which."""
    names = outlets(story)
    few = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    return f"{len(names)} outlets: {few}" if len(names) > 1 else few


def alert(rule: str, story: StoryView, site: str) -> dict[str, Any]:
    """An alert as it is kept and sent: the same at every attempt."""
    title = line(story.title) or "(without a title)"
    page = f"{site}/stories/{story.id}"
    return {
        "title": title,
        "text": f"{carried(story)}\n{page}",
        "data": {"rule": rule, "page": page, "story": story_shape(story)},
    }


def digest(stories: Sequence[StoryView], day: datetime, site: str) -> dict[str, Any]:
    """The digest of the day that ends then; its date is that of ``day``'s own zone."""
    title = ("The day's stories" if stories else "No stories") + f", {day.day} {day:%B %Y}"
    plain, items = [title, ""], []
    for story in stories:
        headline, page = line(story.title) or "(without a title)", f"{site}/stories/{story.id}"
        plain += [headline, f"  {carried(story)}", f"  {page}", ""]
        address, tag = uri(page) or "", shown(story).language
        language = f' lang="{escape(tag)}"' if tag else ""
        items.append(
            f'<li><a href="{escape(address)}" dir="auto"{language}>{escape(headline)}</a>'
            f"<br>{escape(carried(story))}</li>"
        )
    return {
        "title": title,
        "text": "\n".join(plain),
        "html": f"<p>{escape(title)}</p><ol>{''.join(items)}</ol>" if items else f"<p>{escape(title)}</p>",
        "at": rfc3339(day),
        "stories": [story.id for story in stories],
    }
