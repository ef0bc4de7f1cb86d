"""What a page says before there is anything to read: how far the first polls are, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model import SourceView

COUNTED = ("ok", "silent", "failing", "broken", "gone", "new")  # states of sources that are polled


@dataclass(frozen=True, slots=True)
class Beginning:
    """Counts of the sources that are polled.

    ``error``: of one that failed, ``outlet``: its title; ``next_due``: when the first of all is asked again.
    """

    total: int
    read: int
    failed: int
    paused: int
    outlet: str = ""
    error: str = ""
    next_due: datetime | None = None

    @property
    def asked(self) -> int:
        """How many have answered or failed."""
        return self.read + self.failed

    @property
    def cut_off(self) -> bool:
        """Whether every one was asked and none could be read: rather this machine's fault than theirs."""
        return self.total > 0 and self.failed == self.total


def beginning(views: Sequence[SourceView]) -> Beginning:
    """Of every source and how it does."""
    polled = [one for one in views if one.state in COUNTED]
    failed = [one for one in polled if one.last_success is None and one.error]
    first = failed[0] if failed else None
    return Beginning(
        total=len(polled),
        read=sum(one.last_success is not None for one in polled),
        failed=len(failed),
        paused=sum(one.state == "paused" for one in views),
        outlet="" if first is None else first.source.title or first.source.id,
        error="" if first is None else first.error or "",
        next_due=min((one.next_due for one in polled if one.next_due is not None), default=None),
    )
