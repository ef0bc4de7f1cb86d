"""What feedparser has collected of an item or a feed, as far as we read that, for the fast path.

Its mappings are filled as elements end; later values replace, complete or give way to earlier ones. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aggregator.model import Enclosure
from aggregator.sources.fastwalk import Unsure
from aggregator.sources.raw import Markup, RawItem, raw_item, size

_MAIL = re.compile(r"([a-zA-Z0-9_.+-]+@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,4})(?: ?\(([^()<>&@]*)\))?")
NOTHING = Markup()


@dataclass(slots=True, eq=False)
class Person:
    """An author as feedparser collects one; None is what was not said."""

    name: str | None = None
    email: str | None = None
    href: str | None = None

    def is_new(self) -> bool:
        """Whether nothing was said of this one yet."""
        return self.name is None and self.email is None and self.href is None


@dataclass(slots=True, eq=False)
class People:
    """Authors of an item or a feed. ``line``: feedparser's one line for them; ``detail``: its one author."""

    line: str | None = None
    detail: Person | None = None
    all: list[Person] = field(default_factory=list)

    def names(self) -> tuple[str, ...]:
        """As `aggregator.sources.authority` reads them."""
        found = tuple(filter(None, (one.name or one.email for one in self.all)))
        return found or ((self.line,) if self.line and self.line.strip() else ())

    def say(self, what: str, value: str) -> None:
        """The last author's name, email or href was read."""
        if self.detail is None:
            self.detail = Person()
        setattr(self.detail, what, value)
        self.settle()
        setattr(self.all[-1], what, value)

    def settle(self) -> None:
        """Take the last author from the line where nothing was said of him, else the line from him."""
        one = self.all[-1]
        if one.is_new():
            if self.line:
                _split_line(one, self.line)
                self.detail = self.detail or one
        elif one.name and one.email:
            self.line = f"{one.name} ({one.email})"
        elif one.name or one.email:
            self.line = one.name or one.email


def _split_line(one: Person, line: str) -> None:
    """Name and address from ``Name`` or ``address (Name)``."""
    if "@" not in line:
        one.name = line
        return
    found = _MAIL.fullmatch(line)
    if found is None:
        raise Unsure(line)
    one.email = found.group(1)
    one.name = (found.group(2) or "").strip() or None


def _length(markup: Markup) -> int:
    return len(markup.value)


@dataclass(slots=True, eq=False)
class Held:
    """What feedparser has collected of the item or the feed that is open, as far as we read it."""

    guid: str = ""
    link: str | None = None
    title: str = ""
    title_detail: Markup = NOTHING
    summary: Markup = NOTHING
    has_summary: bool = False
    contents: list[Markup] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)  # published, updated, created, language, ttl, …
    depths: dict[str, int] = field(default_factory=dict)  # of the element that gave a value
    people: People = field(default_factory=People)
    tags: list[list[str | None]] = field(default_factory=list)  # term, scheme, label
    links: list[dict[str, str]] = field(default_factory=list)
    media: list[Enclosure] = field(default_factory=list)
    thumbnails: list[Enclosure] = field(default_factory=list)

    def takes(self, key: str, depth: int) -> bool:
        """Whether an item's value found at ``depth`` replaces the one there is: not if that is higher up."""
        if depth <= self.depths.get(key, depth):
            self.depths[key] = depth
            return True
        return False

    def add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        """A category, unless it is there or empty."""
        tag = [term, scheme, label]
        if (term or scheme or label) and tag not in self.tags:
            self.tags.append(tag)

    def item(self, feed_authors: tuple[str, ...]) -> RawItem:
        """The item as the authority hands it on."""
        content = max(self.contents, key=_length, default=NOTHING)
        dates = {key: value for key, value in self.texts.items() if value.strip()}
        files = [one for one in self.links if one["rel"] == "enclosure" and one.get("href")]
        return raw_item(
            guid=self.guid,
            link=self.link or None,
            title=self.title_detail,
            summary=NOTHING if self.summary.value == content.value else self.summary,
            content=content,
            published=dates.get("published") or dates.get("created") or dates.get("updated"),
            updated=dates.get("updated"),
            authors=self.people.names() or feed_authors,
            categories=tuple(label or term or "" for term, _, label in self.tags),
            enclosures=(
                *(Enclosure(one["href"], one.get("type") or None, size(one.get("length"))) for one in files),
                *self.media,
                *self.thumbnails,
            ),
            language=content.language or self.summary.language,
        )
