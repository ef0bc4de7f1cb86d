"""From an article's text to its fingerprint: what the detector stores and decides on.

    title, paragraphs → dateline off → tokens → glued-on lines and learnt passages out → shingles
    → signature, keys, evidence

Articles are read several at a time, as one text, since numpy costs by the call; what one article holds never
changes another's fingerprint. Deterministic across processes and machines: no clock, no chance, no hash seed.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup import minhash
from aggregator.dedup.boilerplate import Text, text
from aggregator.dedup.evidence import Evidence, pack, unpack
from aggregator.dedup.keys import LEAD_TOKENS, TITLE_LEAST, TITLE_WIDTH, lead_keys, text_keys, title_keys
from aggregator.dedup.shingles import WIDTH, distinct, mix32, shingle_hashes
from aggregator.model import Fingerprint
from aggregator.text.dateline import dateline
from aggregator.text.glue import LONGEST_OF_ALL as GLUE
from aggregator.text.glue import is_glue
from aggregator.text.negation import negations
from aggregator.text.tokens import NEGATION, Tokens, run_hashes, tokenise

__all__ = [
    "RECIPE",
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

TEXT_RECIPE: Final = 3  # counts up with every change of tables, tokens, datelines, glue, shingles or keys
RECIPE: Final = f"text{TEXT_RECIPE}-shingle{WIDTH}-{minhash.RECIPE}"

MOST_BODY: Final = 4_000  # tokens of a body that count
MOST_TITLE: Final = 200  # tokens
MOST_CHARACTERS: Final = 60_000  # of title and paragraphs; what follows is not read
TITLE_CHARACTERS: Final = 1_000
SHORT: Final = 12  # tokens; of a shorter body the title is read with it
STANDS_ALONE: Final = 30  # tokens of a body that may be equal to another by itself

_TOGETHER: Final = 60_000  # characters read at a time: what a core's cache holds
_NOTHING: Final = np.empty(0, np.uint32)


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
    """A document on its way: its lines (title first) without dateline."""

    lines: list[str]
    credit: str | None
    document: Document


@dataclass(frozen=True, slots=True)
class _Batch:
    """Documents as one text. ``first``: the line of each title; ``passages``, ``words``: of each line."""

    read: list[_Read]
    tokens: Tokens
    first: list[int]
    passages: list[int]
    words: list[int]

    def texts(self) -> list[Text]:
        """Its documents, as boilerplate is learnt from them."""
        bounds = self.tokens.bounds
        return [
            text(
                self.passages[line + 1 : line + len(read.lines)],
                self.words[line + 1 : line + len(read.lines)],
                self.tokens.hashes[bounds[line] : bounds[line + 1]].astype(np.uint32),
            )
            for line, read in zip(self.first, self.read, strict=True)
        ]


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
    tokens = tokenise("\n".join(read.lines))
    return tuple(_passages(tokens)[1 : len(read.lines)].tolist())


def _batches(documents: Iterable[Document]) -> Iterator[list[_Read]]:
    batch: list[_Read] = []
    size = 0
    for document in documents:
        read = _read(document)
        length = sum(map(len, read.lines))
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
    left = MOST_CHARACTERS
    for index, line in enumerate(lines):
        if "\n" in line or len(line) > left:
            lines[index] = line[:left].replace("\n", " ")
        left -= min(left, len(line))
    return _Read(lines, credit, document)


def _batch(read: list[_Read]) -> _Batch:
    tokens = tokenise("\n".join(["\n".join(each.lines) for each in read]))
    ends = itertools.accumulate(len(each.lines) for each in read)
    return _Batch(
        read=read,
        tokens=tokens,
        first=[end - len(each.lines) for each, end in zip(read, ends, strict=True)],
        passages=_passages(tokens).tolist(),
        words=np.diff(tokens.bounds).tolist(),
    )


def _analyse(batch: _Batch, learnt: Collection[int] = ()) -> list[Analysis]:
    left_out: list[tuple[int, ...]] = []
    silent: list[int] = []  # lines that do not count
    for line, read in zip(batch.first, batch.read, strict=True):
        leave_out, skip = read.document.leave_out, read.document.skip
        found = tuple(
            [
                index
                for index, text in enumerate(read.lines[1:])
                if (passage := batch.passages[line + 1 + index]) in leave_out
                or passage in learnt
                or index in skip
                or (len(text) <= GLUE and is_glue(text))
            ]
        )
        left_out.append(found)
        silent.extend([line + 1 + index for index in found])
    counted = _without(batch.tokens, silent) if silent else batch.tokens
    return [
        Analysis(
            fingerprint=made,
            passages=tuple(batch.passages[line + 1 : line + len(read.lines)]),
            left_out=found,
            credit=read.credit,
            words=tuple(batch.words[line + 1 : line + len(read.lines)]),
        )
        for made, line, read, found in zip(
            _fingerprints(counted, batch.first), batch.first, batch.read, left_out, strict=True
        )
    ]


def _passages(tokens: Tokens) -> NDArray[np.int64]:
    """The hash of each line: int64[p]."""
    starts = tokens.bounds[:-1]
    full = (starts < tokens.bounds[1:]).nonzero()[0]
    made = np.zeros(len(starts), np.int64)
    if full.size:
        made[full] = run_hashes(tokens.hashes, starts[full]).view(np.int64)
    return made


def _without(tokens: Tokens, lines: list[int]) -> Tokens:
    """The tokens of the other lines. Bounds stay those of all lines, the silent ones empty."""
    kept = np.ones(len(tokens.hashes), bool)
    for line in lines:
        kept[tokens.bounds[line] : tokens.bounds[line + 1]] = False
    before = np.zeros(len(kept) + 1, np.intp)
    np.cumsum(kept, out=before[1:])
    return Tokens(tokens.hashes[kept], tokens.flags[kept], before[tokens.bounds])


def _fingerprints(tokens: Tokens, firsts: list[int]) -> list[Fingerprint]:
    """Fingerprints of the articles whose titles are the lines ``firsts``; their bodies follow them."""
    small = tokens.hashes.astype(np.uint32)
    negating = negations(small)
    if negating:
        tokens.flags[negating] |= np.uint8(NEGATION)
    bounds = tokens.bounds
    starts = bounds[firsts].tolist()
    bodies = bounds[[first + 1 for first in firsts]].tolist()
    spans = list(zip(starts, bodies, [*starts[1:], len(small)], strict=True))
    # Shingles of all at once; those that reach into the next article are never looked at.
    wide, narrow = shingle_hashes(small, WIDTH), shingle_hashes(small, TITLE_WIDTH)
    leads = [
        wide[body : min(end, body + LEAD_TOKENS) - WIDTH + 1] if end - body >= SHORT else _NOTHING
        for _, body, end in spans
    ]
    titles = [
        narrow[start : min(body, start + MOST_TITLE) - TITLE_WIDTH + 1]
        if body - start >= TITLE_LEAST
        else _NOTHING
        for start, body, _ in spans
    ]
    mixed = mix32(wide)
    made: list[Fingerprint] = []
    for (start, body, end), of_lead, of_title in zip(
        spans, lead_keys(leads), title_keys(titles), strict=True
    ):
        title = slice(start, min(body, start + MOST_TITLE))
        rest = slice(body, min(end, body + MOST_BODY))
        length = rest.stop - rest.start
        shingles = (
            wide[body : rest.stop - WIDTH + 1] if length >= WIDTH else shingle_hashes(small[rest], WIDTH)
        )
        if length < SHORT:
            elements = mix32(shingle_hashes(np.concatenate([small[title], small[rest]]), WIDTH))
        else:
            elements = mixed[body : rest.stop - WIDTH + 1]
        signature = minhash.least(elements)
        evidence = Evidence(
            small[title], tokens.flags[title], small[rest], tokens.flags[rest], distinct(shingles)
        )
        made.append(
            Fingerprint(
                recipe=RECIPE,
                keys=tuple((text_keys(signature) if elements.size else []) + of_lead + of_title),
                signature=minhash.serialise(signature),
                evidence=pack(evidence),
                text_sha256=_whole(tokens.hashes[rest]),
                tokens=title.stop - title.start + length,
            )
        )
    return made


def _whole(body: NDArray[np.uint64]) -> bytes:
    """What equal texts have in common, b"" of a text too short to stand for itself."""
    if len(body) < STANDS_ALONE:
        return b""
    return hashlib.sha256(body.astype("<u8", copy=False).tobytes()).digest()
