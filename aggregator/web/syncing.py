"""What the daemon hands in for the sync APIs (Google Reader, Fever, Miniflux)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from aggregator.model import View
from aggregator.store.syncing import Sync


class Subscribing(Protocol):
    """What writes sources into the YAML. Raises AggregatorError with what to do instead."""

    def add(self, url: str, *, title: str | None = None, group: str | None = None) -> str:
        """Add a feed; returns its source's id. ``group``: an id, or the title of a new one."""

    def remove(self, source: str) -> None:
        """Take a source out."""

    def change(self, source: str, *, title: str | None = None, group: str | None = None) -> None:
        """Give a source another title or group."""


def _at_once(job: Callable[[], Any]) -> Any:
    return job()


@dataclass(frozen=True, slots=True)
class Syncing:
    """The store's sync side, and what the YAML says of it.

    ``view`` and ``settle`` are asked anew each time: the configuration may be reloaded. ``write`` runs what
    changes the database, where that has to be done. ``subscribing``: None where nothing may write the YAML.
    """

    store: Sync
    view: Callable[[], View]
    settle: Callable[[], timedelta]
    write: Callable[[Callable[[], Any]], Any] = _at_once
    subscribing: Subscribing | None = None
