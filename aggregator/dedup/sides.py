"""One text of an explanation: the whole article, with the passages that were compared marked in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from aggregator.dedup.fingerprint import Document, analyses
from aggregator.dedup.marks import added, changed
from aggregator.dedup.places import Span, token_places
from aggregator.dedup.signals import View, align
from aggregator.model import Held
from aggregator.text.dateline import dateline
from aggregator.text.glue import is_glue

Kind = Literal["shared", "differs", "left-out", "own"]

SHORTEST = 6  # tokens: a shared passage that is worth marking
SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters ``start``…``end`` of a side's text: ``shared``, ``differs`` or ``left-out``."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What does not count, and why: ``dateline``, ``usual`` (a line known from many pages), ``recurs``.

    ``recurs``: it recurs in this source's articles, or its settings say so.
    """

    text: str
    why: Literal["dateline", "usual", "recurs"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: who published it and when, its whole text, and the passages, which never overlap.

    ``words``: that count. ``own_words``: of these, those that stand in no passage shared with the other.
    """

    article: int
    story: int | None
    source: str
    title: str
    published: datetime
    language: str | None
    text: str
    passages: tuple[Passage, ...]
    left_out: tuple[LeftOut, ...]
    words: int
    own_words: int

    def paragraphs(self) -> list[list[tuple[Kind, str]]]:
        """The text by paragraphs, each as runs of one kind."""
        found: list[list[tuple[Kind, str]]] = [[]]
        at = 0
        for passage in (*self.passages, Passage(len(self.text), len(self.text), "own")):
            for kind, part in (
                ("own", self.text[at : passage.start]),
                (passage.kind, self.text[passage.start : passage.end]),
            ):
                for number, piece in enumerate(part.split(SEPARATOR)):
                    if number:
                        found.append([])
                    if piece:
                        found[-1].append((kind, piece))  # type: ignore[arg-type]
            at = passage.end
        return [paragraph for paragraph in found if paragraph]


@dataclass(frozen=True, slots=True)
class Read:
    """An article's text as it is compared, and where each counted token stands in it."""

    held: Held
    view: View
    text: str
    at: list[tuple[int, int]]
    left_out: tuple[tuple[int, int, LeftOut], ...]

    def words_of(self, where: slice) -> str:
        """The words of these tokens, as the article spells them."""
        if where.start >= where.stop or where.start >= len(self.at):
            return ""
        return self.text[self.at[where.start][0] : self.at[min(where.stop, len(self.at)) - 1][1]]


def read(held: Held, view: View, paragraphs: Sequence[str], left_out: Collection[int]) -> Read:
    """Find the counted tokens in an article's text. ``left_out``: indexes of paragraphs that do not count.

    As exact as blanks part the words; within a run of Thai all tokens have the run's place.
    """
    analysis = analyses([Document(held.title, paragraphs, skip=left_out)])[0]
    silent = set(analysis.left_out)
    stretches: list[Span] = []
    omitted: list[tuple[int, int, LeftOut]] = []
    start = 0
    for index, paragraph in enumerate(paragraphs):
        if index in silent:
            why: Literal["usual", "recurs"] = "usual" if is_glue(paragraph) else "recurs"
            omitted.append((start, start + len(paragraph), LeftOut(paragraph, why)))
        else:
            skipped = 0
            if index == 0 and (found := dateline(paragraph)) is not None:
                skipped = found.length
                omitted.append((start, start + skipped, LeftOut(paragraph[:skipped].strip(), "dateline")))
            stretches.append((start + skipped, start + len(paragraph)))
        start += len(paragraph) + len(SEPARATOR)
    text = SEPARATOR.join(paragraphs)
    places = token_places(text, stretches)
    return Read(held, view, text, places[: len(view.body)], tuple(omitted))


def side(mine: Read, other: Read) -> Side:
    """One side of an explanation, marked against the other."""
    runs = align(other.view, mine.view)
    kinds = np.zeros(len(mine.view.body), np.uint8)
    for start, tokens in zip(runs.second.tolist(), runs.tokens.tolist(), strict=True):
        if tokens >= min(SHORTEST, len(mine.view.body), len(other.view.body)):
            kinds[start : start + tokens] = 1
    for _, there in changed(other.view, mine.view, runs):
        kinds[there] = 2
    return Side(
        article=mine.held.id,
        story=mine.held.story,
        source=mine.held.source,
        title=mine.held.title,
        published=mine.held.effective,
        language=mine.held.language,
        text=mine.text,
        passages=_passages(mine, kinds.tolist()),
        left_out=tuple(omitted for _, _, omitted in mine.left_out),
        words=len(mine.view.body),
        own_words=int(np.count_nonzero(added(other.view, mine.view, runs))),
    )


def differences(a: Read, b: Read) -> tuple[tuple[str, str], ...]:
    """Where a number, a name or a negation of the one stands for another of the other, in their words."""
    found = ((a.words_of(here), b.words_of(there)) for here, there in changed(a.view, b.view))
    return tuple(dict.fromkeys(pair for pair in found if any(pair)))


def _passages(mine: Read, kinds: list[int]) -> tuple[Passage, ...]:
    """Runs of tokens of one kind as runs of characters, with what is left out between them."""
    found = [Passage(start, end, "left-out") for start, end, _ in mine.left_out if end > start]
    names: tuple[Kind, ...] = ("own", "shared", "differs")
    edges = [start for start, _, _ in mine.left_out]
    begin, kind, last = 0, 0, 0
    for now, (start, end) in zip(kinds, mine.at, strict=False):
        crosses = any(last <= edge < start for edge in edges)
        if now != kind or crosses:
            if kind and last > begin:
                found.append(Passage(begin, last, names[kind]))
            begin, kind = start, now
        last = end
    if kind and last > begin:
        found.append(Passage(begin, last, names[kind]))
    found.sort(key=lambda passage: (passage.start, passage.end))
    return _apart(found)


def _apart(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passages without overlaps: a token may share its place with its neighbours (Thai)."""
    kept: list[Passage] = []
    for passage in passages:
        start = max(passage.start, kept[-1].end) if kept else passage.start
        if start < passage.end:
            kept.append(Passage(start, passage.end, passage.kind))
    return tuple(kept)
