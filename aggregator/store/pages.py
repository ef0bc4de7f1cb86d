"""Pages behind entries: what full text was read, what came to nothing, and the turns at their hosts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from aggregator.model import Page
from aggregator.store.access import Access
from aggregator.store.among import among
from aggregator.store.schema import hosts, pages, sources
from aggregator.store.sources import host_of
from aggregator.store.values import digest64, micros, moment, storable

KEPT = timedelta(days=30)  # a page that is older is forgotten: its article has the text
SAME = "says the same as another page: it asks for consent, or for money"


class Pages:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._database = access.database
        self._read = access.read
        self._write = access.write
        self._now = access.now

    def held(self, source: str, entries: Sequence[tuple[str, bytes]]) -> dict[str, Page]:
        """What is kept for these (guid, raw_sha256) of a source, by guid."""
        keys = {_key(guid, digest) for guid, digest in entries}
        with self._read() as connection:
            rows = connection.execute(
                select(pages)
                .join(sources, sources.c.no == pages.c.source)
                .where(sources.c.id == source, among(pages.c.entry, "keys")),
                {"keys": keys},
            ).all()
        return {row.guid: _page(row) for row in rows}

    def again(self, source: str) -> frozenset[str]:
        """The guids of entries whose pages may be asked for again now."""
        with self._read() as connection:
            found = connection.execute(
                select(pages.c.guid)
                .join(sources, sources.c.no == pages.c.source)
                .where(sources.c.id == source, pages.c.retry_at <= micros(self._now()))
            ).scalars()
            return frozenset(found)

    def keep(self, source: str, page: Page) -> Page:
        """Keep a page. One of another address that says the same as one before is kept without its text."""
        digest = hashlib.sha256(page.text.encode("utf-8", "replace")).digest() if page.text else b""
        with self._write() as connection:
            no = connection.execute(select(sources.c.no).where(sources.c.id == source)).scalar_one_or_none()
            if no is None:
                return page
            if digest and _said_elsewhere(connection, no, digest, page.url):
                page, digest = replace(page, text=None, retry_at=None, error=SAME), b""
            values = {
                "source": no, "entry": _key(page.guid, page.raw_sha256), "guid": storable(page.guid),
                "url": storable(page.url), "raw_sha256": page.raw_sha256, "at": micros(page.at),
                "text": None if page.text is None else storable(page.text), "text_hash": digest64(digest),
                "attempts": page.attempts, "retry_at": micros(page.retry_at), "error": storable(page.error),
            }  # fmt: skip
            statement = self._database.insert(pages)
            changed = {name: statement.excluded[name] for name in values if name not in ("source", "entry")}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["source", "entry"], set_=changed), values
            )
            # What an earlier revision of the entry still waited for is not wanted any more.
            connection.execute(
                update(pages)
                .where(pages.c.source == no, pages.c.guid == values["guid"], pages.c.entry != values["entry"])
                .values(retry_at=None)
            )
        return page

    def turn(self, url: str, gap: timedelta, patience: timedelta) -> datetime | None:
        """Take the next moment at which a host may be asked, over all daemons; None: it is too far off.

        It is the one that polling keeps to: a host's rest, and ``gap`` from one request to the next.
        """
        name, now = host_of(url), self._now()
        with self._write() as connection:
            connection.execute(self._database.insert(hosts).on_conflict_do_nothing(), {"name": name})
            row = connection.execute(select(hosts).where(hosts.c.name == name).with_for_update()).one()
            at = max(micros(now), row.not_before or 0, row.free_from or 0)
            if moment(at) - now > patience:
                return None
            if gap:
                connection.execute(
                    update(hosts).where(hosts.c.name == name).values(free_from=at + micros_of(gap))
                )
            return moment(at)

    def tidy(self) -> int:
        """Forget old pages; how many that were."""
        with self._write() as connection:
            return connection.execute(delete(pages).where(pages.c.at < micros(self._now() - KEPT))).rowcount


def micros_of(duration: timedelta) -> int:
    """A duration in microseconds."""
    return duration // timedelta(microseconds=1)


def _said_elsewhere(connection: Connection, no: int, digest: bytes, url: str) -> bool:
    count = connection.execute(
        select(func.count())
        .select_from(pages)
        .where(pages.c.source == no, pages.c.text_hash == digest64(digest), pages.c.url != storable(url))
    ).scalar_one()
    return bool(count)


def _key(guid: str, raw_sha256: bytes) -> int:
    """Of one revision of an entry."""
    mixed = hashlib.sha256(storable(guid).encode() + b"\0" + raw_sha256).digest()
    return int.from_bytes(mixed[:8], "big", signed=True)


def _page(row: Any) -> Page:
    return Page(
        guid=row.guid, raw_sha256=row.raw_sha256, url=row.url, at=moment(row.at), text=row.text,
        attempts=row.attempts, retry_at=moment(row.retry_at), error=row.error,
    )  # fmt: skip
