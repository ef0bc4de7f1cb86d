"""The demo on disk: feeds of every edition, the articles' pages, the stories expected, and a configuration.

root/editions/1/OUTLET/feed.xml …      what the server serves, edition by edition
root/editions/1/serving.json           per outlet: content type, validators, Last-Modified
root/expected.json                     stories with their members; pairs that must stay apart
root/aggregator.yaml                   sources, groups, topic, for `aggregator --config`
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.demo import world
from tests.demo.formats import content_type, guid_of, html_of, link_of, render
from tests.demo.world import Item, Outlet, Story

# Nothing listens on port 1 (tcpmux) of a usual machine: a connection there is refused.
REFUSING = "http://127.0.0.1:1/feed.xml"
BROKEN = "lighthouse/feed.xml"
GROUPS = {
    "iran": "Iran",
    "korea": "Korea",
    "gulf": "The Gulf",
    "arab": "العالم العربي",
    "china": "中国",
    "world": "World",
}
TERMS = {
    "iran": ["iran*", "tehran", "majlis", "ایران*", "تهران*", "إيران*", "الإيراني*",
             "طهران*", "이란*", "테헤란*", "伊朗", "德黑兰"],
    "dprk": ["north korea*", "dprk", "pyongyang*", "پیونگ*", "کره شمالی", "كوريا الشمالية", "بيونغ*",
             "북한*", "평양*", "朝鲜", "平壤"],
}  # fmt: skip
TOPIC = {"title": "Tehran – Pyongyang", "all": ["$iran", "$dprk"], "in": ["title", "lead", "text"]}


def build(
    base: datetime, root: Path, address: str, *, port: int = 0, interval: str = "20s"
) -> dict[str, Any]:
    """Write the demo below ``root`` for a server at ``address`` (no final slash); the expected stories.

    ``port``: where the daemon's page will be, 0 for any free one; ``interval``: between polls of a source.
    """
    for edition in range(1, world.editions() + 1):
        _edition(base, root / "editions" / str(edition), address, edition)
    expected = expectation(base, address)
    _write(root / "expected.json", json.dumps(expected, ensure_ascii=False, indent=1))
    config = io.BytesIO()
    YAML().dump(configuration(address, port, interval), config)
    _write(root / "aggregator.yaml", b"# Written by tests/demo/build.py\n" + config.getvalue())
    return expected


def _write(path: Path, data: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def _edition(base: datetime, folder: Path, address: str, edition: int) -> None:
    serving = {}
    for name, items in world.items(base, edition).items():
        outlet, root = world.outlets()[name], f"{address}/{name}/"
        newest = max(item.updated for item in items)
        _write(folder / outlet.file, render(outlet, items, root, newest))
        for item in items:
            _write(folder / name / "articles" / f"{item.slug}.html", page(item, root))
        serving[name] = {
            "file": outlet.file,
            "content_type": content_type(outlet),
            "validators": outlet.validators,
            # a second an edition: an outlet without ETag is told apart by this alone
            "modified": (newest + timedelta(seconds=edition)).isoformat(),
            "moved": outlet.moved,
        }
    _write(folder / "serving.json", json.dumps(serving, indent=1))


def page(item: Item, root: str) -> str:
    """The article's own page, so that the demo's links lead somewhere."""
    direction = "rtl" if item.outlet.language in ("fa", "ar") else "ltr"
    title = escape(item.title)
    return (
        f'<!doctype html><html lang="{item.outlet.language}" dir="{direction}"><meta charset="utf-8">'
        f'<link rel="canonical" href="{link_of(item, root)}"><title>{title}</title>'
        f"<body><header>{escape(item.outlet.title)}</header><article><h1>{title}</h1>\n"
        f"{html_of(item, root)}\n</article></body></html>\n"
    )


# ------------------------------------------------------------------------------------------ what is expected


def expectation(base: datetime, address: str) -> dict[str, Any]:
    """Stories with members (source, guid or null, url, relation, edition), and pairs to keep apart."""
    members: dict[str, dict[tuple[str, str], dict[str, Any]]] = {story.id: {} for story in world.stories()}
    counts: dict[str, dict[str, int]] = {name: {} for name in world.outlets()}
    for edition in range(1, world.editions() + 1):
        for name, items in world.items(base, edition).items():
            counts[name][str(edition)] = len(items)
            for item in items:
                member = _member(item, f"{address}/{name}/")
                members[item.story.id].setdefault((name, item.slug), member)
    return {
        "base": base.isoformat(),
        "editions": world.editions(),
        "outlets": counts,
        "stories": [
            {"id": story.id, "language": story.language, "title": story.title,
             "members": list(members[story.id].values())}
            for story in world.stories()
        ],
        "apart": [{"a": a, "b": b, "why": why} for a, b, why in apart(world.stories())],
    }  # fmt: skip


def _member(item: Item, root: str) -> dict[str, Any]:
    return {
        "source": item.outlet.id,
        "guid": guid_of(item.outlet, item, root),
        "url": link_of(item, root),
        "relation": item.relation,
        "edition": item.edition,
    }


def apart(stories: tuple[Story, ...]) -> Iterator[tuple[str, str, str]]:
    """The pairs that a careless detector would fold, each with the reason why it must not."""
    for story in stories:
        if story.apart is not None:
            yield story.apart["of"], story.id, story.apart["why"]
    for a, b in combinations(stories, 2):
        if a.family is not None and a.family == b.family:
            yield a.id, b.id, "the same form with other facts"
        elif a.kind == b.kind == "visit" and a.apart is b.apart is None:
            why = "another event of the same visit" if a.language == b.language else "another language"
            yield a.id, b.id, why


# --------------------------------------------------------------------------------------------- configuration


def configuration(address: str, port: int, interval: str) -> dict[str, Any]:
    """aggregator.yaml as data; polls quickly, since the server is ours."""
    sources = [_source(outlet, address) for outlet in world.outlets().values()]
    sources.append(
        {
            "id": "lighthouse",
            "url": f"{address}/{BROKEN}",
            "title": "The Lighthouse (answers 500)",
            "group": "world",
        }
    )
    sources.append({"id": "nowhere", "url": REFUSING, "title": "Nowhere (refuses)", "group": "world"})
    return {
        "database": "sqlite:///aggregator.db",
        "web": {"host": "127.0.0.1", "port": port},
        "polling": {"interval": interval, "min_interval": "1s", "timeout": "10s", "icons": False,
                    "per_host": 4, "allow_private": True},
        "defaults": {"initial_unread": None},  # the world of the demo is of 2018
        "terms": TERMS,
        "topics": {"tehran-pyongyang": TOPIC},
        "groups": {name: {"title": title} for name, title in GROUPS.items()},
        "sources": sources,
    }  # fmt: skip


def _source(outlet: Outlet, address: str) -> dict[str, Any]:
    path = f"{outlet.id}/rss" if outlet.moved else outlet.file
    source: dict[str, Any] = {
        "id": outlet.id,
        "url": f"{address}/{path}",
        "title": outlet.title,
        "group": outlet.group,
        "language": outlet.language,
        "authority": outlet.authority,
    }
    if outlet.agency:
        source["agency"] = True
    if outlet.timezone:
        source["timezone"] = outlet.timezone
    return source
