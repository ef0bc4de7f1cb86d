"""Labelled pairs and archives of ../shared/data, as scripts/fit and scripts/evaluate read them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aggregator.dedup.archive import place_all
from aggregator.dedup.memory import Memory
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held, Tie

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LANGUAGES = ("ar", "en")
POSITIVE = {"copy", "version"}
IGNORED = {"partial", None}
CAP = 25.0  # a pair's weight, as score.py caps it


@dataclass(frozen=True)
class Pair:
    """A labelled pair. ``weight``: how many pairs of the pool it stands for; 0 where it is not counted."""

    a: str
    b: str
    corpus: str
    stratum: str
    label: str | None
    weight: float

    @property
    def one_story(self) -> bool:
        return self.label in POSITIVE


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, compressed or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        for line in file:
            yield json.loads(line)


def pairs(language: str) -> list[Pair]:
    """The labelled pairs of a language."""
    gold = list(lines(DATA / f"{language}.gold.jsonl"))
    strata = Counter((g["corpus"], g["stratum"], g["same_source"]) for g in gold if g["label"] not in IGNORED)
    found = []
    for g in gold:
        share = g["pool"] / max(1, strata[g["corpus"], g["stratum"], g["same_source"]])
        weight = 0.0 if g["label"] in IGNORED else min(CAP, share)
        found.append(Pair(g["a"], g["b"], g["corpus"], g["stratum"], g["label"], weight))
    return found


def archive(language: str, rules: Rules) -> tuple[Memory, dict[str, int]]:
    """Place a language's archive. Returns the memory and the article ids by document id."""
    memory, documents = place_all(lines(DATA / f"{language}.docs.jsonl.gz"), rules, forget=False)
    return memory, {str(document.id): article for article, document in documents.items()}


def arrivals(memory: Memory) -> list[Held]:
    """The articles of a memory as they were before they were placed, in the order of time."""
    return [
        replace(held, id=-number, story=None, canonical=False)
        for number, held in sorted(memory.articles.items())
    ]


def place_again(arrived: Sequence[Held], rules: Rules, batch: int) -> dict[str, int]:
    """Place articles in the order given, so many at a time. Returns their stories by document id (guid)."""
    memory, views = Memory(rules), Views()
    for start in range(0, len(arrived), batch):
        some = arrived[start : start + batch]
        memory.apply(some, place(some, memory, rules, views), views)
    return {held.guid: memory.current(held.story or 0) for held in memory.articles.values()}


class Before:
    """A memory as it looked to an article when it arrived: nothing later is a candidate."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def same_url(self, url_keys: Collection[str]) -> Sequence[Held]:
        return self._memory.same_url(url_keys)

    def same_text(self, text_sha256s: Collection[bytes]) -> Sequence[Held]:
        return self._memory.same_text(text_sha256s)

    def candidates(
        self, arrivals: Sequence[Held], horizon: timedelta, hot_keys: int
    ) -> Mapping[int, Sequence[Held]]:
        near = self._memory.candidates(arrivals, horizon, hot_keys)
        return {
            arrival.id: [
                held
                for held in near[arrival.id]
                if held.id < arrival.id  # ids are in the order of arrival
            ]
            for arrival in arrivals
        }

    def members(self, stories: Collection[int]) -> Mapping[int, Sequence[Held]]:
        return self._memory.members(stories)

    def constraints(self, articles: Collection[int]) -> Sequence[Constraint]:
        return self._memory.constraints(articles)

    def ties(self, articles: Collection[int]) -> Sequence[Tie]:
        return self._memory.ties(articles)

    def by_ids(self, ids: Collection[int]) -> Sequence[Held]:
        return self._memory.by_ids(ids)
