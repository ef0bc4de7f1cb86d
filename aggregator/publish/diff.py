"""What a copy changed against the canonical text: paragraphs aligned first, then word by word within a pair.

Pure and bounded: pathological texts fall back to "dropped" and "added" as whole paragraphs, they never take
long. Texts are plain, paragraphs parted by a blank line, as `ArticleView.text` is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from aggregator.text import is_glue, normalise

MAX_PARAGRAPHS = 400  # of each text; what follows is compared as one last paragraph
MAX_PAIRS = 2_500  # paragraph pairs weighed in one gap of the alignment
MAX_CELLS = 250_000  # product of token counts up to which two paragraphs are compared word by word
MAX_ALL_CELLS = 3_000_000  # the sum of these products that one comparison may cost, some 0.5 s at worst
SAME_PARAGRAPH = 0.4  # share of common words from which two paragraphs are one, reworded

# Han and Kana stand alone, since their scripts put no space between words; everything else splits at spaces.
# Vowel signs and accents, which `\w` leaves out, stay within their word.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_SIGNS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e"
_TOKEN = re.compile(rf"[{_ALONE}]|(?:[^\W{_ALONE}]|[{_SIGNS}])+|\s+|.")
_WORD = re.compile(r"\w")
# Typography that an outlet's editing system changes by itself is no change of the text.
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’‚′", "'") | dict.fromkeys("–—−", "-")
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text within a paragraph: in both, only in the canonical text, or only in the copy."""

    kind: Literal["same", "dropped", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A paragraph, in the copy's order with the dropped ones put where they were.

    ``same``: word for word. ``reworded``: ``pieces`` alternate. ``moved``: word for word, at another place.
    ``dropped``/``added``: only in the canonical text / only in the copy. ``pieces`` always spell it out.
    ``glue``: a known line of page furniture ("Leave a reply"), no part of the article.
    """

    kind: Literal["same", "reworded", "moved", "dropped", "added"]
    pieces: tuple[Piece, ...]
    glue: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """How much a copy changed, in words (characters for Han and Kana); page furniture does not count."""

    canonical: int
    kept: int
    dropped: int
    added: int

    @property
    def share(self) -> float:
        """Part of the canonical text that the copy carries, 0…1; 1 for an empty canonical text."""
        return self.kept / self.canonical if self.canonical else 1.0


@dataclass(slots=True)
class _Budget:
    """What word by word comparison may still cost, in cells (pairs of tokens)."""

    left: int

    def take(self, cells: int) -> bool:
        """Spend it if it is there."""
        if cells > min(self.left, MAX_CELLS):
            return False
        self.left -= cells
        return True


def changes(canonical: str, copy: str) -> tuple[Change, ...]:
    """Compare two texts; same and added pieces spell the copy, same and dropped ones the canonical text.

    Spellings that mean the same word (case, Arabic and Persian letters, digits, quotation marks) are equal;
    a same piece is spelt as the copy has it.
    """
    old, new = _paragraphs(canonical), _paragraphs(copy)
    return tuple(_mark_moved(list(_aligned(old, new))))


def summarise(found: Sequence[Change]) -> Summary:
    """Count the words of a comparison. A moved paragraph is kept."""
    count = {"same": 0, "dropped": 0, "added": 0}
    for change in found:
        for piece in () if change.glue else change.pieces:
            count[piece.kind] += words(piece.text)
    return Summary(count["same"] + count["dropped"], count["same"], count["dropped"], count["added"])


def words(text: str) -> int:
    """Number of words (characters for Han and Kana)."""
    return sum(1 for token in _TOKEN.findall(text) if _WORD.match(token))


def _paragraphs(text: str) -> list[str]:
    found = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    found = [part for part in found if part]
    if len(found) > MAX_PARAGRAPHS:
        found[MAX_PARAGRAPHS:] = [" ".join(found[MAX_PARAGRAPHS:])]
    return found


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    keys = [_key(part) for part in old], [_key(part) for part in new]
    budget = _Budget(MAX_ALL_CELLS)
    for tag, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Change("same", (Piece("same", part),), is_glue(part)) for part in new[c:d])
        else:
            yield from _gap(old[a:b], new[c:d], budget)


def _gap(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[Change]:
    """Two runs of paragraphs without an equal pair: find the reworded ones, in order."""
    at_old = at_new = 0
    for i, j in _pairs(old, new):
        yield from (_dropped(part) for part in old[at_old:i])
        yield from (_added(part) for part in new[at_new:j])
        yield _reworded(old[i], new[j], budget)
        at_old, at_new = i + 1, j + 1
    yield from (_dropped(part) for part in old[at_old:])
    yield from (_added(part) for part in new[at_new:])


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The order-preserving pairing with the greatest sum of likeness (a longest common subsequence)."""
    if not old or not new or len(old) * len(new) > MAX_PAIRS:
        return []
    bags_old, bags_new = [_bag(part) for part in old], [_bag(part) for part in new]
    like = [[_likeness(a, b) for b in bags_new] for a in bags_old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            paired = like[i][j] + best[i + 1][j + 1] if like[i][j] >= SAME_PARAGRAPH else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new) and best[i][j] > 0:
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def _key(text: str) -> str:
    return normalise(text.translate(_TYPOGRAPHY))


def _keys(tokens: Sequence[str]) -> list[str]:
    """The normal form of each token; normalised as one text of a token a line, which is far quicker."""
    keys = _key("\n".join(tokens)).split("\n")
    return keys if len(keys) == len(tokens) else [_key(token) for token in tokens]


def _bag(text: str) -> Counter[str]:
    return Counter(token for token in _TOKEN.findall(_key(text)) if _WORD.match(token))


def _likeness(a: Counter[str], b: Counter[str]) -> float:
    """Shared words by the shorter paragraph's words, so that a cut paragraph still finds its own."""
    shorter = min(a.total(), b.total())
    return (a & b).total() / shorter if shorter else 0.0


def _reworded(old: str, new: str, budget: _Budget) -> Change:
    """Two versions of one paragraph, word by word as long as the budget lasts."""
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    if not budget.take(len(a) * len(b)):
        return Change("reworded", _trimmed(a, b))
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, _keys(a), _keys(b), autojunk=False).get_opcodes():
        if tag == "equal":
            _put(pieces, "same", "".join(b[k:m]))
        else:
            _put(pieces, "dropped", "".join(a[i:j]))
            _put(pieces, "added", "".join(b[k:m]))
    return Change("reworded", tuple(pieces))


def _trimmed(a: Sequence[str], b: Sequence[str]) -> tuple[Piece, ...]:
    """Common beginning and end of two long paragraphs; all between counts as replaced. Linear time."""
    shorter = min(len(a), len(b))
    head = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    tail = next((i for i in range(shorter - head) if a[-1 - i] != b[-1 - i]), shorter - head)
    pieces: list[Piece] = []
    _put(pieces, "same", "".join(a[:head]))
    _put(pieces, "dropped", "".join(a[head : len(a) - tail]))
    _put(pieces, "added", "".join(b[head : len(b) - tail]))
    _put(pieces, "same", "".join(a[len(a) - tail :]))
    return tuple(pieces)


def _put(pieces: list[Piece], kind: Literal["same", "dropped", "added"], text: str) -> None:
    if text:
        pieces.append(Piece(kind, text))


def _dropped(text: str) -> Change:
    return Change("dropped", (Piece("dropped", text),), is_glue(text))


def _added(text: str) -> Change:
    return Change("added", (Piece("added", text),), is_glue(text))


def _mark_moved(found: list[Change]) -> Iterator[Change]:
    """A paragraph dropped here and added there, word for word, has moved: shown once, at its new place."""
    dropped = Counter(change.pieces[0].text for change in found if change.kind == "dropped")
    added = Counter(change.pieces[0].text for change in found if change.kind == "added")
    moved = dropped & added
    gone, come = moved.copy(), moved
    for change in found:
        text = change.pieces[0].text
        if change.kind == "dropped" and gone[text] > 0:
            gone[text] -= 1
        elif change.kind == "added" and come[text] > 0:
            come[text] -= 1
            yield Change("moved", (Piece("same", text),), change.glue)
        else:
            yield change
