"""The clock that all daemons on one database share: the database server's.

Machines disagree about the time by seconds, and leases are short. Each daemon asks the server now and then;
in between the machine's steady clock tells what has passed, so that setting its wall clock moves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SharedClock:
    """Call it for the time. Until it is `set`, that is the machine's own.

    ``steady``: seconds that only ever grow.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._theirs: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """The time, in UTC."""
        if self._theirs is None:
            return self._wall()
        at, then = self._theirs
        return at + timedelta(seconds=self._steady() - then)

    def set(self, ask: Callable[[], datetime]) -> None:
        """Take the time that ``ask`` returns, which is right to half of what asking took."""
        before = self._steady()
        theirs = ask()
        self._theirs = theirs, (before + self._steady()) / 2
