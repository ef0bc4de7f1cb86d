"""Searches over both databases: one language, results by story."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from made import poll, prepared, sources, words

from aggregator.model import TimelineSpec
from aggregator.search import QueryError, of_topic
from aggregator.store import Store
from aggregator.store.fts5 import OPTIONS
from aggregator.topics import Topic, Topics


@pytest.fixture
def filled(store: Store, clock):
    """Four stories; the first has a copy with a paragraph of its own."""
    store.sync_sources(sources(4, language="en"), lambda: 0.5)
    topics = Topics([Topic("ferry", "Ferry", any=("ferry",))])
    first = words("one")
    for source, title, text, more in (
        ("s0", "Night ferry sails", first, {}),
        ("s1", "Ferry sails at night", first + "\n\nGulls had no say, bakers did.", {}),
        ("s2", "Bridge opens", words("two") + "\n\nThe ferry is not missed.", {"language": "fa"}),
        ("s3", "北河大桥今天通车", words("three"), {"language": "zh-Hans"}),
        ("s0", "항구에서 이란의 배가 떠났다", words("four"), {"language": "ko"}),
    ):
        clock.forward(hours=1)
        poll(store, clock(), source, [prepared(title, title, text, **more)], topics=topics)
    return store


def found(store: Store, query: str) -> list[int]:
    """Ids of the stories that a query finds, the oldest first."""
    return sorted(story.id for story in store.timeline(TimelineSpec(search=query)))


def test_queries(filled: Store):
    """Words in one article, phrases, exclusions by story, headlines, filters, every script."""
    wanted = {
        "ferry": [1, 2],
        "ferry bakers": [1],
        "ferry -bakers": [2],
        '"night ferry"': [1],
        '"ferry night"': [],
        '"night fer*"': [1],
        "title:ferry": [1],
        "title:bridge ferry": [2],
        "title:gulls": [],
        "title:bridge OR gulls": [1, 2],
        "-title:(bridge OR ferry)": [3, 4],
        "大桥": [3],
        "桥大": [],
        "이란": [4],
        "이란의": [4],
        "란의": [4],
        "의": [4],
        "항구 배": [4],
        '"이란의 배"': [4],
        '"항구에서 이란"': [4],
        '"이란 배"': [],
        "이나": [],
        "source:s1": [1],
        "source:s1,s3": [1, 3],
        "group:odd -source:s3": [1],
        "topic:ferry bridge": [2],
        "-topic:ferry": [3, 4],
        "lang:zh": [3],
        "lang:en": [1],
        "lang:fa OR lang:ko": [2, 4],
        "since:90m": [3, 4],
        "until:90m ferry": [1, 2],
        "o'brien's": [],
    }
    assert {query: found(filled, query) for query in wanted} == wanted


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_unknown_sources_are_named(filled: Store):
    """With the nearest."""
    with pytest.raises(QueryError, match="did you mean s1"):
        found(filled, "source:s11")


def test_revised_titles_are_searched(filled: Store, clock):
    """The index of headlines follows a revision, and forgets the old one."""
    poll(
        filled, clock(), "s2", [prepared("Bridge opens", "Causeway opens", words("two", 200), language="fa")]
    )
    assert (found(filled, "title:bridge"), found(filled, "title:causeway")) == ([], [2])


CHANGED = [
    Topic("t", "T", any=("ferry",)),
    Topic("t", "T", all=(("ferry",), ("night", "bakers"))),
    Topic("t", "T", any=("ferry",), none=("bakers",)),
    Topic("t", "T", any=("ferry",), fields=("title",)),
    Topic("t", "T", any=("ferry",), fields=("title", "lead")),
    Topic("t", "T", any=("ferry", "大桥", "이란*"), sources=frozenset({"s0", "s3"})),
    Topic("t", "T", none=("ferry",), groups=frozenset({"odd"})),
    Topic("t", "T", any=("이란", "항구")),
    Topic("t", "T", any=("배가",), none=("이란",)),
]


def test_a_changed_topic_is_tested(filled: Store, clock):
    """What it would gain and lose is what matching every story anew gains and loses."""
    for topic in CHANGED:
        assert of_topic(topic) is not None
        filled.topics.rematch(Topics([Topic("ferry", "Ferry", any=("ferry",))]))
        gains, losses = filled.topics.changes(topic, "ferry", clock() - timedelta(days=9))
        held = {story.id for story in filled.timeline(TimelineSpec(topic="ferry"))}
        filled.topics.rematch(Topics([topic]))
        wanted = {story.id for story in filled.timeline(TimelineSpec(topic="t"))}
        assert ({one.id for one in gains}, {one.id for one in losses}) == (wanted - held, held - wanted)


def test_hangul_is_indexed_anew(filled: Store, open_store, clock):
    """A database whose index has Hangul by words gets syllables, and forgets what it had."""
    with filled.access.database.write(person=True) as connection:
        migrations = Config()
        migrations.set_main_option("script_location", "aggregator:store/migrations")
        migrations.attributes["connection"] = connection
        command.downgrade(migrations, "0016")
    assert (found(filled, "란의"), found(filled, "bakers")) == ([], [1])
    upgraded = open_store()
    assert (found(upgraded, "란의"), found(upgraded, "이란"), found(upgraded, "bakers")) == ([4], [4], [1])
    changed = prepared("항구에서 이란의 배가 떠났다", "배가 떠났다", words("four", 200), language="ko")
    poll(upgraded, clock(), "s0", [changed])
    assert (found(upgraded, "이란"), found(upgraded, "떠났")) == ([], [4])


def test_the_index_of_sqlite_has_our_options(filled: Store):
    """They are set when something is indexed, in databases of before as well, and kept."""
    if filled.access.database.name != "sqlite":
        pytest.skip("of SQLite")
    with filled.access.read() as connection:
        kept = dict(connection.exec_driver_sql("SELECT k, v FROM search_config").tuples().all())
    assert OPTIONS.items() <= kept.items()
