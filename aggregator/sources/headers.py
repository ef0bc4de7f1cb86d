"""HTTP header fields: freshness (RFC 9111), Retry-After and dates (RFC 9110). Pure; garbage is None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 7 * 86_400.0  # seconds
_MAX_SECONDS = 2**31  # RFC 9111 section 1.2.2: greater values count as this


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long an answer stays fresh from ``now`` on (RFC 9111 section 4.2), or None when it does not say.

    max-age less Age; without max-age Expires less Date. Nothing for no-cache and no-store.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return None
    age = _seconds(headers.get("age")) or 0
    if "max-age" in directives:
        lifetime = _seconds(directives["max-age"])
        return None if lifetime is None else _positive(timedelta(seconds=lifetime - age))
    expires = http_date(headers.get("expires"))
    if expires is None:
        return None
    date = http_date(headers.get("date")) or now
    return _positive(expires - date - timedelta(seconds=age))


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from ``now``, capped at 7 days; served as seconds or as a date (RFC 9110 section 10.2.3)."""
    if value is None:
        return None
    seconds = _seconds(value)
    if seconds is not None:
        return min(float(seconds), MAX_RETRY_AFTER)
    moment = http_date(value)
    return None if moment is None else min(max(0.0, (moment - now).total_seconds()), MAX_RETRY_AFTER)


def http_date(value: str | None) -> datetime | None:
    """A date of HTTP (RFC 9110 section 5.6.7) in UTC."""
    if not value or len(value) > 100:
        return None
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def verbatim(raw: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first field of that name exactly as served; None when it is absent or is not valid UTF-8.

    A validator that we could not send back byte by byte is none.
    """
    for field, value in raw:
        if field.lower() == name:
            try:
                return value.decode("utf-8") or None
            except UnicodeDecodeError:
                return None
    return None


def _directives(value: str) -> dict[str, str]:
    """Cache-Control as a mapping; the first of repeated directives counts (RFC 9111 section 4.2.1)."""
    found: dict[str, str] = {}
    for part in value.split(","):
        name, _, argument = part.partition("=")
        found.setdefault(name.strip().lower(), argument.strip().strip('"'))
    return found


def _seconds(value: str | None) -> int | None:
    text = (value or "").strip()
    return min(int(text), _MAX_SECONDS) if text.isascii() and text.isdecimal() and len(text) < 100 else None


def _positive(delay: timedelta) -> timedelta:
    return max(delay, timedelta(0))
