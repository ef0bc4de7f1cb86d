"""From prepared entries to rows, and to what the detector reads. Pure."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregator.model import Fingerprint, Held, Placement, Prepared
from aggregator.store.sources import Facts
from aggregator.store.values import (
    PART,
    below_part,
    digest64,
    hash64,
    micros,
    packed,
    slots_in,
    storable,
    storable_or_none,
)

MAX_KEYS = 20  # candidate keys of an article

ENTRY = (  # what an article takes from its entry
    "guid", "guid_hash", "url", "url_key", "url_hash", "title", "authors", "raw_sha256", "text_sha256",
    "text_hash", "tokens", "credit", "language",
)  # fmt: skip
ARTICLE = (
    "id", "source", "story", "published_claimed", "published", "published_from", "effective", "first_seen",
    "last_absent", "relation", "similarity", "reason", "marks", *ENTRY,
)  # fmt: skip
TEXT = ("article", "summary", "content", "text", "categories", "enclosures", "boilerplate")
FINGERPRINT = ("article", "recipe", "signature", "evidence", "bands")
KEY = ("slot", "article")
STORY = ("id", "canonical", "published", "updated", "placed", "text", "link")
LINK = ("article", "other", "relation", "similarity")


def effective(published: datetime | None, first_seen: datetime) -> datetime:
    """Return the earlier of published and first seen: a date in the future is not believed."""
    return first_seen if published is None else min(published, first_seen)


def held(each: Prepared, number: int, facts: Facts, first_seen: datetime) -> Held:
    """Return an arrival, as the detector reads it."""
    return Held(
        id=number,
        source=facts.id,
        group=facts.group,
        title=each.entry.title,
        effective=effective(each.entry.published, first_seen),
        fingerprint=each.fingerprint,
        url_key=each.url_key,
        guid=each.entry.guid,
        language=each.entry.language or facts.language,
        authority=facts.authority,
        agency=facts.agency,
        paywall=facts.paywall,
        credit=each.credit,
        fold=facts.fold,
    )


def entry_values(each: Prepared) -> dict[str, Any]:
    """What an article takes from its entry, each time that the entry's bytes change."""
    return dict(zip(ENTRY, _entry(each), strict=True))


def _entry(each: Prepared) -> tuple[Any, ...]:
    """The columns of `ENTRY`."""
    entry, made = each.entry, each.fingerprint
    return (
        storable(entry.guid),
        hash64(entry.guid),
        storable_or_none(entry.url),
        storable_or_none(each.url_key),
        None if each.url_key is None else hash64(each.url_key),
        storable(entry.title),
        packed(entry.authors),
        entry.raw_sha256,
        made.text_sha256,
        digest64(made.text_sha256),
        made.tokens,
        storable_or_none(each.credit),
        entry.language,
    )


def article(
    each: Prepared, placement: Placement, *, number: int, story: int, source: int, when: int, first_seen: int,
    last_absent: int | None,
) -> tuple[Any, ...]:  # fmt: skip
    """Return a row of ``articles``, in the order of `ARTICLE`. ``when``: its effective time."""
    published = micros(each.entry.published)
    return (
        number,
        source,
        story,
        storable_or_none(each.entry.published_claimed),
        published,
        "feed" if published is not None and published <= first_seen else "first-seen",
        when,
        first_seen,
        last_absent,
        placement.relation,
        placement.similarity,
        placement.reason,
        " ".join(placement.marks),
        *_entry(each),
    )


def text(each: Prepared, number: int) -> tuple[Any, ...]:
    """Return a row of ``texts``, in the order of `TEXT`."""
    entry = each.entry
    return (
        number,
        storable(entry.summary),
        storable(entry.content),
        storable(each.text),
        packed(entry.categories),
        packed([[it.url, it.type, it.length] for it in entry.enclosures]),
        packed(each.boilerplate),
    )


def fingerprint(made: Fingerprint, number: int, recipe: int) -> tuple[Any, ...]:
    """Return a row of ``fingerprints``, in the order of `FINGERPRINT`."""
    keys = struct.pack(f"<{len(made.keys)}q", *made.keys)
    return number, recipe, made.signature, made.evidence, keys


class Keys(NamedTuple):
    """Candidate keys of n texts, at most `MAX_KEYS` of each, one text after the other.

    ``below``: int64[m], what slots have below the part. ``whose``: [m], which text each is of. ``places``:
    [m], which of its keys it is.
    """

    below: NDArray[np.int64]
    whose: NDArray[np.intp]
    places: NDArray[np.intp]


def keys_of(keys: Sequence[Sequence[int]], recipes: Sequence[int]) -> Keys:
    """The candidate keys of fingerprints, whose recipes have these numbers."""
    sizes = np.array([min(len(each), MAX_KEYS) for each in keys], np.intp)
    whose = np.arange(len(keys)).repeat(sizes)
    flat = np.fromiter(chain.from_iterable(each[:MAX_KEYS] for each in keys), np.int64, len(whose))
    places = np.arange(len(whose)) - (sizes.cumsum() - sizes).repeat(sizes)
    return Keys(below_part(flat, np.array(recipes, np.int64)[whose]), whose, places)


class Indexed(NamedTuple):
    """An article as the candidate index takes it. ``when``: effective time, microseconds."""

    keys: Sequence[int]
    recipe: int
    when: int
    article: int


def candidates(made: Sequence[Indexed], crowded: Collection[int] = ()) -> list[tuple[int, int]]:
    """Rows of ``candidate_keys`` (slot, article), in their order; none of the ``crowded`` slots."""
    keys = keys_of([each.keys for each in made], [each.recipe for each in made])
    parts = np.array([each.when for each in made], np.int64) // PART
    slots = slots_in(parts[keys.whose], keys.below)
    articles = np.array([each.article for each in made], np.int64)[keys.whose]
    order = np.lexsort((articles, slots))
    slots, articles = slots[order], articles[order]
    keep = np.ones(len(slots), np.bool_)
    keep[1:] = (slots[1:] != slots[:-1]) | (articles[1:] != articles[:-1])
    if crowded:
        keep &= ~np.isin(slots, np.array(list(crowded), np.int64))
    return list(zip(slots[keep].tolist(), articles[keep].tolist(), strict=True))


def unpack_keys(packed_keys: bytes) -> tuple[int, ...]:
    """Return the keys that `fingerprint` packed."""
    return struct.unpack(f"<{len(packed_keys) // 8}q", packed_keys)


def lead_of(body: str, enough: int = 600) -> str:
    """Return the first paragraphs of a text, until they have ``enough`` characters."""
    length, end = 0, -2
    while length < enough:
        start = end + 2
        end = body.find("\n\n", start)
        if end < 0:
            end = len(body)
            break
        length += end - start
    return body[: min(end, 2 * enough)]
