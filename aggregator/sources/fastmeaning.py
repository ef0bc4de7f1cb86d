"""What the elements of RSS 2.0 and Atom 1.0 mean to feedparser, for the fast path. Pure.

feedparser fills mappings as elements end, and later ones replace, complete or give way to earlier ones by
rules of its own (a second description is content; a guid is a link where there is none; a title deeper
down gives way). Those rules are followed here for what `aggregator.sources.authority` reads from the
mappings, and for nothing else; where an element has one that is not followed, the document is the
authority's.
"""

from __future__ import annotations

import re
from functools import partial

from aggregator.model import Enclosure
from aggregator.sources.fastheld import Held, Person
from aggregator.sources.fastnames import ATOM, HANDLED, KEYS
from aggregator.sources.fasttext import has_high_controls, looks_like_markup, mended
from aggregator.sources.fastwalk import Action, Attributes, Unsure, Walk
from aggregator.sources.raw import Markup, size

_NAMED_PARAMETER = re.compile("&([A-Za-z0-9_]+);")
_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}
_PAGES = frozenset({"text/html", "html", "xhtml", "application/xhtml+xml"})


class Crowded(Exception):  # noqa: N818  not an error: the newest items are read alone
    """A document with more items than were asked for."""


class Meaning(Walk):
    """One document's feed and items, at most ``most``. ``version``: rss20 or atom10, after the root."""

    def __init__(self, body: bytes, most: int) -> None:
        super().__init__()
        self._most = most
        self._mended = partial(mended, high_controls=has_high_controls(body))
        self.version = ""
        self.root_at = 0
        self.feed = Held()
        self.items: list[Held] = []
        self._held = self.feed
        self._title_depth = -1
        self._has_content = False
        self._guid_is_link = False
        self._author_has_elements = False
        self._root: dict[str, Action] = {"rss": self._start_rss, "feed": self._start_feed}
        self._rss: dict[str, Action] = {"channel": self._start_channel}
        self.actions = self._root
        both = self._shared()
        self._channel = both | self._of_channel()
        self._atom = both | self._of_atom()
        self._item = both | self._of_item()
        self._image: dict[str, Action] = {"title": self._start_title} | dict.fromkeys(
            ("link", "description", "url", "width", "height"), self._skip
        )
        self._author: dict[str, Action] = {
            name: self._saying(what)
            for what, names in (
                ("name", ("name", "itunes_name")),
                ("email", ("email", "itunes_email")),
                ("href", ("url", "uri", "homepage")),
            )
            for name in names
        }

    # ------------------------------------------------------------------ which element is what, and where

    def _shared(self) -> dict[str, Action]:
        """Elements of feeds and items alike."""
        title, description = self._start_title, self._start_description
        found: dict[str, Action] = {
            "title": title, "dc_title": title, "media_title": self._start_media_title,
            "description": description, "dc_description": description, "media_description": description,
            "summary": self._start_summary, "itunes_summary": self._start_summary,
            "content_encoded": self._start_encoded,
            "link": self._start_link, "guid": self._start_guid, "id": self._start_guid,
            "author": self._start_author, "dc_creator": self._start_author, "dc_author": self._start_author,
            "itunes_author": self._start_author,
        }  # fmt: skip
        skipped = """
            generator webmaster dc_publisher rights copyright dc_rights subtitle itunes_subtitle tagline
            feedburner_browserfriendly dc_contributor expirationdate itunes_block itunes_explicit
            georss_point georss_line georss_polygon georss_box admin_generatoragent
            name email url uri homepage width height itunes_name itunes_email
        """
        found |= dict.fromkeys(skipped.split(), self._skip)
        inside = """
            cloud contributor cc_license itunes_image itunes_link media_group media_credit media_rating
            media_restriction media_license media_player
        """
        found |= dict.fromkeys(inside.split(), self._look_inside)
        return found

    def _of_item(self) -> dict[str, Action]:
        found: dict[str, Action] = {
            "content": self._start_content, "source": self._start_source, "image": self._start_item_image,
            "enclosure": self._start_enclosure, "media_content": self._start_media,
            "media_thumbnail": self._start_thumbnail,
            "category": self._start_category, "keywords": self._start_category,
            "dc_subject": self._start_category, "media_category": self._start_media_category,
            "itunes_category": self._start_itunes_category,
            "media_keywords": self._listing(None), "itunes_keywords": self._listing("http://www.itunes.com/"),
            "language": self._skip, "dc_language": self._skip,
        }  # fmt: skip
        dates = {
            "published": ("published", "issued", "pubdate", "dcterms_issued"),
            "updated": ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"),
            "created": ("created", "dcterms_created"),
        }
        found |= {name: self._dating(key) for key, names in dates.items() for name in names}
        return found

    def _of_feed(self) -> dict[str, Action]:
        skipped = """
            published issued pubdate dcterms_issued updated modified lastbuilddate dc_date dcterms_modified
            created dcterms_created
        """
        found: dict[str, Action] = dict.fromkeys(skipped.split(), self._skip)
        inside = """
            category keywords dc_subject media_category itunes_category media_keywords itunes_keywords
            media_content media_thumbnail
        """
        found |= dict.fromkeys(inside.split(), self._look_inside)
        found |= {
            "language": self._telling("language"), "dc_language": self._telling("language"),
            "ttl": self._telling("ttl"), "sy_updateperiod": self._telling("sy_updateperiod"),
            "sy_updatefrequency": self._telling("sy_updatefrequency"),
        }  # fmt: skip
        return found

    def _of_channel(self) -> dict[str, Action]:
        # A channel's authors are nobody's: RSS items are not signed by the feed.
        nobody = "author dc_creator dc_author itunes_author managingeditor itunes_owner"
        return self._of_feed() | dict.fromkeys(nobody.split(), self._look_inside) | {
            "item": self._start_item, "image": self._start_image,
        }  # fmt: skip

    def _of_atom(self) -> dict[str, Action]:
        return self._of_feed() | {"entry": self._start_item, "icon": self._skip, "logo": self._skip}

    def unknown(self, name: str) -> Action | None:
        """An element without a meaning is looked into, unless feedparser would take it for something."""
        in_feed = self.actions is self._channel or self.actions is self._atom or self.actions is self._item
        if name in HANDLED or name in KEYS or not (in_feed or self.actions is self._author):
            raise Unsure(name)
        return self._start_in_author if self.actions is self._author else None

    # ------------------------------------------------------------------ the frame

    def _start_rss(self, attributes: Attributes) -> None:
        if not attributes.get("version", "").startswith("2."):
            raise Unsure("rss")
        self._begin("rss20", self._rss)

    def _start_feed(self, _: Attributes) -> None:
        if ATOM not in self.declared:
            raise Unsure("feed")
        self._begin("atom10", self._atom)

    def _begin(self, version: str, actions: dict[str, Action]) -> None:
        if self.depth != 1:
            raise Unsure(version)
        self.version, self.root_at = version, self.offset()
        if self.lang:
            self.feed.texts["language"] = self.lang.replace("_", "-")
        self.enter(actions)

    def _start_channel(self, attributes: Attributes) -> None:
        if self.depth != 2 or "lastmod" in attributes or "href" in attributes:
            raise Unsure("channel")
        self._rss.pop("channel")  # there is one, or we are not sure
        self.enter(self._channel)

    def _start_item(self, attributes: Attributes) -> None:
        if not attributes.keys() <= {"xml:lang", "lang", "xml:base", "base", "xml:space"}:
            raise Unsure("item")
        if self.depth != (3 if self.version == "rss20" else 2):
            raise Unsure("item")
        if len(self.items) >= self._most:
            raise Crowded
        self._held = Held()
        self.items.append(self._held)
        self._guid_is_link = False
        self._title_depth = -1
        self.enter(self._item, self._end_item)

    def _end_item(self) -> None:
        self._held = self.feed
        self._has_content = False

    def _start_image(self, _: Attributes) -> None:
        self._title_depth = -1
        self._held = Held()  # its title is not the feed's
        self.enter(self._image, self._end_image)

    def _end_image(self) -> None:
        self._held = self.feed

    def _start_item_image(self, attributes: Attributes) -> None:
        self._title_depth = -1
        self._skip(attributes)

    def _start_source(self, attributes: Attributes) -> None:
        self._title_depth = -1
        self._skip(attributes)

    def _skip(self, _: Attributes) -> None:
        """Nothing that we read; there may be no elements in it."""
        self.read(_nothing)

    def _look_inside(self, _: Attributes) -> None:
        """Nothing that we read itself; the elements in it count as if they stood beside it."""

    # ------------------------------------------------------------------ texts

    def _value(self) -> str:
        """The text of the element that ends, with feedparser's repairs."""
        return self._mended(self.text())

    def _kind(self, attributes: Attributes, default: str) -> str:
        """The media type of a text that may be markup. XHTML and what else there is are the authority's."""
        served = attributes.get("type", default).lower()
        kind = _TYPES.get(served, served)
        if kind not in ("text/plain", "text/html") or "mode" in attributes:
            raise Unsure(kind)
        return kind

    def _markup(self, kind: str, value: str, served: str) -> Markup:
        """``value``, whose text before repairs is ``served``, as markup in the language and base in force."""
        if not value:
            return Markup()
        if kind == "text/plain" and self.version == "rss20" and looks_like_markup(served):
            kind = "text/html"
        language = self.lang.replace("_", "-") if self.lang else None
        return Markup(value, html=kind == "text/html", base=self.base or None, language=language)

    def _start_title(self, attributes: Attributes) -> None:
        kind = self._kind(attributes, "text/plain")
        self.read(lambda: self._end_title(kind))

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

    def _dating(self, key: str) -> Action:
        def end() -> None:
            value = self._value()
            if self._held.takes(key, self.depth):
                self._held.texts[key] = value

        return lambda _: self.read(end)

    def _telling(self, key: str) -> Action:
        """A text of the feed."""

        def end() -> None:
            self.feed.texts[key] = self._value()

        def start(attributes: Attributes) -> None:
            if attributes and key != "language":
                raise Unsure(key)
            self.read(end)

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
        if self._held is not self.feed:
            value = value.replace("&amp;", "&")
        self._held.link = _NAMED_PARAMETER.sub(r"&\g<1>", value)
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
        self.enter(self._author, self._end_author)

    def _end_author(self) -> None:
        people, value = self._held.people, self._value()
        if value and self._author_has_elements:
            raise Unsure("author")  # a text beside elements: whose is it?
        if self._held is self.feed or self._held.takes("author", self.depth):
            people.line = value
        people.settle()

    def _saying(self, what: str) -> Action:
        def end() -> None:
            self._held.people.say(what, self._value() if what == "href" else self.text())
            self.forget_text()

        def start(_: Attributes) -> None:
            self._start_in_author(_)
            self.read(end)

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

    def _listing(self, scheme: str | None) -> Action:
        """Categories with commas between them."""

        def end() -> None:
            for term in self._value().split(","):
                self._held.add_tag(term.strip(), scheme if term.strip() else None, None)

        def start(attributes: Attributes) -> None:
            if attributes:
                raise Unsure("keywords")
            self.read(end)

        return start


def _nothing() -> None:
    """The end of an element that says nothing to us."""
