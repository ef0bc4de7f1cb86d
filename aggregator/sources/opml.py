"""Reads OPML 1.0 and 2.0 (opml.org/spec2): the subscriptions that people bring from another feed reader.

The file comes from outside, so it is read as a stream with every dimension bounded, no entity is declared
or fetched, and it is taken whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.parsers import expat

from aggregator.errors import UsageError

MOST_BYTES = 20_000_000
MOST_OUTLINES = 50_000  # folders and feeds together
DEEPEST = 50  # elements within each other
LONGEST = 2_000  # characters of a title or an address


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that an OPML file lists. ``group`` is the title of the innermost folder around it."""

    url: str
    title: str
    group: str | None = None
    site_url: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An outline that names a feed we cannot take; ``line`` starts at 1."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What a file holds: each address once, in the file's order."""

    feeds: tuple[Subscription, ...]
    skipped: tuple[Skipped, ...]


def read(document: bytes, name: str = "OPML") -> Subscriptions:
    """The subscriptions of a file; ``name`` is the file's, for messages.

    Raises UsageError ``name:line: …`` for what is no OPML, is not well-formed, declares entities, or is
    beyond any bound above.
    """
    if len(document) > MOST_BYTES:
        raise UsageError(f"{name}: is larger than {MOST_BYTES // 1_000_000} MB; export fewer subscriptions")
    reader = _Reader(name)
    try:
        reader.parser.Parse(document, True)
    except expat.ExpatError as error:
        said = expat.errors.messages.get(error.code, str(error))
        raise UsageError(f"{name}:{error.lineno}: is not well-formed XML: {said}") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise UsageError(f"{name}: cannot be decoded: {error}") from error
    return Subscriptions(tuple(reader.feeds.values()), tuple(reader.skipped))


@dataclass
class _Reader:
    """The state of reading one file: the open outlines and what was found."""

    name: str
    feeds: dict[str, Subscription] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    open: list[str | None] = field(default_factory=list)  # an element's folder title, None for other elements
    outlines: int = 0

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.EntityDeclHandler = self.refuse_entity

    def fail(self, message: str) -> UsageError:
        return UsageError(f"{self.name}:{self.parser.CurrentLineNumber}: {message}")

    def refuse_entity(self, *_declaration: object) -> None:
        raise self.fail("declares entities, which no OPML file needs; remove its DOCTYPE")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.open and tag.lower() != "opml":
            raise self.fail(f"is no OPML: its root is <{tag[:50]}>")
        if len(self.open) >= DEEPEST:
            raise self.fail(f"nests more than {DEEPEST} elements")
        folder = None
        if tag.lower() == "outline":
            self.outlines += 1
            if self.outlines > MOST_OUTLINES:
                raise self.fail(f"has more than {MOST_OUTLINES:,} outlines")
            folder = self.outline({key.lower(): value for key, value in attributes.items()})
        self.open.append(folder)

    def end(self, _tag: str) -> None:
        self.open.pop()

    def outline(self, said: Mapping[str, str]) -> str | None:
        """Takes a feed; returns the title of a folder, None for a feed."""
        title = " ".join((said.get("title") or said.get("text") or "").split())[:LONGEST]
        address = said.get("xmlurl")
        if address is None:
            return title or None
        url = _web(address)
        if url is None:
            reason = f"{address.strip()[:80]!r} is no http(s) address without credentials"
            self.skipped.append(Skipped(self.parser.CurrentLineNumber, reason))
            return None
        folder = next((folder for folder in reversed(self.open) if folder), None)
        group = folder or _category(said)
        language = (said.get("language") or "").strip()
        site = _web(said.get("htmlurl") or "")
        self.feeds.setdefault(
            url,
            Subscription(
                url,
                title or urlsplit(url).hostname or url,
                group,
                site,
                language[:35] or None,
                _tags(said) if folder else (),
            ),
        )
        return None


def _category(said: Mapping[str, str]) -> str | None:
    """The last part of the first of an outline's categories: ``/Asia/Korea,/Daily`` gives Korea."""
    first = (said.get("category") or "").partition(",")[0]
    return first.strip().strip("/").rpartition("/")[2].strip()[:LONGEST] or None


def _tags(said: Mapping[str, str]) -> tuple[str, ...]:
    """The categories that are words and no path, of a feed whose folder already says its group."""
    words = (each.strip()[:100] for each in (said.get("category") or "").split(",")[:50])
    return tuple(dict.fromkeys(each for each in words if each and "/" not in each))


def _web(address: str) -> str | None:
    """An http(s) address, also where ``feed:`` stands before or for it; None for any other."""
    address = address.strip()
    if address[:7].lower() == "feed://":
        address = "http://" + address[7:]
    elif address[:5].lower() == "feed:":
        address = address[5:]
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        return None
    printable = all(character > " " and character != "\x7f" for character in address)
    return address if sound and printable and len(address) <= LONGEST else None
