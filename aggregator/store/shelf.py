"""Articles as the detector reads them, kept from one update to the next: most are asked for again and again.

What may change of an article without our doing — its story, whether it speaks for it — is read anew each
time. The rest is taken from here while the hashes of its entry and its text are what they were, and so is the
unpacked text (`Views`) that hangs on it. Bounded; nothing is lost when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from aggregator.dedup.lately import Lately
from aggregator.dedup.views import Views
from aggregator.model import Held
from aggregator.native import kernel
from aggregator.store.sketches import Sketches
from aggregator.store.sources import Facts

LIMIT = 4_000  # articles, of about 3 KB
VIEWS = 1_500 if kernel else 1_100  # unpacked texts, of about 6 KB; of 25 KB where numpy works them out


class Kept(NamedTuple):
    """An article, with what must be as it was for it to be the same."""

    held: Held
    raw_sha256: bytes
    facts: Facts


class Shelf:
    """Articles by id, those that were asked for lately."""

    def __init__(self, limit: int = LIMIT, views: int = VIEWS) -> None:
        self._limit = limit
        self._views = views
        self.sketches = Sketches()
        self.forget()

    def forget(self) -> None:
        """After a transaction was rolled back: ids that it gave are none."""
        self._kept: Lately[int, Kept] = Lately(self._limit)
        self.views = Views(self._views)
        self.sketches.forget()

    def get(self, article: int, raw_sha256: bytes, text_sha256: bytes, facts: Facts) -> Held | None:
        """The article, when it is here and still the same."""
        kept = self._kept.get(article)
        if (
            kept is not None
            and kept.raw_sha256 == raw_sha256
            and kept.held.fingerprint.text_sha256 == text_sha256
            and (kept.facts is facts or kept.facts == facts)
        ):
            return kept.held
        return None

    def put(self, held: Held, raw_sha256: bytes, facts: Facts) -> None:
        """Keep an article. One whose text is too short for a hash of its own cannot be told from another."""
        self.sketches.keep(held)
        if held.fingerprint.text_sha256:
            self._kept.put(held.id, Kept(held, raw_sha256, facts))

    def again(self, held: Held) -> None:
        """Keep an article as it is now, of which only its story or its role in it is another."""
        kept = self._kept.get(held.id)
        if kept is not None:
            self._kept.put(held.id, Kept(held, kept.raw_sha256, kept.facts))

    def drop(self, articles: Iterable[int]) -> None:
        """Forget articles whose fingerprint was made anew."""
        articles = list(articles)
        self.sketches.drop(articles)
        for article in articles:
            self._kept.drop(article)
