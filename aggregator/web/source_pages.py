"""Pages about the sources: how each does, when it is polled next and why, what it carried."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aggregator.errors import NotFoundError
from aggregator.model import TimelineSpec
from aggregator.web import show
from aggregator.web.forms import given
from aggregator.web.pages import Before, Done
from aggregator.web.render import page
from aggregator.web.rivers import river
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]


@router.get("/sources")
def sources(request: Request, services: Given) -> Response:
    """Every source by group, with its state."""
    views = [view for view in services.reading.sources() if view.state != "removed" or view.articles]
    states = {
        state: sum(1 for view in views if view.state == state)
        for state in ("ok", "failing", "broken", "gone", "silent", "new")
    }
    return page(
        request, "sources.html", sections=show.by_group(views, services.groups()), states=states,
        total=len(views), articles=sum(view.articles for view in views),
    )  # fmt: skip


@router.get("/sources/{source}")
def source(
    request: Request,
    services: Given,
    source: str,
    before: Before = None,
    done: Done = "",
) -> Response:
    """One source and the stories with an article of it."""
    view = next((one for one in services.reading.sources() if one.source.id == source), None)
    if view is None:
        raise NotFoundError(f"there is no source “{source}” in the configuration")
    found = river(request, TimelineSpec(source=source, before=before))
    return page(request, "source.html", view=view, river=found, done=done)
