"""The texts that `place` is comparing, unpacked once and kept while they are of use."""

from __future__ import annotations

from collections import OrderedDict

from aggregator.dedup.fingerprint import unpack
from aggregator.dedup.signals import View
from aggregator.model import Held


class Views:
    """A bounded cache of views by article. An article whose text changed has another evidence: a new view."""

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, tuple[bytes, View]] = OrderedDict()

    def of(self, held: Held) -> View:
        """Return the view of an article's text."""
        evidence = held.fingerprint.evidence
        kept = self._kept.get(held.id)
        if kept is not None and kept[0] is evidence:
            self._kept.move_to_end(held.id)
            return kept[1]
        view = View(unpack(evidence))
        self._kept[held.id] = evidence, view
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return view

    def rename(self, old: int, new: int) -> None:
        """Keep a view under the id that the article was given when it was stored."""
        if old in self._kept:
            self._kept[new] = self._kept.pop(old)
