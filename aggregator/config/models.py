"""What the YAML may contain, key by key. Descriptions here become the JSON Schema that editors show.

Units: durations are `timedelta`, sizes are bytes. Inheritance (defaults → group → source) is in inherit.py.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator
from pydantic.functional_validators import AfterValidator

from aggregator.config.units import DURATION_PATTERN, SIZE_PATTERN, parse_duration, parse_size
from aggregator.dedup.rules import Rules
from aggregator.search import QueryError
from aggregator.search import parse as parse_query
from aggregator.topics import Field as TopicField
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
AnyTarget = Annotated[
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


_RULES = Rules()  # the evaluated defaults


class Section(BaseModel):
    """A part of the file: unknown keys are refused, values are not guessed from other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


# Lists of the YAML arrive as lists: strict mode would refuse them for tuples.
def _loose() -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)


class ReaderOptions(Section):
    """One person who reads, with read and starred state of their own."""

    name: Name = Field(description="The name to sign in with.")
    password: str = Field(repr=False, description="${NAME}, or a hash of `aggregator password`.")
    api_password: str | None = Field(
        default=None, repr=False, description="For the sync APIs; a password of its own."
    )
    fever_key: FeverKey | None = Field(
        default=None, repr=False, description="md5 of name:api_password, where api_password is a hash."
    )
    role: Literal["admin", "reader"] = Field(
        default="reader", description="An admin may change sources and stories."
    )


class Web(Section):
    """The web server: pages, feeds and APIs."""

    model_config = _loose()
    host: str = Field(
        default="127.0.0.1", description="Address to listen on. Beyond loopback a password is required."
    )
    port: int = Field(
        default=8787, ge=0, le=65535, strict=True, description="Port to listen on; 0 takes any free one."
    )
    public_url: WebUrl | None = Field(
        default=None, description="How others reach it, behind a proxy for instance."
    )
    hosts: tuple[str, ...] = Field(
        default=(), description="Further host names under which it answers (others are refused)."
    )
    user: str = Field(default="reader", min_length=1, description="The name of the one reader.")
    password: str | None = Field(
        default=None,
        repr=False,
        description="Of the pages: ${NAME}, or a hash of `aggregator password`; null: none.",
    )
    api_password: str | None = Field(
        default=None,
        repr=False,
        description="Of the sync APIs (Google Reader, Fever, Miniflux): ${NAME} or a hash; null: off.",
    )
    fever_key: FeverKey | None = Field(
        default=None,
        repr=False,
        description="md5 of user:api_password in hex, for Fever where api_password is a hash.",
    )
    readers: tuple[ReaderOptions, ...] = Field(
        default=(), description="More people, each with their own state. Needs web.password as well."
    )
    hub: WebUrl | None = Field(
        default=None, description="A WebSub hub: feeds name it, and it is told when they change."
    )
    trusted_proxies: tuple[Network, ...] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose X-Forwarded-For and -Proto are believed.",
    )

    media_proxy: bool = Field(
        default=False,
        strict=True,
        description="Show the pictures of articles, fetched by this server: outlets do not see who reads.",
    )

    @property
    def base_url(self) -> str:
        """Where the page is, without a slash at the end: ``public_url``, else host and port."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class Sync(Section):
    """What clients of the sync APIs (Google Reader, Fever, Miniflux) see."""

    model_config = _loose()
    view: Literal["sources", "groups", "topics"] = Field(
        default="sources",
        description="What they subscribe to; each story is served under one of them, for good.",
    )
    settle: Duration = Field(
        default=timedelta(minutes=5),
        description="A new story waits so long for a better canonical article before it is served.",
    )


class Polling(Section):
    """How feeds are fetched; a source may override what has the same name there."""

    interval: Duration = Field(
        default=timedelta(minutes=30),
        description="Time between two polls of a source, in the mean over all: those with more news are "
        "polled more often, each by its learnt rhythm.",
    )
    min_interval: Duration = Field(
        default=timedelta(minutes=15), description="Never poll a source more often."
    )
    max_interval: Duration = Field(
        default=timedelta(days=1),
        description="A source that is in order is polled at least so often, unless its server asks for less.",
    )
    concurrency: int = Field(
        default=64, ge=1, le=10_000, description="Fetches at the same time, over all hosts."
    )
    per_host: int = Field(default=2, ge=1, le=100, description="Fetches at the same time from one host.")
    rate: int = Field(
        default=100, ge=1, le=100_000, description="Polls that a daemon starts in one second, at most."
    )
    websub: bool = Field(
        default=True,
        strict=True,
        description="Let hubs push what is new (WebSub) where feeds name one; needs web.public_url.",
    )
    icons: bool = Field(
        default=True,
        strict=True,
        description="Fetch the icons of outlets, weekly at most, as robots.txt allows.",
    )
    contact: WebUrl | None = Field(
        default=None,
        description="Where those whose servers we ask find who we are; default: web.public_url.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=30), description="For one fetch, from start to last byte."
    )
    max_body: Size = Field(default=15_000_000, description="Largest feed, decoded. 15MB is 15,000,000 bytes.")
    allow_private: bool = Field(
        default=False, description="Fetch from private and loopback addresses as well, whatever the source."
    )
    private_hosts: Hosts = Field(
        default=(),
        strict=False,
        description="Hosts (names or IP addresses) that may be private all the same.",
    )
    host_gap: Duration | None = Field(
        default=None, description="Time from one request to a host to the next, over all daemons; null: none."
    )
    lease: Duration = Field(
        default=timedelta(seconds=60),
        description="A daemon that is silent for so long is taken for dead, and others poll what it held.",
    )
    parser: Literal["auto", "authority", "check"] = Field(
        default="auto",
        description="auto: the fast parser where it is sure to read what feedparser reads, 1 in 64 checked; "
        "authority: feedparser for all; check: both for all, feedparser is believed.",
    )

    @field_validator("lease")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=3):
            raise ValueError("must be 3s or longer: daemons say that they live three times in it")
        return value


class Dedup(Section):
    """How copies are found and folded into stories."""

    model_config = _loose()
    horizon: Duration = Field(default=timedelta(days=7), description="Copies are sought this far back.")
    threshold: float = Field(
        default=_RULES.threshold,
        gt=0,
        le=1,
        description="Fold two articles from this probability on that they carry one text.",
    )
    additions: int = Field(
        default=_RULES.additions, ge=1, description="A copy that adds this many words is marked `adds`."
    )
    hot_key_limit: int = Field(
        default=_RULES.hot_keys,
        ge=1,
        description="A candidate key that more earlier articles than this share makes no candidates.",
    )
    canonical: Order = Field(
        default=_RULES.canonical,
        description="Which article stands for a story, by what first.",
    )
    text_from: Literal["canonical", "longest", "earliest"] = Field(
        default="canonical", description="Whose text a story shows."
    )
    link_from: Literal["canonical", "longest", "earliest"] = Field(
        default="canonical", description="Whose address a story links to."
    )


class Log(Section):
    """What the daemon says on standard error."""

    format: Literal["console", "json"] = Field(
        default="console", description="console: lines for people; json: an object a line."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is said."
    )


class Retention(Section):
    """How long things are kept. Read and starred state, hashes and decisions always stay."""

    stories: Duration | None = Field(
        default=timedelta(days=90),
        description="Texts are dropped this long after last seen in a feed; null: never.",
    )
    max_size: Size | None = Field(
        default=None, description="Drop the oldest texts beyond this size of database."
    )
    keep_starred: bool = Field(default=True, description="Texts of starred stories stay.")


class TopicOptions(Section):
    """A named query over stories, with a page and feeds of its own."""

    model_config = _loose()
    title: str | None = Field(default=None, description="As the page shows it; default: the name.")
    all: tuple[AnyOf, ...] = Field(
        default=(), description="Each must be found: a term, a $list (any of it), or [a, b]."
    )
    any: Terms = Field(default=(), description="At least one must be found.")
    none: Terms = Field(default=(), description="Not one may be found.")
    in_: tuple[TopicField, ...] = Field(
        default=("title", "lead", "text"), alias="in", min_length=1, description="Where terms are looked for."
    )
    groups: tuple[str, ...] = Field(
        default=(), description="Only stories with an article of one of these groups."
    )
    sources: tuple[str, ...] = Field(
        default=(), description="Only stories with an article of one of these sources."
    )


class SearchOptions(Section):
    """A saved search, with feeds of its own."""

    title: str | None = Field(default=None, description="As the page shows it; default: the name.")
    query: QueryText = Field(description="As typed into the search box: words, -not, title:, since: …")


class TargetOptions(Section):
    """Where alerts go: one of Apprise's addresses, or a webhook."""

    apprise: str | None = Field(
        default=None, repr=False, description="An address of Apprise, such as ntfy://…, best as ${NAME}."
    )
    webhook: WebUrl | None = Field(
        default=None, repr=False, description="An address that takes JSON by POST."
    )
    secret: str | None = Field(
        default=None, repr=False, description="Signs what is posted (Standard Webhooks): ${NAME}."
    )
    allow_private: bool = Field(default=False, description="The webhook may be on a private address.")


class AlertRule(Section):
    """Tells a story once, when it is carried by so many."""

    model_config = _loose()
    to: AnyTarget = Field(description="One or more targets.")
    topic: str | None = Field(default=None, description="Only stories of this topic.")
    source: str | None = Field(default=None, description="Only stories with an article of this source.")
    group: str | None = Field(default=None, description="Only stories with an article of this group.")
    outlets: int = Field(default=1, ge=1, strict=True, description="Carried by at least so many outlets …")
    groups: int = Field(default=1, ge=1, strict=True, description="… of at least so many groups …")
    within: Duration = Field(
        default=timedelta(days=1), description="… within this time of the first article."
    )
    urgent: bool = Field(default=False, strict=True, description="In quiet hours, too.")


class QuietOptions(Section):
    """Hours of the day without alerts; what comes then is told afterwards."""

    model_config = _loose()
    from_: ClockTime = Field(alias="from", description="22:00")
    to: ClockTime = Field(description="07:00")
    timezone: Timezone = Field(default="UTC", description="IANA name.")


class MailOptions(Section):
    """The SMTP server for the digest."""

    host: str = Field(description="Its name.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none: loopback only."
    )
    user: str | None = Field(default=None, description="To sign in with.")
    password: str | None = Field(default=None, repr=False, description="${NAME}.")
    sender: str = Field(pattern=r"^[^\r\n]+@[^\r\n]+$", description="The address that writes.")


class DigestOptions(Section):
    """The stories of a day that most outlets carry: by mail, and at /digest.atom."""

    model_config = _loose()
    at: ClockTime = Field(description="When it is made: 07:00.")
    timezone: Timezone = Field(default="UTC", description="IANA name.")
    topic: str | None = Field(default=None, description="Only stories of this topic.")
    stories: int = Field(default=20, ge=1, le=200, strict=True, description="At most so many.")
    to: AnyTarget = Field(default=(), description="Mail addresses; without any it is a feed only.")


class Alerts(Section):
    """What people are told of, and how."""

    targets: dict[Name, TargetOptions] = Field(default_factory=dict, description="Where alerts go, by name.")
    rules: dict[Name, AlertRule] = Field(default_factory=dict, description="What is told, by name.")
    quiet: QuietOptions | None = Field(default=None, description="Hours without alerts.")
    mail: MailOptions | None = Field(default=None, description="The SMTP server for the digest.")
    digest: DigestOptions | None = Field(default=None, description="A daily digest.")


class FoldOptions(Section):
    """How articles may be folded into stories."""

    scope: Literal["all", "group", "other", "never", "ask"] = Field(
        default="all", description="With all, only its group, only other sources, never, or ask a person."
    )
    threshold: float | None = Field(default=None, gt=0, le=1, description="In place of dedup.threshold.")


class RuleOptions(Section):
    """Includes, excludes or marks entries as read; rules are tried in order."""

    action: Literal["include", "exclude", "mark_read"] = Field(
        description="What happens to entries that match."
    )
    field: Literal["title", "summary", "content", "author", "category", "url", "any"] = Field(
        default="any", description="Where the pattern is searched."
    )
    pattern: Pattern = Field(description="A regular expression (Python).")
    case_sensitive: bool = Field(default=False, description="Whether capitals matter.")


class Auth(Section):
    """HTTP Basic authentication."""

    username: str = Field(description="User name.")
    password: str = Field(repr=False, description="Password, best as ${NAME}.")


class SourceDefaults(Section):
    """What `defaults:` and groups may set for their sources."""

    model_config = _loose()
    language: Language | None = Field(default=None, description="BCP 47: en, fa, ko, zh-Hans …")
    authority: int = Field(
        default=0, ge=-1000, le=1000, strict=True, description="Higher is preferred as canonical."
    )
    tags: tuple[str, ...] = Field(default=(), description="Words of your own.")
    paused: Paused = Field(default=False, description="true: do not poll; a date or time: not until then.")
    paywall: bool = Field(
        default=False, strict=True, description="Gives a story neither text nor link, if others can."
    )
    agency: bool = Field(
        default=False, strict=True, description="A news agency, preferred by the `agency` step."
    )
    interval: Duration | Literal["auto"] = Field(
        default="auto",
        description="A fixed time between polls; auto: by its learnt rhythm, so that all together are polled "
        "as often as polling.interval says.",
    )
    min_interval: Duration = Field(
        default=timedelta(minutes=15), description="Default: polling.min_interval."
    )
    max_interval: Duration = Field(
        default=timedelta(days=1), description="Of a learnt rhythm. Default: polling.max_interval."
    )
    timeout: Duration = Field(default=timedelta(seconds=30), description="Default: polling.timeout.")
    max_body: Size = Field(default=15_000_000, description="Default: polling.max_body.")
    timezone: Timezone | None = Field(default=None, description="IANA name, for dates without a zone.")
    user_agent: str | None = Field(default=None, description="In place of the program's own name.")
    headers: dict[str, str] = Field(default_factory=dict, repr=False, description="Further request headers.")
    auth: Auth | None = Field(default=None, description="HTTP Basic authentication.")
    proxy: ProxyUrl | None = Field(default=None, repr=False, description="HTTP proxy.")
    verify_tls: bool = Field(
        default=True, strict=True, description="false accepts any certificate: dangerous."
    )
    allow_private: bool = Field(
        default=False,
        strict=True,
        description="The host of its own address may be private. Default: polling.allow_private.",
    )
    private_hosts: Hosts = Field(
        default=(), description="Further hosts that may be private. Default: polling.private_hosts."
    )
    fulltext: bool = Field(
        default=False, strict=True, description="Read the linked page when the feed has only summaries."
    )
    initial_unread: Duration | None = Field(
        default=timedelta(days=2),
        description="What a source's first poll brings starts as read when it is older; null: nothing does.",
    )
    backfill: int = Field(
        default=0,
        ge=0,
        le=100,
        strict=True,
        description="Pages of a feed's archive (RFC 5005) that are read once, after its first poll.",
    )
    title_clean: tuple[Pattern, ...] = Field(
        default=(), description="Regular expressions removed from titles."
    )
    boilerplate: tuple[Pattern, ...] = Field(default=(), description="Paragraphs that match are left out.")
    rules: tuple[RuleOptions, ...] = Field(default=(), description="Include, exclude, mark as read.")
    fold: FoldOptions = Field(default=FoldOptions(), description="How its articles are folded into stories.")


class GroupOptions(SourceDefaults):
    """A group of sources: a page and feeds of its own, and settings for its sources."""

    title: str | None = Field(default=None, description="As the page shows it; default: the name.")


class SourceOptions(SourceDefaults):
    """One feed of one outlet."""

    id: Name = Field(description="Short, unique and lasting: articles are kept under it.")
    url: WebUrl = Field(description="Of the feed: RSS, Atom or JSON Feed.")
    title: str | None = Field(default=None, description="As the page shows it; default: the id.")
    group: str = Field(default="default", description="One of the groups.")


class File(Section):
    """A news aggregator's configuration."""

    model_config = _loose()
    include: Annotated[
        tuple[str, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...])
    ] = Field(default=(), description="Further files, relative to this one; `*` may stand in their names.")
    database: str | None = Field(
        default=None,
        description="sqlite:///FILE, relative to this file, or postgresql+psycopg://USER:${PASSWORD}@HOST/NAME.",
    )
    roles: tuple[Literal["poll", "place", "web"], ...] = Field(
        default=("poll", "place", "web"),
        min_length=1,
        description="What a daemon does that is not told by --roles. On SQLite one daemon polls and places.",
    )
    web: Web = Field(default_factory=Web)
    sync: Sync = Field(default_factory=Sync)
    polling: Polling = Field(default_factory=Polling)
    dedup: Dedup = Field(default_factory=Dedup)
    retention: Retention = Field(default_factory=Retention)
    log: Log = Field(default_factory=Log)
    terms: dict[Name, Terms] = Field(
        default_factory=dict, description="Lists of terms that topics name as $list."
    )
    topics: dict[Name, TopicOptions] = Field(default_factory=dict, description="Named queries over stories.")
    searches: dict[Name, SearchOptions] = Field(
        default_factory=dict, description="Saved searches: feeds of what a query finds."
    )
    alerts: Alerts = Field(default_factory=Alerts)
    defaults: SourceDefaults = Field(default_factory=SourceDefaults, description="For every source.")
    groups: dict[Name, GroupOptions] = Field(
        default_factory=dict, description="Sources that belong together."
    )
    sources: tuple[SourceOptions, ...] = Field(default=(), description="The feeds.")
