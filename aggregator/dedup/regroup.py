"""Which stored story each group of articles is, after they were assembled again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregator.model import Held


@dataclass(frozen=True, slots=True)
class Regrouped:
    """``story``: of each article, negative where it is a new one; ``merged``: stories that have none left."""

    story: dict[int, int]
    merged: dict[int, int]


def regroup(groups: Mapping[int, Sequence[int]], held: Mapping[int, Held], last: int) -> Regrouped:
    """Name groups after the stories that most of their articles come from.

    A stored story goes on as the group that has most of its articles (then: the article that speaks for it,
    then the earlier group); of several stories that go on as one group the oldest survives. ``last``: the
    lowest number given so far to a new story (0: none).
    """
    if len(groups) == 1:
        [members] = groups.values()
        return _whole(members, held, last)
    came: dict[int, Counter[int]] = {}
    speaks: dict[int, int] = {}
    for key, members in groups.items():
        for article in members:
            story = held[article].story
            if story is not None:
                came.setdefault(story, Counter())[key] += 1
                if held[article].canonical:
                    speaks[story] = key
    goes_on = {
        story: max(counts, key=lambda key: (counts[key], speaks.get(story) == key, key))
        for story, counts in came.items()
    }
    names: dict[int, int] = {}
    for story, key in sorted(goes_on.items()):
        names.setdefault(key, story)
    for key in groups:
        if key not in names:
            last = min(last, 0) - 1
            names[key] = last
    return Regrouped(
        story={article: names[key] for key, members in groups.items() for article in members},
        merged={story: names[key] for story, key in goes_on.items() if names[key] != story},
    )


def _whole(members: Sequence[int], held: Mapping[int, Held], last: int) -> Regrouped:
    """The same where all are one group."""
    stories = {story for article in members if (story := held[article].story) is not None}
    name = min(stories, default=min(last, 0) - 1)
    return Regrouped(dict.fromkeys(members, name), {story: name for story in stories if story != name})
