"""The five steps over an archive that is in memory."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from aggregator.dedup.archive import candidates, exact
from aggregator.dedup.archive.assembling import assemble
from aggregator.dedup.archive.candidates import Pairs
from aggregator.dedup.archive.deciding import Seen, hear, look
from aggregator.dedup.archive.documents import Document, order, read, twice
from aggregator.dedup.archive.learning import learn_all
from aggregator.dedup.archive.prints import Numbered, Printed, fingerprints
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held, Tie

READ = 256  # documents that are fingerprinted together
LOOKED = 2048  # articles that are looked at together: neighbours in time share candidates
PARTS = 1 << 21  # keys that are sorted at once

A = TypeVar("A")
B = TypeVar("B")


class Map(Protocol):
    """Runs a function over some things, in their order; perhaps in other processes."""

    def __call__(self, function: Callable[[A], B], things: Iterable[A], /) -> Iterator[B]:
        """The results, in order."""


def here(function: Callable[[A], B], things: Iterable[A]) -> Iterator[B]:
    """A `Map` in this process."""
    return map(function, things)


def dedup(
    documents: Iterable[Mapping[str, Any]],
    rules: Rules | None = None,
    progress: Callable[[int], None] | None = None,
    name: str = "-",
    apart: Map | None = None,
) -> list[dict[str, Any]]:
    """Fold an archive into stories.

    ``documents``: parsed lines ``{"id", "source", "title", "text" or "html", "url"?, "published",
    "language"?}``. Raises `UsageError` that names ``name``, the line (from 1; a document's own ``_line`` goes
    before its position, its ``_file`` before ``name``) and the field. ``progress`` is called with the number
    of documents done, thrice over: fingerprinted, compared, and placed. ``apart``: runs the two steps that
    cost most; None: here.

    Returns ``{"id", "story", "canonical", "similarity", "reason"}`` for each document, by published, source
    and id, which is also the order in which they are placed: the order of the lines does not matter. A story
    is named by the id of its first document.
    """
    rules = rules or Rules()
    done = _Done(progress)
    found = in_order(documents, name)
    learnt = learn_all(found)
    printed = _printed(found, learnt, apart or here, done)
    held = [each.held for each in printed]
    pairs = _pairs(held, rules)
    seen = _looked(held, pairs, rules, apart, done)
    ties = decided(seen, _exact(held))
    return list(assemble(printed, ties, rules, progress=done.beyond()))


def in_order(documents: Iterable[Mapping[str, Any]], name: str) -> list[Document]:
    """Read an archive. Raises `UsageError` where a line is wrong or an id is not unique."""
    found = sorted(
        (
            read(line, f"{line.get('_file', name)}:{line.get('_line', number)}")
            for number, line in enumerate(documents, 1)
        ),
        key=order,
    )
    seen: set[str] = set()
    for document in found:
        if str(document.id) in seen:
            raise twice(name, document.id)
        seen.add(str(document.id))
    return found


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
class _Done:
    """Counts what is done for who watches."""

    progress: Callable[[int], None] | None
    number: int = 0

    def more(self, number: int) -> None:
        self.number += number
        if self.progress is not None:
            self.progress(self.number)

    def beyond(self) -> Callable[[int], None] | None:
        """Progress of the next step, which counts from 0."""
        before, progress = self.number, self.progress
        return None if progress is None else lambda number: progress(before + number)


def _printed(
    read: list[Document], learnt: Mapping[str, frozenset[int]], run: Map, done: _Done
) -> list[Printed]:
    """Fingerprint all; a text is forgotten when it is done."""
    total = len(read)
    printed: list[Printed] = []

    def batches() -> Iterator[list[Numbered]]:
        read.reverse()
        while read:
            batch = [read.pop() for _ in range(min(READ, len(read)))]
            first = total - len(read) - len(batch) + 1
            yield [Numbered(n, each, learnt[each.source]) for n, each in enumerate(batch, first)]

    for made in run(fingerprints, batches()):
        printed += made
        done.more(len(made))
    return printed


def _pairs(held: Sequence[Held], rules: Rules) -> Pairs:
    """The pairs to look at, key by key in parts that fit a cache more or less."""
    rows = candidates.keys_of(held)
    parts = max(1, len(rows.keys) // PARTS)
    which = rows.keys % parts
    return candidates.all_pairs(
        candidates.all_pairs([candidates.pairs_of(rows.where(which == part), rules)]) for part in range(parts)
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What `look` needs, to be sent to another process: each article once."""

    held: dict[int, Held]
    pairs: Pairs

    def look(self, rules: Rules, views: Views | None = None) -> list[Seen]:
        pools = pools_of(self.pairs, self.held)
        return list(look([self.held[number] for number in pools], pools, rules, views))


def pools_of(pairs: Pairs, held: Mapping[int, Held]) -> dict[int, list[Held]]:
    """The candidates of each article, of pairs as `all_pairs` gives them."""
    pools: dict[int, list[Held]] = {}
    for later, earlier in zip(pairs.later.tolist(), pairs.earlier.tolist(), strict=True):
        pools.setdefault(later, []).append(held[earlier])
    return pools


def _looked(held: Sequence[Held], pairs: Pairs, rules: Rules, apart: Map | None, done: _Done) -> list[Seen]:
    starts = np.arange(0, len(held), LOOKED)
    bounds = np.append(np.searchsorted(pairs.later, starts + 1), len(pairs.later)).tolist()

    def tasks() -> Iterator[_Look]:
        for first, end in itertools.pairwise(bounds):
            part = pairs.where(slice(first, end))
            numbers = np.union1d(part.later, part.earlier).tolist()
            yield _Look({number: held[number - 1] for number in numbers}, part)

    views = Views() if apart is None else None
    looks = partial(_Look.look, rules=rules, views=views)
    seen: list[Seen] = []
    for number, found in enumerate((apart or here)(looks, tasks()), 1):
        seen += found
        done.more(min(LOOKED, len(held) - LOOKED * (number - 1)))
    return seen


def _exact(held: Sequence[Held]) -> list[Tie]:
    by_address: dict[str, list[Held]] = defaultdict(list)
    for each in held:
        if each.url_key:
            by_address[each.url_key].append(each)
    addresses = (tie for same in by_address.values() for tie in exact.by_address(same))
    return list(exact.preferred(addresses, exact.by_text(exact.texts_of(held))))
