"""Dates as feeds write them → UTC. Pure.

RFC 822 and 9110 forms with numeric or named zones, ISO 8601 and RFC 3339 with or without a zone, Korean
and Chinese (2018년 8월 9일 오후 2:00, 2018年8月9日), Persian (۱۸ مرداد ۱۳۹۷, Solar Hijri), Unix times. A date
without a zone is in the source's zone. Two-digit years are of this century up to 68 (POSIX).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: a default, not a date
TOLERANCE = timedelta(days=1)  # beyond now: wrong zones reach 14 hours ahead

_ZEROS = "۰٠０"  # Persian, Arabic, full-width
_DIGITS = {ord(zero) + value: str(value) for zero in _ZEROS for value in range(10)}
_MINUTES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
    "bst": 60, "cet": 60, "cest": 120, "met": 60, "mest": 120, "west": 60, "eet": 120, "eest": 180,
    "msk": 180, "trt": 180, "ast": -240, "irst": 210, "irdt": 270, "gst": 240, "pkt": 300, "ist": 330,
    "kst": 540, "jst": 540, "hkt": 480, "sgt": 480, "awst": 480, "aest": 600, "aedt": 660,
    "nzst": 720, "nzdt": 780,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier januar enero janeiro gennaio янв января",
            "feb february février februar febrero fevereiro febbraio фев февраля",
            "mar march mars märz mrz marzo março мар марта",
            "apr april avril abril aprile апр апреля",
            "may mai mayo maio maggio мая",
            "jun june juin juni junio junho giugno июн июня",
            "jul july juillet juli julio julho luglio июл июля",
            "aug august août agosto авг августа",
            "sep sept september septembre septiembre setembro settembre сен сентября",
            "oct october okt oktober octobre octubre outubro ottobre окт октября",
            "nov november novembre noviembre novembro ноя ноября",
            "dec december dez dezember décembre diciembre dezembro dicembre дек декабря",
        ),
        1,
    )
    for name in names.split()
}
_SOLAR_NAMES = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"
_SOLAR_MONTHS = {name: number for number, name in enumerate(_SOLAR_NAMES.split(), 1)}

# What nearly all feeds write; nothing in these two forms is to be guessed at.
_DAYTIME = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])"
_RFC = re.compile(
    r"(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) ([A-Z][a-z]{2}) ((?:19|20)[0-9]{2}) "
    rf"{_DAYTIME} (?:GMT|UTC|Z|([+-](?:0[0-9]|1[0-4])[0-5][0-9]))"
)
_RFC_3339 = re.compile(
    rf"(?:19|20)[0-9]{{2}}-[01][0-9]-[0-3][0-9]T{_DAYTIME}(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s,]+(.*))?$|(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2})(\d{2})(\d{2})?(.*))?$",
    re.IGNORECASE,
)
_CJK = re.compile(r"(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日](.*)$")
_NAMED = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+([^\W\d]+)\.?,?[\s-]+(\d{2,4})(?:[,\s]+(.*))?$"
)
_AMERICAN = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:[,\s]+(.*))?$"
)
_ASCTIME = re.compile(
    r"[^\W\d]{3,}\.?\s+([^\W\d]{3,})\.?\s+(\d{1,2})\s+(\d{1,2}:\d\d(?::\d\d)?)\s+(?:([A-Z]{2,5})\s+)?(\d{4})$"
)
_TIME = re.compile(
    r"(오전|오후|上午|下午|[ap]\.?m\.?)?\s*(\d{1,2})[:.시時时h]\s*(\d{1,2})?(?:[:.分분]\s*(\d{1,2}))?(?:[.,]\d+)?"
    r"\s*[분分초秒]?\s*([ap]\.?m\.?)?\s*(.*)$",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"\(?(?:gmt|utc)?\s*([+-])(\d{1,2}):?(\d{2})?\b")


def to_utc(text: str | None, zone: str | None = None) -> datetime | None:
    """The moment that ``text`` names, in UTC; None when it cannot be read.

    ``zone``: IANA name for dates without one; UTC when None or unknown.
    """
    return _moment_of(text[:200], zone) if text else None


@lru_cache(maxsize=5_000)  # a feed that is read again has mostly the dates that it had
def _moment_of(text: str, zone: str | None) -> datetime | None:
    try:
        if (found := _RFC.fullmatch(text)) is not None and found[2].lower() in _MONTHS:
            return _of_rfc(found)
        if _RFC_3339.fullmatch(text) is not None:
            return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:  # no such day
        return None
    return _of_any(text, zone)


def _of_any(text: str, zone: str | None) -> datetime | None:
    """The moment of a date in whatever form."""
    text = " ".join(text.translate(_DIGITS).replace("\u200f", " ").replace("،", ",").split())
    try:
        return _read(text, zone)
    except (ValueError, OverflowError):
        return None


def _of_rfc(found: re.Match[str]) -> datetime:
    """The moment of a date that is written as RFC 822 has it."""
    day, month, year, hour, minute, second, zone = found.groups()
    local = datetime(
        int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second), tzinfo=UTC
    )
    if zone is None or zone[1:] == "0000":
        return local
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return local - offset if zone[0] == "+" else local + offset


def sane(moment: datetime | None, now: datetime) -> datetime | None:
    """``moment``, unless it is absurd: before the web, or more than a day ahead of ``now``."""
    return moment if moment is not None and EARLIEST <= moment <= now + TOLERANCE else None


def _read(text: str, zone: str | None) -> datetime | None:
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
    if found := _ISO.match(text):
        if found.group(1):
            return _moment(found.group(1, 2, 3), found.group(4), zone)
        clock = ":".join(part or "00" for part in found.group(8, 9, 10)) if found.group(8) else ""
        return _moment(found.group(5, 6, 7), f"{clock}{found.group(11) or ''}", zone)
    if found := _CJK.search(text):
        return _moment(found.group(1, 2, 3), re.sub(r"^\s*\([^)]*\)", "", found.group(4)), zone)
    if found := _ASCTIME.match(text):
        date = (found.group(5), _month(found.group(1)), found.group(2))
        return _moment(date, f"{found.group(3)} {found.group(4) or ''}", zone)
    if found := _NAMED.match(text):
        return _moment((_year(found.group(3)), _month(found.group(2)), found.group(1)), found.group(4), zone)
    if found := _AMERICAN.match(text):
        return _moment((found.group(3), _month(found.group(1)), found.group(2)), found.group(4), zone)
    return None


def _moment(date: tuple[str | int, ...], clock: str | None, zone: str | None) -> datetime:
    """Put date, time of day and zone together; a Solar Hijri date is converted.

    ``date``: year, month, day.
    """
    year, month, day = map(int, date)
    if month > 12:
        year, month, day = gregorian(year, month - 100, day)
    elif 1300 < year < 1500:
        year, month, day = gregorian(year, month, day)
    hour, minute, second, rest = _clock(clock or "")
    leap = second == 60
    next_day = hour == 24 and minute == second == 0
    local = datetime(year, month, day, 0 if next_day else hour, minute, 59 if leap else second)  # noqa: DTZ001
    offset = _offset(rest)
    if next_day:
        local += timedelta(days=1)
    return local.replace(tzinfo=offset if offset is not None else _zone(zone)).astimezone(UTC)


def _clock(text: str) -> tuple[int, int, int, str]:
    """Hour, minute, second and what follows."""
    found = _TIME.search(text)
    if not found:
        return 0, 0, 0, text
    before, hours, minutes, seconds, after, rest = found.groups()
    hour = int(hours)
    half = (before or after or "").lower().replace(".", "")
    if half in ("pm", "오후", "下午") and hour < 12:
        hour += 12
    elif half in ("am", "오전", "上午") and hour == 12:
        hour = 0
    return hour, int(minutes or 0), int(seconds or 0), rest


def _offset(text: str) -> tzinfo | None:
    """The zone that a text names; None when it names none that is known."""
    found = _OFFSET.search(text.lower())
    if found:
        hours, minutes = int(found.group(2)), int(found.group(3) or 0)
        if hours > 15 or minutes > 59:
            return None
        return timezone((1 if found.group(1) == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in _MINUTES:
            return timezone(timedelta(minutes=_MINUTES[word]))
    return None


@lru_cache(maxsize=100)
def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def _month(name: str) -> int:
    """A month's number; Solar Hijri months are 101…112."""
    name = name.lower().replace("ي", "ی").replace("ى", "ی")
    if name in _SOLAR_MONTHS:
        return 100 + _SOLAR_MONTHS[name]
    found = _MONTHS.get(name) or _MONTHS.get(name[:3])
    if found is None:
        raise ValueError(name)
    return found


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year <= 68 else 1900)


def gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Solar Hijri → Gregorian, by the 33-year cycle of leap years (exact for 1178–1633, so for our dates)."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError(f"{year}-{month}-{day}")
    cycles, rest = divmod(year - 979, 33)
    days = 365 * (year - 979) + 8 * cycles + (rest + 3) // 4
    days += sum(31 if m <= 6 else 30 for m in range(1, month)) + day - 1
    start = datetime(1600, 3, 20, tzinfo=UTC)  # 1 Farvardin 979
    moment = start + timedelta(days=days)
    return moment.year, moment.month, moment.day
