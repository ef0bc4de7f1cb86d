"""What people are told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of an alert. ``body``: JSON. ``due``: of the next attempt, None: sent, or given up.

    Of a digest ``story`` is the day's ordinal.
    """

    id: int
    rule: str
    target: str
    story: int
    body: str
    at: datetime
    attempts: int
    due: datetime | None
    sent: datetime | None
    error: str
