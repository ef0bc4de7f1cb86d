"""What a sync client adds, changes and removes goes into the YAML, as `aggregator sources` would write it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.config import Settings, edit, load
from aggregator.config.naming import free_name
from aggregator.errors import UsageError


class SourceEditor:
    """Writes sources into the configuration file, which the daemon then takes. For many threads."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ
        self._lock = threading.Lock()

    def _settings(self) -> Settings:
        """The file as it is now: the daemon may not have taken the last change yet."""
        return load(self._path, self._environ)

    def add(self, url: str, *, title: str | None = None, group: str | None = None) -> str:
        """Add a feed; returns its source's id, an old one where it is there already."""
        with self._lock:
            settings = self._settings()
            held = next((source.id for source in settings.sources if source.url == url), None)
            if held is not None:
                return held
            host = urlsplit(url).hostname or "source"
            fields: dict[str, Any] = {
                "id": free_name(title or host, {source.id for source in settings.sources}),
                "url": url,
                "title": title or host,
            }
            if group:
                fields["group"] = _group(settings, group)
            edit.add_source(settings, fields, self._environ).save()
            return str(fields["id"])

    def remove(self, source: str) -> None:
        """Take a source out. What it published stays."""
        with self._lock:
            edit.remove_source(self._settings(), source, self._environ).save()

    def change(self, source: str, *, title: str | None = None, group: str | None = None) -> None:
        """Give a source another title or group."""
        with self._lock:
            settings = self._settings()
            changes: dict[str, Any] = {"title": title} if title else {}
            if group:
                name = _group(settings, group)
                if name not in settings.groups and name != "default":
                    raise UsageError(f"there is no group “{group}” in {settings.path}: add it there first")
                changes["group"] = name
            if changes:
                edit.change_source(settings, source, changes, self._environ).save()


def _group(settings: Settings, group: str) -> str:
    """The id of a group by id or title; a new one's is made of it."""
    titles = {one.title: one.name for one in settings.groups.values()}
    return group if group in settings.groups else titles.get(group) or free_name(group, set())
