"""Which passages of a source are its furniture: learnt from what recurs, without a list of any language.

"Subscribe", "Leave a reply", share bars, agency footers and blocks of related links stand in many *different*
texts of one source. A wire text recurs too, but with the same text around it: as a reprint, or in ever new
versions. So a passage is boilerplate of a source when it ends up in many texts of it that are mostly their
own. Nothing here depends on the order of the texts.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.sorting import different, numbered

LEAST = 5  # different texts of one source
SHARE = 0.02  # of the source's articles
RECENT = 500  # articles of a source from which it is learnt, the newest
OWN = 0.5  # share of a text's words that stand nowhere else, from which it counts without a look at its title
ONE_TITLE = 0.5  # Jaccard of two titles' words from which texts with little of their own are versions of one
FEW_OWN = 256  # texts with little of their own that are looked at, by a choice that time has no part in
MOST_WORDS = 0xFFFF  # of a passage, as kept
MOST_TITLE = 60  # words of a title, as kept


class Text(NamedTuple):
    """A text of a source as it is kept for counting; little-endian arrays.

    ``passages``: int64, a hash of each paragraph (0: no words). ``words``: uint16, how many words each has.
    ``title``: uint32, hashes of the title's words.
    """

    passages: bytes
    words: bytes
    title: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What is held of a source when its feed is prepared.

    ``digests``: guid → raw_sha256 of the entries that its feed had; equal ones are not prepared again.
    ``texts``: its newest texts as boilerplate is learnt from them, the newest first.
    """

    digests: Mapping[str, bytes]
    texts: Sequence[Text] = ()


@dataclass(frozen=True, slots=True)
class Texts:
    """The n texts of one source with m passages in all, as `count` reads them.

    ``passages``: int64[m], one text after the other; equal passages are equal numbers, 0 is none. ``words``:
    [m], their lengths, in any unit. ``sizes``: [n], how many passages each text has. ``title``: the words of
    a text's title by its index; asked for few.
    """

    passages: NDArray[np.int64]
    words: NDArray[np.int64]
    sizes: NDArray[np.intp]
    title: Callable[[int], Collection[int]]


def text(passages: Sequence[int], words: Sequence[int], title: NDArray[np.uint32]) -> Text:
    """A text to keep."""
    return Text(
        struct.pack(f"<{len(passages)}q", *passages),
        struct.pack(f"<{len(words)}H", *[min(each, MOST_WORDS) for each in words]),
        title[:MOST_TITLE].astype("<u4", copy=False).tobytes(),
    )


def texts(kept: Iterable[Text]) -> Texts:
    """Kept texts, made ready for `count`. A text that nothing was read from (no passages) is left out."""
    rows = [row for row in kept if row.passages]
    return Texts(
        passages=np.frombuffer(b"".join(row.passages for row in rows), "<i8").astype(np.int64),
        words=np.frombuffer(b"".join(row.words for row in rows), "<u2").astype(np.int64),
        sizes=np.array([len(row.passages) // 8 for row in rows], np.intp),
        title=lambda index: np.frombuffer(rows[index].title, "<u4").tolist(),
    )


def learn(
    counts: Mapping[int, int],
    articles: int,
    before: Collection[int] = (),
    *,
    least: int = LEAST,
    share: float = SHARE,
) -> frozenset[int]:
    """Return the passages of a source that recur in ``least`` texts and ``share`` of its articles.

    What was learnt ``before`` stays until it recurs in half as many: a passage at the limit must not come and
    go, since each change is another version, with which articles are fingerprinted anew.
    """
    needed = max(least, share * min(articles, RECENT))
    return frozenset(
        passage
        for passage, seen in counts.items()
        if seen >= needed or (passage in before and 2 * seen >= needed)
    )


def count(found: Texts) -> dict[int, int]:
    """Count in how many different texts of a source each passage occurs, if in more than one.

    Texts with the same passages are one. A text counts if it has passages of its own, which occur in no
    other. If these are less than half of it, it may be a version of another, and counts only once with those
    whose titles are like its own.
    """
    owners = np.repeat(np.arange(len(found.sizes)), found.sizes)
    full = found.passages != 0
    owners, passages, words = owners[full], found.passages[full], found.words[full]
    if not len(passages):
        return {}
    width = len(found.sizes)
    kept = _one_of_equals(owners, passages, found.title, width)[owners] == owners
    owners, passages, words = owners[kept], passages[kept], words[kept]
    distinct, number = numbered(passages)
    pairs = different(number * width + owners)  # each passage once a text
    passage_of, text_of = np.divmod(pairs, width)
    support = np.bincount(passage_of, minlength=len(distinct))
    alone = support[number] == 1
    own = np.bincount(owners, words * alone, width)
    total = np.bincount(owners, words, width)
    recurring = support[passage_of] > 1
    passage_of, text_of = passage_of[recurring], text_of[recurring]
    whole = (own > 0) & (own >= OWN * total)
    counts = np.bincount(passage_of[whole[text_of]], minlength=len(distinct))
    some = (own > 0) & ~whole
    if some[text_of].any():
        # The least of a text's own passages orders texts whatever their order was.
        order = np.full(width, np.iinfo(np.int64).max)
        np.minimum.at(order, owners[alone], passages[alone])
        group = _groups(different(text_of[some[text_of]]), order, found.title, width)
        of = group[text_of]
        seen = different(passage_of[of >= 0] * width + of[of >= 0]) // width
        counts += np.bincount(seen, minlength=len(distinct))
    there = np.flatnonzero(counts)
    return dict(zip(distinct[there].tolist(), counts[there].tolist(), strict=True))


def _one_of_equals(
    owners: NDArray[np.intp], passages: NDArray[np.int64], title: Callable[[int], Collection[int]], width: int
) -> NDArray[np.intp]:
    """For each text: which of those with the same passages stands for all of them."""
    bounds = np.searchsorted(owners, np.arange(width + 1)).tolist()
    equals: dict[bytes, list[int]] = {}
    content = passages.tobytes()
    for index, (start, end) in enumerate(itertools.pairwise(bounds)):
        equals.setdefault(content[8 * start : 8 * end], []).append(index)
    chosen = np.arange(width)
    for same in equals.values():
        if len(same) > 1:
            chosen[same] = min(same, key=lambda index: sorted(title(index)))
    return chosen


def _groups(
    some: NDArray[np.intp],
    order: NDArray[np.int64],
    title: Callable[[int], Collection[int]],
    width: int,
) -> NDArray[np.intp]:
    """Number the groups of texts with titles that are alike (no title: one group); -1: not looked at."""
    group = np.full(width, -1, np.intp)
    leaders: list[frozenset[int]] = []
    for index in some[order[some].argsort()][:FEW_OWN].tolist():
        words = frozenset(title(index))
        for number, leader in enumerate(leaders):
            shared = len(words & leader)
            if shared >= ONE_TITLE * (len(words) + len(leader) - shared):
                group[index] = number
                break
        else:
            group[index] = len(leaders)
            leaders.append(words)
    return group
