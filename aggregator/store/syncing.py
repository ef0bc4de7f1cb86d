"""What clients of the sync APIs are served, and what they change.

A client takes a story once, and places it by its origin alone. So a story is entered in `sync_places` before
anyone is served it: when it has settled, with the subscription that it stands under from then on and the time
since when. That time grows with the id, in every view: who asks for what came after a time misses nothing.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.model import Served, StoryView, Stream, StreamSpec, View
from aggregator.store import marking, queries, reading, streams
from aggregator.store.access import Access
from aggregator.store.among import among
from aggregator.store.schema import (
    articles,
    reader_story,
    readers,
    sources,
    stories,
    story_topics,
    sync_places,
    sync_streams,
)
from aggregator.store.values import micros, moment, packed, unpacked

P = sync_places.c
VIEWS: Mapping[str, int] = {"sources": 0, "groups": 1, "topics": 2}
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
            found = _settled(connection, VIEWS[view], micros(now - settle), 1)
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
                    rows = _settled(connection, VIEWS[view], micros(now - settle), BATCH)
                    self._enter(connection, view, settle, topics, rows)
                entered += len(rows)
                if len(rows) < BATCH:
                    self._looked[view] = now
                    return entered

    def _enter(
        self, connection: Connection, view: View, settle: timedelta, topics: Sequence[str], rows: list[Any]
    ) -> None:
        if not rows:
            return
        origins = _origins(connection, view, topics, rows)
        numbers = self._numbers(connection, dict.fromkeys(origins))
        code = VIEWS[view]
        last = connection.execute(
            select(P.at).where(P.view == code).order_by(P.story.desc()).limit(1)
        ).scalar()
        # Never before a time at which somebody was told that there was nothing more.
        at = max(int(last or 0), micros(self._looked[view]) if view in self._looked else 0)
        values = []
        for row, origin in zip(rows, origins, strict=True):
            at = max(at, row.placed + settle // timedelta(microseconds=1))
            values.append({"view": code, "story": row.id, "stream": numbers[origin], "at": at})
        connection.execute(self._database.insert(sync_places).on_conflict_do_nothing(), values)

    def numbers(self, wanted: Sequence[Stream]) -> dict[Stream, int]:
        """Return the numbers of these streams, which never change; those met first get one."""
        found = self.known(wanted)
        if len(found) < len(set(wanted)):
            with self._write() as connection:
                self._database.lock_placing(connection)
                found = self._numbers(connection, wanted)
        return found

    def known(self, wanted: Collection[Stream]) -> dict[Stream, int]:
        """Return the numbers of those of these streams that have one."""
        with self._read() as connection:
            return _known(connection, wanted)

    def _numbers(self, connection: Connection, wanted: Collection[Stream]) -> dict[Stream, int]:
        found = _known(connection, wanted)
        missing = [{"kind": one.kind, "name": one.name} for one in wanted if one not in found]
        if missing:
            insert = self._database.insert(sync_streams).on_conflict_do_nothing()
            for values in missing:
                connection.execute(insert, values)
            found = _known(connection, wanted)
        return found

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
            rows = connection.execute(_TAGGED.where(readers.c.name == reader)).all()
        return sorted({str(tag) for row in rows for tag in unpacked(row.tags)})

    def tagged(self, reader: str, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return the tags of these stories, of those that have some."""
        with self._read() as connection:
            rows = connection.execute(
                _TAGGED.where(readers.c.name == reader, among(reader_story.c.story, "ids")), {"ids": ids}
            ).all()
        return {row.story: tuple(str(tag) for tag in unpacked(row.tags)) for row in rows}

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
            number = marking.number_of(connection, self._database, reader, self._now())
            held = {
                row.story: unpacked(row.tags) for row in connection.execute(
                    select(reader_story.c.story, reader_story.c.tags).where(
                        reader_story.c.reader == number, among(reader_story.c.story, "ids")
                    ), {"ids": known},
                )
            }  # fmt: skip
            changed = {
                story: packed(tag for tag in dict.fromkeys([*held.get(story, ()), *add]) if tag not in remove)
                for story in known
            }
            self._write_tags(connection, number, changed)

    def rename_tag(self, reader: str, old: str, new: str | None) -> int:
        """Call a tag otherwise, or drop it (None); returns how many stories had it."""
        with self._write() as connection:
            number = marking.number_of(connection, self._database, reader, self._now())
            rows = connection.execute(_TAGGED.where(readers.c.name == reader)).all()
            changed = {
                row.story: packed(
                    dict.fromkeys(
                        new if tag == old else tag for tag in unpacked(row.tags) if tag != old or new
                    )
                )
                for row in rows
                if old in unpacked(row.tags)
            }
            self._write_tags(connection, number, changed)
        return len(changed)

    def _write_tags(self, connection: Connection, reader: int, changed: Mapping[int, str]) -> None:
        if not changed:
            return
        insert = self._database.insert(reader_story)
        at = micros(self._now())
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["reader", "story"],
                set_={"tags": insert.excluded.tags, "changed": insert.excluded.changed},
            ),
            [
                {"reader": reader, "story": story, "tags": tags, "changed": at}
                for story, tags in changed.items()
            ],
        )
        connection.execute(queries.BUMP)


_TAGGED = (
    select(reader_story.c.story, reader_story.c.tags)
    .join_from(reader_story, readers, readers.c.no == reader_story.c.reader)
    .where(reader_story.c.tags != "")
)


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


def _settled(connection: Connection, view: int, cut: int, limit: int) -> list[Any]:
    """Stories behind the last one entered, in order, up to the first that was placed after ``cut``."""
    last = connection.execute(select(func.max(P.story)).where(P.view == view)).scalar() or 0
    rows = connection.execute(
        select(stories.c.id, stories.c.placed, stories.c.canonical)
        .where(stories.c.id > last)
        .order_by(stories.c.id)
        .limit(limit)
    ).all()
    return list(_until(rows, cut))


def _until(rows: Sequence[Any], cut: int) -> Iterator[Any]:
    for row in rows:
        if row.placed > cut:
            return
        yield row


def _origins(connection: Connection, view: View, topics: Sequence[str], rows: list[Any]) -> list[Stream]:
    """The subscription of each story as things are now."""
    if view == "topics":
        held: dict[int, set[str]] = defaultdict(set)
        for name, story in connection.execute(
            select(story_topics.c.topic, story_topics.c.story).where(among(story_topics.c.story, "ids")),
            {"ids": [row.id for row in rows]},
        ):
            held[story].add(name)
        firsts = [next((name for name in topics if name in held[row.id]), None) for row in rows]
        return [Stream("rest") if name is None else Stream("topic", name) for name in firsts]
    column = sources.c.id if view == "sources" else sources.c.grp
    of = dict(
        connection.execute(
            select(articles.c.id, column)
            .join_from(articles, sources, sources.c.no == articles.c.source)
            .where(among(articles.c.id, "ids")),
            {"ids": [row.canonical for row in rows]},
        ).all()
    )
    kind = "source" if view == "sources" else "group"
    return [Stream(kind, of.get(row.canonical, "")) for row in rows]  # type: ignore[arg-type]


def _known(connection: Connection, wanted: Collection[Stream]) -> dict[Stream, int]:
    rows = connection.execute(select(sync_streams))
    found = {Stream(row.kind, row.name): int(row.no) for row in rows}
    return {one: found[one] for one in wanted if one in found}
