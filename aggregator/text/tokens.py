"""Words of a text as arrays: hash, flags, paragraph. Every script, one pass of numpy, no Python loop.

A token is a run of letters and digits; each Han or kana character is one; in Thai, Lao, Khmer and Burmese,
which part no words, a token is a grapheme cluster together with the next one (so three tokens in a row are
four clusters). An apostrophe between letters belongs to its word. Numbers are one token: a mark before exactly
three digits groups and is dropped (1,200 = 1.200 = 1 200 = 1200), any other single mark between digits is the
decimal point (3.5 = 3,5).

The hash of a word c0 c1 … is the polynomial VALUE[c0] + VALUE[c1]·M + … modulo 2⁶⁴ with M odd, mixed at the
end. M has an inverse, so all words are summed where they stand (one reduceat over value·M^position) and
shifted back by M^-start: no loop over words, and no cache of words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.text import tables
from aggregator.text.tables import (
    AFTER,
    BEFORE,
    CLASS,
    DIGIT,
    KIND,
    NEWLINE,
    SPECIAL,
    TERMINATOR,
    UPPER,
    VALUE,
    WORD,
)

NUMBER: Final = 1  # contains a digit
CAPITALISED: Final = 2  # its first character is upper or title case
PARAGRAPH: Final = 4  # starts a paragraph
SENTENCE: Final = 8  # starts a sentence (always with PARAGRAPH)
LONG: Final = 16  # five letters or more: stands in for "content word" in scripts without case
NEGATION: Final = 32  # set by aggregator.text.negation

MAX_CHARACTERS: Final = 60_000  # of a text; what follows is not read
LONG_LETTERS: Final = 5
ABBREVIATION: Final = 2  # a full stop after so few letters ends no sentence (U.S., Mr.)

_MULTIPLIER: Final = 0xD6E8FEB86659FD93


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    powers = np.empty(count, np.uint64)
    powers[0] = 1
    filled = 1
    while filled < count:  # doubling: powers[n:2n] = powers[:n] · base^n
        step = np.uint64(pow(base, filled, 1 << 64))
        width = min(filled, count - filled)
        powers[filled : filled + width] = powers[:width] * step
        filled += width
    return powers


POWERS: Final = _powers(_MULTIPLIER, MAX_CHARACTERS)
INVERSES: Final = _powers(pow(_MULTIPLIER, -1, 1 << 64), MAX_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The n tokens of a text of p lines, in order.

    ``hashes``: uint64[n]. ``flags``: uint8[n]. ``bounds``: intp[p+1], line i has tokens bounds[i]:bounds[i+1].
    """

    hashes: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    bounds: NDArray[np.intp]


def tokenise(text: str) -> Tokens:
    """Tokens of a text whose paragraphs are its lines (parted by "\\n")."""
    codes = tables.code_points(text[:MAX_CHARACTERS])
    classes = CLASS.take(codes)
    values = VALUE.take(codes)
    special = (classes & np.uint8(SPECIAL)).nonzero()[0]
    if special.size:
        kinds = KIND.take(codes.take(special))
        if (kinds == tables.EXPANDS).any():
            codes = tables.code_points(tables.expand(text[:MAX_CHARACTERS])[:MAX_CHARACTERS])
            classes = CLASS.take(codes)
            values = VALUE.take(codes)
            special = (classes & np.uint8(SPECIAL)).nonzero()[0]
            kinds = KIND.take(codes.take(special))
        classes, values = _settle(classes, values, special, kinds)
    return _gather(classes, values)


def _settle(
    classes: NDArray[np.uint8],
    values: NDArray[np.uint64],
    special: NDArray[np.intp],
    kinds: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """Decide by their neighbours what apostrophes and number marks are; take out what is as if not there."""
    dropped = special[kinds == tables.DROPPED]
    if dropped.size:
        kept = np.ones(len(classes), bool)
        kept[dropped] = False
        where = np.cumsum(kept) - 1
        rest = kinds != tables.DROPPED
        classes, values = classes[kept], values[kept]
        special, kinds = where[special[rest]], kinds[rest]
    # Four blanks at the end spare every look ahead its bounds check.
    padded = np.concatenate([classes, np.zeros(4, np.uint8)])
    before = padded.take(special - 1)
    before[special == 0] = 0
    after = padded.take(special + 1)
    both = before & after
    marks = special[(both & np.uint8(DIGIT) != 0) & (kinds != tables.EXPANDS)]
    word = both & np.uint8(WORD | DIGIT | BEFORE) == WORD
    apostrophes = special[
        word & (kinds == tables.APOSTROPHE) & ((before | after) & np.uint8(DIGIT | BEFORE) == 0)
    ]
    classes[apostrophes] = WORD
    values[apostrophes] = tables.VALUE_OF_APOSTROPHE
    if not marks.size:
        return classes, values
    digit = padded & np.uint8(DIGIT) != 0
    groups = digit[marks + 2] & digit[np.minimum(marks + 3, len(padded) - 1)]
    groups &= ~digit[np.minimum(marks + 4, len(padded) - 1)]
    space = np.isin(marks, special[kinds == tables.NUMBER_SPACE], assume_unique=True)
    points = marks[~groups & ~space]
    classes[points] = WORD | DIGIT
    values[points] = tables.VALUE_OF_POINT
    grouping = marks[groups]
    if not grouping.size:
        return classes, values
    kept = np.ones(len(classes), bool)
    kept[grouping] = False
    return classes[kept], values[kept]


def _gather(classes: NDArray[np.uint8], values: NDArray[np.uint64]) -> Tokens:
    """Sum characters into tokens."""
    length = len(classes)
    newlines = (classes & np.uint8(NEWLINE)).nonzero()[0]
    joins = np.zeros(length, np.uint8)  # the character before is of a word, and lets this one join it
    joins[1:] = classes[:-1] & np.uint8(WORD) & ~(classes[:-1] >> np.uint8(2))
    joins &= ~(classes >> np.uint8(1))
    starts = (classes & np.uint8(WORD) & ~joins).nonzero()[0]
    bounds = np.empty(len(newlines) + 2, np.intp)
    bounds[0], bounds[-1] = 0, len(starts)
    bounds[1:-1] = starts.searchsorted(newlines)
    if not starts.size:
        return Tokens(np.empty(0, np.uint64), np.empty(0, np.uint8), bounds)
    values = values * POWERS[:length]
    hashes = tables.mix64(np.add.reduceat(values, starts) * INVERSES.take(starts))
    letters = np.add.reduceat(classes & np.uint8(WORD), starts, dtype=np.intp)
    # Separators belong to the token before them here, so a token's bits say what came before the next one.
    bits = np.bitwise_or.reduceat(classes, starts)
    first = classes.take(starts)
    clusters = first & np.uint8(BEFORE | AFTER) == BEFORE
    if clusters.any():
        hashes = _overlap(hashes, clusters)
    return Tokens(hashes, _flags(bits, first, letters, bounds), bounds)


def _overlap(hashes: NDArray[np.uint64], clusters: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Each cluster together with the next one, where there is a next one."""
    pairs = (clusters[:-1] & clusters[1:]).nonzero()[0]
    joined = hashes.copy()
    joined[pairs] = tables.mix64(hashes[pairs] * np.uint64(_MULTIPLIER) + hashes[pairs + 1])
    return joined


def _flags(
    bits: NDArray[np.uint8], first: NDArray[np.uint8], letters: NDArray[np.intp], bounds: NDArray[np.intp]
) -> NDArray[np.uint8]:
    flags = (bits & np.uint8(DIGIT)) >> np.uint8(3)  # NUMBER
    flags |= (first & np.uint8(UPPER)) >> np.uint8(3)  # CAPITALISED
    long = (letters >= LONG_LETTERS) & (bits & np.uint8(DIGIT | BEFORE) == 0)
    flags |= long.view(np.uint8) << np.uint8(4)
    ends = (bits & np.uint8(TERMINATOR) != 0) & (
        (letters > ABBREVIATION) | (bits & np.uint8(DIGIT | AFTER) != 0)
    )
    flags[1:] |= ends[:-1].view(np.uint8) << np.uint8(3)
    opening = bounds[:-1][bounds[:-1] < bounds[1:]]
    flags[opening] |= PARAGRAPH | SENTENCE
    return flags
