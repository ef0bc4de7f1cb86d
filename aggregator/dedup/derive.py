"""What is looked up in texts, worked out for many texts at once.

`signals.View` works out each of these by itself when it is asked; here the same is done in long arrays, with
the text's number in the high bits of what is sorted, and put where the view would keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.shingles import shingle_hashes
from aggregator.dedup.signals import CAPITAL, LEAD, LONG, NUMBER, SUBJECT, WIDTH, View

MOST: Final = 1 << 16  # texts at once, and tokens of a text whose positions are sorted along
TELLING: Final = CAPITAL | NUMBER | LONG

Hashes = NDArray[np.uint32]
Numbers = NDArray[np.intp]


def derive(views: Iterable[View]) -> None:
    """Fill in what the views look up: from ``grams`` to ``queries``. Those that have it keep it."""
    found = list({id(view): view for view in views if _is_new(view)}.values())
    for start in range(0, len(found), MOST):
        _derive(found[start : start + MOST])


def _is_new(view: View) -> bool:
    return "queries" not in view.__dict__ and WIDTH <= len(view.body) < MOST


def _derive(views: Sequence[View]) -> None:
    if not views:
        return
    titles, bodies = _Joined([v.title for v in views]), _Joined([v.body for v in views])
    title_flags = np.concatenate([v.title_flags for v in views])
    flags = np.concatenate([v.flags for v in views])
    headings = _distinct(titles.values, titles.whose, len(views))
    everything = _distinct(
        np.concatenate((titles.values, bodies.values)),
        np.concatenate((titles.whose, bodies.whose)),
        len(views),
    )
    telling = (title_flags & TELLING) != 0
    opening = (bodies.places < SUBJECT) & ((flags & TELLING) != 0)
    subjects = _distinct(
        np.concatenate((titles.values[telling], bodies.values[opening])),
        np.concatenate((titles.whose[telling], bodies.whose[opening])),
        len(views),
    )
    facts = ((flags & (NUMBER | CAPITAL)) != 0).nonzero()[0]
    told = _parts(bodies.places[facts], bodies.whose[facts], len(views))
    said = _parts(bodies.values[facts], bodies.whose[facts], len(views))
    _shingles(views, bodies)
    for i, view in enumerate(views):
        heading, subject = headings[i], subjects[i]
        queries = np.concatenate((heading, subject, said[i]))
        view.__dict__ |= {
            "heading": heading,
            "everything": everything[i],
            "subject": subject,
            "told": told[i],
            "facts": said[i],
            "asked": queries[: len(heading) + len(subject)],
            "queries": queries,
        }


class _Joined:
    """Arrays one after another: ``whose`` each value is (uint64), and its place there."""

    def __init__(self, arrays: Sequence[Hashes]) -> None:
        sizes = np.array([len(each) for each in arrays], np.intp)
        self.values = np.concatenate(arrays)
        self.whose = np.arange(len(arrays), dtype=np.uint64).repeat(sizes)
        self.places = np.arange(len(self.values)) - (sizes.cumsum() - sizes).repeat(sizes)
        self.ends = sizes.cumsum()


def _shingles(views: Sequence[View], bodies: _Joined) -> None:
    """Fill in grams, sorting, once and lead."""
    wide = shingle_hashes(bodies.values, WIDTH)
    grams = [
        wide[end - len(v.body) : end - WIDTH + 1] for v, end in zip(views, bodies.ends.tolist(), strict=True)
    ]
    joined = _Joined(grams)
    # The text's number, the hash, the position: sorted as one whole number.
    keys = joined.whose << np.uint64(48)
    keys |= joined.values.astype(np.uint64) << np.uint64(16)
    keys |= joined.places.astype(np.uint64)
    keys.sort()
    order = (keys & np.uint64(0xFFFF)).astype(np.intp)
    ordered = (keys >> np.uint64(16)).astype(np.uint32)
    first = np.ones(len(keys), np.bool_)
    first[1:] = (keys[1:] >> np.uint64(16)) != (keys[:-1] >> np.uint64(16))
    alone = first.copy()
    alone[:-1] &= first[1:]
    whose = keys[alone] >> np.uint64(48)
    once = _parts(ordered[alone], whose, len(views)), _parts(order[alone], whose, len(views))
    first &= order < LEAD - WIDTH + 1
    leads = np.sort((keys[first] >> np.uint64(48)) * np.uint64(LEAD) + order[first].astype(np.uint64))
    lead = _parts((leads % np.uint64(LEAD)).astype(np.intp), leads // np.uint64(LEAD), len(views))
    start = 0
    for i, (view, end) in enumerate(zip(views, joined.ends.tolist(), strict=True)):
        sorting = order[start:end], ordered[start:end]
        alone_here = once[0][i], once[1][i]
        view.__dict__ |= {"grams": grams[i], "sorting": sorting, "once": alone_here, "lead": lead[i]}
        start = end


def _distinct(values: Hashes, whose: NDArray[np.uint64], count: int) -> list[Hashes]:
    """The values of each, sorted, each once."""
    keys = whose << np.uint64(32)
    keys |= values
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    keys = keys[first]
    return _parts(keys.astype(np.uint32), keys >> np.uint64(32), count)


def _parts(values: NDArray[Any], whose: NDArray[np.uint64], count: int) -> list[NDArray[Any]]:
    """Cut into the values of each; ``whose`` ascends."""
    ends = np.bincount(whose.astype(np.intp), minlength=count).cumsum().tolist()
    return [values[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
