"""The texts that `place` is comparing, unpacked once and kept while they are of use."""

from __future__ import annotations

from aggregator.dedup.fingerprint import unpack
from aggregator.dedup.lately import Lately
from aggregator.dedup.signals import View
from aggregator.model import Held


class Views:
    """A bounded cache of views by article. An article whose text changed has another evidence: a new view."""

    def __init__(self, limit: int = 8192) -> None:
        self._kept: Lately[int, tuple[bytes, View]] = Lately(limit)

    def of(self, held: Held) -> View:
        """Return the view of an article's text."""
        evidence = held.fingerprint.evidence
        kept = self._kept.get(held.id)
        if kept is not None and kept[0] is evidence:
            return kept[1]
        view = View(unpack(evidence))
        self._kept.put(held.id, (evidence, view))
        return view

    def rename(self, old: int, new: int) -> None:
        """Keep a view under the id that the article was given when it was stored."""
        kept = self._kept.drop(old)
        if kept is not None:
            self._kept.put(new, kept)
