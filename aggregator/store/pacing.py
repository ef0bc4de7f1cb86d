"""The pace of all sources that learn their rhythm: as many requests as at one fixed interval for each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from aggregator.model import Source
from aggregator.rhythm import pace_of
from aggregator.schedule import DAY, bounds
from aggregator.store.schema import sources

AGAIN = timedelta(minutes=10)  # rates change slowly, and counting reads every source
SOON = timedelta(minutes=1)  # until something is known


class Pacing:
    """Holds the pace, and finds it anew every ten minutes from how many sources have which rate."""

    def __init__(self) -> None:
        self._like: Source | None = None  # any that learns: interval and bounds are set for all of them
        self._found: tuple[datetime, float] | None = None

    def follow(self, configured: Iterable[Source]) -> None:
        """Take the configuration."""
        self._like = next((one for one in configured if one.learns), None)
        self._found = None

    def known(self, now: datetime) -> float | None:
        """The multiplier of `aggregator.rhythm`; 0 while no source learns, or nothing is known of one.

        None: it must be found anew (`find`).
        """
        if self._like is None:
            return 0.0
        again = AGAIN if self._found and self._found[1] else SOON
        if self._found is None or not timedelta(0) <= now - self._found[0] < again:
            return None
        return self._found[1]

    def find(self, connection: Connection, now: datetime) -> float:
        """Count the sources by their rates, and keep the pace that follows from it."""
        pace = 0.0 if self._like is None else self._count(connection, self._like)
        self._found = now, pace
        return pace

    def _count(self, connection: Connection, like: Source) -> float:
        column = sources.c
        statement = (
            select(column.tempo, func.count())
            .where(column.tempo.is_not(None), column.removed.is_(False), column.paused.is_(False))
            .group_by(column.tempo)
        )
        tempos: dict[int, int] = dict(connection.execute(statement).all())
        return pace_of(tempos, like.interval / DAY, bounds(like)) if tempos else 0.0
