"""What counts as a source's furniture: what recurs in different texts, in whatever order they came."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup import boilerplate
from aggregator.dedup.boilerplate import Text, count, learn, text, texts

FURNITURE = (901, 902, 903)


def made(passages: Sequence[int], words: Sequence[int], *title: int) -> Text:
    """A text whose title is these words."""
    return text(passages, words, np.array(title, np.uint32))


def own(number: int, *, size: int = 4, glued: Sequence[int] = FURNITURE) -> Text:
    """A text of its own, with the furniture under it; no two numbers share a passage or a title's word."""
    passages = [number * 10 + i + 1 for i in range(size)] + list(glued)
    return made(passages, [30] * size + [6] * len(glued), number * 3, number * 3 + 1, number * 3 + 2)


def counted(kept: Sequence[Text]) -> dict[int, int]:
    """Their passages, counted."""
    return count(texts(kept))


def test_what_is_glued_to_many_texts_is_learnt() -> None:
    """Five texts are enough, four are not, and nothing of the texts themselves is learnt."""
    assert learn(counted([own(n) for n in range(1, 6)]), 5) == set(FURNITURE)
    assert learn(counted([own(n) for n in range(1, 5)]), 4) == frozenset()


def test_two_per_cent_of_a_busy_source() -> None:
    """Where there are many articles, a passage in five of them is not furniture yet; ten of 500 is."""
    many = [own(n, glued=()) for n in range(100, 590)]
    assert learn(counted([*many, *(own(n) for n in range(1, 6))]), 495) == frozenset()
    assert learn(counted([*many, *(own(n) for n in range(1, 11))]), 500) == set(FURNITURE)


def test_reprints_count_once() -> None:
    """A text that a source prints ten times is one text."""
    assert learn(counted([own(1)] * 10), 10) == frozenset()
    assert counted([own(1)] * 10 + [own(2)])[901] == 2


def test_short_texts_under_much_furniture_are_told_apart_by_their_titles() -> None:
    """Briefs that are shorter than what is glued to them still show what is glued."""
    briefs = [own(n, size=1, glued=range(901, 920)) for n in range(1, 9)]
    assert learn(counted(briefs), 8) == set(range(901, 920))


def test_a_wire_paragraph_in_versions_is_text() -> None:
    """What many outlets print is no furniture of one that prints it in seven versions."""
    versions = [made([1, 2, 3, 4, 500 + n], [30] * 5, 70, 71, 72, 80 + n) for n in range(7)]
    others = [own(n) for n in range(10, 30)]
    assert learn(counted(versions + others), 27) == set(FURNITURE)


def test_a_passage_at_the_limit_stays() -> None:
    """What was learnt stays until it recurs in half as many texts as learning asks for."""
    counts = counted([own(n) for n in range(1, 4)])
    assert learn(counts, 3) == frozenset()
    assert learn(counts, 3, before=FURNITURE) == set(FURNITURE)
    assert learn(counted([own(1), own(2)]), 2, before=FURNITURE) == frozenset()


def test_paragraphs_without_words_and_empty_texts_are_nothing() -> None:
    """Zeros are not counted, and a source without texts has no furniture."""
    assert counted([]) == {}
    assert counted([made([], [], 1), made([0, 0], [0, 0], 2)] * 6) == {}
    assert 0 not in counted([made([n, 0, 901], [30, 0, 5], n) for n in range(1, 9)])


@st.composite
def sources(draw: st.DrawFn) -> list[Text]:
    """Texts of few passages, so that they share many, with titles of few words."""
    passage = st.integers(0, 12)
    drawn = draw(st.lists(st.tuples(st.lists(passage, max_size=5), st.lists(st.integers(1, 6), max_size=4)),
                          max_size=14))  # fmt: skip
    return [made(passages, [1 + p % 4 for p in passages], *title) for passages, title in drawn]


@given(sources(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_articles_does_not_matter(kept: list[Text], chance: random.Random) -> None:
    """Any order gives the same counts."""
    shuffled = list(kept)
    chance.shuffle(shuffled)
    assert counted(shuffled) == counted(kept)


@given(
    size=st.integers(4, 12),
    edits=st.lists(st.tuples(st.integers(0, 11), st.booleans()), min_size=10, max_size=10),
    more=st.integers(0, 30),
)
@settings(max_examples=100, deadline=None)
def test_ten_versions_of_one_text_teach_nothing(size: int, edits: list[tuple[int, bool]], more: int) -> None:
    """Whatever paragraph each version rewrites or adds, and whether its title changes, it is one text."""
    versions = []
    for number, (place, retitled) in enumerate(edits):
        passages = list(range(1, size + 1))
        passages[place % size] = 1_000 + number
        title = (50, 51, 52, 53 + number) if retitled else (50, 51, 52)
        versions.append(made(passages, [25] * size, *title))
    kept = versions + [own(n, glued=()) for n in range(20, 20 + more)]
    assert learn(counted(kept), len(kept)) == frozenset()


def test_a_full_window_is_counted_quickly() -> None:
    """Texts with little of their own are bounded by a choice; so is the work that their titles make."""
    kept = [own(n, size=1, glued=range(901, 920)) for n in range(1, boilerplate.RECENT + 1)]
    counts = counted(kept)
    assert counts[901] == boilerplate.FEW_OWN
    assert learn(counts, len(kept)) == set(range(901, 920))
