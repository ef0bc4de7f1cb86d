"""/changes.atom and /digest.atom (.rss, .json): subscriptions of their own; /folded: what was folded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from aggregator.dedup.passages import MarkedPassage
from aggregator.model import Folded
from aggregator.publish import FORMATS, FeedView
from aggregator.publish.changed import digest_entry, entry
from aggregator.web.around import marked
from aggregator.web.feed_documents import Document, modified
from aggregator.web.feeds import answer, missing
from aggregator.web.forms import given
from aggregator.web.render import page
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]
PER_PAGE = 50
TOLD = 20  # stories whose texts are read for a page of what was folded
MARKS = {"adds": "adds something", "differs": "says something else"}


@router.get("/changes.{name}")
def changes(
    request: Request, services: Given, name: str,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    token: Annotated[str | None, Query(max_length=200, description="Of a private address.")] = None,
) -> Response:  # fmt: skip
    """Corrections, the newest first, in any format."""
    kind = FORMATS.get(name)
    if kind is None or services.site is None or services.watching is None:
        known = ", ".join(f"changes.{each}" for each in FORMATS)
        return missing(f"There is no changes.{name} here; there are {known}.")
    site = services.site()
    found = services.watching.changes(before=before, limit=PER_PAGE + 1)
    shown = [entry(one, site.id, f"{site.public_url}/stories/{one.story}") for one in found[:PER_PAGE]]

    def at(cursor: int | None) -> str:
        query = urlencode({key: value for key, value in (("before", cursor), ("token", token)) if value})
        return f"{site.public_url}/changes.{name}" + (f"?{query}" if query else "")

    feed = FeedView(
        title=f"Corrections – {site.title}",
        id=f"{site.id}:/changes/feed",
        self_url=at(before),
        site_url=f"{site.public_url}/",
        updated=max((one.updated for one in shown), default=site.born),
        stories=shown,
        language="en",
        first_url=at(None) if before or len(found) > PER_PAGE else None,
        next_url=at(found[PER_PAGE - 1].id) if len(found) > PER_PAGE else None,
        hub=site.hub if before is None and token is None else None,
        stylesheet=f"{site.public_url}/static/feed.css",
    )
    body = kind.render(feed)
    digest = hashlib.sha256(body).hexdigest()[:32]
    return answer(request, Document(body, f'"{digest}"', modified(shown, site.born)), kind)


@router.get("/digest.{name}")
def digest(
    request: Request, services: Given, name: str,
    token: Annotated[str | None, Query(max_length=200, description="Of a private address.")] = None,
) -> Response:  # fmt: skip
    """The digests of the last days, where the configuration makes some."""
    kind = FORMATS.get(name)
    if kind is None or services.site is None or services.watching is None:
        known = ", ".join(f"digest.{each}" for each in FORMATS)
        return missing(f"There is no digest.{name} here; there are {known}.")
    site = services.site()
    shown = [digest_entry(one, site.id, site.public_url) for one in services.watching.digests()]
    query = f"?{urlencode({'token': token})}" if token else ""
    feed = FeedView(
        title=f"Daily digest – {site.title}",
        id=f"{site.id}:/digest/feed",
        self_url=f"{site.public_url}/digest.{name}{query}",
        site_url=f"{site.public_url}/",
        updated=max((one.updated for one in shown), default=site.born),
        stories=shown,
        language="en",
        stylesheet=f"{site.public_url}/static/feed.css",
    )
    body = kind.render(feed)
    tag = hashlib.sha256(body).hexdigest()[:32]
    return answer(request, Document(body, f'"{tag}"', modified(shown, site.born)), kind)


@router.get("/folded")
def folded(
    request: Request, services: Given,
    mark: Annotated[str, Query(pattern=r"^(adds|differs|)$")] = "",
    before: Annotated[str, Query(pattern=r"^([mu][0-9]{1,10}|)$")] = "",
) -> Response:  # fmt: skip
    """What was folded into other stories: what adds or differs first."""
    found = folded_page(services, mark or None, before, PER_PAGE + 1)
    shown = found[:PER_PAGE]
    more = None
    if len(found) > PER_PAGE:
        more = f"/folded?mark={mark}&before={cursor(shown[-1])}"
    return page(
        request, "folded.html", title="Folded away", found=shown, more=more, mark=mark, marks=MARKS,
        passages=passages_of(services, shown),
    )  # fmt: skip


def passages_of(services: Services, found: Sequence[Folded]) -> dict[int, tuple[MarkedPassage, ...]]:
    """By article: the passages behind its marks, of the first `TOLD` stories that have any."""
    told: dict[int, tuple[MarkedPassage, ...]] = {}
    for number in list(dict.fromkeys(one.story for one in found if one.article.marks))[:TOLD]:
        story = services.reading.story(number, reader=services.reader)
        if not isinstance(story, int):
            told |= marked(story, services.additions())
    return told


def folded_page(services: Services, mark: str | None, before: str, limit: int) -> Sequence[Folded]:
    """A page of folded articles. ``before``: a `cursor`, or nothing."""
    if services.watching is None:
        return []
    after = (before[0] == "m", int(before[1:])) if before else None
    return services.watching.folded(mark=mark, before=after, limit=limit)


def cursor(one: Folded) -> str:
    """Where the next page goes on."""
    return f"{'m' if one.article.marks else 'u'}{one.article.id}"
