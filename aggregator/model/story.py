"""A story for people, those near it, and lists of stories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.article import ArticleView, RevisionView
from aggregator.model.tie import Relation


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story for people. ``guid``: a tag: URI (RFC 4151) that never changes. ``articles``: in time order.

    ``canonical`` is credited; ``shown`` (None: the same) is the article of which ``title`` and text are;
    ``url`` may be a third one's. `publish.view.shown` reads it.
    """

    id: int
    guid: str
    title: str
    url: str | None
    published: datetime  # frozen when the story was first placed
    updated: datetime  # changes with the canonical text, never because a copy joined
    placed: datetime
    canonical: ArticleView
    articles: tuple[ArticleView, ...]
    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    read: bool = False
    starred: bool = False
    revised: bool = False  # the text changed after it was first shown
    links: tuple[StoryLink, ...] = ()  # of a story that is asked for alone, as are the revisions
    revisions: tuple[RevisionView, ...] = ()
    shown: ArticleView | None = None


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """An article at one end of a link, and the story that it is of now."""

    article: int
    story: int
    title: str
    url: str | None
    source: str
    source_title: str
    published: datetime  # effective time


@dataclass(frozen=True, slots=True)
class StoryLink:
    """Two stories that are near each other and not folded, by the articles that show it.

    ``relation``: ``partial`` (substantial passages shared), ``related`` (the same event, in other words), or
    ``copy``: a question, since a source or group is set to ``fold: ask``, which a person may answer.
    ``here``: the end that was asked about, in lists of a story its own. ``outgoing``: found when ``here``
    arrived, not ``there``.
    """

    here: LinkEnd
    there: LinkEnd
    relation: Relation
    similarity: float
    outgoing: bool = True


@dataclass(frozen=True, slots=True)
class TimelineSpec:
    """An ordered, filtered list of stories, newest placed first.

    ``before`` is a keyset cursor: the id of the last story of the page before. ``since``/``until`` bound
    the story's published time. ``search``: every word must occur in title or text of one of its articles.
    """

    topic: str | None = None
    group: str | None = None
    source: str | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    unread: bool = False
    starred: bool = False
    reader: str = "reader"
    before: int | None = None
    limit: int = 50
    with_content: bool = True
