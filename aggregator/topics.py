"""Topics: named queries over stories, and the terms that they are made of. Pure.

A term matches whole tokens, so that ``iran`` does not find Tirana: ``term*`` is a prefix of a token, several
words are a phrase, Han and kana (one token a character) are a sequence. Both sides go through the same
normalisation, so case, accents, letter forms (Arabic and Persian yeh and kaf) and joiners make no difference.

All terms of all topics are compiled into one index, and a text is walked once, whatever the number of topics.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from aggregator.native import kernel
from aggregator.text.tables import (
    AFTER,
    BEFORE,
    CLASS,
    DROPPED,
    EXPANDS,
    FOLD,
    KIND,
    WORD,
    code_points,
    normalise,
)

Field = Literal["title", "lead", "text"]
FIELDS: tuple[Field, ...] = ("title", "lead", "text")


@dataclass(frozen=True, slots=True)
class Term:
    """A compiled term: ``tokens`` in sequence; with ``prefix`` the last is only the beginning of a token."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with its references resolved.

    ``all``: from each of these lists at least one term must be found; ``any``: at least one of these, unless
    empty; ``none``: not one of these. ``fields``: where terms are looked for. ``groups`` and ``sources``
    (empty: every one) bound whose articles count.
    """

    name: str
    title: str
    all: tuple[tuple[str, ...], ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    fields: tuple[Field, ...] = FIELDS
    groups: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


def parse_term(text: str) -> Term:
    """Compile one term. Raises ValueError when nothing in it could be found."""
    stripped = text.strip()
    prefix = stripped.endswith("*")
    tokens = tuple(tokenise(stripped.rstrip("*")))
    if not tokens or "*" in stripped.rstrip("*"):
        raise ValueError("is no term; write words, of which the last may end in * for a prefix")
    return Term(tokens, prefix)


def resolve(
    items: Sequence[str], terms: Mapping[str, Sequence[str]], _within: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Replace each ``$name`` by the terms of that name, which may refer to further ones.

    Raises KeyError with the name that is unknown, ValueError when names refer to each other in a circle.
    """
    found: dict[str, None] = {}
    for item in items:
        if not item.startswith("$"):
            found.setdefault(item)
            continue
        name = item[1:]
        if name in _within:
            raise ValueError(f"refers to itself: {' → '.join('$' + step for step in (*_within, name))}")
        if name not in terms:
            raise KeyError(name)
        found.update(dict.fromkeys(resolve(terms[name], terms, (*_within, name))))
    return tuple(found)


class Topics:
    """Every topic of the configuration, compiled once. Iterates over them in the YAML's order."""

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self._topics = {topic.name: topic for topic in topics}
        self._index = _Index()
        self._compiled = [_Compiled.of(topic, self._index) for topic in self._topics.values()]

    def __iter__(self) -> Iterator[Topic]:
        return iter(self._topics.values())

    def __len__(self) -> int:
        return len(self._topics)

    def __contains__(self, name: object) -> bool:
        return name in self._topics

    def __getitem__(self, name: str) -> Topic:
        return self._topics[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Topics) and self._topics == other._topics

    def __hash__(self) -> int:
        return hash(tuple(self._topics))

    def __repr__(self) -> str:
        return f"Topics({list(self._topics)})"

    @property
    def names(self) -> tuple[str, ...]:
        """In the YAML's order."""
        return tuple(self._topics)

    @property
    def titles(self) -> dict[str, str]:
        """The title of each topic, by name."""
        return {topic.name: topic.title for topic in self}

    def match(
        self,
        title: str,
        lead: str = "",
        text: str = "",
        *,
        groups: Iterable[str] = (),
        sources: Iterable[str] = (),
    ) -> tuple[str, ...]:
        """The names of the topics that an article, or a story with these groups and sources, is of."""
        if not self._compiled:
            return ()
        return self.match_words(
            words_of(title), words_of(lead), words_of(text), groups=groups, sources=sources
        )

    def match_words(
        self,
        title: str,
        lead: str = "",
        text: str = "",
        *,
        groups: Iterable[str] = (),
        sources: Iterable[str] = (),
    ) -> tuple[str, ...]:
        """`match`, of what `words_of` makes of the three."""
        if not self._compiled:
            return ()
        found: dict[Field, frozenset[int]] = {
            "title": self._index.find(title.split()),
            "lead": self._index.find(lead.split()),
            "text": self._index.find(text.split()),
        }
        of_groups, of_sources = frozenset(groups), frozenset(sources)
        return tuple(
            compiled.topic.name for compiled in self._compiled if compiled.holds(found, of_groups, of_sources)
        )


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A topic with numbers of the index in place of terms."""

    topic: Topic
    all: tuple[frozenset[int], ...]
    any: frozenset[int]
    none: frozenset[int]

    @classmethod
    def of(cls, topic: Topic, index: _Index) -> _Compiled:
        def numbers(terms: Sequence[str]) -> frozenset[int]:
            return frozenset(index.add(parse_term(term)) for term in terms)

        return cls(
            topic, tuple(numbers(terms) for terms in topic.all), numbers(topic.any), numbers(topic.none)
        )

    def holds(
        self, found: Mapping[Field, frozenset[int]], groups: frozenset[str], sources: frozenset[str]
    ) -> bool:
        topic = self.topic
        if topic.groups and topic.groups.isdisjoint(groups):
            return False
        if topic.sources and topic.sources.isdisjoint(sources):
            return False
        here = frozenset[int]().union(*(found[name] for name in topic.fields))
        return (
            all(not terms.isdisjoint(here) for terms in self.all)
            and (not self.any or not self.any.isdisjoint(here))
            and self.none.isdisjoint(here)
        )


class _Index:
    """Terms by their first token. ``find`` is linear in the text, for any number of terms."""

    def __init__(self) -> None:
        self._numbers: dict[Term, int] = {}
        self._words: dict[str, int] = {}  # terms of one whole token
        self._prefixes: dict[str, int] = {}  # terms of one prefix
        self._prefix_lengths: tuple[int, ...] = ()
        self._phrases: dict[str, list[tuple[Term, int]]] = defaultdict(list)  # by first token

    def add(self, term: Term) -> int:
        """The number of ``term``, the same for the same term."""
        if term in self._numbers:
            return self._numbers[term]
        number = self._numbers[term] = len(self._numbers)
        if len(term.tokens) > 1:
            self._phrases[term.tokens[0]].append((term, number))
        elif term.prefix:
            self._prefixes[term.tokens[0]] = number
            self._prefix_lengths = tuple(sorted({len(prefix) for prefix in self._prefixes}))
        else:
            self._words[term.tokens[0]] = number
        return number

    def find(self, tokens: Sequence[str]) -> frozenset[int]:
        """Numbers of the terms that occur in a text of these tokens."""
        distinct = set(tokens)
        found = {self._words[token] for token in distinct if token in self._words}
        for token in distinct:
            for length in self._prefix_lengths:
                if length > len(token):
                    break
                number = self._prefixes.get(token[:length])
                if number is not None:
                    found.add(number)
        if self._phrases and not distinct.isdisjoint(self._phrases):
            for start, token in enumerate(tokens):
                for term, number in self._phrases.get(token, ()):
                    if number not in found and _phrase_at(term, tokens, start):
                        found.add(number)
        return frozenset(found)


def _phrase_at(term: Term, tokens: Sequence[str], start: int) -> bool:
    end = start + len(term.tokens)
    if end > len(tokens):
        return False
    if not term.prefix:
        return tuple(tokens[start:end]) == term.tokens
    return tuple(tokens[start : end - 1]) == term.tokens[:-1] and tokens[end - 1].startswith(term.tokens[-1])


def tokenise(text: str) -> list[str]:
    """The tokens of a text as terms compare them: of the detector's character classes, but as strings.

    Han and kana characters and Thai clusters are tokens of their own, so that terms in them are sequences;
    an apostrophe parts words here, so that ``iran`` finds "Iran's".
    """
    return words_of(text).split()


def words_of(text: str, most: int = sys.maxsize, longest: int = sys.maxsize) -> str:
    """The same, parted by single spaces. At most ``most`` tokens, cut to ``longest`` characters."""
    if kernel is not None:
        found: str | None = kernel.words(text, _TABLES, most, longest)
        if found is not None:
            return found
    simple = _simplified(text)
    tokens = (_tokenise(text) if simple is None else simple.split())[:most]
    if max(map(len, tokens), default=0) > longest:
        tokens = [token[:longest] for token in tokens]
    return " ".join(tokens)


def _tokenise(text: str) -> list[str]:
    """`tokenise` of any text."""
    folded = normalise(text)
    classes = CLASS[code_points(folded)]
    word = classes & np.uint8(WORD) != 0
    joined = np.zeros(len(word) + 1, bool)  # of the token of the character before
    joined[1:-1] = (
        word[:-1] & word[1:] & (classes[:-1] & np.uint8(AFTER) == 0) & (classes[1:] & np.uint8(BEFORE) == 0)
    )
    starts = (word & ~joined[:-1]).nonzero()[0].tolist()
    ends = (word & ~joined[1:]).nonzero()[0].tolist()
    return [folded[start : end + 1] for start, end in zip(starts, ends, strict=True)]


_TABLES: Final = (CLASS, KIND, FOLD)  # as the kernel takes them
_OTHERWISE = "\0"  # in place of a character that cannot be looked at by itself


class _Characters(dict[int, str]):
    """What each character that stands for itself becomes: its folded form, a space where no word is."""

    def __missing__(self, code: int) -> str:
        found = self[code] = self._of(code)
        return found

    @staticmethod
    def _of(code: int) -> str:
        kind = KIND[code]
        if kind == DROPPED:
            return ""
        if kind == EXPANDS:
            return _OTHERWISE
        folded = normalise(f"a{chr(code)}a")[1:-1]
        if len(folded) != 1:
            return _OTHERWISE
        flags = int(CLASS[ord(folded)])
        if not flags & WORD:
            return " "
        return f"{' ' if flags & BEFORE else ''}{folded}{' ' if flags & AFTER else ''}"


_CHARACTERS: Final = _Characters()
_ABOVE_ASCII: Final = re.compile(r"[^\0-\x7f]")


def _simplified(text: str) -> str | None:
    """A text in which only spaces part tokens; None where characters must be looked at together."""
    if not text.isascii() and len(text.encode("utf-8", "surrogatepass")) - len(text) < len(text) // 8:
        # Few of them (quotes, dashes, accents): str.translate is ten times faster without.
        text = _ABOVE_ASCII.sub(lambda found: _CHARACTERS[ord(found[0])], text)
        if _OTHERWISE in text:
            return None
    text = text.translate(_CHARACTERS)
    return None if _OTHERWISE in text else text
