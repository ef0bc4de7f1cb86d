"""The REST API, version 1: why two articles are one story or two, and what people corrected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from aggregator.publish.shapes import correction_shape, explanation_shape
from aggregator.web.api_answers import Shape, answered
from aggregator.web.forms import given
from aggregator.web.services import Services

router = APIRouter(prefix="/api/v1", tags=["corrections"])
Given = Annotated[Services, Depends(given)]
ArticleId = Annotated[int, Query(ge=1, le=2**31 - 1, description="Id of an article.")]


class Factor(Shape):
    """A signal of the decision."""

    name: str
    value: float
    weight: float = Field(description="Fitted, on the standardised value.")
    contribution: float = Field(description="What it adds to the logarithm of the odds.")
    words: str
    decided: bool = Field(description="One of those without which it would be the other way.")


class Passage(Shape):
    """Characters of a text (as code points)."""

    start: int
    end: int
    kind: str = Field(description="shared, differs or left-out")


class LeftOut(Shape):
    """What does not count."""

    text: str
    why: str = Field(description="dateline, usual (a line known from many pages) or recurs (in this source)")


class Side(Shape):
    """One of the two texts."""

    article: int
    story: int | None
    source: str
    title: str
    published: datetime
    text: str
    passages: list[Passage]
    left_out: list[LeftOut]
    words: int
    own_words: int = Field(description="Words that stand in no passage shared with the other.")


class Explanation(Shape):
    """The argument about two articles."""

    one_story: bool = Field(description="Whether they are, as they stand.")
    alike: bool = Field(description="Whether the pair by itself passes.")
    probability: float
    threshold: float
    step: str = Field(description="What decided: person, rule, same-text, same-url, titles, form, …")
    decided: str = Field(description="The argument in sentences.")
    deciding: list[str]
    relation: str
    notes: list[str]
    intercept: float
    factors: list[Factor] = Field(description="The weightiest first.")
    differs: list[tuple[str, str]]
    hours: float
    met: str = Field(description="compared, no-key, hot-key, too-far or unknown")
    a: Side
    b: Side


class Correction(Shape):
    """A split, a merge or an answer."""

    id: int
    kind: str
    story: int
    other: int
    article: int | None
    words: str
    author: str
    at: datetime
    reason: str
    undone: datetime | None = Field(description="Null while it stands.")
    undone_by: str | None


class Corrections(BaseModel):
    """What people corrected, the newest first."""

    corrections: list[Correction]


@router.get("/explain", response_model=Explanation, summary="Why two articles are, or are not, one story")
def explain(request: Request, services: Given, a: ArticleId, b: ArticleId) -> Response:
    """The whole argument: what decided, each signal with value and weight, both texts with their passages."""
    return answered(request, services, lambda: explanation_shape(services.reading.explain(a, b)))


@router.get("/corrections", response_model=Corrections, summary="List corrections")
def corrections(request: Request, services: Given) -> Response:
    """Every split, merge and answer, those that were taken back too."""
    return answered(
        request,
        services,
        lambda: {"corrections": [correction_shape(one) for one in services.reading.corrections()]},
    )


@router.get(
    "/corrections/export",
    summary="Corrections as labelled pairs",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {}}, "description": "JSON Lines"}},
)
def export(
    services: Given,
    texts: Annotated[bool, Query(description="With the documents before the pairs.")] = False,
) -> Response:
    """The corrections that stand, a line a pair, as `aggregator corrections export` writes them."""
    found = services.reading.labelled(texts=texts)

    def lines() -> Iterator[str]:
        for line in found:
            yield json.dumps(dict[str, Any](line), ensure_ascii=False) + "\n"

    return StreamingResponse(
        lines(),
        media_type="application/jsonl; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="corrections.jsonl"',
            "Cache-Control": "no-cache",
        },
    )
