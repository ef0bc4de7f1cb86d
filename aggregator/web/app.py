"""The web application: pages, feeds, API; built from the services that the daemon hands in."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from aggregator import __version__
from aggregator.errors import AggregatorError, NotFoundError, StoreError, UsageError
from aggregator.web import (
    account_pages,
    actions,
    api,
    api_corrections,
    api_events,
    api_more,
    api_writing,
    argument_pages,
    citing,
    connect,
    events,
    feeds,
    fever,
    greader,
    media,
    miniflux,
    ops,
    pages,
    source_icons,
    source_pages,
    tuning_pages,
    watch,
    websub,
)
from aggregator.web.description import describe
from aggregator.web.early import Early
from aggregator.web.forms import services_of
from aggregator.web.fragments import Fragments
from aggregator.web.guard import Guard, add_security_headers
from aggregator.web.measuring import Measures
from aggregator.web.render import STATIC, page
from aggregator.web.services import Correcting, Reading, Services, WebSettings
from aggregator.web.slashes import OneSlash
from aggregator.web.wholes import Wholes

__all__ = ["Correcting", "Reading", "Services", "WebSettings", "create_app"]

log = logging.getLogger(__name__)

PARTS = (
    citing,  # before `pages`: the longer address first
    account_pages,
    pages,
    events,
    argument_pages,
    source_pages,
    tuning_pages,
    actions,
    api,
    api_more,
    api_events,
    api_writing,
    api_corrections,
    ops,
    watch,
)

_TITLES = {
    400: "That cannot be done",
    403: "Not allowed",
    404: "Not there",
    405: "Not like that",
    422: "That request cannot be understood",
    500: "Something is broken",
    503: "The database does not answer",
}


class Assets(StaticFiles):
    """Our own files. Addresses carry a hash of the content, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, to be kept for a year when it was asked for by its hash."""
        response = await super().get_response(path, scope)
        kept = "public, max-age=31536000, immutable" if scope.get("query_string") else "no-cache"
        response.headers["Cache-Control"] = kept
        return response


def create_app(services: Services) -> FastAPI:
    """The application. It opens nothing and starts nothing: what it works with comes in ``services``."""
    app = FastAPI(
        title="aggregator", version=__version__, summary="Each story once: the reading API.",
        openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.state.services = services
    app.state.activity = Fragments()
    app.state.wholes = Wholes(services)
    app.state.measures = Measures()
    routes = None if services.site is None else feeds.Routes(services.reading, services.site, reader_of)
    keepers = [app.state.wholes] if routes is None else [routes, app.state.wholes]
    app.add_middleware(Early, keepers=keepers, glance=services.glance, version=services.reading.version)
    app.add_middleware(
        Guard, settings=services.settings, accounts=services.accounts, requests=app.state.measures.requests
    )
    app.add_middleware(OneSlash)
    app.mount("/static", Assets(directory=STATIC), name="static")
    if routes is not None:  # first: routes are looked through in their order, and feeds are asked most
        app.include_router(feeds.routed(routes), include_in_schema=False)
    for part in PARTS:
        app.include_router(part.router)
    for api_routes in (greader.router(), fever.router, miniflux.router, connect.router):
        app.include_router(api_routes)
    app.include_router(source_icons.router)
    app.include_router(media.router)
    if services.pushing is not None:
        app.include_router(websub.router(services.pushing))
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(AggregatorError, _own_error)
    app.add_exception_handler(Exception, _defect)
    return app


def reader_of(request: Request) -> str:
    """Whose starred stories are asked for."""
    return services_of(request).reader


def _icon() -> Response:
    """For browsers that ask without having been told, as for a feed or a JSON document."""
    return FileResponse(STATIC / "icon.svg", headers={"Cache-Control": "public, max-age=86400"})


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _problem(request, 404, f"There is nothing at {request.url.path}.")
    response = _problem(request, error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return _problem(request, 422, told)


async def _own_error(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFoundError) else 400 if isinstance(error, UsageError) else 500
    if isinstance(error, StoreError):
        status = 503
        log.error("%s: %s", request.url.path, error)
    message = str(error)
    return _problem(request, status, message[:1].upper() + message[1:])


async def _defect(request: Request, error: Exception) -> Response:
    """A defect of the program. This handler runs outside of `Guard`, so it sets the headers itself."""
    log.error("%s %s ended in a defect", request.method, request.url.path, exc_info=error)
    told = "This is a defect of the program. The log has the details."
    try:
        response = _problem(request, 500, told)
    except Exception:  # noqa: BLE001  # what broke the page may break the page about it
        response = PlainTextResponse(f"{told}\n", 500)
    add_security_headers(MutableHeaders(raw=response.raw_headers))
    return response


def _problem(request: Request, status: int, detail: str) -> Response:
    """An error as a page in words, or for the API as RFC 9457 has it."""
    title = _TITLES.get(status, "That did not work")
    if request.url.path.startswith("/api/"):
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(body, status, media_type="application/problem+json")
    return page(request, "error.html", status, title=title, detail=detail, code=status)
