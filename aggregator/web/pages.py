"""Pages for reading: front page, topics, groups, search, starred, and a story."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from aggregator.errors import NotFoundError
from aggregator.model import StoryView, TimelineSpec
from aggregator.publish.diff import Change, Summary, changes, summarise
from aggregator.publish.shapes import correction_words
from aggregator.publish.view import shown
from aggregator.web import around, show
from aggregator.web.beginning import Beginning, beginning
from aggregator.web.forms import given, services_of
from aggregator.web.render import page, rendered, saved_searches
from aggregator.web.rivers import river
from aggregator.web.services import Services
from aggregator.web.wholes import Wholes

router = APIRouter(include_in_schema=False)
LIVE = frozenset({"front", "topic", "group"})  # lists that say when there is more
COMPARED = 60  # copies of a story that are compared word by word; further ones are listed

Given = Annotated[Services, Depends(given)]
Done = Annotated[str, Query(max_length=200, description="what a form has just done")]
Before = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/")
def front(request: Request, before: Before = None, unread: bool = False) -> Response:
    """Every story, newest first."""
    spec = TimelineSpec(before=before, unread=unread)
    return _timeline(request, spec, title="Front page", kind="front")


@router.get("/topics/{topic}")
def topic(
    request: Request, services: Given, topic: str, before: Before = None, unread: bool = False
) -> Response:
    """The stories of a topic of the YAML."""
    title = _known("topic", topic, services.topics())
    spec = TimelineSpec(topic=topic, before=before, unread=unread)
    return _timeline(request, spec, title=title, kind="topic")


@router.get("/groups/{group}")
def group(
    request: Request, services: Given, group: str, before: Before = None, unread: bool = False
) -> Response:
    """The stories with an article of a group of sources."""
    title = _known("group", group, services.groups())
    spec = TimelineSpec(group=group, before=before, unread=unread)
    return _timeline(request, spec, title=title, kind="group")


@router.get("/searches/{search}")
def saved(
    request: Request, services: Given, search: str, before: Before = None, unread: bool = False
) -> Response:
    """The stories that a saved search of the YAML finds."""
    searches = services.site().searches if services.site is not None else {}
    title = _known("saved search", search, saved_searches(services))
    query = searches[search][1]
    spec = TimelineSpec(search=query, before=before, unread=unread)
    return _timeline(request, spec, title=title, kind="saved", q=query)


@router.get("/starred")
def starred(request: Request, before: Before = None) -> Response:
    """What the reader has starred."""
    return _timeline(request, TimelineSpec(starred=True, before=before), title="Starred", kind="starred")


@router.get("/search")
def search(
    request: Request,
    services: Given,
    before: Before = None,
    q: Annotated[str, Query(max_length=400)] = "",
    topic: str = "",
    group: str = "",
    days: Annotated[str, Query(pattern=r"^[0-9]{0,4}$")] = "",
    unread: bool = False,
) -> Response:
    """Stories in which every word occurs. The form's empty fields mean no filter."""
    values: dict[str, Any] = {"q": q, "chosen_topic": topic, "chosen_group": group, "days": days}
    spec = TimelineSpec(
        search=q.strip() or None,
        topic=topic or None,
        group=group or None,
        since=services.now() - timedelta(days=int(days)) if days else None,
        unread=unread,
        before=before,
    )
    if topic:
        _known("topic", topic, services.topics())
    if group:
        _known("group", group, services.groups())
    if not q.strip():
        return page(
            request,
            "list.html",
            title="Search",
            kind="search",
            river=None,
            unread=unread,
            earlier=False,
            first=None,
            **values,
        )
    return _timeline(request, spec, title=f"Search: {q.strip()}", kind="search", **values)


@router.get("/stories/{story}")
def one(request: Request, services: Given, story: int, done: Done = "") -> Response:
    """A story: its text, who carried it and when, and what every copy changed. Merged ones redirect."""
    found = services.reading.story(story, reader=services.reader) if story < 2**31 else None
    if found is None:
        raise NotFoundError(f"there is no story {story}")
    if isinstance(found, int):
        # Not for ever: a merge can be undone.
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/stories/{found}{query}", 302)
    rows, ticks = show.timeline(found, compare(found))
    corrected = [
        (one, correction_words(one))
        for one in services.reading.corrections()
        if one.undone is None and story in (one.story, one.other)
    ]
    return page(
        request, "story.html", story=found, card=show.card(found, services.topics()), text=shown(found),
        rows=rows, ticks=ticks, marked=around.marked(found, services.additions()),
        earlier=around.earlier(found), linked=around.linked(found), corrected=corrected, done=done,
    )  # fmt: skip


def compare(story: StoryView) -> dict[int, tuple[tuple[Change, ...], Summary]]:
    """By article id: what it changed against the text that is shown. Without both nothing is said."""
    found: dict[int, tuple[tuple[Change, ...], Summary]] = {}
    text = shown(story)
    for article in story.articles:
        if len(found) < COMPARED and text.text and article.text and article.id != text.id:
            found[article.id] = _compared(text.text, article.text)
        else:
            found[article.id] = (), summarise(())
    return found


@lru_cache(maxsize=256)
def _compared(canonical: str, copy: str) -> tuple[tuple[Change, ...], Summary]:
    """The comparison, which is pure, kept for the stories that are read now."""
    found = changes(canonical, copy)
    return found, summarise(found)


def _known(what: str, name: str, titles: Any) -> str:
    if name not in titles:
        raise NotFoundError(f"there is no {what} “{name}” in the configuration")
    return str(titles[name])


def _beginning(services: Services) -> Beginning | None:
    """How far the first polls are, while nothing at all is stored."""
    if services.reading.timeline(TimelineSpec(limit=1, with_content=False)):
        return None
    return beginning(services.reading.sources())


def _timeline(request: Request, spec: TimelineSpec, *, title: str, kind: str, **values: Any) -> Response:
    """A page of stories, kept as a whole."""
    leads = kind == "front" and spec.before is None and not spec.unread
    wholes: Wholes = request.app.state.wholes

    def make(csrf: str) -> tuple[str, bool]:
        level = "h3" if kind == "front" else "h2"
        found = river(request, spec, csrf, leads=leads, live=kind in LIVE, level=level)
        first = None if found else _beginning(services_of(request))
        html = rendered(
            request, "list.html", csrf,
            title=title, kind=kind, river=found, unread=spec.unread, earlier=spec.before is not None,
            first=first, **({"q": ""} | values),
        )  # fmt: skip
        return html, first is None

    return wholes.page(request, make)
