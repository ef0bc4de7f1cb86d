"""Strict validators of what we publish: each returns a list of problems, empty when there is none.

``check_atom``: RFC 4287 (and 5005). ``check_rss``: RSS 2.0 with the RSS Advisory Board's profile.
``check_json``: JSON Feed 1.1. They hold rules that validators report as errors or as warnings, and are
written apart from the renderers: they share no code with them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
XHTML = "{http://www.w3.org/1999/xhtml}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
KNOWN = {part[1:-1] for part in (ATOM, CONTENT, DC, XML, XHTML, HISTORY)}

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d (GMT|[+-]\d{4})"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TAG = re.compile(r"tag:([\w.-]+@)?[a-z0-9.-]+,\d{4}(-\d\d){0,2}:[^#\s]*(#\S*)?", re.ASCII)
_NOT_IRI = re.compile(r"[\s<>\"{}|\\^`\x00-\x20\x7f-\x9f]|%(?![0-9A-Fa-f]{2})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_MEDIA = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/[A-Za-z0-9][\w!#$&^.+-]*(;.*)?", re.ASCII)
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+( \(.+\))?")
_HTML_LIKE = re.compile(r"</?[A-Za-z][^>]*>|<!--|&(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp);")
_BAD_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_RELS = {
    "alternate", "current", "enclosure", "first", "hub", "last", "license", "next", "next-archive", "payment",
    "prev-archive", "previous", "related", "replies", "search", "self", "up", "via",
}  # fmt: skip
_PAGING = {"current", "first", "last", "next", "next-archive", "prev-archive", "previous"}


# ----------------------------------------------------------------------------- values


def bad_iri(value: str | None, schemes: tuple[str, ...] = ()) -> str | None:
    """What is wrong with an absolute IRI (RFC 3987), or None."""
    if not value:
        return "is empty"
    if _NOT_IRI.search(value) or not _SCHEME.match(value):
        return f"is no absolute IRI: {value!r}"
    if value.startswith("tag:") and not _TAG.fullmatch(value):
        return f"is no tag: address (RFC 4151): {value!r}"
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        return f"is no IRI: {value!r} ({error})"
    if schemes and parts.scheme not in schemes:
        return f"has the scheme {parts.scheme!r}"
    if parts.scheme in ("http", "https") and not parts.hostname:
        return f"has no host: {value!r}"
    if parts.scheme in ("javascript", "data", "vbscript"):
        return f"can run: {value!r}"
    return None


def bad_rfc3339(value: str | None) -> str | None:
    """What is wrong with a date by RFC 3339, or None."""
    if not value or not _RFC3339.fullmatch(value):
        return f"is no RFC 3339 date: {value!r}"
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        return f"is impossible: {value!r} ({error})"
    return None


def bad_rfc822(value: str | None) -> str | None:
    """What is wrong with a date by RFC 822 with a four-digit year, or None; the weekday must be right."""
    if not value or not _RFC822.fullmatch(value):
        return f"is no RFC 822 date: {value!r}"
    try:
        when = parsedate_to_datetime(value)
    except ValueError as error:
        return f"is impossible: {value!r} ({error})"
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[when.weekday()]
    return None if value.startswith(day) else f"names the wrong day: {value!r}, it was a {day}"


class _Html(HTMLParser):
    """Finds what must not be in published HTML: scripts, handlers, addresses that run or are relative."""

    VOID = frozenset(
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
    )
    BANNED = frozenset(["script", "style", "iframe", "object", "embed", "form", "meta", "link", "base"])

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BANNED:
            self.problems.append(f"has <{tag}>")
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.problems.append(f"has the handler {name}")
            if name in ("href", "src", "cite", "poster", "action"):
                scheme = (value or "").strip().partition(":")[0].lower()
                if scheme not in ("http", "https", "mailto", "tel"):
                    self.problems.append(f"has {name}={value!r}")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        elif tag not in self.VOID:
            self.problems.append(f"closes <{tag}>, which is not open")


def bad_html(value: str) -> list[str]:
    """What is wrong with HTML that is to be shown in a feed reader."""
    parser = _Html()
    parser.feed(value)
    parser.close()
    unclosed = [
        f"leaves <{tag}> open" for tag in parser.open if tag not in ("p", "li", "dd", "dt", "td", "tr")
    ]
    return parser.problems + unclosed


def _root(document: bytes) -> etree._Element | str:
    """The document's root, or why it is not well-formed. Entities and DTDs are refused."""
    if not isinstance(document, bytes):
        return "is not bytes"
    try:
        document.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8: {error}"
    if not document.startswith(b"<?xml "):
        return "has no XML declaration at its very start"
    try:
        root = etree.fromstring(
            document, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        )
    except etree.XMLSyntaxError as error:
        return f"is not well-formed: {error}"
    return "has a DOCTYPE" if root.getroottree().docinfo.doctype else root


def _everywhere(root: etree._Element) -> Iterator[str]:
    """Rules for every element: known namespaces, no control characters, sound languages."""
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if name.namespace and name.namespace not in KNOWN:
            yield f"unknown namespace {name.namespace}"
        if name.namespace == HISTORY[1:-1] and (
            name.localname != "archive" or len(element) or element.attrib
        ):
            yield f"{name.localname} is not as RFC 5005 section 4 has it"
        for value in (element.text or "", element.tail or "", *element.attrib.values()):
            if _BAD_CHARACTERS.search(value):
                yield f"{name.localname} has control characters"
        language = element.get(f"{XML}lang")
        if language is not None and not _LANGUAGE.fullmatch(language):
            yield f"{name.localname} has xml:lang={language!r}"


def _counts(
    element: etree._Element, where: str, once: tuple[str, ...], at_most_once: tuple[str, ...]
) -> Iterator[str]:
    """Children that are required once, or allowed once."""
    found = Counter(child.tag for child in element.iterchildren(etree.Element))
    for tag in once:
        if found[tag] != 1:
            yield f"{where} has {found[tag]} of {etree.QName(tag).localname}, must have 1"
    for tag in at_most_once:
        if found[tag] > 1:
            yield f"{where} has {found[tag]} of {etree.QName(tag).localname}, may have 1"


def _twice(values: list[str], what: str) -> Iterator[str]:
    yield from (f"{what} {value!r} occurs {n} times" for value, n in Counter(values).items() if n > 1)


# ----------------------------------------------------------------------------- Atom


def check_atom(document: bytes) -> list[str]:
    """What is wrong with an Atom document."""
    root = _root(document)
    if isinstance(root, str):
        return [root]
    if root.tag != f"{ATOM}feed":
        return [f"the root is {root.tag}, not atom:feed"]
    return list(_atom_feed(root))


def _atom_feed(root: etree._Element) -> Iterator[str]:
    yield from _everywhere(root)
    allowed = [
        "author",
        "category",
        "contributor",
        "entry",
        "generator",
        "icon",
        "id",
        "link",
        "logo",
        "rights",
        "subtitle",
        "title",
        "updated",
    ]
    yield from _atom_children(root, "feed", set(allowed))
    required = tuple(ATOM + name for name in ("id", "title", "updated"))
    yield from _counts(
        root, "feed", required, tuple(ATOM + n for n in ("generator", "icon", "logo", "subtitle"))
    )
    tags = [child.tag for child in root.iterchildren(etree.Element)]
    if f"{ATOM}entry" in tags and any(t != f"{ATOM}entry" for t in tags[tags.index(f"{ATOM}entry") :]):
        yield "feed has metadata after its first entry"
    yield from _atom_common(root, "feed")
    if not root.xpath("a:link[@rel='self']", namespaces={"a": ATOM[1:-1]}):
        yield "feed has no link rel=self"
    entries = root.findall(f"{ATOM}entry")
    for number, entry in enumerate(entries, 1):
        yield from _atom_entry(root, entry, f"entry {number}")
    yield from _twice([entry.findtext(f"{ATOM}id", "") for entry in entries], "entry id")
    yield from _twice([entry.findtext(f"{ATOM}updated", "") for entry in entries], "entry updated")


def _atom_children(element: etree._Element, where: str, allowed: set[str]) -> Iterator[str]:
    for child in element.iterchildren(etree.Element):
        if child.tag.startswith(ATOM) and child.tag.removeprefix(ATOM) not in allowed:
            yield f"{where} has atom:{child.tag.removeprefix(ATOM)}"


def _atom_entry(feed: etree._Element, entry: etree._Element, where: str) -> Iterator[str]:
    allowed = "author category content contributor id link published rights source summary title updated"
    yield from _atom_children(entry, where, set(allowed.split()))
    required = tuple(ATOM + name for name in ("id", "title", "updated"))
    yield from _counts(
        entry,
        where,
        required,
        tuple(ATOM + n for n in ("content", "published", "source", "summary", "rights")),
    )
    yield from _atom_common(entry, where)
    if not any(
        e.find(f"{ATOM}author") is not None
        for e in (entry, feed, entry.find(f"{ATOM}source"))
        if e is not None
    ):
        yield f"{where} has no author"
    alternates = [
        link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"
    ]
    content = entry.find(f"{ATOM}content")
    if content is None and not alternates:
        yield f"{where} has neither content nor link rel=alternate"
    if content is None and entry.find(f"{ATOM}summary") is None:
        yield f"{where} has neither content nor summary"
    source = entry.find(f"{ATOM}source")
    if source is not None:
        yield from _counts(source, f"{where} source", required, ())
        yield from _atom_common(source, f"{where} source")
        if source.find(f"{ATOM}entry") is not None:
            yield f"{where} source has an entry"


def _atom_common(element: etree._Element, where: str) -> Iterator[str]:
    """Rules of what feeds, entries and sources may all have."""
    for child in element.iterchildren(etree.Element):
        name, value = etree.QName(child).localname, child.text or ""
        if not child.tag.startswith(ATOM):
            continue
        problem = None
        if name in ("id", "icon", "logo"):
            problem = bad_iri(value)
        elif name in ("updated", "published"):
            problem = bad_rfc3339(value)
        elif name in ("title", "subtitle", "summary", "rights", "content"):
            yield from (f"{where} {name} {fault}" for fault in _atom_text(child, name))
        elif name in ("author", "contributor"):
            yield from _atom_person(child, f"{where} {name}")
        elif name == "category" and not child.get("term"):
            problem = "has no term"
        elif name == "link":
            yield from (f"{where} link {fault}" for fault in _atom_link(child, where))
        elif name == "generator" and not value.strip():
            problem = "is empty"
        if problem:
            yield f"{where} {name} {problem}"
    kinds = [
        f"{link.get('type')} {link.get('hreflang')}"
        for link in element.findall(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    ]
    yield from _twice(kinds, f"{where} link rel=alternate of")


def _atom_text(element: etree._Element, name: str) -> Iterator[str]:
    kind, value = element.get("type", "text"), element.text or ""
    if kind not in ("text", "html", "xhtml") and not (name == "content" and _MEDIA.fullmatch(kind)):
        yield f"has the type {kind!r}"
    if kind in ("text", "html") and len(element):
        yield f"of type {kind} has child elements"
    if kind in ("text", "html") and not value.strip() and not element.get("src"):
        yield "is empty"
    if kind == "html":
        yield from bad_html(value)
    if kind == "xhtml" and [child.tag for child in element] != [f"{XHTML}div"]:
        yield "of type xhtml is not one xhtml:div"


def _atom_person(element: etree._Element, where: str) -> Iterator[str]:
    yield from _counts(element, where, (f"{ATOM}name",), (f"{ATOM}uri", f"{ATOM}email"))
    if not element.findtext(f"{ATOM}name", "").strip():
        yield f"{where} has an empty name"
    email = element.findtext(f"{ATOM}email")
    if email is not None and not _EMAIL.fullmatch(email):
        yield f"{where} has the email {email!r}"


def _atom_link(link: etree._Element, where: str) -> Iterator[str]:
    rel = link.get("rel", "alternate")
    problem = bad_iri(link.get("href"))
    if problem:
        yield f"rel={rel} href {problem}"
    if rel not in _RELS and bad_iri(rel):
        yield f"has the unregistered rel {rel!r}"
    if rel in _PAGING and where.startswith("entry"):
        yield f"rel={rel} belongs to the feed"
    if link.get("type") is not None and not _MEDIA.fullmatch(link.get("type", "")):
        yield f"has the type {link.get('type')!r}"
    if link.get("length") is not None and not link.get("length", "").isdigit():
        yield f"has the length {link.get('length')!r}"
    if link.get("title") is not None and not link.get("title", "").strip():
        yield "has an empty title"
    if len(link) or (link.text or "").strip():
        yield "is not empty"


# ----------------------------------------------------------------------------- RSS


def check_rss(document: bytes) -> list[str]:
    """What is wrong with an RSS 2.0 document."""
    root = _root(document)
    if isinstance(root, str):
        return [root]
    if root.tag != "rss" or root.get("version") != "2.0":
        return [f"the root is {root.tag} version {root.get('version')}, not rss 2.0"]
    channels = root.findall("channel")
    if len(channels) != 1:
        return [f"has {len(channels)} channels"]
    return [*_everywhere(root), *_rss_channel(channels[0])]


_CHANNEL_ONCE = (
    "language", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate", "generator", "docs",
    "cloud", "ttl", "image", "rating", "textInput", "skipHours", "skipDays",
)  # fmt: skip
_ITEM_ONCE = (
    "title", "link", "description", "author", "comments", "enclosure", "guid", "pubDate", "source",
    f"{CONTENT}encoded",
)  # fmt: skip


def _rss_channel(channel: etree._Element) -> Iterator[str]:
    yield from _counts(channel, "channel", ("title", "link", "description"), _CHANNEL_ONCE)
    for child in channel.iterchildren(etree.Element):
        core = ("title", "link", "description", "category", "item", *_CHANNEL_ONCE)
        if not child.tag.startswith("{") and child.tag not in core:
            yield f"channel has the unknown element {child.tag}"
    yield from _rss_values(channel, "channel")
    language = channel.findtext("language")
    if language is not None and not _LANGUAGE.fullmatch(language):
        yield f"channel language is {language!r}"
    links = channel.findall(f"{ATOM}link")
    if [link.get("rel") for link in links].count("self") != 1:
        yield "channel must have one atom:link rel=self"
    items = channel.findall("item")
    for number, item in enumerate(items, 1):
        yield from _rss_item(item, f"item {number}")
    yield from _twice([item.findtext("guid", "") for item in items], "guid")


def _rss_item(item: etree._Element, where: str) -> Iterator[str]:
    yield from _counts(item, where, ("guid",), _ITEM_ONCE)
    for child in item.iterchildren(etree.Element):
        if not child.tag.startswith("{") and child.tag not in (*_ITEM_ONCE, "category"):
            yield f"{where} has the unknown element {child.tag}"
    tags = [child.tag for child in item.iterchildren(etree.Element)]
    if "title" not in tags and "description" not in tags:
        yield f"{where} has neither title nor description"
    if f"{CONTENT}encoded" in tags and "description" not in tags[: tags.index(f"{CONTENT}encoded")]:
        yield f"{where} has no description before content:encoded"
    if "author" in tags and f"{DC}creator" in tags:
        yield f"{where} has both author and dc:creator"
    yield from _rss_values(item, where)
    guid = item.find("guid")
    if guid is not None:
        permanent = guid.get("isPermaLink", "true")
        if permanent not in ("true", "false"):
            yield f"{where} guid has isPermaLink={permanent!r}"
        problem = bad_iri(guid.text) if permanent == "true" else None if guid.text else "is empty"
        if problem:
            yield f"{where} guid {problem}"
    for enclosure in item.findall("enclosure"):
        yield from (f"{where} enclosure {fault}" for fault in _rss_enclosure(enclosure))


def _rss_enclosure(enclosure: etree._Element) -> Iterator[str]:
    problem = bad_iri(enclosure.get("url"), ("http", "https"))
    if problem:
        yield f"url {problem}"
    if not enclosure.get("length", "").isdigit():
        yield f"length is {enclosure.get('length')!r}"
    if not _MEDIA.fullmatch(enclosure.get("type", "")):
        yield f"type is {enclosure.get('type')!r}"


def _rss_values(element: etree._Element, where: str) -> Iterator[str]:
    """Rules of single elements that channels and items share."""
    for child in element.iterchildren(etree.Element):
        name, value = etree.QName(child).localname, child.text or ""
        problems: list[str | None] = []
        if child.tag in ("link", "comments", "docs"):
            problems = [bad_iri(value, ("http", "https"))]
        elif child.tag in ("pubDate", "lastBuildDate"):
            problems = [bad_rfc822(value)]
        elif child.tag in ("author", "managingEditor", "webMaster"):
            problems = [None if _EMAIL.fullmatch(value) else f"is no email address: {value!r}"]
        elif child.tag in ("title", "category", "source", f"{DC}creator"):
            problems = [
                None if value.strip() else "is empty",
                "has HTML" if _HTML_LIKE.search(value) else None,
            ]
            if child.tag == "source":
                problems.append(bad_iri(child.get("url"), ("http", "https")))
        elif child.tag in ("description", f"{CONTENT}encoded"):
            problems = [None if value.strip() else "is empty", *bad_html(value)]
        elif child.tag == f"{ATOM}link":
            problems = list(_atom_link(child, "entry" if where.startswith("item") else "feed"))
        yield from (f"{where} {name} {problem}" for problem in problems if problem)


# ----------------------------------------------------------------------------- JSON Feed


def check_json(document: bytes) -> list[str]:
    """What is wrong with a JSON Feed 1.1."""
    try:
        feed = json.loads(document.decode("utf-8"), object_pairs_hook=_once, parse_constant=_finite)
    except ValueError as error:
        return [f"is no JSON in UTF-8: {error}"]
    if not isinstance(feed, dict):
        return ["is no object"]
    return list(_json_feed(feed))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(f"a name occurs twice in {[name for name, _ in pairs]}")
    return members


def _finite(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


_FEED_TYPES = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str,
    "user_comment": str, "next_url": str, "icon": str, "favicon": str, "authors": list, "language": str,
    "expired": bool,
    "hubs": list, "items": list,
}  # fmt: skip
_ITEM_TYPES = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "content_text": str,
    "summary": str, "image": str, "banner_image": str, "date_published": str, "date_modified": str,
    "authors": list, "tags": list, "language": str, "attachments": list,
}  # fmt: skip


def _members(thing: dict[str, Any], types: dict[str, type], where: str) -> Iterator[str]:
    """Unknown names (extensions begin with ``_`` and are objects), types, addresses, languages."""
    for name, value in thing.items():
        if name.startswith("_"):
            if not isinstance(value, dict):
                yield f"{where} extension {name} is no object"
        elif name not in types:
            yield f"{where} has the unknown member {name}"
        elif not isinstance(value, types[name]):
            yield f"{where} {name} is no {types[name].__name__}"
        elif name.endswith("url") or name in ("icon", "favicon", "image", "banner_image"):
            problem = bad_iri(value, ("http", "https"))
            if problem:
                yield f"{where} {name} {problem}"
        elif name == "language" and not _LANGUAGE.fullmatch(value):
            yield f"{where} language is {value!r}"


def _json_feed(feed: dict[str, Any]) -> Iterator[str]:
    yield from _members(feed, _FEED_TYPES, "feed")
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"feed version is {feed.get('version')!r}"
    for name in ("title", "items"):
        if name not in feed:
            yield f"feed has no {name}"
    if feed.get("next_url") and feed.get("next_url") == feed.get("feed_url"):
        yield "feed next_url is its own address"
    yield from _json_authors(feed, "feed")
    for hub in feed.get("hubs", []):
        if not isinstance(hub, dict) or not hub.get("type") or bad_iri(hub.get("url")):
            yield f"feed has the hub {hub!r}"
    items = feed["items"] if isinstance(feed.get("items"), list) else []
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            yield from _json_item(item, f"item {number}")
        else:
            yield f"item {number} is no object"
    yield from _twice([str(item.get("id")) for item in items if isinstance(item, dict)], "id")


def _json_item(item: dict[str, Any], where: str) -> Iterator[str]:
    yield from _members(item, _ITEM_TYPES, where)
    if not item.get("id"):
        yield f"{where} has no id"
    html = item.get("content_html")
    if not html and not item.get("content_text"):
        yield f"{where} has no content"
    if isinstance(html, str):
        yield from (f"{where} content_html {problem}" for problem in bad_html(html))
    for name in ("date_published", "date_modified"):
        problem = bad_rfc3339(item[name]) if isinstance(item.get(name), str) else None
        if problem:
            yield f"{where} {name} {problem}"
    if not all(isinstance(tag, str) and tag.strip() for tag in item.get("tags", [])):
        yield f"{where} has a tag that is no text"
    yield from _json_authors(item, where)
    for file in item.get("attachments", []):
        if not isinstance(file, dict) or bad_iri(file.get("url"), ("http", "https")):
            yield f"{where} has the attachment {file!r}"
        elif not isinstance(file.get("mime_type"), str) or not _MEDIA.fullmatch(file["mime_type"]):
            yield f"{where} attachment has the type {file.get('mime_type')!r}"
        elif not isinstance(file.get("size_in_bytes", 0), int):
            yield f"{where} attachment has the size {file['size_in_bytes']!r}"


def _json_authors(thing: dict[str, Any], where: str) -> Iterator[str]:
    for author in thing.get("authors", []):
        if not isinstance(author, dict) or not any(author.get(n) for n in ("name", "url", "avatar")):
            yield f"{where} has the author {author!r}"


CHECKS = {"atom": check_atom, "rss": check_rss, "json": check_json}
