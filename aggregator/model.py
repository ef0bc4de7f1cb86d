"""What the parts of the program hand to each other: plain, frozen data without behaviour.

The data's way, with the type that leaves each step::

    config → schedule → fetch → parse → text+fingerprint → candidates+decide → store → publish
    Source   Due        Fetched  Feed    Prepared           Placement           Applied  StoryView

Times are aware datetimes in UTC. Hashes are raw bytes (SHA-256) unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

# ----------------------------------------------------------------------------- sources (from the YAML)


@dataclass(frozen=True, slots=True)
class Rule:
    """An include, exclude or mark-read rule: ``pattern`` (re) searched in ``field`` of an entry."""

    action: Literal["include", "exclude", "mark_read"]
    field: Literal["title", "summary", "content", "author", "category", "url", "any"]
    pattern: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """How a source's (or group's) articles may be folded into stories.

    ``scope``: ``all`` with anyone; ``group`` only with its own group; ``other`` never within the same source;
    ``never`` not at all; ``ask`` link, fold only when a person answers. ``threshold``: a probability, or None
    for the general one.
    """

    scope: Literal["all", "group", "other", "never", "ask"] = "all"
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One feed of one outlet as the YAML lists it, defaults and group settings already applied."""

    id: str
    url: str
    title: str
    group: str = "default"
    language: str | None = None  # BCP 47
    authority: int = 0  # higher is preferred as canonical
    tags: tuple[str, ...] = ()
    paused: bool = False
    paused_until: datetime | None = None
    paywall: bool = False
    agency: bool = False  # a wire: preferred by the `agency` step of the canonical policy
    interval: timedelta = timedelta(minutes=30)  # fixed; the mean over all sources where it `learns`
    min_interval: timedelta = timedelta(minutes=15)
    max_interval: timedelta = timedelta(days=1)  # where it learns
    learns: bool = False  # its polls follow its rhythm; else `interval` does
    timeout: timedelta = timedelta(seconds=30)
    max_body: int = 15_000_000  # bytes after decoding
    timezone: str | None = None  # IANA name, for dates without one
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    username: str | None = None
    password: str | None = field(default=None, repr=False)  # a secret: not in logs
    proxy: str | None = None
    verify_tls: bool = True
    allow_private: bool = False  # reach private and loopback addresses …
    private_hosts: frozenset[str] = frozenset()  # … at these hosts, or at any host where none is named
    fulltext: bool = False
    initial_unread: timedelta | None = timedelta(days=2)  # of the first poll, older entries start as read
    backfill: int = 0  # archive pages (RFC 5005) that are read after the first poll, at most
    title_clean: tuple[str, ...] = ()  # regular expressions removed from titles
    boilerplate: tuple[str, ...] = ()  # regular expressions; paragraphs that match are left out
    rules: tuple[Rule, ...] = ()
    fold: Fold = Fold()


# ----------------------------------------------------------------------------- entries (from a feed)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that an entry carries (RSS enclosure, Atom link rel=enclosure, JSON Feed attachment)."""

    url: str
    type: str | None = None
    length: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as a feed published it, cleaned for safe display but not judged.

    ``title`` is plain text; ``summary`` and ``content`` are sanitised HTML with absolute addresses.
    ``published`` and ``updated`` are None when absent or absurd; ``published_claimed`` is the feed's text.
    """

    guid: str
    url: str | None
    title: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_claimed: str | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    categories: tuple[str, ...] = ()
    language: str | None = None
    raw_sha256: bytes = b""  # of the entry as served: unchanged bytes need no further work


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed says about when to poll it (RSS ttl, skipHours, skipDays; sy:updatePeriod)."""

    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()  # 0…23, GMT
    skip_days: frozenset[int] = frozenset()  # Monday is 0, GMT


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """A feed without its entries."""

    format: str  # "rss20", "atom10", "json11", … (feedparser's names)
    title: str = ""
    site_url: str | None = None
    language: str | None = None
    hub: str | None = None
    self_url: str | None = None
    hints: Hints = Hints()
    prev_archive: str | None = None  # the page of older entries (RFC 5005 section 4)


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed: entries in the feed's own order, guids unique."""

    info: FeedInfo
    entries: tuple[Entry, ...]


# ----------------------------------------------------------------------------- text and fingerprints


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the detector keeps of a text.

    Two are comparable only when ``recipe`` is equal. It names the rules by which a text is read, the same for
    every source. The version of a source's boilerplate is no part of it, and is kept with the article: what
    is left out of a text changes which shingles it has, never what a shingle is. So texts of two sources, or
    of one before and after, stay comparable, and an older fingerprint is only less exact.

    ``keys``: at most 20 candidate keys (signed 64-bit, the slot mixed in, so that equal keys mean the same
    band and the same value). ``signature``: datasketch's MinHash values, 128 little-endian uint32.
    ``evidence``: what the exact decision reads (token and shingle hashes); its format belongs to
    ``aggregator.dedup``. ``text_sha256``: of the normalised text, b"" when the text is too short to stand for
    itself. ``tokens``: number of tokens of title and text that count.
    """

    recipe: str
    keys: tuple[int, ...]
    signature: bytes
    evidence: bytes
    text_sha256: bytes
    tokens: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry with its text and fingerprint, as a worker process returns it.

    ``text``: plain text of the article, paragraphs parted by "\\n\\n", boilerplate still in. ``passages``:
    64-bit hashes of its paragraphs, for learning boilerplate. ``boilerplate``: indexes of paragraphs left
    out of the fingerprint. ``credit``: the agency that the text credits, if it does.
    ``url_key``: the address in canonical form (aggregator.urls), for "same article" across feeds.
    ``words``: how many words each paragraph has. ``tokens``: of title and text, for the full-text index
    (aggregator.indexing); None: not made yet.
    """

    entry: Entry
    text: str
    fingerprint: Fingerprint
    url_key: str | None = None
    passages: tuple[int, ...] = ()
    boilerplate: tuple[int, ...] = ()
    credit: str | None = None
    mark_read: bool = False
    words: tuple[int, ...] = ()
    tokens: tuple[str, str] | None = None
    reread: bool = False  # its text may differ though its bytes do not: the linked page was read at last


@dataclass(frozen=True, slots=True)
class Page:
    """What the page behind an entry gave, kept so that no page is fetched twice for one entry revision.

    ``text``: its article, paragraphs parted by "\\n\\n"; None where there is none, for the reason in
    ``error``. ``attempts``: how many came to nothing; ``retry_at``: when another may be made, None: never.
    """

    guid: str
    raw_sha256: bytes
    url: str
    at: datetime
    text: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """A mark brought from another reader, for an entry of a source that is matched by guid, then by address.

    ``guid`` as served, or ``guid_sha256`` of it in hex; ``url_key``: see `Prepared`.
    """

    source: str
    read: bool
    starred: bool
    guid: str | None = None
    guid_sha256: str | None = None
    url_key: str | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """A passage that is boilerplate of a source.

    ``texts``: different texts that had it when it was counted. ``sample``: its words, "" where they are not
    at hand.
    """

    passage: int  # 64-bit hash
    texts: int
    sample: str = ""


# ----------------------------------------------------------------------------- placing

Relation = Literal["original", "copy", "version", "partial", "related"]


@dataclass(frozen=True, slots=True)
class Held:
    """An article as the detector needs it: already stored, or about to be (then ``story`` is None)."""

    id: int  # for one about to be stored: a negative number that is unique in its batch
    source: str
    group: str
    title: str
    effective: datetime  # the earlier of published and first seen
    fingerprint: Fingerprint
    story: int | None = None
    canonical: bool = False
    url_key: str | None = None
    guid: str = ""
    language: str | None = None
    authority: int = 0
    agency: bool = False
    paywall: bool = False
    credit: str | None = None
    fold: Fold = Fold()
    reason: str = ""  # of its placement; "" before it


@dataclass(frozen=True, slots=True)
class Link:
    """A story that an article is near to without being of it: ``partial`` or ``related``, or asked for."""

    article: int  # the article at the other end (may be negative: of the same batch)
    relation: Relation
    similarity: float


TieKind = Literal["copy", "version", "same-text", "same-url", "same-url-version"]
ALL_SAID = 0.95  # share of what two texts have in common; in another, different text it is a form
TIE_KINDS: tuple[TieKind, ...] = ("copy", "version", "same-text", "same-url", "same-url-version")


class Tie(NamedTuple):
    """Two articles that may be one text, as it was decided when the later of them arrived.

    ``probability``: 0…1, 1.0 for exact steps, which know no horizon. ``shared``: how many shingles they have
    in common; ``said``: the greatest share of these that one other, different text near by had before: that
    is what a text that arrives late may change. The order of the two says nothing.
    """

    a: int
    b: int
    probability: float
    kind: TieKind
    shared: int = 0
    said: float = 0.0

    @property
    def framed(self) -> bool:
        """Whether all that they share is another text's, too: then it tells nothing of these two."""
        return self.said >= ALL_SAID

    @property
    def exact(self) -> bool:
        """Whether address or text say it, whatever the time between."""
        return self.kind not in ("copy", "version")

    @property
    def relation(self) -> Relation:
        """What the later article is to the earlier, if they are one story."""
        return "version" if self.kind in ("version", "same-url-version") else "copy"

    @property
    def reason(self) -> str:
        """The step that decided, as `Placement.reason` names it."""
        return "same-url" if self.kind == "same-url-version" else self.kind


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an arriving article goes.

    ``story``: the id of a stored story, or of a new one, which is numbered -1, -2, … within its `Plan`.
    ``join``: the article (id as in Held, may be negative) there that it is most alike, None: it is the first
    by time. ``similarity``: probability 0…1 that both carry one text (1.0 for exact steps).
    ``reason``: ``first``, ``same-url``, ``same-text``, ``copy``, ``version``, ``corrected`` (by a person).
    ``marks``: ``adds`` and/or ``differs``, against the text that `Plan.texts` names.
    """

    article: int
    story: int
    join: int | None
    relation: Relation
    similarity: float
    reason: str
    marks: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A stored article that an earlier one, which arrived later, puts into another story or another role."""

    article: int
    story: int  # as in Placement
    relation: Relation
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What placing a batch changes.

    ``placements``: one an arrival, by time. ``moves``: of stored articles; first of all. ``merged``: stored
    stories of which no article is left, with the story where they went (as in Placement), which all their
    articles do that are not among the moves. ``texts``: whose text speaks, of the stories of the placements.
    ``ties``: the pairs that were decided and are to be kept, also those of stored articles that are another
    now (`aggregator.dedup.ties`).
    """

    placements: tuple[Placement, ...] = ()
    moves: tuple[Move, ...] = ()
    merged: Mapping[int, int] = field(default_factory=dict)
    texts: Mapping[int, int] = field(default_factory=dict)
    ties: tuple[Tie, ...] = ()


# ----------------------------------------------------------------------------- polling


@dataclass(frozen=True, slots=True)
class Due:
    """A source whose turn has come, claimed by us, with what the last poll left."""

    source: Source
    url: str  # where it is served now (permanent redirects followed)
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: bytes | None = None
    boilerplate: frozenset[int] = frozenset()  # passage hashes learnt for this source
    boilerplate_version: int = 0
    failures: int = 0  # in a row
    moved_to: str | None = None  # a permanent redirect seen, not yet trusted
    moved_seen: int = 0
    hints: Hints = Hints()  # of the last body that was parsed
    last_status: int | None = None  # HTTP status of the last answer: a 410 counts when it is confirmed
    pushed: bool = False  # a hub pushes what is new (WebSub): polls are the net below
    rhythm: bytes | None = None  # as `aggregator.rhythm` packs it
    pace: float = 0.0  # of all sources together (`rhythm.pace_of`)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A server's answer. ``body`` is None for 304. Header values are exactly as served."""

    status: int
    url: str  # of the answer, after redirects
    body: bytes | None
    content_type: str | None
    etag: str | None
    last_modified: str | None
    max_age: timedelta | None  # from Cache-Control, Age and Expires (RFC 9111)
    permanent_url: str | None  # after the permanent redirects up to the first temporary one
    elapsed: float  # seconds
    wire_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    """Everything that one poll of one source changes; applied in one transaction or not at all.

    ``prepared``: entries that are new or whose bytes changed. ``present``: the guids of every entry in the
    feed (None when the body was not read: 304, same bytes, failure). ``next_due``: the next poll.
    ``learnt``: the source's boilerplate where it is another than when the poll began, with which ``prepared``
    was fingerprinted; None when it is not.
    """

    source: str
    at: datetime
    status: Literal["fetched", "unchanged", "failed", "skipped", "added"]  # added: entries beside any poll
    next_due: datetime
    next_reason: str = ""  # why then, in words
    not_before: datetime | None = None  # the server's own limit: even `poll --all` keeps it
    prepared: tuple[Prepared, ...] = ()
    present: frozenset[str] | None = None
    info: FeedInfo | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: bytes | None = None
    http_status: int | None = None
    error_kind: str | None = None
    error: str | None = None
    elapsed: float = 0.0
    wire_bytes: int = 0
    url: str | None = None  # a new address to poll from now on
    moved_to: str | None = None
    moved_seen: int = 0
    gone: bool = False
    owner: str | None = None  # whose claim this is the result of: it counts only while the claim does
    learnt: tuple[Learnt, ...] | None = None
    rhythm: bytes | None = None  # packed, where it was added to
    tempo: int | None = None  # of the source (`rhythm.tempo`); None: its interval is fixed


@dataclass(frozen=True, slots=True)
class Applied:
    """What an update did: `poll --json` prints it."""

    source: str
    status: str
    entries: int = 0
    new: int = 0
    updated: int = 0
    copies: int = 0
    error: str | None = None
    stories: tuple[int, ...] = ()  # ids of stories that were made or changed
    error_kind: str | None = None


# ----------------------------------------------------------------------------- pushing (WebSub)


@dataclass(frozen=True, slots=True)
class HubAsk:
    """A request to a hub. ``source``: the id of the source on whose behalf. ``token``: of the callback."""

    source: str
    mode: Literal["subscribe", "unsubscribe"]
    hub: str
    topic: str
    token: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HubSays:
    """What a hub asks of a callback, or, with mode ``denied``, says of a subscription."""

    mode: str
    topic: str
    challenge: str
    lease: timedelta
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One that a hub has confirmed: whose a push is, and with which secret it must be signed."""

    source: str
    secret: str = field(repr=False)
    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Icon:
    """A small picture of an outlet. ``type``: its media type, by its first bytes."""

    url: str
    type: str
    content: bytes


# ----------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article for people. ``text`` and ``content`` are empty in lists that do not need them."""

    id: int
    source: str
    source_title: str
    guid: str
    url: str | None
    title: str
    published: datetime  # effective time
    first_seen: datetime
    similarity: float
    reason: str
    relation: Relation = "original"
    group: str = "default"
    language: str | None = None
    authors: tuple[str, ...] = ()
    published_claimed: str | None = None
    published_from: Literal["feed", "page", "first-seen"] = "feed"
    updated: datetime | None = None  # when we last saw its text change
    last_seen: datetime | None = None
    last_absent: datetime | None = None
    dropped: datetime | None = None  # when retention dropped its texts
    marks: tuple[str, ...] = ()
    credit: str | None = None
    summary: str = ""  # sanitised HTML
    content: str = ""  # sanitised HTML
    text: str = ""
    boilerplate: tuple[int, ...] = ()  # indexes of the paragraphs of ``text`` that do not count
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    site_url: str | None = None  # of its outlet
    raw_sha256: bytes = b""


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A text that an article had before. ``no``: 1 is what was first seen. ``until``: the next was seen."""

    article: int
    no: int
    until: datetime
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story for people. ``guid``: a tag: URI (RFC 4151) that never changes. ``articles``: in time order.

    ``canonical`` is credited; ``shown`` (None: the same) is the article of which ``title`` and text are;
    ``url`` may be a third one's. `publish.view.shown` reads it.
    """

    id: int
    guid: str
    title: str
    url: str | None
    published: datetime  # frozen when the story was first placed
    updated: datetime  # changes with the canonical text, never because a copy joined
    placed: datetime
    canonical: ArticleView
    articles: tuple[ArticleView, ...]
    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    read: bool = False
    starred: bool = False
    revised: bool = False  # the text changed after it was first shown
    links: tuple[StoryLink, ...] = ()  # of a story that is asked for alone, as are the revisions
    revisions: tuple[RevisionView, ...] = ()
    shown: ArticleView | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction for people. ``kind``: split or merge. ``other``: the new story, or the one merged away.

    ``article``: the one that was split off.
    """

    id: int
    kind: str
    story: int
    other: int
    author: str
    at: datetime
    reason: str
    undone: datetime | None = None
    undone_by: str | None = None
    article: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that readers were told and that does not hold any more. ``kind``: see `store.changes`.

    ``story``: that the article is of now; ``other``: that it was split off from. ``pairs``: what the text
    says now, and what it said instead. ``before_title``: the headline before.
    """

    id: int
    at: datetime
    kind: Literal["facts", "retracted", "withdrawn", "split"]
    story: int
    article: int
    title: str
    url: str | None
    source: str
    source_title: str
    language: str | None = None
    before_title: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    other: int | None = None


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


@dataclass(frozen=True, slots=True)
class Cited:
    """A text as an article had it as its ``no``-th (from 1) of ``last``, from ``since`` to ``until``.

    ``until`` None: it still has it. ``since`` None: not known, since the text before is not kept any more.
    ``story``: that the article is of now.
    """

    article: ArticleView
    story: int
    no: int
    last: int
    title: str
    text: str
    since: datetime | None
    until: datetime | None
    text_sha256: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article comes from, beyond its view. ``published``: as parsed, None when absent or absurd.

    ``no``: of its present text, from 1. ``earlier``: number, hash of the entry and hash of the text of those
    before that are kept.
    """

    published: datetime | None
    raw_sha256: bytes
    text_sha256: bytes
    no: int
    earlier: tuple[tuple[int, bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """An article in a story whose text is another's. ``beside``: the title that is shown."""

    article: ArticleView
    story: int
    beside: str


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """An article at one end of a link, and the story that it is of now."""

    article: int
    story: int
    title: str
    url: str | None
    source: str
    source_title: str
    published: datetime  # effective time


@dataclass(frozen=True, slots=True)
class StoryLink:
    """Two stories that are near each other and not folded, by the articles that show it.

    ``relation``: ``partial`` (substantial passages shared), ``related`` (the same event, in other words), or
    ``copy``: a question, since a source or group is set to ``fold: ask``, which a person may answer.
    ``here``: the end that was asked about, in lists of a story its own. ``outgoing``: found when ``here``
    arrived, not ``there``.
    """

    here: LinkEnd
    there: LinkEnd
    relation: Relation
    similarity: float
    outgoing: bool = True


@dataclass(frozen=True, slots=True)
class TimelineSpec:
    """An ordered, filtered list of stories, newest placed first.

    ``before`` is a keyset cursor: the id of the last story of the page before. ``since``/``until`` bound
    the story's published time. ``search``: every word must occur in title or text of one of its articles.
    """

    topic: str | None = None
    group: str | None = None
    source: str | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    unread: bool = False
    starred: bool = False
    reader: str = "reader"
    before: int | None = None
    limit: int = 50
    with_content: bool = True


# Of a source. ``failing``: the last poll failed; ``broken``: five in a row did, or more; ``gone``: the server
# says so for good (410, confirmed); ``silent``: it answers, and publishes nothing (`rhythm.is_silent`).
SourceStateName = Literal["new", "ok", "failing", "broken", "gone", "silent", "paused", "removed"]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source for people: what the YAML says and how it does."""

    source: Source
    state: SourceStateName
    last_polled: datetime | None = None
    last_success: datetime | None = None
    next_due: datetime | None = None
    next_reason: str = ""
    failures: int = 0
    error_kind: str | None = None
    error: str | None = None
    http_status: int | None = None
    elapsed: float | None = None
    articles: int = 0
    copies: int = 0
    first: int = 0  # shared stories that it certainly published first: see store.health
    shared: int = 0  # stories of its that other sources have as well
    entries_a_day: float | None = None  # that are expected now
    newest: datetime | None = None  # when its newest entry was published
    busiest: str = ""  # hours in which most comes, in words
    polls: int = 0
    site_url: str | None = None
    format: str | None = None
    hub: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """How many stories ``later`` has that ``first`` published before it, both by source id.

    ``stories``: by the dates as claimed; ``certain``: of them, those where polls prove the order.
    """

    first: str
    later: str
    stories: int
    certain: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What sources did lately. ``days``: entries by source id and day (UTC) from ``since``, today last."""

    since: datetime
    days: Mapping[str, tuple[int, ...]]
    flows: tuple[Flow, ...]


# ----------------------------------------------------------------------------- sync clients

View = Literal["sources", "groups", "topics"]


@dataclass(frozen=True, slots=True)
class Stream:
    """What a client of the sync APIs may ask for: subscriptions and folders.

    ``kind``: ``all`` stories; those with an article of a ``source`` or ``group``; those of a ``topic``;
    ``rest``: those of no topic; ``tag``: those that the reader has tagged so; ``none`` of them. A ``folder``
    only has a number.
    """

    kind: Literal["all", "source", "group", "topic", "rest", "tag", "none", "folder"] = "all"
    name: str = ""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A page of a stream, as the sync protocols ask for it.

    ``origin``: only stories that are served under this subscription (its number). ``read`` and ``starred``:
    None: either. ``also``: of these streams as well. ``without``: of none of these. ``after``/``before``:
    story ids, exclusive. ``since``/``until``: since when they are served, inclusive. ``oldest``: first, else
    the newest.
    """

    reader: str
    stream: Stream = Stream()
    origin: int | None = None
    read: bool | None = None
    starred: bool | None = None
    also: tuple[Stream, ...] = ()
    without: tuple[Stream, ...] = ()
    after: int | None = None
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest: bool = False
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Served:
    """A story as sync clients have it: ``origin`` is the number of its subscription, frozen, as is ``at``."""

    story: int
    origin: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who is signed in, in a browser (``kind`` web) or with a client of a sync API.

    ``bound``: a hash of the password and the secret, so that another password ends it. ``about``: what the
    client calls itself.
    """

    reader: str
    kind: str
    bound: bytes = field(repr=False)
    about: str
    created: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a program signs in with; the secret itself is shown once and kept by nobody.

    ``scope``: feeds (the feeds, and nothing else), read, write (what a reader may), admin (all that its
    reader may); each includes those before it.
    """

    no: int
    name: str
    reader: str
    scope: str
    created: datetime
    used: datetime | None
    revoked: datetime | None
