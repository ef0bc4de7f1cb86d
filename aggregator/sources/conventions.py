"""Where well-known sites keep their feeds, told from the shape of an address. Pure; nothing is probed.

YouTube, Reddit, GitHub, Substack and Medium by their hosts; Mastodon's ``/@name`` on any host; WordPress by
what its own page says. An address of no known shape has no convention: then only what the page names counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urljoin, urlsplit

from lxml import etree, html

_NAME = re.compile(r"[\w.+-]{1,100}")
_FEDIVERSE = re.compile(r"/@(\w[\w.-]{0,60}\w|\w)(?:/(?:with_replies|media|followers|following)?)?")
_RESERVED = frozenset(  # first parts of GitHub's own pages, which are nobody's name
    {
        "about", "apps", "collections", "contact", "customer-stories", "enterprise", "events", "explore",
        "features", "issues", "join", "login", "marketplace", "new", "notifications", "orgs", "organizations",
        "pricing", "pulls", "search", "security", "settings", "site", "sponsors", "stars", "team", "topics",
        "trending", "watching",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Convention:
    """Where a site keeps the feed of a page, and whose convention that is."""

    url: str
    site: str


def feed_of(url: str) -> Convention | None:
    """The feed that belongs to the page at an address, where the address alone tells it."""
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not name:
        return None
    steps = [step for step in parts.path.split("/") if step]
    known = _HOSTS.get(name) or _HOSTS.get(name.partition(".")[2] if name != "substack.com" else "")
    if known is not None:
        site, find = known
        found = find(parts, steps)
        return Convention(found, site) if found else None
    account = _FEDIVERSE.fullmatch(parts.path)
    if account and not account[1].endswith((".rss", ".atom")):
        return Convention(f"{parts.scheme}://{parts.netloc}/@{account[1]}.rss", "Mastodon")
    return None


def _youtube(parts: SplitResult, steps: list[str]) -> str | None:
    """Channels, users and playlists; ``/@handle`` is told by its page alone."""
    base = "https://www.youtube.com/feeds/videos.xml?"
    asked = parse_qs(parts.query)
    match steps:
        case ["channel", channel, *_] if _NAME.fullmatch(channel):
            return base + urlencode({"channel_id": channel})
        case ["user", user, *_] if _NAME.fullmatch(user):
            return base + urlencode({"user": user})
        case ["playlist"] | ["watch"] if "list" in asked:
            return base + urlencode({"playlist_id": asked["list"][0]})
    return None


def _reddit(_parts: SplitResult, steps: list[str]) -> str | None:
    match steps:
        case ["r" | "user" | "u" as kind, name, *rest] if _NAME.fullmatch(name) and rest[-1:] != [".rss"]:
            kind = "user" if kind == "u" else kind
            sort = f"{rest[0]}/" if rest and rest[0] in ("new", "top", "rising", "controversial") else ""
            post = f"comments/{rest[1]}/" if rest[:1] == ["comments"] and len(rest) > 1 else ""
            return f"https://www.reddit.com/{kind}/{name}/{post or sort}.rss"
    return None


def _github(_parts: SplitResult, steps: list[str]) -> str | None:
    if not steps or steps[0] in _RESERVED or not all(_NAME.fullmatch(step) for step in steps[:2]):
        return None
    match steps:
        case [owner] if not owner.endswith(".atom"):
            return f"https://github.com/{owner}.atom"
        case [owner, project]:
            return f"https://github.com/{owner}/{project.removesuffix('.git')}/releases.atom"
        case [owner, project, "releases" | "tags" as kind, *_]:
            return f"https://github.com/{owner}/{project}/{kind}.atom"
        case [owner, project, "commits" | "tree", *branch] if branch and not branch[-1].endswith(".atom"):
            return f"https://github.com/{owner}/{project}/commits/{quote('/'.join(branch))}.atom"
        case [owner, project, "commits"]:
            return f"https://github.com/{owner}/{project}/commits.atom"
    return None


def _substack(parts: SplitResult, steps: list[str]) -> str | None:
    own = (parts.hostname or "").lower() in ("substack.com", "www.substack.com")
    return None if own or steps == ["feed"] else f"https://{parts.netloc}/feed"


def _medium(parts: SplitResult, steps: list[str]) -> str | None:
    if (parts.hostname or "").lower().removeprefix("www.") != "medium.com":
        return None if steps == ["feed"] else f"https://{parts.netloc}/feed"
    if steps and steps[0] not in ("feed", "m", "tag") and re.fullmatch(r"@?[\w.-]{1,100}", steps[0]):
        return f"https://medium.com/feed/{steps[0]}"
    return f"https://medium.com/feed/tag/{quote(steps[1])}" if steps[:1] == ["tag"] and steps[1:] else None


_Find = Callable[[SplitResult, list[str]], str | None]
_HOSTS: Mapping[str, tuple[str, _Find]] = {  # by host, or by what follows the first label of it
    "youtube.com": ("YouTube", _youtube),
    "reddit.com": ("Reddit", _reddit),
    "github.com": ("GitHub", _github),
    "substack.com": ("Substack", _substack),
    "medium.com": ("Medium", _medium),
}


def feed_of_page(page: bytes, url: str) -> Convention | None:
    """The feed of a WordPress site that names none: its page tells the API's address, which tells the root.

    ``https://api.w.org/`` is the link relation by which WordPress announces itself.
    """
    try:
        document = html.document_fromstring(
            page[:2_000_000], parser=html.HTMLParser(huge_tree=False, no_network=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    for link in document.iter("link"):
        target = link.get("href") or ""
        if (link.get("rel") or "").lower() == "https://api.w.org/" and "/wp-json" in target:
            root = urljoin(url, target.partition("/wp-json")[0] + "/")
            here, there = urlsplit(url), urlsplit(root)
            if here.hostname == there.hostname and there.scheme in ("http", "https"):
                return Convention(root + "feed/", "WordPress")
    return None
