"""The five steps over an archive: what the daemon gives as well, however the archive is cut."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import dedup_synthetic as synthetic
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.archive import dedup, place_all
from aggregator.dedup.archive.candidates import Keys, Pairs, all_pairs, microseconds, pairs_of
from aggregator.dedup.archive.documents import read
from aggregator.dedup.archive.exact import Text, by_text, preferred
from aggregator.dedup.archive.looking import AtHand, look_at
from aggregator.dedup.archive.prints import Numbered, fingerprints
from aggregator.dedup.rules import Rules
from aggregator.model import Held, Tie


def as_placed(documents: list[dict[str, Any]], rules: Rules) -> list[tuple[object, ...]]:
    """Id, story, canonical, similarity and reason as the daemon would have them."""
    memory, names = place_all(documents, rules)
    return [
        (
            names[number].id,
            names[min(memory.stories[held.story or 0])].id,
            held.canonical,
            round(memory.placements[number].similarity, 3),
            held.reason,
        )
        for number, held in memory.articles.items()
    ]


@pytest.mark.parametrize(
    "documents", [synthetic.day(5, 20), synthetic.look_alikes(3, 40)], ids=["day", "forms"]
)
def test_the_steps_give_what_the_daemon_gives(documents: list[dict[str, Any]]) -> None:
    """Decided step by step or article by article: the same stories, canonical articles and similarities."""
    documents = [*documents, *({**d, "id": f"again-{d['id']}", "source": "again"} for d in documents[::9])]
    urls = [{**d, "url": f"https://news.example/{n // 2}"} for n, d in enumerate(documents)]
    for some in (documents, urls):
        assert [tuple(line.values()) for line in dedup(some)] == as_placed(some, Rules())


@pytest.mark.parametrize("limit", [1, 30_000])
def test_how_much_is_looked_at_at_once_changes_nothing(limit: int) -> None:
    """Article by article, or some together: the same is seen."""
    documents = [read(each, "-") for each in synthetic.day(5, 20)]
    made = [each.held for each in fingerprints([Numbered(n, d, ()) for n, d in enumerate(documents, 1)])]
    keys = [(key, each.id, microseconds(each.effective)) for each in made for key in each.fingerprint.keys]
    pairs = all_pairs([pairs_of(Keys(*np.array(keys).T), Rules())])
    taken: list[int] = []

    def take(number: int) -> Held:
        taken.append(number)
        return made[number - 1]

    at_once = list(look_at(pairs, take, Rules()))
    assert len(at_once) > 20
    assert len(taken) == len(set(taken)), "what is at hand is not taken again"
    assert list(look_at(pairs, take, Rules(), AtHand(limit))) == at_once


rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=0, max_size=40)


@given(rows, st.integers(1, 4), st.integers(1, 12))
def test_candidates_are_who_shares_a_rare_key(rows: list[tuple[int, int]], hot: int, hours: int) -> None:
    """Each pair that shares a key within reach, unless too many earlier articles within reach have it."""
    rows = sorted(rows, key=lambda row: row[1])
    hour = 3_600_000_000
    keys = Keys(
        np.array([key for key, _ in rows], np.int64),
        np.arange(1, len(rows) + 1),
        np.array([time * hour for _, time in rows], np.int64),
    )
    reach = timedelta(hours=hours)
    expected = set()
    for later, (key, time) in enumerate(rows, 1):
        near = [
            earlier
            for earlier, (other, then) in enumerate(rows[: later - 1], 1)
            if other == key and time - then <= hours
        ]
        if len(near) <= hot:
            expected |= {(later, earlier) for earlier in near}
    rules = Rules(horizon=reach, context=reach, hot_keys=hot)
    found = pairs_of(keys, rules)
    assert set(zip(found.later.tolist(), found.earlier.tolist(), strict=True)) == expected
    apart = [pairs_of(keys.where(keys.keys % 2 == part), rules) for part in range(2)]
    together = all_pairs(apart)
    assert list(zip(together.later.tolist(), together.earlier.tolist(), strict=True)) == sorted(expected)


def test_keys_and_pairs_of_nothing() -> None:
    """No articles, no keys, no pairs."""
    none = np.empty(0, np.int64)
    assert len(pairs_of(Keys(none, none, none), Rules()).later) == 0
    assert len(all_pairs([Pairs(none, none)]).later) == 0
    assert dedup([]) == []


def test_an_address_says_more_than_a_text() -> None:
    """The exact tie of an article is by its address where there is one; texts point to their first."""
    texts = [Text(b"x", 4), Text(b"x", 2), Text(b"x", 3), Text(b"y", 1)]
    by_texts = list(by_text(texts))
    assert [(tie.a, tie.b) for tie in by_texts] == [(3, 2), (4, 2)]
    address = Tie(4, 3, 1.0, "same-url")
    assert [(tie.a, tie.b) for tie in preferred([address], by_texts)] == [(3, 2), (4, 3)]


def test_dates_of_columns_count_as_written_ones() -> None:
    """A datetime (from Parquet) is the same as its text; without a zone it is UTC's."""
    day = synthetic.day(2, 6)
    columns = [{**d, "published": datetime.fromisoformat(d["published"])} for d in day]
    naive = [{**d, "published": d["published"].astimezone(UTC).replace(tzinfo=None)} for d in columns]
    assert dedup(day) == dedup(columns) == dedup(naive)


def test_lines_are_shuffled_without_effect() -> None:
    """With addresses, equal texts and boilerplate, in any order."""
    day = [{**d, "url": f"https://news.example/{n % 20}"} for n, d in enumerate(synthetic.day(9, 20))]
    shuffled = day[:]
    random.Random(1).shuffle(shuffled)
    assert dedup(day) == dedup(shuffled)
