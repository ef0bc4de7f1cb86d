"""What elements say of the feed or the item around them, by feedparser's rules, for the fast path. Pure.

feedparser fills mappings as elements end, and later ones replace, complete or give way to earlier ones by
rules of its own (a second description is content; a guid is a link where there is none; a title deeper
down gives way). Those rules are followed here for what `aggregator.sources.authority` reads from the
mappings, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from aggregator.model import Enclosure
from aggregator.sources.fastheld import NOTHING, Held, Person
from aggregator.sources.fasttext import has_high_controls, looks_like_markup, mended
from aggregator.sources.fastwalk import Action, Attributes, Unsure, Walk
from aggregator.sources.raw import Markup, size

_NAMED_PARAMETER = re.compile("&([A-Za-z0-9_]+);")
_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}
_PAGES = frozenset({"text/html", "html", "xhtml", "application/xhtml+xml"})


class Said(Walk):
    """Texts, addresses, people and categories, kept with the feed or the item that is read.

    ``version``: rss20 or atom10, after the root. ``in_author``: what the elements of an author mean.
    """

    in_author: Mapping[str, Action]

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._mended = partial(mended, high_controls=has_high_controls(body))
        self.version = ""
        self.feed = Held()
        self._held = self.feed
        self._title_depth = -1
        self._has_content = False
        self._guid_is_link = False
        self._author_has_elements = False

    # ------------------------------------------------------------------ texts

    def _value(self) -> str:
        """The text of the element that ends, with feedparser's repairs."""
        return self._mended(self.text())

    def _kind(self, attributes: Attributes, default: str) -> str:
        """The media type of a text that may be markup. XHTML and what else there is are the authority's."""
        if not attributes:
            return default
        served = attributes.get("type", default).lower()
        kind = _TYPES.get(served, served)
        if kind not in ("text/plain", "text/html") or "mode" in attributes:
            raise Unsure(kind)
        return kind

    def _markup(self, kind: str, value: str, served: str) -> Markup:
        """``value``, whose text before repairs is ``served``, as markup in the language and base in force."""
        if not value:
            return NOTHING
        if kind == "text/plain" and self.version == "rss20" and looks_like_markup(served):
            kind = "text/html"
        language = self.lang.replace("_", "-") if self.lang else None
        return Markup(value, html=kind == "text/html", base=self.base or None, language=language)

    def _start_title(self, attributes: Attributes) -> None:
        kind = self._kind(attributes, "text/plain")
        self.read(partial(self._end_title, kind))

    def _end_title(self, kind: str) -> None:
        served = self.text()
        value = self._mended(served)
        if not -1 < self._title_depth <= self.depth:
            self._held.title = value
            self._held.title_detail = self._markup(kind, value, served)
        if value:
            self._title_depth = self.depth

    def _start_media_title(self, attributes: Attributes) -> None:
        kind, before = self._kind(attributes, "text/plain"), self._title_depth

        def end() -> None:
            self._end_title(kind)
            self._title_depth = before

        self.read(end)

    def _start_description(self, attributes: Attributes) -> None:
        if self._held.has_summary and not self._has_content:
            self._start_content(attributes)
        else:
            self._start_summarising(attributes, "text/html")

    def _start_summary(self, attributes: Attributes) -> None:
        if self._held.has_summary and not self._has_content:
            self._start_content(attributes)
        else:
            self._start_summarising(attributes, "text/plain", names_summary=True)

    def _start_summarising(
        self, attributes: Attributes, default: str, *, names_summary: bool = False
    ) -> None:
        kind = self._kind(attributes, default)

        def end() -> None:
            served = self.text()
            self._held.summary = self._markup(kind, self._mended(served), served)
            # A feed's own description is kept as its subtitle.
            self._held.has_summary |= names_summary or self._held is not self.feed

        self.read(end)

    def _start_content(self, attributes: Attributes) -> None:
        self._start_text(attributes, "text/plain")

    def _start_encoded(self, attributes: Attributes) -> None:
        self._start_text(attributes, "text/html")

    def _start_text(self, attributes: Attributes, default: str) -> None:
        kind = self._kind(attributes, default)
        self._has_content = True

        def end() -> None:
            served = self.text()
            self._held.contents.append(self._markup(kind, self._mended(served), served))
            self._held.has_summary = True

        self.read(end)

    def _end_date(self, key: str) -> None:
        value = self._value()
        if self._held.takes(key, self.depth):
            self._held.texts[key] = value

    @classmethod
    def _dating(cls, key: str) -> Action:
        return lambda self, _: self.read(partial(cls._end_date, self, key))

    def _end_telling(self, key: str) -> None:
        self.feed.texts[key] = self._value()

    @classmethod
    def _telling(cls, key: str) -> Action:
        """A text of the feed."""

        def start(self: Said, attributes: Attributes) -> None:
            if attributes and key != "language":
                raise Unsure(key)
            self.read(partial(cls._end_telling, self, key))

        return start

    # ------------------------------------------------------------------ addresses

    def _start_guid(self, attributes: Attributes) -> None:
        self._guid_is_link = attributes.get("ispermalink", "true") == "true"
        self.read(self._end_guid)

    def _end_guid(self) -> None:
        held, served = self._held, self.text()
        value = self._mended(self.resolved(served) if self._guid_is_link and served else served)
        if held is self.feed or held.takes("id", self.depth):
            held.guid = value
        if self._guid_is_link and held.link is None:
            held.link = value

    def _start_link(self, attributes: Attributes) -> None:
        held = self._held
        if "href" not in attributes:
            if not attributes.keys() <= {"xml:lang", "lang", "xml:base", "base"}:
                raise Unsure("link")
            held.links.append({"rel": "alternate"})
            self.read(self._end_link)
            return
        if "url" in attributes or "uri" in attributes:
            raise Unsure("link")
        rel = attributes.get("rel", "alternate")
        kind = attributes.get("type", "application/atom+xml" if rel == "self" else "text/html")
        found = {"rel": rel, "type": kind, "href": self.resolved(attributes["href"])}
        if "length" in attributes:
            found["length"] = attributes["length"]
        held.links.append(found)
        if rel == "alternate" and kind in _PAGES:
            held.link = found["href"]

    def _end_link(self) -> None:
        served = self.text()
        value = self._mended(self.resolved(served)) if served else ""
        if "&" in value:
            if self._held is not self.feed:
                value = value.replace("&amp;", "&")
            value = _NAMED_PARAMETER.sub(r"&\g<1>", value)
        self._held.link = value
        if self._held.link:
            self._held.links[-1]["href"] = self._held.link

    def _start_enclosure(self, attributes: Attributes) -> None:
        href = attributes.get("url", attributes.get("uri", attributes.get("href")))
        found = dict(attributes) | {"rel": "enclosure"}
        if href:
            found["href"] = href
        self._held.links.append(found)

    def _start_media(self, attributes: Attributes) -> None:
        if url := attributes.get("url"):
            kind = attributes.get("type") or attributes.get("medium") or None
            self._held.media.append(Enclosure(url, kind, size(attributes.get("filesize"))))

    def _start_thumbnail(self, attributes: Attributes) -> None:
        if "url" not in attributes:
            raise Unsure("media_thumbnail")  # its text may be the address
        if url := attributes["url"]:
            self._held.thumbnails.append(Enclosure(url, "image", None))

    # ------------------------------------------------------------------ people and categories

    def _start_author(self, _: Attributes) -> None:
        self._held.people.all.append(Person())
        self._author_has_elements = False
        self.forget_text()
        self.enter(self.in_author, self._end_author)

    def _end_author(self) -> None:
        people, value = self._held.people, self._value()
        if value and self._author_has_elements:
            raise Unsure("author")  # a text beside elements: whose is it?
        if self._held is self.feed or self._held.takes("author", self.depth):
            people.line = value
        people.settle()

    def _end_saying(self, what: str) -> None:
        self._held.people.say(what, self._value() if what == "href" else self.text())
        self.forget_text()

    @classmethod
    def _saying(cls, what: str) -> Action:
        def start(self: Said, attributes: Attributes) -> None:
            cls._start_in_author(self, attributes)
            self.read(partial(cls._end_saying, self, what))

        return start

    def _start_in_author(self, _: Attributes) -> None:
        self._author_has_elements = True
        if self.text():
            raise Unsure("author")

    def _start_category(self, attributes: Attributes) -> None:
        self._categorise(
            attributes.get("term"), attributes.get("scheme", attributes.get("domain")), attributes
        )

    def _start_media_category(self, attributes: Attributes) -> None:
        self._categorise(
            attributes.get("term"), attributes.get("scheme", "http://search.yahoo.com/mrss/category_schema"),
            attributes,
        )  # fmt: skip

    def _start_itunes_category(self, attributes: Attributes) -> None:
        self._categorise(attributes.get("text"), "http://www.itunes.com/", {})

    def _categorise(self, term: str | None, scheme: str | None, attributes: Attributes) -> None:
        self._held.add_tag(term, scheme, attributes.get("label"))
        self.read(self._end_category)

    def _end_category(self) -> None:
        value, tags = self._value(), self._held.tags
        if value and tags and not tags[-1][0]:
            tags[-1][0] = value
        elif value:
            self._held.add_tag(value, None, None)

    def _end_listing(self, scheme: str | None) -> None:
        for term in self._value().split(","):
            self._held.add_tag(term.strip(), scheme if term.strip() else None, None)

    @classmethod
    def _listing(cls, scheme: str | None) -> Action:
        """Categories with commas between them."""

        def start(self: Said, attributes: Attributes) -> None:
            if attributes:
                raise Unsure("keywords")
            self.read(partial(cls._end_listing, self, scheme))

        return start
