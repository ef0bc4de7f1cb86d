"""The five steps over an archive, in one process or in several beside it.

What is large (documents, fingerprints) lies on shelves: lists, or whatever else keeps things by their place.
What stays in memory is some numbers an article.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aggregator.dedup.archive import candidates, exact
from aggregator.dedup.archive.assembling import assemble
from aggregator.dedup.archive.candidates import Keys, Pairs
from aggregator.dedup.archive.deciding import Seen, hear
from aggregator.dedup.archive.documents import Document, order, read, twice
from aggregator.dedup.archive.learning import LEAST, RECENT, learn
from aggregator.dedup.archive.looking import look_at_all
from aggregator.dedup.archive.prints import Numbered, Printed, fingerprints, outline
from aggregator.dedup.archive.shelves import Map, Progress, Shelf, here, quietly
from aggregator.dedup.rules import Rules
from aggregator.model import Held, Tie

READ = 256  # documents that are fingerprinted together
PARTS = 1 << 21  # keys that are sorted at once


def dedup(
    documents: Iterable[Mapping[str, Any]], rules: Rules | None = None, name: str = "-"
) -> list[dict[str, Any]]:
    """Fold an archive into stories, in memory.

    ``documents``: parsed lines ``{"id", "source", "title", "text" or "html", "url"?, "published",
    "language"?}``. Raises `UsageError` that names ``name``, the line (from 1) and the field. Returns what
    `fold` gives.
    """
    return list(fold(read_all(documents, name), rules or Rules(), name))


def fold(
    documents: Iterable[Document],
    rules: Rules,
    name: str,
    *,
    progress: Progress = quietly,
    apart: Map = here,
    shelf: Callable[[], Shelf[Any]] = list,
) -> Iterator[dict[str, Any]]:
    """Fold an archive into stories.

    ``progress`` is called with a step, how much of it is done and of how much (None: not known). ``apart``
    runs the two steps that cost most. ``shelf`` makes empty shelves. Raises `UsageError` where an id is not
    unique.

    Gives ``{"id", "story", "canonical", "similarity", "reason"}`` for each document, by published, source
    and id, which is also the order in which they are placed: the order of the lines does not matter. A story
    is named by the id of its first document.
    """
    found = arrange(_counted(documents, progress), shelf(), name)
    printed = _printed(found, learn_each(found), shelf(), apart, progress)
    pairs = _pairs(printed, rules)
    seen = look_at_all(printed.held, len(printed.outlines), pairs, rules, apart, progress)
    ties = decided(seen, printed.exact())
    del pairs, seen
    total = len(printed.outlines)
    yield from assemble(printed.outlines, ties, rules, lambda number: progress("placed", number, total))


def read_all(documents: Iterable[Mapping[str, Any]], name: str) -> Iterator[Document]:
    """Check parsed lines. Raises `UsageError` where one is wrong."""
    return (read(line, f"{name}:{number}") for number, line in enumerate(documents, 1))


def _counted(documents: Iterable[Document], progress: Progress) -> Iterator[Document]:
    for number, document in enumerate(documents, 1):
        yield document
        if not number % READ:
            progress("read", number, None)


@dataclass(frozen=True, slots=True)
class Arranged:
    """Documents on a shelf. ``places``: int64[n], where each lies, in the order of the archive;
    ``by_source``: the indexes of each source's documents there."""

    shelf: Shelf[Document]
    places: candidates.Numbers
    by_source: Mapping[str, Sequence[int]]

    def at(self, index: int) -> Document:
        """The document at an index of the order."""
        return self.shelf[int(self.places[index])]

    def documents(self) -> list[Document]:
        """All in order; for archives that fit in memory."""
        return [self.shelf[place] for place in self.places.tolist()]


def arrange(documents: Iterable[Document], shelf: Shelf[Document], name: str) -> Arranged:
    """Put documents on the shelf, and find their order. Raises `UsageError` where an id is not unique."""
    sources: dict[str, str] = {}
    rows = []
    for place, document in enumerate(documents):
        shelf.append(document)
        moment, source, identity = order(document)
        rows.append((moment, sources.setdefault(source, source), identity, place))
    rows.sort()
    seen: set[str] = set()
    by_source: dict[str, list[int]] = {source: [] for source in sources}
    for index, (_, source, identity, place) in enumerate(rows):
        if identity in seen:
            raise twice(name, shelf[place].id)
        seen.add(identity)
        by_source[source].append(index)
    return Arranged(shelf, np.array([row[3] for row in rows], np.int64), by_source)


def learn_each(found: Arranged) -> dict[str, frozenset[int]]:
    """The boilerplate of each source."""
    return {
        source: learn([found.at(index) for index in own[-RECENT:]] if len(own) >= LEAST else (), len(own))
        for source, own in found.by_source.items()
    }


def decided(seen: Sequence[Seen], exactly: Sequence[Tie]) -> list[Tie]:
    """All ties, from the pairs that were seen and the exact ones."""
    one: dict[int, set[int]] = defaultdict(set)
    for a, b in [
        *((each.later, each.earlier) for each in seen if each.one),
        *((tie.a, tie.b) for tie in exactly),
    ]:
        one[a].add(b)
        one[b].add(a)
    return [*(hear(each, one.get(each.earlier, ())) for each in seen), *exactly]


@dataclass(slots=True)
class _Prints:
    """The articles of an archive. ``held``: by number - 1; of what is asked of all there are columns:
    ``keys``, ``counts`` (keys of each), ``times`` and ``addresses`` (hashed; 0: none), a piece a batch."""

    held: Shelf[Held]
    outlines: list[Printed] = field(default_factory=list)
    keys: list[candidates.Numbers] = field(default_factory=list)
    counts: list[candidates.Numbers] = field(default_factory=list)
    times: list[candidates.Numbers] = field(default_factory=list)
    addresses: list[candidates.Numbers] = field(default_factory=list)

    def add(self, made: Sequence[Printed]) -> None:
        """Take the next."""
        for each in made:
            self.held.append(each.held)
            self.outlines.append(outline(each))
        held = [each.held for each in made]
        self.keys.append(np.array([key for one in held for key in one.fingerprint.keys], np.int64))
        self.counts.append(np.array([len(one.fingerprint.keys) for one in held], np.int64))
        self.times.append(np.array([candidates.microseconds(one.effective) for one in held], np.int64))
        self.addresses.append(np.array([_hashed(one.url_key) for one in held], np.int64))

    def rows(self, parts: int) -> Iterator[Keys]:
        """All keys with whose they are and when, in parts, each with all articles of its keys."""
        keys, times = (np.concatenate(each) for each in (self.keys, self.times))
        numbers = np.arange(1, len(times) + 1, dtype=np.int32).repeat(np.concatenate(self.counts))
        which = (keys % parts).astype(np.int16)
        for part in range(parts):
            chosen = which == part
            whose = numbers[chosen].astype(np.int64)
            yield Keys(keys[chosen], whose, times[whose - 1])

    def exact(self) -> list[Tie]:
        """The exact ties. Only of articles that share an address their texts are looked at."""
        by_address: dict[str, list[Held]] = defaultdict(list)
        for index in _shared(self.addresses):
            held = self.held[index]
            by_address[held.url_key or ""].append(held)
        addresses = (tie for same in by_address.values() for tie in exact.by_address(same))
        texts = exact.by_text(exact.texts_of(each.held for each in self.outlines))
        return list(exact.preferred(addresses, texts))


def _hashed(address: str | None) -> int:
    if not address:
        return 0
    return int.from_bytes(hashlib.blake2b(address.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def _shared(hashes: list[candidates.Numbers]) -> list[int]:
    """The indexes of those that are not alone."""
    if not hashes:
        return []
    whole = np.concatenate(hashes)
    _, which, counts = np.unique(whole, return_inverse=True, return_counts=True)
    found: list[int] = ((counts[which] > 1) & (whole != 0)).nonzero()[0].tolist()
    return found


@dataclass(frozen=True, slots=True)
class _Print:
    """Some documents to fingerprint, to be sent to another process. ``first``: the number of the first."""

    shelf: Shelf[Document]
    places: list[int]
    first: int
    learnt: Mapping[str, frozenset[int]]

    def fingerprints(self) -> list[Printed]:
        documents = [self.shelf[place] for place in self.places]
        return fingerprints(
            [Numbered(n, each, self.learnt[each.source]) for n, each in enumerate(documents, self.first)]
        )


def _printed(
    found: Arranged, learnt: Mapping[str, frozenset[int]], shelf: Shelf[Held], apart: Map, progress: Progress
) -> _Prints:
    total = len(found.places)
    sources = np.empty(total, object)
    for source, own in found.by_source.items():
        sources[own] = source
    made = _Prints(shelf)

    def tasks() -> Iterator[_Print]:
        for start in range(0, total, READ):
            batch = slice(start, start + READ)
            some = {source: learnt[source] for source in sources[batch]}
            yield _Print(found.shelf, found.places[batch].tolist(), start + 1, some)

    for batch in apart(_Print.fingerprints, tasks()):
        made.add(batch)
        progress("fingerprinted", len(made.outlines), total)
    return made


def _pairs(printed: _Prints, rules: Rules) -> Pairs:
    """The pairs to look at, key by key in parts that fit a cache more or less."""
    if not printed.outlines:
        return candidates.all_pairs([])
    parts = max(1, sum(map(len, printed.keys)) // PARTS)
    return candidates.all_pairs(
        candidates.all_pairs([candidates.pairs_of(rows, rules)]) for rows in printed.rows(parts)
    )
