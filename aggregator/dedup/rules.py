"""What may be set about the detector, with the evaluated defaults. `dedup:` in the YAML fills it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

CanonicalStep = Literal["authority", "agency", "earliest", "longest"]
From = Literal["canonical", "longest", "earliest"]
CANONICAL_POLICY: tuple[CanonicalStep, ...] = ("authority", "agency", "earliest", "longest")


@dataclass(frozen=True, slots=True)
class Rules:
    """How articles are folded into stories.

    ``threshold``: the probability (0…1) from which two texts count as one; sources and groups may override
    it (`model.Fold`). ``horizon``: how far from a story's first article another may join it, in both
    directions; same address and same text know no horizon. ``context``: how far back the stories are looked
    at that tell a frame (what many stories say alike) from a text; at least the horizon. ``additions``:
    words of its own from which a copy is marked ``adds``. ``hot_keys``: a candidate key that more earlier
    articles than this share makes no candidates. ``canonical``: the steps of `canonical.choose_canonical`,
    the first difference decides. ``text_from``, ``link_from``: whose text a story shows and whose address it
    links, apart from who is credited: by the same policy, the longest text, or the earliest article; in every
    case from no source behind a paywall unless there is no other. ``links``: how many near stories an article
    is linked to at most.
    """

    threshold: float = 0.5
    horizon: timedelta = timedelta(days=7)
    context: timedelta = timedelta(days=7)
    additions: int = 40
    hot_keys: int = 50
    canonical: tuple[CanonicalStep, ...] = CANONICAL_POLICY
    text_from: From = "canonical"
    link_from: From = "canonical"
    links: int = 8
