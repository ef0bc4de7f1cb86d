"""What an article may be to another, and two that may be one text."""

from __future__ import annotations

from typing import Literal, NamedTuple

Relation = Literal["original", "copy", "version", "partial", "related"]
TieKind = Literal["copy", "version", "same-text", "same-url", "same-url-version"]
ALL_SAID = 0.95  # share of what two texts have in common; in another, different text it is a form
TIE_KINDS: tuple[TieKind, ...] = ("copy", "version", "same-text", "same-url", "same-url-version")


class Tie(NamedTuple):
    """Two articles that may be one text, as it was decided when the later of them arrived.

    ``probability``: 0…1, 1.0 for exact steps, which know no horizon. ``shared``: how many shingles they have
    in common; ``said``: the greatest share of these that one other, different text near by had before: that
    is what a text that arrives late may change. The order of the two says nothing.
    """

    a: int
    b: int
    probability: float
    kind: TieKind
    shared: int = 0
    said: float = 0.0

    @property
    def framed(self) -> bool:
        """Whether all that they share is another text's, too: then it tells nothing of these two."""
        return self.said >= ALL_SAID

    @property
    def exact(self) -> bool:
        """Whether address or text say it, whatever the time between."""
        return self.kind not in ("copy", "version")

    @property
    def relation(self) -> Relation:
        """What the later article is to the earlier, if they are one story."""
        return "version" if self.kind in ("version", "same-url-version") else "copy"

    @property
    def reason(self) -> str:
        """The step that decided, as `Placement.reason` names it."""
        return "same-url" if self.kind == "same-url-version" else self.kind
