"""From an article's text to its fingerprint: what the detector stores and decides on.

    title, paragraphs → dateline off, glued-on lines and learnt passages out → tokens → shingles → signature, keys

Deterministic across processes and machines; no clock, no chance, no hash seed.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup import minhash
from aggregator.dedup.keys import LEAD_TOKENS, TITLE_LEAST, TITLE_WIDTH, keys
from aggregator.dedup.shingles import WIDTH, distinct, shingle_hashes
from aggregator.model import Fingerprint
from aggregator.text.dateline import dateline
from aggregator.text.glue import is_glue
from aggregator.text.negation import negations
from aggregator.text.tables import mix64
from aggregator.text.tokens import INVERSES, NEGATION, POWERS, Tokens, tokenise

TEXT_RECIPE: Final = 1  # counts up with every change of tables, tokens, datelines, glue, shingles or keys
RECIPE: Final = f"text{TEXT_RECIPE}-shingle{WIDTH}-{minhash.RECIPE}"

MOST_BODY: Final = 4_000  # tokens of a body that count
MOST_TITLE: Final = 200
TITLE_CHARACTERS: Final = 1_000
SHORT: Final = 12  # tokens; of a shorter body the title is read with it
STANDS_ALONE: Final = 30  # tokens of a body that may be equal to another by itself

_HEADER: Final = struct.Struct("<BBHII")
_VERSION: Final = 1
_NOTHING: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the exact decision reads.

    ``title``, ``body``: uint32 hashes of the tokens in order; equal words are equal numbers in both. ``body`` is
    without boilerplate and dateline, at most ``MOST_BODY``. Their ``_flags`` are uint8 of aggregator.text.tokens.
    ``shingles``: uint32, sorted, each once, three tokens of the body wide.
    """

    title: NDArray[np.uint32]
    title_flags: NDArray[np.uint8]
    body: NDArray[np.uint32]
    body_flags: NDArray[np.uint8]
    shingles: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A fingerprint and what was seen on the way.

    ``passages``: of each paragraph, a signed 64-bit hash (0: no words). ``left_out``: indexes of the paragraphs
    that do not count. ``credit``: the agency that the dateline names.
    """

    fingerprint: Fingerprint
    passages: tuple[int, ...]
    left_out: tuple[int, ...]
    credit: str | None


def fingerprint(
    title: str, paragraphs: Sequence[str], *, language: str | None = None, leave_out: Collection[int] = ()
) -> Fingerprint:
    """The fingerprint of an article. ``leave_out``: passages that are this source's boilerplate."""
    return analyse(title, paragraphs, language=language, leave_out=leave_out).fingerprint


def passages(paragraphs: Sequence[str]) -> tuple[int, ...]:
    """A signed 64-bit hash of each paragraph's words (0: none), the same as ``analyse`` finds."""
    lines, _ = _lines("", paragraphs)
    return _passages(_bounded(lines))


def analyse(
    title: str,
    paragraphs: Sequence[str],
    *,
    language: str | None = None,  # noqa: ARG001, every script is read alike; for rules that need it
    leave_out: Collection[int] = (),
) -> Analysis:
    """Fingerprint an article and say what was left out and who is credited."""
    lines, credit = _lines(title, paragraphs)
    tokens = _bounded(lines)
    hashes = _passages(tokens)
    left_out = tuple(
        index for index, passage in enumerate(hashes) if passage in leave_out or is_glue(lines[index + 1])
    )
    return Analysis(_fingerprint(tokens, left_out), hashes, left_out, credit)


def _lines(title: str, paragraphs: Sequence[str]) -> tuple[list[str], str | None]:
    """Title and paragraphs as lines, the dateline taken off the first paragraph."""
    lines = [title[:TITLE_CHARACTERS], *paragraphs]
    credit = None
    if len(lines) > 1 and (found := dateline(lines[1])) is not None:
        lines[1] = lines[1][found.length :]
        credit = found.credit
    return lines, credit


def _bounded(lines: list[str]) -> Tokens:
    """Tokens with exactly one entry in ``bounds`` a line, whatever the lines hold and however long they are."""
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1:
        text = "\n".join(line.replace("\n", " ") for line in lines)
    tokens = tokenise(text)
    missing = len(lines) + 1 - len(tokens.bounds)
    if missing <= 0:
        return tokens
    bounds = np.concatenate([tokens.bounds, np.full(missing, tokens.bounds[-1])])
    return Tokens(tokens.hashes, tokens.flags, bounds)


def _passages(tokens: Tokens) -> tuple[int, ...]:
    starts, ends = tokens.bounds[1:-1], tokens.bounds[2:]
    full = (starts < ends).nonzero()[0]
    made = np.zeros(len(starts), np.int64)
    if full.size:
        first = starts[full]
        sums = np.add.reduceat(tokens.hashes * POWERS[: len(tokens.hashes)], first)
        made[full] = mix64(sums * INVERSES.take(first)).view(np.int64)
    return tuple(made.tolist())


def _fingerprint(tokens: Tokens, left_out: tuple[int, ...]) -> Fingerprint:
    bounds = tokens.bounds
    small = tokens.hashes.astype(np.uint32)
    flags = tokens.flags
    flags[negations(small)] |= NEGATION
    title_end = int(bounds[1])
    long_body, body_flags = tokens.hashes[title_end:], flags[title_end:]
    if left_out:
        kept = np.ones(len(long_body), bool)
        for index in left_out:
            kept[bounds[index + 1] - title_end : bounds[index + 2] - title_end] = False
        long_body, body_flags = long_body[kept], body_flags[kept]
    long_body, body_flags = long_body[:MOST_BODY], body_flags[:MOST_BODY]
    body = long_body.astype(np.uint32)
    title, title_flags = small[: min(title_end, MOST_TITLE)], flags[: min(title_end, MOST_TITLE)]
    in_order = shingle_hashes(body, WIDTH)
    evidence = Evidence(title, title_flags, body, body_flags, distinct(in_order))
    short = len(body) < SHORT
    elements = shingle_hashes(np.concatenate([title, body]), WIDTH) if short else evidence.shingles
    values = minhash.signature(elements)
    return Fingerprint(
        recipe=RECIPE,
        keys=keys(
            values if elements.size else None,
            _NOTHING if short else in_order[: LEAD_TOKENS - WIDTH + 1],
            shingle_hashes(title, TITLE_WIDTH) if len(title) >= TITLE_LEAST else _NOTHING,
        ),
        signature=minhash.serialise(values),
        evidence=pack(evidence),
        text_sha256=hashlib.sha256(long_body.astype("<u8", copy=False)).digest()
        if len(body) >= STANDS_ALONE
        else b"",
        tokens=len(title) + len(body),
    )


def pack(evidence: Evidence) -> bytes:
    """Evidence as it is stored: header, then the uint32 arrays, then the flags; little-endian."""
    header = _HEADER.pack(_VERSION, 0, len(evidence.title), len(evidence.body), len(evidence.shingles))
    wide = (evidence.title, evidence.body, evidence.shingles)
    narrow = (evidence.title_flags, evidence.body_flags)
    return b"".join(
        [header, *(a.astype("<u4", copy=False).tobytes() for a in wide), *(a.tobytes() for a in narrow)]
    )


def unpack(evidence: bytes) -> Evidence:
    """Stored evidence as arrays that share the bytes' memory (read-only)."""
    version, _, titles, bodies, shingles = _HEADER.unpack_from(evidence)
    if version != _VERSION:
        raise ValueError(f"evidence of version {version}, not {_VERSION}")
    at = _HEADER.size
    wide = np.frombuffer(evidence, "<u4", titles + bodies + shingles, at)
    narrow = np.frombuffer(evidence, np.uint8, titles + bodies, at + 4 * len(wide))
    middle = titles + bodies
    return Evidence(wide[:titles], narrow[:titles], wide[titles:middle], narrow[titles:], wide[middle:])
