"""Words of a text as arrays: hash, flags, line. Every script, one pass of numpy, no Python loop.

A token is a run of letters and digits; each Han character is one. Thai, Lao, Khmer and Burmese part no words,
nor does kana: there a token is a chunk of a few grapheme clusters (of a run of hiragana or of katakana), cut
where the characters themselves say so. An apostrophe between letters belongs to its word. Numbers are one
token: a mark before exactly three digits groups and is dropped (1,200 = 1.200 = 1 200 = 1200), any other
single mark between digits is the decimal point (3.5 = 3,5).

The hash of a word c0 c1 … is the polynomial VALUE[c0] + VALUE[c1]·M + … modulo 2⁶⁴ with M odd, mixed at the
end. M has an inverse, so all words are summed where they stand (one reduceat over value·M^position) and
shifted back by M^-start: no loop over words, and no cache of words. What one line holds never changes the
tokens of another, so many articles may be read as one text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.native import kernel
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
PARAGRAPH: Final = 4  # starts a line
SENTENCE: Final = 8  # starts a sentence (always with PARAGRAPH)
LONG: Final = 16  # five letters or more: stands in for "content word" in scripts without case
NEGATION: Final = 32  # set by aggregator.text.negation

LONG_LETTERS: Final = 5
CHUNK: Final = 4  # clusters, or kana, in a token on average: about a Thai word
ABBREVIATION: Final = 2  # a full stop after so few letters ends no sentence (U.S., Mr.)

_MULTIPLIER: Final = 0xD6E8FEB86659FD93
_HIRAGANA: Final = np.sort(tables.VALUE[0x3041:0x3097])
_KATAKANA: Final = np.sort(tables.VALUE[[*range(0x30A1, 0x30FB), 0x30FC]])
_OPENING: Final = np.sort(
    tables.VALUE[[*range(0x0E40, 0x0E45), *range(0x0EC0, 0x0EC5)]]
)  # vowels before their letter
_TABLES: Final = (CLASS, KIND, VALUE, _HIRAGANA, _KATAKANA, _OPENING)  # as the kernel takes them
_READY: Final = 1 << 17  # powers held ready; texts longer than that compute their own


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    powers = np.ones(count, np.uint64)
    filled = 1
    while filled < count:  # doubling: powers[n:2n] = powers[:n] · base^n
        width = min(filled, count - filled)
        powers[filled : filled + width] = powers[:width] * np.uint64(pow(base, filled, 1 << 64))
        filled += width
    return powers


_POWERS: Final = _powers(_MULTIPLIER, _READY)
_INVERSES: Final = _powers(pow(_MULTIPLIER, -1, 1 << 64), _READY)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The n tokens of a text of p lines, in order.

    ``hashes``: uint64[n]. ``flags``: uint8[n]. ``bounds``: intp[p+1]: line i has bounds[i]:bounds[i+1].
    """

    hashes: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    bounds: NDArray[np.intp]


def run_hashes(values: NDArray[np.uint64], starts: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Hash of each run of values, from one start to the next: by content and order, not by place.

    ``starts`` rise strictly, and at least one is given; what lies before the first belongs to none.
    """
    length = len(values)
    if length <= _READY:
        powers, inverses = _POWERS[:length], _INVERSES
    else:
        powers = _powers(_MULTIPLIER, length)
        inverses = _powers(pow(_MULTIPLIER, -1, 1 << 64), length)
    sums = np.add.reduceat(values * powers, starts)
    sums *= inverses.take(starts)
    return tables.mix64(sums)


def tokenise(text: str) -> Tokens:
    """Tokens of a text; its lines (parted by "\\n") are paragraphs."""
    if kernel is None:
        return by_numpy(text)
    found = kernel.tokenise(text, _TABLES, False)
    if found is None:
        classes = CLASS.take(codes := tables.code_points(text), mode="clip")
        expanding = (KIND.take(codes, mode="clip") == tables.EXPANDS).nonzero()[0]
        found = kernel.tokenise(_expanded(text, classes, expanding), _TABLES, True)
    hashes, flags, bounds = found
    return Tokens(
        np.frombuffer(hashes, np.uint64), np.frombuffer(flags, np.uint8), np.frombuffer(bounds, np.intp)
    )


def by_numpy(text: str) -> Tokens:
    """The same without the kernel."""
    codes = tables.code_points(text)
    classes = CLASS.take(codes, mode="clip")
    seen = int(np.bitwise_or.reduce(classes)) if len(codes) else 0
    values = VALUE.take(codes, mode="clip")
    if seen & SPECIAL:
        special = _where(classes, SPECIAL)
        kinds = KIND.take(codes.take(special))
        if kinds.max() == tables.EXPANDS:
            codes = tables.code_points(_expanded(text, classes, special[kinds == tables.EXPANDS]))
            classes = CLASS.take(codes, mode="clip")
            seen = int(np.bitwise_or.reduce(classes))
            values = VALUE.take(codes, mode="clip")
            special = _where(classes, SPECIAL)
            kinds = KIND.take(codes.take(special))
        classes, values = _settle(classes, values, special, kinds)
    return _gather(classes, values, bool(seen & (BEFORE | AFTER)))


def _expanded(text: str, classes: NDArray[np.uint8], expanding: NDArray[np.intp]) -> str:
    """The text with those lines spelt out that hold one of the characters at ``expanding``."""
    lines = text.split("\n")
    newlines = _where(classes, NEWLINE)
    for line in sorted(set(newlines.searchsorted(expanding).tolist())):  # np.unique imports numpy.ma
        lines[line] = tables.expand(lines[line])
    return "\n".join(lines)


def _where(classes: NDArray[np.uint8], bit: int) -> NDArray[np.intp]:
    found: NDArray[np.intp] = ((classes & np.uint8(bit)) != 0).nonzero()[0]
    return found


def _settle(
    classes: NDArray[np.uint8],
    values: NDArray[np.uint64],
    special: NDArray[np.intp],
    kinds: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """Decide by their neighbours what apostrophes and number marks are; take out what is as if not there."""
    dropped = kinds == tables.DROPPED
    if dropped.any():
        classes, values, kept = _without(classes, values, special[dropped])
        rest = ~dropped
        special, kinds = (np.cumsum(kept) - 1)[special[rest]], kinds[rest]
    # Five blanks at the end spare every look ahead (and the look behind of the first) its bounds check.
    padded = np.zeros(len(classes) + 5, np.uint8)
    padded[: len(classes)] = classes
    before, after = padded.take(special - 1), padded.take(special + 1)
    both = before & after
    either = before | after
    within = (both & np.uint8(WORD)) > ((either & np.uint8(DIGIT | BEFORE)) != 0)
    within &= kinds == tables.APOSTROPHE
    apostrophes = special[within]
    if apostrophes.size:
        classes[apostrophes] = WORD
        values[apostrophes] = tables.VALUE_OF_APOSTROPHE
    marking = (both & np.uint8(DIGIT)) != 0
    marking &= kinds < tables.EXPANDS
    if not marking.any():
        return classes, values
    return _settle_numbers(classes, values, padded, special[marking], kinds[marking])


def _settle_numbers(
    classes: NDArray[np.uint8],
    values: NDArray[np.uint64],
    padded: NDArray[np.uint8],
    marks: NDArray[np.intp],
    kinds: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """Marks between digits: grouping ones go, others become the decimal point."""
    groups = (
        padded.take(marks + 2) & padded.take(marks + 3) & ~padded.take(marks + 4) & np.uint8(DIGIT)
    ) != 0
    points = marks[~groups & (kinds != tables.NUMBER_SPACE)]
    classes[points] = WORD | DIGIT
    values[points] = tables.VALUE_OF_POINT
    grouping = marks[groups]
    if not grouping.size:
        return classes, values
    return _without(classes, values, grouping)[:2]


def _without(
    classes: NDArray[np.uint8], values: NDArray[np.uint64], positions: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.bool_]]:
    kept = np.ones(len(classes), bool)
    kept[positions] = False
    return classes[kept], values[kept], kept


def _gather(classes: NDArray[np.uint8], values: NDArray[np.uint64], unspaced: bool) -> Tokens:
    """Sum characters into tokens. ``unspaced``: some characters start or end a token by themselves."""
    word = np.zeros(len(classes) + 2, np.uint8)  # with a blank at both ends
    np.bitwise_and(classes, np.uint8(WORD), out=word[1:-1])
    if unspaced:
        follows = word[:-2] & ~(classes >> np.uint8(1))
        follows[1:] &= ~(classes[:-1] >> np.uint8(2))
        starts = (word[1:-1] > follows).nonzero()[0]
    else:
        starts = (word[1:-1] > word[:-2]).nonzero()[0]
    newlines = (classes >= np.uint8(NEWLINE)).nonzero()[0]
    if not starts.size:
        return Tokens(np.empty(0, np.uint64), np.empty(0, np.uint8), np.zeros(len(newlines) + 2, np.intp))
    if unspaced:
        letters = np.add.reduceat(word[1:-1], starts, dtype=np.intp)
        chunks = _chunks(values, starts, classes.take(starts), letters)
        if len(chunks) < len(starts):
            starts = chunks
            letters = np.add.reduceat(word[1:-1], starts, dtype=np.intp)
    else:
        letters = (word[1:] < word[:-1]).nonzero()[0] - starts
    bounds = np.zeros(len(newlines) + 2, np.intp)
    bounds[-1] = len(starts)
    bounds[1:-1] = starts.searchsorted(newlines)
    hashes = run_hashes(values, starts)
    # Separators belong to the token before them here, so a token's bits say what came before the next one.
    bits = np.bitwise_or.reduceat(classes, starts)
    first = classes.take(starts)
    return Tokens(hashes, _flags(bits, first, letters, bounds), bounds)


def _chunks(
    values: NDArray[np.uint64], starts: NDArray[np.intp], first: NDArray[np.uint8], letters: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Starts without those of clusters and kana that go on a chunk. ``first``, ``letters``: of each token.

    A chunk ends where the script changes, before a vowel that opens a syllable, and between two clusters of
    which the pair's hash says so, one pair in `CHUNK`: wherever the same text stands it falls into the same
    chunks, about as long as words are, and an edit moves only its own.
    """
    opening = values.take(starts)
    kind = np.zeros(len(starts), np.uint8)  # 0: goes on nothing
    if (first & np.uint8(AFTER)).any():
        kind[_among(opening, _HIRAGANA)], kind[_among(opening, _KATAKANA)] = 2, 3
    kind[first & np.uint8(BEFORE | AFTER) == BEFORE] = 1
    goes_on = (kind[:-1] == kind[1:]) & (kind[1:] != 0) & (starts[1:] - starts[:-1] == letters[:-1])
    goes_on &= ~_among(opening[1:], _OPENING)
    pairs = goes_on.nonzero()[0]
    if not pairs.size:
        return starts
    hashes = run_hashes(values, starts)
    joints = tables.mix64(hashes[pairs] * np.uint64(_MULTIPLIER) + hashes[pairs + 1])
    kept = np.ones(len(starts), bool)
    kept[pairs[joints % np.uint64(CHUNK) != 0] + 1] = False
    return starts[kept]


def _among(values: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = known.take(known.searchsorted(values), mode="clip") == values
    return found


def _flags(
    bits: NDArray[np.uint8], first: NDArray[np.uint8], letters: NDArray[np.intp], bounds: NDArray[np.intp]
) -> NDArray[np.uint8]:
    flags = (bits & np.uint8(DIGIT)) | (first & np.uint8(UPPER))
    flags >>= np.uint8(3)  # to NUMBER and CAPITALISED
    long = (letters >= LONG_LETTERS) > ((bits & np.uint8(DIGIT | AFTER)) != 0)
    flags |= long.view(np.uint8) << np.uint8(4)
    ends = (letters > ABBREVIATION) | ((bits & np.uint8(DIGIT | AFTER)) != 0)
    ends &= bits & np.uint8(TERMINATOR | NEWLINE) >= TERMINATOR
    flags[1:] |= ends[:-1].view(np.uint8) << np.uint8(3)
    opening = bounds[:-1][bounds[:-1] < bounds[1:]]
    flags[opening] |= np.uint8(PARAGRAPH | SENTENCE)
    return flags
