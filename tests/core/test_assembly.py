"""Stories out of decided pairs: the same pairs give the same stories, in whatever order articles arrive."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.archive.documents import Document
from aggregator.dedup.archive.prints import Numbered, fingerprints
from aggregator.dedup.archive.whole import arrange, read_all
from aggregator.dedup.assembly import Assembly, order
from aggregator.dedup.bounds import Bounds
from aggregator.dedup.decide import MODEL, heard, heard_more, judge
from aggregator.dedup.evidence import Evidence, pack
from aggregator.dedup.memory import Memory
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.place import place
from aggregator.dedup.regroup import regroup
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import NAMES, Signals, View
from aggregator.dedup.ties import Ties
from aggregator.dedup.views import Views
from aggregator.model import Fingerprint, Fold, Held, Tie

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NONE = np.zeros(0, np.uint32)
LONG = pack(
    Evidence(NONE, NONE.astype(np.uint8), np.arange(200, dtype=np.uint32), np.zeros(200, np.uint8), NONE)
)


def held(number: int, hours: float, *, story: int | None = None, **more: object) -> Held:
    """An article of two hundred tokens."""
    made = Fingerprint("r", (), b"", LONG, b"%d" % number, 200)
    return Held(
        number,
        f"s{number}",
        "g",
        "",
        NOON + timedelta(hours=hours),
        made,
        story,
        guid=str(number),
        **more,  # type: ignore[arg-type]
    )


def ties_of(pairs: Sequence[tuple[int, int, float]]) -> Ties:
    """Decided pairs by number."""
    made = Ties()
    made.add(Tie(a, b, p, "copy") for a, b, p in pairs)
    return made


def assemble(articles: Sequence[Held], ties: Ties, bounds: Bounds | None = None) -> Assembly:
    """All of them, by time."""
    made = Assembly({each.id: each for each in articles}, ties, bounds or Bounds(Rules()))
    for each in sorted(articles, key=order):
        made.add(each.id)
    return made


def groups(made: Assembly) -> set[frozenset[int]]:
    """The stories as sets of articles."""
    return {frozenset(members) for members in made.members.values()}


def test_an_article_in_a_story_is_what_it_was_else() -> None:
    """Every field is carried over but those that say where it stands."""
    made = held(
        -1, 2.0, url_key="a.example/1", language="ar", authority=3, agency=True, paywall=True, credit="wire",
        fold=Fold("group", 0.9), canonical=True, reason="copy",
    )  # fmt: skip
    default = held(-1, 2.0)
    same = ("id", "source", "group", "title", "effective", "fingerprint", "story", "guid")
    assert all(getattr(made, each.name) != getattr(default, each.name) for each in fields(Held)
               if each.name not in same)  # fmt: skip
    assert made.placed(7, "first", number=5) == replace(made, id=5, story=7, reason="first", canonical=False)
    assert made.placed(7, "first", canonical=True) == replace(made, story=7, reason="first")


def test_most_members_or_the_head_decide() -> None:
    """An article joins by the head alone; by another member alone it does not."""
    three = [held(1, 0), held(2, 1), held(3, 2)]
    by_head = ties_of([(1, 2, 0.9), (1, 3, 0.6)])
    assert groups(assemble(three, by_head)) == {frozenset({1, 2, 3})}
    by_other = ties_of([(1, 2, 0.9), (2, 3, 0.9)])
    assert groups(assemble(three, by_other)) == {frozenset({1, 2}), frozenset({3})}


def test_a_person_outranks_every_pair() -> None:
    """What a person said together is together without a tie, what they said apart stays apart with one."""
    two, strong = [held(1, 0), held(2, 1)], ties_of([(1, 2, 0.99)])
    apart = Bounds(Rules(), [Constraint(1, 2, together=False)])
    assert groups(assemble(two, strong, apart)) == {frozenset({1}), frozenset({2})}
    together = Bounds(Rules(), [Constraint(2, 1, together=True)])
    assert groups(assemble(two, Ties(), together)) == {frozenset({1, 2})}


def test_a_bridge_does_not_merge_what_may_not_be_folded() -> None:
    """Two stories of sources that ask are not merged by a third article that is like both."""
    asking = Fold(scope="ask")
    four = [held(1, 0, fold=asking), held(2, 1, fold=asking), held(3, 2)]
    ties = ties_of([(1, 2, 0.9), (1, 3, 0.9), (2, 3, 0.9)])
    assert groups(assemble(four, ties)) == {frozenset({1}), frozenset({2}), frozenset({3})}


def test_groups_go_on_as_the_stories_of_most_of_their_articles() -> None:
    """A story goes on where most of it went; what it lost is a new one; the oldest of two survives."""
    known = {
        1: held(1, 0, story=10, canonical=True),
        2: held(2, 1, story=10),
        3: held(3, 2, story=10),
        4: held(4, 3, story=11, canonical=True),
        5: held(5, 4),
    }
    found = regroup({-1: [1, 4], -2: [2, 3, 5]}, known, 0)
    assert found.story == {1: 11, 4: 11, 2: 10, 3: 10, 5: 10}
    assert found.merged == {}
    found = regroup({-1: [1, 2, 4], -2: [3]}, known, -4)
    assert found.story == {1: 10, 2: 10, 4: 10, 3: -5}
    assert found.merged == {11: 10}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Held], list[tuple[int, int, float]]]:
    """Up to nine articles at different times, some pairs of them decided."""
    count = draw(st.integers(2, 9))
    hours = draw(st.lists(st.integers(0, 40), min_size=count, max_size=count, unique=True))
    pairs = draw(
        st.lists(st.sampled_from(list(combinations(range(1, count + 1), 2))), max_size=14, unique=True)
    )
    odds = st.sampled_from([0.3, 0.55, 0.8, 0.95])
    return [held(n, h) for n, h in enumerate(hours, 1)], [(a, b, draw(odds)) for a, b in pairs]


@given(worlds())
@settings(max_examples=80, deadline=None)
def test_every_article_is_of_one_story(world: tuple[list[Held], list[tuple[int, int, float]]]) -> None:
    """Whatever the pairs say: each article has one story, and stories partition the articles."""
    articles, pairs = world
    made = assemble(articles, ties_of(pairs))
    members = [member for some in made.members.values() for member in some]
    assert sorted(members) == sorted(each.id for each in articles)
    assert all(made.story[member] == story for story, some in made.members.items() for member in some)


@given(worlds())
@settings(max_examples=60, deadline=None)
def test_adding_the_latest_is_assembling_all(world: tuple[list[Held], list[tuple[int, int, float]]]) -> None:
    """Stories as they are, with the latest article added, are what assembling from the beginning gives."""
    articles, pairs = world
    ties = ties_of(pairs)
    whole = assemble(articles, ties)
    *before, last = sorted(articles, key=order)
    stored = assemble(before, ties)
    added = Assembly({each.id: each for each in articles}, ties, Bounds(Rules()))
    for number, members in enumerate(stored.members.values(), 1):
        added.seed(number, members)
    added.add(last.id)
    assert groups(added) == groups(whole)


def test_what_is_heard_later_is_heard_alike() -> None:
    """A pair is as probable whether a third text was known at once or came late."""
    values = dict.fromkeys(NAMES, 0.3) | {"own": 1.0}
    view = View(Evidence(NONE, NONE.astype(np.uint8), NONE, NONE.astype(np.uint8), NONE))
    first = judge(view, view, Signals(**values), 1.0)
    at_once = heard(first, 0.7)
    late = heard_more(heard(first, 0.2).probability, 0.2, 0.7)
    assert late == pytest.approx(at_once.probability)
    assert at_once.probability < first.probability
    assert MODEL.weights["own"] > 0


def test_what_another_text_says_whole_is_a_form() -> None:
    """Three fillings of one form of which no two swap enough: that all is said elsewhere keeps them apart."""
    two = [held(1, 0), held(2, 1)]
    made = Ties()
    made.add([Tie(1, 2, 0.9, "copy", 40, 0.97)])
    assert groups(assemble(two, made)) == {frozenset({1}), frozenset({2})}
    values = dict.fromkeys(NAMES, 0.9) | {"own": 1.0, "fact_slots": 0.0}
    view = View(Evidence(NONE, NONE.astype(np.uint8), NONE, NONE.astype(np.uint8), NONE))
    assert heard(judge(view, view, Signals(**values), 1.0), 0.97).probability <= 0.2


def _day(count: int) -> list[Held]:
    """Real articles of one day."""
    read = arrange(read_all(archive_lines(), "-"), list[Document](), "-").documents()[:count]
    return [each.held for each in fingerprints([Numbered(-n, each, ()) for n, each in enumerate(read, 1)])]


def archive_lines() -> list[dict[str, str]]:
    """The Arabic articles of 21 July 2015."""
    import gzip
    import json

    with gzip.open(SHARED / "ar.docs.jsonl.gz", "rt", encoding="utf-8") as file:
        return [line for line in map(json.loads, file) if line["published"].startswith("2015-07-21")]


def _together(arrivals: Sequence[Held], batch: int) -> set[frozenset[str]]:
    memory, views = Memory(Rules()), Views()
    for start in range(0, len(arrivals), batch):
        some = arrivals[start : start + batch]
        memory.apply(some, place(some, memory, memory.rules, views), views)
    members: dict[int, list[str]] = defaultdict(list)
    for each in memory.articles.values():
        assert each.story is not None
        members[each.story].append(each.guid)
    return {frozenset(pair) for some in members.values() for pair in combinations(some, 2)}


def _agreement(count: int, orders: int) -> float:
    arrivals = _day(count)
    found = [_together(arrivals, 32)]
    for seed in range(orders):
        shuffled = [replace(each) for each in arrivals]
        random.Random(seed).shuffle(shuffled)
        found.append(_together(shuffled, 32))
    both = sum(len(a & b) for a, b in combinations(found, 2))
    return both / max(1, sum(len(a | b) for a, b in combinations(found, 2)))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not there")
def test_orders_of_real_articles_agree() -> None:
    """Part of a real day, in time order and shuffled: 99.5 % of the pairs together in either agree."""
    assert _agreement(700, 2) >= 0.995


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not there")
def test_ten_orders_of_a_real_day_agree() -> None:
    """The whole day in ten random orders."""
    assert _agreement(10_000, 10) >= 0.995
