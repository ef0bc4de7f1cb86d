"""What a batch changes of stories that are stored: articles that move, who speaks now, marks, topics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update

from aggregator.dedup.canonical import Voices
from aggregator.model import Held, Plan
from aggregator.store import merging, revising, speaking
from aggregator.store.batch import Batch, Poll
from aggregator.store.schema import articles, story_topics

_MOVE = (
    update(articles)
    .where(articles.c.id == bindparam("the_id"))
    .values({name: bindparam(f"the_{name}") for name in ("story", "relation", "similarity", "reason")})
)


def move(batch: Batch, plan: Plan) -> None:
    """Give stored articles their other story, or their other role in it."""
    if not plan.moves:
        return
    from_to = {(batch.near.held[move.article].story, batch.story(move.story)): None for move in plan.moves}
    batch.database.many(
        batch.connection,
        _MOVE,
        [
            {
                "the_id": move.article,
                "the_story": batch.story(move.story),
                "the_relation": move.relation,
                "the_similarity": move.similarity,
                "the_reason": move.reason,
            }
            for move in plan.moves
        ],
    )
    for old, now in from_to:
        if old is not None and old != now:
            merging.copy_topics(batch.connection, batch.database, old, now)


def speak(batch: Batch) -> None:
    """Write who speaks for the stories that exist already; mark anew what was marked against another text.

    A story is updated when its outlet's newer version takes the word, not when another outlet's copy does: a
    copy that joins changes no text.
    """
    spoken: dict[int, Voices] = {}
    values: list[dict[str, Any]] = []
    founded, views = set(batch.new_stories.values()), batch.near.shelf.views
    moved = _moved(batch)
    for story, voices in batch.voices.items():
        members = batch.members[story]
        if story not in founded and voices != (before := batch.before[story]):
            if speaking.retold(members, before.text, voices.text):
                speaking.write(batch.connection, story, voices, batch.at)
            else:
                spoken[story] = voices
        if len(members) > 1:
            stale = {held.id for held in members if held.id in moved or _against(batch, held) != voices.text}
            if stale:
                values += speaking.marked(members, voices.text, batch.rules, stale, views)
    speaking.write_all(batch.connection, batch.database, spoken)
    speaking.write_marks(batch.connection, batch.database, values)


def _moved(batch: Batch) -> set[int]:
    """The stored articles that are of another story now."""
    return {
        held.id
        for members in batch.members.values()
        for held in members
        if held.id in batch.near.held and batch.near.held[held.id].story != held.story
    }


def _against(batch: Batch, held: Held) -> int:
    """The article against which one of a story was marked; itself where it was marked against none."""
    if held.id > batch.counters.last_article:
        return batch.against.get(held.story or 0, held.id)
    before = batch.before.get(held.story or 0)
    return held.id if before is None else before.text


def remark_revised(batch: Batch, revised: list[revising.Revised]) -> None:
    """Mark anew what was rewritten in place, and all that is marked against it."""
    rewritten = {one.article: one.story for one in revised if one.rewritten}
    if not rewritten:
        return
    connection, database = batch.connection, batch.database
    voices = speaking.read(connection, database, set(rewritten.values()))
    for story, members in batch.near.members(set(rewritten.values())).items():
        if len(members) > 1:
            text = voices[story].text
            only = None if text in rewritten else [n for n, of in rewritten.items() if of == story]
            speaking.remark(connection, database, members, text, batch.rules, only, batch.near.shelf.views)


def topics(batch: Batch, revised: Sequence[tuple[Poll, revising.Revised]]) -> None:
    """Write the topics of new and revised articles; a story is of the topics of any of its articles."""
    placed = [(poll, each, batch.story_of[batch.ids[-n]]) for n, (poll, each) in enumerate(batch.new, 1)]
    placed += [(poll, one.prepared, batch.current(one.story)) for poll, one in revised]
    matched = {(name, story) for poll, each, story in placed for name in poll.ready.topics[each.entry.guid]}
    if matched:
        statement = batch.database.insert(story_topics).on_conflict_do_nothing()
        batch.connection.execute(
            statement, [{"topic": name, "story": story} for name, story in sorted(matched)]
        )
