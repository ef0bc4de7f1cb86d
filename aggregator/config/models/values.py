"""Values as people write them: each type with its check, and what the JSON Schema says of it."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.functional_validators import AfterValidator

from aggregator.config.units import DURATION_PATTERN, SIZE_PATTERN, parse_duration, parse_size
from aggregator.search import QueryError
from aggregator.search import parse as parse_query
from aggregator.topics import parse_term


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError("is no duration; write a number and s, m, h, d or w, such as 90s, 30m, 2h or 3d")  # noqa: TRY004 - pydantic reads ValueError
    return parse_duration(value)


def _paused(value: Any) -> bool | datetime:
    if isinstance(value, bool):
        return value
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day, tzinfo=UTC)
    if not isinstance(found, datetime):
        raise ValueError("is neither true nor false nor a date such as 2027-01-31")  # noqa: TRY004
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return value


def _size(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("is no size; write a number and kB, MB, GB (powers of 1000) or KiB, MiB, GiB")  # noqa: TRY004
    if isinstance(value, int):
        raise ValueError(  # noqa: TRY004
            "has no unit; write B, kB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of 1024)"
        )
    size = parse_size(value)
    if size <= 0:
        raise ValueError("must be larger than nothing")
    return size


def _web_url(value: str) -> str:
    if any(char.isspace() or ord(char) < 32 for char in value):
        raise ValueError("has a space or a line break in it")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:  # its message would repeat parts of the address
        raise ValueError("is no web address: look at the host and the port") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("must begin with https:// or http://")
    if not host or port == 0:
        raise ValueError("names no host")
    if "@" in parts.netloc:
        raise ValueError(
            'holds a user name or password; give them as auth: {username: …, password: "${NAME}"}'
        )
    return value


def _proxy_url(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("is no address") from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("must be the address of a proxy, such as http://proxy.example:3128")
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"[\w.-]+|\[?[0-9a-fA-F:.]+\]?", value):
        raise ValueError("must be a host alone, such as nas.home.arpa, 192.168.1.9 or fd00::9")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # by what is wrong with the name
        raise ValueError("is no time zone of the IANA list, such as Asia/Seoul") from None
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", value):
        raise ValueError("is no language tag (BCP 47), such as en, fa, ko or zh-Hans")
    return value


def _term(value: str) -> str:
    if value.startswith("$"):
        if not re.fullmatch(r"\$[\w-]+", value):
            raise ValueError("is no reference; write $ and the name of a list under terms:")
        return value
    parse_term(value)
    return value


def _query(value: str) -> str:
    try:
        found = parse_query(value, datetime(2000, 1, 1, tzinfo=UTC))  # mistakes do not depend on the time
    except QueryError as error:
        raise ValueError(str(error)) from None
    if found is None:
        raise ValueError("is empty; write what is to be searched for")
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("is no address or network, such as 127.0.0.1 or 10.0.0.0/8") from None
    return value


def _clock(value: Any) -> time:
    if isinstance(value, time):
        return value
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('is no time of day; write "07:00", in quotes')
    return time(int(found[1]), int(found[2]))


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_DURATION_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": DURATION_PATTERN, "examples": ["90s", "30m", "2h", "3d"]}
)
Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive), _DURATION_SCHEMA]
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN, "examples": ["15MB", "512KiB"]}),
]
WebUrl = Annotated[str, AfterValidator(_web_url), Field(json_schema_extra={"format": "uri"})]
Paused = Annotated[
    bool | datetime,
    BeforeValidator(_paused),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "examples": ["2027-01-31"]}]}),
]
ProxyUrl = Annotated[str, AfterValidator(_proxy_url), Field(json_schema_extra={"format": "uri"})]
Pattern = Annotated[str, AfterValidator(_pattern), Field(json_schema_extra={"format": "regex"})]
Language = Annotated[str, AfterValidator(_language)]
Network = Annotated[str, AfterValidator(_network)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
TermText = Annotated[str, AfterValidator(_term)]
ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$"}),
]
OneOrMore = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...])
]
QueryText = Annotated[str, Field(max_length=2_000), AfterValidator(_query)]
Terms = tuple[TermText, ...]
AnyOf = Annotated[
    tuple[TermText, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...])
]
FeverKey = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hosts = tuple[Annotated[str, AfterValidator(_host)], ...]
Order = tuple[Literal["authority", "agency", "earliest", "longest"], ...]
