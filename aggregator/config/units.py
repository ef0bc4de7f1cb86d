"""Durations (``90s 30m 2h 3d``, joined as ``1h30m``) and sizes (``15MB``), as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")

# Decimal as in SI (1 kB = 1000 B), binary as in IEC 80000-13 (1 KiB = 1024 B).
_BYTES = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b)", re.IGNORECASE)

DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?[smhdw])+$"
SIZE_PATTERN = r"^[0-9]+(\.[0-9]+)?\s*([kKmMgGtT][iI]?)?[bB]$"
LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """``"1h30m"`` → 90 minutes. Raises ValueError, with a sentence that says what would do."""
    compact = text.strip().lower()
    if not _DURATION.fullmatch(compact):
        raise ValueError("is no duration; write a number and s, m, h, d or w, such as 90s, 30m, 2h or 3d")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(compact))
    if seconds > LONGEST.total_seconds():
        raise ValueError("is longer than a hundred years")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """The shortest form that `parse_duration` reads back, to the second: ``90 minutes`` → ``"1h30m"``."""
    rest = round(duration.total_seconds())
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, int(_SECONDS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_size(text: str) -> int:
    """``"15MB"`` → 15,000,000 bytes; ``"15MiB"`` → 15,728,640. Raises ValueError that says what would do."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            "is no size; write a number and kB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of 1024)"
        )
    return round(float(match[1]) * _BYTES[match[2].lower()])


def format_size(size: int) -> str:
    """The largest decimal unit that divides exactly: 15,000,000 → ``"15MB"``; else bytes."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size and size % _BYTES[unit.lower()] == 0:
            return f"{size // _BYTES[unit.lower()]}{unit}"
    return f"{size}B"
