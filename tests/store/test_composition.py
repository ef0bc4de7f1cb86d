"""What a person does through the web's services goes by the rules that the configuration sets."""

from __future__ import annotations

import asyncio

from made import poll, prepared, sources, words

from aggregator.config import load
from aggregator.daemon.composition import Correcting, Reading, services
from aggregator.engine import Engine, engine
from aggregator.publish.shapes import whole_story_shape
from tests.commands import write_config

TEXT = words("wire")
MORE = words("more", 12)  # words: enough to be marked by the rules set here, too few for the usual ones


def added(parts: Engine, story: int) -> list[str]:
    """The passages that the copies of a story add, as the API says them."""
    found = Reading(parts).story(story)
    assert not isinstance(found, int)
    additions = services(parts, "", asyncio.get_running_loop()).additions()
    shape = whole_story_shape(found, additions)
    marks = [mark for one in found.articles for mark in one.marks]
    passages = [one["text"] for each in shape["articles"] for one in each["passages"]]
    assert len(marks) == len(passages)
    return passages


def test_a_question_is_answered_by_the_configured_rules(tmp_path, url, clock):
    """An outlet that asks has its near copy linked as a copy; the answer and each undo mark what it adds."""
    listed = [{"id": one.id, "url": one.url, "fold": {"scope": "ask"}} for one in sources(2)]
    config = write_config(tmp_path, listed, database=url, dedup={"additions": 8})
    settings = load(config, {})
    rules = settings.rules()

    async def work() -> None:
        async with engine(settings, clock, workers=1) as parts:
            store = parts.store
            poll(store, clock(), "s0", [prepared("a", "Wire", TEXT)], rules=rules)
            clock.forward(hours=1)
            poll(store, clock(), "s1", [prepared("b", "Wire", TEXT + "\n\n" + MORE)], rules=rules)
            (question,) = store.corrections.questions()
            here, there = question.here.story, question.there.story
            assert [(one.relation, one.outgoing) for one in store.links(here)] == [("copy", True)]
            assert [(one.relation, one.outgoing) for one in store.links(there)] == [("copy", False)]

            correcting = Correcting(parts)
            story = await asyncio.to_thread(correcting.answer, 2, 1, same=True, author="ann", reason="")
            assert added(parts, story) == [MORE]
            await asyncio.to_thread(correcting.split, 2, author="ann", reason="")
            assert added(parts, story) == []
            await asyncio.to_thread(correcting.undo, author="ann")
            assert added(parts, story) == [MORE]
            await asyncio.to_thread(correcting.undo, author="ann")
            assert [one.here.article for one in store.corrections.questions()] == [2]
            assert store.upkeep.integrity() == []

    asyncio.run(work())
