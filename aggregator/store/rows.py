"""From prepared entries to rows, and to what the detector reads. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aggregator.model import Fingerprint, Held, Placement, Prepared
from aggregator.store.sources import Facts
from aggregator.store.values import (
    PART,
    below_part,
    digest64,
    hash64,
    micros,
    packed,
    slot,
    storable,
    storable_or_none,
)

MAX_KEYS = 20  # candidate keys of an article

ARTICLE = (
    "id", "source", "story", "guid", "guid_hash", "url", "url_key", "url_hash", "title", "authors",
    "published_claimed", "published", "published_from", "effective", "first_seen", "last_absent",
    "raw_sha256",
    "text_sha256", "text_hash", "tokens", "relation", "similarity", "reason", "marks", "credit", "language",
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
    entry = each.entry
    return {
        "guid": storable(entry.guid),
        "guid_hash": hash64(entry.guid),
        "url": storable_or_none(entry.url),
        "url_key": storable_or_none(each.url_key),
        "url_hash": None if each.url_key is None else hash64(each.url_key),
        "title": storable(entry.title),
        "authors": packed(entry.authors),
        "raw_sha256": entry.raw_sha256,
        "text_sha256": each.fingerprint.text_sha256,
        "text_hash": digest64(each.fingerprint.text_sha256),
        "tokens": each.fingerprint.tokens,
        "credit": storable_or_none(each.credit),
        "language": entry.language,
    }


def article(
    each: Prepared, arrival: Held, placement: Placement, *, number: int, story: int, source: int,
    first_seen: datetime, last_absent: int | None,
) -> tuple[Any, ...]:  # fmt: skip
    """Return a row of ``articles``, in the order of `ARTICLE`."""
    entry = each.entry
    believed = entry.published is not None and entry.published <= first_seen
    values = entry_values(each) | {
        "id": number,
        "source": source,
        "story": story,
        "published_claimed": storable_or_none(entry.published_claimed),
        "published": micros(entry.published),
        "published_from": "feed" if believed else "first-seen",
        "effective": micros(arrival.effective),
        "first_seen": micros(first_seen),
        "last_absent": last_absent,
        "relation": placement.relation,
        "similarity": placement.similarity,
        "reason": placement.reason,
        "marks": " ".join(placement.marks),
    }
    return tuple(values[name] for name in ARTICLE)


def text(each: Prepared, number: int) -> tuple[Any, ...]:
    """Return a row of ``texts``, in the order of `TEXT`."""
    entry = each.entry
    return (
        number,
        storable(entry.summary),
        storable(entry.content),
        storable(each.text),
        packed(entry.categories),
        packed([it.url, it.type, it.length] for it in entry.enclosures),
        packed(each.boilerplate),
    )


def fingerprint(made: Fingerprint, number: int, recipe: int) -> tuple[Any, ...]:
    """Return a row of ``fingerprints``, in the order of `FINGERPRINT`."""
    keys = struct.pack(f"<{len(made.keys)}q", *made.keys)
    return number, recipe, made.signature, made.evidence, keys


def slots(keys: Sequence[int], when: int, recipe: int) -> list[int]:
    """Return the slots of an article's keys, at most `MAX_KEYS`. ``when``: effective time, microseconds."""
    base = slot(when // PART, 0, 0)
    return list(dict.fromkeys([base | below for below in below_part(keys[:MAX_KEYS], recipe)]))


def unpack_keys(packed_keys: bytes) -> tuple[int, ...]:
    """Return the keys that `fingerprint` packed."""
    return struct.unpack(f"<{len(packed_keys) // 8}q", packed_keys)


def lead_of(body: str, enough: int = 600) -> str:
    """Return the first paragraphs of a text, until they have ``enough`` characters."""
    taken, length = [], 0
    for paragraph in body.split("\n\n"):
        taken.append(paragraph)
        length += len(paragraph)
        if length >= enough:
            break
    return "\n\n".join(taken)[: 2 * enough]
