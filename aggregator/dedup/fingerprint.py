"""From an article's text to its fingerprint: what the detector stores and decides on.

    title, paragraphs → dateline off → tokens → glued-on lines and learnt passages out → shingles
    → signature, keys, evidence

Articles are read several at a time, as one text, since numpy costs by the call; what one article holds never
changes another's fingerprint. Deterministic across processes and machines: no clock, no chance, no hash seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.boilerplate import MOST_TITLE, MOST_WORDS, Text
from aggregator.dedup.evidence import Evidence, pack, unpack
from aggregator.dedup.prints import MOST_BODY, RECIPE, STANDS_ALONE, fingerprints
from aggregator.model import Fingerprint
from aggregator.native import kernel
from aggregator.text.dateline import dateline
from aggregator.text.glue import LONGEST_OF_ALL as GLUE
from aggregator.text.glue import is_glue
from aggregator.text.tokens import Tokens, run_hashes, tokenise

__all__ = [
    "MOST_BODY",
    "RECIPE",
    "STANDS_ALONE",
    "Analysis",
    "Document",
    "Evidence",
    "analyse",
    "analyses",
    "fingerprint",
    "pack",
    "passages",
    "unpack",
]

MOST_CHARACTERS: Final = 60_000  # of title and paragraphs; what follows is not read
TITLE_CHARACTERS: Final = 1_000

_TOGETHER: Final = 60_000  # characters read at a time: what a core's cache holds


@dataclass(frozen=True, slots=True)
class Document:
    """An article's text.

    ``leave_out``: passages that are its source's boilerplate. ``skip``: indexes of further paragraphs that
    do not count.
    """

    title: str
    paragraphs: Sequence[str]
    leave_out: Collection[int] = ()
    skip: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """A fingerprint and what was seen on the way.

    ``passages``: of each paragraph, a signed 64-bit hash (0: no words). ``left_out``: indexes of the
    paragraphs that do not count. ``credit``: the agency that the dateline names. ``words``: of each
    paragraph, how many it has.
    """

    fingerprint: Fingerprint
    passages: tuple[int, ...]
    left_out: tuple[int, ...]
    credit: str | None
    words: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A document on its way: its lines (title first) without dateline, and the same as one text."""

    lines: list[str]
    text: str
    credit: str | None
    document: Document


@dataclass(frozen=True, slots=True)
class _Batch:
    """Documents as one text. ``first``: the line of each title; ``passages``, ``words``: of each line."""

    read: list[_Read]
    tokens: Tokens
    first: list[int]
    passages: NDArray[np.int64]

    def texts(self) -> list[Text]:
        """Its documents, as boilerplate is learnt from them."""
        passages = self.passages.astype("<i8", copy=False)
        words = np.minimum(np.diff(self.tokens.bounds), MOST_WORDS).astype("<u2")
        hashes, bounds = self.tokens.hashes.astype("<u4"), self.tokens.bounds.tolist()
        made: list[Text] = []
        for line, read in zip(self.first, self.read, strict=True):
            of_text = slice(line + 1, line + len(read.lines))
            of_title = slice(bounds[line], min(bounds[line + 1], bounds[line] + MOST_TITLE))
            made.append(
                Text(passages[of_text].tobytes(), words[of_text].tobytes(), hashes[of_title].tobytes())
            )
        return made


def fingerprint(
    title: str, paragraphs: Sequence[str], *, language: str | None = None, leave_out: Collection[int] = ()
) -> Fingerprint:
    """The fingerprint of one article. ``leave_out``: passages that are its source's boilerplate."""
    return analyse(title, paragraphs, language=language, leave_out=leave_out).fingerprint


def analyse(
    title: str,
    paragraphs: Sequence[str],
    *,
    language: str | None = None,  # noqa: ARG001, every script is read alike; for rules that need it
    leave_out: Collection[int] = (),
) -> Analysis:
    """Fingerprint one article, and say what was left out and who is credited."""
    return analyses([Document(title, paragraphs, leave_out)])[0]


def analyses(
    documents: Iterable[Document], learn: Callable[[Sequence[Text]], Collection[int]] | None = None
) -> list[Analysis]:
    """The same for many articles, in their order; several times faster than one by one.

    ``learn``: is given all the texts before any is fingerprinted, and says what else is left out of them.
    """
    batches = map(_batch, _batches(documents))
    if learn is None:
        return [made for batch in batches for made in _analyse(batch)]
    held = list(batches)
    learnt = learn([each for batch in held for each in batch.texts()])
    return [made for batch in held for made in _analyse(batch, learnt)]


def passages(paragraphs: Sequence[str]) -> tuple[int, ...]:
    """A signed 64-bit hash of each paragraph's words (0: none), the same as ``analyse`` finds."""
    read = _read(Document("", paragraphs))
    tokens = tokenise(read.text)
    return tuple(_passages(tokens)[1 : len(read.lines)].tolist())


def _batches(documents: Iterable[Document]) -> Iterator[list[_Read]]:
    batch: list[_Read] = []
    size = 0
    for document in documents:
        read = _read(document)
        length = len(read.text)
        if batch and size + length > _TOGETHER:
            yield batch
            batch, size = [], 0
        batch.append(read)
        size += length
    if batch:
        yield batch


def _read(document: Document) -> _Read:
    """Lines of a document, one a paragraph whatever it holds, cut to what is read."""
    lines = [document.title[:TITLE_CHARACTERS], *document.paragraphs]
    credit = None
    if len(lines) > 1 and (found := dateline(lines[1])) is not None:
        lines[1] = lines[1][found.length :]
        credit = found.credit
    whole = "\n".join(lines)
    if len(whole) > MOST_CHARACTERS or whole.count("\n") >= len(lines):
        left = MOST_CHARACTERS
        for index, line in enumerate(lines):
            if "\n" in line or len(line) > left:
                lines[index] = line[:left].replace("\n", " ")
            left -= min(left, len(line))
        whole = "\n".join(lines)
    return _Read(lines, whole, credit, document)


def _batch(read: list[_Read]) -> _Batch:
    tokens = tokenise("\n".join([each.text for each in read]))
    ends = itertools.accumulate(len(each.lines) for each in read)
    return _Batch(
        read=read,
        tokens=tokens,
        first=[end - len(each.lines) for each, end in zip(read, ends, strict=True)],
        passages=_passages(tokens),
    )


def _analyse(batch: _Batch, learnt: Collection[int] = ()) -> list[Analysis]:
    passages = batch.passages.tolist()
    words = np.diff(batch.tokens.bounds).tolist()
    left_out: list[tuple[int, ...]] = []
    silent: list[int] = []  # lines that do not count
    for line, read in zip(batch.first, batch.read, strict=True):
        found = _left_out(read, passages[line + 1 : line + len(read.lines)], learnt)
        left_out.append(found)
        silent.extend([line + 1 + index for index in found])
    return [
        Analysis(
            fingerprint=made,
            passages=tuple(passages[line + 1 : line + len(read.lines)]),
            left_out=found,
            credit=read.credit,
            words=tuple(words[line + 1 : line + len(read.lines)]),
        )
        for made, line, read, found in zip(
            fingerprints(batch.tokens, batch.first, silent), batch.first, batch.read, left_out, strict=True
        )
    ]


def _left_out(read: _Read, passages: Sequence[int], learnt: Collection[int]) -> tuple[int, ...]:
    """Indexes of the paragraphs that do not count."""
    leave_out, skip = read.document.leave_out, read.document.skip
    if not (leave_out or learnt or skip):
        lines = iter(read.lines)
        next(lines)  # the title
        return tuple([index for index, line in enumerate(lines) if len(line) <= GLUE and is_glue(line)])
    return tuple(
        [
            index
            for index, (passage, line) in enumerate(zip(passages, read.lines[1:], strict=True))
            if passage in leave_out
            or passage in learnt
            or index in skip
            or (len(line) <= GLUE and is_glue(line))
        ]
    )


def _passages(tokens: Tokens) -> NDArray[np.int64]:
    """The hash of each line: int64[p]."""
    if kernel is not None:
        return np.frombuffer(kernel.line_hashes(tokens.hashes, tokens.bounds), np.int64)
    starts = tokens.bounds[:-1]
    full = (starts < tokens.bounds[1:]).nonzero()[0]
    made = np.zeros(len(starts), np.int64)
    if full.size:
        made[full] = run_hashes(tokens.hashes, starts[full]).view(np.int64)
    return made
