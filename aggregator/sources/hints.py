"""What an XML feed says about when to poll it: RSS 2.0 ttl, skipHours, skipDays; syndication module. Pure."""

from __future__ import annotations

import re
from datetime import timedelta

from aggregator.model import Hints

_SKIP = {
    name: re.compile(rf"<skip[{name[0]}{name[0].lower()}]{name[1:]}>(.{{0,2000}}?)</skip", re.DOTALL)
    for name in ("Hours", "Days")
}
_INNER = re.compile(r">\s*([^<>]+?)\s*<")
_DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}  # hours


def hints(ttl: object, period: object, frequency: object, text: str) -> Hints:
    """``ttl`` (minutes), sy:updatePeriod and sy:updateFrequency as served; ``text``: of the document."""
    minutes = _number(ttl) or 0
    each = _PERIODS.get(str(period or "").strip().lower(), 0)
    hours = max(minutes / 60, each / max(_number(frequency) or 1, 1))
    return Hints(
        ttl=timedelta(hours=min(hours, 24 * 366)) if hours > 0 else None,
        skip_hours=frozenset(
            int(hour) % 24 for hour in _inner(text, "Hours") if hour.isdigit() and len(hour) < 3
        ),
        skip_days=frozenset(
            _DAYS[day[:3].lower()] for day in _inner(text, "Days") if day[:3].lower() in _DAYS
        ),
    )


def _inner(text: str, name: str) -> list[str]:
    found = _SKIP[name].search(text)
    return _INNER.findall(found.group(1)) if found else []


def _number(value: object) -> float | None:
    """A number within reason, or None."""
    found = re.match(r"\s*(\d{1,9}(?:\.\d{1,9})?)", str(value or ""))
    return float(found.group(1)) if found else None
