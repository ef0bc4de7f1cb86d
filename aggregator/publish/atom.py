"""Atom 1.0 (RFC 4287), with paging (RFC 5005) and WebSub's hub link.

A story is an entry: id its tag: address, ``published`` frozen, ``updated`` changed by the text that is shown
alone, ``source`` and author the canonical outlet, whoever's text is shown and linked. Copies stand in the
content and as ``link rel="related"`` titled by outlet: the registered way of RFC 4287 section 4.2.7.2, which
every client understands.
"""

from __future__ import annotations

from html import escape
from uuid import NAMESPACE_URL, uuid5

from aggregator.model import ArticleView, StoryView
from aggregator.publish import html
from aggregator.publish.markup import (
    body,
    inert,
    is_plain,
    language,
    lead,
    line,
    media_type,
    outlet,
    rfc3339,
    rfc3339_of,
    text,
    uri,
)
from aggregator.publish.view import HISTORY, FeedView, Fragments, copies, pages, shown, written

NAME = "atom"
CONTENT_TYPE = "application/atom+xml; charset=utf-8"


def render(feed: FeedView, fragments: Fragments | None = None) -> bytes:
    """The feed as a document in UTF-8."""
    return b"".join([_head(feed).encode(), *written(NAME, feed, entry, fragments), b"</feed>\n"])


def _head(feed: FeedView) -> str:
    tag = language(feed.language)
    links = [
        _link("self", feed.self_url, type="application/atom+xml"),
        _link("alternate", feed.site_url, type="text/html"),
        *(_link(rel, href) for rel, href in pages(feed)),
        "<fh:archive/>\n" if feed.archive else "",
    ]
    style = (
        f'<?xml-stylesheet type="text/css" href="{escape(feed.stylesheet)}"?>\n' if feed.stylesheet else ""
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{style}<feed xmlns="http://www.w3.org/2005/Atom"'
        + (f' xmlns:fh="{HISTORY}"' if feed.archive else "")
        + (f' xml:lang="{tag}">\n' if tag else ">\n")
        + f"<id>{text(feed.id)}</id>\n{_text('title', feed.title)}"
        + f"<updated>{rfc3339(feed.updated)}</updated>\n"
        + "<generator>aggregator</generator>\n"
        + "".join(links)
    )


def _text(name: str, value: str) -> str:
    """A text construct (RFC 4287 section 3.1); html where plain text could be taken for it."""
    plain = text(value) or "–"
    if is_plain(line(value)):
        return f"<{name}>{plain}</{name}>\n"
    return f'<{name} type="html">{escape(plain)}</{name}>\n'


def _link(rel: str, href: str | None, **attributes: str | None) -> str:
    address = uri(href)
    if address is None:
        return ""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items() if value)
    return f'<link rel="{rel}" href="{escape(address)}"{more}/>\n'


def entry(story: StoryView) -> bytes:
    """A story as an entry; depends on nothing but the story."""
    article, shown_text = story.canonical, shown(story)
    tag = language(shown_text.language)
    people = [name for name in map(inert, article.authors) if name] or [inert(outlet(article))]
    kinds = dict.fromkeys(filter(None, map(inert, (*story.topics, *story.groups, *shown_text.categories))))
    parts = [
        f'<entry xml:lang="{tag}">\n' if tag else "<entry>\n",
        f"<id>{text(story.guid)}</id>\n",
        _text("title", story.title),
        f"<published>{rfc3339(story.published)}</published>\n",
        f"<updated>{rfc3339_of(story.updated, story.id)}</updated>\n",
        *(f"<author><name>{name}</name></author>\n" for name in dict.fromkeys(people)),
        _link("alternate", story.url or article.url, type="text/html"),
        _source(story),
        *(_link("related", copy.url, type="text/html", title=inert(outlet(copy))) for copy in copies(story)),
        *_enclosures(shown_text),
        *(f'<category term="{kind}"/>\n' for kind in kinds),
        _text("summary", lead(shown_text)),
        f'<content type="html">{body(html.content(story))}</content>\n',
        "</entry>\n",
    ]
    return "".join(parts).encode()


def _enclosures(article: ArticleView) -> list[str]:
    return [
        _link(
            "enclosure",
            file.url,
            type=media_type(file.type),
            length=str(file.length) if file.length is not None and file.length >= 0 else None,
        )
        for file in article.enclosures
    ]


def _source(story: StoryView) -> str:
    """The canonical outlet (RFC 4287 section 4.2.11). Its feed's own id is not kept: a UUID of its name."""
    article = story.canonical
    name = f"{article.site_url or ''}#{article.source}"
    return (
        f"<source>\n<id>urn:uuid:{uuid5(NAMESPACE_URL, line(name))}</id>\n"
        f"{_text('title', outlet(article))}"
        f"<updated>{rfc3339(story.updated)}</updated>\n"
        f"{_link('alternate', article.site_url, type='text/html')}</source>\n"
    )
