"""What each character is and becomes, as arrays indexed by code point: the one table of every script.

Text is read by looking characters up, never by branching on them. Three arrays cover Unicode:

``CLASS``  uint8    bits below: does it belong to a word, does it part tokens, is it a digit, …
``FOLD``   uint32   what it becomes: NFKC, case folded, marks of Latin, Greek, Cyrillic, Arabic and Hebrew
                    dropped, Arabic and Persian spellings of one letter joined, digits of every script ASCII
``VALUE``  uint64   what it adds to the hash of its token (0: nothing)

A few hundred characters become several (ß, ligatures) or compose with their neighbours (Hangul jamo, voiced
kana, Thai vowels): they carry SPECIAL and KIND ``EXPANDS``; texts that hold one go through ``expand`` first.

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
    "0300-036F 0483-0489 0591-05C7 0610-061A 064B-065F 0670-0670 06D6-06ED 08CA-08FF 1AB0-1AFF 1DC0-1DFF"
    " 20D0-20FF FE00-FE0F FE20-FE2F E0100-E01EF"
)
_SINGLE: Final = (  # Han, kana and bopomofo: each character is a token
    "2E80-2FDF 3005-3007 3021-3029 3031-3035 3038-303B 3041-3096 309D-309F 30A1-30FA 30FC-30FF 3105-312F"
    " 31A0-31BF 31F0-31FF 3400-4DBF 4E00-9FFF F900-FAFF FF66-FF9F 1AFF0-1B16F 20000-3347F"
)
_UNSPACED: Final = "0E00-0EFF 1000-109F 1780-17FF"  # Thai, Lao, Burmese, Khmer
_COMPOSING: Final = (
    "1100-11FF A960-A97F D7B0-D7FF 3099-309A FF66-FFDC"  # jamo, voicing marks, halfwidth forms
)
# Large blocks of letters that stay as they are.
_CLOSED: Final = "3400-4DBF 4E00-9FFF A000-A48C AC00-D7A3 12000-12399 13000-1342F 14400-14646 17000-18CFF"


def _codes(ranges: str) -> NDArray[np.intp]:
    found = []
    for pair in ranges.split():
        first, _, last = pair.partition("-")
        found.append(np.arange(int(first, 16), int(last, 16) + 1))
    return np.concatenate(found)


_TERMINATORS: Final = ".!?…。！？؟۔।॥｡።։"
_NUMBER_MARKS: Final = ".,٫٬，．'’"
_NUMBER_SPACES: Final = "\u00a0\u202f\u2009"
_APOSTROPHES: Final = "'’ʼ＇‘ʹ′׳`´"
_SEPARATING_FORMAT: Final = "\u200b\u200c"  # ZWSP and ZWNJ part words, as the space that others type there

# Spellings of one letter; whatever decomposes (أ إ آ ؤ ئ ۀ) is not listed: its mark is dropped.
_LETTERS: Final = {
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك",
    "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه", "ۃ": "ه", "ı": "i",
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


_MARKS_LEFT_OUT: Final = frozenset(_codes(_OPTIONAL_MARKS).tolist())


def _optional(char: str) -> bool:
    """Whether a character is left out of every text: optional marks, tatweel, bidi marks, soft hyphens."""
    if char in _SEPARATING_FORMAT:
        return False
    return char == "ـ" or ord(char) in _MARKS_LEFT_OUT or unicodedata.category(char) == "Cf"


def _stays(char: str) -> bool:
    """Whether a character becomes no other, unless it is a digit."""
    return not unicodedata.decomposition(char) and char.casefold() == char and char not in _LETTERS


def _folded(char: str) -> str:
    """What a character becomes, alone: zero, one or several characters, a fixed point of this function."""
    before = None
    while char != before:
        if len(char) == 1 and _stays(char):
            return str(unicodedata.decimal(char, char))
        before = char
        char = "".join(_LETTERS.get(c, c) for c in char)  # ´ would decompose into a blank and a mark
        char = unicodedata.normalize("NFKD", char).casefold()
        char = "".join(_LETTERS.get(c, c) for c in char if not _optional(c))
        char = "".join(str(unicodedata.decimal(c, c)) for c in char)
    # Scripts whose marks are letters compose again (kana, Hangul, Devanagari).
    return unicodedata.normalize("NFC", char)


# Categories of characters that are nobody's letters: unassigned, surrogates, private use, controls.
_NO_TEXT: Final = frozenset(("Cn", "Cs", "Co", "Cc"))
_MAY_GO: Final = frozenset(("Mn", "Mc", "Me", "Cf", "Lm"))  # of characters that may be optional


def _is_word(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LMN" for char in text)


def _build() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32], dict[int, str]]:
    classes = np.zeros(SIZE, np.uint8)
    kinds = np.zeros(SIZE, np.uint8)
    fold = np.zeros(SIZE, np.uint32)
    fold[:FILLED] = np.arange(FILLED, dtype=np.uint32)
    composing = frozenset(_codes(_COMPOSING).tolist())
    unspaced = frozenset(_codes(_UNSPACED).tolist())
    expansions: dict[int, str] = {}
    closed = _codes(_CLOSED)
    classes[closed] = WORD
    for char in _open_characters(closed):
        code, category = ord(char), unicodedata.category(char)
        if category in _MAY_GO and _optional(char):
            classes[code], kinds[code] = SPECIAL, DROPPED
            continue
        folded = char if category != "Nd" and _stays(char) else _folded(char)
        if folded != char and len(folded) == 1:
            fold[code] = ord(folded)
        if category[0] not in "LMN" if folded == char else not _is_word(folded):
            continue
        bits = WORD
        if category[0] == "L" and code in unspaced:
            bits |= BEFORE
        elif category[0] == "N":
            bits |= DIGIT
        if category in ("Lu", "Lt"):
            bits |= UPPER
        composes = unicodedata.combining(char) != 0 or code in composing
        if len(folded) != 1 or composes:
            bits |= SPECIAL
            kinds[code] = EXPANDS
            if not composes:
                expansions[code] = folded
        classes[code] = bits
    single = _codes(_SINGLE)
    classes[single] = (classes[single] & np.uint8(SPECIAL)) | np.uint8(WORD | BEFORE | AFTER)
    alone = np.zeros(SIZE, np.bool_)
    alone[single] = True
    # What becomes an ideograph or kana (㊀) is spelt out first, so that it stands alone like them.
    becomes = alone[fold[:FILLED]] & ~alone[:FILLED] & ((classes[:FILLED] & WORD) != 0)
    for code in becomes.nonzero()[0].tolist():
        classes[code] |= SPECIAL
        kinds[code], expansions[code] = EXPANDS, chr(fold[code])
    _punctuation(classes, kinds)
    return classes, kinds, fold, expansions


def _open_characters(closed: NDArray[np.intp]) -> list[str]:
    """Characters to look at one by one; the others are of closed blocks, ideographs or nobody's letters."""
    codes = np.ones(0x20000, bool)
    codes[closed] = False
    compatibility, invisible = range(0x2F800, 0x2FA20), range(0xE0000, 0xE01F0)
    looked_at = map(chr, [*codes.nonzero()[0].tolist(), *compatibility, *invisible])
    return [char for char in looked_at if unicodedata.category(char) not in _NO_TEXT]


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
    codes = code_points(text)
    dropped = KIND[codes] == DROPPED
    if dropped.any():  # what is as if not there must not part what composes
        text = codes[~dropped].astype(np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
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
