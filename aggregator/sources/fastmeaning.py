"""Which element of RSS 2.0 and Atom 1.0 means what, and where, to feedparser; for the fast path. Pure.

What an element says, once it is known which one it is, is in `fastsaid`. Where an element has a rule of
feedparser's that is not followed, the document is the authority's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from aggregator.sources.fastheld import Held
from aggregator.sources.fastnames import ATOM, HANDLED, KEYS
from aggregator.sources.fastsaid import Said
from aggregator.sources.fastwalk import Action, Attributes, Unsure


@dataclass(frozen=True, slots=True)
class _Tables:
    """Name of an element → what to do with it, in the document, in each of its contexts."""

    root: Mapping[str, Action]
    rss: Mapping[str, Action]
    channel: Mapping[str, Action]
    atom: Mapping[str, Action]
    item: Mapping[str, Action]
    image: Mapping[str, Action]
    author: Mapping[str, Action]
    within_author: Action  # what any other element there does


class Crowded(Exception):  # noqa: N818  not an error: the newest items are read alone
    """A document with more items than were asked for."""


class Meaning(Said):
    """One document's feed and items, at most ``most``. ``version``: rss20 or atom10, after the root."""

    def __init__(self, body: bytes, most: int) -> None:
        super().__init__(body)
        self._most = most
        self.root_at = 0
        self.items: list[Held] = []
        self._channels = 0
        tables = self._tables()
        self._in_rss, self._channel, self._atom = tables.rss, tables.channel, tables.atom
        self._item, self._image, self.in_author = tables.item, tables.image, tables.author
        self.actions = tables.root

    # ------------------------------------------------------------------ which element is what, and where

    @classmethod
    @cache
    def _tables(cls) -> _Tables:
        """What the elements mean, by where they stand."""
        both = cls._shared()
        authors = {
            "name": "name itunes_name", "email": "email itunes_email", "href": "url uri homepage",
        }  # fmt: skip
        return _Tables(
            root={"rss": cls._start_rss, "feed": cls._start_feed},
            rss={"channel": cls._start_channel},
            channel=both | cls._of_channel(),
            atom=both | cls._of_atom(),
            item=both | cls._of_item(),
            image={"title": cls._start_title}
            | dict.fromkeys(("link", "description", "url", "width", "height"), cls._skip),
            author={name: cls._saying(what) for what, names in authors.items() for name in names.split()},
            within_author=cls._start_in_author,
        )

    @classmethod
    def _shared(cls) -> dict[str, Action]:
        """Elements of feeds and items alike."""
        title, description = cls._start_title, cls._start_description
        found: dict[str, Action] = {
            "title": title, "dc_title": title, "media_title": cls._start_media_title,
            "description": description, "dc_description": description, "media_description": description,
            "summary": cls._start_summary, "itunes_summary": cls._start_summary,
            "content_encoded": cls._start_encoded,
            "link": cls._start_link, "guid": cls._start_guid, "id": cls._start_guid,
            "author": cls._start_author, "dc_creator": cls._start_author, "dc_author": cls._start_author,
            "itunes_author": cls._start_author,
        }  # fmt: skip
        skipped = """
            generator webmaster dc_publisher rights copyright dc_rights subtitle itunes_subtitle tagline
            feedburner_browserfriendly dc_contributor expirationdate itunes_block itunes_explicit
            georss_point georss_line georss_polygon georss_box admin_generatoragent
            name email url uri homepage width height itunes_name itunes_email
        """
        found |= dict.fromkeys(skipped.split(), cls._skip)
        inside = """
            cloud contributor cc_license itunes_image itunes_link media_group media_credit media_rating
            media_restriction media_license media_player
        """
        found |= dict.fromkeys(inside.split(), cls._look_inside)
        return found

    @classmethod
    def _of_item(cls) -> dict[str, Action]:
        found: dict[str, Action] = {
            "content": cls._start_content, "source": cls._start_source, "image": cls._start_item_image,
            "enclosure": cls._start_enclosure, "media_content": cls._start_media,
            "media_thumbnail": cls._start_thumbnail,
            "category": cls._start_category, "keywords": cls._start_category,
            "dc_subject": cls._start_category, "media_category": cls._start_media_category,
            "itunes_category": cls._start_itunes_category,
            "media_keywords": cls._listing(None), "itunes_keywords": cls._listing("http://www.itunes.com/"),
            "language": cls._skip, "dc_language": cls._skip,
        }  # fmt: skip
        dates = {
            "published": ("published", "issued", "pubdate", "dcterms_issued"),
            "updated": ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"),
            "created": ("created", "dcterms_created"),
        }
        found |= {name: cls._dating(key) for key, names in dates.items() for name in names}
        return found

    @classmethod
    def _of_feed(cls) -> dict[str, Action]:
        skipped = """
            published issued pubdate dcterms_issued updated modified lastbuilddate dc_date dcterms_modified
            created dcterms_created
        """
        found: dict[str, Action] = dict.fromkeys(skipped.split(), cls._skip)
        inside = """
            category keywords dc_subject media_category itunes_category media_keywords itunes_keywords
            media_content media_thumbnail
        """
        found |= dict.fromkeys(inside.split(), cls._look_inside)
        found |= {
            "language": cls._telling("language"), "dc_language": cls._telling("language"),
            "ttl": cls._telling("ttl"), "sy_updateperiod": cls._telling("sy_updateperiod"),
            "sy_updatefrequency": cls._telling("sy_updatefrequency"),
        }  # fmt: skip
        return found

    @classmethod
    def _of_channel(cls) -> dict[str, Action]:
        # A channel's authors are nobody's: RSS items are not signed by the feed.
        nobody = "author dc_creator dc_author itunes_author managingeditor itunes_owner"
        return cls._of_feed() | dict.fromkeys(nobody.split(), cls._look_inside) | {
            "item": cls._start_item, "image": cls._start_image,
        }  # fmt: skip

    @classmethod
    def _of_atom(cls) -> dict[str, Action]:
        return cls._of_feed() | {"entry": cls._start_item, "icon": cls._skip, "logo": cls._skip}

    def unknown(self, name: str) -> Action | None:
        """An element without a meaning is looked into, unless feedparser would take it for something."""
        in_feed = self.actions is self._channel or self.actions is self._atom or self.actions is self._item
        if name in HANDLED or name in KEYS or not (in_feed or self.actions is self.in_author):
            raise Unsure(name)
        return self._tables().within_author if self.actions is self.in_author else None

    # ------------------------------------------------------------------ the frame

    def _start_rss(self, attributes: Attributes) -> None:
        if not attributes.get("version", "").startswith("2."):
            raise Unsure("rss")
        self._begin("rss20", self._in_rss)

    def _start_feed(self, _: Attributes) -> None:
        if ATOM not in self.declared:
            raise Unsure("feed")
        self._begin("atom10", self._atom)

    def _begin(self, version: str, actions: Mapping[str, Action]) -> None:
        if self.depth != 1:
            raise Unsure(version)
        self.version, self.root_at = version, self.offset()
        if self.lang:
            self.feed.texts["language"] = self.lang.replace("_", "-")
        self.enter(actions)

    def _start_channel(self, attributes: Attributes) -> None:
        self._channels += 1
        if self.depth != 2 or self._channels > 1 or "lastmod" in attributes or "href" in attributes:
            raise Unsure("channel")
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
