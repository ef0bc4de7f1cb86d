"""What a renderer is given, and the memory of fragments that it may use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model import ArticleView, StoryView


@dataclass(frozen=True, slots=True)
class FeedView:
    """A merged feed, or one page of it (RFC 5005 section 3), ready to be written in any format.

    ``id``: an IRI that never changes (a tag: address), the same for every page. ``self_url``: of this page
    in this format. ``first_url`` … ``prev_url``: the other pages in this format, None where there is none.
    ``archive``: an archive (section 4), whose stories stay in it; ``current_url`` leads from it to the newest
    document. ``updated``: the newest change of a story, never of a copy that joined. All addresses are
    absolute.
    """

    title: str
    id: str
    self_url: str
    site_url: str
    updated: datetime
    stories: Sequence[StoryView]
    language: str | None = None  # BCP 47, of the feed's own words; entries carry their own
    first_url: str | None = None
    next_url: str | None = None
    prev_url: str | None = None
    current_url: str | None = None
    prev_archive_url: str | None = None
    next_archive_url: str | None = None
    archive: bool = False
    hub: str | None = None  # a WebSub hub
    stylesheet: str | None = None  # CSS for people who open the feed in a browser


def copies(story: StoryView) -> tuple[ArticleView, ...]:
    """The articles of a story apart from its canonical one, in time order."""
    return tuple(article for article in story.articles if article.id != story.canonical.id)


def shown(story: StoryView) -> ArticleView:
    """The article whose text and title stand for the story: the credited one, unless another is named."""
    return story.shown or story.canonical


def unique(stories: Sequence[StoryView]) -> tuple[StoryView, ...]:
    """The stories in their order, each guid once: nobody is shown a story twice, whatever the query did."""
    first: dict[str, StoryView] = {}
    for story in stories:
        first.setdefault(story.guid, story)
    return tuple(first.values())


def version(story: StoryView) -> tuple[object, ...]:
    """Everything of a story that a renderer reads: equal versions make equal fragments."""
    lead, text = story.canonical, shown(story)
    return (
        story.guid,
        story.title,
        story.url,
        story.published,
        story.updated,
        story.topics,
        story.groups,
        (lead.id, lead.url, lead.title, lead.source, lead.source_title, lead.site_url, lead.language),
        (lead.authors, text.id, text.title, text.language, text.categories, text.enclosures),
        text.content or text.summary or text.text,
        text.text[:LEAD_READ],
        tuple(
            (a.id, a.source, a.source_title, a.url, a.title, a.published, a.relation, a.marks)
            for a in story.articles
        ),
    )


HISTORY = "http://purl.org/syndication/history/1.0"  # the namespace of RFC 5005

LEAD_READ = 1_000  # characters of an article's text from which a lead is made


class Fragments:
    """The fragments written last, by format and story: a story is written again only when it changed.

    Holds at most ``size`` fragments; the least recently used goes first. For one thread at a time.
    """

    def __init__(self, size: int = 4_000) -> None:
        self.size = size
        self._held: OrderedDict[tuple[str, int], tuple[tuple[object, ...], bytes]] = OrderedDict()

    def get(self, name: str, story: StoryView, write: Callable[[StoryView], bytes]) -> bytes:
        """The story's fragment in format ``name``, from ``write`` when none held is still true."""
        key, now = (name, story.id), version(story)
        held = self._held.get(key)
        if held is None or held[0] != now:
            held = (now, write(story))
            self._held[key] = held
            if len(self._held) > self.size:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return held[1]


def written(
    name: str, feed: FeedView, write: Callable[[StoryView], bytes], fragments: Fragments | None
) -> list[bytes]:
    """A fragment for each story of the feed, from ``fragments`` where it may be."""
    stories = unique(feed.stories)
    if fragments is None:
        return [write(story) for story in stories]
    return [fragments.get(name, story, write) for story in stories]


def pages(feed: FeedView) -> tuple[tuple[str, str | None], ...]:
    """The registered relations of RFC 5005, in a feed's head, with their addresses."""
    return (
        ("first", feed.first_url),
        ("previous", feed.prev_url),
        ("next", feed.next_url),
        ("current", feed.current_url),
        ("prev-archive", feed.prev_archive_url),
        ("next-archive", feed.next_archive_url),
        ("hub", feed.hub),
    )
