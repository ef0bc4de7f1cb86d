"""Changes as entries of a feed of their own: each is news once, and never changes again."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape

from aggregator.model import ArticleView, Change, Notice, StoryView

_KINDS = {"facts": "Corrected", "retracted": "Retracted", "withdrawn": "Withdrawn", "split": "Split off"}
MOST = 20  # passages that an entry shows


def headline(change: Change) -> str:
    """What happened, and to which report."""
    return f"{_KINDS[change.kind]}: {change.title or '(without a title)'}"


def words(change: Change) -> str:
    """What happened, in a sentence."""
    outlet = change.source_title or change.source
    match change.kind:
        case "facts":
            return f"{outlet} states facts of its report differently now."
        case "retracted":
            return f"{outlet} takes its report back: the headline says so."
        case "withdrawn":
            return f"{outlet} has taken its report out of its feed, while older ones stayed."
    because = f": {change.reason}" if change.reason else ""
    taken = f"A reader took this report of {outlet} out of story {change.other}{because}."
    return f"{taken} It is a story of its own now."


def entry(change: Change, tag: str, address: str) -> StoryView:
    """The change as the renderers take it. ``tag``: of the instance; ``address``: of the story's page."""
    article = ArticleView(
        id=change.article, source=change.source, source_title=change.source_title, guid="", url=address,
        title=headline(change), published=change.at, first_seen=change.at, similarity=1.0, reason="change",
        language="en", content=content(change, address), text=words(change), categories=(change.kind,),
    )  # fmt: skip
    return StoryView(
        id=change.id, guid=f"{tag}:change:{change.id}", title=article.title, url=address,
        published=change.at, updated=change.at, placed=change.at, canonical=article, articles=(article,),
    )  # fmt: skip


def content(change: Change, address: str) -> str:
    """The entry's HTML: what happened, the old headline, and each passage with what stood there before."""
    parts = [f"<p>{escape(words(change))}</p>"]
    if change.before_title and change.before_title != change.title:
        parts.append(
            f'<p>The headline was <del dir="auto">{escape(change.before_title)}</del> and is '
            f'<ins dir="auto">{escape(change.title)}</ins>.</p>'
        )
    if change.pairs:
        items = "".join(
            f'<li><del dir="auto">{escape(before)}</del> → <ins dir="auto">{escape(now)}</ins></li>'
            for now, before in change.pairs[:MOST]
        )
        parts.append(f"<ul>{items}</ul>")
    parts.append(f'<p><a href="{escape(address)}">The story with all its versions</a></p>')
    return "".join(parts)


def digest_entry(notice: Notice, tag: str, address: str) -> StoryView:
    """A day's digest as the renderers take it. ``address``: of the front page."""
    body = json.loads(notice.body)
    day = datetime.fromisoformat(body["at"])
    article = ArticleView(
        id=notice.id, source="aggregator", source_title="aggregator", guid="", url=f"{address}/",
        title=body["title"], published=day, first_seen=notice.at, similarity=1.0, reason="digest",
        language="en", content=body["html"], text=body["text"],
    )  # fmt: skip
    return StoryView(
        id=notice.story, guid=f"{tag}:digest:{notice.story}", title=body["title"],
        url=f"{address}/#digest-{notice.story}", published=day, updated=day, placed=day, canonical=article,
        articles=(article,),
    )  # fmt: skip
