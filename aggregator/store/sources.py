"""The sources as the database knows them: what placing and reading ask of a source, by number and by id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from aggregator.model import Fold, Source, Update
from aggregator.store import passages
from aggregator.store.among import among_strings
from aggregator.store.database import Database
from aggregator.store.schema import hosts, sources
from aggregator.store.values import MICROSECOND, micros, packed

AT_ONCE = 200  # new sources that are due immediately; more are spread
A_SECOND = 100  # new sources a second, when there are more
REVOKED = "~"  # before the owner of a lease whose address changed: the answer's validators are of another
MAX_SPREAD = timedelta(minutes=15)
ROWS = 1_000  # sources read at a time


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a source's settings: its articles are judged when it is configured no more, too."""

    no: int
    id: str
    title: str
    group: str
    language: str | None
    authority: int
    agency: bool
    paywall: bool
    fold: Fold
    site_url: str | None


class Book:
    """Every source by number and by id; read again when a number is met that is not in it."""

    def __init__(self) -> None:
        self._by_no: dict[int, Facts] = {}
        self._by_id: dict[str, Facts] = {}

    def load(self, connection: Connection) -> None:
        """Read all of them, in one statement, row by row.

        Those that did not change stay the objects they are: of 100,000 sources no second copy is ever held.
        """
        columns = sources.c
        rows = connection.execute(
            select(
                columns.no, columns.id, columns.title, columns.grp, columns.language, columns.authority,
                columns.agency, columns.paywall, columns.fold_scope, columns.fold_threshold, columns.site_url,
            ).execution_options(yield_per=ROWS)
        )  # fmt: skip
        by_no: dict[int, Facts] = {}
        for row in rows:
            facts = Facts(*row[:8], Fold(row.fold_scope, row.fold_threshold), row.site_url)
            held = self._by_no.get(facts.no)
            by_no[facts.no] = held if held is not None and held == facts else facts
        self._by_no = by_no
        self._by_id = {each.id: each for each in by_no.values()}

    def by_no(self, connection: Connection, no: int) -> Facts:
        """Return the source with this number."""
        if no not in self._by_no:
            self.load(connection)
        return self._by_no[no]

    def by_id(self, connection: Connection, source: str) -> Facts | None:
        """Return the source with this id, None if there never was one."""
        if source not in self._by_id:
            self.load(connection)
        return self._by_id.get(source)

    def learn_of(self, change: Update) -> None:
        """Take what an update says of its outlet."""
        if change.info is not None:
            self.note(change.source, change.info.site_url)

    def note(self, source: str, site_url: str | None) -> None:
        """Take what a feed said of its outlet, without reading every source again."""
        facts = self._by_id.get(source)
        if facts is not None and facts.site_url != site_url:
            self._by_id[source] = self._by_no[facts.no] = replace(facts, site_url=site_url)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all sources that ever were."""
        return tuple(self._by_id)

    def of_language(self, tag: str) -> list[int]:
        """Numbers of the sources in a language; ``zh`` has those in ``zh-Hans``, too."""
        wanted = tag.lower()
        return [
            facts.no
            for facts in self._by_no.values()
            if (facts.language or "").lower() == wanted
            or (facts.language or "").lower().startswith(f"{wanted}-")
        ]

    def of_group(self, group: str) -> list[int]:
        """Numbers of the sources of a group."""
        return [facts.no for facts in self._by_no.values() if facts.group == group]


def host_of(url: str) -> str:
    """Return the host (with port) that per-host limits count by."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower() or "-"
    except ValueError:
        return "-"


def sync(
    connection: Connection,
    database: Database,
    configured: Sequence[Source],
    now: datetime,
    roll: Callable[[], float],
    rate: float = A_SECOND,
    repaced: Collection[str] = (),
) -> None:
    """Make the table say what the configuration says. Rows are never deleted: articles refer to them.

    ``roll``, ``rate``: of `first_polls`, for those that are new. ``repaced``: those of another interval than
    before, which acts at once.
    """
    held = {row.id: row for row in connection.execute(select(sources)).all()}
    _hosts(connection, database, {host_of(source.url) for source in configured})
    fresh, changed = [], []
    new = sum(source.id not in held for source in configured)
    waits = iter(first_polls(new, roll, rate))
    for source in configured:
        row = held.get(source.id)
        values = _configured(source)
        if row is None:
            due = micros(now + next(waits, timedelta(0)))
            fresh.append(
                values | _address(source.url) | {"next_due": due, "next_reason": "new", "added": micros(now)}
            )
            continue
        if row.configured_url != source.url:
            values |= (
                _address(source.url)
                | _NO_VALIDATORS
                | {"next_due": micros(now), "next_reason": "new address"}
                | _revoked(row.lease_owner)
            )
        elif row.removed or (row.paused and not source.paused):
            values |= {"next_due": min(row.next_due, micros(now)), "gone": False}
        elif source.id in repaced:
            values |= _repaced(row, source, micros(now + timedelta(seconds=roll() * len(repaced) / rate)))
        if row.patterns != values["patterns"]:
            values |= passages.tell(connection, row)
        if any(getattr(row, name) != value for name, value in values.items()):
            changed.append((row.no, values))
    if fresh:
        connection.execute(insert(sources), fresh)
    for no, values in sorted(changed, key=lambda each: each[0]):  # locked in one order everywhere
        connection.execute(update(sources).where(sources.c.no == no).values(values))
    gone = [row.id for row in held.values() if not row.removed] if held else []
    gone = sorted(set(gone) - {source.id for source in configured})
    if gone:
        connection.execute(
            update(sources).where(among_strings(sources.c.id, "ids")).values(removed=True), {"ids": gone}
        )


def _repaced(row: Any, source: Source, at: int) -> dict[str, Any]:
    """The next poll by the new interval, at or after ``at``; failing ones come to it by themselves."""
    if row.failures or row.lease_owner is not None or row.last_polled is None:
        return {}
    due = max(at, row.last_polled + source.interval // MICROSECOND, row.not_before or 0)
    return {"next_due": due, "next_reason": "another interval than before"}


def _revoked(lease_owner: str | None) -> dict[str, Any]:
    if lease_owner is None or lease_owner.startswith(REVOKED):
        return {}
    return {"lease_owner": REVOKED + lease_owner}


def first_polls(count: int, roll: Callable[[], float], rate: float = A_SECOND) -> list[timedelta]:
    """When ``count`` new sources are first polled: at once when they are few, else spread, in no order.

    Each has a slot of its own, so that no second has more than ``rate``, unless `MAX_SPREAD` is too short.
    """
    if count <= AT_ONCE:
        return [timedelta(0)] * count
    width = min(timedelta(seconds=count / rate), MAX_SPREAD)
    slots = sorted(range(count), key=lambda _: roll())
    return [width * ((slot + roll()) / count) for slot in slots]


def _configured(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "configured_url": source.url,
        "title": source.title,
        "grp": source.group,
        "language": source.language,
        "authority": source.authority,
        "agency": source.agency,
        "paywall": source.paywall,
        "fold_scope": source.fold.scope,
        "fold_threshold": source.fold.threshold,
        "patterns": packed(source.boilerplate),
        "paused": source.paused,
        "paused_until": micros(source.paused_until),
        "removed": False,
    }


def _address(url: str) -> dict[str, Any]:
    return {"url": url, "host": host_of(url)}


_NO_VALIDATORS: dict[str, Any] = {
    "etag": None,
    "last_modified": None,
    "body_sha256": None,
    "moved_to": None,
    "moved_seen": 0,
    "gone": False,
    "failures": 0,
    "error": None,
    "error_kind": None,
    "http_status": None,
    "not_before": None,
}


def _hosts(connection: Connection, database: Database, names: set[str]) -> None:
    known = set(connection.execute(select(hosts.c.name)).scalars())
    if new := sorted(names - known):
        statement = database.insert(hosts).on_conflict_do_nothing()
        connection.execute(statement, [{"name": name} for name in new])
