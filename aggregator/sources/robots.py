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
MAX_HELD = 4_000  # hosts …
MAX_WEIGHT = 20_000_000  # … and about so many bytes of all their rules
RULE = 150  # bytes of a rule without its pattern
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

    def weight(self) -> int:
        """About how many bytes it takes to keep."""
        return sum(RULE + len(rule.pattern) for group in self.groups.values() for rule in group)

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


def parse(body: bytes, token: str) -> Rules:
    """Read what a file says to programs of one product token, and to all others; what is no rule is skipped.

    Groups of one token are joined (section 2.2). Nothing else is kept: a file may name a program a line, and
    each of its rules would be a rule of all of them.
    """
    wanted = {token.lower(), "*"}
    text = body[:MAX_PARSED].decode("utf-8", "replace").removeprefix("\ufeff")
    groups: dict[str, list[Rule]] = defaultdict(list)
    named: set[str] = set()
    naming = False  # lines that name programs follow each other
    count = 0
    for line in re.split(r"\r\n|\r|\n", text):
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name in ("user-agent", "useragent"):
            named = (named if naming else set()) | ({product(value)} & wanted)
            naming = True
            groups |= {each: groups[each] for each in named}
        elif name in ("allow", "disallow"):
            naming = False
            count += 1
            if value and named and count <= MAX_RULES:
                rule = Rule(name == "allow", normal(value))
                for each in named:
                    groups[each].append(rule)
    return Rules({each: tuple(rules) for each, rules in groups.items()})


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


Key = tuple[str, bool, str]  # the origin, whether private addresses are permitted, the product token


class Robots:
    """Asks hosts what they allow, and remembers it. Use it within one event loop.

    ``fetch``: `sources.http.Client.fetch`, with its guard, limits and turns for each host.
    """

    def __init__(self, fetch: Callable[[Due], Awaitable[Fetched]], now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._held: OrderedDict[Key, tuple[Rules, datetime]] = OrderedDict()
        self._weight = 0
        self._asking: dict[Key, asyncio.Lock] = {}

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
        token = product(user_agent)
        rules = await self._rules(origin, source, token)
        return rules.allows(path, token)

    async def _rules(self, origin: str, source: Source | None, token: str) -> Rules:
        key = (origin, source is not None and permits(source, origin), token)
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:  # who asks meanwhile waits for the one answer
                held = self._held.get(key)
                if held is None or held[1] <= self._now():
                    held = await self._ask(f"{origin}/robots.txt", source, token)
                    self._forget(key)
                    self._held[key] = held
                    self._weight += held[0].weight()
                self._held.move_to_end(key)
        finally:
            if not lock.locked():
                self._asking.pop(key, None)
        while len(self._held) > MAX_HELD or self._weight > MAX_WEIGHT:
            self._forget(next(iter(self._held)))
        return held[0]

    def _forget(self, key: Key) -> None:
        held = self._held.pop(key, None)
        if held is not None:
            self._weight -= held[0].weight()

    async def _ask(self, url: str, source: Source | None, token: str) -> tuple[Rules, datetime]:
        """The rules, and until when they hold."""
        try:
            fetched = await self._fetch(Due(asker(url, source), url))
        except FetchError as error:
            return understood(error), self._now() + (AGAIN if understood(error) is NOTHING else LIFETIME)
        lifetime = LIFETIME if fetched.max_age is None else min(max(fetched.max_age, AGAIN), LIFETIME)
        rules = await asyncio.to_thread(parse, fetched.body or b"", token)  # a large file takes its time
        return rules, self._now() + lifetime


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
