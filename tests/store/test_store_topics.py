"""Changed topics over stored stories: what the index leaves out, reading all of them would leave out, too."""

from __future__ import annotations

import itertools

from made import poll, prepared, sources, words
from sqlalchemy import select

from aggregator.store.schema import articles, story_topics
from aggregator.store.topics import Rematching
from aggregator.topics import Topic, Topics

TERMS = ("tehran", "north korea", "이란과", "伊朗", "tankers", "ferry")
CHANGED = Topics(
    [
        Topic("plain", "Plain", any=("tehran", "ferr*")),
        Topic("phrase", "Phrase", all=(("north korea",), ("tanker*",))),
        Topic("title", "Title", any=("tehran",), fields=("title",)),
        Topic("lead", "Lead", any=("ferry",), fields=("title", "lead")),
        Topic("without", "Without", any=("tehran",), none=("tankers",)),
        Topic("nothing", "Nothing but", none=("tehran",)),
        Topic("hangul", "Hangul", any=("이란*",)),
        Topic("han", "Han", any=("伊朗",), groups=frozenset({"odd"})),
        Topic("source", "Source", any=("tehran",), sources=frozenset({"s1"})),
        Topic("unknown", "Unknown source", any=("tehran",), sources=frozenset({"never"})),
    ]
)


def filled(store, clock) -> dict[str, tuple[str, str, str]]:
    """Articles with every pair of terms, one in the title, one at the end; by guid: source, title, text."""
    store.sync_sources(sources(2), lambda: 0.5)
    made = {}
    for n, (first, last) in enumerate(itertools.product(TERMS, TERMS)):
        text = f"{words(n, 180)}\n\nAt the end: {last}."
        made[f"a{n}"] = (f"s{n % 2}", f"Of {first} {n}", text)
        poll(store, clock(), f"s{n % 2}", [prepared(f"a{n}", f"Of {first} {n}", text)])
    return made


def held(store) -> dict[str, set[str]]:
    """The topics of each article's story, by its guid."""
    with store.access.read() as connection:
        guids = dict(connection.execute(select(articles.c.story, articles.c.guid)).all())
        found: dict[str, set[str]] = {guid: set() for guid in guids.values()}
        for topic, story in connection.execute(select(story_topics.c.topic, story_topics.c.story)):
            found[guids[story]].add(topic)
    return found


def test_the_index_leaves_out_only_what_is_of_no_topic(store, clock):
    """After a change each story is of the topics that its text says, and of none that is no more."""
    made = filled(store, clock)
    store.topics.rematch(Topics([Topic("old", "Old", any=("tehran",))]), definition="v1")
    assert any(held(store).values())
    store.topics.rematch(CHANGED, definition="v2")
    groups = {"s0": "even", "s1": "odd"}
    for guid, topics in held(store).items():
        source, title, text = made[guid]
        lead = text if len(text) < 600 else text[:600]
        assert topics == set(CHANGED.match(title, lead, text, groups=(groups[source],), sources=(source,))), (
            guid
        )
    assert store.topics.definition() == "v2"


def test_whoever_stops_in_between_begins_again(store, clock):
    """A few stories a step; the definition is kept at the end alone, so that a stopped daemon starts anew."""
    filled(store, clock)
    rematching = Rematching(Topics([Topic("all", "All", none=("nowhere",))]))
    assert store.topics.match_on(rematching)
    assert 0 < rematching.changed <= 40
    assert store.topics.definition() == ""
