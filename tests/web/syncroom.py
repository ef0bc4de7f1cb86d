"""A real store with four stories of three outlets behind the web application, for the sync APIs."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.dedup.rules import Rules
from aggregator.model import Entry, Source, SourceView, StoryView, TimelineSpec, Update, View
from aggregator.prepare import prepare_all
from aggregator.store import Store
from aggregator.topics import Topic, Topics
from aggregator.web.accounts import Account, Accounts, Role
from aggregator.web.app import Services, WebSettings
from aggregator.web.feeds import Site
from aggregator.web.syncing import Subscribing, Syncing

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PASSWORD = "a kettle for the sync"
TOPICS = {"boats": "Boats & piers", "clocks": "Clocks"}
GROUPS = {"coast": "The coast", "hills": "Hills"}
SOURCES = [
    Source("harbour", "https://harbour.example/feed", "Harbour Wire", "coast", "en", 5, agency=True),
    Source("pier", "https://pier.example/feed", "Pier Post", "coast", "en", 1),
    Source("valley", "https://valley.example/feed", "Valley <b>Voice</b>", "hills", "en", 1),
]
FERRY = [
    (
        "The ferry company of Sundnes will run its night boat through the winter after all, its head said "
        "on Tuesday, because the bakers on both shores had refused to bake for a boat that came at noon."
    ),
    (
        "A petition in the ticket hall had gathered four hundred names in a week, most of them legible; the "
        "remaining ones were counted as drawings and hung in the waiting room."
    ),
    "The first crossing of the new timetable is on Friday, with coffee, unless the ice disagrees.",
]
CLOCK = [
    (
        "A clockmaker has brought the bell of the valley's town hall back after a repair that took eleven "
        "years, which is longer than the building of the town hall itself had taken."
    ),
    "He charged nothing for the years and a little for the oil, says a bill that hangs beside the stairs.",
]
BRIDGE = [
    "Goats may cross the new footbridge above Midtvang from Monday on, the district council has decided.",
    (
        "People have to wait until the railing is painted, which the council expects before the summer; a "
        "guard will be there to explain the order of things to both."
    ),
]
ICE = [
    "The ice on the upper lake carries again.",
    "Skaters measured eleven centimetres near the jetty at dawn.",
]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def forward(self, **duration: float) -> None:
        """Move it."""
        self.now += timedelta(**duration)


def account(name: str, password: str, role: Role = "admin") -> Account:
    """A reader whose API password is kept as a hash that costs nothing, with Fever's key beside it."""
    digest = hashlib.scrypt(password.encode(), salt=b"salt", n=2, r=1, p=1, dklen=16)
    key = hashlib.md5(f"{name}:{password}".encode()).hexdigest()
    return Account(name, "of the page", f"scrypt$2$1$1${b'salt'.hex()}${digest.hex()}", role, key)


def topics() -> Topics:
    """Two topics by a word."""
    return Topics(
        [
            Topic(name="boats", title=TOPICS["boats"], any=("ferry", "boat*")),
            Topic(name="clocks", title=TOPICS["clocks"], any=("clockmaker",)),
        ]
    )


_FILLED = tempfile.TemporaryDirectory(prefix="syncroom-")  # made once: a store takes half a second


def filled(folder: Path) -> Room:
    """A room of one's own with four stories, the first of them printed by two outlets; all have settled."""
    kept = Path(_FILLED.name) / "sync.db"
    if not kept.exists():
        first = Room(kept.parent)
        first.fill()
        first.store.close()
    shutil.copyfile(kept, folder / "sync.db")
    room = Room(folder)
    room.told = {
        "harbour": {"harbour-Night ferry keeps its winter timetable"},
        "pier": {"pier-Bakers win: the night ferry stays", "pier-Ice carries on the upper lake"},
        "valley": {"valley-Bell & clockmaker return", "valley-Goats first on the new footbridge"},
    }
    room.clock.forward(minutes=10)
    return room


class Room:
    """The store, its sources, and what the web reads of them."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.store = Store.open(f"sqlite:///{folder}/sync.db", now=self.clock)
        self.store.sync_sources(SOURCES, lambda: 0.5)
        self.view: View = "sources"
        self.readers = [
            account("mina", PASSWORD),
            account("ole", "another kettle", role="reader"),
        ]
        self.accounts = Accounts(self.store.people, lambda: self.readers, self.clock)
        self.subscribing: Subscribing | None = None
        self.topics, self.groups = dict(TOPICS), dict(GROUPS)
        self.told: dict[str, set[str]] = {}

    def tell(self, source: str, title: str, parts: Sequence[str], guid: str | None = None) -> None:
        """A source's next poll brings an entry."""
        self.tell_all(source, [(title, parts, guid or f"{source}-{title}")])

    def tell_all(self, source: str, told: Sequence[tuple[str, Sequence[str], str]]) -> None:
        """It brings several: title, paragraphs, guid."""
        outlet = next(one for one in SOURCES if one.id == source)
        self.told.setdefault(source, set()).update(guid for _, _, guid in told)
        entries = [
            Entry(
                guid=guid, url=f"https://{source}.example/{hashlib.sha256(guid.encode()).hexdigest()[:8]}",
                title=title, published=self.clock() - timedelta(minutes=3),
                content="".join(f"<p>{part}</p>" for part in parts), language="en",
                raw_sha256=hashlib.sha256(repr((guid, title, parts)).encode()).digest(),
            )
            for title, parts, guid in told
        ]  # fmt: skip
        update = Update(
            source=source, at=self.clock(), status="fetched", next_due=self.clock() + timedelta(minutes=30),
            prepared=prepare_all(entries, boilerplate=frozenset(), source=outlet),
            present=frozenset(self.told[source]),
        )  # fmt: skip
        self.store.arrivals.apply(update, rules=Rules(), topics=topics())

    def fill(self) -> None:
        """Four stories, the first of them printed by two outlets; all have settled."""
        self.tell("harbour", "Night ferry keeps its winter timetable", FERRY)
        self.tell("pier", "Bakers win: the night ferry stays", FERRY)
        self.tell("valley", "Bell & clockmaker return", CLOCK)
        self.tell("valley", "Goats first on the new footbridge", BRIDGE)
        self.tell("pier", "Ice carries on the upper lake", ICE)
        self.clock.forward(minutes=10)

    def sources(self) -> Sequence[SourceView]:
        """How they do."""
        return self.store.sources(SOURCES)

    def timeline(self, spec: TimelineSpec) -> Sequence[StoryView]:
        """The store's."""
        return self.store.timeline(spec)

    def __getattr__(self, name: str) -> Any:
        """The rest of the store's read and write side."""
        return getattr(self.store, name)

    def syncing(self) -> Syncing:
        """The sync APIs, for two readers."""
        return Syncing(
            store=self.store.sync, view=lambda: self.view, settle=lambda: timedelta(minutes=5),
            subscribing=self.subscribing,
        )  # fmt: skip

    def services(self, settings: WebSettings | None = None) -> Services:
        """What `create_app` takes."""
        return Services(
            reading=self, correcting=self, topics=lambda: self.topics, groups=lambda: self.groups,
            now=self.clock, settings=settings or WebSettings(user="mina"), sync=self.syncing(),
            accounts=self.accounts, site=self.site,
        )  # fmt: skip

    def site(self) -> Site:
        """What the feeds say of it."""
        return Site("Sundnes", "http://localhost", self.store.tag, self.store.born, self.topics, self.groups)

    def ids(self) -> dict[str, int]:
        """Stories by the first word of their titles."""
        return {one.title.split()[0]: one.id for one in self.store.timeline(TimelineSpec())}

    def ids_of_all(self) -> list[int]:
        """Every story."""
        return [one.id for one in self.store.timeline(TimelineSpec(limit=1000))]

    def marks(self, reader: str = "mina") -> dict[str, tuple[bool, bool]]:
        """Read and starred by the first word of their titles."""
        found = self.store.timeline(TimelineSpec(reader=reader))
        return {one.title.split()[0]: (one.read, one.starred) for one in found}
