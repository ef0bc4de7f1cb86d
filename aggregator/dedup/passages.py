"""Where a folded copy adds to the text that is shown, or says something else: the passages, to be read.

The marks ``adds`` and ``differs`` are decided on token hashes when an article is placed (`marks`). For people
they are found again in the two texts, by the same rules: a mark without its passage is only an alarm.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aggregator.dedup.fingerprint import Document, analyses
from aggregator.dedup.marks import added, changed
from aggregator.dedup.places import Span, token_places
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import View, align

WORTH = 4  # words: a shorter addition is shown only where there is no longer one


@dataclass(frozen=True, slots=True)
class MarkedPassage:
    """What a copy adds, or says differently.

    ``start``, ``end``: characters of the copy's text (``copy_text[start:end] == text``); equal where the copy
    left something out. ``instead``: what the canonical text says there, with its place ``instead_start``,
    ``instead_end`` in that text; empty for what is added.
    """

    kind: Literal["adds", "differs"]
    start: int
    end: int
    text: str
    words: int  # tokens of the passage in the copy
    instead: str = ""
    instead_start: int = 0
    instead_end: int = 0


def passages(
    canonical_title: str,
    canonical_text: str,
    copy_title: str,
    copy_text: str,
    *,
    additions: int = Rules().additions,
    canonical_left_out: Collection[int] = (),
    copy_left_out: Collection[int] = (),
) -> tuple[MarkedPassage, ...]:
    """The marked passages of a copy, in the order of its text.

    The texts are those of `ArticleView.text`: paragraphs parted by blank lines. ``…_left_out``: indexes of
    the paragraphs that are boilerplate (`ArticleView.boilerplate`). ``additions``: as `Rules.additions`:
    nothing is marked as added unless all additions together have as many words.
    """
    here, where = _read(canonical_title, canonical_text, canonical_left_out)
    there, places = _read(copy_title, copy_text, copy_left_out)
    runs = align(here, there)
    found: list[MarkedPassage] = []
    own = added(here, there, runs)
    if np.count_nonzero(own) >= additions:
        stretches = _stretches(own)
        worth = [each for each in stretches if each[1] - each[0] >= WORTH] or stretches
        for first, last in worth:
            start, end = _span(places, first, last)
            found.append(MarkedPassage("adds", start, end, copy_text[start:end], last - first))
    for ours, theirs in changed(here, there, runs):
        start, end = _span(places, theirs.start, theirs.stop)
        first, last = _span(where, ours.start, ours.stop)
        said, instead = copy_text[start:end], canonical_text[first:last]
        words = theirs.stop - theirs.start
        found.append(MarkedPassage("differs", start, end, said, words, instead, first, last))
    return tuple(sorted(found, key=lambda passage: (passage.start, passage.end, passage.kind)))


def positions(text: str, tokens: int, left_out: Collection[int] = ()) -> list[Span]:
    """Where each counted token stands in a text: at most ``tokens`` spans, of its last tokens.

    What the text has before them is a dateline. ``left_out``: indexes of paragraphs that do not count. As
    exact as blanks part the words; within a run of Thai all tokens have the run's place.
    """
    stretches: list[Span] = []
    at = 0
    for index, paragraph in enumerate(text.split("\n\n")):
        if index not in left_out:
            stretches.append((at, at + len(paragraph)))
        at += len(paragraph) + 2
    return token_places(text, stretches)[-tokens:] if tokens else []


def _read(title: str, text: str, left_out: Collection[int]) -> tuple[View, list[Span]]:
    (analysis,) = analyses([Document(title, text.split("\n\n"), (), left_out)])
    view = View(analysis.fingerprint.evidence)
    return view, positions(text, len(view.body), analysis.left_out)


def _stretches(own: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """The runs of true values as (first, past the last)."""
    edges = np.diff(np.concatenate(([0], own.view(np.int8), [0])))
    return list(zip((edges == 1).nonzero()[0].tolist(), (edges == -1).nonzero()[0].tolist(), strict=True))


def _span(places: list[Span], first: int, last: int) -> Span:
    """Characters of the tokens ``first`` up to ``last``; without any, the place between two words."""
    if not places:
        return 0, 0
    if last <= first:
        end = places[min(first, len(places)) - 1][1] if first else places[0][0]
        return end, end
    first = min(first, len(places) - 1)
    return places[first][0], places[min(last, len(places)) - 1][1]
