"""What people correct: splits and merges, shared by all readers, remembered as constraints, undoable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from aggregator.dedup.canonical import Voices, choose
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Correction, Held
from aggregator.store import article_views, linking, merging, queries, speaking
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
    rules: Rules

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


def split(desk: Desk, article: int, author: str, reason: str) -> int:
    """Take an article out of its story; the new story is unread for everyone.

    Of an article that is alone this answers the questions about it (`linking`): it is not the same. Then its
    story stays what it is. Returns the article's story.
    """
    connection = desk.connection
    story = article_views.story_of(connection, article)
    members = desk.members(story)
    rest = [held for held in members if held.id != article]
    if not rest:
        return _keep_apart(desk, article, story, author, reason)
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
    before = speaking.read(connection, desk.database, [story])[story]
    _speak(desk, story, rest, choose(rest, desk.rules, before), before.text)
    _copy_topics(desk, story, new)
    number = _remember(
        desk, "split", story, new, author, reason,
        {
            "article": article, **before._asdict(), "relation": row.relation, "similarity": row.similarity,
            "reason": row.reason, "marks": row.marks,
        },
    )  # fmt: skip
    _constrain(desk, number, [(article, held.id) for held in rest], together=False)
    return int(new)


def _keep_apart(desk: Desk, article: int, story: int, author: str, reason: str) -> int:
    """Answer "not the same" to every question about an article."""
    asked = {other for other, _ in linking.asked_of(desk.connection, article)}
    if not asked:
        raise UsageError(
            f"article {article} is alone in story {story} and nothing is asked about it: there is nothing to "
            "split"
        )
    for other, members in linking.members(desk.connection, asked).items():
        number = _remember(desk, "apart", story, other, author, reason, {"article": article})
        _constrain(desk, number, [(article, member) for member in members], together=False)
    desk.connection.execute(queries.BUMP)
    return story


def merge(desk: Desk, story_a: int, story_b: int, author: str, reason: str) -> int:
    """Make two stories one; the older id survives."""
    survivor, other = sorted((desk.current(story_a), desk.current(story_b)))
    if survivor == other:
        raise UsageError(f"stories {story_a} and {story_b} are one already")
    ours, theirs = desk.members(survivor), desk.members(other)
    voices = speaking.read(desk.connection, desk.database, [survivor, other])
    mine, yours = voices[survivor], voices[other]
    before = {
        "moved": [held.id for held in theirs],
        **mine._asdict(),
        "other_canonical": yours.canonical,
        "other_text": yours.text,
        "other_link": yours.link,
        "topics": _topics_of(desk, other),
        "own_topics": _topics_of(desk, survivor),
        "redirects": _redirects(desk, other),
    }
    merging.merge(desk.connection, desk.database, survivor, [other], desk.at)
    members = [*ours, *theirs]
    _speak(desk, survivor, members, choose(members, desk.rules, mine), None)
    number = _remember(desk, "merge", survivor, other, author, reason, before)
    _constrain(desk, number, [(mine.text, yours.text)], together=True)
    desk.connection.execute(queries.BUMP)
    return survivor


def answer(desk: Desk, a: int, b: int, author: str, reason: str, *, same: bool) -> int:
    """Take the word of a person on two articles; returns the story that the second is of then.

    ``same``: their stories are merged, or, where they are one already, that is confirmed. Not: the second is
    split off, or, where they are two already, that is confirmed, and not asked again.
    """
    mine, yours = article_views.story_of(desk.connection, a), article_views.story_of(desk.connection, b)
    if same and mine != yours:
        return merge(desk, mine, yours, author, reason)
    if not same and mine == yours:
        return split(desk, b, author, reason)
    others = [b] if same else linking.members(desk.connection, [yours])[yours]
    number = _remember(desk, "same" if same else "apart", mine, yours, author, reason, {"article": a})
    _constrain(desk, number, [(a, other) for other in others], together=same)
    desk.connection.execute(queries.BUMP)
    return yours


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
    match row.kind:
        case "split":
            words = _unsplit(desk, row, before)
        case "merge":
            words = _unmerge(desk, row, before)
        case _:
            words = f"the answer about stories {row.story} and {row.other} is forgotten"
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


def version(connection: Connection) -> tuple[int, int]:
    """Return the last correction, and how many were taken back."""
    last, undone = connection.execute(
        select(func.max(corrections.c.id), func.count(corrections.c.undone))
    ).one()
    return int(last or 0), int(undone)


def _unsplit(desk: Desk, row: Any, before: dict[str, Any]) -> str:
    """Put the article back, with whatever joined its story meanwhile."""
    article = before["article"]
    survivor, other = sorted((desk.current(row.story), desk.current(row.other)))
    if survivor != other:
        current = speaking.read(desk.connection, desk.database, [survivor])[survivor]
        merging.merge(desk.connection, desk.database, survivor, [other], desk.at)
        names = ("relation", "similarity", "reason", "marks")
        desk.connection.execute(
            update(articles).where(articles.c.id == article).values({name: before[name] for name in names})
        )
        members = desk.members(survivor)
        _speak(desk, survivor, members, _voices(before, members, current, desk.rules), current.text)
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
    now = speaking.read(connection, desk.database, [here])[here]
    kept = now.text if now.text not in {held.id for held in rest} else None
    _speak(desk, here, rest, _voices(before, rest, now, desk.rules), kept)
    theirs = {name: before.get(f"other_{name}", before["other_canonical"]) for name in Voices._fields}
    _speak(desk, other, back, _voices(theirs, back, now, desk.rules), None)
    if before["topics"]:
        desk.connection.execute(
            desk.database.insert(story_topics).on_conflict_do_nothing(),
            [{"topic": name, "story": other} for name in before["topics"]],
        )
    return f"stories {row.story} and {other} are two again"


def _voices(before: dict[str, Any], members: Sequence[Held], now: Voices, rules: Rules) -> Voices:
    """Who spoke before a correction, as far as they are still of the story; else who is chosen now."""
    ids = {held.id for held in members}
    chosen = choose(members, rules, now)
    wanted = {name: before.get(name, before["canonical"]) for name in Voices._fields}
    return Voices(*(wanted[name] if wanted[name] in ids else getattr(chosen, name) for name in wanted))


def _speak(desk: Desk, story: int, members: Sequence[Held], voices: Voices, told: int | None) -> None:
    """Write who speaks for a story, and mark its articles against that.

    ``told``: the text that was shown; where another is shown now the story counts as updated for those who
    have read it. None: whatever is shown, nobody need read it again.
    """
    updated = desk.at if told is not None and told != voices.text else None
    speaking.write(desk.connection, story, voices, updated)
    speaking.remark(desk.connection, desk.database, members, voices.text, desk.rules)


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
