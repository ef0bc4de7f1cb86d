"""Every test of the store runs on SQLite and on a real PostgreSQL, which is started here for the session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.store import Store, migrate
from aggregator.store.database import connect
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


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/test.db"
    server: Server = request.getfixturevalue("cluster")
    return server.new_database()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that the migrations made, and nothing else."""
    file = tmp_path_factory.mktemp("template") / "made.db"
    migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(cluster: Server) -> str:
    """The address of a database that the migrations made, and nothing else."""
    url = cluster.new_database()
    migrated(url)
    return url


def migrated(url: str) -> None:
    """Make the schema, as the first `Store.open` does."""
    database = connect(url)
    migrate.run(database)
    database.close()


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with our schema and nothing in it: a copy of what the migrations made."""
    if request.param == "sqlite":
        file = tmp_path / "data" / "test.db"
        file.parent.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    server: Server = request.getfixturevalue("cluster")
    return server.new_database(request.getfixturevalue("postgres_template"))


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
