"""The statements of placing: pure, built once, the same on every database."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal, or_, select, update

from aggregator.store.among import among, among_strings
from aggregator.store.schema import (
    articles,
    candidate_keys,
    constraints,
    corrections,
    fingerprints,
    fresh_keys,
    gathered_keys,
    instance,
    recipes,
    sources,
    stories,
    texts,
)

A = articles.c

SOURCE = select(sources).where(sources.c.id == bindparam("id")).with_for_update()


class Polled(NamedTuple):
    """A source, as storing what a poll of it brought asks for it."""

    no: int
    id: str
    title: str
    grp: str
    language: str | None
    authority: int
    agency: bool
    paywall: bool
    fold_scope: Any
    fold_threshold: float | None
    site_url: str | None
    url: str
    host: str
    hub: str | None
    lease_owner: str | None
    last_success: int | None
    failures: int
    wire_bytes: int
    polls: int
    rhythm: bytes | None
    boilerplate_version: int
    fingerprinted: int


# Locked in one order, as everything that locks several sources does.
POLLED = (
    select(*(sources.c[name] for name in Polled._fields))
    .where(among_strings(sources.c.id, "ids"))
    .order_by(sources.c.no)
    .with_for_update()
)

COUNTERS = select(instance)

COUNT_ON = update(instance).values(
    last_article=bindparam("the_article"), last_story=bindparam("the_story"), version=instance.c.version + 1
)

BUMP = update(instance).values(version=instance.c.version + 1)

# ----------------------------------------------------------------------------- what a source has


class Own(NamedTuple):
    """An article, as what its source sends is compared with it."""

    id: int
    story: int
    guid: str
    guid_hash: int
    url_key: str | None
    title: str
    raw_sha256: bytes
    text_sha256: bytes
    text_hash: int | None
    tokens: int
    effective: int
    published: int | None
    last_seen: int | None


_OWN = select(*(A[name] for name in Own._fields))

PRESENT = _OWN.where(A.source == bindparam("no"), A.last_seen.is_(None))

BY_GUID = _OWN.where(A.source == bindparam("no"), among(A.guid_hash, "hashes"))

# A source has thousands of articles, a text one or two: the index of texts is asked, whatever is guessed.
LEFT_BY_TEXT = _OWN.where(
    A.source + literal(0) == bindparam("no"), among(A.text_hash, "hashes"), A.last_seen.is_not(None)
)

PRINTS = (
    select(fingerprints.c.article, fingerprints.c.evidence, recipes.c.name)
    .join_from(fingerprints, recipes, recipes.c.no == fingerprints.c.recipe)
    .where(among(fingerprints.c.article, "ids"))
)

# ----------------------------------------------------------------------------- the neighbourhood

# What may have changed since an article was read, and what tells whether the rest did.
_HEAD = select(
    A.id, A.source, A.story, A.effective, A.raw_sha256, A.text_sha256, A.reason,
    # For the detector the article that speaks: whose text is shown, whoever is credited.
    (func.coalesce(stories.c.text, stories.c.canonical) == A.id).label("canonical"),
).join_from(articles, stories, stories.c.id == A.story)  # fmt: skip

HEAD_BY_URL = _HEAD.where(among(A.url_hash, "hashes"))

# The oldest of each text is enough: a passage such as a stock notice may be there a thousand times.
HEAD_BY_TEXT = _HEAD.where(
    A.id.in_(select(func.min(A.id)).where(among(A.text_hash, "hashes")).group_by(A.text_hash))
)

HEAD_BY_ID = _HEAD.where(among(A.id, "ids"))

HEAD_BY_STORY = _HEAD.where(among(A.story, "stories"))

# … and of all that is of a story with one of these.
_NEAR = articles.alias("near")
HEAD_AROUND = _HEAD.where(A.story.in_(select(_NEAR.c.story).where(among(_NEAR.c.id, "ids"))))

BODY = (
    select(
        A.id, A.guid, A.title, A.url_key, A.language, A.credit, A.tokens,
        fingerprints.c.recipe, fingerprints.c.signature, fingerprints.c.evidence,
    )
    .join_from(articles, fingerprints, fingerprints.c.article == A.id)
    .where(among(A.id, "ids"))
)  # fmt: skip

KEYS = (candidate_keys, gathered_keys, fresh_keys)  # the candidate index: what is new may be apart

PARTS = select(*(select(which(of.c.slot)).scalar_subquery() for of in KEYS for which in (func.min, func.max)))

EFFECTIVE = select(A.id, A.effective).where(among(A.id, "ids"))

CANDIDATES = select(A.id, A.effective, A.text_hash, A.tokens).where(among(A.id, "ids"))

SIGNATURES = select(fingerprints.c.article, fingerprints.c.signature).where(
    among(fingerprints.c.article, "ids")
)

CONSTRAINTS = (
    select(constraints.c.a, constraints.c.b, constraints.c.together)
    .join_from(constraints, corrections, corrections.c.id == constraints.c.correction)
    .where(corrections.c.undone.is_(None), or_(among(constraints.c.a, "ids"), among(constraints.c.b, "ids")))
    .order_by(constraints.c.correction)
)

RECIPES = select(recipes.c.no, recipes.c.name)

TEXTS = select(texts.c.article, texts.c.text).where(among(texts.c.article, "ids"))
