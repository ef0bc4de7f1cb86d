"""The sources as the database knows them: what placing and reading ask of a source, by number and by id."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from aggregator.model import Fold, Source, Update
from aggregator.store import passages
from aggregator.store.among import among, among_strings
from aggregator.store.database import Database
from aggregator.store.schema import hosts, sources
from aggregator.store.values import MICROSECOND, micros, packed

AT_ONCE = 200  # new sources that are due immediately; more are spread
A_SECOND = 100  # new sources a second, when there are more
REVOKED = "~"  # before the owner of a lease whose address changed: the answer's validators are of another
MAX_SPREAD = timedelta(minutes=15)
ROWS = 1_000  # sources read or written at a time
MET = 8_000  # sources that are kept, of about 1 KB


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


_C = sources.c
_FACTS = select(
    _C.no, _C.id, _C.title, _C.grp, _C.language, _C.authority, _C.agency, _C.paywall, _C.fold_scope,
    _C.fold_threshold, _C.site_url,
)  # fmt: skip
_BY_NO = _FACTS.where(_C.no == bindparam("which"))
_BY_IDS = _FACTS.where(among_strings(_C.id, "names"))
_BY_ID = _FACTS.where(_C.id == bindparam("which"))


def facts_of(row: Any) -> Facts:
    """What a row of ``sources`` says."""
    return Facts(
        row.no, row.id, row.title, row.grp, row.language, row.authority, bool(row.agency), bool(row.paywall),
        Fold(row.fold_scope, row.fold_threshold), row.site_url,
    )  # fmt: skip


class Book:
    """Sources by number and by id, read when they are met; the last `MET` of them are kept.

    So memory and start cost what is worked with, not what is configured. `forget` it when sources may have
    changed.
    """

    def __init__(self, most: int = MET) -> None:
        self._most = most
        self._turn = threading.Lock()  # readers meet sources, too
        self.forget()

    def forget(self) -> None:
        """Read everything anew when it is met next."""
        with self._turn:
            self._by_no: dict[int, Facts] = {}
            self._by_id: dict[str, Facts] = {}

    def by_no(self, connection: Connection, no: int) -> Facts:
        """Return the source with this number."""
        found = self._by_no.get(no)
        return found or self.met(connection.execute(_BY_NO, {"which": no}).one())

    def by_id(self, connection: Connection, source: str) -> Facts | None:
        """Return the source with this id, None if there never was one."""
        found = self._by_id.get(source)
        if found is None and (row := connection.execute(_BY_ID, {"which": source}).one_or_none()):
            found = self.met(row)
        return found

    def meet(self, connection: Connection, names: Collection[str]) -> None:
        """Read those of these ids that are not kept, in one statement."""
        missing = [name for name in names if name not in self._by_id]
        if missing:
            for row in connection.execute(_BY_IDS, {"names": missing}):
                self.met(row)

    def met(self, row: Any) -> Facts:
        """Take a row of ``sources``. Facts that did not change stay the object they are."""
        facts = facts_of(row)
        held = self._by_no.get(facts.no)
        if held == facts:
            return held
        self._put(facts)
        return facts

    def _put(self, facts: Facts) -> None:
        with self._turn:
            while len(self._by_no) >= self._most:
                first = next(iter(self._by_no))
                self._by_id.pop(self._by_no.pop(first).id, None)
            self._by_no[facts.no] = self._by_id[facts.id] = facts

    def learn_of(self, change: Update) -> None:
        """Take what an update says of its outlet."""
        if change.info is not None:
            facts = self._by_id.get(change.source)
            if facts is not None and facts.site_url != change.info.site_url:
                self._put(replace(facts, site_url=change.info.site_url))


def ids(connection: Connection) -> list[str]:
    """The ids of all sources that ever were."""
    return list(connection.execute(select(_C.id)).scalars())


def of_group(connection: Connection, group: str) -> list[int]:
    """Numbers of the sources of a group."""
    return list(connection.execute(select(_C.no).where(_C.grp == group)).scalars())


def of_language(connection: Connection, tag: str) -> list[int]:
    """Numbers of the sources in a language; ``zh`` has those in ``zh-Hans``, too."""
    spoken, wanted = func.lower(_C.language), tag.lower()
    matching = or_(spoken == wanted, spoken.startswith(f"{wanted}-", autoescape=True))
    return list(connection.execute(select(_C.no).where(matching)).scalars())


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
    _hosts(connection, database, {host_of(source.url) for source in configured})
    wanted = {source.id: source for source in configured}
    repace = frozenset(repaced)
    changed: list[tuple[int, dict[str, Any]]] = []
    gone: list[int] = []
    for row in connection.execute(_HELD):
        source = wanted.pop(row.id, None)
        if source is not None:
            at = now + timedelta(seconds=roll() * len(repace) / rate) if row.id in repace else None
            values = _changes(row, source, micros(now), micros(at))
            if row.patterns != values["patterns"]:
                values |= {"boilerplate_version": row.boilerplate_version + 1}
            if any(getattr(row, name) != value for name, value in values.items()):
                changed.append((row.no, values))
        elif not row.removed:
            gone.append(row.no)
    _add(connection, list(wanted.values()), now, roll, rate)
    for no, values in sorted(changed, key=itemgetter(0)):  # locked in one order everywhere
        if "boilerplate_version" in values:
            passages.tell(connection, no)
        connection.execute(update(sources).where(_C.no == no).values(values))
    if gone:
        connection.execute(
            update(sources).where(among(_C.no, "numbers")).values(removed=True), {"numbers": gone}
        )


_HELD = select(
    _C.no, _C.id, _C.configured_url, _C.url, _C.host, _C.title, _C.grp, _C.language, _C.authority, _C.agency,
    _C.paywall, _C.fold_scope, _C.fold_threshold, _C.patterns, _C.paused, _C.paused_until, _C.removed,
    _C.lease_owner, _C.next_due, _C.next_reason, _C.not_before, _C.failures, _C.last_polled,
    _C.boilerplate_version, _C.etag, _C.last_modified, _C.body_sha256, _C.moved_to, _C.moved_seen, _C.gone,
    _C.error, _C.error_kind, _C.http_status,
).execution_options(yield_per=ROWS)  # fmt: skip


def _changes(row: Any, source: Source, now: int, repaced: int | None) -> dict[str, Any]:
    """What the configuration says of a known source. ``repaced``: its new interval acts from then on."""
    values = _configured(source)
    if row.configured_url != source.url:
        values |= (
            _address(source.url)
            | _NO_VALIDATORS
            | {"next_due": now, "next_reason": "new address"}
            | _revoked(row.lease_owner)
        )
    elif row.removed or (row.paused and not source.paused):
        values |= {"next_due": min(row.next_due, now), "gone": False}
    elif repaced is not None:
        values |= _repaced(row, source, repaced)
    return values


def _add(
    connection: Connection, new: Sequence[Source], now: datetime, roll: Callable[[], float], rate: float
) -> None:
    """Write new sources down, `ROWS` at a time."""
    waits = iter(first_polls(len(new), roll, rate))
    for batch in batched(new, ROWS):
        rows = [
            _configured(source)
            | _address(source.url)
            | {"next_due": micros(now + next(waits)), "next_reason": "new", "added": micros(now)}
            for source in batch
        ]
        connection.execute(insert(sources), rows)


def batched(items: Sequence[Source], count: int) -> Iterator[Sequence[Source]]:
    """Parts of so many items, in order."""
    return (items[at : at + count] for at in range(0, len(items), count))


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
