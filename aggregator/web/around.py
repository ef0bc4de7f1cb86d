"""What a story's page shows beside the texts: marks with their passages, earlier texts, linked stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.dedup.passages import MarkedPassage, passages
from aggregator.dedup.rules import Rules
from aggregator.model import ArticleView, RevisionView, StoryLink, StoryView
from aggregator.publish.diff import Change, changes
from aggregator.publish.view import shown
from aggregator.web import show

MARKED = 60  # copies whose marks are looked up in their texts
RELATION = {
    "copy": "would be a copy of it",
    "version": "would be a version of it",
    "partial": "shares passages with it",
    "related": "tells of the same event in its own words",
}


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that an article had, and what the next one changed in it."""

    revision: RevisionView
    following: str
    changes: tuple[Change, ...]

    @property
    def kept(self) -> bool:
        """Whether both texts are there: retention drops them, and keeps that there were some."""
        return bool(self.revision.text and self.following)

    @property
    def changed(self) -> bool:
        """Whether any word differs."""
        return self.kept and any(change.kind != "same" for change in self.changes)


@dataclass(frozen=True, slots=True)
class Linked:
    """A story that this one is linked to."""

    link: StoryLink
    outlet: show.Outlet
    words: str


def marked(story: StoryView, additions: int = Rules().additions) -> dict[int, tuple[MarkedPassage, ...]]:
    """By article: the passages behind its marks, in the order of its text. ``additions``: `Rules`."""
    text = shown(story)
    found: dict[int, tuple[MarkedPassage, ...]] = {}
    for article in story.articles:
        if article.marks and text.text and article.text and article.id != text.id and len(found) < MARKED:
            every = _passages(
                text.title, text.text, text.boilerplate,
                article.title, article.text, article.boilerplate, additions,
            )  # fmt: skip
            found[article.id] = tuple(one for one in every if one.kind in article.marks)
    return found


def earlier(story: StoryView) -> dict[int, tuple[Revision, ...]]:
    """By article: the texts that it had, the newest first, each with what its successor changed."""
    by_article: dict[int, list[RevisionView]] = {}
    for revision in story.revisions:
        by_article.setdefault(revision.article, []).append(revision)
    articles = {article.id: article for article in story.articles}
    return {
        number: tuple(reversed(_revisions(kept, articles[number])))
        for number, kept in by_article.items()
        if number in articles
    }


def linked(story: StoryView) -> tuple[Linked, ...]:
    """The other stories, in the store's order: the strongest links first."""
    return tuple(
        Linked(link, show.outlet(link.there.source, link.there.source_title), RELATION[link.relation])
        for link in story.links
        if link.relation != "original"
    )


def _revisions(kept: Sequence[RevisionView], article: ArticleView) -> list[Revision]:
    texts = [*(revision.text for revision in kept[1:]), article.text]
    return [
        Revision(revision, following, _changes(revision.text, following))
        for revision, following in zip(kept, texts, strict=True)
    ]


@lru_cache(maxsize=256)
def _changes(before: str, after: str) -> tuple[Change, ...]:
    return changes(before, after)


@lru_cache(maxsize=512)
def _passages(
    title: str,
    text: str,
    left_out: tuple[int, ...],
    copy_title: str,
    copy_text: str,
    copy_left_out: tuple[int, ...],
    additions: int,
) -> tuple[MarkedPassage, ...]:
    """The passages, which are pure, kept for the stories that are read now."""
    return passages(
        title, text, copy_title, copy_text,
        additions=additions, canonical_left_out=left_out, copy_left_out=copy_left_out,
    )  # fmt: skip
