"""What people correct: splits and merges, shared by all readers, remembered as constraints, undoable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aggregator.dedup.canonical import choose_canonical
from aggregator.dedup.rules import CANONICAL_POLICY, CanonicalStep
from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Correction, Held
from aggregator.store import merging, queries, reading
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.neighbourhood import Placed
from aggregator.store.schema import articles, constraints, corrections, stories, story_topics
from aggregator.store.values import micros, moment, storable


@dataclass(frozen=True, slots=True)
class Desk:
    """What a correction works with, inside its transaction, which holds the placing lock."""

    connection: Connection
    database: Database
    near: Placed
    now: datetime

    @property
    def at(self) -> int:
        """Now, in microseconds."""
        return micros(self.now)

    def current(self, story: int) -> int:
        """Return the story that a story is now. Raises NotFoundError."""
        row = self.connection.execute(select(stories).where(stories.c.id == story)).one_or_none()
        if row is None:
            raise NotFoundError(f"there is no story {story}")
        return story if row.merged_into is None else self.current(row.merged_into)

    def members(self, story: int) -> list[Held]:
        """Return the articles of a story as they are now."""
        fresh = Placed(self.connection, self.database, self.near.book, self.near.recipes)
        return list(fresh.members([story])[story])


def split(desk: Desk, article: int, author: str, reason: str, policy: Sequence[CanonicalStep]) -> int:
    """Take an article out of its story; the new story is unread for everyone."""
    connection = desk.connection
    story = reading.story_of(connection, article)
    members = desk.members(story)
    rest = [held for held in members if held.id != article]
    if not rest:
        raise UsageError(f"article {article} is alone in story {story}: there is nothing to split")
    row = connection.execute(select(articles).where(articles.c.id == article)).one()
    counters = connection.execute(queries.COUNTERS).one()
    new = counters.last_story + 1
    values = (new, article, row.effective, desk.at, desk.at)
    desk.database.bulk_insert(
        connection, stories, ("id", "canonical", "published", "updated", "placed"), [values]
    )
    connection.execute(queries.COUNT_ON, {"the_article": counters.last_article, "the_story": new})
    connection.execute(
        update(articles)
        .where(articles.c.id == article)
        .values(story=new, relation="original", similarity=1.0, reason="corrected", marks="")
    )
    before = next(held.id for held in members if held.canonical)
    if before == article:
        _speak(desk, story, choose_canonical(rest, policy, None), told=True)
    _copy_topics(desk, story, new)
    number = _remember(
        desk, "split", story, new, author, reason,
        {
            "article": article, "canonical": before, "relation": row.relation, "similarity": row.similarity,
            "reason": row.reason, "marks": row.marks,
        },
    )  # fmt: skip
    _constrain(desk, number, [(article, held.id) for held in rest], together=False)
    return int(new)


def merge(
    desk: Desk, story_a: int, story_b: int, author: str, reason: str, policy: Sequence[CanonicalStep]
) -> int:
    """Make two stories one; the older id survives."""
    survivor, other = sorted((desk.current(story_a), desk.current(story_b)))
    if survivor == other:
        raise UsageError(f"stories {story_a} and {story_b} are one already")
    ours, theirs = desk.members(survivor), desk.members(other)
    mine = next(held.id for held in ours if held.canonical)
    yours = next(held.id for held in theirs if held.canonical)
    before = {
        "moved": [held.id for held in theirs],
        "canonical": mine,
        "other_canonical": yours,
        "topics": _topics_of(desk, other),
        "own_topics": _topics_of(desk, survivor),
        "redirects": _redirects(desk, other),
    }
    merging.merge(desk.connection, desk.database, survivor, [other], desk.at)
    best = choose_canonical([*ours, *theirs], policy, mine)
    if best != mine:
        _speak(desk, survivor, best, told=False)
    number = _remember(desk, "merge", survivor, other, author, reason, before)
    _constrain(desk, number, [(mine, yours)], together=True)
    desk.connection.execute(queries.BUMP)
    return survivor


def undo(desk: Desk, author: str, correction: int | None = None) -> str:
    """Take a correction back, the newest that stands unless one is named."""
    statement = (
        select(corrections).where(corrections.c.undone.is_(None)).order_by(corrections.c.id.desc()).limit(1)
    )
    if correction is not None:
        statement = statement.where(corrections.c.id == correction)
    row = desk.connection.execute(statement).one_or_none()
    if row is None and correction is None:
        raise NotFoundError("there is no correction to take back")
    if row is None:
        raise NotFoundError(f"there is no correction {correction} that still stands")
    before = json.loads(row.before)
    words = _unsplit(desk, row, before) if row.kind == "split" else _unmerge(desk, row, before)
    desk.connection.execute(
        update(corrections)
        .where(corrections.c.id == row.id)
        .values(undone=desk.at, undone_by=storable(author))
    )
    desk.connection.execute(queries.BUMP)
    return words


def listed(connection: Connection) -> list[Correction]:
    """Return every correction, the newest first."""
    return [
        Correction(
            row.id, row.kind, row.story, row.other, row.author, moment(row.at), row.reason,
            moment(row.undone), row.undone_by, json.loads(row.before).get("article"),
        )
        for row in connection.execute(select(corrections).order_by(corrections.c.id.desc()))
    ]  # fmt: skip


def _unsplit(desk: Desk, row: Any, before: dict[str, Any]) -> str:
    """Put the article back, with whatever joined its story meanwhile."""
    article = before["article"]
    survivor, other = sorted((desk.current(row.story), desk.current(row.other)))
    if survivor != other:
        current = next(held.id for held in desk.members(survivor) if held.canonical)
        merging.merge(desk.connection, desk.database, survivor, [other], desk.at)
        names = ("relation", "similarity", "reason", "marks")
        desk.connection.execute(
            update(articles).where(articles.c.id == article).values({name: before[name] for name in names})
        )
        members = desk.members(survivor)
        wanted = before["canonical"] if any(held.id == before["canonical"] for held in members) else current
        _speak(desk, survivor, wanted, told=wanted != current)
    return f"article {article} is of story {survivor} again"


def _unmerge(desk: Desk, row: Any, before: dict[str, Any]) -> str:
    """Give the younger story its id and its articles back; what joined since stays with the older one."""
    connection, here, other = desk.connection, desk.current(row.story), row.other
    members = desk.members(here)
    back = [held for held in members if held.id in set(before["moved"])]
    rest = [held for held in members if held.id not in set(before["moved"])]
    if not back or not rest:
        return f"stories {row.story} and {other} had changed: nothing was moved"
    connection.execute(update(stories).where(stories.c.id == other).values(merged_into=None))
    connection.execute(
        update(stories).where(among(stories.c.id, "ids")).values(merged_into=other),
        {"ids": before["redirects"]},
    )
    connection.execute(
        update(articles).where(among(articles.c.id, "ids")).values(story=other),
        {"ids": [held.id for held in back]},
    )
    now = next(held.id for held in members if held.canonical)
    _speak(desk, here, _choose(rest, before["canonical"], now), told=now not in {held.id for held in rest})
    _speak(desk, other, _choose(back, before["other_canonical"], now), told=False)
    if before["topics"]:
        desk.connection.execute(
            desk.database.insert(story_topics).on_conflict_do_nothing(),
            [{"topic": name, "story": other} for name in before["topics"]],
        )
    return f"stories {row.story} and {other} are two again"


def _choose(members: Sequence[Held], wanted: int, otherwise: int) -> int:
    ids = {held.id for held in members}
    if wanted in ids:
        return wanted
    return choose_canonical(members, CANONICAL_POLICY, otherwise if otherwise in ids else None)


def _speak(desk: Desk, story: int, canonical: int, *, told: bool) -> None:
    """Make an article canonical. ``told``: the story's text changes with it, for those who have read it."""
    values: dict[str, Any] = {"canonical": canonical}
    if told:
        values["updated"] = desk.at
    desk.connection.execute(update(stories).where(stories.c.id == story).values(values))


def _topics_of(desk: Desk, story: int) -> list[str]:
    return list(
        desk.connection.execute(select(story_topics.c.topic).where(story_topics.c.story == story)).scalars()
    )


def _redirects(desk: Desk, story: int) -> list[int]:
    return list(desk.connection.execute(select(stories.c.id).where(stories.c.merged_into == story)).scalars())


def _copy_topics(desk: Desk, story: int, new: int) -> None:
    """Give a split-off article the topics of its story until the topics are matched anew."""
    if names := _topics_of(desk, story):
        desk.connection.execute(insert(story_topics), [{"topic": name, "story": new} for name in names])


def _remember(
    desk: Desk, kind: str, story: int, other: int, author: str, reason: str, before: dict[str, Any]
) -> int:
    statement = insert(corrections).values(
        kind=kind, story=story, other=other, author=storable(author), reason=storable(reason), at=desk.at,
        before=json.dumps(before),
    )  # fmt: skip
    return int(desk.connection.execute(statement.returning(corrections.c.id)).scalar_one())


def _constrain(desk: Desk, correction: int, pairs: Sequence[tuple[int, int]], *, together: bool) -> None:
    desk.connection.execute(
        insert(constraints),
        [{"correction": correction, "a": a, "b": b, "together": together} for a, b in pairs],
    )
