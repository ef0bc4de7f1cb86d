"""The REST API, version 1: reading, in the shapes that `aggregator.publish.shapes` gives the commands too."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import RedirectResponse, Response

from aggregator.errors import NotFoundError
from aggregator.model import SourceStateName, TimelineSpec
from aggregator.publish.shapes import source_shape, story_shape, whole_story_shape
from aggregator.web.api_answers import Shape, answered, following
from aggregator.web.forms import given
from aggregator.web.services import Services


class Article(Shape):
    """An article of a story."""

    id: int
    source: str = Field(description="Id of the source, as the configuration has it.")
    guid: str
    url: str | None
    title: str
    published: datetime = Field(description="The earlier of the feed's date and when it was first seen; UTC.")
    first_seen: datetime
    similarity: float = Field(description="Probability 0…1 that it carries the story's text.")
    reason: str
    relation: str = Field(description="original, copy or version")
    marks: list[str] = Field(description="adds, differs: what it says that the story's text does not.")
    credit: str | None = Field(description="The agency that its text credits.")
    text_dropped: datetime | None = Field(
        description="When retention dropped its texts; null: they are there."
    )


class MarkedPassage(Shape):
    """A passage behind a mark."""

    kind: Literal["adds", "differs"]
    start: int = Field(description="First character in the article's text (code points).")
    end: int
    text: str
    instead: str = Field(description="What the story's text says there; empty for what is added.")


class Revision(Shape):
    """A text that an article had before."""

    no: int = Field(description="1 is what was first seen.")
    until: datetime = Field(description="When the next text was seen.")
    title: str
    text: str


class WholeArticle(Article):
    """An article with its text."""

    text: str
    left_out: list[int] = Field(description="Indexes of the paragraphs that do not count: boilerplate.")
    passages: list[MarkedPassage]
    revisions: list[Revision]


class Link(Shape):
    """Another story that this one is linked to, and not folded with."""

    story: int
    title: str
    url: str | None
    article: int = Field(description="The article of the other story.")
    source: str
    outlet: str
    published: datetime
    own_article: int = Field(description="The article of this story.")
    relation: str = Field(description="partial, related, or copy: a person is asked whether they are one")
    similarity: float
    asked: bool


class Story(Shape):
    """A story: one text, however many outlets carry it."""

    id: int
    title: str
    url: str | None
    published: datetime = Field(description="Frozen when the story was placed.")
    updated: datetime = Field(description="Changes with the canonical text, never because a copy joined.")
    topics: list[str]
    canonical: Article
    articles: list[Article] = Field(description="All of its articles, in time order.")


class WholeStory(Story):
    """A story that is asked for alone."""

    text_from: int = Field(description="Id of the article whose title and text stand for the story.")
    articles: list[WholeArticle]  # type: ignore[assignment]
    links: list[Link]


class Stories(BaseModel):
    """A page of stories, the newest placed first."""

    stories: list[Story]
    next: str | None = Field(description="Address of the next page; null on the last one.")


class SourceState(Shape):
    """A source and how it does."""

    id: str
    title: str
    url: str
    group: str
    state: SourceStateName = Field(
        description="failing: the last poll failed; broken: five in a row did, or more; gone: 410, "
        "confirmed; silent: it answers, and has published nothing for long."
    )
    last_polled: datetime | None
    last_success: datetime | None
    next_due: datetime | None
    next_reason: str
    failures: int = Field(description="In a row.")
    error_kind: str | None = Field(description="A word for programs: timeout, address, not-a-feed …")
    error: str | None
    seconds: float | None = Field(description="That the last answer took.")
    articles: int
    copies: int
    copies_share: float | None = Field(description="Of its articles, that are copies of another source's.")
    shared: int = Field(description="Stories that other sources have as well.")
    first: int = Field(description="Of these, those that it certainly published first.")
    entries_a_day: float | None = Field(description="That are expected now, by its learnt rhythm.")
    busiest: str | None = Field(description="Hours of the day in which most comes.")
    newest: datetime | None = Field(description="When its newest entry was published.")
    polls: int
    paused_until: datetime | None


class Sources(BaseModel):
    """Every source."""

    sources: list[SourceState]


router = APIRouter(prefix="/api/v1", tags=["reading"])
Given = Annotated[Services, Depends(given)]
Before = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="Only stories after this id in the list.")
]


@router.get("/stories", response_model=Stories, summary="List stories")
def stories(
    request: Request,
    services: Given,
    topic: Annotated[str | None, Query(description="Only this topic.")] = None,
    group: Annotated[str | None, Query(description="Only stories with an article of this group.")] = None,
    source: Annotated[str | None, Query(description="Only stories with an article of this source.")] = None,
    search: Annotated[str | None, Query(max_length=400, description="As in the search box.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Published at or after.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Published before.")] = None,
    unread: bool = False,
    starred: bool = False,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Stories in order, the newest placed first; ``next`` leads to the page after."""
    known: tuple[tuple[str, str | None, Any], ...] = (
        ("topic", topic, services.topics()),
        ("group", group, services.groups()),
    )
    for what, name, titles in known:
        if name is not None and name not in titles:
            raise NotFoundError(f"there is no {what} “{name}” in the configuration")
    spec = TimelineSpec(
        topic=topic, group=group, source=source, search=search or None, since=since, until=until,
        unread=unread, starred=starred, reader=services.reader, before=before, with_content=False,
    )  # fmt: skip

    def shape() -> dict[str, Any]:
        found = services.reading.timeline(replace(spec, limit=limit + 1))
        more = following(request, before=found[limit - 1].id) if len(found) > limit else None
        return {"stories": [story_shape(story) for story in found[:limit]], "next": more}

    return answered(request, services, shape)


@router.get(
    "/stories/{story}",
    response_model=WholeStory,
    summary="One story",
    responses={302: {"description": "Merged"}},
)
def story(request: Request, services: Given, story: int) -> Response:
    """A story with its articles, their texts, marks and revisions, and links to others.

    A merged one redirects to the story it is now.
    """
    found = services.reading.story(story, reader=services.reader) if 0 < story < 2**31 else None
    if found is None:
        raise NotFoundError(f"there is no story {story}")
    if isinstance(found, int):
        return RedirectResponse(f"/api/v1/stories/{found}", 302)

    return answered(request, services, lambda: whole_story_shape(found, services.additions()))


@router.get("/sources", response_model=Sources, summary="List sources")
def sources(request: Request, services: Given) -> Response:
    """Every source and how it does."""
    return answered(
        request, services, lambda: {"sources": [source_shape(view) for view in services.reading.sources()]}
    )
