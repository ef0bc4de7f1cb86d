"""Why two articles are, or are not, one story; and what people corrected."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from aggregator.dedup.explain import Explanation, Factor
from aggregator.errors import NotFoundError
from aggregator.publish.shapes import correction_words
from aggregator.publish.view import shown
from aggregator.web import show
from aggregator.web.forms import given
from aggregator.web.pages import Done
from aggregator.web.render import page
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]
Asked = Annotated[str, Query(max_length=400)]
LARGEST = 2**31 - 1  # of an id of a story; of an article's in a database of ours


@router.get("/explain")
def compare(request: Request, services: Given, a: Asked = "", b: Asked = "") -> Response:
    """A form for any two articles, each by number or by an address of our pages; leads to their argument."""
    if a.strip() and b.strip():
        first, second = article_named(services, a), article_named(services, b)
        return RedirectResponse(f"/explain/{first}/{second}", 302)
    return page(request, "compare.html", a=a, b=b)


@router.get("/explain/{a}/{b}")
def explain(request: Request, services: Given, a: int, b: int, done: Done = "") -> Response:
    """The argument about two articles: what decided, each signal, both texts with their passages marked."""
    if not 0 < a <= LARGEST or not 0 < b <= LARGEST:
        raise NotFoundError(f"there is no article {a if not 0 < a <= LARGEST else b}")
    found = services.reading.explain(a, b)
    articles = [services.reading.article(number) for number in (a, b)]
    sides = [
        (article, show.outlet(article.source, article.source_title), side)
        for article, side in zip(articles, (found.a, found.b), strict=True)
    ]
    return page(request, "explain.html", found=found, sides=sides, factors=bars(found), done=done)


@router.get("/corrections")
def corrections(request: Request, services: Given, done: Done = "") -> Response:
    """Every split, merge and answer, the newest first, each of which can be taken back."""
    found = [(one, correction_words(one)) for one in services.reading.corrections()]
    return page(request, "corrections.html", corrections=found, done=done)


def bars(found: Explanation) -> list[tuple[Factor, float]]:
    """Each signal with the length of its bar: per cent of half the axis, by the weightiest."""
    most = max((abs(factor.contribution) for factor in found.factors), default=1.0) or 1.0
    return [(factor, round(100 * abs(factor.contribution) / most, 1)) for factor in found.factors]


def article_named(services: Services, given: str) -> int:
    """The article that a person names: its number, ``/stories/16#a3``, or a story for its text."""
    given = given.strip()
    if found := re.fullmatch(r"#?a?(\d{1,10})", given):
        return int(found[1])
    if found := re.search(r"#a(\d{1,10})$", given):
        return int(found[1])
    if found := re.fullmatch(r"(?:.*/stories/|(?:story|s)\s*)(\d{1,10})(?:[/?#@].*)?", given, re.IGNORECASE):
        story = services.reading.story(int(found[1])) if int(found[1]) <= LARGEST else None
        while isinstance(story, int):
            story = services.reading.story(story)
        if story is None:
            raise NotFoundError(f"there is no story {found[1]}")
        return shown(story).id
    raise HTTPException(400, "Give an article's number, or the address of a story's page.")
