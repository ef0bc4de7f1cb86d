"""Items → the bytes of a feed in one of seven formats, with the habits of its outlet. Pure.

RSS 0.91, RSS 1.0 (RDF), RSS 2.0, Atom 0.3, Atom 1.0 (RFC 4287), JSON Feed 1.0 and 1.1. Text is put together
by hand and not by an XML library, as real feeds are: with CDATA, with HTML escaped once or twice.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from email.utils import format_datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from tests.demo.world import Item, Outlet

CONTENT_TYPES = {
    "rss091": "text/xml",
    "rss10": "application/rdf+xml",
    "rss20": "application/rss+xml",
    "atom03": "application/atom+xml",
    "atom10": "application/atom+xml",
    "json10": "application/json",
    "json11": "application/feed+json",
}


def render(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> bytes:
    """The feed as served. ``root``: the outlet's address, with a slash at the end."""
    text = _WRITERS[outlet.format](outlet, items, root, now)
    if outlet.encoding == "utf-16":
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    if outlet.encoding == "windows-1256":
        # The code page has no Persian yeh; Persian sites that use it type the Arabic one.
        text = text.replace("\N{ARABIC LETTER FARSI YEH}", "\N{ARABIC LETTER YEH}")
    return text.encode(outlet.encoding, "xmlcharrefreplace")


def content_type(outlet: Outlet) -> str:
    """The header as this outlet sends it, with or without a charset."""
    kind = CONTENT_TYPES[outlet.format]
    return kind if outlet.charset == "none" else f"{kind}; charset={outlet.encoding}"


def guid_of(outlet: Outlet, item: Item, root: str) -> str | None:
    """The guid that the feed states, if it does."""
    if outlet.guid == "none":
        return None
    return link_of(item, root) if outlet.guid == "permalink" else f"{outlet.id}:{item.slug}"


def link_of(item: Item, root: str) -> str:
    """The article's absolute address."""
    return f"{root}articles/{item.slug}.html"


def html_of(item: Item, root: str) -> str:
    """The article as its page has it, with the page's furniture; share bars stand above the text."""
    top = [line for line in item.furniture[:1] if len(item.furniture) > 1]
    rest = item.furniture[len(top) :]
    lines = [f'<div class="bar">{escape(line)}</div>' for line in top]
    lines += [f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in item.paragraphs]
    if item.related:
        head, *titles = item.related
        links = "".join(f'<li><a href="{root}">{escape(title)}</a></li>' for title in titles)
        lines.append(f"<h4>{escape(head)}</h4><ul>{links}</ul>")
    lines += [f'<div class="foot">{escape(line)}</div>' for line in rest]
    return "\n".join(lines)


def excerpt_of(item: Item, words: int = 40) -> str:
    """The first words, as feeds with an excerpt give them."""
    lead = item.paragraphs[0].split()
    return " ".join(lead[:words]) + (" […]" if len(lead) > words else "")


def _description(outlet: Outlet, item: Item, root: str) -> str:
    """Escaped HTML of an RSS description: the text, an excerpt, or the text escaped once too often."""
    if outlet.body == "both":
        return escape(escape(excerpt_of(item), quote=False), quote=False)
    html = html_of(item, root)
    if outlet.escape == "twice":
        html = escape(html, quote=False)
    return escape(html, quote=False)


def _cdata(html: str) -> str:
    return f"<![CDATA[{html}]]>"


def _declaration(outlet: Outlet) -> str:
    return f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'


def _rfc822(outlet: Outlet, moment: datetime) -> str:
    if outlet.dates == "naive":
        return f"{moment.astimezone(ZoneInfo(outlet.timezone or 'UTC')):%Y-%m-%d %H:%M:%S}"
    return format_datetime(moment)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: UP017 - beside astimezone


def _rss091(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> str:
    del now  # this outlet's feed has no dates
    body = "".join(
        f"<item><title>{escape(item.title)}</title><link>{link_of(item, root)}</link>"
        f"<description>{_description(outlet, item, root)}</description></item>\n"
        for item in items
    )
    return (
        f'{_declaration(outlet)}<rss version="0.91"><channel><title>{escape(outlet.title)}</title>'
        f"<link>{root}</link><description>{escape(outlet.title)}</description>"
        f"<language>{outlet.language}</language>\n{body}</channel></rss>\n"
    )


def _rss20(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> str:
    body = "".join(_rss20_item(outlet, item, root) for item in items)
    return (
        f'{_declaration(outlet)}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{escape(outlet.title)}</title>'
        f"<link>{root}</link><description>{escape(outlet.title)}</description>"
        f"<language>{outlet.language}</language><lastBuildDate>{format_datetime(now)}</lastBuildDate>\n"
        f"{body}</channel></rss>\n"
    )


def _rss20_item(outlet: Outlet, item: Item, root: str) -> str:
    link, guid = link_of(item, root), guid_of(outlet, item, root)
    parts = [f"<title>{escape(item.title)}</title>", f"<link>{link}?utm_source=rss</link>"]
    if guid is not None:
        permalink = "" if outlet.guid == "permalink" else ' isPermaLink="false"'
        parts.append(f"<guid{permalink}>{guid}</guid>")
    parts.append(f"<pubDate>{_rfc822(outlet, item.published)}</pubDate>")
    if item.story.author:
        parts.append(f"<dc:creator>{_cdata(item.story.author)}</dc:creator>")
    parts.append(f"<description>{_description(outlet, item, root)}</description>")
    if outlet.body == "both":
        parts.append(f"<content:encoded>{_cdata(html_of(item, root))}</content:encoded>")
    if item.enclosure:
        file = item.enclosure
        parts.append(
            f'<enclosure url="{root}{file["path"]}" type="{file["type"]}" length="{file["length"]}"/>'
        )
    return f"<item>{''.join(parts)}</item>\n"


def _rss10(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{link_of(item, root)}"/>' for item in items)
    body = "".join(_rss10_item(outlet, item, root) for item in items)
    return (
        f'{_declaration(outlet)}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/">\n<channel rdf:about="{root}feed.xml">'
        f"<title>{escape(outlet.title)}</title><link>{root}</link><description>{escape(outlet.title)}</description>"
        f"<dc:language>{outlet.language}</dc:language><dc:date>{_rfc3339(now)}</dc:date>"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n{body}</rdf:RDF>\n"
    )


def _rss10_item(outlet: Outlet, item: Item, root: str) -> str:
    link = link_of(item, root)
    creator = f"<dc:creator>{escape(item.story.author)}</dc:creator>" if item.story.author else ""
    content = ""
    if outlet.body == "both":
        content = f"<content:encoded>{_cdata(html_of(item, root))}</content:encoded>"
    return (
        f'<item rdf:about="{link}"><title>{escape(item.title)}</title><link>{link}</link>'
        f"<description>{_description(outlet, item, root)}</description>{content}"
        f"<dc:date>{_rfc3339(item.published)}</dc:date>{creator}</item>\n"
    )


def _atom10(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> str:
    base = f' xml:base="{root}"' if outlet.links == "relative" else ""
    body = "".join(_atom10_entry(outlet, item, root) for item in items)
    return (
        f'{_declaration(outlet)}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}"{base}>'
        f"<title>{escape(outlet.title)}</title><id>tag:{outlet.id}.example,2018:feed</id>"
        f'<link href="{root}"/><link rel="self" href="{root}feed.xml"/><updated>{_rfc3339(now)}</updated>\n'
        f"{body}</feed>\n"
    )


def _atom10_entry(outlet: Outlet, item: Item, root: str) -> str:
    link = link_of(item, root)
    if outlet.links == "relative":
        link = link.removeprefix(root)
        # XHTML content, whose own addresses are relative too
        html = html_of(item, root).replace(f'href="{root}', 'href="')
        content = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{html}</div></content>'
    else:
        content = f'<content type="html">{escape(html_of(item, root), quote=False)}</content>'
    return (
        f"<entry><title>{escape(item.title)}</title><id>{guid_of(outlet, item, root)}</id>"
        f'<link href="{link}"/>'
        f"<published>{_rfc3339(item.published)}</published><updated>{_rfc3339(item.updated)}</updated>"
        f"<author><name>{escape(item.story.author or outlet.title)}</name></author>{content}</entry>\n"
    )


def _atom03(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> str:
    body = "".join(
        f'<entry><title>{escape(item.title)}</title><link rel="alternate" type="text/html" '
        f'href="{link_of(item, root)}"/><id>{guid_of(outlet, item, root)}</id>'
        f"<issued>{_rfc3339(item.published)}</issued><modified>{_rfc3339(item.updated)}</modified>"
        f'<summary type="text/html" mode="escaped">{escape(html_of(item, root), quote=False)}</summary>'
        "</entry>\n"
        for item in items
    )
    return (
        f'{_declaration(outlet)}<feed version="0.3" xmlns="http://purl.org/atom/ns#" '
        f'xml:lang="{outlet.language}"><title>{escape(outlet.title)}</title>'
        f'<link rel="alternate" type="text/html" href="{root}"/>'
        f"<modified>{_rfc3339(now)}</modified>\n{body}</feed>\n"
    )


def _json(outlet: Outlet, items: Sequence[Item], root: str, now: datetime) -> str:
    del now  # JSON Feed has no date of its own
    version = "1.1" if outlet.format == "json11" else "1"
    feed: dict[str, Any] = {
        "version": f"https://jsonfeed.org/version/{version}",
        "title": outlet.title,
        "home_page_url": root,
        "feed_url": f"{root}feed.json",
    }
    if version == "1.1":
        feed["language"] = outlet.language
    feed["items"] = [_json_item(outlet, item, root, version) for item in items]
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(outlet: Outlet, item: Item, root: str, version: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": guid_of(outlet, item, root),
        "url": link_of(item, root),
        "title": item.title,
        "date_published": _rfc3339(item.published),
        "date_modified": _rfc3339(item.updated),
    }
    if item.story.author:
        name = {"name": item.story.author}
        found |= {"authors": [name]} if version == "1.1" else {"author": name}
    if outlet.body == "text":
        found["content_text"] = "\n\n".join(item.paragraphs)
    else:
        found["content_html"] = html_of(item, root)
    return found


_WRITERS: dict[str, Callable[[Outlet, Sequence[Item], str, datetime], str]] = {
    "rss091": _rss091,
    "rss10": _rss10,
    "rss20": _rss20,
    "atom03": _atom03,
    "atom10": _atom10,
    "json10": _json,
    "json11": _json,
}
