"""What the three sync protocols have in common: subscriptions, folders, marks, over the store's sync side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from urllib.parse import quote

from aggregator.errors import AggregatorError, UsageError
from aggregator.model import Served, StoryView, Stream, StreamSpec, View
from aggregator.publish.markup import inert, uri
from aggregator.web.accounts import Identity
from aggregator.web.services import Services
from aggregator.web.syncing import Subscribing, Syncing

REST = "Everything else"  # stories of no topic, where topics are what one subscribes to
FOLDERS = {"groups": "Groups", "topics": "Topics"}  # of subscriptions that are in no group
Counts = Mapping[Stream, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Something that a client subscribes to. ``no``: its number, for good. ``url``: of such a feed."""

    no: int
    stream: Stream
    title: str
    url: str
    site: str
    folder: str | None = None  # a label of `Desk.labels`


class Desk:
    """One request's view of what is served to a reader. ``base``: our address, without a slash at its end."""

    def __init__(self, services: Services, syncing: Syncing, who: Identity, base: str) -> None:
        self.services = services
        self.syncing = syncing
        self.store = syncing.store
        self.reader = who.reader
        self.base = base
        # The API password of an admin is for clients, which add and remove subscriptions.
        self.admin = who.role == "admin" and (who.via == "api" or who.may("admin"))
        self.view: View = syncing.view()
        if self.store.waiting(self.view, syncing.settle()):
            topics = tuple(services.topics())
            syncing.write(lambda: self.store.enter(self.view, syncing.settle(), topics))

    # ------------------------------------------------------------------ what there is

    def subscriptions(self) -> list[Subscription]:
        """Every subscription, in the YAML's order."""
        found = list(self._streams())
        numbers = self.numbers([one.stream for one in found])
        return [replace(one, no=numbers[one.stream]) for one in found]

    def _streams(self) -> Iterable[Subscription]:
        if self.view == "sources":
            groups = self.services.groups()
            for one in self.services.reading.sources():
                if one.state != "removed":
                    source = one.source
                    page = f"{self.base}/sources/{quote(source.id)}"
                    yield Subscription(
                        0, Stream("source", source.id), plain(source.title) or source.id,
                        uri(source.url) or page, uri(one.site_url) or page,
                        self.label_of(Stream("group", source.group), groups.get(source.group)),
                    )  # fmt: skip
            return
        titles = self.services.groups() if self.view == "groups" else self.services.topics()
        for name, title in titles.items():
            page = f"{self.base}/{self.view}/{quote(name, safe='')}"
            stream = Stream("group" if self.view == "groups" else "topic", name)
            yield Subscription(0, stream, plain(title) or name, f"{page}/feed.atom", page)
        if self.view == "topics":
            yield Subscription(0, Stream("rest"), REST, f"{self.base}/feed.atom", f"{self.base}/")

    def numbers(self, streams: Sequence[Stream]) -> dict[Stream, int]:
        """The numbers of streams."""
        found = self.store.known(streams)
        if len(found) < len(set(streams)):
            found = self.syncing.write(lambda: self.store.numbers(streams))
        return found

    def labels(self) -> dict[str, Stream]:
        """Folders by what clients show: groups, then topics."""
        found: dict[str, Stream] = {}
        for kind, titles in (("group", self.services.groups()), ("topic", self.services.topics())):
            for name, title in titles.items():
                stream = Stream(kind, name)  # type: ignore[arg-type]
                found.setdefault(self.label_of(stream, title), stream)
        return found

    def label_of(self, stream: Stream, title: str | None = None) -> str:
        """The label of a group or topic; a topic that is called like a group says that it is a topic."""
        shown = (plain(title or "") or stream.name).replace("/", "∕")
        if stream.kind != "topic":
            return shown
        taken = {(plain(one) or name).replace("/", "∕") for name, one in self.services.groups().items()}
        return f"{shown} (topic)" if shown in taken else shown

    def labels_of(self, story: StoryView) -> list[str]:
        """The folders of a story."""
        groups, topics = self.services.groups(), self.services.topics()
        named = [(Stream("group", name), groups.get(name)) for name in story.groups]
        named += [(Stream("topic", name), topics.get(name)) for name in story.topics if name in topics]
        return [self.label_of(stream, title) for stream, title in named]

    # ------------------------------------------------------------------ stories

    def page(self, spec: StreamSpec) -> list[Served]:
        """A page of a stream."""
        return self.store.page(self.view, spec)

    def stories(self, ids: Sequence[int], *, content: bool = True) -> list[tuple[Served, StoryView]]:
        """Stories in the order asked for."""
        return self.store.stories(self.view, ids, self.reader, content=content)

    def unread(self) -> Counts:
        """What is unread, by stream."""
        return self.store.unread(self.view, self.reader)

    # ------------------------------------------------------------------ marks

    def mark(self, ids: Collection[int], *, read: bool | None = None, starred: bool | None = None) -> None:
        """Set read and/or starred."""
        if ids and (read is not None or starred is not None):
            self.syncing.write(lambda: self.store.mark(self.reader, ids, read=read, starred=starred))

    def mark_stream(self, spec: StreamSpec) -> None:
        """Mark a stream as read, up to ``spec.until``."""
        spec = replace(spec, reader=self.reader, read=None)
        self.syncing.write(lambda: self.store.mark_stream(self.view, spec))

    def tag(self, ids: Collection[int], *, add: Collection[str], remove: Collection[str]) -> None:
        """Give and take tags of the reader's own. Raises UsageError for what the YAML decides."""
        for name in (*add, *remove):
            self._refuse_folder(name)
        if ids and (add or remove):
            self.syncing.write(lambda: self.store.tag(self.reader, ids, add=add, remove=remove))

    def rename_tag(self, old: str, new: str | None) -> None:
        """Call a tag otherwise, or drop it."""
        for name in filter(None, (old, new)):
            self._refuse_folder(name)
        self.syncing.write(lambda: self.store.rename_tag(self.reader, old, new))

    def _refuse_folder(self, name: str) -> None:
        stream = self.labels().get(name)
        if stream is not None:
            raise UsageError(
                f"“{name}” is a {stream.kind} of the configuration ({stream.name}): change it there"
            )
        if not 0 < len(name) <= 100:
            raise UsageError("a label has 1 to 100 characters")

    # ------------------------------------------------------------------ sources

    def editor(self) -> Subscribing:
        """What writes the YAML. Raises UsageError where that is not possible."""
        if self.view != "sources":
            raise UsageError(
                f"with `sync.view: {self.view}` subscriptions are the {self.view} of the configuration; "
                "change them there, or set `sync.view: sources`"
            )
        if not self.admin:
            raise NotAllowedError(f"{self.reader} may read, not change the sources: ask an admin")
        if self.syncing.subscribing is None:
            raise UsageError("this server does not write the configuration: add the source to the YAML")
        return self.syncing.subscribing


class NotAllowedError(AggregatorError):
    """A reader asked for what only an admin may do."""


def plain(title: str) -> str:
    """A title as text that is harmless, and reads the same, where a client takes it for HTML."""
    return unescape(inert(title))
