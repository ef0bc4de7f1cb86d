"""The sources as OPML 2.0 (opml.org/spec2), a folder for each group: what other feed readers import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.model import Source
from aggregator.publish.markup import language, rfc822, text, uri

CONTENT_TYPE = "text/x-opml; charset=utf-8"


def render(
    sources: Iterable[Source], title: str, at: datetime, groups: Mapping[str, str] | None = None
) -> bytes:
    """The document in UTF-8. ``groups``: title by id, the id itself where there is none.

    Groups and sources keep the order they came in. Credentials are never written: neither those of a
    source's settings nor any in its address, which leaves such a source out.
    """
    folders: dict[str, list[str]] = {}
    for source in sources:
        outline = _outline(source)
        if outline:
            folders.setdefault(source.group, []).append(outline)
    named = groups or {}
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n<opml version="2.0">\n<head>\n',
        f"<title>{text(title)}</title>\n<dateCreated>{rfc822(at)}</dateCreated>\n</head>\n<body>\n",
    ]
    for group, outlines in folders.items():
        name = text(named.get(group, "")) or text(group) or "–"
        parts.append(f'<outline text="{name}">\n{"".join(outlines)}</outline>\n')
    return "".join([*parts, "</body>\n</opml>\n"]).encode()


def _outline(source: Source) -> str:
    address, name = uri(source.url), text(source.title) or text(source.id)
    if address is None:
        return ""
    tag = language(source.language)
    spoken = f' language="{tag}"' if tag else ""
    tags = ",".join(text(one.replace(",", " ")) for one in source.tags)
    categories = f' category="{tags}"' if tags else ""
    return (
        f'<outline type="rss" text="{name}" title="{name}" xmlUrl="{text(address)}"{spoken}{categories}/>\n'
    )
