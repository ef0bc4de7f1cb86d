"""What the full-text index is given of an article: tokens of title and text, parted by spaces. Pure.

Tokens are those of `topics.tokenise` (Han and kana one by one), but for Hangul, which has no spaces where
Korean joins words and particles: a run of it is cut into one token a syllable, each with the next syllable,
the last alone. 이란과 is 이란 란과 과, so that 이란 is found in 이란과, and 의장 in 국회의장.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.topics import words_of

MOST = 20_000  # tokens of a text; what follows is not found
LONGEST = 64  # characters of a token
_HANGUL = re.compile("[\uac00-\ud7a3]+")


def indexed(text: str) -> str:
    """The tokens of a title or a text, as the index is given them."""
    found = words_of(text, MOST, LONGEST)
    if found.isascii() or _HANGUL.search(found) is None:  # one look at all of it, in place of one at each
        return found
    return " ".join(bounded(spelt(found.split())))


def indexed_early(title: str, text: str) -> tuple[str, str] | None:
    """Both, where every database takes the two as they are; None where not: then the store makes them."""
    for each in (title, text):
        if "\0" in each:
            return None
        try:
            each.encode()
        except UnicodeEncodeError:
            return None
    return indexed(title), indexed(text)


def sought(words: Sequence[str], *, prefix: bool) -> tuple[tuple[str, ...], bool]:
    """Words in a row as the index has them, and whether the last token is only the beginning of one.

    Hangul is sought within words, at their beginning and at their end: whether ``prefix`` or not.
    """
    found = bounded(spelt(words))
    if not found or not _HANGUL.fullmatch(found[-1]):
        return tuple(found), prefix
    if len(found) > 1 and _HANGUL.fullmatch(found[-2]) and found[-2][1:] == found[-1]:
        return tuple(found[:-1]), False  # the last syllable is told by the pair that it ends
    return tuple(found), True  # a syllable alone is the beginning of a pair, or of itself


def spelt(words: Sequence[str]) -> list[str]:
    """Words with the Hangul in them in syllables, each with the one that follows it."""
    if not any(map(_HANGUL.search, words)):
        return list(words)
    found: list[str] = []
    for word in words:
        at = 0
        for run in _HANGUL.finditer(word):
            if run.start() > at:
                found.append(word[at : run.start()])
            found += [run[0][place : place + 2] for place in range(len(run[0]))]
            at = run.end()
        if at < len(word):
            found.append(word[at:])
    return found


def bounded(found: list[str]) -> list[str]:
    """At most `MOST` tokens, of at most `LONGEST` characters."""
    found = found[:MOST]
    if max(map(len, found), default=0) <= LONGEST:
        return found
    return [token[:LONGEST] for token in found]
