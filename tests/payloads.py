"""Feeds with markup that would run, in every field, in three formats; and what may be left of it."""

# ruff: noqa: E501
from __future__ import annotations

import json
import re
from html import escape, unescape

from lxml import html as lxml_html

PAYLOADS = [
    "<script>hit()</script>",
    '"><img src=x onerror=hit()>',
    "'><svg/onload=hit()>",
    "javascript:hit()",
    "jav&#x09;ascript:hit()",
    "data:text/html,<script>hit()</script>",
    "<!--><img src=x onerror=hit()>",
    "]]><script>hit()</script>",
    "</title></textarea></style><script>hit()</script>",
    "<a href='java\tscript:hit()'>x</a><form action=//evil.example><input name=csrf></form>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example><base href=//evil.example>",
    "<iframe srcdoc='<script>hit()</script>'></iframe><object data=x></object><embed src=x>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=hit()>",
    "<p style='position:fixed' id='main' onclick=hit()>x</p>",
    "<img src='http://tracker.example/p.gif' width=1 height=1><img src=http://outlet.example/picture.png>",
    "<video src=http://evil.example/v poster=javascript:hit()></video>",
    "{{ 7 * 7 }}{% for x in y %}",
]
RUNS = re.compile(
    r"<script|<iframe|<object|<embed|<form|<style|<link|<meta|<base|<svg|<math|\son\w+\s*=", re.IGNORECASE
)


def rss_of_payloads() -> bytes:
    """RSS 2.0."""
    items = []
    for n, payload in enumerate(PAYLOADS):
        p, own = escape(payload), " ".join(f"rsspay{n}x{k}" for k in range(40))
        items.append(
            f"<item><guid isPermaLink='false'>{n} {p}</guid><title>{n} {p}</title><link>{p}</link>"
            f"<author>{p}</author><category>{p}</category><comments>{p}</comments><pubDate>{p}</pubDate>"
            f"<enclosure url='{escape(payload, quote=True)}' type='{escape(payload, quote=True)}' length='1'/>"
            f"<description>{p} {own}</description><content:encoded>{p} {own} more</content:encoded></item>"
        )
    head = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    title = escape(PAYLOADS[0])
    return f"<rss version='2.0' {head}><channel><title>{title}</title><link>{escape(PAYLOADS[3])}</link>{''.join(items)}</channel></rss>".encode()


def atom_of_payloads() -> bytes:
    """Atom, with the payloads as HTML."""
    entries = []
    for n, payload in enumerate(PAYLOADS):
        p, own = escape(payload, quote=True), " ".join(f"atompay{n}x{k}" for k in range(40))
        entries.append(
            f"<entry><id>{n} {p}</id><title type='html'>{n} {p}</title><link href='{p}'/>"
            f"<author><name>{p}</name><uri>{p}</uri></author><category term='{p}' label='{p}'/>"
            f"<updated>2026-11-25T00:00:00Z</updated><content type='html'>{p} {own}</content></entry>"
        )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title type='html'>{escape(PAYLOADS[1])}</title>{''.join(entries)}</feed>".encode()


def json_of_payloads() -> bytes:
    """JSON Feed."""
    items = [
        {"id": f"{n} {payload}", "url": payload, "title": f"{n} {payload}", "image": payload,
         "content_html": f"{payload} " + " ".join(f"jsonpay{n}x{k}" for k in range(40)),
         "authors": [{"name": payload, "url": payload, "avatar": payload}], "tags": [payload],
         "attachments": [{"url": payload, "mime_type": payload}]}
        for n, payload in enumerate(PAYLOADS)
    ]  # fmt: skip
    document = {"version": "https://jsonfeed.org/version/1.1", "title": PAYLOADS[2], "items": items}
    return json.dumps(document).encode()


def dangers(markup: str) -> list[str]:
    """What of a piece of HTML would run or load something in a reader that shows it as it is."""
    found = []
    tree = lxml_html.fragment_fromstring(markup or " ", create_parent="div")
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if RUNS.match(f"<{element.tag}"):
            found.append(f"<{element.tag}>")
        for name, value in element.attrib.items():
            plain = re.sub(r"[\x00-\x20]", "", unescape(value)).lower()
            if name.startswith("on") or name == "style":
                found.append(f"{name}={value}")
            if name in ("href", "src", "poster", "action", "cite") and not plain.startswith(
                ("http://", "https://", "mailto:")
            ):
                found.append(f"{name}={value}")
    return found
