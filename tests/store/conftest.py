"""Every test of the store runs on SQLite and on a real PostgreSQL, which is started here for the session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.store import Store
from tests.postgres import MISSING, Server, postgres, server_programs

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def forward(self, **duration: float) -> None:
        """Move it, as timedelta's keywords say."""
        self.now += timedelta(**duration)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """A private PostgreSQL."""
    if server_programs() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/test.db"
    server: Server = request.getfixturevalue("cluster")
    return server.new_database()


@pytest.fixture
def clock() -> Clock:
    """A clock at noon."""
    return Clock()


@pytest.fixture
def open_store(url: str, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Open the database, any number of times: each one is a process's own view."""
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(Store.open(url, now=clock, upgrade=True))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """An open, empty store."""
    return open_store()
