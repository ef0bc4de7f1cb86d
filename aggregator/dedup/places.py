"""Where the counted tokens of a text stand in it: what was decided on hashes is shown in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from aggregator.text import tokenise

_CHUNK = re.compile(
    r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)

Span = tuple[int, int]  # characters of a text: from, and up to


def token_places(text: str, stretches: Iterable[Span]) -> list[Span]:
    """The place of each token of these stretches of a text, in their order.

    As exact as blanks part the words; within a run of Thai all tokens have the run's place.
    """
    spans = [match.span() for start, end in stretches for match in _CHUNK.finditer(text, start, end)]
    if not spans:
        return []
    counts = np.diff(tokenise("\n".join([text[start:end] for start, end in spans])).bounds)
    return [span for span, count in zip(spans, counts.tolist(), strict=False) for _ in range(count)]
