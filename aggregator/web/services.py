"""What the web needs from the rest of the program, handed in by the composition root (the daemon).

All methods are synchronous and may block on the database: endpoints call them on worker threads.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from aggregator.dedup.explain import Explanation
from aggregator.dedup.rules import Rules
from aggregator.dedup.tuning import Tuning
from aggregator.model import (
    Activity,
    ArticleView,
    Change,
    Cited,
    Correction,
    Folded,
    HubSays,
    Icon,
    Notice,
    SourceView,
    StoryLink,
    StoryView,
    TimelineSpec,
)
from aggregator.web.accounts import Accounts
from aggregator.web.feeds import Site
from aggregator.web.syncing import Syncing


class Reading(Protocol):
    """The store's read side."""

    def timeline(self, spec: TimelineSpec) -> Sequence[StoryView]:
        """Stories in order, at most ``spec.limit``."""

    def leading(self, since: datetime, limit: int, /, *, reader: str = "reader") -> Sequence[StoryView]:
        """Unread stories published since then that most outlets carry (two at least), those first."""

    def story(self, story: int, /, *, reader: str = "reader") -> StoryView | int:
        """A story, or the id of the one that it was merged into. Raises NotFoundError."""

    def article(self, article: int, /) -> ArticleView:
        """An article with its text. Raises NotFoundError."""

    def explain(self, a: int, b: int, /) -> Explanation:
        """Why two articles are, or are not, one story. Raises NotFoundError; UsageError for one alone."""

    def corrections(self) -> Sequence[Correction]:
        """What people corrected, the newest first."""

    def labelled(self, *, texts: bool = False) -> Sequence[Mapping[str, Any]]:
        """The corrections that stand as labelled pairs; with ``texts`` the documents go before them."""

    def sources(self) -> Sequence[SourceView]:
        """Every source and how it does."""

    def version(self) -> int | str:
        """A value that is another one after every change of the data."""

    def newer(self, spec: TimelineSpec, after: int, most: int, /) -> int:
        """How many stories of a timeline have a greater id than ``after``; counted up to ``most``."""

    def tuning(self, threshold: float | None, /) -> Tuning:
        """One's own newest articles placed anew: with the threshold in force, and with this one."""

    def activity(self, days: int, /) -> Activity:
        """Entries by source and day, and who had before others what they print."""

    def questions(self) -> Sequence[StoryLink]:
        """What sources that are set to ``fold: ask`` ask, the newest first."""


class Watching(Protocol):
    """What those read who look after the stories."""

    def changes(self, *, before: int | None = None, limit: int = 50) -> Sequence[Change]:
        """Corrections by outlets and people, the newest first; ``before``: an id."""

    def folded(
        self, *, mark: str | None = None, before: tuple[bool, int] | None = None, limit: int = 50
    ) -> Sequence[Folded]:
        """What was folded, the marked first; ``before``: whether the last one was marked, and its id."""

    def digests(self) -> Sequence[Notice]:
        """The digests of the last days, the newest first."""

    def cited(self, article: int, no: int, /) -> Cited:
        """The text that an article had as its ``no``-th. Raises NotFoundError."""


class Correcting(Protocol):
    """What a person changes. ``split`` and ``merge`` return the story that the article or stories now are."""

    def mark(
        self, reader: str, story_ids: Sequence[int], *, read: bool | None = None, starred: bool | None = None
    ) -> None:
        """Set read and/or starred; None leaves it."""

    def split(self, article: int, *, author: str, reason: str) -> int:
        """Take an article out of its story; returns the new story's id."""

    def merge(self, story_a: int, story_b: int, *, author: str, reason: str) -> int:
        """Make two stories one; returns the surviving id."""

    def answer(self, a: int, b: int, *, same: bool, author: str, reason: str) -> int:
        """Take the word of a person on two articles; returns the story that the second is of then."""

    def undo(self, *, author: str, correction: int | None = None) -> object:
        """Take a correction back: the last one, unless one is named."""


class Pushing(Protocol):
    """What hubs reach over our callbacks (WebSub); coroutines of the daemon's event loop."""

    async def verify(self, token: str, said: HubSays) -> bool:
        """Whether a hub's question about intent is answered with yes."""

    async def limit(self, token: str) -> int | None:
        """How many bytes may be pushed to this callback; None: it is nobody's."""

    async def deliver(self, token: str, body: bytes, content_type: str | None, signature: str | None) -> int:
        """Take a push; the status to answer with."""


def _no_icon(_: str) -> Icon | None:
    return None


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of a change of the YAML. ``reason``: why it was refused, or the file that has it now.

    ``patch``: the change as a unified diff, which a person may apply.
    """

    saved: bool
    reason: str
    patch: str = ""


class Editing(Protocol):
    """Changes of the YAML, which keep its comments. ``seen``: what `seen` gave for the page with the form."""

    def seen(self) -> str:
        """A hash of the files as they are now. Raises ConfigError when they are not valid."""

    def source(self, name: str, changes: Mapping[str, Any], seen: str, /) -> Edited:
        """Set keys of a source, as the YAML names them; None takes one out. Raises NotFoundError."""

    def detector(self, changes: Mapping[str, Any], seen: str, /) -> Edited:
        """Set keys of the section ``dedup``."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the web is served.

    ``user``: the reader whom a request is for; in the services that `forms.services_of` hands to an endpoint
    that is whoever signed in, here whoever reads where nobody has a password. ``hosts``: further names
    (without port) under which the server may be addressed. ``trusted_proxies``: addresses and networks whose
    forwarding headers are believed. ``loopback``: only this machine can reach the server.
    """

    public_url: str | None = None
    user: str = "reader"
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    loopback: bool = True


def _usual_additions() -> int:
    return Rules().additions


def _no_glance() -> int | None:
    return None


def _nothing_polled(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the web application works with.

    ``topics`` and ``groups`` give titles by id, in the configuration's order, and are asked anew for each
    page since the configuration may be reloaded. ``ready`` returns None or why the program is not ready.
    ``metrics`` gives counters and gauges by Prometheus name. ``poll_now`` returns whether the source will be
    polled at once (False: paused, or its server asked us to wait). ``site``: what the feeds say about us; the
    feeds are served when it is given. ``additions``: `Rules.additions` of the configuration: from how many
    words on a copy is said to add something. ``closing``: whether the server is going down, so that streams
    end. ``editing``: writes the YAML; None: pages offer no such forms.
    ``accounts``: who may sign in; None: nobody has a password.
    ``sync``: for the sync APIs, which are off without. ``media``: fetches a picture for a page, and raises
    SourceError; None: pages show no pictures.
    """

    reading: Reading
    correcting: Correcting
    topics: Callable[[], Mapping[str, str]]
    groups: Callable[[], Mapping[str, str]]
    now: Callable[[], datetime]
    settings: WebSettings = WebSettings()
    site: Callable[[], Site] | None = None
    ready: Callable[[], str | None] = lambda: None
    metrics: Callable[[], Mapping[str, float]] = dict
    poll_now: Callable[[str], bool] = _nothing_polled
    additions: Callable[[], int] = _usual_additions
    closing: Callable[[], bool] = lambda: False
    watching: Watching | None = None
    editing: Editing | None = None
    accounts: Accounts | None = None
    pushing: Pushing | None = None  # where hubs can reach us
    icon: Callable[[str], Icon | None] = _no_icon  # of the outlet of a source
    with_icons: Callable[[], frozenset[str]] = frozenset  # the sources that have one
    sync: Syncing | None = None
    glance: Callable[[], int | str | None] = _no_glance  # `Reading.version`, where it can be told at once
    media: Callable[[str], bytes] | None = None
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def reader(self) -> str:
        """Whose read and starred state this request is about, and who corrects; "" for a stranger."""
        return self.settings.user
