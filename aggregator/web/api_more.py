"""The REST API, version 1: topics, groups and searches, articles, what was folded and what was corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from aggregator.model import Change, Folded
from aggregator.publish.changed import words
from aggregator.publish.shapes import article_shape, rfc3339
from aggregator.web.api import Article
from aggregator.web.api_answers import Shape, answered, answered_whole, following
from aggregator.web.forms import given
from aggregator.web.services import Services
from aggregator.web.watch import cursor, folded_page

router = APIRouter(prefix="/api/v1", tags=["reading"])
Given = Annotated[Services, Depends(given)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


class Named(Shape):
    """A topic, a group or a saved search."""

    id: str
    title: str
    feeds: dict[str, str] = Field(description="Addresses by format.")


class Searched(Named):
    """A saved search."""

    query: str


class Lists(BaseModel):
    """What stories are listed by."""

    topics: list[Named]
    groups: list[Named]
    searches: list[Searched]


class ArticleText(Article):
    """An article with its text and markup."""

    text: str
    content: str = Field(description="Sanitised HTML.")
    summary: str = Field(description="Sanitised HTML.")
    authors: list[str]
    categories: list[str]


class FoldedArticle(Shape):
    """An article in a story whose text is another's."""

    story: int
    beside: str = Field(description="The title that the story shows.")
    article: Article


class FoldedArticles(BaseModel):
    """A page of folded articles: those that add or differ first."""

    folded: list[FoldedArticle]
    next: str | None = Field(description="Address of the next page; null on the last one.")


class Pair(BaseModel):
    """A passage that says something else now."""

    now: str
    before: str


class OneChange(Shape):
    """A correction."""

    id: int
    at: datetime
    kind: Literal["facts", "retracted", "withdrawn", "split"]
    words: str
    story: int = Field(description="That the article is of now.")
    other: int | None = Field(description="The story that it was split off from.")
    article: int
    source: str
    outlet: str
    title: str
    before_title: str | None
    url: str | None
    pairs: list[Pair]
    reason: str


class Changes(BaseModel):
    """A page of corrections, the newest first."""

    changes: list[OneChange]
    next: str | None = Field(description="Address of the next page; null on the last one.")


def _named(folder: str, titles: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "title": title,
            "feeds": {kind: f"/{folder}/{name}/feed.{kind}" for kind in ("atom", "rss", "json")},
        }
        for name, title in titles.items()
    ]


@router.get("/lists", response_model=Lists, summary="Topics, groups and saved searches")
def lists(request: Request, services: Given) -> Response:
    """What the configuration lists stories by, each with the addresses of its feeds."""
    searches = services.site().searches if services.site is not None else {}
    made = _named("searches", {name: title for name, (title, _) in searches.items()})
    shape = {
        "topics": _named("topics", services.topics()),
        "groups": _named("groups", services.groups()),
        "searches": [one | {"query": searches[one["id"]][1]} for one in made],
    }
    return answered_whole(request, shape)


@router.get("/articles/{article}", response_model=ArticleText, summary="One article")
def article(request: Request, services: Given, article: Id) -> Response:
    """An article with its text, as its outlet has it now."""

    def shape() -> dict[str, Any]:
        found = services.reading.article(article)
        return article_shape(found) | {
            "text": found.text, "content": found.content, "summary": found.summary,
            "authors": list(found.authors), "categories": list(found.categories),
        }  # fmt: skip

    return answered(request, services, shape)


def folded_shape(one: Folded) -> dict[str, Any]:
    """A folded article."""
    return {"story": one.story, "beside": one.beside, "article": article_shape(one.article)}


@router.get("/folded", response_model=FoldedArticles, summary="What was folded away")
def folded(
    request: Request, services: Given,
    mark: Annotated[Literal["adds", "differs"] | None, Query(description="Only with this mark.")] = None,
    before: Annotated[str, Query(pattern=r"^([mu][0-9]{1,9}|)$", description="As `next` gives it.")] = "",
    limit: Limit = 50,
) -> Response:  # fmt: skip
    """Copies and versions whose text is not shown; those that add something or say something else first."""

    def shape() -> dict[str, Any]:
        found = folded_page(services, mark, before, limit + 1)
        more = following(request, before=cursor(found[limit - 1])) if len(found) > limit else None
        return {"folded": [folded_shape(one) for one in found[:limit]], "next": more}

    return answered(request, services, shape)


def change_shape(change: Change) -> dict[str, Any]:
    """A correction; ``words`` says it in a sentence."""
    return {
        "id": change.id, "at": rfc3339(change.at), "kind": change.kind, "words": words(change),
        "story": change.story, "other": change.other, "article": change.article, "source": change.source,
        "outlet": change.source_title, "title": change.title, "before_title": change.before_title or None,
        "url": change.url, "pairs": [{"now": now, "before": before} for now, before in change.pairs],
        "reason": change.reason,
    }  # fmt: skip


@router.get("/changes", response_model=Changes, summary="Corrections by outlets and readers")
def changes(
    request: Request, services: Given,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An id.")] = None,
    limit: Limit = 50,
) -> Response:  # fmt: skip
    """Facts that a newer version states differently, reports taken back, articles split off."""

    def shape() -> dict[str, Any]:
        watching = services.watching
        found = [] if watching is None else watching.changes(before=before, limit=limit + 1)
        more = following(request, before=found[limit - 1].id) if len(found) > limit else None
        return {"changes": [change_shape(one) for one in found[:limit]], "next": more}

    return answered(request, services, shape)
