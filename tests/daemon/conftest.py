"""What the daemon's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aggregator.workers import Workers


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """One worker process for all tests that bring their own clock: starting it costs more than a test."""
    pool = Workers(1)
    yield pool
    pool.close()
