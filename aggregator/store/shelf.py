"""Articles as the detector reads them, kept from one update to the next: most are asked for again and again.

What may change of an article without our doing — its story, whether it speaks for it — is read anew each
time. The rest is taken from here while the hashes of its entry and its text are what they were, and so is the
unpacked text (`Views`) that hangs on it. Bounded; nothing is lost when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.dedup.views import Views
from aggregator.model import Held
from aggregator.store.sketches import Sketches
from aggregator.store.sources import Facts

LIMIT = 4_000  # articles, of about 5 KB
VIEWS = 1_500  # unpacked texts, of about 25 KB with what is worked out of them


@dataclass(frozen=True, slots=True)
class Kept:
    """An article, with what must be as it was for it to be the same."""

    held: Held
    raw_sha256: bytes
    facts: Facts


class Shelf:
    """Two generations stand for the order of use: what is asked for moves to the young one."""

    def __init__(self, limit: int = LIMIT, views: int = VIEWS) -> None:
        self._half = max(1, limit // 2)
        self._views = views
        self.sketches = Sketches()
        self.forget()

    def forget(self) -> None:
        """After a transaction was rolled back: ids that it gave are none."""
        self._young: dict[int, Kept] = {}
        self._old: dict[int, Kept] = {}
        self.views = Views(self._views)
        self.sketches.forget()

    def get(self, article: int, raw_sha256: bytes, text_sha256: bytes, facts: Facts) -> Held | None:
        """The article, when it is here and still the same."""
        kept = self._young.get(article)
        if kept is None:
            kept = self._old.get(article)
            if kept is None:
                return None
            self._put(article, kept)
        if (
            kept.raw_sha256 == raw_sha256
            and kept.held.fingerprint.text_sha256 == text_sha256
            and (kept.facts is facts or kept.facts == facts)
        ):
            return kept.held
        return None

    def put(self, held: Held, raw_sha256: bytes, facts: Facts) -> None:
        """Keep an article. One whose text is too short for a hash of its own cannot be told from another."""
        self.sketches.keep(held)
        if held.fingerprint.text_sha256:
            self._put(held.id, Kept(held, raw_sha256, facts))

    def again(self, held: Held) -> None:
        """Keep an article as it is now, of which only its story or its role in it is another."""
        kept = self._young.get(held.id)  # where `get` has just put it
        if kept is not None:
            self._young[held.id] = Kept(held, kept.raw_sha256, kept.facts)

    def _put(self, article: int, kept: Kept) -> None:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[article] = kept

    def drop(self, articles: Iterable[int]) -> None:
        """Forget articles whose fingerprint was made anew."""
        articles = list(articles)
        self.sketches.drop(articles)
        for article in articles:
            self._young.pop(article, None)
            self._old.pop(article, None)
