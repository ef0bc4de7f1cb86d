"""The JSON Schema (draft 2020-12) of the YAML, for editors: complete, explain and check while one types."""

from __future__ import annotations

import json
from typing import Any

from aggregator.config.models import File

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema as plain data."""
    made = File.model_json_schema(by_alias=True)
    _ease(made)
    return {"$schema": DIALECT, **made, "title": "aggregator.yaml"}


def schema_json() -> str:
    """The schema as the file config/aggregator.schema.json holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


# Numbers, and what else must be exact, may come from the environment: then they are text with ${NAME}.
_FROM_ENVIRONMENT = {"type": "string", "pattern": r"\$\{"}
_BOUNDS = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
# In YAML a section whose keys are all commented out is null.
_MAY_BE_EMPTY = (
    "web",
    "sync",
    "polling",
    "dedup",
    "retention",
    "log",
    "terms",
    "topics",
    "defaults",
    "groups",
    "sources",
    "include",
)


def _ease(made: dict[str, Any]) -> None:
    """Allow what the loader allows beyond pydantic's own schema."""
    for model in (made, *made["$defs"].values()):
        for name, inner in model["properties"].items():
            model["properties"][name] = _or_variable(inner)
    for name in _MAY_BE_EMPTY:
        inner = made["properties"][name]
        outside = {key: inner.pop(key) for key in ("description", "default") if key in inner}
        made["properties"][name] = {"anyOf": [inner, {"type": "null"}], **outside}
    for section in ("topics", "groups"):
        named = made["properties"][section]["anyOf"][0]
        for key in ("patternProperties", "additionalProperties"):
            if isinstance(named.get(key), dict):
                _each(named[key], key)


def _each(schema: dict[str, Any], key: str) -> None:
    """Let the values of a mapping of names be null as well."""
    if key == "patternProperties":
        for pattern, inner in schema.items():
            schema[pattern] = {"anyOf": [inner, {"type": "null"}]}
    elif "$ref" in schema:
        schema["anyOf"] = [{"$ref": schema.pop("$ref")}, {"type": "null"}]


def _or_variable(inner: dict[str, Any]) -> dict[str, Any]:
    """Let a number, a switch, a duration or a size be ${NAME} instead."""
    options = inner.get("anyOf", [])
    exact = [
        one
        for one in [inner, *options]
        if one.get("type") in ("integer", "number", "boolean") or "pattern" in one
    ]
    if not exact:
        return inner
    if options:
        return {**inner, "anyOf": [*options, _FROM_ENVIRONMENT]}
    bounds = {key: inner[key] for key in (*_BOUNDS, "pattern", "maxLength") if key in inner}
    rest = {key: value for key, value in inner.items() if key not in bounds}
    return {**rest, "anyOf": [bounds, _FROM_ENVIRONMENT]}
