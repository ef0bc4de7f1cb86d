"""The texts that `place` is comparing, unpacked once and kept while they are of use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from aggregator.dedup.lately import Lately
from aggregator.dedup.signals import View
from aggregator.model import Held


class _Kept(NamedTuple):
    evidence: bytes
    view: View


class Views:
    """A bounded cache of views by article. An article whose text changed has another evidence: a new view.

    ``weigh``: what the evidence of one counts towards ``limit``; without it each counts 1.
    """

    def __init__(self, limit: int = 8192, weigh: Callable[[bytes], int] | None = None) -> None:
        self._kept: Lately[int, _Kept] = Lately(limit, weigh and partial(_weight, weigh))

    def of(self, held: Held) -> View:
        """Return the view of an article's text."""
        evidence = held.fingerprint.evidence
        kept = self._kept.get(held.id)
        if kept is not None and kept.evidence is evidence:
            return kept.view
        view = View(evidence)
        self._kept.put(held.id, _Kept(evidence, view))
        return view

    def rename(self, old: int, new: int) -> None:
        """Keep a view under the id that the article was given when it was stored."""
        kept = self._kept.drop(old)
        if kept is not None:
            self._kept.put(new, kept)


def _weight(weigh: Callable[[bytes], int], kept: _Kept) -> int:
    return weigh(kept.evidence)
