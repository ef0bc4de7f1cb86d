"""The API's OpenAPI description (3.1): as FastAPI makes it, with the errors and validators it leaves out."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what would do."},
    },
}
WHY = {
    "400": "Cannot be done",
    "401": "Please sign in",
    "403": "Not allowed",
    "404": "Not there",
    "422": "A parameter or the body cannot be understood",
    "503": "The database does not answer",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes,
        description="Answers are JSON, times RFC 3339 in UTC, errors `application/problem+json` (RFC 9457). "
        "Lists go on at the address that `next` gives. Answers to GET carry an ETag for If-None-Match.",
    )  # fmt: skip
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in made["paths"].values():
        for method, operation in methods.items():
            responses = operation["responses"]
            for code, why in WHY.items():
                responses[code] = {"description": why, "content": problem}
            if method == "get":
                responses["304"] = {"description": "Nothing has changed"}
    app.openapi_schema = made
    return made
