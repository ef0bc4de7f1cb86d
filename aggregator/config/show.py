"""Each effective value, with the line that it comes from. Secrets are masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel

from aggregator.config.check import SECRET_KEYS, is_secret
from aggregator.config.document import KeyPath
from aggregator.config.problems import nearest
from aggregator.config.settings import Settings
from aggregator.config.units import format_duration, format_size
from aggregator.errors import UsageError
from aggregator.model import Source

MASK = "••••••"
SIZES = frozenset({"max_body", "max_size"})


@dataclass(frozen=True, slots=True)
class Value:
    """``key`` dotted; ``shown`` as the YAML would say it; ``origin`` is ``file:line`` or ``default``."""

    key: str
    shown: str
    origin: str


def effective(settings: Settings, source: str | None = None) -> Iterator[Value]:
    """Everything but the sources, or one source with what it inherits. Raises UsageError if it is unknown."""
    if source is None:
        yield from _general(settings)
        return
    found = settings.source(source)
    if found is None:
        hint = nearest(source, [one.id for one in settings.sources])
        raise UsageError(f"there is no source called {source!r}" + (f"; {hint}" if hint else ""))
    yield from _of_source(settings, found)


def _general(settings: Settings) -> Iterator[Value]:
    yield _value(settings, ("database",), settings.database)
    for name in ("web", "sync", "polling", "dedup", "retention", "log"):
        section: BaseModel = getattr(settings, name)
        for key, value in section:
            yield _value(settings, (name, key), value)
    for name, terms in settings.terms.items():
        yield _value(settings, ("terms", name), terms)
    for topic in settings.topics:
        for key in ("title", "all", "any", "none", "groups", "sources"):
            value = getattr(topic, key)
            if value:
                yield _value(settings, ("topics", topic.name, key), value)
        yield _value(settings, ("topics", topic.name, "in"), topic.fields)
    for group in settings.groups.values():
        yield _value(settings, ("groups", group.name, "title"), group.title)


def _of_source(settings: Settings, source: Source) -> Iterator[Value]:
    origins = settings.origins[source.id]
    for key in Source.__dataclass_fields__:
        value = getattr(source, key)
        at = origins.get("auth" if key in ("username", "password") else key)
        shown = _shown(settings, (*at, key) if at else (key,), value)
        origin = _where(settings, at) if at else "default"
        yield Value(f"sources.{source.id}.{key}", shown, origin)


def _value(settings: Settings, path: KeyPath, value: object) -> Value:
    written = path in settings.document.places
    return Value(
        ".".join(map(str, path)),
        _shown(settings, path, value),
        _where(settings, path) if written else "default",
    )


def _where(settings: Settings, path: KeyPath) -> str:
    place = settings.document.place(path)
    return f"{place.file}:{place.line}"


def _shown(settings: Settings, path: KeyPath, value: object) -> str:
    if path == ("database",):
        return _without_password(str(value))
    if is_secret(path) and value:
        return MASK
    place = settings.document.places.get(path)
    if place is not None and place.raw is not None and isinstance(value, str):
        return place.raw  # as written: what came from the environment may be a secret in any key
    return _plain(value, str(path[-1]))


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    account, at, host = parts.netloc.rpartition("@")
    if not at or ":" not in account:
        return url
    return urlunsplit(parts._replace(netloc=f"{account.partition(':')[0]}:{MASK}@{host}"))


def _plain(value: Any, key: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, int) and key in SIZES:
        return format_size(value)
    if isinstance(value, (tuple, list, frozenset)):
        items = sorted(value) if isinstance(value, frozenset) else value
        return "[" + ", ".join(_plain(item, key) for item in items) + "]"
    if hasattr(value, "__dataclass_fields__"):
        return (
            "{"
            + ", ".join(
                f"{name}: {_plain(getattr(value, name), name)}" for name in value.__dataclass_fields__
            )
            + "}"
        )
    if isinstance(value, BaseModel):
        shown = (f"{name}: {MASK if name in SECRET_KEYS and inner else _plain(inner, name)}"
                 for name, inner in value)  # fmt: skip
        return "{" + ", ".join(shown) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_plain(inner, str(name))}" for name, inner in value.items()) + "}"
    return str(value)
