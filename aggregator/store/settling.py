"""What a plan makes of stories, before any of it is written: ids, members, who speaks for each."""

from __future__ import annotations

from aggregator.dedup.canonical import choose
from aggregator.model import Plan
from aggregator.store import speaking
from aggregator.store.batch import Batch


def settle(batch: Batch, plan: Plan) -> None:
    """Give ids in the order of the placements; what stories become, before any of it is written."""
    for placement in plan.placements:
        batch.next_article += 1
        batch.ids[placement.article] = batch.next_article
    for story in _planned(plan):
        if story < 0 and story not in batch.new_stories:
            batch.next_story += 1
            batch.new_stories[story] = batch.next_story
    batch.merged = {old: batch.story(now) for old, now in plan.merged.items()}
    _gather(batch, plan)
    for story, members in batch.members.items():
        before = batch.before.get(story)
        batch.voices[story] = choose(members, batch.rules, before)
    batch.against = {batch.story(story): batch.ids.get(text, text) for story, text in plan.texts.items()}


def _planned(plan: Plan) -> list[int]:
    """The stories that articles come into, in the order in which new ones are numbered."""
    return [placement.story for placement in plan.placements] + [move.story for move in plan.moves]


def _gather(batch: Batch, plan: Plan) -> None:
    """Who is of the stories that the plan touches, once it is carried out."""
    left = {move.article: batch.near.held[move.article].story for move in plan.moves}
    stored = {story for story in left.values() if story is not None} | plan.merged.keys()
    stored |= {batch.story(story) for story in _planned(plan)} | set(batch.merged.values())
    stored -= set(batch.new_stories.values())
    batch.before = speaking.read(batch.connection, batch.database, stored)
    batch.members = {
        story: [] for story in (*sorted(stored - plan.merged.keys()), *batch.new_stories.values())
    }
    for story, members in batch.near.members(stored).items():
        for held in members:
            if held.id not in left:
                now = batch.current(story)
                batch.members[now].append(
                    held if now == story else held.placed(now, held.reason, canonical=held.canonical)
                )
    for move in plan.moves:
        now = batch.story(move.story)
        held = batch.near.held[move.article]
        batch.members[now].append(held.placed(now, move.reason, canonical=held.canonical))
    for placement in plan.placements:
        now, number = batch.story(placement.story), batch.ids[placement.article]
        arrival = batch.near.held[placement.article].placed(now, placement.reason, number=number)
        batch.placed[number] = arrival
        batch.story_of[number] = now
        batch.members[now].append(arrival)
