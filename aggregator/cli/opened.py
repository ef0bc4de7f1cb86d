"""The store of a command. Apart from the rest, so that commands without one do not pay for its imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.cli.common import now, settings_of
from aggregator.config import Settings
from aggregator.store import Store


@contextmanager
def opened(config_path: Path | None) -> Iterator[tuple[Settings, Store]]:
    """The settings and the store of a command, closed when it ends."""
    settings = settings_of(config_path)
    store = Store.open(settings.database, now=now)
    try:
        yield settings, store
    finally:
        store.close()
