"""For supervisors and monitoring: /healthz, /readyz, /metrics; and the API's description on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse, Response

from aggregator.errors import AggregatorError
from aggregator.web.forms import given
from aggregator.web.measuring import TYPE, Measures
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
    """The database answers, and whatever else the daemon counts as ready; 503 and the reason otherwise.

    So it is not while the daemon stops: what balances load sends nobody here any more.
    """
    if services.closing():
        return PlainTextResponse("the daemon is stopping\n", 503)
    try:
        services.reading.version()
        reason = services.ready()
    except AggregatorError as error:
        reason = str(error)
    return PlainTextResponse("ready\n") if reason is None else PlainTextResponse(f"{reason}\n", 503)


@router.get("/metrics")
def metrics(request: Request, services: Given) -> Response:
    """Prometheus text format 0.0.4."""
    measures: Measures = request.app.state.measures
    return Response(measures.text(services.reading.sources(), services.metrics), media_type=TYPE)


@router.get("/api/docs")
def docs(request: Request) -> Response:
    """The API's description as a page of ours: no script, nothing from a CDN."""
    description: dict[str, Any] = request.app.openapi()
    operations = [
        (path, method.upper(), operation, list(_members(description, operation)))
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    return page(request, "api.html", description=description, operations=operations)


def _members(description: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, kind and meaning of each member of the JSON that an operation takes."""
    if "requestBody" not in operation:
        return
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = description["components"]["schemas"][reference.rpartition("/")[2]]
    for name, member in schema.get("properties", {}).items():
        kinds = " or ".join(one["type"] for one in member.get("anyOf", [member]))
        if "items" in member:
            kinds += f" of {member['items']['type']}s"
        required = ", required" if name in schema.get("required", ()) else ""
        yield name, f"body, {kinds}{required}", member.get("description", "")
