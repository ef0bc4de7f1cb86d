"""An entry's content as people read it: the canonical text, then every copy by name."""

from __future__ import annotations

from html import escape

from aggregator.model import ArticleView, StoryView
from aggregator.publish.markup import RTL, language, line, minute, outlet, text, uri
from aggregator.publish.view import copies, shown

_WORDS = {"adds": "adds to it", "differs": "differs from it"}
_RELATIONS = {"version": "another version", "partial": "shares parts", "related": "related"}


def content(story: StoryView) -> str:
    """The entry's HTML: never empty, everything of our own escaped, the article's part as it was stored."""
    return article(story) + also_in(story)


def article(story: StoryView) -> str:
    """The shown text's HTML, in a block of its own direction where its script runs right to left."""
    lead = shown(story)
    stored = lead.content or lead.summary
    if not stored.strip():
        stored = f"<p>{text(lead.text or story.title or story.guid)}</p>"
    tag = language(lead.language)
    if tag and tag.partition("-")[0].lower() in RTL:
        return f'<div dir="rtl" lang="{tag}">{stored}</div>'
    return stored


def also_in(story: StoryView) -> str:
    """A list of the story's copies, in time order: outlet with link, time, what it did; empty without any."""
    items = "".join(_copy(story, copy) for copy in copies(story))
    return f'<div dir="ltr" lang="en"><hr><p>Also in:</p><ul>{items}</ul></div>' if items else ""


def remarks(copy: ArticleView) -> list[str]:
    """What is to be said of a copy, in words: its relation unless it is a plain copy, then its marks."""
    said = [_RELATIONS[copy.relation]] if copy.relation in _RELATIONS else []
    return said + [_WORDS.get(mark, mark) for mark in copy.marks]


def _copy(story: StoryView, copy: ArticleView) -> str:
    name, address = text(outlet(copy)), uri(copy.url)
    if address:
        name = f'<a href="{escape(address)}" rel="noopener noreferrer">{name}</a>'
    title = "" if line(copy.title) in ("", line(story.title)) else f" “{text(copy.title)}”"
    told = ["the text above is its"] if copy.id == shown(story).id else []
    said = "".join(f", {text(remark)}" for remark in [*told, *remarks(copy)])
    return f"<li>{name}{title}, {minute(copy.published)}{said}</li>"
