"""RSS 2.0, with content:encoded, dc:creator, and Atom's links for self, pages, hub and copies.

Copies stand in the content and as ``atom:link rel="related"`` titled by outlet: a namespace of our own
would say no more, and validators warn of those that they do not know.
"""

from __future__ import annotations

from html import escape

from aggregator.model import ArticleView, StoryView
from aggregator.publish import html
from aggregator.publish.markup import body, inert, language, lead, media_type, outlet, rfc822, text, uri
from aggregator.publish.view import HISTORY, FeedView, Fragments, copies, pages, shown, written

NAME = "rss"
CONTENT_TYPE = "application/rss+xml; charset=utf-8"
_NAMESPACES = (
    ' xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def render(feed: FeedView, fragments: Fragments | None = None) -> bytes:
    """The feed as a document in UTF-8."""
    return b"".join([_head(feed).encode(), *written(NAME, feed, item, fragments), b"</channel>\n</rss>\n"])


def _head(feed: FeedView) -> str:
    tag, title = language(feed.language), inert(feed.title) or "–"
    style = (
        f'<?xml-stylesheet type="text/css" href="{escape(feed.stylesheet)}"?>\n' if feed.stylesheet else ""
    )
    namespaces = _NAMESPACES + (f' xmlns:fh="{HISTORY}"' if feed.archive else "")
    return "".join([
        f'<?xml version="1.0" encoding="utf-8"?>\n{style}<rss version="2.0"{namespaces}>\n<channel>\n',
        f"<title>{title}</title>\n<link>{escape(uri(feed.site_url) or '')}</link>\n",
        f"<description>{title}</description>\n",
        f"<language>{tag.lower()}</language>\n" if tag else "",
        f"<lastBuildDate>{rfc822(feed.updated)}</lastBuildDate>\n<generator>aggregator</generator>\n",
        _link("self", feed.self_url, type="application/rss+xml"),
        *(_link(rel, href) for rel, href in pages(feed)),
        "<fh:archive/>\n" if feed.archive else "",
    ])  # fmt: skip


def _link(rel: str, href: str | None, **attributes: str) -> str:
    address = uri(href)
    if address is None:
        return ""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items() if value)
    return f'<atom:link rel="{rel}" href="{escape(address)}"{more}/>\n'


def item(story: StoryView) -> bytes:
    """A story as an item; depends on nothing but the story."""
    article, shown_text = story.canonical, shown(story)
    address = uri(story.url or article.url)
    kinds = dict.fromkeys(filter(None, map(inert, (*story.topics, *story.groups, *shown_text.categories))))
    name = inert(outlet(article))
    people = [person for person in map(inert, article.authors) if person] or [name]
    parts = [
        f"<item>\n<title>{inert(story.title) or '–'}</title>\n",
        f"<link>{escape(address)}</link>\n" if address else "",
        f'<guid isPermaLink="false">{text(story.guid)}</guid>\n',
        f"<pubDate>{rfc822(story.published)}</pubDate>\n",
        *(f"<dc:creator>{person}</dc:creator>\n" for person in dict.fromkeys(people)),
        *(f"<category>{kind}</category>\n" for kind in kinds),
        _source(article, name),
        _enclosure(shown_text),
        *(_link("related", copy.url, type="text/html", title=inert(outlet(copy))) for copy in copies(story)),
        # A description is HTML: the plain lead is escaped once for that, once for XML.
        f"<description>{escape(text(lead(shown_text))) or '–'}</description>\n",
        f"<content:encoded>{body(html.content(story))}</content:encoded>\n",
        "</item>\n",
    ]
    return "".join(parts).encode()


def _source(article: ArticleView, name: str) -> str:
    """The outlet that it came from; the element needs an address, so none without one."""
    address = uri(article.site_url)
    return f'<source url="{escape(address)}">{name}</source>\n' if address else ""


def _enclosure(article: ArticleView) -> str:
    """The first file: RSS 2.0 allows one. A length that is not known is 0 (RSS Advisory Board's profile)."""
    for file in article.enclosures:
        address = uri(file.url)
        if address:
            length, kind = max(file.length or 0, 0), media_type(file.type)
            return f'<enclosure url="{escape(address)}" length="{length}" type="{kind}"/>\n'
    return ""
