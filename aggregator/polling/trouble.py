"""What the log is told of polls that fail: a line when trouble begins, one when it ends, none in between.

Pure state: what is to be said is returned, and logged by the caller. A source's own trouble is told for that
source. What keeps all sources from being polled (no network, no more open files, a database that takes
nothing) is one episode, however many sources it hits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aggregator.errors import OURS
from aggregator.model import Applied

Level = Literal["info", "warning", "error"]
SEVERAL = 3  # sources in a row that are offline: from here on it is not they


@dataclass(frozen=True, slots=True)
class Line:
    """Something to say."""

    level: Level
    text: str


@dataclass(slots=True)
class Telling:
    """Remembers what was said. One for a daemon."""

    _said: dict[str, str] = field(default_factory=dict)  # the error of each source that was told
    _hit: set[str] = field(default_factory=set)  # sources that our own trouble hit since a poll got out
    _episode: str = ""  # the trouble of ours that was told
    _lost: int = 0  # polls that it cost
    _store: str = ""  # the database's trouble that was told
    _unstored: int = 0

    def of(self, applied: Applied) -> list[Line]:
        """What there is to say of a poll that was stored."""
        lines = self._store_works()
        source, error = applied.source, applied.error
        if applied.status == "failed" and error:
            if applied.error_kind in OURS:
                return lines + self._ours(source, applied.error_kind or "", error)
            if self._said.get(source) != error:
                self._said[source] = error
                lines.append(Line("warning", f"{source}: {error}"))
            return lines + self._out(applied.error_kind)
        if self._said.pop(source, None) is not None:
            lines.append(Line("info", f"{source}: polled again"))
        return lines + self._out(None)

    def not_stored(self, source: str, error: str) -> list[Line]:
        """What there is to say of a poll that the database did not take."""
        self._unstored += 1
        if error == self._store:
            return []
        self._store = error
        return [Line("error", f"{source}: the poll was not stored, nor are others: {error}")]

    def _store_works(self) -> list[Line]:
        if not self._store:
            return []
        text = f"the database takes polls again; {self._unstored} were not stored, and are due again soon"
        self._store, self._unstored = "", 0
        return [Line("info", text)]

    def _ours(self, source: str, kind: str, error: str) -> list[Line]:
        self._hit.add(source)
        self._lost += 1
        if self._episode:
            return []
        if kind == "offline" and len(self._hit) < SEVERAL:
            if self._said.get(source) == error:
                return []
            self._said[source] = error
            return [Line("warning", f"{source}: {error}")]
        self._episode = kind
        what = "nothing can be reached from here" if kind == "offline" else "polling lacks what it needs here"
        return [Line("error", f"{what}: {error}; every source is tried again soon")]

    def _out(self, kind: str | None) -> list[Line]:
        """A request left this machine: that it failed for another reason proves it too."""
        if kind in ("address", "url", "crashed", "deadline"):  # of which this is not so
            return []
        self._hit.clear()
        lost, self._lost = self._lost, 0
        if not self._episode:
            return []
        self._episode = ""
        return [Line("info", f"sources can be reached again; {lost} polls had failed")]
