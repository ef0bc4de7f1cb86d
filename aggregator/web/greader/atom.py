"""A stream as Atom with Google Reader's own elements and categories: newsboat reads nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from aggregator.publish.markup import rfc3339, text
from aggregator.web.greader.ids import LABEL

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
    'xmlns:gr="http://www.google.com/schemas/reader/atom/">\n'
)


def feed(stream: dict[str, Any]) -> bytes:
    """The shape of ``stream/contents`` as Atom."""
    more = stream.get("continuation")
    parts = [
        _HEAD,
        f"<id>tag:google.com,2005:reader/{text(stream['id'])}</id>\n<title>{text(stream['title'])}</title>\n",
        f"<updated>{_time(stream['updated'])}</updated>\n",
        f'<link rel="self" href="{escape(stream["self"][0]["href"])}"/>\n',
        f"<gr:continuation>{more}</gr:continuation>\n" if more else "",
        *(entry(one) for one in stream["items"]),
        "</feed>\n",
    ]
    return "".join(parts).encode()


def entry(item: dict[str, Any]) -> str:
    """An item as an entry."""
    origin, summary = item["origin"], item["summary"]
    return (
        f'<entry gr:crawl-timestamp-msec="{item["crawlTimeMsec"]}">\n<id>{item["id"]}</id>\n'
        f"<title>{text(item['title'])}</title>\n"
        f"<published>{_time(item['published'])}</published>\n<updated>{_time(item['updated'])}</updated>\n"
        f'<link rel="alternate" href="{escape(item["alternate"][0]["href"])}" type="text/html"/>\n'
        + "".join(_category(one) for one in item["categories"])
        + f"<author><name>{text(item['author'])}</name></author>\n"
        f'<content type="html">{escape(summary["content"], quote=False)}</content>\n'
        f'<source gr:stream-id="{escape(origin["streamId"])}">'
        f"<id>tag:google.com,2005:reader/{escape(origin['streamId'])}</id>"
        f"<title>{text(origin['title'])}</title><updated>{_time(item['updated'])}</updated>"
        f'<link rel="alternate" href="{escape(origin["htmlUrl"])}" type="text/html"/></source>\n</entry>\n'
    )


def _category(name: str) -> str:
    label = name.removeprefix(LABEL) if name.startswith(LABEL) else name.rpartition("/")[2]
    return f'<category term="{text(name)}" scheme="http://www.google.com/reader/" label="{text(label)}"/>\n'


def _time(seconds: int) -> str:
    return rfc3339(datetime.fromtimestamp(seconds, UTC))
