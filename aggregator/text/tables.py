"""What each character is and becomes, as arrays indexed by code point: the one table of every script.

Text is read by looking characters up, never by branching on them. Three arrays cover Unicode:

``CLASS``  uint8    bits below: does it belong to a word, does it part tokens, is it a digit, …
``FOLD``   uint32   what it becomes: NFKC, case folded, marks of Latin, Greek, Cyrillic, Arabic and Hebrew
                    dropped, Arabic and Persian spellings of one letter joined, digits of every script ASCII
``VALUE``  uint64   what it adds to the hash of its token (0: nothing)

A few hundred characters become several (ß, ligatures) or compose with their neighbours (Hangul jamo, voiced
kana, Thai vowels): they carry SPECIAL and KIND ``EXPANDS``, and texts that hold one go through ``expand`` first.

Unicode's stability policy fixes normalisation and case folding of assigned characters, so tables built by
different Python versions differ in newly assigned characters only.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np
from numpy.typing import NDArray

WORD: Final = 1  # part of a token
BEFORE: Final = 2  # starts a token of its own (Han, kana; the base of a Thai, Lao, Khmer or Burmese cluster)
AFTER: Final = 4  # ends its token (Han, kana)
DIGIT: Final = 8
UPPER: Final = 16  # upper or title case
SPECIAL: Final = 32  # look at KIND
TERMINATOR: Final = 64  # ends a sentence
NEWLINE: Final = 128  # ends a paragraph

# KIND of the characters that carry SPECIAL.
DROPPED: Final = 1  # as if it were not there
NUMBER_MARK: Final = 2  # grouping or decimal mark when between digits
NUMBER_SPACE: Final = 3  # grouping when between digits
APOSTROPHE: Final = 4  # part of the word when between letters
EXPANDS: Final = 5  # see `expand`

SIZE: Final = 0x110000
FILLED: Final = 0x33480  # no letters above: private use, tags and variation selectors

# Marks that spell a vowel, a tone of voice or an accent which writers leave out at will. Marks of other
# scripts (Thai, Devanagari, …) are letters.
_OPTIONAL_MARKS: Final = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06ED), (0x08CA, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip
_SINGLE: Final = (  # Han, kana and bopomofo: each character is a token
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x3038, 0x303B), (0x3041, 0x3096),
    (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x3105, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1AFF0, 0x1B16F),
    (0x20000, 0x3347F),
)  # fmt: skip
_UNSPACED: Final = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))  # Thai, Lao, Burmese, Khmer
_COMPOSING: Final = ((0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF), (0x3099, 0x309A), (0xFF66, 0xFFDC))
_CLOSED_BLOCKS: Final = (  # large blocks without case or decomposition: filled by range, which keeps start-up quick
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x17000, 0x18CFF),
)  # fmt: skip

_TERMINATORS: Final = ".!?…。！？؟۔।॥｡።։"
_NUMBER_MARKS: Final = ".,٫٬，．'’"
_NUMBER_SPACES: Final = "\u00a0\u202f\u2009"
_APOSTROPHES: Final = "'’ʼ＇‘ʹ′׳`´"
_SEPARATING_FORMAT: Final = "\u200b\u200c"  # ZWSP and ZWNJ part words, as the space that others type there

# Spellings of one letter; whatever decomposes (أ إ آ ؤ ئ ۀ) is not listed: its mark is dropped.
_LETTERS: Final = {
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه",
    "ۃ": "ه", "ı": "i",
    "’": "'", "ʼ": "'", "‘": "'", "ʹ": "'", "′": "'", "׳": "'", "`": "'", "´": "'", "٫": ".", "٬": ",",
}  # fmt: skip


def mix64(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """MurmurHash3's 64-bit finaliser: a bijection that spreads every bit over all."""
    x = x ^ (x >> np.uint64(33))
    x = x * np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    x ^= x >> np.uint64(33)
    return x


def _inside(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _optional(char: str) -> bool:
    """Whether a character is left out of every text: optional marks, tatweel, bidi marks, soft hyphens."""
    if char in _SEPARATING_FORMAT:
        return False
    return char == "ـ" or _inside(ord(char), _OPTIONAL_MARKS) or unicodedata.category(char) == "Cf"


def _folded(char: str) -> str:
    """What a character becomes, alone: zero, one or several characters, a fixed point of this function."""
    before = None
    while char != before:
        before = char
        char = unicodedata.normalize("NFKD", char).casefold()
        char = "".join(_LETTERS.get(c, c) for c in char if not _optional(c))
        char = "".join(
            str(unicodedata.decimal(c)) if unicodedata.decimal(c, None) is not None else c for c in char
        )
    # Scripts whose marks are letters compose again (kana, Hangul, Devanagari).
    return unicodedata.normalize("NFC", char)


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def _class(char: str, code: int) -> int:
    bits = WORD
    category = unicodedata.category(char)
    if _inside(code, _SINGLE):
        bits |= BEFORE | AFTER
    elif _inside(code, _UNSPACED) and category[0] == "L":
        bits |= BEFORE
    if category[0] == "N" and not bits & BEFORE:
        bits |= DIGIT
    if category in ("Lu", "Lt"):
        bits |= UPPER
    return bits


def _build() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32], dict[int, str]]:
    classes = np.zeros(SIZE, np.uint8)
    kinds = np.zeros(SIZE, np.uint8)
    fold = np.zeros(SIZE, np.uint32)
    fold[:FILLED] = np.arange(FILLED, dtype=np.uint32)
    expansions: dict[int, str] = {}
    for first, last in _CLOSED_BLOCKS:
        classes[first : last + 1] = _class(chr(first), first)
    for code in _open_codes():
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Cn", "Cs", "Co"):
            continue
        if _optional(char):
            classes[code], kinds[code] = SPECIAL, DROPPED
            continue
        folded = _folded(char)
        if len(folded) == 1:
            fold[code] = ord(folded)
        if not _is_word(char):
            continue  # what a symbol stands for (™, ℃) is no word; it parts words as it stands
        bits = _class(char, code)
        composes = unicodedata.combining(char) or _inside(code, _COMPOSING)
        if len(folded) != 1 or composes:
            bits |= SPECIAL
            kinds[code] = EXPANDS
            if not composes:
                expansions[code] = folded
        classes[code] = bits
    classes[0x20000:FILLED] = WORD | BEFORE | AFTER
    _punctuation(classes, kinds)
    return classes, kinds, fold, expansions


def _open_codes() -> list[int]:
    codes: list[int] = []
    start = 0
    for first, last in _CLOSED_BLOCKS:
        codes.extend(range(start, first))
        start = last + 1
    codes.extend(range(start, 0x20000))
    codes.extend(range(0x2F800, 0x2FA20))  # compatibility ideographs
    codes.extend(range(0xE0000, 0xE01F0))  # tags and variation selectors
    return codes


def _punctuation(classes: NDArray[np.uint8], kinds: NDArray[np.uint8]) -> None:
    classes[ord("\n")] = NEWLINE
    for char in _TERMINATORS:
        classes[ord(char)] = TERMINATOR
    # In this order: an apostrophe may be a number's mark as well (1'200), and is looked at as an apostrophe.
    for kind, chars in (
        (NUMBER_MARK, _NUMBER_MARKS),
        (NUMBER_SPACE, _NUMBER_SPACES),
        (APOSTROPHE, _APOSTROPHES),
    ):
        for char in chars:
            classes[ord(char)] = (classes[ord(char)] & TERMINATOR) | SPECIAL
            kinds[ord(char)] = kind


CLASS, KIND, FOLD, _EXPANSIONS = _build()
VALUE: Final = np.zeros(SIZE, np.uint64)
VALUE[:FILLED] = np.where(
    CLASS[:FILLED] & np.uint8(WORD), mix64(FOLD[:FILLED].astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)), 0
)
VALUE_OF_POINT: Final = mix64(np.array([ord(".") + 0x9E3779B97F4A7C15], np.uint64))[0]
VALUE_OF_APOSTROPHE: Final = mix64(np.array([ord("'") + 0x9E3779B97F4A7C15], np.uint64))[0]


def code_points(text: str) -> NDArray[np.intp]:
    """A text as an array of code points. Lone surrogates are kept; they belong to no word."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.intp)


def expand(text: str) -> str:
    """Compose and spell out what the tables cannot do character by character."""
    return unicodedata.normalize("NFKC", text).translate(_EXPANSIONS)


def normalise(text: str) -> str:
    """The form of a text in which spellings of one word are equal. Idempotent; keeps punctuation and breaks.

    NFKC and case folding; tatweel, optional vowel and accent marks and invisible characters are dropped,
    ZWNJ becomes a space; Arabic and Persian forms of a letter are one, as are Turkish dotted and dotless i;
    digits are ASCII. Runs of blanks are one space, and lines have none at their ends.
    """
    before = None
    while text != before:
        before = text
        codes = code_points(text)
        classes = CLASS[codes]
        special = classes & np.uint8(SPECIAL) != 0
        kinds = KIND[codes[special]]
        if (kinds == EXPANDS).any():
            text = expand(text)
            codes = code_points(text)
            kinds = KIND[codes[CLASS[codes] & np.uint8(SPECIAL) != 0]]
        if (kinds == DROPPED).any():
            codes = codes[KIND[codes] != DROPPED]
        folded = np.where(codes < FILLED, FOLD[codes], codes).astype(np.uint32)
        text = folded.tobytes().decode("utf-32-le", "surrogatepass").replace("\u200c", " ")
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return text
