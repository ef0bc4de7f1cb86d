"""The detector in eleven languages: copies found, forms and other reports apart, order without effect."""

from __future__ import annotations

import random

import dedup_synthetic as synthetic
import dedup_tongues as tongues
import pytest

from aggregator.dedup.archive import dedup, place_all
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules

LEAST = {"cut": 0.98, "edited": 0.98, "cut, edited, furnished": 0.95}


@pytest.mark.parametrize("change", ["cut", "edited", "cut, edited, furnished", "marks", "merged"])
def test_copies_are_found_in_every_language(change: str) -> None:
    """Copies under their own headline, short and long: nearly all are found, and nothing else is folded."""
    documents, true = tongues.copies(41, change, 3, retitled=False)
    story = {line["id"]: line["story"] for line in dedup(documents)}
    assert sum(story[a] == story[b] for a, b in true) >= LEAST.get(change, 0.95) * len(true)
    assert len({story[a] for a, _ in true}) == len(true)


def test_forms_are_told_apart_in_every_language() -> None:
    """Of forms filled in with other names and numbers, short or long, at most 2 % are folded."""
    documents = tongues.look_alikes(8, 4)
    stories = {line["story"] for line in dedup(documents)}
    assert 1 - len(stories) / len(documents) <= 0.02


def test_reports_of_one_event_in_other_words_stay_apart() -> None:
    """In every language two reports of the same names, numbers and day in other words are two stories."""
    rng, documents = random.Random(5), []
    for code, tongue in tongues.TONGUES.items():
        names = [tongues.name(rng, tongue) for _ in range(3)]
        numbers = [tongues.number(rng, tongue, spelt=False) for _ in range(4)]
        for _ in range(2):
            _, sentences = tongues.report(rng, tongue, 120)
            for i, words in enumerate(sentences):
                words[1:3] = [names[i % 3], numbers[i % 4]]
            text = tongues.written(sentences, tongue)
            title = tongues.joined([*names, *numbers[:1]], tongue)
            documents.append(synthetic.document(len(documents), f"{code}{len(documents)}", title, text, 5))
    assert len({line["story"] for line in dedup(documents)}) == len(documents)


@pytest.mark.parametrize("seed", range(3))
def test_random_orders_of_arrival_agree(seed: int) -> None:
    """Of the pairs that are together in either of two orders of arrival, 99.5 % are in both."""
    memory, _ = place_all(synthetic.day(seed, 25), Rules(), forget=False)
    arrived = [synthetic.arriving(held) for held in memory.articles.values()]
    found = []
    for order in range(2):
        random.Random(order).shuffle(arrived)
        again = Memory(Rules())
        for start in range(0, len(arrived), 16):
            batch = arrived[start : start + 16]
            again.apply(batch, place(batch, again, again.rules))
        found.append(
            {
                frozenset((again.articles[a].guid, again.articles[b].guid))
                for members in again.stories.values()
                for a in members
                for b in members
                if a < b
            }
        )
    assert len(found[0] & found[1]) >= 0.995 * len(found[0] | found[1])
