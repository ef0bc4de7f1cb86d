"""The tuning page: what one's own articles score, what another threshold would change, and saving it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from aggregator.dedup.tuning import Changed, Scored, Tuning, histogram, merged, near, split
from aggregator.errors import NotFoundError
from aggregator.model import ArticleView
from aggregator.web import histograms, show
from aggregator.web.forms import Written, given, may_change
from aggregator.web.pages import Done
from aggregator.web.render import page
from aggregator.web.services import Edited, Services
from aggregator.web.source_pages import seen_by

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]
Threshold = Annotated[float | None, Query(ge=0.01, le=1)]
BINS = 40
PAIRS = 5  # of each side of the threshold
CHANGES = 12  # stories that would be merged, and that would be split, shown one by one


@dataclass(frozen=True, slots=True)
class End:
    """An article for people: of a pair, or the first of a story."""

    article: ArticleView
    outlet: show.Outlet
    story: int | None
    more: int = 0  # further articles of its story


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles with what the detector says of them."""

    scored: Scored
    ends: tuple[End, End]
    decided: str


@router.get("/dedup")
def tuning(request: Request, services: Given, threshold: Threshold = None, done: Done = "") -> Response:
    """The distribution of scores, pairs around the threshold, and what another one would change."""
    return _page(request, services, threshold, done=done)


@router.post("/dedup", dependencies=[Written])
def save(
    request: Request,
    services: Given,
    threshold: Annotated[float, Form(ge=0.01, le=1)],
    seen: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Write the threshold into the YAML, or show why not, with the patch."""
    if services.editing is None:
        raise NotFoundError("this server writes no configuration")
    edited = services.editing.detector({"threshold": round(threshold, 3)}, seen)
    if edited.saved:
        # With the threshold: the page would show the one before until the daemon has taken it.
        return RedirectResponse(f"/dedup?threshold={round(threshold, 3):g}&done=saved", 303)
    return _page(request, services, threshold, refused=edited, status=409)


@router.get("/asked")
def asked(request: Request, services: Given, done: Done = "") -> Response:
    """What sources that are set to ``fold: ask`` ask, each to be answered here."""
    found = [
        (one, *(show.outlet(side.source, side.source_title) for side in (one.here, one.there)))
        for one in services.reading.questions()
    ]
    return page(request, "asked.html", questions=found, done=done)


def _page(
    request: Request, services: Services, threshold: float | None, *, done: str = "",
    refused: Edited | None = None, status: int = 200,
) -> Response:  # fmt: skip
    found = services.reading.tuning(None if threshold is None else round(threshold, 3))
    above, below = near(found.now.scored, found.then.threshold, PAIRS, found.said)
    joined, parted = merged(found.now, found.then), split(found.now, found.then)
    scored = [pair for pair in found.now.scored if not pair.own]
    return page(
        request, "dedup.html", status,
        in_force=found.now.threshold, chosen=found.then.threshold,
        articles=len(found.held), stories=len(set(found.now.stories.values())),
        stories_then=len(set(found.then.stories.values())), pairs=len(scored),
        drawing=histograms.drawn(histogram(scored, BINS), found.now.threshold, found.then.threshold),
        bins=histograms.tabled(histogram(scored, 10)),
        above=_pairs(services, found, above), below=_pairs(services, found, below),
        joined=_changes(services, found, joined), parted=_changes(services, found, parted),
        joined_count=len(joined), parted_count=len(parted),
        questions=len(services.reading.questions()), seen=seen_by(services),
        editable=services.editing is not None and may_change(request),
        refused=refused, done=done,
    )  # fmt: skip


def _pairs(services: Services, found: Tuning, scored: Iterable[Scored]) -> list[Pair]:
    made = []
    for one in scored:
        explained = services.reading.explain(one.a, one.b)
        ends = (_end(services, found, [one.a]), _end(services, found, [one.b]))
        made.append(Pair(one, ends, explained.decided))
    return made


def _changes(services: Services, found: Tuning, changed: Sequence[Changed]) -> list[tuple[End, ...]]:
    """Each as the first articles of its parts."""
    return [tuple(_end(services, found, part) for part in one.parts) for one in changed[:CHANGES]]


def _end(services: Services, found: Tuning, part: Sequence[int]) -> End:
    article: Any = services.reading.article(part[0])
    outlet = show.outlet(article.source, article.source_title)
    return End(article, outlet, found.held[part[0]].story, len(part) - 1)
