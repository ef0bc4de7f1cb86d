"""The texts that `place` is comparing, unpacked once and kept while they are of use."""

from __future__ import annotations

from aggregator.dedup.fingerprint import unpack
from aggregator.dedup.signals import View
from aggregator.model import Held


class Views:
    """A bounded cache of views by article. An article whose text changed has another evidence: a new view.

    Two generations stand for the order of use: what is asked for moves to the young one, and when that holds
    half of ``limit`` it becomes the old one and what was old is forgotten.
    """

    def __init__(self, limit: int = 8192) -> None:
        self._half = max(1, limit // 2)
        self._young: dict[int, tuple[bytes, View]] = {}
        self._old: dict[int, tuple[bytes, View]] = {}

    def of(self, held: Held) -> View:
        """Return the view of an article's text."""
        evidence = held.fingerprint.evidence
        kept = self._young.get(held.id)
        if kept is not None and kept[0] is evidence:
            return kept[1]
        kept = self._old.get(held.id)
        view = kept[1] if kept is not None and kept[0] is evidence else View(unpack(evidence))
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[held.id] = evidence, view
        return view

    def rename(self, old: int, new: int) -> None:
        """Keep a view under the id that the article was given when it was stored."""
        for kept in (self._old, self._young):
            if old in kept:
                kept[new] = kept.pop(old)
