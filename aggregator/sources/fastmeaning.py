"""Which element of RSS 2.0 and Atom 1.0 means what, and where, to feedparser; for the fast path. Pure.

What an element says, once it is known which one it is, is in `fastsaid`. Where an element has a rule of
feedparser's that is not followed, the document is the authority's.
"""

from __future__ import annotations

from aggregator.sources.fastheld import Held
from aggregator.sources.fastnames import ATOM, HANDLED, KEYS
from aggregator.sources.fastsaid import Said
from aggregator.sources.fastwalk import Action, Attributes, Unsure


class Crowded(Exception):  # noqa: N818  not an error: the newest items are read alone
    """A document with more items than were asked for."""


class Meaning(Said):
    """One document's feed and items, at most ``most``. ``version``: rss20 or atom10, after the root."""

    def __init__(self, body: bytes, most: int) -> None:
        super().__init__(body)
        self._most = most
        self.root_at = 0
        self.items: list[Held] = []
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


def _nothing() -> None:
    """The end of an element that says nothing to us."""
