"""Templates to answers: the Jinja environment, what every page needs, and caching headers."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from aggregator.rhythm import a_day
from aggregator.web import show
from aggregator.web.content import safe_html, web_url
from aggregator.web.forms import identity_of, keep_cookie, may_change, services_of, token_for
from aggregator.web.media import signer
from aggregator.web.services import Services

STATIC = Path(__file__).parent / "static"


@cache
def environment() -> Environment:
    """The templates, with everything escaped that is not marked as HTML. Made once, never changed."""
    made = Environment(
        loader=PackageLoader("aggregator.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=show.ago, moment=show.moment, day=show.day, iso=show.iso, host=show.host, span=show.span,
        direction=show.direction, web_url=web_url, safe_html=safe_html, a_day=a_day,
        furniture=show.furniture, carriers=show.carriers,
    )  # fmt: skip
    made.globals.update(asset=asset, outlet=show.outlet)
    return made


@cache
def asset(name: str) -> str:
    """A static file's address with a hash of its content, so that it may be cached for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def address_of(request: Request) -> str:
    """The path and query of what was asked for, for forms that lead back to it."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return quote(path, safe="/?&=%+:,;@!$'()*~.-_")


def saved_searches(services: Services) -> dict[str, str]:
    """The titles of the YAML's searches, by name."""
    searches = services.site().searches if services.site is not None else {}
    return {name: title for name, (title, _) in searches.items()}


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. Without a form cookie yet, the answer sets one."""
    html = rendered(request, template, token_for(request), **values)
    response = HTMLResponse(html, status, {"Cache-Control": "no-cache, private", "Vary": "Cookie"})
    keep_cookie(request, response)
    return response


def rendered(request: Request, template: str, csrf: str, /, **values: Any) -> str:
    """A page's HTML. ``csrf``: the token that its forms carry."""
    services = services_of(request)
    picture = signer(services.secret) if services.media is not None else None
    me = identity_of(request)  # a stranger is told no topic and no group
    return environment().get_template(template).render(
        **values,
        csrf=csrf,
        here=address_of(request),
        path=request.url.path,
        topics={} if me is None else services.topics(),
        groups={} if me is None else services.groups(),
        searches={} if me is None else saved_searches(services),
        me=me,
        picture_address=picture,
        may_change=may_change(request),
        now=services.now(),
    )  # fmt: skip
