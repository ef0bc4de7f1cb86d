"""What the daemon holds against what the demo expects: the partition into stories, in words. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Key = tuple[str, str]  # source, address of the article


def key_of(source: str, url: str | None) -> Key:
    """An article's key; RSS outlets tag their links, the expectation does not."""
    return source, (url or "").removesuffix("?utm_source=rss")


def expected_members(expected: Mapping[str, Any], edition: int) -> dict[Key, str]:
    """The expected story of every article that has appeared by ``edition``."""
    return {
        key_of(member["source"], member["url"]): story["id"]
        for story in expected["stories"]
        for member in story["members"]
        if member["edition"] <= edition
    }


def expected_counts(expected: Mapping[str, Any], edition: int) -> Counter[str]:
    """How many articles of each source have appeared by ``edition``."""
    return Counter(source for source, _ in expected_members(expected, edition))


def found_members(stories: Iterable[Mapping[str, Any]]) -> dict[Key, int]:
    """The story (id) of every article, from stories in the shape of `aggregator stories --json`."""
    return {
        key_of(article["source"], article["url"]): story["id"]
        for story in stories
        for article in story["articles"]
    }


def differences(expected: Mapping[str, Any], stories: Iterable[Mapping[str, Any]], edition: int) -> list[str]:
    """What is missing, unexpected, apart that belongs together, and together that belongs apart."""
    want, have = expected_members(expected, edition), found_members(stories)
    said = [f"missing: {source} {url}" for source, url in sorted(want.keys() - have.keys())]
    said += [f"unexpected: {source} {url}" for source, url in sorted(have.keys() - want.keys())]
    both = want.keys() & have.keys()
    by_want, by_have = defaultdict(set), defaultdict(set)
    for key in both:
        by_want[want[key]].add(have[key])
        by_have[have[key]].add(want[key])
    why = {frozenset((pair["a"], pair["b"])): pair["why"] for pair in expected["apart"]}
    for name, ids in sorted(by_want.items()):
        if len(ids) > 1:
            said.append(f"parted: {name} is {len(ids)} stories, {sorted(ids)}")
    for number, names in sorted(by_have.items()):
        if len(names) > 1:
            reasons = {why[pair] for pair in why if pair <= names}
            said.append(
                f"folded: story {number} holds {', '.join(sorted(names))} {sorted(reasons) or ''}".rstrip()
            )
    return said


def story_ids(
    expected: Mapping[str, Any], stories: Iterable[Mapping[str, Any]], edition: int
) -> dict[str, set[int]]:
    """Expected story → the ids under which the daemon holds its articles."""
    have, ids = found_members(stories), defaultdict(set)
    for key, name in expected_members(expected, edition).items():
        if key in have:
            ids[name].add(have[key])
    return dict(ids)
