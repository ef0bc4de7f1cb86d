"""The REST API, version 1: what a reader marks and corrects. Bodies are JSON: no form can send them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from aggregator.errors import NotFoundError, UsageError
from aggregator.web.forms import given
from aggregator.web.services import Services

router = APIRouter(prefix="/api/v1", tags=["writing"])
Given = Annotated[Services, Depends(given)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Reason = Annotated[str, Field(max_length=400, description="Why, for those who read it later.")]
MANY = 1_000  # stories that one request may mark


class Body(BaseModel):
    """What is sent; members that are not known are refused."""

    model_config = ConfigDict(extra="forbid")


class State(Body):
    """Read and starred; what is not given, or null, stays as it is."""

    read: bool | None = None
    starred: bool | None = None


class Marks(State):
    """The same for several stories."""

    stories: list[Number] = Field(max_length=MANY)


class Split(Body):
    """Why an article is split off."""

    reason: Reason = ""


class Merge(Body):
    """The other story."""

    other: Number
    reason: Reason = ""


class Answer(Body):
    """Whether two articles are one story."""

    a: Number
    b: Number
    same: bool
    reason: Reason = ""


class Undo(Body):
    """Nothing more is to be said."""


class Done(BaseModel):
    """The story that it is about now."""

    story: int


class Marked(BaseModel):
    """How many stories were marked."""

    marked: int


class Undone(BaseModel):
    """What was taken back, in words."""

    undone: str


class Polled(BaseModel):
    """False: it is paused, or its server asked us to wait."""

    polling: bool


@router.patch("/stories/{story}", summary="Mark a story")
def mark(services: Given, story: Id, body: State) -> Marked:
    """Mark a story read or unread, starred or not; a merged one marks the story that it is now."""
    services.correcting.mark(services.reader, [story], read=body.read, starred=body.starred)
    return Marked(marked=1)


@router.patch("/stories", summary="Mark stories")
def mark_many(services: Given, body: Marks) -> Marked:
    """Mark several at once, all or, where one of them is not there, none."""
    services.correcting.mark(services.reader, body.stories, read=body.read, starred=body.starred)
    return Marked(marked=len(set(body.stories)))


@router.post("/articles/{article}/split", summary="Split an article off")
def split(services: Given, article: Id, body: Split) -> Done:
    """Take an article out of its story, for good; of one that is asked about: it is not the same."""
    return Done(story=services.correcting.split(article, author=services.reader, reason=body.reason))


@router.post("/stories/{story}/merge", summary="Make two stories one")
def merge(services: Given, story: Id, body: Merge) -> Done:
    """Make two stories one, for good. The older id survives, the other one redirects."""
    if body.other == story:
        raise UsageError("that is the same story; give the id of the other one")
    return Done(
        story=services.correcting.merge(story, body.other, author=services.reader, reason=body.reason)
    )


@router.post("/answers", summary="Answer whether two articles are one story")
def answer(services: Given, body: Answer) -> Done:
    """Merge or split, or confirm what is; remembered against what may come."""
    if body.a == body.b:
        raise UsageError("that is one article; give the ids of two")
    made = services.correcting.answer(
        body.a, body.b, same=body.same, author=services.reader, reason=body.reason
    )
    return Done(story=made)


@router.post("/corrections/{correction}/undo", summary="Take a correction back")
def undo(services: Given, correction: Id, body: Undo) -> Undone:  # noqa: ARG001
    """Take a split, a merge or an answer back."""
    return Undone(undone=str(services.correcting.undo(author=services.reader, correction=correction)))


@router.post("/sources/{source}/poll", summary="Poll a source now")
def poll(
    services: Given,
    source: Annotated[str, Path(max_length=200)],
    body: Undo,  # noqa: ARG001
) -> Polled:
    """Poll a source at once, unless its server asked us to wait."""
    if all(view.source.id != source for view in services.reading.sources()):
        raise NotFoundError(f"there is no source “{source}” in the configuration")
    return Polled(polling=services.poll_now(source))
