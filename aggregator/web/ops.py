"""For supervisors and monitoring: /healthz, /readyz, /metrics; and the API's description on a page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse, Response

from aggregator.errors import AggregatorError
from aggregator.web.forms import given
from aggregator.web.render import page
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]


@router.get("/healthz")
def healthz() -> Response:
    """The process answers. Nothing more: a restart would not bring back a database that is away."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(services: Given) -> Response:
    """The database answers, and whatever else the daemon counts as ready; 503 and the reason otherwise."""
    try:
        services.reading.version()
        reason = services.ready()
    except AggregatorError as error:
        reason = str(error)
    return PlainTextResponse("ready\n") if reason is None else PlainTextResponse(f"{reason}\n", 503)


@router.get("/metrics")
def metrics(services: Given) -> Response:
    """Prometheus text format 0.0.4; names that end in ``_total`` are counters, others gauges."""
    views = services.reading.sources()
    values: dict[str, float] = {"aggregator_sources": len(views)}
    values |= {"aggregator_articles": sum(view.articles for view in views)}
    values |= {"aggregator_copies": sum(view.copies for view in views)}
    values |= services.metrics()
    lines: list[str] = []
    for name, value in values.items():
        lines += [f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}", f"{name} {value:g}"]
    lines.append("# TYPE aggregator_sources_by_state gauge")
    for state in ("new", "ok", "failing", "broken", "gone", "silent", "paused", "removed"):
        count = sum(view.state == state for view in views)
        lines.append(f'aggregator_sources_by_state{{state="{state}"}} {count}')
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


@router.get("/api/docs")
def docs(request: Request) -> Response:
    """The API's description as a page of ours: no script, nothing from a CDN."""
    description: dict[str, Any] = request.app.openapi()
    operations = [
        (path, method.upper(), operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    return page(request, "api.html", description=description, operations=operations)
