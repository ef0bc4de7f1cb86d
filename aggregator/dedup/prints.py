"""From the tokens of articles to their fingerprints: shingles, signature, keys, evidence.

The compiled kernel does it in one walk over the tokens, where there is one; numpy says what it does, and does
the same, for all articles of a text at once as far as it can. datasketch stays the authority (minhash.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup import minhash
from aggregator.dedup.evidence import Evidence, pack
from aggregator.dedup.keys import LEAD_TOKENS, TITLE_LEAST, TITLE_WIDTH, lead_keys, text_keys, title_keys
from aggregator.dedup.shingles import WIDTH, distinct, mix32, shingle_hashes
from aggregator.model import Fingerprint
from aggregator.native import kernel
from aggregator.text.negation import COARSE, LISTED, negations
from aggregator.text.tokens import NEGATION, Tokens

TEXT_RECIPE: Final = 3  # counts up with every change of tables, tokens, datelines, glue, shingles or keys
RECIPE: Final = f"text{TEXT_RECIPE}-shingle{WIDTH}-{minhash.RECIPE}"

MOST_BODY: Final = 4_000  # tokens of a body that count
MOST_TITLE: Final = 200  # tokens
SHORT: Final = 12  # tokens; of a shorter body the title is read with it
STANDS_ALONE: Final = 30  # tokens of a body that may be equal to another by itself

_NOTHING: Final = np.empty(0, np.uint32)


def fingerprints(tokens: Tokens, firsts: Sequence[int], silent: Collection[int] = ()) -> list[Fingerprint]:
    """Fingerprints of the articles whose titles are the lines ``firsts``; their bodies follow them.

    ``silent``: lines of bodies that do not count. What lies before the first title is nobody's.
    """
    if not firsts:
        return []
    if kernel is None:
        return by_numpy(tokens, firsts, silent)
    mute = bytearray(len(tokens.bounds) - 1)
    for line in silent:
        mute[line] = 1
    return [
        Fingerprint(
            RECIPE, keys, signature, evidence, hashlib.sha256(whole).digest() if whole else b"", length
        )
        for keys, signature, evidence, whole, length in kernel.fingerprints(
            tokens.hashes,
            tokens.flags,
            tokens.bounds,
            mute,
            list(firsts),
            minhash.PERMUTED,
            LISTED,
            COARSE,
        )
    ]


def by_numpy(tokens: Tokens, firsts: Sequence[int], silent: Collection[int] = ()) -> list[Fingerprint]:
    """The same without the kernel."""
    if silent:
        tokens = _without(tokens, silent)
    small = tokens.hashes.astype(np.uint32)
    flags = tokens.flags.copy()
    flags[negations(small)] |= np.uint8(NEGATION)
    starts = tokens.bounds[list(firsts)].tolist()
    bodies = tokens.bounds[[first + 1 for first in firsts]].tolist()
    spans = list(zip(starts, bodies, [*starts[1:], len(small)], strict=True))
    # Shingles of all at once; those that reach into the next article are never looked at.
    wide, narrow = shingle_hashes(small, WIDTH), shingle_hashes(small, TITLE_WIDTH)
    leads = [
        wide[body : min(end, body + LEAD_TOKENS) - WIDTH + 1] if end - body >= SHORT else _NOTHING
        for _, body, end in spans
    ]
    titles = [
        narrow[start : min(body, start + MOST_TITLE) - TITLE_WIDTH + 1]
        if body - start >= TITLE_LEAST
        else _NOTHING
        for start, body, _ in spans
    ]
    mixed = mix32(wide)
    made: list[Fingerprint] = []
    for (start, body, end), of_lead, of_title in zip(
        spans, lead_keys(leads), title_keys(titles), strict=True
    ):
        title = slice(start, min(body, start + MOST_TITLE))
        rest = slice(body, min(end, body + MOST_BODY))
        length = rest.stop - rest.start
        shingles = (
            wide[body : rest.stop - WIDTH + 1] if length >= WIDTH else shingle_hashes(small[rest], WIDTH)
        )
        if length < SHORT:
            elements = mix32(shingle_hashes(np.concatenate([small[title], small[rest]]), WIDTH))
        else:
            elements = mixed[body : rest.stop - WIDTH + 1]
        signature = minhash.least(elements)
        evidence = Evidence(small[title], flags[title], small[rest], flags[rest], distinct(shingles))
        made.append(
            Fingerprint(
                recipe=RECIPE,
                keys=tuple((text_keys(signature) if elements.size else []) + of_lead + of_title),
                signature=minhash.serialise(signature),
                evidence=pack(evidence),
                text_sha256=_whole(tokens.hashes[rest]),
                tokens=title.stop - title.start + length,
            )
        )
    return made


def _without(tokens: Tokens, lines: Collection[int]) -> Tokens:
    """The tokens of the other lines. Bounds stay those of all lines, the silent ones empty."""
    kept = np.ones(len(tokens.hashes), bool)
    for line in lines:
        kept[tokens.bounds[line] : tokens.bounds[line + 1]] = False
    before = np.zeros(len(kept) + 1, np.intp)
    np.cumsum(kept, out=before[1:])
    return Tokens(tokens.hashes[kept], tokens.flags[kept], before[tokens.bounds])


def _whole(body: NDArray[np.uint64]) -> bytes:
    """What equal texts have in common, b"" of a text too short to stand for itself."""
    if len(body) < STANDS_ALONE:
        return b""
    return hashlib.sha256(body.astype("<u8", copy=False).tobytes()).digest()
