"""What `place` asks of whoever holds the articles: a store, or `memory.Memory` for archives and tests.

Each question is asked once a batch, with everything that the batch needs, so that a database answers in one
statement. None of the answers needs an order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from aggregator.model import Held, Tie


@dataclass(frozen=True, slots=True)
class Constraint:
    """A person's correction: the two articles are (``together``) or are not of one story."""

    a: int
    b: int
    together: bool


class Neighbourhood(Protocol):
    """The articles that are already placed (every `Held` in an answer has its ``story``)."""

    def same_url(self, url_keys: Collection[str]) -> Sequence[Held]:
        """Articles with one of these canonical addresses, however old."""

    def same_text(self, text_sha256s: Collection[bytes]) -> Sequence[Held]:
        """Articles with one of these (non-empty) text hashes, however old; the oldest of a text is enough."""

    def candidates(
        self, arrivals: Sequence[Held], horizon: timedelta, hot_keys: int
    ) -> Mapping[int, Sequence[Held]]:
        """For each arrival's id: the articles that share a key with it and are of the same recipe.

        Only articles whose effective time is within ``horizon`` of the arrival's, before or after. A key
        that more than ``hot_keys`` of these articles have makes no candidates. Articles that `screen.alike`
        rules out may be left out.
        """

    def members(self, stories: Collection[int]) -> Mapping[int, Sequence[Held]]:
        """All articles of each of these stories; exactly one of a story is canonical."""

    def constraints(self, articles: Collection[int]) -> Sequence[Constraint]:
        """The corrections that name at least one of these articles."""

    def ties(self, articles: Collection[int]) -> Sequence[Tie]:
        """The decided pairs that are kept of these articles, whatever is at the other end; one of a pair is
        enough where both its ends are asked for."""

    def by_ids(self, ids: Collection[int]) -> Sequence[Held]:
        """These articles, by their ids."""
