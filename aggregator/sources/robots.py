"""What a host allows programs to fetch: robots.txt (RFC 9309), for icons and full-text pages.

A feed that a person named does not need it, as a browser does not. `parse` and `Rules` are pure; `Robots`
fetches a host's file, at most once a day, and keeps it.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from aggregator.errors import FetchError
from aggregator.model import Due, Fetched, Source
from aggregator.sources.guard import permits

LIFETIME = timedelta(hours=24)  # section 2.4: no longer
AGAIN = timedelta(hours=1)  # until a host that did not answer is asked again
MAX_PARSED = 512_000  # bytes; section 2.5 asks for 500 KiB at least
MAX_BODY = 5_000_000  # bytes that are received
MAX_RULES = 20_000
MAX_HELD = 4_000  # hosts
_TOKEN = re.compile(r"[A-Za-z_-]+")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a group. ``pattern`` in normal form, ``*`` any octets, a final ``$`` the end."""

    allow: bool
    pattern: str


@dataclass(frozen=True, slots=True)
class Rules:
    """A file: its rules by product token in lower case, "*" for everybody else. None allow all."""

    groups: dict[str, tuple[Rule, ...]]

    def allows(self, path: str, token: str) -> bool:
        """Whether a program with this product token may fetch a path (with its query).

        The longest pattern that matches decides, allow before disallow (section 2.2.2).
        """
        group = self.groups.get(token.lower())
        if group is None:
            group = self.groups.get("*", ())
        path = normal(path or "/")
        best = Rule(True, "")
        for rule in group:
            stronger = (len(rule.pattern), rule.allow) > (len(best.pattern), best.allow)
            if stronger and matches(rule.pattern, path):
                best = rule
        return best.allow


EVERYTHING = Rules({})
NOTHING = Rules({"*": (Rule(False, "/"),)})


def parse(body: bytes) -> Rules:
    """Read a file; whatever is no rule is skipped (section 2.2). Groups of one token are joined."""
    text = body[:MAX_PARSED].decode("utf-8", "replace").removeprefix("\ufeff")
    groups: dict[str, list[Rule]] = defaultdict(list)
    tokens: list[str] = []
    naming = False  # lines that name programs follow each other
    count = 0
    for line in re.split(r"\r\n|\r|\n", text):
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name in ("user-agent", "useragent"):
            tokens = [*tokens, product(value)] if naming else [product(value)]
            naming = True
            groups[tokens[-1]] += []
        elif name in ("allow", "disallow"):
            naming = False
            count += 1
            if value and count <= MAX_RULES:
                for token in tokens:
                    groups[token].append(Rule(name == "allow", normal(value)))
    return Rules({token: tuple(rules) for token, rules in groups.items()})


def product(user_agent: str) -> str:
    """The product token of a User-Agent (section 2.2.1) in lower case: ``aggregator`` of ``aggregator/1``."""
    if user_agent.strip() == "*":
        return "*"
    found = _TOKEN.match(user_agent.strip())
    return found.group().lower() if found else ""


def normal(path: str) -> str:
    """A path or pattern with one spelling for each octet (section 2.2.2, RFC 3986 section 6.2.2)."""

    def respelled(found: re.Match[str]) -> str:
        character = chr(int(found.group(1), 16))
        return character if character in _UNRESERVED else found.group().upper()

    written = quote(path, safe="".join(chr(code) for code in range(0x21, 0x7F)), errors="replace")
    return _ESCAPED.sub(respelled, written)


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches from the start of a path on. Without backtracking: patterns are hostile."""
    anchored = pattern.endswith("$")
    first, *rest = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not anchored or at == len(path)
    *middle, last = rest
    for part in middle:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if anchored:
        return len(path) - len(last) >= at and path.endswith(last)
    return path.find(last, at) >= 0


class Robots:
    """Asks hosts what they allow, and remembers it. Use it within one event loop.

    ``fetch``: `sources.http.Client.fetch`, with its guard, limits and turns for each host.
    """

    def __init__(self, fetch: Callable[[Due], Awaitable[Fetched]], now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._held: OrderedDict[tuple[str, bool], tuple[Rules, datetime]] = OrderedDict()
        self._asking: dict[tuple[str, bool], asyncio.Lock] = {}

    async def allowed(self, url: str, user_agent: str, *, source: Source | None = None) -> bool:
        """Whether ``url`` may be fetched by a program of this User-Agent.

        ``source``: on whose behalf; its proxy, TLS verification and permission for private addresses hold
        for robots.txt too. Raises nothing: what cannot be asked is not allowed (section 2.3.1.4).
        """
        try:
            parts = urlsplit(url)
            origin = f"{parts.scheme.lower()}://{parts.netloc.lower()}"
        except ValueError:
            return False
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if path == "/robots.txt":
            return True
        rules = await self._rules(origin, source)
        return rules.allows(path, product(user_agent))

    async def _rules(self, origin: str, source: Source | None) -> Rules:
        key = (origin, source is not None and permits(source, origin))
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:  # who asks meanwhile waits for the one answer
                held = self._held.get(key)
                if held is None or held[1] <= self._now():
                    held = await self._ask(f"{origin}/robots.txt", source)
                    self._held[key] = held
                self._held.move_to_end(key)
        finally:
            if not lock.locked():
                self._asking.pop(key, None)
        while len(self._held) > MAX_HELD:
            self._held.popitem(last=False)
        return held[0]

    async def _ask(self, url: str, source: Source | None) -> tuple[Rules, datetime]:
        """The rules, and until when they hold."""
        try:
            fetched = await self._fetch(Due(asker(url, source), url))
        except FetchError as error:
            return understood(error), self._now() + (AGAIN if understood(error) is NOTHING else LIFETIME)
        lifetime = LIFETIME if fetched.max_age is None else min(max(fetched.max_age, AGAIN), LIFETIME)
        return parse(fetched.body or b""), self._now() + lifetime


def asker(url: str, source: Source | None) -> Source:
    """A source for one request that is none of a feed: without the feed's own headers and credentials."""
    like = source or Source(id="robots", url=url, title="")
    return replace(like, url=url, headers={}, username=None, password=None, max_body=MAX_BODY)


def understood(error: FetchError) -> Rules:
    """What no file means: 4xx and too many redirects allow all, everything else forbids (section 2.3.1)."""
    status = error.status or 0
    if 400 <= status < 500 and status != 429:  # 429 is a host under load, not one without a file
        return EVERYTHING
    return EVERYTHING if error.kind == "redirect" else NOTHING
