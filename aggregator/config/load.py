"""YAML file → `Settings`: gather, validate, cross-check, inherit. All problems are told together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from aggregator.config.alerting import alerts_of
from aggregator.config.check import cross_problems, layers, origin, validation_problems
from aggregator.config.document import Document, KeyPath
from aggregator.config.gather import ReadText, gather, overlay, read_text
from aggregator.config.models import File, SourceDefaults
from aggregator.config.paths import default_database
from aggregator.config.problems import together
from aggregator.config.settings import Group, SavedSearch, Settings
from aggregator.errors import ConfigError
from aggregator.model import Fold, Rule, Source
from aggregator.topics import Topic, Topics, resolve


def load(
    path: Path, environ: Mapping[str, str], read: ReadText = read_text, *, over: Path | None = None
) -> Settings:
    """The settings that ``path`` and its includes give.

    Raises ConfigError with file, line, key, value and hint; several problems come as `ConfigErrors`, whose
    text has a line for each. ``read`` is for tests of edits before they are written. ``over``: a file whose
    terms, topics and searches stand for those of the same names.
    """
    path = path.absolute()
    if read is read_text and not path.exists():
        raise ConfigError("there is no such file", path, hint="`aggregator run` writes one to begin with")
    document, files = gather(path, environ, read)
    if over is not None:
        overlay(document, gather(over.absolute(), environ, read)[0])
    try:
        file = File.model_validate(document.data)
    except ValidationError as error:
        raise together(validation_problems(document, error)) from None
    problems = list(cross_problems(document, file))
    if problems:
        raise together(problems)
    return _settings(path, files, document, file, environ)


def _settings(
    path: Path, files: tuple[Path, ...], document: Document, file: File, environ: Mapping[str, str]
) -> Settings:
    groups = {name: Group(name, options.title or name) for name, options in file.groups.items()}
    for source in file.sources:
        groups.setdefault(source.group, Group(source.group, source.group))
    return Settings(
        path=path,
        files=files,
        database=_database(document, file, path, environ),
        web=file.web,
        polling=file.polling,
        dedup=file.dedup,
        retention=file.retention,
        log=file.log,
        topics=Topics(_topics(file)),
        sources=tuple(_source(file, index) for index in range(len(file.sources))),
        groups=groups,
        alerts=alerts_of(file.alerts),
        searches={
            name: SavedSearch(name, one.title or name, one.query) for name, one in file.searches.items()
        },
        terms={name: resolve(items, file.terms) for name, items in file.terms.items()},
        document=document,
        origins={source.id: _origins(file, index) for index, source in enumerate(file.sources)},
        roles=frozenset(file.roles),
        sync=file.sync,
    )


def _topics(file: File) -> list[Topic]:
    return [
        Topic(
            name=name,
            title=options.title or name,
            all=tuple(resolve(terms, file.terms) for terms in options.all),
            any=resolve(options.any, file.terms),
            none=resolve(options.none, file.terms),
            fields=options.in_,
            groups=frozenset(options.groups),
            sources=frozenset(options.sources),
        )
        for name, options in file.topics.items()
    ]


def _source(file: File, index: int) -> Source:
    """Apply defaults and group settings; headers and fold join key by key, everything else is replaced."""
    own = file.sources[index]
    values: dict[str, Any] = {
        key: getattr(file.polling, key)
        for key in ("min_interval", "max_interval", "timeout", "max_body", "allow_private", "private_hosts")
    }
    headers: dict[str, str] = {}
    fold: dict[str, Any] = {}
    own_host_only = False
    for _, layer in layers(file, index):
        given = layer.model_fields_set & set(SourceDefaults.model_fields)
        values.update({key: getattr(layer, key) for key in given})
        own_host_only = own_host_only or "allow_private" in given
        headers.update(layer.headers)
        fold.update({key: getattr(layer.fold, key) for key in layer.fold.model_fields_set})
    interval = values.pop("interval", "auto")
    values |= {"learns": interval == "auto"}
    values |= {"interval": file.polling.interval if interval == "auto" else interval}
    if isinstance(until := values.get("paused"), datetime):
        values |= {"paused": False, "paused_until": until}
    auth = values.pop("auth", None)
    values["rules"] = tuple(
        Rule(rule.action, rule.field, rule.pattern, rule.case_sensitive) for rule in values.get("rules", ())
    )
    values |= {"headers": headers, "fold": Fold(**fold)}
    values["private_hosts"] = _private_hosts(own.url, values, own_host_only=own_host_only)
    return Source(
        id=own.id,
        url=own.url,
        title=own.title or own.id,
        group=own.group,
        username=auth.username if auth else None,
        password=auth.password if auth else None,
        **values,
    )


def _private_hosts(url: str, values: Mapping[str, Any], *, own_host_only: bool) -> frozenset[str]:
    """The hosts at which a source may reach private addresses; empty: as its ``allow_private`` says."""
    if values["allow_private"] and not own_host_only:
        return frozenset()
    own = (url, values.get("proxy") or "") if values["allow_private"] else ()
    return frozenset([*values["private_hosts"], *filter(None, (urlsplit(each).hostname for each in own))])


def _origins(file: File, index: int) -> dict[str, KeyPath]:
    found: dict[str, KeyPath] = {}
    for key in (*SourceDefaults.model_fields, "id", "url", "title", "group"):
        at = ("sources", index, key) if key == "title" else origin(file, index, key)
        if at is not None and (key != "title" or "title" in file.sources[index].model_fields_set):
            found[key] = at
    return found


def _database(document: Document, file: File, path: Path, environ: Mapping[str, str]) -> str:
    """An SQLAlchemy URL with an absolute path. Never shown in errors: it may hold a password."""
    at: KeyPath = ("database",)
    if file.database is None:
        return default_database(path, environ)
    url = file.database
    if url.startswith("postgresql"):
        if not re.match(r"postgresql(\+psycopg)?://\S+\Z", url):
            raise document.problem(at, "must look like postgresql+psycopg://USER@HOST/NAME")
        return "postgresql+psycopg" + url[url.index("://") :]
    match = re.match(r"sqlite:///(.+)\Z", url)
    if match is None or match[1].startswith(":memory:"):
        raise document.problem(
            at,
            "must be sqlite:///FILE or postgresql+psycopg://…",
            hint="for instance sqlite:///data/aggregator.db",
        )
    name, _, query = match[1].partition("?")
    full = document.place(at).file.absolute().parent / Path(name).expanduser()
    return f"sqlite:///{full}" + (f"?{query}" if query else "")
