"""/stories/ID@ARTICLE.NO: a text as it was, at an address that holds through merges and splits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.responses import Response

from aggregator.errors import NotFoundError
from aggregator.model import Cited
from aggregator.publish.archive import cite, exact
from aggregator.web.api_answers import Shape, answered
from aggregator.web.forms import services_of
from aggregator.web.render import page
from aggregator.web.services import Services

router = APIRouter()
Given = Annotated[Services, Depends(services_of)]
Story = Annotated[int, Path(ge=1, le=2**31 - 1)]
Revision = Annotated[str, Path(pattern=r"^[0-9]{1,10}\.[0-9]{1,6}$", description="ARTICLE.NO")]


class CitedText(Shape):
    """A text as an article had it."""

    story: int = Field(description="That the article is of now; the cited one may have been merged or split.")
    article: int
    outlet: str
    url: str | None
    no: int = Field(description="1 is what was first seen.")
    last: int
    title: str
    text: str = Field(description="Empty where `text_dropped` says when retention dropped it.")
    since: datetime | None = Field(description="When it was first seen; null: not known any more.")
    until: datetime | None = Field(description="When the next was seen; null: it is the present one.")
    text_sha256: str | None = Field(description="Of the normalised text.")
    text_dropped: datetime | None = Field(description="When retention dropped the article's texts.")


def found(services: Services, story: int, revision: str) -> Cited:
    """The cited text. Raises NotFoundError, also for a story that never was."""
    services.reading.story(story, reader=services.reader)
    article, _, no = revision.partition(".")
    if services.watching is None or int(article) >= 2**31:
        raise NotFoundError(f"there is no article {article}")
    return services.watching.cited(int(article), int(no))


@router.get("/stories/{story}@{revision}", include_in_schema=False)
def cited(request: Request, services: Given, story: Story, revision: Revision) -> Response:
    """A page with the text, from when to when it stood, and where it is now."""
    one = found(services, story, revision)
    versions = [(no, cite(story, one.article.id, no)) for no in range(max(1, one.last - 20), one.last + 1)]
    if one.last > 21:
        versions.insert(0, (1, cite(story, one.article.id, 1)))
    return page(
        request, "cited.html", title=one.title or "(without a title)", cited=one, named=story,
        digest=one.text_sha256.hex(), versions=versions,
    )  # fmt: skip


@router.get(
    "/api/v1/stories/{story}@{revision}", response_model=CitedText, tags=["reading"],
    summary="A text as it was", operation_id="cited_text",
)  # fmt: skip
def cited_text(request: Request, services: Given, story: Story, revision: Revision) -> Response:
    """The text that a citation means, whatever became of its story."""

    def shape() -> dict[str, Any]:
        one = found(services, story, revision)
        return {
            "story": one.story, "article": one.article.id, "outlet": one.article.source_title,
            "url": one.article.url, "no": one.no, "last": one.last, "title": one.title, "text": one.text,
            "since": exact(one.since), "until": exact(one.until),
            "text_sha256": one.text_sha256.hex() or None, "text_dropped": exact(one.article.dropped),
        }  # fmt: skip

    return answered(request, services, shape)
