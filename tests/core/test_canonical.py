"""Who is credited with a story, whose text it shows, whose address it links; and that none flips back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.canonical import MUCH_LONGER, choose_canonical, choose_link, choose_text
from aggregator.dedup.rules import CANONICAL_POLICY, CanonicalStep, Rules
from aggregator.model import Fingerprint, Held

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def held(number: int, source: str, hours: float = 0.0, tokens: int = 300, **more: Any) -> Held:
    """An article whose text is nobody else's."""
    text = more.pop("text", number)
    made = Fingerprint("r", (), b"", b"", b"%d" % text if text else b"", tokens)
    more = {"url_key": f"{source}.example/{number}"} | more
    return Held(number, source, "g", "T", NOON + timedelta(hours=hours), made, guid=str(number), **more)


def test_the_newest_version_of_the_chosen_outlet_speaks():
    """An outlet is credited for its first article and speaks with its last; another's is nothing to it."""
    first, copy = held(1, "a"), held(2, "b", 1)
    revised, revised_copy = held(3, "a", 2), held(4, "b", 3)
    assert choose_canonical([first, copy], CANONICAL_POLICY, 1) == 1
    assert choose_canonical([first, copy, revised], CANONICAL_POLICY, 1) == 3
    assert choose_canonical([first, copy, revised_copy], CANONICAL_POLICY, 1) == 1
    assert choose_canonical([revised_copy, revised, copy, first], CANONICAL_POLICY, 3) == 3


@pytest.mark.parametrize(
    ("later", "speaks"),
    [
        ({"tokens": 320}, 2),
        ({"tokens": 160}, 2),
        ({"tokens": 140}, 1),  # a cut
        ({"text": 1}, 1),  # the same text again
        ({"text": 0, "tokens": 12}, 1),  # little more than a title
    ],
)
def test_what_is_a_version(later: dict[str, Any], speaks: int):
    """A cut, a title and the same text printed again leave the word to the earlier article."""
    assert choose_canonical([held(1, "a"), held(2, "a", 1, **later)], CANONICAL_POLICY, 1) == speaks


def test_text_and_link_are_chosen_apart_from_the_credit():
    """A long text by a small outlet, an early link; the credit is the authority's."""
    big = held(1, "big", 2, authority=5)
    long, early = held(2, "long", 1, tokens=900), held(3, "early")
    rules = Rules(text_from="longest", link_from="earliest")
    members = [big, long, early]
    assert choose_canonical(members, rules.canonical, None) == 1
    assert (choose_text(members, rules, None), choose_link(members, rules, None)) == (2, 3)
    assert (choose_text(members, Rules(), None), choose_link(members, Rules(), None)) == (1, 1)


def test_a_paywall_gives_neither_text_nor_link_unless_alone():
    """It keeps the credit; what people can read is what they are shown."""
    walled = held(1, "walled", authority=9, paywall=True)
    free = held(2, "free", 1)
    for rules in (Rules(), Rules(text_from="longest", link_from="longest"), Rules(text_from="earliest")):
        assert choose_canonical([walled, free], rules.canonical, 1) == 1
        assert choose_text([walled, free], rules, 1) == choose_link([walled, free], rules, 1) == 2
        assert choose_text([walled], rules, None) == choose_link([walled], rules, None) == 1
        other = replace(held(3, "wall2", 1, authority=1), paywall=True)
        assert choose_text([walled, other], rules, None) == choose_link([walled, other], rules, None) == 1


def test_an_entry_without_an_address_gives_no_link():
    """The next by the policy does; a paywalled address is better than none."""
    bare = held(1, "bare", authority=9, url_key=None)
    assert choose_link([bare, held(2, "b")], Rules(), 1) == 2
    assert choose_link([bare, held(2, "b", paywall=True)], Rules(), 1) == 2
    assert choose_link([bare], Rules(), 1) == 1


steps = st.permutations(["authority", "agency", "earliest", "longest"])
articles = st.lists(
    st.tuples(
        st.integers(0, 5),  # the source
        st.integers(0, 12),  # hours
        st.integers(80, 200),  # tokens
        st.integers(1, 9),  # the text
    ),
    min_size=1,
    max_size=14,
)
SOURCES = [
    {"authority": i % 3, "agency": i == 4, "paywall": i in (1, 5), "source": f"s{i}"} for i in range(6)
]


def members_of(found: list[tuple[int, int, int, int]]) -> list[Held]:
    """Articles in the order in which they arrive."""
    return [
        held(n, hours=hours, tokens=tokens, text=text, **SOURCES[source])  # type: ignore[arg-type]
        for n, (source, hours, tokens, text) in enumerate(found, 1)
    ]


def better(new: list[Held], old: list[Held], policy: list[CanonicalStep]) -> bool:
    """Whether an outlet is better than another, told without the code under test."""
    for step in policy:
        match step:
            case "authority":
                ours, theirs = new[0].authority, old[0].authority
            case "agency":
                ours, theirs = new[0].agency, old[0].agency
            case "earliest":
                first, other = min(h.effective for h in new), min(h.effective for h in old)
                ours, theirs = first < other, other < first
            case _:
                long, other_long = (max(h.fingerprint.tokens for h in each) for each in (new, old))
                ours, theirs = long > MUCH_LONGER * other_long, other_long > MUCH_LONGER * long
        if ours != theirs:
            return ours > theirs
    return False


@given(articles, steps)
@settings(max_examples=100, deadline=None)
def test_the_choice_changes_only_for_a_better_reason(
    found: list[tuple[int, int, int, int]], policy: list[CanonicalStep]
):
    """In any order of arrival, an outlet gives way only to a better one."""
    arrived: list[Held] = []
    current: int | None = None
    for arrival in members_of(found):
        before = next((h.source for h in arrived if h.id == current), None)
        arrived.append(arrival)
        current = choose_canonical(arrived, policy, current)
        now = next(h.source for h in arrived if h.id == current)
        assert now in {before, arrival.source}, "nobody becomes canonical through another's article"
        if before is not None and now != before:
            by = {s: [h for h in arrived if h.source == s] for s in (now, before)}
            assert better(by[now], by[before], policy)


@given(articles, st.sampled_from(["canonical", "longest", "earliest"]))
@settings(max_examples=100, deadline=None)
def test_nothing_flips_back(found: list[tuple[int, int, int, int]], wanted: Any):
    """An outlet that gave way speaks again only after an article of its own improved it."""
    rules = Rules(text_from=wanted, link_from=wanted)
    for choose in (choose_text, choose_link):
        arrived: list[Held] = []
        current: int | None = None
        spoke: dict[str, int] = {}  # articles that an outlet had when it gave way
        last = ""
        for arrival in members_of(found):
            arrived.append(arrival)
            current = choose(arrived, rules, current)
            now = next(h.source for h in arrived if h.id == current)
            if now != last:
                count = sum(h.source == now for h in arrived)
                assert count > spoke.get(now, 0), "it came back with nothing new"
                if last:
                    spoke[last] = sum(h.source == last for h in arrived)
                last = now


@given(articles, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_without_a_history_the_order_is_nothing(found: list[tuple[int, int, int, int]], shuffle: Any):
    """Chosen at once, the same articles give the same answer in any order."""
    members = members_of(found)
    mixed = list(members)
    shuffle.shuffle(mixed)
    assert choose_canonical(members, CANONICAL_POLICY, None) == choose_canonical(
        mixed, CANONICAL_POLICY, None
    )
    assert choose_text(members, Rules(), None) == choose_text(mixed, Rules(), None)
