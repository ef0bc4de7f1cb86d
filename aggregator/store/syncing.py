"""What clients of the sync APIs are served, and what they change.

A client takes a story once, and places it by its origin alone. So a story is entered in `sync_places` before
anyone is served it: when it has settled, with the subscription that it stands under from then on and the time
since when. That time grows with the id, in every view: who asks for what came after a time misses nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.model import Served, StoryView, Stream, StreamSpec, View
from aggregator.store import entering, marking, reading, streams, tagging
from aggregator.store.access import Access
from aggregator.store.among import among
from aggregator.store.entering import VIEWS
from aggregator.store.schema import stories, sync_places
from aggregator.store.values import micros, moment

P = sync_places.c
BATCH = 2_000  # stories entered in one transaction


class Sync:
    """The sync side of an open store."""

    def __init__(self, access: Access) -> None:
        self._database = access.database
        self._book = access.book
        self._now = access.now
        self._tag = access.tag
        self._read = access.read
        self._write = partial(access.write, person=True)
        self._looked: dict[View, datetime] = {}
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ entering

    def waiting(self, view: View, settle: timedelta) -> bool:
        """Whether stories have settled that are not entered yet. A quick look, for each request."""
        now = self._now()
        with self._read() as connection:
            found = entering.settled(connection, VIEWS[view], micros(now - settle), 1)
        if not found:
            self._looked[view] = now
        return bool(found)

    def enter(self, view: View, settle: timedelta, topics: Sequence[str]) -> int:
        """Enter every story that has settled; ``topics``: in the YAML's order, the first of a story is its.

        Returns how many those were. In short transactions, each whole.
        """
        entered = 0
        with self._lock:
            while True:
                now = self._now()
                with self._write() as connection:
                    self._database.lock_placing(connection)  # two daemons give one origin, in one order
                    rows = entering.settled(connection, VIEWS[view], micros(now - settle), BATCH)
                    entering.enter(
                        connection, self._database, view, rows, settle, topics, self._looked.get(view)
                    )
                entered += len(rows)
                if len(rows) < BATCH:
                    self._looked[view] = now
                    return entered

    def numbers(self, wanted: Sequence[Stream]) -> dict[Stream, int]:
        """Return the numbers of these streams, which never change; those met first get one."""
        found = self.known(wanted)
        if len(found) < len(set(wanted)):
            with self._write() as connection:
                self._database.lock_placing(connection)
                found = entering.numbers(connection, self._database, wanted)
        return found

    def known(self, wanted: Collection[Stream]) -> dict[Stream, int]:
        """Return the numbers of those of these streams that have one."""
        with self._read() as connection:
            return entering.known(connection, wanted)

    # ------------------------------------------------------------------ reading

    def page(self, view: View, spec: StreamSpec) -> list[Served]:
        """Return a page of a stream."""
        with self._read() as connection:
            rows = connection.execute(streams.page(connection, VIEWS[view], spec)).all()
        return [_served(row) for row in rows]

    def count(self, view: View, spec: StreamSpec) -> int:
        """Count the stories of a stream; ``spec.limit`` is the most that are counted."""
        with self._read() as connection:
            inner = streams.page(connection, VIEWS[view], spec).subquery()
            return int(connection.execute(select(func.count()).select_from(inner)).scalar_one())

    def served(self, view: View, ids: Collection[int]) -> list[Served]:
        """Return those of these stories that are served, in no order. Merged ones are not."""
        with self._read() as connection:
            return _of(connection, VIEWS[view], ids)

    def stories(
        self, view: View, ids: Sequence[int], reader: str, *, content: bool = True
    ) -> list[tuple[Served, StoryView]]:
        """Return these stories, in the order asked for; what is merged or not served is left out."""
        with self._read() as connection:
            served = {one.story: one for one in _of(connection, VIEWS[view], ids)}
            rows = connection.execute(
                select(stories).where(among(stories.c.id, "ids")), {"ids": list(served)}
            ).all()
            views = reading.views(connection, self._book, rows, tag=self._tag, reader=reader, content=content)
        by_id = {one.id: one for one in views}
        return [(served[number], by_id[number]) for number in dict.fromkeys(ids) if number in by_id]

    def unread(self, view: View, reader: str) -> dict[Stream, tuple[int, datetime]]:
        """Count what is unread by stream, with the newest one's time."""
        with self._read() as connection:
            found = streams.unread(connection, VIEWS[view], reader)
        return {stream: (count, moment(at)) for stream, count, at in found}

    def newest(self, view: View) -> datetime | None:
        """Return since when the newest story is served."""
        with self._read() as connection:
            return moment(
                connection.execute(
                    select(P.at).where(P.view == VIEWS[view]).order_by(P.story.desc()).limit(1)
                ).scalar()
            )

    def tags(self, reader: str) -> list[str]:
        """Return the tags that a reader has given."""
        with self._read() as connection:
            given = tagging.given(connection, reader)
        return sorted({tag for tags in given.values() for tag in tags})

    def tagged(self, reader: str, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return the tags of these stories, of those that have some."""
        with self._read() as connection:
            return tagging.given(connection, reader, ids)

    # ------------------------------------------------------------------ changing

    def mark(
        self, reader: str, ids: Collection[int], *, read: bool | None = None, starred: bool | None = None
    ) -> None:
        """Set read and/or starred of stories; merged ones mark the surviving one; unknown ones none."""
        with self._write() as connection:
            known = _known_stories(connection, ids)
            marking.mark(connection, self._database, reader, known, read, starred, self._now())

    def mark_stream(self, view: View, spec: StreamSpec) -> int:
        """Mark what is unread of a stream as read; returns how many stories that were.

        ``spec.until`` bounds it: what the client has not seen yet stays unread.
        """
        if spec == StreamSpec(spec.reader, until=spec.until, limit=spec.limit):
            return self._mark_all(view, spec)
        marked, after = 0, 0
        while True:
            with self._write() as connection:
                found = [
                    row.story for row in connection.execute(
                        streams.page(connection, VIEWS[view], _next(spec, after))
                    )
                ]  # fmt: skip
                marking.mark(connection, self._database, spec.reader, found, True, None, self._now())
            marked += len(found)
            if len(found) < BATCH:
                return marked
            after = found[-1]

    def _mark_all(self, view: View, spec: StreamSpec) -> int:
        """Mark everything: one number, whatever the count. What is not served yet has higher ids."""
        with self._write() as connection:
            counted = streams.page(connection, VIEWS[view], replace(spec, read=False, limit=10**9)).subquery()
            count = int(connection.execute(select(func.count()).select_from(counted)).scalar_one())
            upto = streams.last(connection, VIEWS[view], micros(spec.until or self._now()))
            marking.through(connection, self._database, spec.reader, upto, self._now())
        return count

    def tag(
        self, reader: str, ids: Collection[int], *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> None:
        """Give stories tags, and take some from them."""
        with self._write() as connection:
            known = _known_stories(connection, ids)
            held = tagging.given(connection, reader, known)
            changed = {
                story: [tag for tag in dict.fromkeys([*held.get(story, ()), *add]) if tag not in remove]
                for story in known
            }
            tagging.write(connection, self._database, reader, changed, self._now())

    def rename_tag(self, reader: str, old: str, new: str | None) -> int:
        """Call a tag otherwise, or drop it (None); returns how many stories had it."""
        instead = (new,) if new else ()
        with self._write() as connection:
            changed = {
                story: [name for tag in tags for name in (instead if tag == old else (tag,))]
                for story, tags in tagging.given(connection, reader).items()
                if old in tags
            }
            tagging.write(connection, self._database, reader, changed, self._now())
        return len(changed)


def _next(spec: StreamSpec, after: int) -> StreamSpec:
    return replace(spec, read=False, after=max(after, spec.after or 0), oldest=True, limit=BATCH)


def _served(row: Any) -> Served:
    return Served(int(row.story), int(row.stream), moment(int(row.at)))


def _of(connection: Connection, view: int, ids: Collection[int]) -> list[Served]:
    rows = connection.execute(
        select(P.story, P.stream, P.at)
        .join_from(sync_places, stories, stories.c.id == P.story)
        .where(P.view == view, stories.c.merged_into.is_(None), among(P.story, "ids")),
        {"ids": ids},
    )
    return [_served(row) for row in rows]


def _known_stories(connection: Connection, ids: Collection[int]) -> list[int]:
    """Return the stories that these are now."""
    rows = connection.execute(
        select(stories.c.id, stories.c.merged_into).where(among(stories.c.id, "ids")), {"ids": ids}
    )
    return sorted({int(row.merged_into or row.id) for row in rows})
