"""Several updates in one transaction: each wholly or not at all, whoever shares it."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from made import NO_TOPICS, RULES, poll, prepared, sources, update, words

from aggregator.errors import NotFoundError, StoreError
from aggregator.model import Applied, TimelineSpec
from aggregator.search.indexing import indexed_early
from aggregator.store import polling, search
from aggregator.store.writer import FIRST, MOST, TOGETHER, Writer


def found(store, query):
    """Titles that the full-text index finds."""
    return {story.title for story in store.timeline(TimelineSpec(search=query))}


def test_updates_share_a_transaction(store, clock, monkeypatch):
    """One that fails, even after its rows were written, takes nothing of the others with it, nor its ids."""
    store.sync_sources(sources(4), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "Old tidings", words("a"))])
    left = polling.left

    def failing(connection, database, row, change):
        found = left(connection, database, row, change)
        if change.source == "s1":
            raise ZeroDivisionError
        return found

    monkeypatch.setattr(polling, "left", failing)
    changes = [
        update(clock(), "s2", [prepared("c", "Copied tidings", words("a"))]),
        update(clock(), "s1", [prepared("b", "Lost tidings", words("b"))]),
        replace(update(clock(), "s3", []), source="nobody"),
        # A revision, which takes the text before out of the index, where others' texts must be by then.
        update(clock(), "s0", [prepared("a", "New tidings", words("z") + " " + words("a"))]),
        update(clock(), "s3", [prepared("d", "Fresh tidings", words("d"))]),
    ]
    copied, lost, unknown, revised, fresh = store.arrivals.apply_all(changes, rules=RULES, topics=NO_TOPICS)
    assert isinstance(lost, ZeroDivisionError)
    assert isinstance(unknown, NotFoundError)
    assert (copied.new, copied.copies, revised.updated, fresh.new) == (1, 1, 1, 1)
    assert store.upkeep.stats()["articles"] == 3
    assert found(store, "fresh") == {"Fresh tidings"}
    assert not found(store, "lost")
    assert store.upkeep.integrity() == []
    monkeypatch.undo()
    again = store.arrivals.apply_all([changes[1]], rules=RULES, topics=NO_TOPICS)
    assert isinstance(again[0], Applied)
    assert found(store, "lost") == {"Lost tidings"}


def test_what_ends_the_transaction_is_tried_alone(store, clock, monkeypatch):
    """Where all fail together, each is stored by itself; only the culprit's caller hears of it."""
    store.sync_sources(sources(2), lambda: 0.5)
    changes = [update(clock(), f"s{n}", [prepared("a", f"T{n}", words(n))]) for n in range(2)]
    together = type(store.arrivals)._together

    def failing(self, updates, *more):
        if len(updates) > 1:
            raise StoreError("full")
        return together(self, updates, *more)

    monkeypatch.setattr(type(store.arrivals), "_together", failing)
    assert [one.new for one in store.arrivals.apply_all(changes, rules=RULES, topics=NO_TOPICS)] == [1, 1]
    assert store.upkeep.stats()["articles"] == 2


def test_the_writer_takes_together_what_waits():
    """Changes of one kind that wait share a call, in their order; what is among them is next."""

    async def scene():
        writer, gate, calls = Writer(), threading.Event(), []

        def all_of(items):
            calls.append(items)
            return [ValueError(item) if item == 3 else item * 10 for item in items]

        first = asyncio.ensure_future(writer.run(gate.wait))
        await asyncio.sleep(0.05)
        many = [asyncio.ensure_future(writer.run_together(all_of, n, 1)) for n in range(TOGETHER + 2)]
        await asyncio.sleep(0)
        many[1].cancel()
        between = asyncio.ensure_future(writer.run(lambda: calls.append("between")))
        await asyncio.sleep(0)
        heavy = [asyncio.ensure_future(writer.run_together(all_of, n, 10_000)) for n in (100, 101)]
        await asyncio.sleep(0.05)
        gate.set()
        await asyncio.gather(first, between, *heavy)
        results = await asyncio.gather(*many, return_exceptions=True)
        await writer.stop()
        assert calls == [[0, *range(2, TOGETHER + 1)], [TOGETHER + 1, 100], "between", [101]]
        assert isinstance(results[1], asyncio.CancelledError)
        assert isinstance(results[3], ValueError)
        assert results[4] == 40

    asyncio.run(scene())


def test_the_writer_takes_as_much_together_as_is_soon_done():
    """What is stored quickly goes in large groups, what takes long in small ones: a person waits for it."""

    async def scene():
        writer, gate, calls = Writer(), threading.Event(), []

        def quickly(items):
            calls.append(len(items))
            return items

        def slowly(items):
            time.sleep(0.4 * len(items))
            return quickly(items)

        async def told(fn, count):
            calls.clear()
            gate.clear()
            first = asyncio.ensure_future(writer.run(gate.wait))
            await asyncio.sleep(0.05)
            many = [asyncio.ensure_future(writer.run_together(fn, n, FIRST // 2)) for n in range(count)]
            await asyncio.sleep(0.05)
            gate.set()
            await asyncio.gather(first, *many)
            return list(calls)

        assert await told(slowly, 4) == [2, 1, 1]
        sizes = await told(quickly, 30)
        assert sizes == sorted(sizes[:-1]) + sizes[-1:]
        assert sizes[0] == 1
        assert max(sizes) >= MOST // (FIRST // 2)
        await writer.stop()

    asyncio.run(scene())


@given(st.text(max_size=40), st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_a_worker_makes_the_tokens_that_the_store_would_make(title, text):
    """What is made before an article is stored finds and forgets the same; or it is left to the store."""
    made = indexed_early(title, text)
    assert made in (None, search.tokens(title, text))
    assert made is not None or "\0" in title + text or max(title + text) >= "\ud800"
