"""Pages about the sources: how each does, when it is polled next and why, what it carried; its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from aggregator.errors import AggregatorError, NotFoundError, UsageError
from aggregator.model import Activity, SourceView, TimelineSpec
from aggregator.web import pictures, show
from aggregator.web.forms import Written, given, may_change, token_for
from aggregator.web.fragments import Fragments
from aggregator.web.pages import Before, Done
from aggregator.web.render import page
from aggregator.web.rivers import river
from aggregator.web.services import Edited, Editing, Services
from aggregator.web.settings_form import FOLDS, SourceForm, changes_of, form_of

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]
DAYS = 28  # of the sparklines and flows
LISTED = 24  # flows in words
FRESH = 300  # seconds for which the days and flows are kept
STATES = ("ok", "failing", "broken", "gone", "silent", "new", "paused")


@dataclass(frozen=True, slots=True)
class Shown:
    """The source that a page is about, and the titles of all by their ids."""

    view: SourceView
    titles: dict[str, str]


@router.get("/sources")
def sources(request: Request, services: Given) -> Response:
    """Every source by group, with its state and its days; and who prints what others had before."""
    views = [view for view in services.reading.sources() if view.state != "removed" or view.articles]
    done = _activity(request, services)
    titles = {view.source.id: view.source.title or view.source.id for view in views}
    return page(
        request, "sources.html", sections=show.by_group(views, services.groups()),
        states={state: sum(1 for view in views if view.state == state) for state in STATES},
        total=len(views), articles=sum(view.articles for view in views), days=DAYS,
        sparks={view.source.id: _spark(done, view.source.id) for view in views},
        drawing=pictures.drawn(done.flows, titles), flows=done.flows[:LISTED], titles=titles,
        icons=services.with_icons(),
    )  # fmt: skip


@router.get("/sources/{source}")
def source(
    request: Request, services: Given, source: str, before: Before = None, done: Done = ""
) -> Response:
    """One source and the stories with an article of it."""
    return _page(request, services, _shown(services, source), before=before, done=done)


@router.post("/sources/{source}/edit", dependencies=[Written])
def edit(request: Request, services: Given, source: str, form: Annotated[SourceForm, Form()]) -> Response:
    """Write the fields that were changed into the YAML; or show why not, with the patch."""
    shown = _shown(services, source)
    try:
        changes = changes_of(shown.view.source, form)
    except UsageError as error:
        return _page(request, services, shown, form=form, refused=Edited(saved=False, reason=str(error)))
    edited = _editing(services).source(source, changes, form.seen)
    return _after(request, services, shown, edited, "saved", form)


@router.post("/sources/{source}/pause", dependencies=[Written])
def pause(
    request: Request, services: Given, source: str, paused: Annotated[bool, Form()],
    seen: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Do not poll it from now on, or do again: in the YAML, so that it outlasts a restart."""
    shown = _shown(services, source)
    edited = _editing(services).source(source, {"paused": paused}, seen)
    return _after(request, services, shown, edited, "paused" if paused else "resumed")


def _after(
    request: Request, services: Services, shown: Shown, edited: Edited, done: str,
    form: SourceForm | None = None,
) -> Response:  # fmt: skip
    if edited.saved:
        return RedirectResponse(f"/sources/{quote(shown.view.source.id)}?done={done}", 303)
    return _page(request, services, shown, refused=edited, form=form)


def _page(
    request: Request, services: Services, shown: Shown, *, before: int | None = None, done: str = "",
    refused: Edited | None = None, form: SourceForm | None = None,
) -> Response:  # fmt: skip
    view = shown.view
    found = river(request, TimelineSpec(source=view.source.id, before=before), token_for(request))
    editable = services.editing is not None and may_change(request) and view.state != "removed"
    seen = seen_by(services)
    activity = _activity(request, services)
    return page(
        request, "source.html", 200 if refused is None else 409, view=view, river=found, done=done,
        refused=refused, editable=editable, seen=seen, folds=FOLDS, opened=refused is not None,
        form=form or form_of(view.source, seen), spark=_spark(activity, view.source.id), days=DAYS,
        flows=[flow for flow in activity.flows if view.source.id in (flow.first, flow.later)][:LISTED],
        titles=shown.titles, icons=services.with_icons(),
    )  # fmt: skip


def _shown(services: Services, source: str) -> Shown:
    views = services.reading.sources()
    view = next((one for one in views if one.source.id == source), None)
    if view is None:
        raise NotFoundError(f"there is no source “{source}” in the configuration")
    return Shown(view, {one.source.id: one.source.title or one.source.id for one in views})


def _editing(services: Services) -> Editing:
    if services.editing is None:
        raise NotFoundError("this server writes no configuration")
    return services.editing


def seen_by(services: Services) -> str:
    """What the YAML is now; of a file that is not valid it is said when something is to be written."""
    try:
        return services.editing.seen() if services.editing is not None else ""
    except AggregatorError:
        return ""


def _activity(request: Request, services: Services) -> Activity:
    """The days and flows, counted at most every five minutes: many articles are looked through for it."""
    fragments: Fragments[Activity] = request.app.state.activity
    return fragments.get(
        "activity",
        lambda: int(services.now().timestamp()) // FRESH,
        lambda: services.reading.activity(DAYS),
    )


def _spark(activity: Activity, source: str) -> pictures.Spark:
    return pictures.spark(activity.days.get(source, (0,) * DAYS))
